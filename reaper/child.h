/* SPDX-License-Identifier: ISC */
/*
 * A publisher's child process: what it must know it gets by fork(2), it works without the table, and it says through a
 * pipe how it went. It is killed, with all it has started, when its time is over.
 */
#ifndef DYNLEASE_CHILD_H
#define DYNLEASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/status.h"

#include "publish.h"

struct child {
	pid_t		pid;		/* 0: none */
	int		report;		/* is readable when it has something to say */
	uint64_t	kill_at;	/* CLOCK_BOOTTIME nanoseconds */
	unsigned	deadline;	/* seconds */
};

/* What a child says before it ends, or what is said of one that does not. */
struct report {
	enum status	st;
	char		why[PUBLISHER_WHY];	/* one line, when st is not ST_OK */
};

/* What a child does: a publisher's publish() or look(). */
typedef enum status (*child_work)(const struct publication *, char why[PUBLISHER_WHY]);

/* deadline: seconds. ST_SYSTEM: there is none. */
enum status	child_start(struct child *, child_work, const struct publication *, unsigned deadline, uint64_t now);

/* True: the report is there, or its time is over, and the child is gone. */
bool		child_finish(struct child *, uint64_t now, struct report *);

#endif
