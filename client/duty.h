/* SPDX-License-Identifier: ISC */
/*
 * What the daemon has taken on: to keep the leases of one server's hosts in one address family. Each duty has its own
 * times and its own child, so none waits for another.
 */
#ifndef DYNLEASE_DUTY_H
#define DYNLEASE_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "config.h"
#include "report.h"
#include "schedule.h"

#define DUTY_LABEL	(NAME_SIZE + 8)

struct duty {
	const struct server	*server;
	unsigned		 family;		/* one FAMILY_ bit */
	char			 label[DUTY_LABEL];	/* "dyn.example.net IPv4" */
	struct schedule		 schedule;
	struct attempt		 attempt;
	struct address		 address;		/* leased last */
	int			 code;			/* how the last attempt ended: sysexits(3) */
	bool			 soft;			/* why is of no account when another family works */
	char			 why[REPORT_TEXT];	/* it fails; "": it does not */
};

void		duty_make(struct duty *, const struct server *, unsigned family, uint64_t now);

/* If it is time, begin an attempt. */
void		duty_begin(struct duty *, uint64_t now);

/* If an attempt is over, draw the conclusions. */
bool		duty_finish(struct duty *, uint64_t now);

/* When to call these again. */
uint64_t	duty_next(const struct duty *);

#endif
