/* SPDX-License-Identifier: ISC */
/*
 * Running an operator's command: an argument vector, never a shell; a small fixed environment, no input, bounded in
 * time, in a process group of its own.
 */
#ifndef DYNLEASE_COMMAND_H
#define DYNLEASE_COMMAND_H

#include <stddef.h>

#include "lib/status.h"

/*
 * Run argv and wait at most seconds. said gets the first line of what it printed (stdout or stderr), escaped, for the
 * log. ST_OK: exit 0. ST_TIMEOUT: killed, with its process group. ST_PROTOCOL: another exit code or a signal;
 * ST_SYSTEM: could not be run. For these three said tells what happened. It dies with the caller; what it
 * has put into the background on exit 0 is left alone.
 */
enum status	command_run(char *const argv[], unsigned seconds, char *said, size_t size);

#endif
