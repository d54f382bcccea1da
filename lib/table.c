/* SPDX-License-Identifier: ISC */
/*
 * The table as a thing on the disk: opening, making, emptying and replacing it, and telling whether the one that is
 * open is still the one that counts. What is in it is the business of table_lease.c, table_work.c and strikes.c.
 */
#include "table.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "file.h"
#include "log.h"
#include "table_store.h"

#define TABLE_FORMAT	"dynlease-table 3"
#define MAP_LEAST	((size_t)64 << 20)	/* bytes; sparse. The limiter alone may need a third of it */
#define MAP_PER_LEASE	((size_t)2048)		/* four times what a lease takes in all databases */

/* The files of a table's directory; each is removed by its name, nothing else is ever touched. */
static const char *const table_files[] = { "data.mdb", "lock.mdb", "open.lock", "write.lock", NULL };

struct table_paths {
	char	table[FILE_PATH], fresh[FILE_PATH], aside[FILE_PATH], open_lock[FILE_PATH], write_lock[FILE_PATH];
};

static void
join(char path[FILE_PATH], const char *dir, const char *file)
{
	if ((size_t)snprintf(path, FILE_PATH, "%s/%s", dir, file) >= FILE_PATH)
		path[0] = '\0';		/* no such file; conf.h bounds the paths it hands out */
}

static void
paths_make(const char *rundir, struct table_paths *p)
{
	join(p->table, rundir, "table");
	join(p->fresh, rundir, "table.new");
	join(p->aside, rundir, "table.aside");
}

static enum status
store_open_in(const char *dir, bool make, size_t map, struct store **store)
{
	struct table_paths p;
	struct store_plan plan = {
		.path = dir, .kind = STORE_SHARED, .make = make, .map = map,
		.open_lock = p.open_lock, .write_lock = p.write_lock,
		.dbs = { [DB_LEASE] = "lease", [DB_DUE] = "due", [DB_CHANGED] = "changed", [DB_PENDING] = "pending",
		    [DB_STRIKE] = "strike", [DB_AGING] = "aging", [DB_REVOKED] = "revoked", [DB_META] = "meta" },
	};

	join(p.open_lock, dir, "open.lock");
	join(p.write_lock, dir, "write.lock");
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

static enum status
table_new(const char *rundir, const struct stat *sb, struct store *store, struct table **out)
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

/* Open what is there and say what it is; *store may be open with ST_STALE too. */
static enum status
open_existing(const char *dir, size_t map, struct stat *sb, struct store **store)
{
	enum status st;

	*store = NULL;
	if (stat(dir, sb) != 0)
		return errno == ENOENT ? ST_NOTFOUND : ST_SYSTEM;
	if (!S_ISDIR(sb->st_mode))
		return ST_DAMAGED;
	if ((st = store_open_in(dir, false, map, store)) != ST_OK)
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
	paths_make(rundir, &p);
	if ((st = open_existing(p.table, 0, &sb, &store)) != ST_OK) {
		store_close(store);
		return st;
	}
	return table_new(rundir, &sb, store, out);
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

	paths_make(table->rundir, &p);
	return stat(p.table, &sb) == 0 && sb.st_dev == table->device && sb.st_ino == table->inode;
}

void
table_wake(const struct table *table)
{
	char wake[FILE_PATH];

	join(wake, table->rundir, "wake");
	if (utimensat(AT_FDCWD, wake, NULL, AT_SYMLINK_NOFOLLOW) != 0)
		log_warning("%s: %s", wake, strerror(errno));
}

/* --- making --- */

static enum status
remove_directory(const char *dir)
{
	char path[FILE_PATH];

	for (size_t i = 0; table_files[i] != NULL; i++) {
		join(path, dir, table_files[i]);
		if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
			return ST_SYSTEM;
	}
	if (rmdir(dir) == 0 || errno == ENOENT)
		return ST_OK;
	return errno == ENOTDIR && unlink(dir) == 0 ? ST_OK : ST_SYSTEM;
}

/*
 * The group may read and write, whatever the umask was. Also gives lock.mdb its pages: a hole touched when tmpfs is
 * full is SIGBUS.
 */
static enum status
open_to_group(const char *dir, gid_t group)
{
	char path[FILE_PATH];
	struct stat sb;
	int fd;

	if (chown(dir, (uid_t)-1, group) != 0 || chmod(dir, 02770) != 0)
		return ST_SYSTEM;
	for (size_t i = 0; table_files[i] != NULL; i++) {
		join(path, dir, table_files[i]);
		if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660)) < 0)
			return ST_SYSTEM;
		if (fchown(fd, (uid_t)-1, group) != 0 || fchmod(fd, 0660) != 0 || fstat(fd, &sb) != 0 ||
		    (strcmp(table_files[i], "lock.mdb") == 0 && (errno = posix_fallocate(fd, 0, sb.st_size)) != 0)) {
			close(fd);
			return errno == ENOSPC ? ST_FULL : ST_SYSTEM;
		}
		close(fd);
	}
	return ST_OK;
}

static void
put_format(struct store_txn *txn, const char *boot)
{
	store_put(txn, DB_META, text_value("format"), text_value(TABLE_FORMAT));
	store_put(txn, DB_META, text_value("boot"), text_value(boot));
}

/* Take over whatever can be read of an old table, as far as it is of this boot. */
static void
carry_over(const char *dir, struct store_txn *to)
{
	struct store *old = NULL;
	struct store_cursor cursor;
	struct store_txn from;
	struct stat sb;
	bool more;

	if (open_existing(dir, 0, &sb, &old) == ST_OK) {
		store_read(old, &from);
		for (unsigned db = 0; db < DB_COUNT; db++) {
			for (more = store_walk(&from, db, store_bytes(NULL, 0), &cursor); more;
			    more = store_walk_next(&cursor))
				store_put(to, db, cursor.key, cursor.value);
			store_walk_end(&cursor);
		}
		store_cancel(&from);
	}
	store_close(old);
}

/* Make a table in p->fresh, complete before anyone can see it, and put it in place. */
static enum status
make_fresh(const struct table_paths *p, gid_t group, size_t map, const char *carry_from)
{
	struct store *store = NULL;
	struct store_txn txn;
	char boot[BOOT_ID_SIZE];
	enum status st;

	if ((st = clock_boot_id(boot)) != ST_OK || (st = remove_directory(p->fresh)) != ST_OK)
		return st;
	if (mkdir(p->fresh, 0700) != 0)
		return ST_SYSTEM;
	if ((st = store_open_in(p->fresh, true, map, &store)) != ST_OK)
		return st;
	store_write(store, TABLE_WAIT_FOREVER, &txn);
	if (carry_from != NULL)
		carry_over(carry_from, &txn);
	put_format(&txn, boot);
	st = store_end(&txn);
	store_close(store);
	if (st == ST_OK && (st = open_to_group(p->fresh, group)) == ST_OK && rename(p->fresh, p->table) != 0)
		st = ST_SYSTEM;
	return st;
}

static size_t
map_for(size_t records)
{
	return MAP_LEAST + records * MAP_PER_LEASE;
}

/* Without it the timer is the backstop. */
static void
make_wake(const char *rundir, gid_t group)
{
	char path[FILE_PATH];
	int fd;

	join(path, rundir, "wake");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0 || fchown(fd, (uid_t)-1, group) != 0 || fchmod(fd, 0660) != 0)
		log_warning("%s: %s", path, strerror(errno));	/* or made by another of the group, with its rights */
	if (fd >= 0)
		close(fd);
}

enum status
table_set_aside(const char *rundir, gid_t group, size_t records, bool carry)
{
	struct table_paths p;
	char other[32];

	paths_make(rundir, &p);
	if (remove_directory(p.aside) != ST_OK) {
		log_warning("%s cannot be removed (%s) and stays", p.aside, strerror(errno));
		snprintf(other, sizeof(other), "table.aside.%ld", (long)getpid());
		join(p.aside, rundir, other);
	}
	if (rename(p.table, p.aside) != 0 && errno != ENOENT)
		return ST_SYSTEM;
	return make_fresh(&p, group, map_for(records), carry ? p.aside : NULL);
}

/* A table of another boot: nothing in it holds any more. */
static enum status
empty(struct store *store)
{
	struct store_txn txn;
	char boot[BOOT_ID_SIZE];
	enum status st;

	if ((st = clock_boot_id(boot)) != ST_OK)
		return st;
	store_write(store, TABLE_WAIT_FOREVER, &txn);
	for (unsigned db = 0; db < DB_COUNT; db++)
		store_clear(&txn, db);
	put_format(&txn, boot);
	return store_end(&txn);
}

/* First as everyone else does, with the map that the table says of itself, which may be a size that cannot be had. */
static enum status
open_as_reaper(const char *dir, size_t map, struct stat *sb, struct store **store)
{
	const enum status st = open_existing(dir, 0, sb, store);

	if (*store == NULL)
		return st;
	store_close(*store);
	return open_existing(dir, map, sb, store);
}

enum status
table_open_or_make(const char *rundir, gid_t group, size_t records, struct table **out)
{
	struct table_paths p;
	struct store *store;
	struct stat sb;
	enum status st;

	*out = NULL;
	paths_make(rundir, &p);
	make_wake(rundir, group);
	st = open_as_reaper(p.table, map_for(records), &sb, &store);
	if (st == ST_STALE) {
		log_warning("%s: of another boot, so everything is withdrawn", p.table);
		st = empty(store);
	} else if (st == ST_NOTFOUND || st == ST_DAMAGED) {
		log_warning("%s: %s, so a fresh one is made and everything is withdrawn", p.table, status_text(st));
		if ((st = table_set_aside(rundir, group, records, false)) == ST_OK)
			st = open_existing(p.table, map_for(records), &sb, &store);
	}
	if (st != ST_OK) {
		store_close(store);
		return st;
	}
	return table_new(rundir, &sb, store, out);
}
