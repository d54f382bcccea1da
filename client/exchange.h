/* SPDX-License-Identifier: ISC */
/*
 * One conversation: login, a command for each host, quit, all sent in one flight.
 */
#ifndef DYNLEASE_EXCHANGE_H
#define DYNLEASE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"
#include "report.h"
#include "transport.h"
#include "verb.h"

struct exchange {
	const struct verb		*verb;
	const struct problem_place	*place;
	const char			(*hosts)[NAME_SIZE];
	size_t				 n;	/* at most TALK_HOSTS */
	const char			*address;	/* to be leased, or NULL: the one that the server sees */
};

/* False: there is no point in going on with this server; the reason is in the report. */
bool	exchange_run(struct transport *, const struct exchange *, struct report *);

#endif
