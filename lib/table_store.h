/* SPDX-License-Identifier: ISC */
/*
 * Inside of the table, for table*.c and strikes.c only: its databases by index, and the few helpers they share.
 */
#ifndef DYNLEASE_TABLE_STORE_H
#define DYNLEASE_TABLE_STORE_H

#include <sys/types.h>

#include "store.h"
#include "table.h"

enum table_db { DB_LEASE, DB_DUE, DB_CHANGED, DB_PENDING, DB_STRIKE, DB_AGING, DB_REVOKED, DB_META, DB_COUNT };

struct table {
	struct store	*store;
	char		*rundir;
	dev_t		 device;	/* of the table's directory as it was opened, and its inode */
	ino_t		 inode;
};

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
