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
#include <sys/types.h>

#include "lib/account.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"

#include "publish.h"

#define PORTION		20000	/* hosts that a child is told to show at most; the rest has its turn after it */
#define RECONCILE_EVERY	(900 * CLOCK_SECOND)
#define TABLE_WAIT	100	/* milliseconds that the reaper waits for the writer's lock before it goes on */

struct place {
	const struct publisher		*publisher;
	const struct conf_section	*section;
	const struct zone		*zone;
	char				 name[PUBLISHER_SIZE];	/* "kind zone" */
	struct publisher_state		 state;
	struct work			 work;		/* what the child was told to show */
	bool				 stale;		/* compare everything, whatever is pending */
	bool				 comparing;	/* its child does */
	uint64_t			 started;	/* its child was, CLOCK_BOOTTIME nanoseconds */
	pid_t				 child;		/* 0: none */
	int				 report;	/* where it says how it went */
	uint64_t			 kill_at;	/* CLOCK_BOOTTIME nanoseconds */
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

/*
 * Start a child for the place if it has anything to show now: what is pending for it, loose (what could not be moved
 * to pending yet), or everything when a comparison is due. *started tells.
 */
enum status	place_start(struct place *, const struct world *, const struct work *loose, uint64_t now,
		    bool *started);

/*
 * Start a child that writes the place's file as it must be when its server starts, if it is a place with a file. What
 * it says proves nothing about the server: finish it without a table.
 */
enum status	place_start_boot(struct place *, const struct world *, uint64_t now);

/*
 * The child's report is there, or its time is over: settle and remember (table may be NULL). True: the child is gone.
 */
bool		place_finish(struct place *, struct table *, uint64_t now);

/* When to look at it again: its child's deadline, its next try, its next comparison. CLOCK_BOOTTIME nanoseconds. */
uint64_t	place_next(const struct place *);

#endif
