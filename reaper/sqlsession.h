/* SPDX-License-Identifier: ISC */
/*
 * A zone in a database, over one connection: what it has, and changes to it. It knows statements only by what they
 * are for.
 */
#ifndef DYNLEASE_SQLSESSION_H
#define DYNLEASE_SQLSESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/status.h"

#include "publish.h"
#include "sql.h"
#include "sqlconf.h"
#include "sqlorder.h"
#include "sqlplan.h"
#include "sqlrows.h"
#include "sqlschema.h"

#define SQLSESSION_SOA	1024

struct sqlsession {
	const struct sqlconf	*conf;
	const struct zone	*zone;
	struct sql		*sql;
	struct sql_statement	*statements[SQLSTATEMENTS];
	char			 domain[24];
	char			 pattern[NAME_SIZE + 8];
	char			 soa[SQLSESSION_SOA];
	bool			 has_soa;	/* the schema does; then soa and serial are what it says */
	uint32_t		 serial;
	struct sqlorder		 order;
	const char		*fault;		/* of the zone, found while it was read */
	char			*why;		/* PUBLISHER_WHY; told whenever a status is not ST_OK */
};

/*
 * Connect, prepare all statements, and learn about the zone; conf and why must outlive it. The statuses are those of
 * sql.h; ST_CONFIG also when the database has no such zone, or not one that can be changed. Close it in any case.
 */
enum status	sqlsession_open(struct sqlsession *, const struct sqlconf *, const struct zone *, char *why);
void		sqlsession_close(struct sqlsession *);

/* Has the zone names two labels below its own? */
enum status	sqlsession_has_deep(struct sqlsession *, bool *has);

/* Add the rows of a name; NULL: of the whole zone. */
enum status	sqlsession_read(struct sqlsession *, const char *name, struct sqlrows *);

/* The number that is this word (0: the first) of an SOA's text, and where it stands (at may be NULL); or false. */
bool		sqlsession_soa_number(const char *soa, unsigned word, uint32_t *number, size_t *at);

/* One transaction: the part of the plan from one step to the other, and a new serial, which is then the session's. */
enum status	sqlsession_apply(struct sqlsession *, const struct sqlplan *, struct sqlstep from, struct sqlstep to,
		    time_t wall);

#endif
