/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host del: out of the accounts, and then a revocation. Run again after a failure it does what is left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "admin.h"
#include "books.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/table.h"
#include "options.h"
#include "record.h"
#include "running.h"

struct removal {
	char		host[NAME_SIZE];
	char		owner[NAME_SIZE];
	struct account	account;	/* as it was; its name is empty when the master has none */
	bool		is_known;	/* the master has the host */
	size_t		others;		/* hosts the account owns besides */
	struct hosts	aliases;	/* of the host */
	uint64_t	epoch;		/* what authenticated before it is shut out */
};

/* What an interrupted deletion may have left: the snapshot still has the host, or the table its lease. */
static enum status
find_elsewhere(const struct settings *set, struct removal *r)
{
	struct accounts *accounts = NULL;
	struct table *table = NULL;
	struct lease lease;
	enum status st = ST_NOTFOUND;

	if (accounts_open(set->accounts, &accounts) == ST_OK)
		st = accounts_owner(accounts, r->host, r->owner);
	if (st != ST_OK && table_open(set->rundir, &table) == ST_OK &&
	    (table_get(table, r->host, 4, &lease) == ST_OK || table_get(table, r->host, 6, &lease) == ST_OK)) {
		strlcpy(r->owner, lease.account, sizeof(r->owner));
		st = ST_OK;
	}
	accounts_close(accounts);
	table_close(table);
	return st;
}

/* Whose it is, and what else that account has. Inside the change. */
static enum status
find(struct books *books, struct removal *r)
{
	enum status st = master_owner(books->master, r->host, r->owner);

	r->is_known = st == ST_OK;
	if (st == ST_NOTFOUND)
		st = find_elsewhere(books->set, r);
	if (st != ST_OK)
		return st;
	if ((st = master_get(books->master, r->owner, &r->account)) == ST_NOTFOUND)
		r->account.name[0] = '\0';
	else if (st != ST_OK)
		return st;
	return books_count_others(books->master, r->owner, r->host, &r->others);
}

static void
undo_del(struct master *master, const void *arg)
{
	const struct removal *r = arg;

	if (r->account.name[0] != '\0')
		master_put(master, &r->account);
	if (r->is_known)
		master_put_host(master, r->host, r->owner);
	hosts_put_aliases(&r->aliases, master);
}

static enum status
del_from_books(struct books *books, struct removal *r)
{
	struct work host = { 0 };
	struct account kept;
	enum status st;

	master_begin(books->master);
	if ((st = find(books, r)) == ST_OK && (st = work_add(&host, r->host, 0)) == ST_OK)
		st = books_del_aliases(books->master, &host, &r->aliases);
	work_free(&host);
	if (st != ST_OK) {
		master_cancel(books->master);
		log_error("%s: %s; nothing was changed", r->host, st == ST_NOTFOUND ? "no such host" : status_text(st));
		return st;
	}
	r->epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
	master_del_host(books->master, r->host);
	if (r->others == 0)
		master_del(books->master, r->owner);
	else if (r->account.name[0] != '\0') {
		kept = r->account;
		kept.epoch = r->epoch;
		master_put(books->master, &kept);
		secret_wipe(&kept, sizeof(kept));
	}
	return books_commit(books, undo_del, r);
}

/* The leases of its other hosts end as well, because the account was shut out as a whole. */
static enum status
revoke(const struct settings *set, const struct removal *r)
{
	return running_revoke(set, &(struct revocation){ .account = r->owner, .epoch = r->epoch, .gone = r->host,
	    .aliases = &r->aliases,
	    .returning = r->others > 0 ? "; the other hosts of this account come back with their next renewal" : "" });
}

int
host_del(struct admin *admin)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	struct removal r = { .is_known = false };
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if (name_parse(admin->argv[0], strlen(admin->argv[0]), r.host) != ST_OK) {
		log_error("%s: not a host's name", admin->argv[0]);
		return EX_DATAERR;
	}
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = books_open(set, &books)) == ST_OK && (st = del_from_books(&books, &r)) == ST_OK) {
		printf("%s is deleted%s.\n", r.host, r.others > 0 ? "; its account stays, for its other hosts" :
		    ", and its account");
		record("host %s deleted, account %s %s", r.host, r.owner, r.others > 0 ? "kept" : "deleted");
		st = revoke(set, &r);
	}
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	hosts_free(&r.aliases);
	secret_wipe(&r, sizeof(r));
	settings_free(set);
	return status_exit(st);
}
