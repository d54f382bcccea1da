/* SPDX-License-Identifier: ISC */
/*
 * What an account knows its hosts by, besides a password: a line each, kept in the account's record.
 *
 *	key SHA256:x4jHT...7Xo expires=2027-01-01T00:00:00Z from=198.51.100.0/24,2001:db8::/32 # the laptop
 *	cert dns:laptop.dyn.example.org # issued by our CA
 *	ssh ssh-ed25519:AAAAC3...
 *
 *   key   the fingerprint of a public key (fingerprint.h)
 *   cert  "TYPE:VALUE": what a certificate of our CA must hold, byte for byte: dns, email, uri (one of its alternative
 *         names), cn (its only common name) or serial (upper-case hexadecimal, without leading zeros)
 *   ssh   "TYPE:BASE64", a key as in authorized_keys, with a colon for the blank
 *
 * In a value, bytes outside 0x21-0x7e, "%" and "#" stand as %XX. Pure.
 */
#ifndef DYNLEASE_CREDENTIAL_H
#define DYNLEASE_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "address.h"
#include "status.h"

#define CREDENTIALS_SIZE	3072	/* all the lines of an account, with the NUL */
#define CREDENTIAL_VALUE	1024	/* with the NUL */
#define CREDENTIAL_COMMENT	80
#define CREDENTIAL_LINE		(CREDENTIAL_VALUE + NETWORKS_MAX * NETWORK_TEXT + CREDENTIAL_COMMENT + 64)

enum credential_kind { CREDENTIAL_KEY, CREDENTIAL_CERT, CREDENTIAL_SSH };

struct credential {
	enum credential_kind	kind;
	char			value[CREDENTIAL_VALUE];
	time_t			expires;	/* not from then on; 0: never */
	struct networks		from;		/* only for connections from there; none: from anywhere */
	char			comment[CREDENTIAL_COMMENT];	/* printable ASCII, without "#"; or "" */
};

/* "key", "cert", "ssh". */
const char	*credential_word(enum credential_kind);

/* The line without a newline; its length. Of a credential that credential_judge() accepts. */
size_t		credential_print(const struct credential *, char line[CREDENTIAL_LINE]);

/* A line of len bytes. ST_INVALID: not one, or its value is none of its kind. */
enum status	credential_parse(const char *line, size_t len, struct credential *);

/* Is its value one of its kind, in its one spelling, and its comment printable? ST_INVALID: no. */
enum status	credential_judge(const struct credential *);

/* "%20" for a blank and so on. False: it does not fit. */
bool		credential_escape(const void *bytes, size_t len, char *text, size_t size);

/* The next of an account's lines; *at begins as the lines' first byte. False: no more. Lines must parse. */
bool		credentials_next(const char **at, struct credential *);

/* Do the lines hold one of this kind and value? It is put to *found, unless that is NULL. */
bool		credentials_find(const char *lines, enum credential_kind, const char *value,
		    struct credential *found);

/* ST_EXISTS: kind and value are there already; ST_FULL. */
enum status	credentials_add(char lines[CREDENTIALS_SIZE], const struct credential *);

/* ST_NOTFOUND. */
enum status	credentials_del(char lines[CREDENTIALS_SIZE], enum credential_kind, const char *value);

/* Does it count now, for a connection from there? */
bool		credential_holds(const struct credential *, const struct address *from, time_t now);

#endif
