/* SPDX-License-Identifier: ISC */
/*
 * Days and years in options of ca.
 */
#include <bsd/stdlib.h>

#include "ca.h"
#include "lib/log.h"

enum status
ca_number(const char *option, const char *text, long most, long otherwise, long *number)
{
	const char *error = NULL;

	*number = otherwise;
	if (text == NULL)
		return ST_OK;
	*number = (long)strtonum(text, 1, most, &error);
	if (error == NULL)
		return ST_OK;
	log_error("%s %s: needs a number from 1 to %ld; nothing was changed", option, text, most);
	return ST_INVALID;
}

/* To the day of the calendar, as people count. */
time_t
ca_years(time_t now, long years)
{
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return now + years * 365 * CA_DAY;
	tm.tm_year += (int)years;
	return timegm(&tm);
}
