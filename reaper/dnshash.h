/* SPDX-License-Identifier: ISC */
/*
 * Hashed names of NSEC3 (RFC 5155 5). Pure.
 */
#ifndef DYNLEASE_DNSHASH_H
#define DYNLEASE_DNSHASH_H

#include <stdint.h>

#include "lib/status.h"

#define DNSHASH_TEXT	33	/* 32 digits of base32hex and the NUL */
#define DNSHASH_SALT	255

struct dnshash {
	uint16_t	iterations;
	uint8_t		salt_len;
	uint8_t		salt[DNSHASH_SALT];
};

/* From the text of an NSEC3PARAM record, "1 0 ITERATIONS SALT". ST_INVALID: it is none, or not of SHA-1. */
enum status	dnshash_parse(const char *text, struct dnshash *, unsigned *flags);

/* The hash of a name of name_parse()'s form, in lower case. ST_NOMEM. */
enum status	dnshash_name(const struct dnshash *, const char *name, char text[DNSHASH_TEXT]);

#endif
