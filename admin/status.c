/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin status: every host of the snapshot with its leases, as the table has them at this moment, and whether
 * the publishers show it. Changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "admin.h"
#include "hosts.h"
#include "json.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/table.h"
#include "options.h"
#include "past.h"
#include "publishers.h"
#include "text.h"

#define SHOWN_TEXT	200
#define WATCH_SECONDS	"2"

struct view {
	const struct settings	*set;
	const char		*wanted;	/* one host, or NULL for all */
	struct table		*table;		/* NULL: there is none, so no lease holds */
	struct publishers	 publishers;
	struct json		*json;		/* NULL: a table for people */
	struct sheet		 sheet;
	uint64_t		 now;		/* CLOCK_BOOTTIME nanoseconds */
	time_t			 wall;
};

/* --- what the publishers show of a host --- */

static bool
publishes(const struct view *v, const struct publisher *p, const char *host)
{
	const struct zone *zone = settings_zone(v->set, host);

	return zone != NULL && strcmp(zone->name, p->zone) == 0;
}

static uint64_t
seconds_since(const struct view *v, uint64_t then)
{
	return then < v->now ? (v->now - then) / CLOCK_SECOND : 0;
}

/* "zonefile ok", or "zonefile failing 3 min"; of several, with commas. */
static const char *
shown_by(const struct view *v, const char *host, char text[SHOWN_TEXT])
{
	char since[DURATION_TEXT];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->publishers.n && at < SHOWN_TEXT; i++) {
		const struct publisher *p = &v->publishers.list[i];
		const enum shown shown = publishers_judge(&v->publishers, p, host);

		if (!publishes(v, p, host))
			continue;
		at += (size_t)snprintf(text + at, SHOWN_TEXT - at, "%s%s %s%s%s", at > 0 ? ", " : "", p->kind,
		    shown_text(shown), shown == SHOWN_FAILING ? " " : "", shown == SHOWN_FAILING ?
		    duration_text(seconds_since(v, p->state.failing_since), since) : "");
	}
	return at == 0 ? "-" : text;
}

static void
json_shown(struct view *v, const char *host)
{
	json_open(v->json, "publishers", '[');
	for (size_t i = 0; i < v->publishers.n; i++) {
		const struct publisher *p = &v->publishers.list[i];
		const enum shown shown = publishers_judge(&v->publishers, p, host);

		if (!publishes(v, p, host))
			continue;
		json_open(v->json, NULL, '{');
		json_text(v->json, "publisher", p->name);
		json_text(v->json, "state", shown_text(shown));
		if (shown == SHOWN_FAILING) {
			json_number(v->json, "failing", seconds_since(v, p->state.failing_since));
			json_text(v->json, "why", p->state.why);
		}
		json_close(v->json);
	}
	json_close(v->json);
}

/* --- leases --- */

static void
json_lease(struct view *v, const struct lease *lease, bool live)
{
	char address[ADDRESS_TEXT], since[TIME_TEXT], layers[LAYERS_TEXT];

	layers_text(lease->layers, layers);
	json_open(v->json, NULL, '{');
	json_number(v->json, "family", lease->address.family);
	json_text(v->json, "state", live ? "live" : "offline");
	json_text(v->json, "address", address_text(&lease->address, address));
	json_text(v->json, "since", time_text(v->wall - (time_t)seconds_since(v, lease->since), since));
	json_number(v->json, "left", lease_left(lease, v->now));
	json_number(v->json, "lease", lease->length);
	json_text(v->json, "authenticated", layers);
	json_text(v->json, "account", lease->account);
	json_close(v->json);
}

static void
sheet_lease(struct view *v, const char *host, const struct lease *lease, bool live)
{
	char address[ADDRESS_TEXT], since[DURATION_TEXT], left[DURATION_TEXT], layers[LAYERS_TEXT],
	    shown[SHOWN_TEXT];

	layers_text(lease->layers, layers);
	duration_text(seconds_since(v, lease->since), since);
	snprintf(left, sizeof(left), live ? "%u s" : "-", lease_left(lease, v->now));
	sheet_add(&v->sheet, (const char *const []){ host, live ? "live" : "offline",
	    lease->address.family == 4 ? "IPv4" : "IPv6", address_text(&lease->address, address), since, left,
	    layers, *host != '\0' ? shown_by(v, host, shown) : "" });
}

/* One lease. A host that goes by two families has two lines, the second without its name. */
static void
show_lease(struct view *v, const char *host, const struct lease *lease)
{
	struct lease seen = *lease;
	const bool live = lease_is_live(lease, v->now);

	if (!live && (seen.flags & LEASE_LIVE) != 0)
		seen.since = seen.deadline;	/* over, though nobody has moved it yet */
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
json_host(struct view *v, const char *host, const struct lease *four, const struct lease *six)
{
	const bool live = (four != NULL && lease_is_live(four, v->now)) || (six != NULL && lease_is_live(six, v->now));

	json_open(v->json, NULL, '{');
	json_text(v->json, "host", host);
	json_text(v->json, "state", live ? "live" : "offline");
	json_open(v->json, "leases", '[');
	if (four != NULL)
		show_lease(v, host, four);
	if (six != NULL)
		show_lease(v, host, six);
	json_close(v->json);
	json_shown(v, host);
	if (v->wanted != NULL)
		past_print(v->set->history, host, v->json);
	json_close(v->json);
}

static void
show_host(struct view *v, const char *host)
{
	char shown[SHOWN_TEXT];
	struct lease four, six;
	const bool has4 = get_lease(v, host, 4, &four), has6 = get_lease(v, host, 6, &six);

	if (v->json != NULL) {
		json_host(v, host, has4 ? &four : NULL, has6 ? &six : NULL);
		return;
	}
	if (has4)
		show_lease(v, host, &four);
	if (has6)
		show_lease(v, has4 ? "" : host, &six);
	if (!has4 && !has6)
		sheet_add(&v->sheet, (const char *const []){ host, "offline", "-", "-", "-", "-", "-",
		    shown_by(v, host, shown) });
}

/* --- all of it --- */

static void
show_list(struct view *v, const struct hosts *hosts, const struct hosts_entry *one)
{
	if (v->json != NULL)
		json_open(v->json, NULL, '[');
	else
		sheet_add(&v->sheet, (const char *const []){ "HOST", "STATE", "FAMILY", "ADDRESS", "SINCE", "LEFT",
		    "BY", "SHOWN" });
	for (size_t i = 0; i < hosts->n; i++)
		if (one == NULL || one == &hosts->list[i])
			show_host(v, hosts->list[i].name);
	if (v->json != NULL)
		json_close(v->json);
	else
		sheet_print(&v->sheet, has_colour());
	if (v->json == NULL && one != NULL)
		past_print(v->set->history, one->name, NULL);
}

static enum status
show_hosts(struct view *v)
{
	const struct hosts_entry *one = NULL;
	struct accounts *accounts = NULL;
	struct hosts hosts = { 0 };
	enum status st;

	if ((st = accounts_open(v->set->accounts, &accounts)) != ST_OK ||
	    (st = hosts_collect(accounts, &hosts)) != ST_OK)
		log_error("%s: %s", v->set->accounts, status_text(st));
	else if (v->wanted != NULL && (one = hosts_find(&hosts, v->wanted)) == NULL) {
		log_error("%s: no such host", v->wanted);
		st = ST_NOTFOUND;
	}
	if (st == ST_OK)
		show_list(v, &hosts, one);
	hosts_free(&hosts);
	accounts_close(accounts);
	return st;
}

static int
show(const struct settings *set, const char *wanted, bool as_json)
{
	struct json json = { .out = stdout };
	struct view v = { .set = set, .wanted = wanted, .json = as_json ? &json : NULL, .sheet = { .columns = 8 } };
	enum status st, missing;

	if ((missing = table_open(set->rundir, &v.table)) != ST_OK)
		log_warning("%s: no lease table can be read (%s), so every host counts as offline", set->rundir,
		    missing == ST_STALE ? "it is of another boot" : status_text(missing));
	v.now = clock_boot();
	v.wall = clock_wall();
	if ((st = publishers_load(set, v.table, v.now, &v.publishers)) == ST_OK)
		st = show_hosts(&v);
	publishers_free(&v.publishers);
	table_close(v.table);
	return st == ST_OK && missing != ST_OK ? EX_UNAVAILABLE : status_exit(st);
}

/* Again and again until it is interrupted, or nobody reads it any more; on a terminal in the same place. */
static int
watch(const struct settings *set, const char *wanted, bool as_json, unsigned seconds)
{
	const bool terminal = isatty(STDOUT_FILENO) != 0;
	char when[TIME_TEXT];
	int code;

	for (;;) {
		if (terminal)
			fputs("\033[H\033[J", stdout);
		if (!as_json)
			printf("%s\n", time_text(clock_wall(), when));
		if ((code = show(set, wanted, as_json)) != EX_OK && code != EX_UNAVAILABLE)
			return code;
		if (!terminal && !as_json)
			putchar('\n');
		if (fflush(stdout) != 0)
			return EX_IOERR;
		sleep(seconds);
	}
}

struct status_options {
	const char	*watch;
};

int
status_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "watch", offsetof(struct status_options, watch), WATCH_SECONDS }, { NULL, 0, NULL }
	};
	struct status_options o = { NULL };
	struct settings *set = NULL;
	const char *wrong = NULL;
	unsigned seconds = 0;
	char wanted[NAME_SIZE];
	enum status st;
	int code;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 1) != ST_OK)
		return EX_USAGE;
	if (o.watch != NULL && (seconds = (unsigned)strtonum(o.watch, 1, 3600, &wrong), wrong != NULL))
		return options_wrong(admin, "--watch %s: seconds, 1 to 3600", o.watch);
	if (admin->argc == 1 && name_parse(admin->argv[0], strlen(admin->argv[0]), wanted) != ST_OK) {
		log_error("%s: not a host's name", admin->argv[0]);
		return EX_DATAERR;
	}
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	code = o.watch != NULL ? watch(set, admin->argc == 1 ? wanted : NULL, admin->json, seconds) :
	    show(set, admin->argc == 1 ? wanted : NULL, admin->json);
	settings_free(set);
	return code;
}
