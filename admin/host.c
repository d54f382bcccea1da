/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host list: what is in effect, which is the snapshot.
 */
#include <stdio.h>
#include <sysexits.h>

#include "admin.h"
#include "hosts.h"
#include "json.h"
#include "kinds.h"
#include "lib/account.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "text.h"
#include "wanted.h"

struct row {
	const char	*host, *owner;
	char		 layers[LAYERS_TEXT];
	const char	*class;
	unsigned	 lease;
	size_t		 credentials[NKINDS];
	bool		 trusted;
};

static void
print_row(const struct row *row, struct json *json, struct sheet *sheet)
{
	char seconds[16], number[16];
	size_t all = 0;

	if (json == NULL) {
		for (size_t i = 0; i < NKINDS; i++)
			all += row->credentials[i];
		snprintf(seconds, sizeof(seconds), "%u s", row->lease);
		snprintf(number, sizeof(number), "%zu", all);
		sheet_add(sheet, (const char *const []){ row->host, row->owner, row->layers, row->class, seconds,
		    number });
		return;
	}
	json_open(json, NULL, '{');
	json_text(json, "host", row->host);
	json_text(json, "account", row->owner);
	json_text(json, "require", row->layers);
	json_text(json, "class", row->class);
	json_number(json, "lease", row->lease);
	for (size_t i = 0; i < NKINDS; i++)
		json_number(json, kinds[i].plural, row->credentials[i]);
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
		for (size_t kind = 0; kind < NKINDS; kind++)
			row.credentials[kind] = kind_count(&account, (enum credential_kind)kind);
		print_row(&row, json, sheet);
	}
	secret_wipe(&account, sizeof(account));
	hosts_free(&hosts);
	return st;
}

int
host_list(struct admin *admin)
{
	struct sheet sheet = { .columns = 6 };
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
			sheet_add(&sheet, (const char *const []){ "HOST", "ACCOUNT", "NEEDS", "CLASS", "LEASE",
			    "KEYS" });
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
