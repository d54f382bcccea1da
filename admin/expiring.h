/* SPDX-License-Identifier: ISC */
/*
 * All that ends on a date: the server's certificate, roots and revocation lists, certificates of clients and keys of
 * accounts. What was revoked, or has something newer in its place, is left out.
 */
#ifndef DYNLEASE_EXPIRING_H
#define DYNLEASE_EXPIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "lib/settings.h"
#include "lib/status.h"

#define EXPIRING_WHAT	512

enum expiring_kind { EXPIRING_SERVER, EXPIRING_ROOT, EXPIRING_CRL, EXPIRING_CLIENT, EXPIRING_CREDENTIAL };

struct expirings {
	size_t		 n, room;
	struct expiring {
		enum expiring_kind	kind;
		char			what[EXPIRING_WHAT];	/* printable ASCII */
		time_t			until;
		const char		*remedy;		/* a command, or NULL: none of ours */
	}		*list;		/* what ends first is first */
	const char	*unread;	/* a file that this user may not read, or that makes no sense; or NULL */
};

/* Zero it to begin; free with expirings_free(). ST_NOMEM. What is not there does not end. */
enum status	expirings_collect(const struct settings *, struct expirings *);
void		expirings_free(struct expirings *);

/* "expires in 6 d 3 h", "expired 2 d ago". */
#define EXPIRING_WHEN	80
const char	*expiring_when(const struct expiring *, time_t now, char text[EXPIRING_WHEN]);

#endif
