/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin check: the order of the checks, and those of the configuration itself. Ends as Nagios wants it.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "admin.h"
#include "exposure.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/table.h"
#include "options.h"
#include "publishers.h"
#include "spawn.h"
#include "text.h"

#define REAPER		"dynlease-reaper"
#define REAPER_SECONDS	15

/* --- the reaper's opinion --- */

/* Beside ourselves, as both are installed and built; else where system programs are. */
static void
find_reaper(char path[FILE_PATH])
{
	ssize_t len = readlink("/proc/self/exe", path, FILE_PATH - sizeof(REAPER) - 1);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	if ((slash = strrchr(path, '/')) != NULL) {
		strlcpy(slash + 1, REAPER, sizeof(REAPER));
		if (access(path, X_OK) == 0)
			return;
	}
	strlcpy(path, REAPER, FILE_PATH);
}

/* Each line it said is a finding, but those that answer what check asked for. Says whether there was one. */
static bool
add_lines(struct check *check, enum level level)
{
	char copy[REAPER_SAID], *rest = copy, *line;
	bool any = false;

	strlcpy(copy, check->reaper, sizeof(copy));
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' || strstr(line, " lag=") != NULL)
			continue;
		findings_add(check->findings, level, "%s", line);
		any = true;
	}
	return any;
}

/* As the reaper's own user, so that what only root may read counts as unreadable. */
static void
check_reaper(struct check *check)
{
	char path[FILE_PATH];
	const char *const argv[] = { path, "-t", "-c", check->config, NULL };
	struct spawn spawn = { .argv = argv, .seconds = REAPER_SECONDS,
		.user = check->set != NULL && geteuid() == 0 ? check->set->reaper_user : NULL };
	enum status st;
	int code;

	find_reaper(path);
	st = spawn_run(&spawn, check->reaper, sizeof(check->reaper), &code);
	if (st != ST_OK)
		findings_add(check->findings, LEVEL_UNKNOWN, "%s -t as user %s: %s", path,
		    spawn.user != NULL ? spawn.user : "of this check", st == ST_TIMEOUT ? status_text(st) :
		    "could not be run");
	else if (code != EX_OK && !add_lines(check, LEVEL_CRITICAL))
		findings_add(check->findings, LEVEL_CRITICAL, REAPER " -t refuses %s without a word", check->config);
	else if (code == EX_OK && !add_lines(check, LEVEL_WARNING))
		findings_add(check->findings, LEVEL_OK, "the reaper takes the configuration");
}

/* --- the promise --- */

/* "KIND ZONE lag=SECONDS" is a line of the reaper's for each publisher; the slowest of the zone counts. */
static unsigned
find_lag(const struct check *check, const char *zone)
{
	char copy[REAPER_SAID], want[NAME_SIZE + 8], *rest = copy, *line, *at;
	unsigned long lag = 0, one;

	strlcpy(copy, check->reaper, sizeof(copy));
	snprintf(want, sizeof(want), " %s lag=", zone);
	while ((line = strsep(&rest, "\n")) != NULL)
		if ((at = strstr(line, want)) != NULL && (one = strtoul(at + strlen(want), NULL, 10)) > lag)
			lag = one;
	return (unsigned)lag;
}

/* The publishers as the table has them; none when there is no table. */
static void
load_publishers(const struct check *check, struct publishers *publishers)
{
	struct table *table = NULL;

	*publishers = (struct publishers){ 0 };
	if (table_open(check->set->rundir, &table) == ST_OK &&
	    publishers_load(check->set, table, check->now, publishers) != ST_OK)
		check->findings->lost = true;
	table_close(table);
}

/* As it was measured, if that is more than what was configured. */
static unsigned
find_slowest(const struct check *check, const struct publishers *publishers, const char *zone)
{
	const unsigned lag = find_lag(check, zone), slowest = publishers_slowest(publishers, zone);

	return slowest > lag ? slowest : lag;
}

static void
check_exposure(struct check *check)
{
	struct publishers publishers;

	load_publishers(check, &publishers);
	for (size_t i = 0; i < check->set->nzones; i++) {
		const struct zone *zone = &check->set->zones[i];
		struct exposure e;

		exposure_sum(check->set, zone, find_slowest(check, &publishers, zone->name), &e);
		findings_add(check->findings, LEVEL_OK, "exposure %s: %u s (lease %u + interval %u + pass %u + "
		    "publishing %u + TTL %u)", zone->name, e.sum, e.lease, e.interval, e.pass, e.publish, e.ttl);
		if (is_ttl_long(check->set, zone))
			findings_add(check->findings, LEVEL_WARNING, "the TTL of %s, %u s, is more than a quarter of "
			    "the shortest lease", zone->name, zone->ttl);
	}
	if (check->set->nzones == 0)
		findings_add(check->findings, LEVEL_CRITICAL, "%s names no zone", check->config);
	publishers_free(&publishers);
}

static void
check_all(struct check *check)
{
	struct settings *set = NULL;

	if (settings_load(check->config, &set) == ST_OK) {
		check->set = set;
		findings_add(check->findings, LEVEL_OK, "%s loads", check->config);
		check_reaper(check);
		check_people(check);
		check_files(check);
		check_ssh(check);
		check_certificate(check);
		check_expiries(check);
		check_profile(check);
		check_accounts(check);
		check_seal(check);
		check->now = clock_boot();	/* the reaper may have taken its time */
		check_table(check);
		check_exposure(check);
	} else if (access(check->config, R_OK) != 0 && geteuid() != 0)
		findings_add(check->findings, LEVEL_UNKNOWN, "%s cannot be read by this user", check->config);
	else {
		findings_add(check->findings, LEVEL_CRITICAL, "%s does not load", check->config);
		check_reaper(check);
	}
	settings_free(set);
}

struct check_options {
	const char	*at;	/* rehearse this moment */
};

int
check_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "at", offsetof(struct check_options, at), NULL }, { NULL, 0, NULL }
	};
	struct findings findings = { 0 };
	struct check_options o = { NULL };
	struct check check = { .config = admin->config, .findings = &findings };
	char when[TIME_TEXT];
	enum level worst;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	check.config = admin->config;
	check.wall = clock_wall();
	if (o.at != NULL && !moment_parse(o.at, check.wall, &check.wall))
		return options_wrong(admin, "--at %s: neither a date nor a time from now", o.at);
	if (o.at != NULL)
		findings_add(&findings, LEVEL_OK, "what has a date is looked at as of %s", time_text(check.wall, when));
	check_all(&check);
	worst = findings_worst(&findings);
	if (admin->json)
		findings_print_json(&findings);
	else
		findings_print(&findings);
	findings_free(&findings);
	return (int)worst;
}
