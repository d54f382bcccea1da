/* SPDX-License-Identifier: ISC */
/*
 * Inside of the certificates, for certificate*.c only: what they build of and read with.
 */
#ifndef DYNLEASE_CERTIFICATE_PART_H
#define DYNLEASE_CERTIFICATE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "status.h"

#define DAY		(24 * 60 * 60L)
#define HOUR		(60 * 60L)	/* certificates begin so long before now: clocks differ */

/* certificate_issuer.h */
struct issuer {
	EVP_PKEY	*key;
	X509		*root;
};

/*
 * An unsigned certificate of version 3 for key, with a random serial and a subject that is only a common name. No
 * issuer, no extension. NULL: OpenSSL says why.
 */
X509		*part_new(EVP_PKEY *key, const char *name, time_t from, time_t until);

/* value is in the syntax of x509v3_config(5). */
bool		 part_extend(X509 *, X509 *issuer, int nid, const char *value);

/* What was written to bio, NUL-terminated, malloc'ed. NULL: nothing, or out of memory. */
char		*part_text(BIO *, size_t *len);
char		*part_certificate_text(X509 *);

/* Without a passphrase, out of memory that OpenSSL wipes. */
char		*part_key_text(EVP_PKEY *, size_t *len);

/* Seconds since 1970; 0: no time that makes sense. */
time_t		 part_time(const ASN1_TIME *);

/* What OpenSSL has to say goes to the log. ST_SYSTEM. */
enum status	 part_complain(const char *what);

/* The public key of a request in PEM that is signed by it. ST_INVALID: why says what is wrong, in printable ASCII. */
enum status	 part_request(const char *pem, EVP_PKEY **, const char **why);

#endif
