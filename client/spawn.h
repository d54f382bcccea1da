/* SPDX-License-Identifier: ISC */
/*
 * A command of the operator's, by its argument vector, with pipes to its standard input and from its standard output.
 * Its standard error is ours.
 */
#ifndef DYNLEASE_SPAWN_H
#define DYNLEASE_SPAWN_H

#include <sys/types.h>

#include "lib/status.h"

struct spawn {
	pid_t	pid;
	int	in;	/* what it says */
	int	out;	/* what it hears */
};

/* ST_SYSTEM: it could not be run; errno tells. */
enum status	spawn_open(char *const argv[], struct spawn *);

/* Close the pipes; what does not end by itself then, within half a second, is killed. */
void		spawn_close(struct spawn *);

#endif
