/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin key, cert and ssh-key list, and ssh-key lines: what is in effect, which is the snapshot.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "admin.h"
#include "json.h"
#include "kinds.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/fingerprint.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "sshkeys.h"
#include "text.h"

struct listing {
	const struct kind	*kind;
	const char		*only;		/* an account, or for the lines a fingerprint; or NULL */
	char			 command[SSHKEYS_COMMAND];	/* for the lines */
	struct json		*json;		/* NULL: a table for people */
	struct sheet		 sheet;
	time_t			 now;
};

static bool
is_expired(const struct credential *c, time_t now)
{
	return c->expires != 0 && c->expires <= now;
}

static const char *
from_text(const struct networks *nets, char text[NETWORKS_MAX * NETWORK_TEXT])
{
	char net[NETWORK_TEXT];
	size_t at = 0;

	for (size_t i = 0; i < nets->n; i++)
		at += (size_t)snprintf(text + at, NETWORKS_MAX * NETWORK_TEXT - at, "%s%s", i > 0 ? "," : "",
		    network_text(&nets->list[i], net));
	if (nets->n == 0)
		snprintf(text, NETWORKS_MAX * NETWORK_TEXT, "-");
	return text;
}

/* An ssh key's "ssh-ed25519". */
static const char *
type_text(const struct credential *c, char text[CREDENTIAL_VALUE])
{
	snprintf(text, CREDENTIAL_VALUE, "%.*s", (int)strcspn(c->value, ":"), c->value);
	return text;
}

static void
list_one(struct listing *list, const char *account, const struct credential *c)
{
	char text[CREDENTIAL_VALUE], type[CREDENTIAL_VALUE], when[TIME_TEXT], until[TIME_TEXT + 16],
	    from[NETWORKS_MAX * NETWORK_TEXT];

	snprintf(until, sizeof(until), "%s%s", c->expires == 0 ? "never" : time_text(c->expires, when),
	    is_expired(c, list->now) ? " expired" : "");
	kind_text(c, text);
	from_text(&c->from, from);
	if (c->kind == CREDENTIAL_SSH)
		sheet_add(&list->sheet, (const char *const []){ account, text, type_text(c, type), until, from,
		    c->comment });
	else
		sheet_add(&list->sheet, (const char *const []){ account, text, until, from, c->comment });
}

static void
list_one_json(struct json *json, const char *account, const struct credential *c, time_t now)
{
	char text[CREDENTIAL_VALUE], type[CREDENTIAL_VALUE], when[TIME_TEXT], net[NETWORK_TEXT];

	json_open(json, NULL, '{');
	json_text(json, "account", account);
	json_text(json, credential_word(c->kind), kind_text(c, text));
	if (c->kind == CREDENTIAL_SSH)
		json_text(json, "type", type_text(c, type));
	json_text(json, "expires", c->expires != 0 ? time_text(c->expires, when) : NULL);
	json_bool(json, "expired", is_expired(c, now));
	json_open(json, "from", '[');
	for (size_t i = 0; i < c->from.n; i++)
		json_text(json, NULL, network_text(&c->from.list[i], net));
	json_close(json);
	json_text(json, "comment", c->comment);
	json_close(json);
}

static enum status
list_account(void *arg, const struct account *account)
{
	struct listing *list = arg;
	const char *at = account->credentials;
	struct credential c;

	if (list->only != NULL && strcmp(list->only, account->name) != 0)
		return ST_OK;
	while (credentials_next(&at, &c)) {
		if (c.kind != list->kind->kind)
			continue;
		if (list->json != NULL)
			list_one_json(list->json, account->name, &c, list->now);
		else
			list_one(list, account->name, &c);
	}
	return ST_OK;
}

/* The account that a host's or an account's name means. */
static enum status
find_account(struct accounts *accounts, const char *text, char name[NAME_SIZE])
{
	struct account account;
	char owner[NAME_SIZE];
	enum status st;

	if (name_parse(text, strlen(text), name) != ST_OK)
		return ST_INVALID;
	if ((st = accounts_owner(accounts, name, owner)) == ST_OK)
		strlcpy(name, owner, NAME_SIZE);
	else if (st == ST_NOTFOUND)
		st = accounts_get(accounts, name, &account);
	secret_wipe(&account, sizeof(account));
	return st;
}

static enum status
list_all(struct accounts *accounts, struct listing *list)
{
	enum status st;

	list->sheet.columns = list->kind->kind == CREDENTIAL_SSH ? 6 : 5;
	if (list->json != NULL)
		json_open(list->json, NULL, '[');
	else if (list->kind->kind == CREDENTIAL_SSH)
		sheet_add(&list->sheet, (const char *const []){ "ACCOUNT", "KEY", "TYPE", "EXPIRES", "FROM",
		    "COMMENT" });
	else
		sheet_add(&list->sheet, (const char *const []){ "ACCOUNT", list->kind->kind == CREDENTIAL_KEY ? "KEY" :
		    "CERTIFICATE", "EXPIRES", "FROM", "COMMENT" });
	if ((st = accounts_each(accounts, list_account, list)) != ST_OK)
		log_error("an account cannot be read: %s", status_text(st));
	if (list->json != NULL)
		json_close(list->json);
	else
		sheet_print(&list->sheet, false);
	return st;
}

int
key_list(struct admin *admin)
{
	struct json json = { .out = stdout };
	struct listing list = { .kind = kind_named(admin->noun), .now = clock_wall() };
	struct accounts *accounts = NULL;
	struct settings *set = NULL;
	char name[NAME_SIZE];
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 1) != ST_OK)
		return EX_USAGE;
	list.json = admin->json ? &json : NULL;
	list.only = admin->argc == 1 ? name : NULL;
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = accounts_open(set->accounts, &accounts)) != ST_OK)
		log_error("%s: %s", set->accounts, status_text(st));
	else if (list.only != NULL && (st = find_account(accounts, admin->argv[0], name)) != ST_OK)
		log_error("%s: %s", admin->argv[0], st == ST_NOTFOUND ? "no such host" : status_text(st));
	else
		st = list_all(accounts, &list);
	accounts_close(accounts);
	settings_free(set);
	return status_exit(st);
}

/* --- for sshd --- */

static enum status
print_lines(void *arg, const struct account *account)
{
	const struct listing *list = arg;

	sshkeys_print_account(list->command, account, list->only, stdout);
	return ST_OK;
}

int
key_lines(struct admin *admin)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct listing list = { .kind = &kinds[CREDENTIAL_SSH] };
	struct accounts *accounts = NULL;
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 1) != ST_OK)
		return EX_USAGE;
	if (admin->argc == 1 && fingerprint_parse(admin->argv[0], strlen(admin->argv[0]), fingerprint) != ST_OK) {
		log_error("%s: not a fingerprint", admin->argv[0]);
		return EX_DATAERR;
	}
	list.only = admin->argc == 1 ? fingerprint : NULL;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = sshkeys_command(set, list.command)) == ST_OK &&
	    ((st = accounts_open(set->accounts, &accounts)) != ST_OK ||
	    (st = accounts_each(accounts, print_lines, &list)) != ST_OK))
		log_error("%s: %s", set->accounts, status_text(st));
	accounts_close(accounts);
	settings_free(set);
	return status_exit(st);
}
