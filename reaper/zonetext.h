/* SPDX-License-Identifier: ISC */
/*
 * What is written into a zone file: the block of our records, and a whole zone where there is none. Pure.
 */
#ifndef DYNLEASE_ZONETEXT_H
#define DYNLEASE_ZONETEXT_H

#include <stddef.h>

#include "lib/settings.h"
#include "lib/status.h"

#include "publish.h"

/*
 * The records of the names, a line each with owner, TTL and class, in the order given. malloc'ed. *records: how many.
 * A name that is not within the zone is logged and left out. ST_NOMEM.
 */
enum status	zonetext_block(const struct zone *, const struct desired *names, size_t n, char **text, size_t *len,
		    size_t *records);

/*
 * A zone with serial 0, an empty block and nothing else. nameservers is a list separated by blanks, hostmaster a
 * mailbox (its @ becomes a dot) or a name. ST_INVALID: no good names, a name server within the zone, which would need
 * an address there; why tells. ST_NOMEM.
 */
enum status	zonetext_new(const struct zone *, const char *nameservers, const char *hostmaster, char **text,
		    size_t *len, char *why, size_t whysize);

#endif
