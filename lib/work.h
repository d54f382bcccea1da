/* SPDX-License-Identifier: ISC */
/*
 * Lists of hosts for which something is to be done. Pure.
 */
#ifndef DYNLEASE_WORK_H
#define DYNLEASE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"
#include "status.h"

struct work_host {
	char		name[NAME_SIZE];
	uint64_t	number;		/* the caller's */
};

/* A growing list. Zero it to begin; free with work_free(). The look functions leave it tidy. */
struct work {
	size_t			 n, room;
	struct work_host	*hosts;
};
enum status	work_add(struct work *, const char *host, uint64_t number);	/* ST_NOMEM */
void		work_tidy(struct work *);	/* sort by name; of several the one with the largest number stays */
bool		work_has(const struct work *, const char *host);	/* of a tidy one */
void		work_free(struct work *);

#endif
