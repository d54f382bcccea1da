/* SPDX-License-Identifier: ISC */
/*
 * The table as a thing on the disk: opening it, and telling whether the one that is open is still the one that counts.
 * table_make.c makes it; what is in it is the business of table_lease.c, table_work.c and strikes.c.
 */
#include "table.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "table_store.h"

const char *const table_files[] = { "data.mdb", "lock.mdb", "open.lock", "write.lock", NULL };

void
table_join(char path[FILE_PATH], const char *dir, const char *file)
{
	if ((size_t)snprintf(path, FILE_PATH, "%s/%s", dir, file) >= FILE_PATH)
		path[0] = '\0';		/* no such file; conf.h bounds the paths it hands out */
}

void
table_paths_of(const char *rundir, struct table_paths *p)
{
	table_join(p->table, rundir, "table");
	table_join(p->fresh, rundir, "table.new");
	table_join(p->aside, rundir, "table.aside");
}

enum status
table_store_open(const char *dir, bool make, size_t map, struct store **store)
{
	char open_lock[FILE_PATH], write_lock[FILE_PATH];
	struct store_plan plan = {
		.path = dir, .kind = STORE_SHARED, .make = make, .map = map,
		.open_lock = open_lock, .write_lock = write_lock,
		.dbs = { [DB_LEASE] = "lease", [DB_DUE] = "due", [DB_CHANGED] = "changed", [DB_PENDING] = "pending",
		    [DB_STRIKE] = "strike", [DB_AGING] = "aging", [DB_REVOKED] = "revoked", [DB_META] = "meta" },
	};

	table_join(open_lock, dir, "open.lock");
	table_join(write_lock, dir, "write.lock");
	return store_open(&plan, store);
}

struct store_value
text_value(const char *text)
{
	return store_bytes(text, strlen(text));
}

void
big64_put(uint8_t to[8], uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

uint64_t
big64_get(const void *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

uint64_t
meta_get(struct store_txn *txn, const char *key)
{
	struct store_value value;

	if (store_get(txn, DB_META, text_value(key), &value) != ST_OK || value.size != 8)
		return 0;
	return big64_get(value.data);
}

void
meta_put(struct store_txn *txn, const char *key, uint64_t number)
{
	uint8_t bytes[8];

	big64_put(bytes, number);
	store_put(txn, DB_META, text_value(key), store_bytes(bytes, sizeof(bytes)));
}

uint64_t
meta_count(struct store_txn *txn, const char *key)
{
	const uint64_t next = meta_get(txn, key) + 1;

	meta_put(txn, key, next);
	return next;
}

static bool
value_is(struct store_value value, const char *text)
{
	return value.size == strlen(text) && memcmp(value.data, text, value.size) == 0;
}

/* ST_DAMAGED: another format. ST_STALE: another boot. */
static enum status
judge_format(struct store *store)
{
	struct store_value format, boot;
	struct store_txn txn;
	char id[BOOT_ID_SIZE];
	enum status st;

	if ((st = clock_boot_id(id)) != ST_OK)
		return st;
	store_read(store, &txn);
	if ((st = store_get(&txn, DB_META, text_value("format"), &format)) == ST_OK &&
	    (st = store_get(&txn, DB_META, text_value("boot"), &boot)) == ST_OK) {
		if (!value_is(format, TABLE_FORMAT))
			st = ST_DAMAGED;
		else if (!value_is(boot, id))
			st = ST_STALE;
	} else if (st == ST_NOTFOUND)
		st = ST_DAMAGED;
	store_cancel(&txn);
	return st;
}

enum status
table_of(const char *rundir, const struct stat *sb, struct store *store, struct table **out)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table == NULL || (table->rundir = strdup(rundir)) == NULL) {
		free(table);
		store_close(store);
		return ST_NOMEM;
	}
	table->store = store;
	table->device = sb->st_dev;
	table->inode = sb->st_ino;
	*out = table;
	return ST_OK;
}

enum status
table_store_existing(const char *dir, size_t map, struct stat *sb, struct store **store)
{
	enum status st;

	*store = NULL;
	if (stat(dir, sb) != 0)
		return errno == ENOENT ? ST_NOTFOUND : ST_SYSTEM;
	if (!S_ISDIR(sb->st_mode))
		return ST_DAMAGED;
	if ((st = table_store_open(dir, false, map, store)) != ST_OK)
		return st == ST_NOTFOUND ? ST_DAMAGED : st;	/* a directory without a store in it */
	if ((st = judge_format(*store)) != ST_OK && st != ST_STALE) {
		store_close(*store);
		*store = NULL;
	}
	return st;
}

enum status
table_open(const char *rundir, struct table **out)
{
	struct table_paths p;
	struct store *store;
	struct stat sb;
	enum status st;

	*out = NULL;
	table_paths_of(rundir, &p);
	if ((st = table_store_existing(p.table, 0, &sb, &store)) != ST_OK) {
		store_close(store);
		return st;
	}
	return table_of(rundir, &sb, store, out);
}

void
table_close(struct table *table)
{
	if (table == NULL)
		return;
	store_close(table->store);
	free(table->rundir);
	free(table);
}

bool
table_is_current(const struct table *table)
{
	struct table_paths p;
	struct stat sb;

	table_paths_of(table->rundir, &p);
	return stat(p.table, &sb) == 0 && sb.st_dev == table->device && sb.st_ino == table->inode;
}

void
table_wake(const struct table *table)
{
	char wake[FILE_PATH];

	table_join(wake, table->rundir, "wake");
	if (utimensat(AT_FDCWD, wake, NULL, AT_SYMLINK_NOFOLLOW) != 0)
		log_warning("%s: %s", wake, strerror(errno));
}
