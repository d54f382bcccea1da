/* SPDX-License-Identifier: ISC */
/*
 * Who may lease what. The master is root's alone and is changed in transactions; the snapshot is an immutable copy
 * of it, replaced by rename, that helpers and reapers read without locks: a reader can hold up nobody.
 *
 * Databases, in both: `account` name -> record, `host` name -> account's name, `decoy` number -> verifier,
 * `meta`. An account record is text, one "key=value\n" a line, first "v=1", then epoch, class, require, secret,
 * announce, network, trusted, and a "credential" for each (credential.h). Unknown keys make the record unreadable (fail closed).
 */
#ifndef DYNLEASE_ACCOUNT_H
#define DYNLEASE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address.h"
#include "credential.h"
#include "layer.h"
#include "name.h"
#include "secret.h"
#include "status.h"

#define ACCOUNT_RECORD	8192

struct account {
	char		name[NAME_SIZE];
	uint64_t	epoch;			/* raised by each change that takes something away */
	uint8_t		require;		/* layers that must all pass, enum layer_bit */
	char		class[NAME_SIZE];	/* "" is the default class */
	char		secret[VERIFIER_SIZE];	/* "" when it has none */
	struct networks	announce;		/* addresses it may lease although it does not connect from them */
	struct networks	network;		/* for the layer of that name: where it may log in from */
	char		credentials[CREDENTIALS_SIZE];	/* a line each, credential.h */
	bool		trusted;		/* may enter trusted places */
};

/* Record codec, pure. account_encode(): length, 0 when it does not fit. ST_DAMAGED: not a record of version 1. */
size_t		account_encode(const struct account *, char record[ACCOUNT_RECORD]);
enum status	account_decode(const char *name, const void *record, size_t len, struct account *);

/* Would they be kept as the same record? Pure. */
bool		account_equal(const struct account *, const struct account *);

/* --- the snapshot, read only (account_snapshot.c) --- */
struct accounts;

/* ST_NOTFOUND, ST_DAMAGED, ST_SYSTEM. Everything is answered from the file opened here, replaced or not. */
enum status	accounts_open(const char *path, struct accounts **);
void		accounts_close(struct accounts *);

/* ST_NOTFOUND, ST_DAMAGED. */
enum status	accounts_get(struct accounts *, const char *name, struct account *);

/* The account that owns host. ST_NOTFOUND. */
enum status	accounts_owner(struct accounts *, const char *host, char owner[NAME_SIZE]);

/* Each account in order of name, as below. ST_DAMAGED: one does not decode. */
enum status	accounts_each(struct accounts *, enum status (*each)(void *, const struct account *), void *);

/* Each host in order of name; each() returning anything but ST_OK ends it with that. */
enum status	accounts_each_host(struct accounts *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);
size_t		accounts_count_hosts(struct accounts *);

/*
 * What to verify a secret against when there is no such account: a verifier that matches nothing, of a kind and cost
 * found among the accounts, always the same one for the same name, and spread as the kinds are. ST_NOTFOUND: no
 * accounts.
 */
enum status	accounts_decoy(struct accounts *, const char *name, char verifier[VERIFIER_SIZE]);

/* --- the master, root's (account_master.c) --- */
struct master;

/* Open the directory's master; make: create what is missing (0700). ST_NOTFOUND, ST_SYSTEM, ST_DAMAGED. */
enum status	master_open(const char *dir, bool make, struct master **);
void		master_close(struct master *);

/*
 * A change is begun, made by puts and dels (errors are kept and reported at the end), and ended: committed and
 * synced, or nothing at all happened. master_accounts() reads inside a change or outside of one.
 */
void		master_begin(struct master *);
enum status	master_get(struct master *, const char *name, struct account *);
enum status	master_owner(struct master *, const char *host, char owner[NAME_SIZE]);
void		master_put(struct master *, const struct account *);
void		master_put_host(struct master *, const char *host, const char *owner);
void		master_del(struct master *, const char *name);
void		master_del_host(struct master *, const char *host);
enum status	master_each(struct master *, enum status (*each)(void *, const struct account *), void *);
enum status	master_each_host(struct master *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);
/* The next epoch: greater than every one handed out before, also across restores (seconds since 1970 at least). */
uint64_t	master_next_epoch(struct master *, uint64_t wall);
enum status	master_end(struct master *);
void		master_cancel(struct master *);

/*
 * Write the snapshot: copy, fsync, mode 0640 and the group, rename over path; the one before is kept as
 * "PATH.previous" for a reaper that cannot read the new one. Works out the decoys. ST_FULL, ST_SYSTEM.
 */
enum status	master_publish(struct master *, const char *path, gid_t);

/* Write everything to a file that accounts_open() reads, mode 0600, in the place of what is there. Errors as above. */
enum status	master_backup(struct master *, const char *path);

#endif
