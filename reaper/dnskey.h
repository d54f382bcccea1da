/* SPDX-License-Identifier: ISC */
/*
 * The key of TSIG (RFC 8945), which a server and its updaters share. ldns signs and verifies; the rules about what a
 * signature must be are here. Its own copies of the secret live in memory it frees until the process ends.
 */
#ifndef DYNLEASE_DNSKEY_H
#define DYNLEASE_DNSKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <ldns/ldns.h>

#include "lib/name.h"
#include "lib/status.h"

#define DNSKEY_SECRET	256	/* bytes of the longest secret in base64, with the NUL */
#define DNSKEY_LEAST	16	/* bytes of the shortest secret */

struct dns_key {
	const char	*name;
	char		 algorithm[16];		/* with its final dot */
	char		 secret[DNSKEY_SECRET];	/* base64 */
};

/* The one is known to ldns and strong enough: hmac-sha256, hmac-sha512. Pure. */
bool		dnskey_is_algorithm(const char *);

/*
 * Read the secret of the key, a line of base64 in a file that only its owner may read. name must outlive the key;
 * wipe it with dnskey_wipe(), also after a failure. ST_CONFIG: why tells what is wrong with the file.
 */
enum status	dnskey_read(const char *name, const char *algorithm, const char *file, struct dns_key *, char *why,
		    size_t whysize);
void		dnskey_wipe(struct dns_key *);

/* Sign a message with the time of now. *mac: to verify the reply with; ldns_rdf_deep_free() it. ST_NOMEM. */
enum status	dnskey_sign(const struct dns_key *, ldns_pkt *, ldns_rdf **mac);

/* What a reply is to be held against. */
struct dns_signature {
	const ldns_rdf	*mac;		/* of the request, or of the message before this one */
	bool		 is_first;	/* of the messages that answer the request (RFC 8945 5.3.1) */
};

/* Is the message signed by this key, whole, within the time that is allowed, and the answer to that? */
bool		dnskey_verify(const struct dns_key *, ldns_pkt *, const uint8_t *wire, size_t len,
		    const struct dns_signature *);

/*
 * The MAC of a signed message, to verify the next one with; ldns_rdf_deep_free() it. NULL: it has none, or no
 * memory.
 */
ldns_rdf	*dnskey_mac(const ldns_pkt *);

enum { DNSKEY_BADSIG = 16, DNSKEY_BADKEY = 17, DNSKEY_BADTIME = 18 };

/* The error of a message's TSIG (RFC 8945 3), one of those or another; 0: none, or it has no TSIG. */
unsigned	dnskey_error(const ldns_pkt *);

/* With BADTIME: the time of the server; 0: it does not say. */
time_t		dnskey_time(const ldns_pkt *);

#endif
