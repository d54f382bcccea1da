/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin account del: an account and all its hosts, out of the accounts, and then a revocation. Run again after
 * a failure it does what is left.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/table.h"
#include "lib/work.h"
#include "options.h"
#include "record.h"
#include "running.h"

struct removal {
	char		name[NAME_SIZE];
	struct account	account;	/* as it was; its name is empty when the master has none */
	struct work	hosts;
	struct hosts	aliases;	/* of those */
	uint64_t	epoch;		/* what authenticated before it is shut out */
};

static enum status
take_lease(void *arg, const struct lease *lease)
{
	struct removal *r = arg;

	return strcmp(lease->account, r->name) == 0 ? work_add(&r->hosts, lease->host, 0) : ST_OK;
}

/* What an interrupted deletion may have left: leases in the table. */
static enum status
find_leases(const struct settings *set, struct removal *r)
{
	struct table *table = NULL;
	enum status st = ST_NOTFOUND;

	if (table_open(set->rundir, &table) == ST_OK)
		st = table_each_lease(table, take_lease, r);
	table_close(table);
	work_tidy(&r->hosts);
	return st == ST_OK && r->hosts.n == 0 ? ST_NOTFOUND : st;
}

/* Inside the change. */
static enum status
find(struct books *books, struct removal *r)
{
	enum status st = master_get(books->master, r->name, &r->account);

	if (st == ST_NOTFOUND) {
		r->account.name[0] = '\0';
		return find_leases(books->set, r);
	}
	return st != ST_OK ? st : books_hosts(books->master, r->name, &r->hosts);
}

static void
undo_del(struct master *master, const void *arg)
{
	const struct removal *r = arg;

	if (r->account.name[0] == '\0')
		return;
	master_put(master, &r->account);
	for (size_t i = 0; i < r->hosts.n; i++)
		master_put_host(master, r->hosts.hosts[i].name, r->name);
	hosts_put_aliases(&r->aliases, master);
}

static enum status
del_from_books(struct books *books, struct removal *r)
{
	enum status st;

	master_begin(books->master);
	if ((st = find(books, r)) == ST_OK)
		st = books_del_aliases(books->master, &r->hosts, &r->aliases);
	if (st != ST_OK) {
		master_cancel(books->master);
		log_error("%s: %s; nothing was changed", r->name, st == ST_NOTFOUND ? "no such account" :
		    status_text(st));
		return st;
	}
	r->epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
	for (size_t i = 0; i < r->hosts.n && r->account.name[0] != '\0'; i++)
		master_del_host(books->master, r->hosts.hosts[i].name);
	master_del(books->master, r->name);
	return books_commit(books, undo_del, r);
}

static enum status
del(const struct settings *set, struct books *books, struct removal *r)
{
	enum status st;

	if ((st = books_open(set, books)) != ST_OK || (st = del_from_books(books, r)) != ST_OK)
		return st;
	record("account %s deleted with %zu hosts", r->name, r->hosts.n);
	printf("The account %s is deleted, with %zu %s.\n", r->name, r->hosts.n, r->hosts.n == 1 ? "host" : "hosts");
	for (size_t i = 0; i < r->hosts.n; i++)
		printf("%s is deleted.\n", r->hosts.hosts[i].name);
	return running_revoke(set, &(struct revocation){ .account = r->name, .epoch = r->epoch, .all_gone = &r->hosts,
	    .aliases = &r->aliases, .returning = "" });
}

int
account_del(struct admin *admin)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	struct removal r = { .epoch = 0 };
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if (name_parse(admin->argv[0], strlen(admin->argv[0]), r.name) != ST_OK) {
		log_error("%s: not an account's name", admin->argv[0]);
		return EX_DATAERR;
	}
	if ((st = settings_load(admin->config, &set)) == ST_OK)
		st = del(set, &books, &r);
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	work_free(&r.hosts);
	hosts_free(&r.aliases);
	secret_wipe(&r, sizeof(r));
	settings_free(set);
	return status_exit(st);
}
