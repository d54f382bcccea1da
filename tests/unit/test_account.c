/* SPDX-License-Identifier: ISC */
/*
 * lib/account*.c: the record, the master and its changes, and the snapshot that is made from it.
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/account_store.h"
#include "lib/lease.h"
#include "lib/log.h"

#define CRYPT6	"$6$rounds=1000$saltsalt$" \
		"5Oji4y.RQw4TBqlwXcGLBsxSL7.Pw5hdIpFnzMJTl.OaKsU3EiPTP5NseI3oKDT8iioErVqshwXGd40hlWBLx1"

static char dir[] = "/tmp/test_account.XXXXXX", master_dir[64], snapshot[64], previous[80];

static void
clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", dir);
}

static struct account
account_of(const char *name, uint64_t epoch)
{
	struct account account = { .epoch = epoch, .require = LAYER_PASSWORD };

	snprintf(account.name, sizeof(account.name), "%s", name);
	snprintf(account.secret, sizeof(account.secret), "%s", SECRET_OF_NOBODY);
	return account;
}

/* --- the record --- */

static void
test_record(void)
{
	struct account account = account_of("a.example", UINT64_MAX), back;
	char record[ACCOUNT_RECORD];
	size_t len;

	account.require = LAYER_PASSWORD | LAYER_SSH;
	account.trusted = true;
	networks_parse("198.51.100.0/24", &account.network);
	snprintf(account.credentials, sizeof(account.credentials), "%s\n%s\n",
	    "key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU expires=2030-01-01T00:00:00Z # a = b",
	    "cert cn:a%20laptop from=192.0.2.0/24,2001:db8::/32");
	snprintf(account.class, sizeof(account.class), "slow");
	networks_parse("192.0.2.0/24 2001:db8::/32", &account.announce);
	len = account_encode(&account, record);
	ok(len > 0 && strncmp(record, "v=1\nepoch=18446744073709551615\nclass=slow\nrequire=ssh+password\nsecret={token}",
	    70) == 0, "a record reads as text");
	ok(account_decode("a.example", record, len, &back) == ST_OK && memcmp(&back, &account, sizeof(back)) == 0,
	    "and comes back the same");
	ok(account_equal(&back, &account), "which account_equal() says, too");
	back.credentials[5]++;
	ok(!account_equal(&back, &account), "but not with another key");
	ok(account_decode("a.example", record, 10, &back) == ST_DAMAGED, "cut short before its layers it is damaged");
	ok(account_decode("a example", record, len, &back) == ST_DAMAGED, "a name that is none");
	for (size_t i = 0; i < NETWORKS_MAX; i++)
		network_parse("2001:db8:1111:2222:3333:4444:5555:6666/128", &account.announce.list[i]);
	account.announce.n = NETWORKS_MAX;
	memset(account.class, 'c', 63);
	len = account_encode(&account, record);
	ok(len > 0 && account_decode("a.example", record, len, &back) == ST_OK &&
	    memcmp(&back, &account, sizeof(back)) == 0, "as many networks as there may be");
}

static void
test_bad_records(void)
{
	static const struct { const char *name, *text; } rows[] = {
		{ "empty", "" },
		{ "no version", "epoch=1\nrequire=password\n" },
		{ "another version", "v=2\nepoch=1\nrequire=password\n" },
		{ "no layers", "v=1\nepoch=1\n" },
		{ "empty layers", "v=1\nepoch=1\nrequire=\n" },
		{ "a layer of later times", "v=1\nepoch=1\nrequire=password+iris\n" },
		{ "an unknown key", "v=1\nepoch=1\nrequire=password\nexpires=7\n" },
		{ "an unknown key with a good value", "v=1\nrequire=password\nkeen=yes\n" },
		{ "a line without =", "v=1\nepoch=1\nrequire=password\nnonsense\n" },
		{ "an epoch that is none", "v=1\nepoch=1x\nrequire=password\n" },
		{ "an empty epoch", "v=1\nepoch=\nrequire=password\n" },
		{ "a class that is none", "v=1\nclass=a b\nrequire=password\n" },
		{ "clear text for a secret", "v=1\nrequire=password\nsecret=sesame\n" },
		{ "networks that are none", "v=1\nrequire=password\nannounce=192.0.2.1/24\n" },
		{ "a credential that is none", "v=1\nrequire=key\ncredential=key SHA256:short\n" },
		{ "a credential given twice", "v=1\nrequire=cert\ncredential=cert cn:a\ncredential=cert cn:a\n" },
		{ "trusted perhaps", "v=1\nrequire=password\ntrusted=perhaps\n" },
	};
	struct account account;

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(account_decode("a", rows[i].text, strlen(rows[i].text), &account) == ST_DAMAGED &&
		    account.require == 0 && account.secret[0] == '\0', "damaged, and nothing left of it: %s", rows[i].name);
	ok(account_decode("a", "v=1\nrequire=password\n\0", 22, &account) == ST_DAMAGED, "damaged: a NUL");
}

/* --- master and snapshot --- */

static struct master *
master(void)
{
	static struct master *m;

	if (m == NULL && master_open(master_dir, true, &m) != ST_OK) {
		printf("Bail out! no master\n");
		exit(1);
	}
	return m;
}

static void
add(const char *name, const char *secret)
{
	struct account account = account_of(name, 1);

	if (secret != NULL)
		snprintf(account.secret, sizeof(account.secret), "%s", secret);
	account.epoch = master_next_epoch(master(), 1);
	master_put(master(), &account);
	master_put_host(master(), name, name);
}

static void
test_master(void)
{
	struct account account;
	char owner[NAME_SIZE];

	ok(master_open("/nonexistent/master", false, &(struct master *){ NULL }) != ST_OK, "no master where none is");
	master_begin(master());
	add("b.test", NULL);
	ok(master_get(master(), "b.test", &account) == ST_OK, "a change is seen within itself");
	master_cancel(master());
	ok(master_get(master(), "b.test", &account) == ST_NOTFOUND, "and is gone when cancelled");
	master_begin(master());
	add("a.test", NULL);
	add("b.test", NULL);
	master_put_host(master(), "also.test", "b.test");
	ok(master_end(master()) == ST_OK && master_get(master(), "b.test", &account) == ST_OK && account.epoch == 2 &&
	    strcmp(account.name, "b.test") == 0, "a change that is ended stays");
	ok(master_owner(master(), "also.test", owner) == ST_OK && strcmp(owner, "b.test") == 0, "who owns a host");
	ok(master_owner(master(), "c.test", owner) == ST_NOTFOUND, "nobody owns an unknown host");
	master_begin(master());
	account.require = 0;
	memset(account.class, 'x', sizeof(account.class) - 1);
	master_put(master(), &account);
	ok(master_end(master()) == ST_OK && master_get(master(), "b.test", &account) == ST_DAMAGED,
	    "a record that makes no sense is seen as damaged");
	master_begin(master());
	add("b.test", NULL);
	master_end(master());
}

static void
test_epochs(void)
{
	uint64_t one, two, three;

	master_begin(master());
	one = master_next_epoch(master(), 1000);
	two = master_next_epoch(master(), 1000);
	three = master_next_epoch(master(), 5);
	ok(one == 1000 && two == 1001 && three == 1002, "an epoch is the time, or one more than the last one");
	master_cancel(master());
	master_begin(master());
	master_next_epoch(master(), UINT64_C(1) << 40);
	master_end(master());
	master_begin(master());
	ok(master_next_epoch(master(), 1000) == (UINT64_C(1) << 40) + 1, "a clock set back does not bring one back");
	master_end(master());
}

struct walk { size_t n; char names[200]; };

static enum status
collect(void *arg, const char *host, const char *owner)
{
	struct walk *walk = arg;
	const size_t at = strlen(walk->names);

	walk->n++;
	snprintf(walk->names + at, sizeof(walk->names) - at, "%s=%s ", host, owner);
	return ST_OK;
}

static enum status
collect_alias(void *arg, const struct alias *alias)
{
	struct walk *walk = arg;
	const size_t at = strlen(walk->names);

	walk->n++;
	snprintf(walk->names + at, sizeof(walk->names) - at, "%s%c%s ", alias->name, alias->is_cname ? '@' : '=', alias->host);
	return ST_OK;
}

static enum status
stop(void *arg, const char *host, const char *owner)
{
	(void)host;
	(void)owner;
	return ++*(int *)arg == 2 ? ST_LIMITED : ST_OK;
}

static void
test_snapshot(void)
{
	struct accounts *old = NULL, *fresh = NULL;
	struct account account;
	struct walk walk = { 0 };
	struct stat sb;
	char owner[NAME_SIZE];
	int n = 0;

	ok(accounts_open(snapshot, &old) == ST_NOTFOUND, "no snapshot before one was made");
	ok(master_publish(master(), snapshot, getgid()) == ST_OK && stat(snapshot, &sb) == 0 &&
	    (sb.st_mode & 07777) == 0640, "a snapshot is published, 0640");
	ok(accounts_open(snapshot, &old) == ST_OK && accounts_get(old, "a.test", &account) == ST_OK, "and read");
	ok(accounts_get(old, "zz.test", &account) == ST_NOTFOUND, "an unknown account is not found");
	ok(accounts_owner(old, "also.test", owner) == ST_OK && strcmp(owner, "b.test") == 0, "with the owner of a host");
	ok(accounts_each_host(old, collect, &walk) == ST_OK && accounts_count_hosts(old) == 3 &&
	    strcmp(walk.names, "a.test=a.test also.test=b.test b.test=b.test ") == 0, "all hosts in order");
	ok(accounts_each_host(old, stop, &n) == ST_LIMITED && n == 2, "a walk ends when it is told to");

	master_begin(master());
	master_del(master(), "a.test");
	master_del_host(master(), "a.test");
	master_end(master());
	ok(accounts_get(old, "a.test", &account) == ST_OK, "a snapshot does not follow the master");
	ok(master_publish(master(), snapshot, getgid()) == ST_OK && accounts_open(snapshot, &fresh) == ST_OK &&
	    accounts_get(fresh, "a.test", &account) == ST_NOTFOUND, "the next one has the change");
	ok(accounts_get(old, "a.test", &account) == ST_OK, "one that is open stays what it was");
	accounts_close(old);
	accounts_close(fresh);
	ok(accounts_open(previous, &old) == ST_OK && accounts_get(old, "a.test", &account) == ST_OK,
	    "the one before is kept beside it");
	accounts_close(old);
}

static void
test_aliases(void)
{
	struct accounts *accounts = NULL;
	const struct alias www = { "www.test", "also.test", false }, ftp = { "ftp.test", "also.test", true };
	struct walk hosts = { 0 }, aliases = { 0 };
	char name[NAME_SIZE];
	struct alias alias;

	master_begin(master());
	master_put_alias(master(), &www);
	master_put_alias(master(), &ftp);
	ok(master_end(master()) == ST_OK && master_aliased(master(), "www.test", &alias) == ST_OK &&
	    strcmp(alias.name, "www.test") == 0 && strcmp(alias.host, "also.test") == 0 && !alias.is_cname,
	    "an alias is of a host");
	ok(master_aliased(master(), "ftp.test", &alias) == ST_OK && alias.is_cname, "a CNAME is told from one of addresses");
	ok(master_owner(master(), "www.test", name) == ST_EXISTS && master_owner(master(), "ftp.test", name) == ST_EXISTS &&
	    master_aliased(master(), "also.test", &alias) == ST_NOTFOUND, "an alias is no host, and a host no alias");
	ok(master_publish(master(), snapshot, getgid()) == ST_OK && accounts_open(snapshot, &accounts) == ST_OK &&
	    accounts_aliased(accounts, "www.test", &alias) == ST_OK && !alias.is_cname &&
	    accounts_aliased(accounts, "ftp.test", &alias) == ST_OK && alias.is_cname &&
	    accounts_owner(accounts, "www.test", name) == ST_EXISTS,
	    "in the snapshot, too");
	ok(accounts_each_alias(accounts, collect_alias, &aliases) == ST_OK &&
	    strcmp(aliases.names, "ftp.test@also.test www.test=also.test ") == 0 &&
	    accounts_each_host(accounts, collect, &hosts) == ST_OK && strstr(hosts.names, "www") == NULL && hosts.n == 2,
	    "they are walked apart from hosts");
	accounts_close(accounts);
	master_begin(master());
	master_del_host(master(), "www.test");
	ok(master_end(master()) == ST_OK && master_aliased(master(), "www.test", &alias) == ST_NOTFOUND &&
	    master_aliased(master(), "ftp.test", &alias) == ST_OK, "and deleted as hosts are");
}

/* The values as they stand in snapshots; a mark that this version does not know must not pass for a host. */
static void
test_marks(void)
{
	static const struct { const char *value; enum status owner, aliased; } marks[] = {
		{ "also.test", ST_OK, ST_NOTFOUND }, { "=also.test", ST_EXISTS, ST_OK }, { "@also.test", ST_EXISTS, ST_OK },
		{ "!also.test", ST_DAMAGED, ST_DAMAGED }, { "@", ST_DAMAGED, ST_DAMAGED }, { "", ST_DAMAGED, ST_DAMAGED },
		{ "@@also.test", ST_DAMAGED, ST_DAMAGED },
	};
	char owner[NAME_SIZE];
	struct alias alias;

	for (size_t i = 0; i < COUNT(marks); i++) {
		master_begin(master());
		store_put(&master()->txn, DB_HOST, store_text("mark.test"), store_text(marks[i].value));
		ok(master_end(master()) == ST_OK && master_owner(master(), "mark.test", owner) == marks[i].owner &&
		    master_aliased(master(), "mark.test", &alias) == marks[i].aliased, "\"%s\"", marks[i].value);
	}
	master_begin(master());
	master_del_host(master(), "mark.test");
	master_end(master());
}

/* A snapshot that is not whole must be told from one that is, before a page that is not there is touched. */
static void
test_damaged(void)
{
	struct accounts *accounts = NULL;
	struct stat sb;
	size_t refused = 0, tried = 0;

	stat(snapshot, &sb);
	for (off_t len = sb.st_size - 1; len >= 0; len -= 1021, tried++) {
		if (truncate(snapshot, len) == 0 && accounts_open(snapshot, &accounts) != ST_OK)
			refused++;
		else
			accounts_close(accounts);
	}
	ok(tried > 10 && refused == tried, "cut at any length it is refused (%zu of %zu)", refused, tried);
	ok(master_publish(master(), snapshot, getgid()) == ST_OK && accounts_open(snapshot, &accounts) == ST_OK,
	    "and replaced by a good one");
	accounts_close(accounts);
}

/* What is verified for an unknown account: of the kinds there are, always the same for the same name. */
static void
test_decoys(void)
{
	char one[VERIFIER_SIZE], two[VERIFIER_SIZE], name[32];
	struct accounts *accounts = NULL;
	unsigned tokens = 0, crypts = 0, same = 0;

	master_begin(master());
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "d%u.test", i);
		add(name, i % 2 == 0 ? CRYPT6 : NULL);
	}
	ok(master_end(master()) == ST_OK && master_publish(master(), snapshot, getgid()) == ST_OK &&
	    accounts_open(snapshot, &accounts) == ST_OK, "accounts of two kinds");
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "nobody%u.test", i);
		if (accounts_decoy(accounts, name, one) != ST_OK || accounts_decoy(accounts, name, two) != ST_OK)
			break;
		same += strcmp(one, two) == 0;
		tokens += strncmp(one, "{token}", 7) == 0;
		crypts += strncmp(one, "$6$rounds=1000$", 15) == 0;
	}
	ok(same == 200, "a name has one decoy");
	ok(tokens + crypts == 200 && tokens > 50 && crypts > 50, "of both kinds, as they are spread (%u, %u)", tokens, crypts);
	ok(strcmp(one, CRYPT6) != 0 && !secret_matches(one, "sesame", 6), "which is nobody's");
	accounts_close(accounts);
}

static void
test_empty(void)
{
	struct accounts *accounts = NULL;
	char verifier[VERIFIER_SIZE];
	struct master *m = NULL;

	snprintf(master_dir, sizeof(master_dir), "%s/empty", dir);
	ok(master_open(master_dir, true, &m) == ST_OK && master_publish(m, snapshot, getgid()) == ST_OK &&
	    accounts_open(snapshot, &accounts) == ST_OK, "a snapshot without accounts is a good one");
	ok(accounts_count_hosts(accounts) == 0 && accounts_decoy(accounts, "a.test", verifier) == ST_NOTFOUND,
	    "with no hosts and no decoys");
	accounts_close(accounts);
	master_close(m);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	atexit(clean);
	log_limit(LOG_LEVEL_CRITICAL);
	snprintf(master_dir, sizeof(master_dir), "%s/master", dir);
	snprintf(snapshot, sizeof(snapshot), "%s/accounts", dir);
	snprintf(previous, sizeof(previous), "%s/accounts.previous", dir);
	test_record();
	test_bad_records();
	test_master();
	test_epochs();
	test_snapshot();
	test_aliases();
	test_marks();
	test_damaged();
	test_decoys();
	test_empty();
	master_close(master());
	return done_testing();
}
