/* SPDX-License-Identifier: ISC */
/*
 * The table is made, emptied and replaced here, by the reaper and by nobody else. A table is complete before it can be
 * seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "table_store.h"

#define MAP_LEAST	((size_t)64 << 20)	/* bytes; sparse. The limiter alone may need a third of it */
#define MAP_PER_LEASE	((size_t)2048)		/* four times what a lease takes in all databases */

static enum status
remove_directory(const char *dir)
{
	char path[FILE_PATH];

	for (size_t i = 0; table_files[i] != NULL; i++) {
		table_join(path, dir, table_files[i]);
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
		table_join(path, dir, table_files[i]);
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

	if (table_store_existing(dir, 0, &sb, &old) == ST_OK) {
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
	if ((st = table_store_open(p->fresh, true, map, &store)) != ST_OK)
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

	table_join(path, rundir, "wake");
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

	table_paths_of(rundir, &p);
	if (remove_directory(p.aside) != ST_OK) {
		log_warning("%s cannot be removed (%s) and stays", p.aside, strerror(errno));
		snprintf(other, sizeof(other), "table.aside.%ld", (long)getpid());
		table_join(p.aside, rundir, other);
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
	const enum status st = table_store_existing(dir, 0, sb, store);

	if (*store == NULL)
		return st;
	store_close(*store);
	return table_store_existing(dir, map, sb, store);
}

enum status
table_open_or_make(const char *rundir, gid_t group, size_t records, struct table **out)
{
	struct table_paths p;
	struct store *store;
	struct stat sb;
	enum status st;

	*out = NULL;
	table_paths_of(rundir, &p);
	make_wake(rundir, group);
	st = open_as_reaper(p.table, map_for(records), &sb, &store);
	if (st == ST_STALE) {
		log_warning("%s: of another boot, so everything is withdrawn", p.table);
		st = empty(store);
	} else if (st == ST_NOTFOUND || st == ST_DAMAGED) {
		log_warning("%s: %s, so a fresh one is made and everything is withdrawn", p.table, status_text(st));
		if ((st = table_set_aside(rundir, group, records, false)) == ST_OK)
			st = table_store_existing(p.table, map_for(records), &sb, &store);
	}
	if (st != ST_OK) {
		store_close(store);
		return st;
	}
	return table_of(rundir, &sb, store, out);
}
