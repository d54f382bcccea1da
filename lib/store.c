/* SPDX-License-Identifier: ISC */
/*
 * LMDB, as a service made of many short-lived processes must use it:
 *
 * - an flock of our own around mdb_env_open() and mdb_env_close(): LMDB 0.9.26 to 0.9.31 destroy the shared mutexes
 *   when the last user closes while another one opens (ITS#9278, ITS#10095);
 * - MDB_NOTLS, and every read transaction is ended: without it each process that leaves by _exit(2) keeps a reader's
 * slot; - dead readers are cleared when slots or pages run short, and by store_reap_readers(); - never MDB_WRITEMAP:
 * a full tmpfs must be ENOSPC and not SIGBUS; - an flock around writing: LMDB's own mutex has no time limit, and its
 * holder may be a stopped process; - data.mdb and lock.mdb are never opened by hand: closing a descriptor of lock.mdb
 * drops the process's fcntl locks.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"

#define OPEN_WAIT	1000	/* milliseconds; after that it is opened without the lock, which only old LMDBs need */
#define OPEN_TRIES	5
#define READERS		1022	/* sparse, so nearly free */

struct store {
	MDB_env		*env;
	MDB_dbi		 dbi[STORE_DBS];
	char		*path;
	char		*open_lock;
	int		 write_lock;	/* -1: none */
};

static enum status
store_status(const char *path, int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return ST_OK;
	case MDB_NOTFOUND:
	case ENOENT:
		return ST_NOTFOUND;
	case MDB_MAP_FULL:
	case MDB_READERS_FULL:
	case ENOSPC:
	case EDQUOT:
		log_critical("%s: %s", path, mdb_strerror(rc));
		return ST_FULL;
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_INCOMPATIBLE:
	case MDB_MAP_RESIZED:	/* what is left of these is what no table of ours can bring about */
	case MDB_BAD_TXN:
	case MDB_BAD_DBI:
	case MDB_BAD_RSLOT:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
		log_critical("%s: %s", path, mdb_strerror(rc));
		return ST_DAMAGED;
	case ENOMEM:
		return ST_NOMEM;
	default:
		log_error("%s: %s", path, mdb_strerror(rc));
		errno = rc > 0 ? rc : EIO;
		return ST_SYSTEM;
	}
}

/* The locks of a store that lives for long or shortly; a store without one has nothing to wait for. */
static int
take_open_lock(const char *path)
{
	int fd = -1;

	if (path != NULL && file_lock(path, OPEN_WAIT, &fd) != ST_OK)
		log_warning("%s: not to be had within %d ms, going on without", path, OPEN_WAIT);
	return fd;
}

static void
give_lock(int fd)
{
	if (fd >= 0)
		close(fd);
}

static unsigned
plan_flags(const struct store_plan *plan)
{
	switch (plan->kind) {
	case STORE_SHARED:
		return MDB_NOTLS | MDB_NOSYNC;
	case STORE_SYNCED:
		return MDB_NOTLS;
	case STORE_FROZEN:
		return MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR;
	}
	return 0;
}

/* A frozen file says how large its master's map was; LMDB raises a map that is too small to what the file needs. */
static size_t
plan_map(const struct store_plan *plan)
{
	return plan->kind == STORE_FROZEN ? 1 : plan->map;
}

static int
env_open(const struct store_plan *plan, MDB_env **env)
{
	const size_t map = plan_map(plan);
	int rc;

	if ((rc = mdb_env_create(env)) != 0)
		return rc;
	if ((rc = mdb_env_set_maxdbs(*env, STORE_DBS)) != 0 ||
	    (rc = mdb_env_set_maxreaders(*env, READERS)) != 0 ||
	    (map != 0 && (rc = mdb_env_set_mapsize(*env, map)) != 0) ||
	    (rc = mdb_env_open(*env, plan->path, plan_flags(plan), 0660)) != 0) {
		mdb_env_close(*env);
		*env = NULL;
		if (rc == ENOMEM)	/* no room for a map: so large only a damaged file says it is */
			rc = MDB_CORRUPTED;
	}
	return rc;
}

/* LMDB creates what it does not find, which only a maker may. */
static bool
is_missing(const struct store_plan *plan)
{
	char data[FILE_PATH];
	struct stat sb;

	if (plan->make || plan->kind == STORE_FROZEN)
		return false;
	snprintf(data, sizeof(data), "%s/data.mdb", plan->path);
	return stat(data, &sb) != 0 && errno == ENOENT;
}

/* A file that never changes in place must have all its pages before one is touched: a page beyond its end is SIGBUS. */
static bool
is_whole(MDB_env *env)
{
	MDB_envinfo info = { 0 };
	MDB_stat stat = { 0 };
	struct stat sb;
	int fd;

	return mdb_env_get_fd(env, &fd) == 0 && fstat(fd, &sb) == 0 && mdb_env_info(env, &info) == 0 &&
	    mdb_env_stat(env, &stat) == 0 && (size_t)sb.st_size >= (info.me_last_pgno + 1) * stat.ms_psize;
}

static int
dbs_open(struct store *store, const struct store_plan *plan)
{
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_txn_begin(store->env, NULL, plan->make ? 0 : MDB_RDONLY, &txn)) == MDB_READERS_FULL) {
		store_reap_readers(store);
		rc = mdb_txn_begin(store->env, NULL, plan->make ? 0 : MDB_RDONLY, &txn);
	}
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < STORE_DBS && plan->dbs[i] != NULL; i++)
		if ((rc = mdb_dbi_open(txn, plan->dbs[i], plan->make ? MDB_CREATE : 0, &store->dbi[i])) != 0) {
			mdb_txn_abort(txn);
			return rc;
		}
	return mdb_txn_commit(txn);	/* also of a reader: it keeps the handles */
}

static enum status
locks_prepare(struct store *store, const struct store_plan *plan)
{
	if ((store->path = strdup(plan->path)) == NULL)
		return ST_NOMEM;
	if (plan->open_lock != NULL && (store->open_lock = strdup(plan->open_lock)) == NULL)
		return ST_NOMEM;
	if (plan->write_lock == NULL)
		return ST_OK;
	store->write_lock = open(plan->write_lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	return store->write_lock < 0 ? store_status(plan->write_lock, errno) : ST_OK;
}

enum status
store_open(const struct store_plan *plan, struct store **out)
{
	struct store *store;
	int lock, rc = ENOENT, tries = 0;
	enum status st;

	*out = NULL;
	if (is_missing(plan))
		return ST_NOTFOUND;
	if ((store = calloc(1, sizeof(*store))) == NULL)
		return ST_NOMEM;
	store->write_lock = -1;
	if ((st = locks_prepare(store, plan)) != ST_OK)
		goto out;
	lock = take_open_lock(plan->open_lock);
	do
		rc = env_open(plan, &store->env);
	while (lock >= 0 && (rc == EINVAL || rc == EAGAIN) && ++tries < OPEN_TRIES);
	if (rc == 0 && plan->kind == STORE_FROZEN && !is_whole(store->env))
		rc = MDB_CORRUPTED;
	if (rc == 0)
		rc = dbs_open(store, plan);
	give_lock(lock);
	st = store_status(plan->path, rc);
out:
	if (st == ST_OK)
		*out = store;
	else
		store_close(store);
	return st;
}

void
store_close(struct store *store)
{
	int lock;

	if (store == NULL)
		return;
	if (store->env != NULL) {
		lock = take_open_lock(store->open_lock);
		mdb_env_close(store->env);
		give_lock(lock);
	}
	give_lock(store->write_lock);
	free(store->open_lock);
	free(store->path);
	free(store);
}

void
store_reap_readers(struct store *store)
{
	int dead = 0;

	if (mdb_reader_check(store->env, &dead) == 0 && dead > 0)
		log_info("%s: gave back the slots of %d dead readers", store->path, dead);
}

static void
begin(struct store *store, unsigned flags, struct store_txn *txn)
{
	MDB_txn *handle = NULL;
	int rc = mdb_txn_begin(store->env, NULL, flags, &handle);

	if (rc == MDB_READERS_FULL)
		store_reap_readers(store);
	else if (rc == MDB_MAP_RESIZED)		/* someone gave it a larger map */
		rc = mdb_env_set_mapsize(store->env, 0) == 0 ? MDB_READERS_FULL : rc;
	if (rc == MDB_READERS_FULL)
		rc = mdb_txn_begin(store->env, NULL, flags, &handle);
	txn->handle = rc == 0 ? handle : NULL;
	txn->st = store_status(store->path, rc);
}

void
store_read(struct store *store, struct store_txn *txn)
{
	*txn = (struct store_txn){ .store = store };
	begin(store, MDB_RDONLY, txn);
}

/* A reader that died holds on to all pages of its time, so that each write takes new ones until the map is full. */
static void
keep_room(struct store *store)
{
	size_t map, used;

	store_sizes(store, &map, &used);
	if (used > map / 2)
		store_reap_readers(store);
}

void
store_write(struct store *store, int wait_ms, struct store_txn *txn)
{
	*txn = (struct store_txn){ .store = store, .writes = true };
	if (store->write_lock >= 0 && (txn->st = file_lock_fd(store->write_lock, wait_ms)) != ST_OK) {
		txn->writes = false;	/* nothing to give back */
		return;
	}
	keep_room(store);
	begin(store, 0, txn);
}

static void
give_write_lock(struct store_txn *txn)
{
	if (txn->writes && txn->store->write_lock >= 0)
		file_unlock_fd(txn->store->write_lock);
	txn->writes = false;
}

/* The first error of a transaction is the one to report. The arguments are ours: what is invalid is what was read. */
static enum status
stick(struct store_txn *txn, int rc)
{
	if (txn->st == ST_OK)
		txn->st = store_status(txn->store->path, rc == EINVAL ? MDB_CORRUPTED : rc);
	return txn->st;
}

enum status
store_end(struct store_txn *txn)
{
	MDB_txn *handle = txn->handle;

	txn->handle = NULL;		/* a failed commit has freed it all the same */
	if (handle != NULL && txn->st == ST_OK && txn->writes)
		stick(txn, mdb_txn_commit(handle));
	else if (handle != NULL)
		mdb_txn_abort(handle);
	give_write_lock(txn);
	return txn->st;
}

void
store_cancel(struct store_txn *txn)
{
	MDB_txn *handle = txn->handle;

	txn->handle = NULL;
	if (handle != NULL)
		mdb_txn_abort(handle);
	give_write_lock(txn);
}

static MDB_val
to_val(struct store_value value)
{
	return (MDB_val){ .mv_size = value.size, .mv_data = (void *)(uintptr_t)value.data };
}

static struct store_value
from_val(MDB_val val)
{
	return (struct store_value){ val.mv_data, val.mv_size };
}

enum status
store_get(struct store_txn *txn, unsigned db, struct store_value key, struct store_value *value)
{
	MDB_val k = to_val(key), v;
	int rc;

	*value = (struct store_value){ NULL, 0 };
	if (txn->st != ST_OK)
		return txn->st;
	if ((rc = mdb_get(txn->handle, txn->store->dbi[db], &k, &v)) == MDB_NOTFOUND)
		return ST_NOTFOUND;
	if (rc != 0)
		return stick(txn, rc);
	*value = from_val(v);
	return ST_OK;
}

void
store_put(struct store_txn *txn, unsigned db, struct store_value key, struct store_value value)
{
	MDB_val k = to_val(key), v = to_val(value);

	if (txn->st == ST_OK)
		stick(txn, mdb_put(txn->handle, txn->store->dbi[db], &k, &v, 0));
}

void
store_del(struct store_txn *txn, unsigned db, struct store_value key)
{
	MDB_val k = to_val(key);
	int rc;

	if (txn->st == ST_OK && (rc = mdb_del(txn->handle, txn->store->dbi[db], &k, NULL)) != MDB_NOTFOUND)
		stick(txn, rc);
}

void
store_clear(struct store_txn *txn, unsigned db)
{
	if (txn->st == ST_OK)
		stick(txn, mdb_drop(txn->handle, txn->store->dbi[db], 0));
}

size_t
store_count(struct store_txn *txn, unsigned db)
{
	MDB_stat stat;

	if (txn->st != ST_OK || stick(txn, mdb_stat(txn->handle, txn->store->dbi[db], &stat)) != ST_OK)
		return 0;
	return stat.ms_entries;
}

/* Put what LMDB's cursor stands on into ours. */
static bool
land(struct store_cursor *cursor, int rc, MDB_val key, MDB_val value)
{
	cursor->key = from_val(key);
	cursor->value = from_val(value);
	if (rc != 0 && rc != MDB_NOTFOUND)
		stick(cursor->txn, rc);
	return rc == 0;
}

bool
store_walk(struct store_txn *txn, unsigned db, struct store_value from, struct store_cursor *cursor)
{
	MDB_val k = to_val(from), v = { 0, NULL };
	MDB_cursor *handle;
	int rc;

	*cursor = (struct store_cursor){ .txn = txn };
	if (txn->st != ST_OK)
		return false;
	if ((rc = mdb_cursor_open(txn->handle, txn->store->dbi[db], &handle)) != 0) {
		stick(txn, rc);
		return false;
	}
	cursor->handle = handle;
	rc = mdb_cursor_get(handle, &k, &v, from.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
	return land(cursor, rc, k, v);
}

bool
store_walk_next(struct store_cursor *cursor)
{
	MDB_val k = { 0, NULL }, v = { 0, NULL };

	if (cursor->txn->st != ST_OK)
		return false;
	return land(cursor, mdb_cursor_get(cursor->handle, &k, &v, MDB_NEXT), k, v);
}

void
store_walk_end(struct store_cursor *cursor)
{
	if (cursor->handle != NULL)
		mdb_cursor_close(cursor->handle);
	cursor->handle = NULL;
}

enum status
store_copy(struct store *store, int fd)
{
	return store_status(store->path, mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT));
}

void
store_sizes(struct store *store, size_t *map, size_t *used)
{
	MDB_envinfo info = { 0 };
	MDB_stat stat = { 0 };

	mdb_env_info(store->env, &info);
	mdb_env_stat(store->env, &stat);
	*map = info.me_mapsize;
	*used = (info.me_last_pgno + 1) * stat.ms_psize;
}
