/* SPDX-License-Identifier: ISC */
/*
 * Changing the accounts: the master, in synced transactions, and the snapshot made from it.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account_store.h"
#include "conf.h"
#include "file.h"

#define MASTER_MAP	((size_t)4 << 30)	/* bytes of address space; sparse */
#define META_EPOCH	"epoch"

enum status
master_open(const char *dir, bool make, struct master **out)
{
	struct store_plan plan = { .path = dir, .kind = STORE_SYNCED, .make = make, .map = MASTER_MAP,
		.dbs = ACCOUNT_DBS };
	struct master *master;
	enum status st;

	*out = NULL;
	if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
		return ST_SYSTEM;
	if ((master = calloc(1, sizeof(*master))) == NULL)
		return ST_NOMEM;
	if ((st = store_open(&plan, &master->store)) != ST_OK) {
		free(master);
		return st;
	}
	*out = master;
	return ST_OK;
}

void
master_close(struct master *master)
{
	if (master == NULL)
		return;
	master_cancel(master);
	store_close(master->store);
	free(master);
}

void
master_begin(struct master *master)
{
	store_write(master->store, -1, &master->txn);
	master->changing = true;
}

enum status
master_end(struct master *master)
{
	master->changing = false;
	return store_end(&master->txn);
}

void
master_cancel(struct master *master)
{
	if (master->changing)
		store_cancel(&master->txn);
	master->changing = false;
}

/* Reads see the change under way, or what was committed last. */
static struct store_txn *
look_begin(struct master *master)
{
	if (!master->changing)
		store_read(master->store, &master->txn);
	return &master->txn;
}

static void
look_end(struct master *master)
{
	if (!master->changing)
		store_cancel(&master->txn);
}

enum status
master_get(struct master *master, const char *name, struct account *account)
{
	enum status st = account_read(look_begin(master), name, account);

	look_end(master);
	return st;
}

enum status
master_owner(struct master *master, const char *host, char owner[NAME_SIZE])
{
	enum status st = account_read_owner(look_begin(master), host, owner);

	look_end(master);
	return st;
}

enum status
master_each(struct master *master, enum status (*each)(void *, const struct account *), void *arg)
{
	enum status st = account_walk(look_begin(master), each, arg);

	look_end(master);
	return st;
}

enum status
master_each_host(struct master *master, enum status (*each)(void *, const char *host, const char *owner), void *arg)
{
	enum status st = account_walk_hosts(look_begin(master), each, arg);

	look_end(master);
	return st;
}

enum status
master_aliased(struct master *master, const char *name, struct alias *alias)
{
	enum status st = account_read_aliased(look_begin(master), name, alias);

	look_end(master);
	return st;
}

enum status
master_each_alias(struct master *master, enum status (*each)(void *, const struct alias *), void *arg)
{
	enum status st = account_walk_aliases(look_begin(master), each, arg);

	look_end(master);
	return st;
}

void
master_put(struct master *master, const struct account *account)
{
	struct account kept = *account;
	char record[ACCOUNT_RECORD];
	enum status st = account_fit_seal(master, &kept);
	const size_t len = account_encode(&kept, record);

	if (master->txn.st == ST_OK)
		master->txn.st = st != ST_OK ? st : len == 0 ? ST_INVALID : ST_OK;
	store_put(&master->txn, DB_ACCOUNT, store_text(account->name), store_bytes(record, len));
	secret_wipe(record, sizeof(record));
	secret_wipe(&kept, sizeof(kept));
}

void
master_put_host(struct master *master, const char *host, const char *owner)
{
	store_put(&master->txn, DB_HOST, store_text(host), store_text(owner));
}

void
master_put_alias(struct master *master, const struct alias *alias)
{
	char value[NAME_SIZE + 1];

	snprintf(value, sizeof(value), "%c%s", alias->is_cname ? MARK_CNAME : MARK_ALIAS, alias->host);
	store_put(&master->txn, DB_HOST, store_text(alias->name), store_text(value));
}

void
master_del(struct master *master, const char *name)
{
	store_del(&master->txn, DB_ACCOUNT, store_text(name));
}

void
master_del_host(struct master *master, const char *host)
{
	store_del(&master->txn, DB_HOST, store_text(host));
}

uint64_t
master_next_epoch(struct master *master, uint64_t wall)
{
	struct store_value value;
	uint64_t last = 0, next;

	if (store_get(&master->txn, DB_META, store_text(META_EPOCH), &value) == ST_OK && value.size == sizeof(last))
		memcpy(&last, value.data, sizeof(last));
	next = be64toh(last) + 1;
	if (next < wall)
		next = wall;
	last = htobe64(next);
	store_put(&master->txn, DB_META, store_text(META_EPOCH), store_bytes(&last, sizeof(last)));
	return next;
}

/* --- the snapshot --- */

static enum status
write_copy(struct master *master, const char *path, gid_t group, mode_t mode)
{
	enum status st;
	int fd;

	if (unlink(path) != 0 && errno != ENOENT)
		return ST_SYSTEM;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return errno == ENOSPC ? ST_FULL : ST_SYSTEM;
	if ((st = store_copy(master->store, fd)) == ST_OK &&
	    (fchown(fd, (uid_t)-1, group) != 0 || fchmod(fd, mode) != 0 || fsync(fd) != 0))
		st = errno == ENOSPC ? ST_FULL : ST_SYSTEM;
	close(fd);
	if (st != ST_OK)
		unlink(path);
	return st;
}

enum status
master_publish(struct master *master, const char *path, gid_t group)
{
	char fresh[FILE_PATH + 16], previous[FILE_PATH + 16];
	enum status st;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	snprintf(previous, sizeof(previous), "%s.previous", path);
	master_begin(master);
	if ((st = account_put_decoys(master)) != ST_OK)
		master_cancel(master);
	else
		st = master_end(master);
	if (st != ST_OK || (st = write_copy(master, fresh, group, 0640)) != ST_OK)
		return st;
	if ((unlink(previous) != 0 && errno != ENOENT) || (link(path, previous) != 0 && errno != ENOENT) ||
	    rename(fresh, path) != 0) {
		unlink(fresh);
		return ST_SYSTEM;
	}
	return file_sync_directory(path);
}

enum status
master_backup(struct master *master, const char *path)
{
	char fresh[FILE_PATH + 16];
	enum status st;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if ((st = write_copy(master, fresh, (gid_t)-1, 0600)) != ST_OK)
		return st;
	if (rename(fresh, path) != 0) {
		unlink(fresh);
		return ST_SYSTEM;
	}
	return file_sync_directory(path);
}
