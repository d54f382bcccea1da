/* SPDX-License-Identifier: ISC */
/*
 * A line of the history: what became of a lease, and when. "2026-05-01T12:00:03Z home.example.org 4 granted
 * 203.0.113.7", for people and for programs; the reaper writes it, others read it.
 */
#ifndef DYNLEASE_TRANSITION_H
#define DYNLEASE_TRANSITION_H

#include <stdint.h>
#include <time.h>

#include "address.h"
#include "name.h"
#include "status.h"

#define TRANSITION_LINE	(32 + NAME_SIZE + 16 + ADDRESS_TEXT)	/* with newline and NUL */
#define TRANSITION_FILE	((size_t)1 << 20)	/* bytes of the file before it becomes FILE.1 */

enum transition_kind {
	TRANSITION_GRANTED,	/* live at this address */
	TRANSITION_MOVED,	/* live at this one and no longer at the one before */
	TRANSITION_EXPIRED,	/* ran out */
	TRANSITION_RELEASED,	/* the host gave it back */
	TRANSITION_WITHDRAWN	/* taken away by a change of the accounts */
};

struct transition {
	time_t			when;
	char			host[NAME_SIZE];
	enum transition_kind	kind;
	struct address		address;	/* its family is the lease's */
};

const char	*transition_word(enum transition_kind);

/* The line with its newline. Returns its length. */
size_t		 transition_print(const struct transition *, char line[TRANSITION_LINE]);

/* A line without its newline. ST_INVALID: it is none. */
enum status	 transition_parse(const char *line, struct transition *);

/* Each line of FILE.1 and of FILE in their order; what is no line is left out. ST_NOTFOUND, ST_SYSTEM. */
enum status	 transition_each(const char *path, void (*each)(void *, const struct transition *), void *);

#endif
