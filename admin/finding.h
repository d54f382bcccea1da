/* SPDX-License-Identifier: ISC */
/*
 * What check found: a list, and its printing as Nagios and people read it, or as JSON.
 */
#ifndef DYNLEASE_FINDING_H
#define DYNLEASE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#define FINDING_TEXT	700

/* The numbers are Nagios' exit codes. */
enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };

struct finding {
	enum level	level;
	char		text[FINDING_TEXT];	/* printable ASCII, one line */
};

struct findings {
	size_t		 n, room;
	struct finding	*list;
	bool		 lost;		/* out of memory */
};

void		 findings_add(struct findings *, enum level, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
const char	*level_text(enum level);

/* The graver of the two: OK, WARNING, UNKNOWN, CRITICAL. Pure. */
enum level	 level_worse(enum level, enum level);
enum level	 findings_worst(const struct findings *);

/* A summary in one line, then a line for each, the gravest first. */
void		 findings_print(const struct findings *);
void		 findings_print_json(const struct findings *);
void		 findings_free(struct findings *);

#endif
