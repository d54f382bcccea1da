/* SPDX-License-Identifier: ISC */
/*
 * What a sweep stands on: the accounts, the lease table, and what is remembered of the places.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#include "sweep_state.h"

#define JUDGED_MOST	50000	/* leases that are all looked at before the first turn */

static gid_t
table_group(const struct settings *settings)
{
	const struct group *group = getgrnam(settings->group);

	if (group == NULL)
		log_warning("there is no group %s: the table keeps ours", settings->group);
	return group == NULL ? (gid_t)-1 : group->gr_gid;
}

/*
 * The snapshot, or what it was before: whose names are ours must be known even when the new one cannot be read.
 * A snapshot that has changed since makes every place compare everything.
 */
enum status
sweep_refresh(struct sweep *s)
{
	const char *path = s->settings->accounts;
	char previous[FILE_PATH + 16];
	struct accounts *fresh;
	struct stat sb = { 0 };
	enum status st;

	if (stat(path, &sb) == 0 && s->accounts != NULL && sb.st_ino == s->accounts_file.st_ino &&
	    sb.st_mtim.tv_sec == s->accounts_file.st_mtim.tv_sec &&
	    sb.st_mtim.tv_nsec == s->accounts_file.st_mtim.tv_nsec)
		return ST_OK;
	if ((st = accounts_open(path, &fresh)) != ST_OK) {
		if (!s->accounts_told)
			log_critical("%s: %s: going on with the accounts as they were", path, status_text(st));
		s->accounts_told = true;
		if (s->accounts != NULL)
			return ST_OK;
		snprintf(previous, sizeof(previous), "%s.previous", path);
		if (accounts_open(previous, &fresh) != ST_OK)
			return ST_NOTFOUND;	/* whatever is wrong with them, the table is not to blame */
	} else
		s->accounts_told = false;
	for (size_t i = 0; i < s->places.n && s->accounts != NULL; i++)
		s->places.list[i].stale = true;
	accounts_close(s->accounts);
	s->accounts = fresh;
	s->accounts_file = sb;
	return ST_OK;
}

static void
tell_fault(void *told, const char *line)
{
	if (!*(bool *)told)
		log_critical("the lease table is not sound: %s", line);
	*(bool *)told = true;
}

/*
 * A lease that the index of deadlines does not have would not end in time, so a table where they disagree holds
 * nothing. The cost of a pass must not follow the size of a large table: there, damage is found where it is met.
 */
static enum status
judge_table(struct table *table)
{
	struct table_summary sum;
	bool told = false;
	enum status st;

	if (table_count(table) > JUDGED_MOST)
		return ST_OK;
	st = table_check(table, clock_boot(), tell_fault, &told, &sum);
	return st == ST_OK && sum.faults > 0 ? ST_DAMAGED : st;
}

enum status
sweep_open(const struct settings *settings, struct sweep **out)
{
	struct sweep *s = calloc(1, sizeof(*s));
	enum status st;

	*out = s;
	if (s == NULL)
		return ST_NOMEM;
	s->settings = settings;
	s->watch = -1;
	alarm(SWEEP_ALARM);
	if ((st = history_open(settings->history, &s->history)) != ST_OK ||
	    (st = places_make(settings, &s->places)) != ST_OK || (st = sweep_refresh(s)) != ST_OK)
		return st;
	st = table_open_or_make(settings->rundir, table_group(settings), 2 * accounts_count_hosts(s->accounts),
	    &s->table);
	if (st != ST_OK) {
		log_critical("%s: no lease table: %s (%s): everything is withdrawn", settings->rundir,
		    status_text(st), strerror(errno));
		return ST_OK;
	}
	if ((st = judge_table(s->table)) != ST_OK)
		return st;
	return places_load(&s->places, s->table);
}
