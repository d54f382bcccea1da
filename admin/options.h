/* SPDX-License-Identifier: ISC */
/*
 * The options of one command, by a table; they and the operands may come in any order.
 */
#ifndef DYNLEASE_OPTIONS_H
#define DYNLEASE_OPTIONS_H

#include <stddef.h>

#include "admin.h"

#define OPTIONS_MAX	16

#define OPTION_WORD	""	/* as otherwise: the option takes no value */

struct option_row {
	const char	*name;		/* "--name VALUE" */
	size_t		 offset;	/* of a const char * in values; NULL there: not given */
	const char	*otherwise;	/* not NULL: the value is a number, may be left out, and is this then */
};

/*
 * Take the options out of admin's words and leave least to most operands. rows end with name NULL.
 * ST_INVALID: one line was said on stderr; the program ends with EX_USAGE.
 */
enum status	options_take(struct admin *, const struct option_row *rows, void *values);
enum status	options_operands(const struct admin *, int least, int most);

/* One line: what is wrong, and how it goes. Returns EX_USAGE. */
int		options_wrong(const struct admin *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
