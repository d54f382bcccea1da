/* SPDX-License-Identifier: ISC */
/*
 * What PowerDNS keeps beside a record for DNSSEC, as `pdnsutil rectify-zone` would make it: ordername, auth, and rows
 * without a type for names that have nothing but names below them. Pure.
 */
#ifndef DYNLEASE_SQLORDER_H
#define DYNLEASE_SQLORDER_H

#include <stdbool.h>

#include "lib/name.h"
#include "lib/status.h"

#include "dnshash.h"
#include "sqlrows.h"

struct sqlorder {
	bool		is_kept;	/* false: the schema knows nothing of it, and all below says NULL */
	bool		is_signed;	/* the zone has an active key */
	bool		is_hashed;	/* it has NSEC3PARAM */
	bool		is_narrow;	/* answers are made up, so that hashes need not be kept */
	bool		is_opt_out;
	struct dnshash	hash;
};

/* The ordername of a name that is not below a delegation; into text, or *order is NULL. ST_NOMEM. */
enum status	sqlorder_of(const struct sqlorder *, const char *zone, const char *name, char text[NAME_SIZE],
		    const char **order);

/* Does the row have this ordername? Any will do in a zone that is not signed. */
bool		sqlorder_matches(const struct sqlorder *, const struct sqlrow *, const char *order);

/* Is the name at a delegation (an NS below the zone's own name), or below one? rows: those of all its ancestors. */
bool		sqlorder_is_cut(const struct sqlrows *, const char *zone, const char *name);
bool		sqlorder_is_below_cut(const struct sqlrows *, const char *zone, const char *name);

/* The next ancestor of name that is below zone, or NULL. */
const char	*sqlorder_up(const char *zone, const char *name);

#endif
