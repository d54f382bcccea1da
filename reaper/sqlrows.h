/* SPDX-License-Identifier: ISC */
/*
 * Records of a zone as rows of a database: each value as text, or NULL. Pure.
 */
#ifndef DYNLEASE_SQLROWS_H
#define DYNLEASE_SQLROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/status.h"

enum sqlfield {
	SQL_ID,
	SQL_NAME,		/* never NULL; may be in upper case, or no name at all */
	SQL_TYPE,		/* NULL: an empty non-terminal of PowerDNS */
	SQL_CONTENT,
	SQL_TTL,
	SQL_DISABLED,
	SQL_ORDER,		/* ordername of PowerDNS */
	SQL_AUTH,
	SQLFIELDS
};

struct sqlrow {
	const char	*field[SQLFIELDS];
	char		*bytes;			/* of all of them */
};

struct sqlrows {
	size_t		 n, room;
	struct sqlrow	*list;
};

/* Add a copy. ST_NOMEM. */
enum status	sqlrows_add(struct sqlrows *, const char *const field[SQLFIELDS]);
void		sqlrows_free(struct sqlrows *);

/* In order of name, as strcasecmp(3) has it. */
void		sqlrows_sort(struct sqlrows *);

/* How many rows of sorted ones the name has, and which is the first. */
size_t		sqlrows_find(const struct sqlrows *, const char *name, size_t *first);

/* Is it of this type, and shown? */
bool		sqlrow_is(const struct sqlrow *, const char *type);
bool		sqlrow_is_shown(const struct sqlrow *);
bool		sqlrow_is_gap(const struct sqlrow *);	/* an empty non-terminal */

/* The same, also of one that is not shown. */
bool		sqlrow_has_type(const struct sqlrow *, const char *type);
bool		sqlrow_is_address(const struct sqlrow *);	/* A or AAAA */

/* Two names as strcasecmp(3) has them, but for a final dot. */
int		sqlrow_compare_names(const char *, const char *);

#endif
