/* SPDX-License-Identifier: ISC */
/*
 * The statements of each schema. A schema is one row: texts, and which values they take and give.
 */
#ifndef DYNLEASE_SQLSCHEMA_H
#define DYNLEASE_SQLSCHEMA_H

#include "sqlconf.h"

#define SQLSCHEMA_TEXT	4096

enum sqldeed {
	SQL_DOMAIN,		/* the zone's number, and whether it is a primary's */
	SQL_METADATA,
	SQL_KEYS,		/* how many are active */
	SQL_DEEP,		/* a row when there is a name two labels below the zone */
	SQL_SOA,		/* its content */
	SQL_LOCK,		/* the same, held until the transaction ends */
	SQL_SELECT,		/* the rows of a name */
	SQL_LIST,		/* of the zone */
	SQL_INSERT,
	SQL_DELETE,
	SQL_RAISE,		/* the serial */
	SQLSTATEMENTS
};

/*
 * Each letter is a value: z the zone's name, d its number, p a pattern for names two labels below it, s a new SOA; of
 * a row i its number, n name, t type, c content, l TTL, x disabled, o ordername, a auth.
 */
struct sqltext {
	const char	*text;		/* NULL: the schema has no need of it. @ is the table */
	const char	*takes, *gives;
};

/* A statement of the section's schema, the table filled in; false: there is none. */
bool		sqlschema_text(const struct sqlconf *, enum sqldeed, char text[SQLSCHEMA_TEXT], struct sqltext *);

#endif
