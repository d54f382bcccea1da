/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin alias add, del and list: more names for a host. An alias takes nothing from anyone and gives nobody a
 * right, so no running lease is touched.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "json.h"
#include "lib/account.h"
#include "lib/log.h"
#include "options.h"
#include "record.h"
#include "running.h"
#include "text.h"
#include "wanted.h"

struct naming {
	char	alias[NAME_SIZE];
	char	host[NAME_SIZE];	/* "" as long as it is not known */
	bool	adds;
};

static void
undo(struct master *master, const void *arg)
{
	const struct naming *n = arg;

	if (n->adds)
		master_del_host(master, n->alias);
	else
		master_put_alias(master, n->alias, n->host);
}

static enum status
complain(const char *name, enum status st, const char *why)
{
	log_error("%s: %s; nothing was changed", name, why != NULL ? why : status_text(st));
	return st;
}

/* Inside the change. */
static enum status
judge_add(struct books *books, const struct naming *n)
{
	char owner[NAME_SIZE];
	enum status st;

	if ((st = master_owner(books->master, n->host, owner)) != ST_OK)
		return complain(n->host, st, st == ST_NOTFOUND ? "no such host" : st == ST_EXISTS ?
		    "an alias itself" : NULL);
	if ((st = master_owner(books->master, n->alias, owner)) == ST_NOTFOUND)
		return ST_OK;
	return complain(n->alias, st == ST_OK ? ST_EXISTS : st, st == ST_OK ? "there is a host of this name already" :
	    st == ST_EXISTS ? "there is an alias of this name already" : NULL);
}

static enum status
judge_del(struct books *books, struct naming *n)
{
	const enum status st = master_aliased(books->master, n->alias, n->host);

	return st == ST_OK ? ST_OK : complain(n->alias, st, st == ST_NOTFOUND ? "no such alias" : NULL);
}

static enum status
change(struct books *books, struct naming *n)
{
	enum status st;

	master_begin(books->master);
	if ((st = n->adds ? judge_add(books, n) : judge_del(books, n)) != ST_OK) {
		master_cancel(books->master);
		return st;
	}
	if (n->adds)
		master_put_alias(books->master, n->alias, n->host);
	else
		master_del_host(books->master, n->alias);
	return books_commit(books, undo, n);
}

static enum status
fill(const struct settings *set, const struct admin *admin, struct naming *n)
{
	enum status st;

	if (!n->adds)
		return name_parse(admin->argv[0], strlen(admin->argv[0]), n->alias) == ST_OK ? ST_OK :
		    wanted_refuse(admin->argv[0], "not a host's name");
	if ((st = wanted_host(set, admin->argv[0], n->alias)) != ST_OK)
		return st;
	return name_parse(admin->argv[1], strlen(admin->argv[1]), n->host) == ST_OK ? ST_OK :
	    wanted_refuse(admin->argv[1], "not a host's name");
}

static int
run(struct admin *admin, bool adds)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	struct naming n = { .adds = adds };
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, adds ? 2 : 1, adds ? 2 : 1) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = fill(set, admin, &n)) == ST_OK &&
	    (st = books_open(set, &books)) == ST_OK && (st = change(&books, &n)) == ST_OK) {
		record("alias %s of host %s %s", n.alias, n.host, adds ? "added" : "deleted");
		printf(adds ? "%s shows from now on what %s shows.\n" : "%s no longer shows what %s shows.\n", n.alias,
		    n.host);
		running_add(set, n.alias);
	}
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	settings_free(set);
	return status_exit(st);
}

int
alias_add(struct admin *admin)
{
	return run(admin, true);
}

int
alias_del(struct admin *admin)
{
	return run(admin, false);
}

/* --- the list --- */

struct output {
	struct json	*json;		/* NULL: for people */
	struct sheet	*sheet;
};

static enum status
print_alias(void *arg, const char *alias, const char *host)
{
	struct output *out = arg;

	if (out->json == NULL) {
		sheet_add(out->sheet, (const char *const []){ alias, host });
		return ST_OK;
	}
	json_open(out->json, NULL, '{');
	json_text(out->json, "alias", alias);
	json_text(out->json, "host", host);
	json_close(out->json);
	return ST_OK;
}

int
alias_list(struct admin *admin)
{
	struct sheet sheet = { .columns = 2 };
	struct json json = { .out = stdout };
	struct output out = { NULL, &sheet };
	struct accounts *accounts = NULL;
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = accounts_open(set->accounts, &accounts)) == ST_OK) {
		if (admin->json) {
			out.json = &json;
			json_open(&json, NULL, '[');
		} else
			sheet_add(&sheet, (const char *const []){ "ALIAS", "HOST" });
		st = accounts_each_alias(accounts, print_alias, &out);
		json_close(&json);
		sheet_print(&sheet, false);
	}
	if (st != ST_OK)
		log_error("%s: %s", set->accounts, status_text(st));
	accounts_close(accounts);
	settings_free(set);
	return status_exit(st);
}
