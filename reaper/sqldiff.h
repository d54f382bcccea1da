/* SPDX-License-Identifier: ISC */
/*
 * What must change in a database so that it shows what it should. Pure.
 */
#ifndef DYNLEASE_SQLDIFF_H
#define DYNLEASE_SQLDIFF_H

#include "lib/status.h"

#include "sqlplan.h"

/* The whole plan, with that of sqlgaps.h. Free it with sqlplan_free(). ST_NOMEM. */
enum status	sqldiff_plan(const struct sqlscene *, struct sqlplan *);

#endif
