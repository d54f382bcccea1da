/* SPDX-License-Identifier: ISC */
/*
 * A secondary takes a zone only when its serial is newer: every serial chosen here is, whatever the old one was.
 */
#include "serial.h"

#include <stddef.h>
#include <string.h>

bool
serial_parse_style(const char *text, enum serial_style *style)
{
	static const char *const styles[] = { [SERIAL_UNIXTIME] = "unixtime", [SERIAL_DATE] = "date",
	    [SERIAL_PLAIN] = "plain" };

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(text, styles[i]) == 0) {
			*style = (enum serial_style)i;
			return true;
		}
	return false;
}

bool
serial_is_newer(uint32_t a, uint32_t b)
{
	const uint32_t ahead = a - b;

	return ahead != 0 && ahead < UINT32_C(0x80000000);
}

/* What the style would like to show now; 0: nothing. */
static uint32_t
wish(enum serial_style style, time_t now)
{
	struct tm tm;

	if (style == SERIAL_UNIXTIME)
		return (uint32_t)now;
	if (style != SERIAL_DATE || gmtime_r(&now, &tm) == NULL || tm.tm_year < 0 || tm.tm_year > 2300)
		return 0;
	return (uint32_t)(tm.tm_year + 1900) * 1000000 + (uint32_t)(tm.tm_mon + 1) * 10000 + (uint32_t)tm.tm_mday * 100;
}

uint32_t
serial_next(enum serial_style style, uint32_t old, time_t now)
{
	const uint32_t wanted = wish(style, now);

	if (wanted != 0 && serial_is_newer(wanted, old))
		return wanted;
	return old == UINT32_MAX ? 1 : old + 1;
}
