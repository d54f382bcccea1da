/* SPDX-License-Identifier: ISC */
/*
 * From a failure to a line that says what is wrong and what to do about it, and its exit code. Decides nothing else.
 */
#ifndef DYNLEASE_PROBLEM_H
#define DYNLEASE_PROBLEM_H

#include <stdbool.h>

#include "config.h"
#include "identity.h"
#include "lib/status.h"
#include "report.h"

struct problem_place {
	const struct server	*server;
	const char		*address;	/* of the server, text; NULL when not known */
	const char		*doing;		/* "connecting", for a timeout */
	const struct identity	*identity;	/* what we have shown */
};

/* Is there just no way to that address from here, so that another family may do? */
bool	problem_is_no_route(int error);

void	problem_resolve(struct report *, const struct server *, enum status, const char *why);
void	problem_connect(struct report *, const struct problem_place *, enum status, int error);
void	problem_channel(struct report *, const struct problem_place *, enum status, const char *why);
void	problem_login(struct report *, const struct problem_place *, int code, const char *text);
void	problem_host(struct report *, const struct problem_place *, const char *host, int code, const char *text);

#endif
