/* SPDX-License-Identifier: ISC */
/*
 * The accounts' verifiers and decoys under the seal, and the master without a trace of what it held before.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account_store.h"
#include "file.h"

void
master_use_seal(struct master *master, const struct seal *seal)
{
	master->seal = seal;
}

enum status
master_seal(struct master *master, char id[SEAL_ID])
{
	struct store_txn txn;
	enum status st;

	if (master->changing)
		return account_read_seal(&master->txn, id);
	store_read(master->store, &txn);
	st = account_read_seal(&txn, id);
	store_cancel(&txn);
	return st;
}

enum status
account_fit_seal(struct master *master, struct account *account)
{
	char id[SEAL_ID], its[SEAL_ID], text[VERIFIER_SIZE];
	enum status st = account_read_seal(&master->txn, id);

	if (*account->secret == '\0' || (st != ST_OK && st != ST_NOTFOUND))
		return st == ST_NOTFOUND ? ST_OK : st;
	if (seal_is_verifier(account->secret, its))
		return st == ST_OK && strcmp(id, its) == 0 ? ST_OK : ST_INVALID;
	if (st == ST_NOTFOUND)
		return ST_OK;
	if ((st = seal_close_verifier(master->seal, id, account->secret, text)) == ST_OK)
		memcpy(account->secret, text, sizeof(text));
	return st;
}

/* --- decoys --- */

/*
 * What stands for the verifier of nobody: of the same kind, and sealed when that one is. ST_LOCKED: that one cannot be
 * opened.
 */
static enum status
make_decoy(const struct master *master, const char *verifier, char decoy[VERIFIER_SIZE])
{
	char id[SEAL_ID], opened[VERIFIER_SIZE], plain[VERIFIER_SIZE];
	enum status st;

	if (!seal_is_verifier(verifier, id))
		return secret_decoy(verifier, decoy);
	if ((st = seal_open_verifier(master->seal, verifier, opened)) == ST_OK &&
	    (st = secret_decoy(opened, plain)) == ST_OK)
		st = seal_close_verifier(master->seal, id, plain, decoy);
	secret_wipe(opened, sizeof(opened));
	secret_wipe(plain, sizeof(plain));
	return st;
}

/* Samples of the verifiers in use, spread evenly over the accounts. ST_LOCKED. */
static enum status
sample_decoys(struct master *master, char (*decoys)[VERIFIER_SIZE], size_t *n)
{
	const size_t accounts = store_count(&master->txn, DB_ACCOUNT), stride = accounts / DECOYS_MAX + 1;
	struct store_cursor cursor;
	struct account account;
	char name[NAME_SIZE];
	enum status st = ST_OK;
	size_t i = 0;
	bool more;

	for (more = store_walk(&master->txn, DB_ACCOUNT, store_bytes(NULL, 0), &cursor);
	    more && *n < DECOYS_MAX && st != ST_LOCKED; more = store_walk_next(&cursor), i++) {
		if (i % stride != 0 || name_parse(cursor.key.data, cursor.key.size, name) != ST_OK ||
		    account_decode(name, cursor.value.data, cursor.value.size, &account) != ST_OK)
			continue;
		if ((st = make_decoy(master, account.secret, decoys[*n])) == ST_OK)
			(*n)++;
		secret_wipe(&account, sizeof(account));
	}
	store_walk_end(&cursor);
	return st == ST_LOCKED ? st : ST_OK;
}

static void
put_salt(struct store_txn *txn)
{
	char salt[TOKEN_SIZE];
	struct store_value value;
	enum status st;

	if (store_get(txn, DB_META, store_text(META_SALT), &value) != ST_NOTFOUND)
		return;
	if ((st = secret_new_token(salt)) != ST_OK)
		txn->st = st;
	store_put(txn, DB_META, store_text(META_SALT), store_text(salt));
}

enum status
account_put_decoys(struct master *master)
{
	char (*decoys)[VERIFIER_SIZE] = calloc(DECOYS_MAX, sizeof(*decoys));
	uint32_t number;
	size_t n = 0;

	if (decoys == NULL)
		return ST_NOMEM;
	put_salt(&master->txn);
	if (sample_decoys(master, decoys, &n) == ST_OK) {
		store_clear(&master->txn, DB_DECOY);
		for (size_t i = 0; i < n; i++) {
			number = htobe32((uint32_t)i);
			store_put(&master->txn, DB_DECOY, store_bytes(&number, sizeof(number)),
			    store_text(decoys[i]));
		}
	}
	free(decoys);
	return master->txn.st;
}

/* --- another seal --- */

void
master_set_seal(struct master *master, const char *id)
{
	if (id != NULL)
		store_put(&master->txn, DB_META, store_text(META_SEAL), store_text(id));
	else
		store_del(&master->txn, DB_META, store_text(META_SEAL));
	store_put(&master->txn, DB_META, store_text(META_UNFINISHED), store_text("yes"));
}

void
master_take_decoys(struct master *master, struct accounts *from)
{
	struct store_cursor cursor;
	struct store_txn txn;
	bool more;

	store_clear(&master->txn, DB_DECOY);
	store_read(from->store, &txn);
	for (more = store_walk(&txn, DB_DECOY, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor))
		store_put(&master->txn, DB_DECOY, cursor.key, cursor.value);
	store_walk_end(&cursor);
	store_cancel(&txn);
	if (master->txn.st == ST_OK)
		master->txn.st = txn.st;
}

/* The first account after this name; it replaces it. ST_NOTFOUND: there is no more. */
static enum status
next_account(struct master *master, char name[NAME_SIZE], struct account *account)
{
	struct store_cursor cursor;
	enum status st = ST_NOTFOUND;

	/* With its NUL, the name comes right after itself. */
	if (store_walk(&master->txn, DB_ACCOUNT, store_bytes(name, *name != '\0' ? strlen(name) + 1 : 0), &cursor)) {
		st = name_parse(cursor.key.data, cursor.key.size, name) == ST_OK ?
		    account_decode(name, cursor.value.data, cursor.value.size, account) : ST_DAMAGED;
	}
	store_walk_end(&cursor);
	return master->txn.st != ST_OK ? master->txn.st : st;
}

enum status
master_reseal(struct master *master, const char *id)
{
	char name[NAME_SIZE] = "", plain[VERIFIER_SIZE];
	struct account account;
	enum status st;

	master_set_seal(master, id);
	while ((st = next_account(master, name, &account)) == ST_OK) {
		if ((st = seal_open_verifier(master->seal, account.secret, plain)) != ST_OK)
			break;
		memcpy(account.secret, plain, sizeof(plain));
		master_put(master, &account);
	}
	secret_wipe(&account, sizeof(account));
	secret_wipe(plain, sizeof(plain));
	return st == ST_NOTFOUND ? account_put_decoys(master) : st;
}

bool
master_is_unfinished(struct master *master)
{
	struct store_value value;
	struct store_txn txn;
	bool is;

	store_read(master->store, &txn);
	is = store_get(&txn, DB_META, store_text(META_UNFINISHED), &value) == ST_OK;
	store_cancel(&txn);
	return is;
}

enum status
master_finished(struct master *master)
{
	master_begin(master);
	store_del(&master->txn, DB_META, store_text(META_UNFINISHED));
	return master_end(master);
}

/* --- the files of the master anew --- */

static void
remove_copy(const char *dir, const char *lock)
{
	const char *const files[] = { "data.mdb", "lock.mdb", lock };
	char path[2 * FILE_PATH];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static enum status
system_status(void)
{
	return errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_SYSTEM;
}

static enum status
copy_store(struct master *master, const char *dir)
{
	char path[2 * FILE_PATH];
	enum status st;
	int fd;

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (mkdir(dir, 0700) != 0 || (fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return system_status();
	if ((st = store_copy(master->store, fd)) == ST_OK && fsync(fd) != 0)
		st = system_status();
	close(fd);
	return st == ST_OK ? file_sync_directory(path) : st;
}

/* Both directories have the lock, so that who waits for it and who comes later wait for the same. */
static enum status
exchange(const char *fresh, const char *dir, const char *lock)
{
	char here[2 * FILE_PATH], there[2 * FILE_PATH];

	snprintf(here, sizeof(here), "%s/%s", dir, lock);
	snprintf(there, sizeof(there), "%s/%s", fresh, lock);
	if ((link(here, there) != 0 && errno != ENOENT) ||
	    renameat2(AT_FDCWD, fresh, AT_FDCWD, dir, RENAME_EXCHANGE) != 0)
		return system_status();
	return file_sync_directory(dir);
}

enum status
master_rewrite(struct master *master, const char *dir, const char *lock)
{
	char fresh[FILE_PATH + 16];
	struct master *next = NULL;
	enum status st;
	int error;

	snprintf(fresh, sizeof(fresh), "%s.new", dir);
	remove_copy(fresh, lock);
	if ((st = copy_store(master, fresh)) == ST_OK && (st = exchange(fresh, dir, lock)) == ST_OK &&
	    (st = master_open(dir, false, &next)) == ST_OK) {
		store_close(master->store);
		master->store = next->store;
		free(next);
	}
	error = errno;
	remove_copy(fresh, lock);
	errno = error;
	return st;
}
