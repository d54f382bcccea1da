/* SPDX-License-Identifier: ISC */
/*
 * Does the name server show what it should? It is asked for the zone's serial and for names that changed: a command
 * that says it loaded the zone proves nothing.
 */
#ifndef DYNLEASE_ZONELOOK_H
#define DYNLEASE_ZONELOOK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/status.h"

#include "dnsask.h"
#include "publish.h"

#define ZONELOOK_NAMES	128	/* at most, those that must not show a host any more before others */

struct zonelook {
	struct dns_server	 server;
	const char		*zone;
	size_t			 n;
	size_t			 seen;		/* so many of the names showed what they should */
	const struct desired	*names[ZONELOOK_NAMES];
};

/*
 * Choose what to ask for among the touched names of the publication, or among all when it is to be compared. It must
 * outlive the look.
 */
void		zonelook_begin(struct zonelook *, const struct dns_server *, const struct publication *);

/* The serial that is shown. why tells what is wrong otherwise. */
enum status	zonelook_serial(const struct zonelook *, uint32_t *serial, char *why, size_t whysize);

/* ST_OK: the serial is at least this one (RFC 1982) and the names show what they should. Or ST_UNPUBLISHED, why. */
enum status	zonelook_check(struct zonelook *, uint32_t serial, char *why, size_t whysize);

/* Check again and again until it is ST_OK or clock_boot() is at until; at least once. */
enum status	zonelook_wait(struct zonelook *, uint32_t serial, uint64_t until, char *why, size_t whysize);

#endif
