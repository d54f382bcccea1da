/* SPDX-License-Identifier: ISC */
/*
 * Inside of the accounts, for account_*.c only: the databases by index, in master and snapshot alike.
 */
#ifndef DYNLEASE_ACCOUNT_STORE_H
#define DYNLEASE_ACCOUNT_STORE_H

#include "account.h"
#include "store.h"

enum account_db { DB_ACCOUNT, DB_HOST, DB_DECOY, DB_META };
#define ACCOUNT_DBS { [DB_ACCOUNT] = "account", [DB_HOST] = "host", [DB_DECOY] = "decoy", [DB_META] = "meta" }

#define META_SALT	"salt"		/* which decoy stands for which name */
#define DECOYS_MAX	64

/* Reading, inside any transaction on either. ST_NOTFOUND, ST_DAMAGED. */
enum status	account_read(struct store_txn *, const char *name, struct account *);
enum status	account_read_owner(struct store_txn *, const char *host, char owner[NAME_SIZE]);
enum status	account_walk(struct store_txn *, enum status (*each)(void *, const struct account *), void *);
enum status	account_walk_hosts(struct store_txn *, enum status (*each)(void *, const char *host,
		    const char *owner), void *);

#endif
