/* SPDX-License-Identifier: ISC */
/*
 * What a change of the accounts does to the leases that run. It comes after the snapshot is out, so that no new helper
 * goes by the old one; then the table; then the reaper is woken. Each says on stdout what it did.
 */
#ifndef DYNLEASE_RUNNING_H
#define DYNLEASE_RUNNING_H

#include <stdint.h>

#include "lib/settings.h"
#include "lib/status.h"
#include "lib/work.h"

#include "hosts.h"

struct revocation {
	const char	*account;	/* in words, when there are others */
	const struct work *others;	/* instead of it, many; or NULL */
	uint64_t	 epoch;		/* what authenticated before it is shut out, and its leases end */
	const char	*gone;		/* a host that is no more, or NULL */
	const struct work *all_gone;	/* or many */
	const struct hosts *aliases;	/* and those of aliases, or NULL */
	const char	*returning;	/* what to add when leases ended: who comes back, or ""; NULL: say nothing */
};

/* Logged, with what holds then: the leases run out by themselves, and the command can be given again. */
enum status	running_revoke(const struct settings *, const struct revocation *);

/* A host is new: the reaper gives it its fallback now, and without a table in its first pass. Errors do not matter. */
void		running_add(const struct settings *, const char *host);

#endif
