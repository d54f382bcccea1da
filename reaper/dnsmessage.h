/* SPDX-License-Identifier: ISC */
/*
 * The messages that are sent to change a zone (RFC 2136) and to look at it, as ldns has them. Pure.
 */
#ifndef DYNLEASE_DNSMESSAGE_H
#define DYNLEASE_DNSMESSAGE_H

#include <stddef.h>

#include <ldns/ldns.h>

#include "lib/settings.h"

#include "publish.h"

/*
 * An UPDATE after which each of the names shows what it must: its A and AAAA RRsets are deleted, whatever they are
 * (RFC 2136 2.5.2), and what is desired is added, so that it may be done again. A CNAME goes first where there may be
 * one, as beside it nothing can be added, nor it beside anything (3.4.2.2); it would cost a server a fifth more to look
 * for one at every host's. Free with ldns_pkt_free(). NULL: no memory.
 */
ldns_pkt	*dnsmessage_update(const struct zone *, const struct desired *const *names, size_t n);

/* How many of the names, but at least one, surely go into one message. */
size_t		 dnsmessage_fit(const struct zone *, const struct desired *const *names, size_t n);

/*
 * An UPDATE that changes nothing, as it requires that the zone's own name does not exist (RFC 2136 2.4.5): a server
 * that would take one from us answers YXDOMAIN. What it would do needs the rights of a real one: some servers look at
 * these first.
 */
ldns_pkt	*dnsmessage_trial(const struct zone *);

/* A question without recursion. NULL: no memory, or no name. */
ldns_pkt	*dnsmessage_query(const char *name, ldns_rr_type);

#endif
