/* SPDX-License-Identifier: ISC */
/*
 * Names that must be a CNAME and of which somebody has records elsewhere in the zone's file: name servers refuse such
 * a file as a whole, so that one of these names would keep all others from being withdrawn. Pure.
 */
#ifndef DYNLEASE_ZONECLASH_H
#define DYNLEASE_ZONECLASH_H

#include "lib/status.h"

#include "publish.h"

struct zoneclash {
	struct publication	 kept;	/* the publication without those names */
	const char		*name;	/* the first of them, or NULL */
	struct desired		*copy;	/* of the names that are kept, if not all are */
};

/* text: what masterfile_parse() takes. The publication must outlive it. ST_NOMEM. Free with zoneclash_free(). */
enum status	zoneclash_leave_out(const struct publication *, const char *text, size_t len, struct zoneclash *);
void		zoneclash_free(struct zoneclash *);

#endif
