/* SPDX-License-Identifier: ISC */
/*
 * Names of hosts, accounts and zones: LDH labels (RFC 1123 2.1, RFC 952) of 1 to 63 bytes, at most 253 bytes
 * in all (RFC 1035 2.3.4), kept in lower case and without the final dot. Pure.
 */
#ifndef DYNLEASE_NAME_H
#define DYNLEASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#define NAME_SIZE	254	/* 253 bytes and the NUL */

/* Check text (len bytes, may hold any byte), fold it to lower case, drop one final dot. ST_INVALID: not a name. */
enum status	name_parse(const char *text, size_t len, char name[NAME_SIZE]);

/* Is name zone itself, or below it? Both must come from name_parse(). */
bool		name_is_within(const char *name, const char *zone);

#endif
