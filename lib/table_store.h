/* SPDX-License-Identifier: ISC */
/*
 * Inside of the table, for table*.c and strikes.c only: its files, its databases by index, and the few helpers they
 * share.
 */
#ifndef DYNLEASE_TABLE_STORE_H
#define DYNLEASE_TABLE_STORE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "file.h"
#include "store.h"
#include "table.h"

enum table_db { DB_LEASE, DB_DUE, DB_CHANGED, DB_PENDING, DB_STRIKE, DB_AGING, DB_REVOKED, DB_META, DB_COUNT };

struct table {
	struct store	*store;
	char		*rundir;
	dev_t		 device;	/* of the table's directory as it was opened, and its inode */
	ino_t		 inode;
};

/* --- its files (table.c) --- */

#define TABLE_FORMAT	"dynlease-table 4"

/* Those of a table's directory, to a NULL; each is removed by its name, nothing else is ever touched. */
extern const char *const table_files[];

struct table_paths {
	char	table[FILE_PATH], fresh[FILE_PATH], aside[FILE_PATH];
};
void		table_paths_of(const char *rundir, struct table_paths *);
void		table_join(char path[FILE_PATH], const char *dir, const char *file);

/* The store of a table's directory; map as of store.h. */
enum status	table_store_open(const char *dir, bool make, size_t map, struct store **);

/*
 * Open what is there and say what it is: ST_NOTFOUND; ST_DAMAGED: no table, or of another format; ST_STALE: of another
 * boot, and then it may be open, too.
 */
enum status	table_store_existing(const char *dir, size_t map, struct stat *, struct store **);

/* Takes over the store, and closes it when that fails: ST_NOMEM. */
enum status	table_of(const char *rundir, const struct stat *, struct store *, struct table **);

/* --- what is in it --- */

#define DUE_KEY	(8 + LEASE_KEY)

/* A NUL-terminated text as key or value, without its NUL. */
struct store_value	text_value(const char *);

void		big64_put(uint8_t to[8], uint64_t);
uint64_t	big64_get(const void *);

/* Numbers in meta; 0 when missing. meta_count() adds 1 and gives the new value. */
uint64_t	meta_get(struct store_txn *, const char *key);
void		meta_put(struct store_txn *, const char *key, uint64_t);
uint64_t	meta_count(struct store_txn *, const char *key);

/* Read a lease (ST_NOTFOUND; ST_DAMAGED sticks), and write it with its place in the due index, old's being removed. */
enum status	lease_read(struct store_txn *, const char *host, uint8_t family, struct lease *);
void		lease_write(struct store_txn *, const struct lease *old, const struct lease *);

/* Have host published, not before publish_at (0: at once); gives its new generation. */
uint64_t	host_changed(struct store_txn *, const char *host, uint64_t publish_at);

size_t		due_key(uint64_t deadline, const char *host, uint8_t family, uint8_t key[DUE_KEY]);

#endif
