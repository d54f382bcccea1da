/* SPDX-License-Identifier: ISC */
/*
 * The places that are configured: each a publisher and a zone, with what it still has to show, how it has fared, and
 * the child that is at work for it. One that is down, or never answers, delays no other.
 */
#ifndef DYNLEASE_PLACES_H
#define DYNLEASE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"

#include "child.h"
#include "desired.h"
#include "publish.h"

#define PORTION_FIRST	25000	/* hosts that a child is told to show at most; the rest has its turn after it */
#define PORTION_FAST	(2 * CLOCK_SECOND)	/* shown within it, the next may be larger, by this factor: */
#define PORTION_GROWTH	4
#define RECONCILE_EVERY	(900 * CLOCK_SECOND)
#define LOOK_EVERY	(30 * CLOCK_SECOND)	/* an idle place is asked whether it is there */
#define TABLE_WAIT	100	/* milliseconds that the reaper waits for the writer's lock before it goes on */

/*
 * A place is idle, or has a task: a list of hosts that it is to show as they stand, portion by portion. While one portion
 * is at work the next is prepared, and what is shown already is noted in the table. When all of it is noted the place is
 * idle again.
 */
struct task {
	bool		open;
	bool		comparing;	/* everything is told, and compared with all that the place shows */
	bool		unnoted;	/* the table did not take it: enough is told, all that is not noted comes again */
	struct work	work;
	struct horizon	seen;		/* as of when */
	size_t		noted, shown, told;	/* hosts of the list: in the table, by the place, and to its child */
	size_t		ready;		/* the same: prepared for its next child, as */
	struct desired_list next;
	size_t		portion;	/* hosts of the next at most; after a slow one PORTION_FIRST again */
	uint64_t	told_at;	/* CLOCK_BOOTTIME nanoseconds */
	uint64_t	begun;		/* CLOCK_BOOTTIME nanoseconds */
	uint64_t	busy_since;	/* the table is held by someone else, the same; 0: it is not */
};

struct place {
	const struct publisher		*publisher;
	const struct conf_section	*section;
	const struct zone		*zone;
	char				 name[PUBLISHER_SIZE];	/* "kind zone" */
	struct publisher_state		 state;
	struct task			 task;
	bool				 stale;		/* compare everything, whatever is pending */
	struct child			 child;
	uint64_t			 rest_until;	/* not again before, as what it showed could not be noted */
};

struct places {
	size_t			 n;
	struct place		*list;
	const char		**names;	/* of all, NULL-terminated */
};

/* From the sections of the configuration. ST_CONFIG: logged; a kind that nobody publishes, a zone that is not there. */
enum status	places_make(const struct settings *, struct places *);
void		places_free(struct places *);

/* How each has fared so far, from the table. */
enum status	places_load(struct places *, struct table *);

/* What the places are to follow. table NULL: no lease holds, and everything is to be shown. */
struct world {
	const struct settings	*settings;
	struct accounts		*accounts;
	struct table		*table;
};

/* --- the life of a place (place.c) --- */

/* Could it be given a task now? */
bool		place_is_ready(const struct place *, uint64_t now);

/*
 * Give it a task, if it is ready and has anything to show: what is pending for it and what a look has found, or
 * everything when a comparison is due; or just to say that it is there, when it has been idle for long. seen: as of
 * when. Its first child starts. *started tells.
 */
enum status	place_start(struct place *, const struct world *, const struct work *found, const struct horizon *seen,
		    bool *started);

/*
 * Start a child that writes the place's file as it must be when its server starts, if it is a place with a file. What
 * it says proves nothing about the server: finish it without a table.
 */
enum status	place_start_boot(struct place *, const struct world *, uint64_t now);

/*
 * The child's report is there, or its time is over. What is left of the task has its child at once. True: that child
 * is gone.
 */
bool		place_finish(struct place *, const struct world *, uint64_t now);

/*
 * Note in the table, in one short transaction, some of what is shown; at the end of a task how the place fares. moved: as
 * in struct table_move. True: there is more to note now.
 */
bool		place_note(struct place *, struct table *, const char *const *names, struct work *moved);

/* Forget its task, if it has one. What is not noted yet is seen again in a later look. */
void		place_drop(struct place *);

/* When to look at it again: its child's deadline, its next try, look or comparison. CLOCK_BOOTTIME nanoseconds. */
uint64_t	place_next(const struct place *);

#endif
