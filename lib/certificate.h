/* SPDX-License-Identifier: ISC */
/*
 * Certificates: making a self-signed one, and looking at those that are there, and at revocation lists. Keys and
 * dates; no network. What a CA does is in certificate_issuer.h.
 */
#ifndef DYNLEASE_CERTIFICATE_H
#define DYNLEASE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "fingerprint.h"
#include "name.h"
#include "status.h"

#define CERTIFICATE_DAYS	3650	/* of a self-signed one: it is pinned elsewhere, where a new one must be told */

/* Two PEM texts, NUL-terminated, malloc'ed. */
struct certificate_pair {
	char	*certificate;
	char	*key;
	size_t	 keylen;
};

enum certificate_use { CERTIFICATE_SERVER, CERTIFICATE_CLIENT };

/*
 * A new P-256 key and a certificate for it that is its own issuer: for name (a DNS name or an address) as one side of
 * TLS and for nothing else, not a CA, from an hour before now. ST_SYSTEM: logged.
 */
enum status	certificate_make(const char *name, enum certificate_use, time_t now, struct certificate_pair *);
void		certificate_pair_free(struct certificate_pair *);	/* wipes the key */

struct certificate {
	char	 name[NAME_SIZE];	/* the first name or address it is for, or "" */
	char	 fingerprint[FINGERPRINT_SIZE];	/* of its public key, as the other side sees it: channel_key() */
	bool	 self_signed;
	int64_t	 begun;			/* seconds since its first one; negative: not valid yet */
	int64_t	 left;			/* seconds until its last one; negative: over */
	char	*pem;			/* the text of the first certificate in the file, malloc'ed */
};

/* Look at the first certificate of a PEM file. ST_SYSTEM: unreadable; ST_DAMAGED: no certificate. Free pem. */
enum status	certificate_look(const char *path, time_t now, struct certificate *);

/* Does the key in the one file fit the certificate in the other? ST_SYSTEM, ST_DAMAGED; ST_INVALID: it does not. */
enum status	certificate_fits(const char *certificate, const char *key);

#define CERTIFICATE_SERIAL	41	/* 20 bytes in upper-case hexadecimal without leading zeros, with the NUL */
#define CERTIFICATE_KEY		65	/* an identifier of a key in hexadecimal, cut if it is longer */
#define CERTIFICATE_SUBJECT	80

/* What a certificate, or a list of a CA's that are revoked, says of itself. */
struct certificate_facts {
	char		serial[CERTIFICATE_SERIAL];
	char		subject[CERTIFICATE_SUBJECT];	/* its common name, or "", in printable ASCII */
	char		name[NAME_SIZE];		/* as above */
	char		key[CERTIFICATE_KEY];		/* its key's identifier, or "" */
	char		by[CERTIFICATE_KEY];		/* that of who has signed it, or "" */
	time_t		from, until;
	unsigned long long number;			/* of a list */
};

/* The first, or the first after *at, of a PEM text; *at moves behind it. ST_NOTFOUND: no more; ST_DAMAGED. */
enum status	certificate_next(const char **at, struct certificate_facts *);

/* The same of a text of revocation lists. subject is the issuer's; serial, name and key are "". */
enum status	certificate_next_list(const char **at, struct certificate_facts *);

struct certificates;	/* chain.h */

/* The first certificate of a PEM text as a client would show it. ST_DAMAGED. Free with certificates_free(). */
enum status	certificate_show(const char *pem, struct certificates *);

#endif
