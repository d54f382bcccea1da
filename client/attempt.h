/* SPDX-License-Identifier: ISC */
/*
 * One verb at one server in a child of its own, which ends in time whatever happens to it, and leaves the secret
 * and all that it made behind. It reports through a pipe.
 */
#ifndef DYNLEASE_ATTEMPT_H
#define DYNLEASE_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"
#include "lib/status.h"
#include "report.h"
#include "verb.h"

/* What became of it. */
struct outcome {
	int			code;		/* sysexits(3); 0: all is well */
	bool			soft;		/* of no account when another family works */
	unsigned		granted;	/* leases */
	struct talk_lease	lease;		/* when there are any: see report.h */
	char			why[REPORT_TEXT];	/* "": all is well */
};

struct attempt {
	pid_t		pid;		/* 0: none */
	int		fd;		/* readable when there is news; -1: none */
	uint64_t	kill_at;	/* CLOCK_BOOTTIME nanoseconds */
};

struct attempt_wish {
	const struct server	*server;
	const struct verb	*verb;
	unsigned		 families;	/* FAMILY_ bits */
	bool			 quiet;		/* what is wrong here was logged before */
};

extern const struct attempt ATTEMPT_NONE;

/* ST_SYSTEM: no child could be made; errno tells. */
enum status	attempt_start(struct attempt *, const struct attempt_wish *, uint64_t now);

/* Is it over, by itself or by its time? Then *outcome is filled and nothing is left of it. */
bool		attempt_finish(struct attempt *, uint64_t now, struct outcome *);

/* End it, if there is one. */
void		attempt_stop(struct attempt *);

#endif
