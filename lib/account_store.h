/* SPDX-License-Identifier: ISC */
/*
 * Inside of the accounts, for account_*.c only: the databases by index, in master and snapshot alike.
 */
#ifndef DYNLEASE_ACCOUNT_STORE_H
#define DYNLEASE_ACCOUNT_STORE_H

#include <string.h>

#include "account.h"
#include "store.h"

enum account_db { DB_ACCOUNT, DB_HOST, DB_DECOY, DB_META };
#define ACCOUNT_DBS { [DB_ACCOUNT] = "account", [DB_HOST] = "host", [DB_DECOY] = "decoy", [DB_META] = "meta" }

#define META_SALT	"salt"		/* which decoy stands for which name */
#define META_SEAL	"seal"		/* the id of the key that all verifiers are sealed with; none: they are not */
#define META_UNFINISHED	"unfinished"	/* the seal was changed, and what it was before may still lie on the disk */
#define DECOYS_MAX	64

struct accounts {
	struct store	*store;
};

struct master {
	struct store		*store;
	struct store_txn	 txn;		/* of the change under way */
	bool			 changing;
	const struct seal	*seal;		/* whoever opened the master keeps it; or NULL */
};

/* What stands before the host's name in the value of an alias. */
#define MARK_ALIAS	'='
#define MARK_CNAME	'@'

static inline struct store_value
store_text(const char *text)
{
	return store_bytes(text, strlen(text));
}

/* Reading, inside any transaction on either. ST_NOTFOUND, ST_DAMAGED. */
enum status	account_read(struct store_txn *, const char *name, struct account *);
/* The id of the key in the meta database. ST_NOTFOUND: not sealed; ST_DAMAGED. */
enum status	account_read_seal(struct store_txn *, char id[SEAL_ID]);
enum status	account_read_owner(struct store_txn *, const char *host, char owner[NAME_SIZE]);
enum status	account_read_aliased(struct store_txn *, const char *name, struct alias *);
enum status	account_walk(struct store_txn *, enum status (*each)(void *, const struct account *), void *);
enum status	account_walk_hosts(struct store_txn *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);
enum status	account_walk_aliases(struct store_txn *, enum status (*each)(void *, const struct alias *), void *);

/* --- within the master, inside a change (account_seal.c) --- */

/* The account's verifier as the master must have it. ST_LOCKED: it must be sealed, and its key is not there. */
enum status	account_fit_seal(struct master *, struct account *);

/* The decoys anew. They stay as they are while the verifiers that they are made of cannot be opened. */
enum status	account_put_decoys(struct master *);

#endif
