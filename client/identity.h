/* SPDX-License-Identifier: ISC */
/*
 * Who we are, by a certificate and its key. The key is read here, in the process that speaks to the server, and
 * nowhere else.
 */
#ifndef DYNLEASE_IDENTITY_H
#define DYNLEASE_IDENTITY_H

#include <stdbool.h>

#include "config.h"
#include "lib/channel.h"
#include "lib/status.h"

#define IDENTITY_WHY	1024

struct identity {
	bool	shown;				/* there is one */
	char	fingerprint[FINGERPRINT_SIZE];	/* of its key */
	bool	expired;			/* and not its own issuer: nobody minds the dates of such a one */
};

/*
 * Load what the server's section names, if it does; a server whose key is to be judged sees it only when it is the
 * right one. The server must stay. ST_CONFIG: why says what to do.
 */
enum status	identity_load(const struct server *, struct channel_context *, struct identity *,
		    char why[IDENTITY_WHY]);

#endif
