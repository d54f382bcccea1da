/* SPDX-License-Identifier: ISC */
/*
 * What every name must show: worked out from the accounts, which say whose names are ours, and the leases, which say
 * who is there. Nothing in a lease is believed that can be checked.
 */
#ifndef DYNLEASE_DESIRED_H
#define DYNLEASE_DESIRED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/account.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"
#include "lib/texts.h"

#include "publish.h"

struct desired_list {
	size_t		 n, room;
	struct desired	*names;		/* in order of name */
	struct texts	 texts;		/* theirs */
};

/*
 * The names of one zone. table NULL: no lease is known to hold. touched: the hosts to mark as such; those among them
 * that the accounts do not have are listed as not owned. Free with desired_free(). ST_NOTFOUND: the accounts cannot
 * be read; ST_DAMAGED: the table; ST_NOMEM.
 */
enum status	desired_build(const struct settings *, const struct zone *, struct accounts *, struct table *,
		    const struct work *touched, uint64_t now, struct desired_list *);
void		desired_free(struct desired_list *);

/* The same for these hosts alone: its cost follows what changed, not what exists. */
enum status	desired_build_touched(const struct settings *, const struct zone *, struct accounts *, struct table *,
		    const struct work *touched, uint64_t now, struct desired_list *);

/*
 * The rule of the fallback, for a name whose live addresses are filled in: while any family is live, the other has no
 * record; when none is, both show the fallback. Pure.
 */
void		desired_fall_back(const struct zone *, struct desired *);

#endif
