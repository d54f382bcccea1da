/* SPDX-License-Identifier: ISC */
/*
 * The history of leases, a line for each transition, in a file that is bounded. It is a comfort and no part of the
 * promise: what cannot be written is left out.
 */
#ifndef DYNLEASE_HISTORY_H
#define DYNLEASE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/account.h"
#include "lib/lease.h"
#include "lib/table.h"
#include "lib/transition.h"

struct history;

/* ST_NOMEM. The file is opened when there is something to write. It lives as long as the process. */
enum status	history_open(const char *path, struct history **);

/* Write what has become of these hosts since their last lines. Failures are logged once and change nothing else. */
void		history_note(struct history *, struct table *, struct accounts *, const struct work *hosts);

/*
 * What to write of one family of a host: last is its last line (NULL: none), lease what the table has (NULL: nothing),
 * revoked: the account has changed since. now, wall: the same moment by two clocks. False: nothing new. Fills kind,
 * address and when. Pure.
 */
bool		history_judge(const struct transition *last, const struct lease *lease, bool revoked, uint64_t now,
		    time_t wall, struct transition *);

#endif
