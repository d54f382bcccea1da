/* SPDX-License-Identifier: ISC */
/*
 * The seal: boxes, verifiers in them, the wrapped key in its file and the open one in the run directory, and a master
 * whose accounts are sealed.
 * links: admin/passphrase.c
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/passphrase.h"
#include "lib/account.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/seal.h"
#include "lib/seal_box.h"
#include "tap.h"

#define TOKEN	"{token}0123456789abcdef0123456789abcdef$ef834b30e69b6d3dd6ff15561205aba38d7da216fc46cded4d2aec97d3b42e34"
#define CRYPT6	"$6$rounds=1000$HMD/Na8l3Tn4PEMU$ZiZ.7TaKGy7wDI9dqmq1bahdOwLSAfvk.kvFGwGV9vL3VMaHJoRUDndMoesAK3b2weAEN6davtGKhI8am3edq/"
#define DES	"abhfCpXqd4GrI"
#define ID	"0123456789abcdef"

/*
 * 32 times "K" wrapped by "correct horse" and by 40 hex digits. What scrypt makes of those was worked out by Python's
 * hashlib; only the cost is less than it should be.
 */
#define HEAD		"dynlease seal 1\n"
#define KEY		"key " ID "\n"
#define BY_PASSPHRASE	"scrypt 16 8 1 AAECAwQFBgcICQoLDA0ODw== x/kMWgDf0P+GIzSSSd8NCdTFFvE6x3+tOJf2yyefmTPv8VlFXOuOoXlFSVXpb" \
			"J0VTDutlbda7I71KBFw"
#define BY_RECOVERY	"scrypt 32 4 2 EBESExQVFhcYGRobHB0eHw== HXjQXJIF0Y6aDyR9edZdpjgtTlkIu6oJAA5mszZ7OLhR3vtBrESSPUAU3GAux" \
			"P+OiMOMkAnpeeoZ7f/I"
#define GOOD		HEAD KEY "passphrase " BY_PASSPHRASE "\nrecovery " BY_RECOVERY "\n"
#define RECOVERY	"0123456789abcdef0123456789abcdef01234567"

static char dir[] = "/tmp/test_seal.XXXXXX", path[64];

static void
clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", dir);
}

static void
write_file(const char *text, size_t len)
{
	unlink(path);
	if (file_replace(path, text, len, 0600) != ST_OK)
		exit(1);
}

/* --- boxes --- */

static void
test_base64(void)
{
	static const char *const wrong[] = { "", "A", "AA", "AAA", "AA=", "====", "A===", "AAAA\n", " AAAA", "AA==AAAA",
		"AB==", "AAB=", "AA-_", "AAAAA", "AAAAAAAAAAAA" };
	uint8_t bytes[8];
	size_t len;
	char text[16];

	ok(base64_read("AA==", bytes, 8, &len) && len == 1 && bytes[0] == 0, "one byte");
	ok(base64_read("AAE=", bytes, 8, &len) && len == 2 && bytes[1] == 1, "two");
	ok(base64_read("AAEC", bytes, 3, &len) && len == 3 && bytes[2] == 2, "three");
	base64_write((const uint8_t *)"\xff\xfe", 2, text);
	ok(strcmp(text, "//4=") == 0, "and back");
	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(!base64_read(wrong[i], bytes, 8, &len), "not base64, or not in its one spelling: %s", wrong[i]);
}

static void
test_box(void)
{
	/* NIST's test case 14 of AES-256-GCM: key, nonce and text are zeros. */
	static const char known[] = "AAAAAAAAAAAAAAAAzqdAPU1ga24HTsXTuvOdGNDRyKeZmWvwJluYtdSKuRk=";
	const uint8_t zeros[BOX_KEY] = { 0 };
	char text[BOX_TEXT], copy[BOX_TEXT], again[BOX_TEXT];
	struct box box = { .label = "" };
	unsigned opened = 0;

	ok(box_open(zeros, known, &box) == ST_OK && box.len == 16 && memcmp(box.bytes, zeros, 16) == 0,
	    "a box made elsewhere");
	box = (struct box){ .label = "a", .len = BOX_BYTES };
	memset(box.bytes, 'x', BOX_BYTES);
	ok(box_close(zeros, &box, text) == ST_OK && strlen(text) < BOX_TEXT, "the largest box");
	ok(box_close(zeros, &box, again) == ST_OK && strcmp(text, again) != 0, "never comes out twice the same");
	ok(box_open(zeros, text, &box) == ST_OK && box.len == BOX_BYTES && box.bytes[BOX_BYTES - 1] == 'x', "opens");
	box.label = "b";
	ok(box_open(zeros, text, &box) == ST_DAMAGED && box.len == 0, "not with another label");
	box.label = "a";
	ok(box_open((const uint8_t *)"another key, of thirty-two bytes", text, &box) == ST_DAMAGED,
	    "nor by another key");
	for (size_t i = 0; i < strlen(text); i++) {
		memcpy(copy, text, sizeof(copy));
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		opened += box_open(zeros, copy, &box) == ST_OK;
		copy[i] = '\0';
		opened += box_open(zeros, copy, &box) == ST_OK;
	}
	ok(opened == 0, "nor when any character of it is changed, or it is cut");
	box.len = 0;
	ok(box_close(zeros, &box, text) == ST_INVALID, "nothing is not put into one");
	box.len = BOX_BYTES + 1;
	ok(box_close(zeros, &box, text) == ST_INVALID, "nor too much");
}

/* --- verifiers --- */

static void
test_verifiers(void)
{
	static const char *const plain[] = { TOKEN, CRYPT6, DES };
	char text[VERIFIER_SIZE], back[VERIFIER_SIZE], id[SEAL_ID];
	struct seal *one = NULL, *two = NULL, *copy = NULL;

	ok(seal_make(&one) == ST_OK && seal_make(&two) == ST_OK && strcmp(seal_id(one), seal_id(two)) != 0, "two keys");
	for (size_t i = 0; i < COUNT(plain); i++) {
		ok(seal_close_verifier(one, seal_id(one), plain[i], text) == ST_OK && seal_is_sealed(text) &&
		    strstr(text, plain[i] + 8) == NULL, "sealed: %.12s", plain[i]);
		ok(seal_is_verifier(text, id) && strcmp(id, seal_id(one)) == 0 && !secret_is_verifier(text),
		    "looks like it, and says by which key");
		ok(seal_open_verifier(one, text, back) == ST_OK && strcmp(back, plain[i]) == 0, "comes out as it was");
	}
	ok(seal_open_verifier(NULL, text, back) == ST_LOCKED && *back == '\0', "without a key it is locked");
	ok(seal_open_verifier(two, text, back) == ST_LOCKED && *back == '\0', "as with another");
	ok(seal_open_verifier(NULL, TOKEN, back) == ST_OK && strcmp(back, TOKEN) == 0, "a plain one needs no key");
	ok(seal_close_verifier(one, seal_id(two), TOKEN, back) == ST_LOCKED, "no sealing by a key that is not there");
	ok(seal_close_verifier(one, seal_id(one), text, back) == ST_INVALID, "nor of what is sealed");
	ok(seal_copy(one, seal_id(one), &copy) == ST_OK, "a copy");
	seal_add(two, copy);
	ok(seal_has(two, seal_id(one)) && seal_has(two, seal_id(two)) && !seal_has(one, seal_id(two)) &&
	    !seal_has(NULL, ""), "of two keys");
	ok(seal_open_verifier(two, text, back) == ST_OK && strcmp(back, DES) == 0, "the one that fits opens");
	memcpy(text + 8, seal_id(two), SEAL_ID - 1);
	ok(seal_open_verifier(two, text, back) == ST_DAMAGED, "the other one's id does not help");
	memcpy(text + 8, "0123456789ABCDEF", SEAL_ID - 1);
	ok(!seal_is_verifier(text, id) && !seal_is_verifier("{sealed}", id) && !seal_is_verifier(TOKEN, id) &&
	    !seal_is_verifier("{sealed}" ID "$", id) && !seal_is_verifier("{sealed}" ID "AAAA", id) &&
	    seal_is_verifier("{sealed}" ID "$AAAA", id), "what a sealed verifier looks like");
	seal_free(one);
	seal_free(two);
}

/* --- the file of the wrapped key --- */

static void
test_known_file(void)
{
	struct seal_file file;
	struct seal *seal = NULL, *again = NULL;

	write_file(GOOD, strlen(GOOD));
	ok(seal_file_read(path, &file) == ST_OK && file.n == 1 && strcmp(file.list[0].id, ID) == 0, "a file");
	ok(seal_unwrap(&file.list[0], false, "correct horse", &seal) == ST_OK && strcmp(seal_id(seal), ID) == 0,
	    "opens by the passphrase");
	ok(seal_unwrap(&file.list[0], true, RECOVERY, &again) == ST_OK, "and by the recovery key");
	seal_free(again);
	ok(seal_unwrap(&file.list[0], false, "correct horsf", &again) == ST_DENIED && again == NULL, "by nothing else");
	ok(seal_unwrap(&file.list[0], true, "correct horse", &again) == ST_DENIED, "each by its own");
	ok(seal_unwrap(&file.list[0], false, RECOVERY, &again) == ST_DENIED, "and not the other one's");
	memcpy(file.list[0].id, "0123456789abcdee", SEAL_ID);
	ok(seal_unwrap(&file.list[0], false, "correct horse", &again) == ST_DENIED, "under its own id only");
	ok(seal_file_find(&file, ID) == NULL && seal_file_find(&file, "0123456789abcdee") == &file.list[0], "by id");
	seal_free(seal);
}

static void
test_bad_files(void)
{
	static const char *const bad[] = { "", "\n", HEAD, "dynlease seal 2\n" KEY "passphrase " BY_PASSPHRASE "\nrecovery "
	    BY_RECOVERY "\n", HEAD KEY "recovery " BY_RECOVERY "\npassphrase " BY_PASSPHRASE "\n",
	    HEAD "key 0123456789ABCDEF\npassphrase " BY_PASSPHRASE "\nrecovery " BY_RECOVERY "\n", GOOD "\n", GOOD "x",
	    HEAD KEY "passphrase scrypt 0 8 1 AAECAwQFBgcICQoLDA0ODw== AAAA\nrecovery " BY_RECOVERY "\n",
	    HEAD KEY "passphrase scrypt 1048577 8 1 AAECAwQFBgcICQoLDA0ODw== AAAA\nrecovery " BY_RECOVERY "\n",
	    HEAD KEY "passphrase scrypt 16 8 1 AAECAwQFBgcICQoLDA0O AAAA\nrecovery " BY_RECOVERY "\n",
	    HEAD KEY "passphrase argon2 16 8 1 AAECAwQFBgcICQoLDA0ODw== AAAA\nrecovery " BY_RECOVERY "\n",
	    HEAD KEY "passphrase scrypt 16 8 1 AAECAwQFBgcICQoLDA0ODw==\nrecovery " BY_RECOVERY "\n" };
	struct seal_file file;
	unsigned read = 0;

	for (size_t i = 0; i < COUNT(bad); i++) {
		write_file(bad[i], strlen(bad[i]));
		ok(seal_file_read(path, &file) == ST_DAMAGED && file.n == 0, "no such file (%zu)", i);
	}
	for (size_t len = 0; len < strlen(GOOD); len++) {
		write_file(GOOD, len);
		read += seal_file_read(path, &file) == ST_OK;
	}
	ok(read == 0, "a file that is cut anywhere is none");
	write_file(GOOD "\0", strlen(GOOD) + 1);
	ok(seal_file_read(path, &file) == ST_DAMAGED, "nor one with a NUL");
	unlink(path);
	ok(seal_file_read(path, &file) == ST_NOTFOUND, "and one that is not there is not there");
}

static void
test_wrap(void)
{
	struct seal_file file = { .n = 2 }, back;
	struct seal *seal = NULL, *again = NULL;
	char text[VERIFIER_SIZE], plain[VERIFIER_SIZE];
	struct stat sb;

	ok(seal_make(&seal) == ST_OK && seal_wrap(seal, "correct horse", RECOVERY, &file.list[0]) == ST_OK, "a key wrapped");
	file.list[1] = file.list[0];
	memcpy(file.list[1].id, ID, SEAL_ID);
	ok(seal_file_write(path, &file) == ST_OK && stat(path, &sb) == 0 && (sb.st_mode & 0777) == 0600, "and written");
	ok(seal_file_read(path, &back) == ST_OK && back.n == 2 && memcmp(&file, &back, sizeof(file)) == 0, "comes back");
	ok(strncmp(file.list[0].passphrase, "scrypt 65536 8 1 ", 17) == 0 &&
	    strncmp(file.list[0].recovery, "scrypt 65536 8 1 ", 17) == 0, "at full cost");
	ok(seal_close_verifier(seal, seal_id(seal), TOKEN, text) == ST_OK &&
	    seal_unwrap(&back.list[0], false, "correct horse", &again) == ST_OK &&
	    seal_open_verifier(again, text, plain) == ST_OK && strcmp(plain, TOKEN) == 0, "and it is the same key");
	seal_free(seal);
	seal_free(again);
}

/* --- the key in the run directory --- */

static void
test_key_file(void)
{
	struct seal *one = NULL, *two = NULL, *back = NULL;
	unsigned damaged = 0;
	char file[96];
	struct stat sb;

	snprintf(file, sizeof(file), "%s/" SEAL_KEY_FILE, dir);
	ok(seal_load(dir, &back) == ST_NOTFOUND && back == NULL && seal_drop(dir) == ST_NOTFOUND, "no key");
	if (seal_make(&one) != ST_OK || seal_make(&two) != ST_OK)
		exit(1);
	umask(0);
	ok(seal_keep(dir, getgid(), one) == ST_OK && stat(file, &sb) == 0 && (sb.st_mode & 07777) == 0640, "is kept");
	umask(022);
	ok(seal_load(dir, &back) == ST_OK && strcmp(seal_id(back), seal_id(one)) == 0, "and comes back");
	seal_free(back);
	chmod(file, 0666);
	seal_add(one, two);
	ok(seal_keep(dir, getgid(), one) == ST_OK && stat(file, &sb) == 0 && (sb.st_mode & 07777) == 0640,
	    "two, and not with the mode of what was there");
	ok(seal_load(dir, &back) == ST_OK && seal_has(back, seal_id(one)) && seal_has(back, seal_id(two)), "both come back");
	seal_free(back);
	for (off_t len = 60; len >= 0; len--)
		damaged += truncate(file, len) == 0 && seal_load(dir, &back) == ST_DAMAGED && back == NULL;
	ok(damaged == 61, "a key that is cut is damaged (%u)", damaged);
	unlink(file);
	ok(symlink("elsewhere", file) == 0 && seal_load(dir, &back) != ST_OK && seal_keep(dir, getgid(), one) == ST_OK &&
	    lstat(file, &sb) == 0 && S_ISREG(sb.st_mode), "a link in its place is not followed");
	ok(seal_drop(dir) == ST_OK && seal_load(dir, &back) == ST_NOTFOUND, "it is taken away");
	seal_free(one);
}

/* --- accounts --- */

static enum status
put(struct master *master, const char *name, const char *secret)
{
	struct account account = { .require = LAYER_PASSWORD, .epoch = 1 };

	snprintf(account.name, sizeof(account.name), "%s", name);
	snprintf(account.secret, sizeof(account.secret), "%s", secret);
	master_begin(master);
	master_put(master, &account);
	return master_end(master);
}

static enum status
reseal(struct master *master, const char *id)
{
	master_begin(master);
	if (master_reseal(master, id) == ST_OK)
		return master_end(master);
	master_cancel(master);
	return ST_LOCKED;
}

struct tally {
	const char	*id;
	unsigned	 sealed, plain;
};

static enum status
count(void *arg, const struct account *account)
{
	struct tally *tally = arg;
	char id[SEAL_ID];

	if (seal_is_verifier(account->secret, id) && tally->id != NULL && strcmp(id, tally->id) == 0)
		tally->sealed++;
	else if (secret_is_verifier(account->secret))
		tally->plain++;
	return ST_OK;
}

static void
test_accounts(void)
{
	char master_dir[64], name[32], id[SEAL_ID], sealed[VERIFIER_SIZE];
	struct seal *one = NULL, *two = NULL;
	struct master *master = NULL;
	struct tally tally = { NULL, 0, 0 };
	bool all = true;

	snprintf(master_dir, sizeof(master_dir), "%s/master", dir);
	if (seal_make(&one) != ST_OK || seal_make(&two) != ST_OK || master_open(master_dir, true, &master) != ST_OK)
		exit(1);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%u.test", i);
		all = put(master, name, i % 3 == 0 ? CRYPT6 : i % 3 == 1 ? TOKEN : "") == ST_OK && all;
	}
	ok(all && master_seal(master, id) == ST_NOTFOUND && !master_is_unfinished(master), "300 accounts, plain");
	ok(reseal(master, seal_id(one)) == ST_LOCKED && master_seal(master, id) == ST_NOTFOUND,
	    "without the key they are not sealed");
	master_use_seal(master, one);
	ok(reseal(master, seal_id(one)) == ST_OK && master_seal(master, id) == ST_OK && strcmp(id, seal_id(one)) == 0 &&
	    master_is_unfinished(master), "with it they are");
	tally.id = seal_id(one);
	ok(master_each(master, count, &tally) == ST_OK && tally.sealed == 200 && tally.plain == 0, "all of them");
	ok(put(master, "new.test", TOKEN) == ST_OK, "a new one");
	tally = (struct tally){ seal_id(one), 0, 0 };
	ok(master_each(master, count, &tally) == ST_OK && tally.sealed == 201 && tally.plain == 0, "is sealed, too");
	seal_close_verifier(two, seal_id(two), TOKEN, sealed);
	ok(put(master, "new.test", sealed) == ST_INVALID, "what another key has sealed is not taken");
	master_use_seal(master, NULL);
	ok(put(master, "locked.test", TOKEN) == ST_LOCKED && put(master, "locked.test", "") == ST_OK,
	    "locked, only one without a password is");
	ok(reseal(master, NULL) == ST_LOCKED && master_seal(master, id) == ST_OK, "and the seal is not taken off");
	seal_add(two, one);
	master_use_seal(master, two);
	ok(reseal(master, seal_id(two)) == ST_OK && master_rewrite(master, master_dir, "none") == ST_OK &&
	    master_finished(master) == ST_OK && !master_is_unfinished(master), "another key, in a master made anew");
	tally = (struct tally){ seal_id(two), 0, 0 };
	ok(master_each(master, count, &tally) == ST_OK && tally.sealed == 201 && tally.plain == 0, "for all of them");
	ok(reseal(master, NULL) == ST_OK && master_seal(master, id) == ST_NOTFOUND, "and back");
	tally = (struct tally){ NULL, 0, 0 };
	ok(master_each(master, count, &tally) == ST_OK && tally.plain == 201, "to plain ones");
	ok(put(master, "new.test", sealed) == ST_INVALID, "among which no sealed one gets");
	master_close(master);
	seal_free(two);
}

/* The decoys of a snapshot: sealed as the accounts are, of the kinds there are, and kept while nobody can open them. */
static void
test_decoys(void)
{
	char master_dir[64], snapshot[64], decoy[VERIFIER_SIZE], plain[VERIFIER_SIZE], was[VERIFIER_SIZE];
	struct accounts *accounts = NULL;
	struct master *master = NULL;
	struct seal *seal = NULL;

	snprintf(master_dir, sizeof(master_dir), "%s/decoys", dir);
	snprintf(snapshot, sizeof(snapshot), "%s/accounts", dir);
	if (seal_make(&seal) != ST_OK || master_open(master_dir, true, &master) != ST_OK)
		exit(1);
	put(master, "a.test", CRYPT6);
	master_use_seal(master, seal);
	ok(reseal(master, seal_id(seal)) == ST_OK && master_publish(master, snapshot, getgid()) == ST_OK &&
	    accounts_open(snapshot, &accounts) == ST_OK && accounts_decoy(accounts, "x.test", was) == ST_OK,
	    "a decoy of sealed accounts");
	ok(seal_open_verifier(NULL, was, plain) == ST_LOCKED && seal_open_verifier(seal, was, plain) == ST_OK &&
	    strncmp(plain, CRYPT6, 32) == 0 && strcmp(plain, CRYPT6) != 0, "is sealed, of their kind, and nobody's");
	accounts_close(accounts);
	master_use_seal(master, NULL);
	put(master, "b.test", "");
	ok(master_publish(master, snapshot, getgid()) == ST_OK && accounts_open(snapshot, &accounts) == ST_OK &&
	    accounts_decoy(accounts, "x.test", decoy) == ST_OK && strcmp(decoy, was) == 0, "locked, it stays");
	accounts_close(accounts);
	master_close(master);
	seal_free(seal);
}

static void
test_recovery(void)
{
	char text[RECOVERY_TEXT], back[TOKEN_SIZE];

	ok(strcmp(recovery_text(RECOVERY, text), "0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567") == 0,
	    "a recovery key as it is shown");
	ok(recovery_parse(text, back) && strcmp(back, RECOVERY) == 0, "and typed");
	ok(recovery_parse(" 0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567 ", back) && strcmp(back, RECOVERY) == 0,
	    "or otherwise");
	ok(!recovery_parse(RECOVERY "0", back) && !recovery_parse("0123", back) && !recovery_parse("", back) &&
	    !recovery_parse("o123456789abcdef0123456789abcdef01234567", back), "and what is none");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	atexit(clean);
	log_limit(LOG_LEVEL_CRITICAL);
	snprintf(path, sizeof(path), "%s/seal", dir);
	test_base64();
	test_box();
	test_verifiers();
	test_known_file();
	test_bad_files();
	test_wrap();
	test_key_file();
	test_accounts();
	test_decoys();
	test_recovery();
	return done_testing();
}
