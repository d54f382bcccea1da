/* SPDX-License-Identifier: ISC */
/*
 * Certificates of clients (RFC 5280), judged by the CA that the operator trusts, and what they say of their holder.
 * Bytes from the network go into OpenSSL's parser and verifier here, and come out as a verdict; nothing of them is
 * printed.
 */
#ifndef DYNLEASE_CHAIN_H
#define DYNLEASE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "credential.h"
#include "status.h"

#define CHAIN_MOST	5	/* certificates taken from a peer */
#define CHAIN_NAMES	64	/* alternative names that are looked at; a certificate with more bears nothing */
#define CHAIN_WHY	256	/* bytes of an explanation, with the NUL */

/* What a peer has shown, as DER, its own first. Zero it to begin; free with certificates_free(). */
struct certificates {
	size_t	n;
	struct certificate_der {
		uint8_t	*bytes;		/* malloc'ed */
		size_t	 len;
	}	list[CHAIN_MOST];
};
void		certificates_free(struct certificates *);

/* Whose certificates count. */
struct authority;

struct authority_plan {
	const char	*ca;		/* PEM: one root or more, each accepted; intermediates may stand beside them */
	const char	*crl;		/* PEM: a CRL of each CA in the chain */
	unsigned	 depth;		/* intermediate CAs allowed */
};

/*
 * Opens the files and reads nothing: that is done when a certificate is to be judged. Files that are missing are told
 * then, too. ST_NOMEM.
 */
enum status	authority_open(const struct authority_plan *, struct authority **);
void		authority_free(struct authority *);	/* NULL is fine */

/*
 * Is this a client's certificate of one of the roots, valid now, and not revoked? It must be allowed clientAuth by
 * its extended key usage, by name. ST_OK; ST_DENIED: no; ST_CONFIG: the CA or a CRL is missing, cut, out of date or of
 * another issuer, so that nobody's certificate counts. A stranger's certificate never gives ST_CONFIG for a CRL: they
 * are read once the chain is known to be good. why says more, in printable ASCII, and holds nothing from the peer.
 *
 * Two roots may have one subject. If they have different keys, certificates and CRLs must name their issuer's key
 * (authority key identifier, RFC 5280 section 4.2.1.1), as those of every CA worth its name do.
 */
enum status	authority_judge(struct authority *, const struct certificates *, time_t now, char why[CHAIN_WHY]);

/*
 * What the peer's own certificate may be known by: the values of credentials of kind "cert" ("dns:h.example.org",
 * escaped, byte for byte), each given to visit() until that returns true, and then true. Only to be believed of a
 * certificate that authority_judge() accepts. A serial is the CA's word: two CAs may have used the same.
 *
 * A certificate with two common names has none, as has one whose name is in an encoding that is not ASCII's superset;
 * one with over CHAIN_NAMES alternative names, or with two lists of them, has nothing at all. Values that do not fit
 * in CREDENTIAL_VALUE are left out.
 */
bool		certificates_bear(const struct certificates *, bool (*visit)(const void *, const char *value),
		    const void *arg);

#endif
