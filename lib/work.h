/* SPDX-License-Identifier: ISC */
/*
 * Lists of hosts for which something is to be done. Pure.
 */
#ifndef DYNLEASE_WORK_H
#define DYNLEASE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "texts.h"

struct work_host {
	const char	*name;
	uint64_t	 number;	/* the caller's */
};

/* A growing list. Zero it to begin; free with work_free(). The look functions leave it tidy. */
struct work {
	size_t			 n, room;
	struct work_host	*hosts;
	struct texts		 names;		/* theirs */
};
enum status	work_add(struct work *, const char *host, uint64_t number);	/* ST_NOMEM */
void		work_tidy(struct work *);	/* sort by name; of several the one with the largest number stays */
bool		work_has(const struct work *, const char *host);	/* of a tidy one */
void		work_free(struct work *);

#endif
