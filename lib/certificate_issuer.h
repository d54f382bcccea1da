/* SPDX-License-Identifier: ISC */
/*
 * A certificate authority of one level (RFC 5280): its key, and its root. It makes certificates of clients, and lists
 * of those that count no more. Texts only: what is written where is the caller's.
 */
#ifndef DYNLEASE_CERTIFICATE_ISSUER_H
#define DYNLEASE_CERTIFICATE_ISSUER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "certificate.h"
#include "status.h"

struct issuer;

/* A new P-256 key, and a root for it that is called name (LDH and blanks) and good until then. ST_SYSTEM: logged. */
enum status	issuer_make(const char *name, time_t now, time_t until, struct issuer **);

/*
 * Key (PKCS #8) and root out of one PEM text. ST_DENIED: it is not this passphrase; ST_LOCKED: there is none though
 * the key is sealed; ST_DAMAGED: not both, or they do not fit.
 */
enum status	issuer_open(const char *pem, const char *passphrase, struct issuer **);
void		issuer_free(struct issuer *);	/* NULL is fine */

/* Is the key in this text sealed by a passphrase? */
bool		issuer_is_sealed(const char *pem);

/*
 * The same text again, malloc'ed; wipe it. The key is sealed with AES-256 and scrypt (RFC 7914), or open when the
 * passphrase is NULL. ST_SYSTEM: logged.
 */
enum status	issuer_text(const struct issuer *, const char *passphrase, char **text, size_t *len);

/* The root alone, malloc'ed. NULL: out of memory. */
char		*issuer_root(const struct issuer *);

/*
 * Another root in the place of this one: same key, same name, same key identifier, so that all it has signed goes on
 * to be good. ST_SYSTEM: logged.
 */
enum status	issuer_renew(struct issuer *, time_t now, time_t until);

struct issue {
	const char	*name;		/* whom it is for: LDH */
	time_t		 now, until;	/* cut at the end of the root */
	const char	*request;	/* PEM (PKCS #10), for whose key it is; or NULL: for a new one */
};

/*
 * A certificate of a TLS client. pair->key stays NULL when there is a request. ST_INVALID: why tells what is wrong
 * with the request, in printable ASCII; ST_SYSTEM: logged.
 */
enum status	issuer_sign(const struct issuer *, const struct issue *, struct certificate_pair *, const char **why);

/* Has the issuer's key signed this certificate (PEM)? */
bool		issuer_has_signed(const struct issuer *, const char *pem);

struct revocations {
	size_t	n;
	const struct revoked {
		char	serial[CERTIFICATE_SERIAL];
		time_t	when;
	}	*list;
	time_t	now, until;	/* how long the list is good */
	unsigned long long after;	/* the number of the list before */
};

/* A revocation list, malloc'ed PEM. ST_SYSTEM: logged. */
enum status	issuer_revoke(const struct issuer *, const struct revocations *, char **pem);

#endif
