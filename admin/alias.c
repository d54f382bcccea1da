/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin alias add, del and list: more names for a host. An alias takes nothing from anyone and gives nobody a
 * right, so no running lease is touched.
 */
#include <stddef.h>
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
#include "refuse.h"
#include "running.h"
#include "text.h"
#include "wanted.h"

struct naming {
	struct alias	alias;		/* to be deleted: only its name, until it is found */
	bool		adds;
};

static void
undo(struct master *master, const void *arg)
{
	const struct naming *n = arg;

	if (n->adds)
		master_del_host(master, n->alias.name);
	else
		master_put_alias(master, &n->alias);
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
	const char *name = n->alias.name, *host = n->alias.host;
	char owner[NAME_SIZE];
	enum status st;

	if ((st = master_owner(books->master, host, owner)) != ST_OK)
		return complain(host, st, st == ST_NOTFOUND ? "no such host" : st == ST_EXISTS ?
		    "an alias itself" : NULL);
	if ((st = master_owner(books->master, name, owner)) == ST_NOTFOUND)
		return ST_OK;
	return complain(name, st == ST_OK ? ST_EXISTS : st, st == ST_OK ? "there is a host of this name already" :
	    st == ST_EXISTS ? "there is an alias of this name already: delete it first" : NULL);
}

static enum status
judge_del(struct books *books, struct naming *n)
{
	struct alias alias;
	const enum status st = master_aliased(books->master, n->alias.name, &alias);

	if (st == ST_OK)
		n->alias = alias;
	return st == ST_OK ? ST_OK : complain(n->alias.name, st, st == ST_NOTFOUND ? "no such alias" : NULL);
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
		master_put_alias(books->master, &n->alias);
	else
		master_del_host(books->master, n->alias.name);
	return books_commit(books, undo, n);
}

static enum status
fill(const struct settings *set, const struct admin *admin, struct naming *n)
{
	struct alias *alias = &n->alias;
	enum status st;

	if (!n->adds)
		return name_parse(admin->argv[0], strlen(admin->argv[0]), alias->name) == ST_OK ? ST_OK :
		    refuse(admin->argv[0], "not a host's name");
	if ((st = wanted_host(set, admin->argv[0], alias->name)) != ST_OK)
		return st;
	if (alias->is_cname && strcmp(settings_zone(set, alias->name)->name, alias->name) == 0)
		return refuse(alias->name, "the zone's own name cannot be a CNAME");
	return name_parse(admin->argv[1], strlen(admin->argv[1]), alias->host) == ST_OK ? ST_OK :
	    refuse(admin->argv[1], "not a host's name");
}

static void
tell(const struct naming *n)
{
	const struct alias *alias = &n->alias;

	record("alias %s of host %s%s %s", alias->name, alias->host, alias->is_cname ? ", a CNAME," : "",
	    n->adds ? "added" : "deleted");
	printf(!n->adds ? "%s no longer shows what %s shows.\n" : alias->is_cname ?
	    "%s is from now on a CNAME to %s.\n" : "%s shows from now on what %s shows.\n", alias->name, alias->host);
}

static enum status
run(const struct admin *admin, struct naming *n)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	enum status st;

	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = fill(set, admin, n)) == ST_OK &&
	    (st = books_open(set, &books)) == ST_OK && (st = change(&books, n)) == ST_OK) {
		tell(n);
		running_add(set, n->alias.name);
	}
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	settings_free(set);
	return st;
}

struct alias_options {
	const char	*cname;
};

int
alias_add(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "cname", offsetof(struct alias_options, cname), OPTION_WORD }, { NULL, 0, NULL }
	};
	struct alias_options o = { NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 2, 2) != ST_OK)
		return EX_USAGE;
	return status_exit(run(admin, &(struct naming){ .alias.is_cname = o.cname != NULL, .adds = true }));
}

int
alias_del(struct admin *admin)
{
	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	return status_exit(run(admin, &(struct naming){ .adds = false }));
}

/* --- the list --- */

struct output {
	struct json	*json;		/* NULL: for people */
	struct sheet	*sheet;
};

static enum status
print_alias(void *arg, const struct alias *alias)
{
	const char *kind = alias->is_cname ? "cname" : "address";
	struct output *out = arg;

	if (out->json == NULL) {
		sheet_add(out->sheet, (const char *const []){ alias->name, alias->host, kind });
		return ST_OK;
	}
	json_open(out->json, NULL, '{');
	json_text(out->json, "alias", alias->name);
	json_text(out->json, "host", alias->host);
	json_text(out->json, "kind", kind);
	json_close(out->json);
	return ST_OK;
}

int
alias_list(struct admin *admin)
{
	struct sheet sheet = { .columns = 3 };
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
			sheet_add(&sheet, (const char *const []){ "ALIAS", "HOST", "KIND" });
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
