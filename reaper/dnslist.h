/* SPDX-License-Identifier: ISC */
/*
 * What a zone shows, held against what its names must show. Fed with records in any order; the outcome is what is
 * to be changed. Pure.
 */
#ifndef DYNLEASE_DNSLIST_H
#define DYNLEASE_DNSLIST_H

#include <stdbool.h>
#include <stddef.h>

#include <ldns/ldns.h>

#include "lib/status.h"
#include "lib/texts.h"

#include "dnsconf.h"
#include "publish.h"

struct dns_shown;

struct dns_list {
	const struct zone	*zone;
	const struct dnsconf	*conf;
	struct desired		*names;		/* in order of name */
	size_t			 n;
	struct dns_shown	*shown;		/* by each of them */
	size_t			 nstrangers, strangers_room;
	struct desired		*strangers;	/* names that are not ours and have an address; not owned */
	size_t			 ntargets, targets_room;
	struct desired		*targets;	/* names that other records rely on */
	struct texts		 texts;		/* of both */
};

/* For the names of the publication, which must outlive the list. ST_NOMEM. End it with dnslist_end(), also then. */
enum status	dnslist_begin(struct dns_list *, const struct publication *, const struct dnsconf *);
void		dnslist_end(struct dns_list *);

/* Take a record of the zone. Those that do not matter are fine. ST_NOMEM. */
enum status	dnslist_take(struct dns_list *, const ldns_rr *);

struct dns_changes {
	size_t			 n;
	const struct desired	**names;	/* what must not be shown any more first; they belong to the list */
};

/*
 * The names that do not show what they must, also by a CNAME. With whole_zone also all others that have an address,
 * but never those that only have a CNAME, which is somebody's, nor the
 * name of the zone, names in keep, nor those that an NS, MX or SRV record of the zone names. Free names. ST_NOMEM.
 */
enum status	dnslist_changes(struct dns_list *, struct dns_changes *);

#endif
