/* SPDX-License-Identifier: ISC */
/*
 * Inside of the sweep, for sweep*.c only: what it knows, what it opens, and what it waits for.
 */
#ifndef DYNLEASE_SWEEP_STATE_H
#define DYNLEASE_SWEEP_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/account.h"
#include "lib/table.h"

#include "history.h"
#include "places.h"
#include "sweep.h"

struct sweep {
	const struct settings	*settings;
	struct accounts		*accounts;
	struct stat		 accounts_file;	/* which snapshot that is */
	bool			 accounts_told;	/* that they cannot be read */
	struct table		*table;		/* NULL: there is none to be had, so nothing is live */
	struct places		 places;
	struct history		*history;
	struct work		 found;		/* what this turn's look has found, as of `seen` */
	struct horizon		 seen;
	size_t			 found_moved;	/* of it, as no place was told */
	struct work		 moved;		/* for the history */
	size_t			 moved_told;	/* of it */
	int			 watch;		/* inotify descriptor, or -1 */
	uint64_t		 busy_since;	/* the writer's lock was not to be had; 0: it was */
	bool			 busy_told;
	bool			 wake_lost;	/* the wake file is gone: nothing would be heard any more */
	bool			 written;	/* this turn could write to the table */
	uint64_t		 next;		/* when the table has more, CLOCK_BOOTTIME nanoseconds */
};

/* --- sweep_open.c --- */

/*
 * Open the snapshot if it has changed; then every place compares everything. One that cannot be read leaves those that
 * are known, or known from before it. ST_NOTFOUND: there are none.
 */
enum status	sweep_refresh(struct sweep *);

/* --- sweep_wait.c --- */

struct world	sweep_world(const struct sweep *);

/* Without it there is a pass every interval all the same. */
void		sweep_listen(struct sweep *);

/* Until a child has ended or must, a helper has touched the wake file, or `until`. True: something has happened. */
bool		sweep_wait(struct sweep *, uint64_t until);

#endif
