/* SPDX-License-Identifier: ISC */
/*
 * The commands of the program that speak to servers: a row each says what is sent and what becomes of the answer.
 */
#ifndef DYNLEASE_VERB_H
#define DYNLEASE_VERB_H

#include <stdbool.h>

#include "lib/status.h"
#include "report.h"

struct verb {
	const char	*command;	/* on our command line */
	const char	*word;		/* in the dialect */
	const char	*help;
	bool		 every_family;	/* of an address: done over IPv4 and IPv6; else over the first that works */
	/* Take the text of a 250 about host. ST_PROTOCOL: it makes no sense. */
	enum status	(*take)(struct report *, const char *server, const char *host, const char *text);
	/* At the end, when not NULL. */
	void		(*finish)(const struct report *);
};

/* Ends with command NULL. */
extern const struct verb verbs[];
const struct verb	*verb_find(const char *command);

#endif
