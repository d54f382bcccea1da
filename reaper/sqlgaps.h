/* SPDX-License-Identifier: ISC */
/*
 * Empty non-terminals: PowerDNS wants a row without a type for each name that has nothing but names below it, or it
 * denies them. Pure.
 */
#ifndef DYNLEASE_SQLGAPS_H
#define DYNLEASE_SQLGAPS_H

#include "lib/status.h"

#include "sqlplan.h"

/*
 * Complete a plan that says all else. When the scene is not of the whole zone, every name in it must be just below
 * the zone's own, and none may lose its last record while there are deeper names. ST_NOMEM.
 */
enum status	sqlgaps_plan(const struct sqlscene *, struct sqlplan *);

#endif
