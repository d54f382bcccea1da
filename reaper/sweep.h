/* SPDX-License-Identifier: ISC */
/*
 * The promise: a host that falls silent is withdrawn in time, whatever else goes wrong.
 */
#ifndef DYNLEASE_SWEEP_H
#define DYNLEASE_SWEEP_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/settings.h"
#include "lib/status.h"

struct sweep;

/*
 * Open accounts, table (made when missing) and places. ST_CONFIG: logged. When the table cannot be opened for another
 * reason the sweep goes on without one, and withdraws everything.
 */
enum status	sweep_open(const struct settings *, struct sweep **);

/*
 * One pass: until everything is shown that can be shown now. ST_OK; ST_UNPUBLISHED: a place does not show what it
 * must (logged; it will be tried again); ST_STALE: the table is not the one under its path any more, or of another
 * boot: open anew; ST_BUSY: a writer has held the table for SWEEP_STUCK seconds: set it aside; ST_DAMAGED; ST_SYSTEM.
 */
enum status	sweep_once(struct sweep *);

/*
 * Before the name servers start: write the places that are files, ask no server, run no command, and leave every name
 * of the accounts to be published by the first pass. ST_OK; ST_UNPUBLISHED: a file could not be written (logged);
 * ST_FULL: there is no table; or as above.
 */
enum status	sweep_boot(struct sweep *);

/* Passes as they are needed, for ever. Returns only what sweep_once() cannot deal with. */
enum status	sweep_watch(struct sweep *);

#define SWEEP_STUCK	30	/* seconds */
#define SWEEP_ALARM	60	/* seconds of work at a time before the process is killed by SIGALRM */

#endif
