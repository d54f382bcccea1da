/* SPDX-License-Identifier: ISC */
/*
 * Exposure: the longest time for which an honest resolver can still hand out an address after the host there last
 * proved itself. Pure.
 */
#ifndef DYNLEASE_EXPOSURE_H
#define DYNLEASE_EXPOSURE_H

#include <stdbool.h>

#include "lib/settings.h"

#define EXPOSURE_PASS	1	/* seconds a pass takes at most before its publishers begin */

struct exposure {
	unsigned	lease;		/* this and the rest in seconds; of the class with the longest one */
	unsigned	interval;
	unsigned	pass;
	unsigned	publish;
	unsigned	ttl;
	unsigned	sum;
};

/*
 * lag: as configured or measured, from publishing to the last server showing it, of the slowest
 * publisher of the zone.
 */
void	exposure_sum(const struct settings *, const struct zone *, unsigned lag, struct exposure *);

/* Is the TTL more than a quarter of the shortest lease, so that caches would make up much of the sum? */
bool	is_ttl_long(const struct settings *, const struct zone *);

#endif
