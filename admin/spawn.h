/* SPDX-License-Identifier: ISC */
/*
 * Running another program: an argument vector, never a shell; a small fixed environment, no input, bounded in time.
 */
#ifndef DYNLEASE_SPAWN_H
#define DYNLEASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/status.h"

struct spawn {
	const char *const	*argv;		/* NULL-terminated; argv[0] is a path, or searched for */
	unsigned		 seconds;
	const char		*user;		/* become this one, with all its groups; NULL: stay */
};

/*
 * said (size bytes) gets what it printed on stdout and stderr, cut, NUL-terminated. *code: its exit code, or 128 and
 * the signal.
 * ST_SYSTEM: could not be run; ST_TIMEOUT: killed.
 */
enum status	spawn_run(const struct spawn *, char *said, size_t size, int *code);

#endif
