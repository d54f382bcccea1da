/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host add and account add. The token of a new account is shown once, on stdout, and kept nowhere. What
 * is added takes nothing from anyone, so no running lease is touched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "kinds.h"
#include "lib/account.h"
#include "lib/certificate.h"
#include "lib/clock.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/work.h"
#include "options.h"
#include "piece.h"
#include "record.h"
#include "refuse.h"
#include "running.h"
#include "wanted.h"

struct add_options {
	struct wanted	 wanted;
	const char	*show, *account, *hosts;
};

struct addition {
	struct account	account;
	bool		known;		/* the account is there already, and only gets the hosts */
	struct work	fresh;		/* the hosts that are added */
	struct work	all;		/* and with those it has */
	char		token[TOKEN_SIZE];
	enum piece_kind	kind;
};

static void
addition_free(struct addition *a)
{
	work_free(&a->fresh);
	work_free(&a->all);
	secret_wipe(a, sizeof(*a));
}

/* --- what is asked for --- */

static enum status
fill_hosts(const struct settings *set, const char *list, struct work *fresh)
{
	char *copy = strdup(list), *rest = copy, *word, host[NAME_SIZE];
	enum status st = copy == NULL ? ST_NOMEM : ST_OK;

	while (st == ST_OK && (word = strsep(&rest, ", \t")) != NULL)
		if (*word != '\0' && (st = wanted_host(set, word, host)) == ST_OK)
			st = work_add(fresh, host, 0);
	work_tidy(fresh);
	free(copy);
	return st;
}

static enum status
fill_account(const struct settings *set, const char *name, const struct add_options *o, struct addition *a)
{
	enum status st;

	a->account.require = LAYER_PASSWORD;
	if (name == NULL || name_parse(name, strlen(name), a->account.name) != ST_OK)
		return refuse(name != NULL ? name : "", "not an account's name");
	if (!piece_parse(o->show, &a->kind))
		return refuse(o->show, "--show takes client, cron, systemd or tunnel");
	if (a->known && (o->wanted.class != NULL || o->wanted.announce != NULL || o->wanted.hash != NULL ||
	    o->wanted.require != NULL || o->wanted.network != NULL))
		return refuse("--account", "the account is there already; host set changes it");
	if (a->known)
		return ST_OK;
	if ((st = wanted_rights(set, &o->wanted, &a->account)) != ST_OK)
		return st;
	if ((a->account.require & LAYER_PASSWORD) != 0)
		return wanted_secret(o->wanted.hash, &a->account, a->token);
	return o->wanted.hash == NULL ? ST_OK : refuse("--hash", "the account is not to require a password");
}

/* --- the books --- */

static void
undo_add(struct master *master, const void *arg)
{
	const struct addition *a = arg;

	for (size_t i = 0; i < a->fresh.n; i++)
		master_del_host(master, a->fresh.hosts[i].name);
	if (!a->known)
		master_del(master, a->account.name);
}

/* Inside the change. ST_EXISTS, ST_NOTFOUND: the account is not there though it should be; logged. */
static enum status
judge(struct books *books, struct addition *a)
{
	char owner[NAME_SIZE];
	struct account was;
	enum status st;

	for (size_t i = 0; i < a->fresh.n; i++)
		if ((st = master_owner(books->master, a->fresh.hosts[i].name, owner)) != ST_NOTFOUND) {
			log_error("%s: %s; nothing was changed", a->fresh.hosts[i].name,
			    st == ST_OK ? "there is a host of this name already" : status_text(st));
			return st == ST_OK ? ST_EXISTS : st;
		}
	st = master_get(books->master, a->account.name, &was);
	if (st == ST_OK && a->known)
		a->account = was;
	secret_wipe(&was, sizeof(was));
	if (st == (a->known ? ST_OK : ST_NOTFOUND))
		return ST_OK;
	log_error("%s: %s; nothing was changed", a->account.name, st == ST_OK ?
	    "there is an account of this name already" : st == ST_NOTFOUND ? "no such account" : status_text(st));
	return st == ST_OK ? ST_EXISTS : st;
}

static enum status
add_to_books(struct books *books, struct addition *a)
{
	enum status st;

	master_begin(books->master);
	if ((st = judge(books, a)) != ST_OK) {
		master_cancel(books->master);
		return st;
	}
	if (!a->known) {
		a->account.epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
		master_put(books->master, &a->account);
	}
	for (size_t i = 0; i < a->fresh.n; i++)
		master_put_host(books->master, a->fresh.hosts[i].name, a->account.name);
	if ((st = books_commit(books, undo_add, a)) == ST_OK)
		books_hosts(books->master, a->account.name, &a->all);
	return st;
}

/* --- what is said --- */

static void
print_piece(const struct settings *set, const struct addition *a)
{
	struct certificate certificate = { .pem = NULL };
	const bool known = certificate_look(set->certificate, clock_wall(), &certificate) == ST_OK;

	piece_print(&(struct piece){ .kind = a->kind, .account = a->account.name, .hosts = &a->all, .token = a->token,
	    .require = a->account.require, .lacks = kinds_lack(&a->account, clock_wall()), .ssh_user = set->ssh_user,
	    .server = known && certificate.name[0] != '\0' ? certificate.name : NULL, .port = set->port,
	    .ca = known && certificate.self_signed ? certificate.pem : NULL,
	    .announces = a->account.announce.n > 0 }, stdout);
	if (!known)
		log_warning("%s: no certificate can be read there", set->certificate);
	free(certificate.pem);
	if (fflush(stdout) != 0 && *a->token != '\0')
		log_error("the token was not shown (%s): dynlease-admin host secret makes a new one", strerror(errno));
}

static void
tell(const struct settings *set, const struct addition *a)
{
	if (!a->known)
		record("account %s added, class %s", a->account.name, *a->account.class != '\0' ? a->account.class :
		    DEFAULT_CLASS);
	for (size_t i = 0; i < a->fresh.n; i++) {
		record("host %s added to account %s", a->fresh.hosts[i].name, a->account.name);
		running_add(set, a->fresh.hosts[i].name);
	}
	printf("# %s %s; no running lease was touched.\n", a->known ? "Added to the account" : "Added the account",
	    a->account.name);
	print_piece(set, a);
}

static enum status
add(const struct admin *admin, const char *account, const char *hosts, const struct add_options *o)
{
	struct addition a = { .known = o->account != NULL };
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	enum status st;

	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return st;
	if ((hosts == NULL || (st = fill_hosts(set, hosts, &a.fresh)) == ST_OK) &&
	    (st = fill_account(set, account, o, &a)) == ST_OK && (st = books_open(set, &books)) == ST_OK &&
	    (st = add_to_books(&books, &a)) == ST_OK)
		tell(set, &a);
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	addition_free(&a);
	settings_free(set);
	return st;
}

#define ROW(word, member)	{ word, offsetof(struct add_options, member), NULL }

int
host_add(struct admin *admin)
{
	static const struct option_row rows[] = {
		ROW("class", wanted.class), ROW("announce", wanted.announce), ROW("hash", wanted.hash),
		ROW("require", wanted.require), ROW("network", wanted.network),
		ROW("show", show), ROW("account", account), { NULL, 0, NULL }
	};
	struct add_options o = { .show = NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	return status_exit(add(admin, o.account != NULL ? o.account : admin->argv[0], admin->argv[0], &o));
}

int
account_add(struct admin *admin)
{
	static const struct option_row rows[] = {
		ROW("hosts", hosts), ROW("class", wanted.class), ROW("announce", wanted.announce),
		ROW("hash", wanted.hash), ROW("require", wanted.require), ROW("network", wanted.network),
		ROW("show", show), { NULL, 0, NULL }
	};
	struct add_options o = { .show = NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	return status_exit(add(admin, admin->argv[0], o.hosts, &o));
}
