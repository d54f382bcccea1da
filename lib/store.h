/* SPDX-License-Identifier: ISC */
/*
 * An ordered key-value store in one shared file: the only user of LMDB, and the place that keeps the rules by which
 * many short-lived processes can use it (see the head of store.c). A transaction's errors are sticky: after one,
 * writes do nothing and store_end() reports it, so that a caller asks once.
 *
 * Open an environment after the last fork; never touch it in a child.
 */
#ifndef DYNLEASE_STORE_H
#define DYNLEASE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "status.h"

#define STORE_DBS	10	/* databases of one store at most */
#define STORE_KEY	511	/* bytes of a key at most */

enum store_kind {
	STORE_SHARED,	/* a directory with data.mdb and lock.mdb, many writers, not synced (tmpfs) */
	STORE_SYNCED,	/* the same, every commit on disk */
	STORE_FROZEN	/* one file that is never changed in place: read without locks */
};

struct store_plan {
	const char	*path;		/* STORE_FROZEN: the file; else the directory */
	enum store_kind	 kind;
	bool		 make;		/* create the databases that are missing (never for STORE_FROZEN) */
	size_t		 map;		/* bytes of address space; 0: as the file has it */
	const char	*open_lock;	/* flock around opening and closing; NULL: none */
	const char	*write_lock;	/* flock around writing, so that waiting for it can be bounded; NULL: none */
	const char	*dbs[STORE_DBS]; /* names; a database is called by its index from here on */
};

struct store;

struct store_value {
	const void	*data;		/* valid until the next write or the end of the transaction */
	size_t		 size;
};

struct store_txn {
	struct store	*store;
	void		*handle;	/* NULL when it could not begin */
	bool		 writes;
	enum status	 st;		/* the first error, kept */
};

struct store_cursor {
	void			*handle;
	struct store_txn	*txn;
	struct store_value	 key, value;
};

/* ST_NOTFOUND (also: a database is missing), ST_DAMAGED, ST_BUSY, ST_FULL, ST_SYSTEM. */
enum status	store_open(const struct store_plan *, struct store **);

/* For programs that live on; short-lived ones leave by _exit(2) and never close. NULL is fine. */
void		store_close(struct store *);

/* Begin. A failure is kept in the transaction; store_end() or store_cancel() must follow all the same. */
void		store_read(struct store *, struct store_txn *);

/* wait_ms: how long to wait for other writers (ST_BUSY); negative: as long as it takes. */
void		store_write(struct store *, int wait_ms, struct store_txn *);

/* ST_NOTFOUND is an answer and does not stick; other errors do. */
enum status	store_get(struct store_txn *, unsigned db, struct store_value key, struct store_value *);
void		store_put(struct store_txn *, unsigned db, struct store_value key, struct store_value);
void		store_del(struct store_txn *, unsigned db, struct store_value key);	/* a missing key is fine */
void		store_clear(struct store_txn *, unsigned db);
size_t		store_count(struct store_txn *, unsigned db);

/* Commit (or just let go of a read) and report the first error; everything or nothing. */
enum status	store_end(struct store_txn *);
void		store_cancel(struct store_txn *);

/*
 * Walk from the first key at or after `from` (size 0: the very first). False at the end or on an error, which sticks.
 * store_walk_end() is always due.
 */
bool		store_walk(struct store_txn *, unsigned db, struct store_value from, struct store_cursor *);
bool		store_walk_next(struct store_cursor *);
void		store_walk_end(struct store_cursor *);

/* Write a compact copy of everything to fd (STORE_SYNCED). */
enum status	store_copy(struct store *, int fd);

/* Give back the slots of readers that died. */
void		store_reap_readers(struct store *);

/* The map and what is used of it, in bytes. */
void		store_sizes(struct store *, size_t *map, size_t *used);

static inline struct store_value
store_bytes(const void *data, size_t size)
{
	return (struct store_value){ data, size };
}

#endif
