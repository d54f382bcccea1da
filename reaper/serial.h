/* SPDX-License-Identifier: ISC */
/*
 * Serial numbers of zones: their arithmetic (RFC 1982) and the three styles people write them in. Pure.
 */
#ifndef DYNLEASE_SERIAL_H
#define DYNLEASE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum serial_style { SERIAL_UNIXTIME, SERIAL_DATE, SERIAL_PLAIN };

/* "unixtime", "date" or "plain". */
bool		serial_parse_style(const char *text, enum serial_style *);

/* RFC 1982 3.2: is a newer than b? False also where the RFC leaves it undefined. */
bool		serial_is_newer(uint32_t a, uint32_t b);

/*
 * The serial to publish after old: newer than it in serial arithmetic, and in the style's look (seconds since 1970;
 * YYYYMMDDnn in UTC; plus one) wherever that is newer. Never 0.
 */
uint32_t	serial_next(enum serial_style, uint32_t old, time_t now);

#endif
