/* SPDX-License-Identifier: ISC */
/*
 * The publishers of the configuration, as the lease table has them: how each fares, and which hosts wait for it.
 */
#ifndef DYNLEASE_PUBLISHERS_H
#define DYNLEASE_PUBLISHERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"
#include "lib/work.h"

struct publisher {
	char			name[PUBLISHER_SIZE];	/* "kind zone", as the table calls it */
	char			kind[PUBLISHER_SIZE];
	char			zone[NAME_SIZE];
	bool			known;		/* the table could be read */
	struct publisher_state	state;
	struct work		pending;
};

struct publishers {
	size_t			 n;
	struct publisher	*list;
	struct work		 moving;	/* hosts that the reaper has not handed out yet */
};

enum shown { SHOWN_OK, SHOWN_PENDING, SHOWN_FAILING, SHOWN_UNKNOWN };

/* Does anybody publish the zone? Pure. */
bool		publishers_has_zone(const struct conf *, const char *zone);

/* table NULL: none is known. ST_NOMEM. Free with publishers_free(). */
enum status	publishers_load(const struct settings *, struct table *, uint64_t now, struct publishers *);
void		publishers_free(struct publishers *);

/* Whole seconds that the slowest of the zone's has taken to show a change, rounded up; 0 when none is known. Pure. */
unsigned	publishers_slowest(const struct publishers *, const char *zone);

/* Does this one show the host as it stands? Pure. */
enum shown	publishers_judge(const struct publishers *, const struct publisher *, const char *host);
const char	*shown_text(enum shown);

#endif
