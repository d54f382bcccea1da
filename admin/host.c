/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host add and list. The token of a new host is shown once, on stdout, and kept nowhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "certificate.h"
#include "hosts.h"
#include "json.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/table.h"
#include "options.h"
#include "record.h"
#include "text.h"

#define DEFAULT_CLASS	"default"
#define DEFAULT_PORT	8245
#define CLIENT_SECRET	"/etc/dynlease/secret"
#define CLIENT_CA	"/etc/dynlease/server.pem"

struct add_options {
	const char	*class, *announce, *hash;
};

/* --- adding --- */

static bool
is_class(const struct settings *set, const char *name)
{
	for (size_t i = 0; i < set->nclasses; i++)
		if (strcmp(set->classes[i].name, name) == 0)
			return true;
	return false;
}

static enum status
refuse(const char *what, const char *why)
{
	log_error("%s: %s; nothing was changed", what, why);
	return ST_INVALID;
}

/* The account as it is asked for, without its secret and epoch. */
static enum status
fill_account(const struct settings *set, const char *name, const struct add_options *o, struct account *account)
{
	*account = (struct account){ .require = LAYER_PASSWORD };
	if (name_parse(name, strlen(name), account->name) != ST_OK)
		return refuse(name, "not a host's name");
	if (settings_zone(set, account->name) == NULL)
		return refuse(account->name, "in no zone of the configuration");
	if (o->class != NULL && strcmp(o->class, DEFAULT_CLASS) != 0 && (!is_class(set, o->class) ||
	    name_parse(o->class, strlen(o->class), account->class) != ST_OK))
		return refuse(o->class, "no such class in the configuration");
	if (o->announce != NULL && networks_parse(o->announce, &account->announce) != ST_OK)
		return refuse(o->announce, "not a list of at most 16 networks");
	return ST_OK;
}

/* token: what to show, or "" when a verifier was given. */
static enum status
fill_secret(const char *hash, struct account *account, char token[TOKEN_SIZE])
{
	enum status st;

	token[0] = '\0';
	if (hash == NULL) {
		if ((st = secret_new_token(token)) != ST_OK ||
		    (st = secret_keep_token(token, account->secret)) != ST_OK)
			log_error("no token could be made: %s", status_text(st));
		return st;
	}
	if (!secret_is_verifier(hash) || strlen(hash) >= sizeof(account->secret))
		return refuse("--hash", "not a crypt(5) hash of a kind that is taken");
	memcpy(account->secret, hash, strlen(hash) + 1);
	if (secret_is_weak(hash))
		log_warning("%s: this kind of hash is weak; a token is better", account->name);
	return ST_OK;
}

static void
undo_add(struct master *master, const void *arg)
{
	const struct account *account = arg;

	master_del_host(master, account->name);
	master_del(master, account->name);
}

static enum status
add_to_books(struct books *books, struct account *account)
{
	struct account other;
	char owner[NAME_SIZE];
	enum status host, name;

	master_begin(books->master);
	host = master_owner(books->master, account->name, owner);
	name = master_get(books->master, account->name, &other);
	secret_wipe(&other, sizeof(other));
	if (host == ST_NOTFOUND && name == ST_NOTFOUND) {
		account->epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
		master_put(books->master, account);
		master_put_host(books->master, account->name, account->name);
		return books_commit(books, undo_add, account);
	}
	master_cancel(books->master);
	if (host == ST_OK || name == ST_OK) {
		log_error("%s: there is %s of this name already; nothing was changed", account->name,
		    host == ST_OK ? "a host" : "an account");
		return ST_EXISTS;
	}
	log_error("%s: %s; nothing was changed", books->set->master, status_text(host != ST_NOTFOUND ? host : name));
	return host != ST_NOTFOUND ? host : name;
}

/* The reaper gives the new name its fallback in its next pass, which this hastens. Without a table it will anyway. */
static void
tell_reaper(const struct settings *set, const char *host)
{
	struct table *table = NULL;
	enum status st;

	if ((st = table_open(set->rundir, &table)) == ST_OK && (st = table_touch(table, host)) == ST_OK)
		table_wake(table);
	if (st == ST_NOTFOUND || st == ST_STALE)
		log_warning("there is no lease table of this boot yet: hosts can renew once dynlease-reaper runs");
	else if (st != ST_OK)
		log_warning("%s: %s; the name is published with the reaper's next comparison", set->rundir,
		    status_text(st));
	table_close(table);
}

/* What to put on the host. It can be pasted as it is: all but the sections is comment. */
static void
print_client(const struct settings *set, const char *host, const char *token)
{
	struct certificate certificate;
	const bool known = certificate_look(set->certificate, clock_wall(), &certificate) == ST_OK;

	if (*token != '\0')
		printf("token: %s\n\n", token);
	printf("# On %s, as /etc/dynlease/client.conf; the %s goes into " CLIENT_SECRET " (mode 0600):\n"
	    "[server %s]\n", host, *token != '\0' ? "token above, which is shown only now," : "password",
	    known && certificate.name[0] != '\0' ? certificate.name : "NAME.OF.THIS.SERVER");
	if (set->port != DEFAULT_PORT)
		printf("port = %u\n", set->port);
	printf("account = %s\nsecret_file = " CLIENT_SECRET "\n", host);
	if (known && certificate.self_signed)
		printf("ca = " CLIENT_CA "\n\n# and this as " CLIENT_CA ":\n%s", certificate.pem);
	if (!known)
		log_warning("%s: no certificate can be read there", set->certificate);
	free(certificate.pem);
}

int
host_add(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "class", offsetof(struct add_options, class) },
		{ "announce", offsetof(struct add_options, announce) },
		{ "hash", offsetof(struct add_options, hash) },
		{ NULL, 0 }
	};
	struct add_options options = { NULL, NULL, NULL };
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	struct account account;
	char token[TOKEN_SIZE];
	enum status st;

	if (options_take(admin, rows, &options) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = fill_account(set, admin->argv[0], &options, &account)) == ST_OK &&
	    (st = fill_secret(options.hash, &account, token)) == ST_OK &&
	    (st = books_open(set, &books)) == ST_OK &&
	    (st = add_to_books(&books, &account)) == ST_OK) {
		record("host %s added, class %s", account.name, *account.class != '\0' ? account.class : DEFAULT_CLASS);
		tell_reaper(set, account.name);
		print_client(set, account.name, token);
		if (fflush(stdout) != 0 && *token != '\0')
			log_error("the token was not shown (%s): delete the host and add it again", strerror(errno));
	}
	books_close(&books);
	secret_wipe(&account, sizeof(account));
	secret_wipe(token, sizeof(token));
	settings_free(set);
	return status_exit(st);
}

/* --- listing: what is in effect, which is the snapshot --- */

struct row {
	const char	*host, *owner;
	char		 layers[LAYERS_TEXT];
	const char	*class;
	unsigned	 lease;
	bool		 trusted;
};

static void
print_row(const struct row *row, struct json *json, struct sheet *sheet)
{
	char seconds[16];

	if (json == NULL) {
		snprintf(seconds, sizeof(seconds), "%u s", row->lease);
		sheet_add(sheet, (const char *const []){ row->host, row->owner, row->layers, row->class, seconds });
		return;
	}
	json_open(json, NULL, '{');
	json_text(json, "host", row->host);
	json_text(json, "account", row->owner);
	json_text(json, "require", row->layers);
	json_text(json, "class", row->class);
	json_number(json, "lease", row->lease);
	json_bool(json, "trusted", row->trusted);
	json_close(json);
}

static enum status
print_hosts(const struct settings *set, struct accounts *accounts, struct json *json, struct sheet *sheet)
{
	struct hosts hosts = { 0 };
	struct account account;
	enum status st = hosts_collect(accounts, &hosts);

	for (size_t i = 0; i < hosts.n && st == ST_OK; i++) {
		struct row row = { .host = hosts.list[i].name, .owner = hosts.list[i].owner };

		if ((st = accounts_get(accounts, row.owner, &account)) != ST_OK)
			break;
		layers_text(account.require, row.layers);
		row.class = *account.class != '\0' ? account.class : DEFAULT_CLASS;
		row.lease = settings_lease(set, account.class);
		row.trusted = account.trusted;
		print_row(&row, json, sheet);
	}
	secret_wipe(&account, sizeof(account));
	hosts_free(&hosts);
	return st;
}

int
host_list(struct admin *admin)
{
	struct sheet sheet = { .columns = 5 };
	struct json json = { .out = stdout };
	struct accounts *accounts = NULL;
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = accounts_open(set->accounts, &accounts)) == ST_OK) {
		if (admin->json)
			json_open(&json, NULL, '[');
		else
			sheet_add(&sheet, (const char *const []){ "HOST", "ACCOUNT", "NEEDS", "CLASS", "LEASE" });
		st = print_hosts(set, accounts, admin->json ? &json : NULL, &sheet);
		json_close(&json);
		sheet_print(&sheet, false);
	}
	if (st != ST_OK)
		log_error("%s: %s", set->accounts, status_text(st));
	accounts_close(accounts);
	settings_free(set);
	return status_exit(st);
}
