/* SPDX-License-Identifier: ISC */
/*
 * What is to change in a database: which rows go and which come, in steps. sqldiff.h and sqlgaps.h say what. Pure.
 */
#ifndef DYNLEASE_SQLPLAN_H
#define DYNLEASE_SQLPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/status.h"

#include "publish.h"
#include "sqlconf.h"
#include "sqlorder.h"
#include "sqlrows.h"

#define SQLPLAN_STEP	5000		/* changes after which a transaction ends with the name it is at */

/* What is there, and what is wanted. */
struct sqlscene {
	const struct publication	*pub;
	const struct sqlconf		*conf;
	const struct sqlorder		*order;
	struct sqlrows			 rows;		/* sorted; of the names wanted, or of the whole zone */
	bool				 is_whole;	/* of the zone */
};

/* A transaction's part of a plan: up to here, from where the one before ended. */
struct sqlstep {
	size_t	drop, add;
};

struct sqlplan {
	size_t			 ndrop, drop_room;
	const struct sqlrow	**drop;		/* of the scene's rows */
	struct sqlrows		 add;
	size_t			 nsteps, step_room;
	struct sqlstep		*steps;		/* withdrawals are in the first ones */
	char			 odd[PUBLISHER_WHY];	/* a name that cannot be shown, and why; or "" */
};

/* Zero it to begin, and free it before the scene's rows. */
void		sqlplan_free(struct sqlplan *);

/* What is neither dropped twice nor freed before the plan; a copy. ST_NOMEM, as the next. */
enum status	sqlplan_drop(struct sqlplan *, const struct sqlrow *);
enum status	sqlplan_add(struct sqlplan *, const char *const field[SQLFIELDS]);

/* End a step here, if it has at least so many changes. */
enum status	sqlplan_end_step(struct sqlplan *, size_t least);

bool		sqlplan_is_empty(const struct sqlplan *);

/* The first thing that is not as it should be, for an operator. */
void		sqlplan_explain(const struct sqlplan *, char *why, size_t whysize);

#endif
