/* SPDX-License-Identifier: ISC */
/*
 * How near an end may come before somebody must be told: of certificates, CRLs, keys. Pure.
 */
#ifndef DYNLEASE_EXPIRY_H
#define DYNLEASE_EXPIRY_H

#include "finding.h"

#define EXPIRY_DAY	(24LL * 60 * 60)

/* By the seconds left: over 30 days is well, over 7 a warning; the rest, and what is over, is critical. */
static inline enum level
expiry_level(long long left)
{
	return left > 30 * EXPIRY_DAY ? LEVEL_OK : left > 7 * EXPIRY_DAY ? LEVEL_WARNING : LEVEL_CRITICAL;
}

#endif
