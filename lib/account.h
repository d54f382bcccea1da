/* SPDX-License-Identifier: ISC */
/*
 * Who may lease what. The master is root's alone and is changed in transactions; the snapshot is an immutable copy
 * of it, replaced by rename, that helpers and reapers read without locks: a reader can hold up nobody.
 *
 * Databases, in both: `account` name -> record, `host` name -> account's name, or of an alias the name of its host
 * after "=", when it shows the host's addresses, or after "@", when it is a CNAME; `decoy` number -> verifier;
 * `meta`. An account record is text, one "key=value\n" a line, first "v=1", then epoch, class, require, secret,
 * announce, network, trusted, and a "credential" for each (credential.h). Unknown keys make the record unreadable
 * (fail closed), and unknown marks the hosts. When the accounts are sealed (seal.h), all verifiers and decoys are,
 * under one key, whose id is in `meta`.
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
#include "seal.h"
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

/* One more name of a host, which may be in another zone. */
struct alias {
	char	name[NAME_SIZE];
	char	host[NAME_SIZE];
	bool	is_cname;	/* it shows a CNAME to the host; else what the host shows */
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

/* The account that owns host. ST_NOTFOUND; ST_EXISTS: it is no host but an alias. */
enum status	accounts_owner(struct accounts *, const char *host, char owner[NAME_SIZE]);

/* The alias of this name. ST_NOTFOUND: there is none. */
enum status	accounts_aliased(struct accounts *, const char *name, struct alias *);

/* Each account in order of name, as below. ST_DAMAGED: one does not decode. */
enum status	accounts_each(struct accounts *, enum status (*each)(void *, const struct account *), void *);

/* Each host in order of name; each() returning anything but ST_OK ends it with that. */
enum status	accounts_each_host(struct accounts *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);

/* The same for the aliases. */
enum status	accounts_each_alias(struct accounts *, enum status (*each)(void *, const struct alias *), void *);

/* Hosts and aliases. */
size_t		accounts_count_hosts(struct accounts *);

/* The id of the key that they are sealed with. ST_NOTFOUND: they are not sealed; ST_DAMAGED. */
enum status	accounts_seal(struct accounts *, char id[SEAL_ID]);

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
enum status	master_aliased(struct master *, const char *name, struct alias *);
/* Its verifier is sealed as the master's are: ST_LOCKED at the end when the key for that is not there. */
void		master_put(struct master *, const struct account *);
void		master_put_host(struct master *, const char *host, const char *owner);
void		master_put_alias(struct master *, const struct alias *);
void		master_del(struct master *, const char *name);
void		master_del_host(struct master *, const char *host);		/* or an alias */
enum status	master_each(struct master *, enum status (*each)(void *, const struct account *), void *);
enum status	master_each_host(struct master *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);
enum status	master_each_alias(struct master *, enum status (*each)(void *, const struct alias *), void *);
/* The next epoch: greater than every one handed out before, also across restores (seconds since 1970 at least). */
uint64_t	master_next_epoch(struct master *, uint64_t wall);
enum status	master_end(struct master *);
void		master_cancel(struct master *);

/* The keys to open and close verifiers with, or NULL; they must live as long as the master is used. */
void		master_use_seal(struct master *, const struct seal *);

/* As accounts_seal(). */
enum status	master_seal(struct master *, char id[SEAL_ID]);

/*
 * Inside a change: seal every verifier under this key, which must be among those in use, or make all plain (id NULL).
 * The change that exchanges all accounts has them sealed already, and only says so (master_set_seal()). From then on
 * the master is unfinished, until master_finished(), a change of its own, says that the disk holds nothing of before.
 */
enum status	master_reseal(struct master *, const char *id);
void		master_set_seal(struct master *, const char *id);

/* Inside such a change of all accounts: the decoys that belong to them, for as long as nobody can make new ones. */
void		master_take_decoys(struct master *, struct accounts *from);

bool		master_is_unfinished(struct master *);
enum status	master_finished(struct master *);

/*
 * Outside of changes: put a compact copy in the place of the directory, so that nothing of before is left in its files,
 * and go on with it. Whoever else has it open keeps the old one. The lock file of this name in it stays the same file.
 * A copy that could not be finished is removed by the next call. ST_FULL, ST_SYSTEM: the old one is there and in use.
 */
enum status	master_rewrite(struct master *, const char *dir, const char *lock);

/*
 * Write the snapshot: copy, fsync, mode 0640 and the group, rename over path; the one before is kept as
 * "PATH.previous" for a reaper that cannot read the new one. Works out the decoys. ST_FULL, ST_SYSTEM.
 */
enum status	master_publish(struct master *, const char *path, gid_t);

/* Write everything to a file that accounts_open() reads, mode 0600, in the place of what is there. Errors as above. */
enum status	master_backup(struct master *, const char *path);

#endif
