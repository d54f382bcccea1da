/* SPDX-License-Identifier: ISC */
/*
 * The sum that the configuration promises. Looks at nothing but the configuration.
 */
#include "exposure.h"

void
exposure_sum(const struct settings *set, const struct zone *zone, unsigned lag, struct exposure *e)
{
	*e = (struct exposure){ .lease = set->lease, .interval = set->interval, .pass = EXPOSURE_PASS, .publish = lag,
		.ttl = zone->ttl };
	for (size_t i = 0; i < set->nclasses; i++)
		if (set->classes[i].lease > e->lease)
			e->lease = set->classes[i].lease;
	e->sum = e->lease + e->interval + e->pass + e->publish + e->ttl;
}

bool
is_ttl_long(const struct settings *set, const struct zone *zone)
{
	unsigned lease = set->lease;

	for (size_t i = 0; i < set->nclasses; i++)
		if (set->classes[i].lease < lease)
			lease = set->classes[i].lease;
	return 4 * zone->ttl > lease;
}
