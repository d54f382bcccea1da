/* SPDX-License-Identifier: ISC */
/*
 * What one run of the publisher "dnsupdate" works with, and what it makes of the answers of its server.
 */
#ifndef DYNLEASE_DNSJOB_H
#define DYNLEASE_DNSJOB_H

#include <stdint.h>

#include "lib/status.h"

#include "dnsask.h"
#include "dnsconf.h"
#include "dnsconn.h"
#include "dnskey.h"
#include "publish.h"

struct dns_job {
	const struct zone	*zone;
	struct dnsconf		 conf;
	struct dns_key		 key;		/* wiped when none was read */
	struct dns_server	 server;
	uint64_t		 until;		/* CLOCK_BOOTTIME nanoseconds: begin nothing after it */
	char			 why[PUBLISHER_WHY];
};

/*
 * Read the section, and then the secret. ST_CONFIG: why tells. End it with dnsjob_end(), also after a failure; that
 * wipes the secret.
 */
enum status	dnsjob_begin(struct dns_job *, const struct settings *, const struct zone *,
		    const struct conf_section *);
void		dnsjob_end(struct dns_job *);

/* Put a sentence into why. Returns st. */
enum status	dnsjob_explain(struct dns_job *, enum status st, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

/* What a connection that failed means: ST_CLOSED, ST_TIMEOUT, ST_PROTOCOL, ST_NOMEM. Explained; returns st. */
enum status	dnsjob_lost(struct dns_job *, enum status st);

/*
 * ST_OK: the server did as it was told, and signed that. Otherwise explained, with what is to be done about it:
 * ST_CONFIG: it refuses, or has another key, another time, another zone; ST_PROTOCOL: the answer is not signed as it
 * must be; ST_UNPUBLISHED: it failed. what was asked: "updates", "transfers", "questions".
 */
enum status	dnsjob_judge(struct dns_job *, const struct dns_reply *, const char *what);

#endif
