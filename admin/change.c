/* SPDX-License-Identifier: ISC */
/*
 * Changing one account. What is changed is the business of who calls.
 */
#include "change.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "refuse.h"
#include "running.h"

/* Inside the change. */
static enum status
find(struct books *books, struct change *change)
{
	char name[NAME_SIZE], owner[NAME_SIZE];
	enum status st;

	if (name_parse(change->name, strlen(change->name), name) != ST_OK)
		return refuse(change->name, "not a host's name");
	st = master_owner(books->master, name, owner);
	if (st == ST_OK || st == ST_NOTFOUND)
		st = master_get(books->master, st == ST_OK ? owner : name, &change->old);
	if (st == ST_OK)
		st = books_count_others(books->master, change->old.name, "", &change->hosts);
	if (st != ST_OK)
		log_error("%s: %s; nothing was changed", name, st == ST_NOTFOUND ? "no such host" : status_text(st));
	return st;
}

static void
undo_change(struct master *master, const void *arg)
{
	const struct change *change = arg;

	master_put(master, &change->old);
}

enum status
change_make(struct books *books, struct change *change)
{
	enum status st;

	master_begin(books->master);
	if ((st = find(books, change)) == ST_OK) {
		change->next = change->old;
		st = change->edit(change, books->set);
	}
	if (st != ST_OK) {
		master_cancel(books->master);
		return st;
	}
	change->differs = !account_equal(&change->old, &change->next);
	if (change->differs && change->takes_away)
		change->next.epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
	if (change->differs)
		master_put(books->master, &change->next);
	return books_commit(books, undo_change, change);
}

enum status
change_settle(const struct settings *set, const struct change *change, const char *returning)
{
	if (!change->takes_away)
		return ST_OK;
	return running_revoke(set, &(struct revocation){ .account = change->next.name, .epoch = change->next.epoch,
	    .returning = returning });
}
