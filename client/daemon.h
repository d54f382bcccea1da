/* SPDX-License-Identifier: ISC */
/*
 * `dynlease daemon`: keeps the leases of all hosts at all servers until it is told to end.
 */
#ifndef DYNLEASE_DAEMON_H
#define DYNLEASE_DAEMON_H

#include "options.h"

/* Stays in the foreground. The exit code. */
int	daemon_run(const struct options *);

#endif
