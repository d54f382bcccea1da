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

#include "status.h"

#define CHAIN_MOST	5	/* certificates taken from a peer */
#define CHAIN_WHY	128	/* bytes of an explanation, with the NUL */

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
	const char	*ca;		/* PEM: one root or more, each accepted */
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
 * Is this a client's certificate of one of the roots, valid now, and not revoked? It must be allowed clientAuth by its
 * extended key usage. ST_OK; ST_DENIED: no; ST_CONFIG: the CA or a CRL is missing, cut, out of date or of another
 * issuer, so that nobody's certificate counts. why says more, in printable ASCII, and holds nothing from the peer.
 */
enum status	authority_judge(struct authority *, const struct certificates *, time_t now, char why[CHAIN_WHY]);

/*
 * Does the peer's own certificate hold this value of a credential of kind "cert" ("dns:h.example.org"), byte for byte?
 * Only to be believed of a certificate that authority_judge() accepts. A certificate with two common names has none;
 * one with over 64 alternative names has none of those.
 */
bool		certificates_bear(const struct certificates *, const char *value);

#endif
