/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin status: every host of the snapshot with its leases, as the table has them at this moment. Changes
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "hosts.h"
#include "json.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/table.h"
#include "options.h"
#include "text.h"

struct view {
	const struct settings	*set;
	struct table		*table;		/* NULL: there is none, so no lease holds */
	struct json		*json;		/* NULL: a table for people */
	struct sheet		 sheet;
	uint64_t		 now;		/* CLOCK_BOOTTIME nanoseconds */
	time_t			 wall;
};

static void
json_lease(struct view *v, const struct lease *lease, bool live)
{
	char address[ADDRESS_TEXT], since[TIME_TEXT], layers[LAYERS_TEXT];

	layers_text(lease->layers, layers);
	json_open(v->json, NULL, '{');
	json_number(v->json, "family", lease->address.family);
	json_text(v->json, "state", live ? "live" : "offline");
	json_text(v->json, "address", address_text(&lease->address, address));
	json_text(v->json, "since", time_text(v->wall - (time_t)((v->now - lease->since) / CLOCK_SECOND), since));
	json_number(v->json, "left", lease_left(lease, v->now));
	json_number(v->json, "lease", lease->length);
	json_text(v->json, "authenticated", layers);
	json_text(v->json, "account", lease->account);
	json_close(v->json);
}

static void
sheet_lease(struct view *v, const char *host, const struct lease *lease, bool live)
{
	char address[ADDRESS_TEXT], since[DURATION_TEXT], left[DURATION_TEXT], layers[LAYERS_TEXT];

	layers_text(lease->layers, layers);
	duration_text((v->now - lease->since) / CLOCK_SECOND, since);
	snprintf(left, sizeof(left), live ? "%u s" : "-", lease_left(lease, v->now));
	sheet_add(&v->sheet, (const char *const []){ host, live ? "live" : "offline",
	    lease->address.family == 4 ? "IPv4" : "IPv6", address_text(&lease->address, address), since, left,
	    layers });
}

/* One lease. A host that goes by two families has two lines, the second without its name. */
static void
show_lease(struct view *v, const char *host, const struct lease *lease)
{
	struct lease seen = *lease;
	const bool live = lease_is_live(lease, v->now);

	if (!live && (seen.flags & LEASE_LIVE) != 0)
		seen.since = seen.deadline;	/* over, though nobody has moved it yet */
	if (seen.since > v->now)
		seen.since = v->now;
	if (v->json != NULL)
		json_lease(v, &seen, live);
	else
		sheet_lease(v, host, &seen, live);
}

static bool
get_lease(const struct view *v, const char *host, uint8_t family, struct lease *lease)
{
	return v->table != NULL && table_get(v->table, host, family, lease) == ST_OK;
}

static void
show_host(struct view *v, const struct hosts_entry *host)
{
	struct lease four, six;
	const bool has4 = get_lease(v, host->name, 4, &four), has6 = get_lease(v, host->name, 6, &six);
	const bool live = (has4 && lease_is_live(&four, v->now)) || (has6 && lease_is_live(&six, v->now));

	if (v->json != NULL) {
		json_open(v->json, NULL, '{');
		json_text(v->json, "host", host->name);
		json_text(v->json, "state", live ? "live" : "offline");
		json_open(v->json, "leases", '[');
	}
	if (has4)
		show_lease(v, host->name, &four);
	if (has6)
		show_lease(v, has4 ? "" : host->name, &six);
	if (v->json != NULL) {
		json_close(v->json);
		json_close(v->json);
	} else if (!has4 && !has6)
		sheet_add(&v->sheet, (const char *const []){ host->name, "offline", "-", "-", "-", "-", "-" });
}

/* wanted: one host, or NULL for all. */
static enum status
show_hosts(struct view *v, const char *wanted)
{
	const struct hosts_entry *one = NULL;
	struct accounts *accounts = NULL;
	struct hosts hosts = { 0 };
	enum status st;

	if ((st = accounts_open(v->set->accounts, &accounts)) != ST_OK ||
	    (st = hosts_collect(accounts, &hosts)) != ST_OK)
		log_error("%s: %s", v->set->accounts, status_text(st));
	else if (wanted != NULL && (one = hosts_find(&hosts, wanted)) == NULL) {
		log_error("%s: no such host", wanted);
		st = ST_NOTFOUND;
	}
	if (st == ST_OK) {
		if (v->json != NULL)
			json_open(v->json, NULL, '[');
		else
			sheet_add(&v->sheet, (const char *const []){ "HOST", "STATE", "FAMILY", "ADDRESS", "SINCE",
			    "LEFT", "BY" });
		for (size_t i = 0; i < hosts.n; i++)
			if (one == NULL || one == &hosts.list[i])
				show_host(v, &hosts.list[i]);
		if (v->json != NULL)
			json_close(v->json);
		else
			sheet_print(&v->sheet, has_colour());
	}
	hosts_free(&hosts);
	accounts_close(accounts);
	return st;
}

int
status_run(struct admin *admin)
{
	struct json json = { .out = stdout };
	struct view v = { .sheet = { .columns = 7 } };
	struct settings *set = NULL;
	char wanted[NAME_SIZE];
	enum status st, missing;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 1) != ST_OK)
		return EX_USAGE;
	if (admin->argc == 1 && name_parse(admin->argv[0], strlen(admin->argv[0]), wanted) != ST_OK) {
		log_error("%s: not a host's name", admin->argv[0]);
		return EX_DATAERR;
	}
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	v.set = set;
	v.json = admin->json ? &json : NULL;
	if ((missing = table_open(set->rundir, &v.table)) != ST_OK)
		log_warning("%s: no lease table can be read (%s), so every host counts as offline", set->rundir,
		    missing == ST_STALE ? "it is of another boot" : status_text(missing));
	v.now = clock_boot();
	v.wall = clock_wall();
	st = show_hosts(&v, admin->argc == 1 ? wanted : NULL);
	table_close(v.table);
	settings_free(set);
	return st == ST_OK && missing != ST_OK ? EX_UNAVAILABLE : status_exit(st);
}
