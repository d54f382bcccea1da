/* SPDX-License-Identifier: ISC */
/*
 * The admin's hand on the lease table: ending what was authenticated before a change, in one transaction that also
 * shuts out a helper which read the old snapshot and is still busy. Never grants anything.
 */
#include "running.h"

#include <stdio.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/table.h"

static enum status
end_leases(struct table *table, const struct revocation *r, size_t *ended)
{
	enum status st;

	st = r->others != NULL ? table_revoke_all(table, r->others, r->epoch, clock_boot(), ended) :
	    table_revoke(table, r->account, r->epoch, clock_boot(), ended);
	if (st == ST_OK && r->gone != NULL)
		st = table_forget(table, r->gone);
	for (size_t i = 0; r->all_gone != NULL && i < r->all_gone->n && st == ST_OK; i++)
		st = table_forget(table, r->all_gone->hosts[i].name);
	for (size_t i = 0; r->aliases != NULL && i < r->aliases->n && st == ST_OK; i++)
		st = table_forget(table, r->aliases->list[i].name);
	table_wake(table);
	return st;
}

/* Where there is no table there is no lease. */
enum status
running_revoke(const struct settings *set, const struct revocation *r)
{
	struct table *table = NULL;
	size_t ended = 0;
	enum status st;

	if ((st = table_open(set->rundir, &table)) == ST_OK)
		st = end_leases(table, r, &ended);
	table_close(table);
	if (st == ST_NOTFOUND || st == ST_STALE) {
		if (r->returning != NULL)
			printf("There is no lease table of this boot, so no lease was running.\n");
		return ST_OK;
	}
	if (st != ST_OK) {
		log_error("%s: the accounts have the change, but leases in %s could not be ended (%s): they run out by "
		    "themselves; give the same command again to end them now", r->account, set->rundir,
		    status_text(st));
		return st;
	}
	if (r->returning == NULL)
		return ST_OK;
	if (ended == 0)
		printf("No lease had to end.\n");
	else
		printf("%zu live %s ended%s.\n", ended, ended == 1 ? "lease" : "hosts' leases", r->returning);
	return ST_OK;
}

void
running_add(const struct settings *set, const char *host)
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
