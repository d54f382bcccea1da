/* SPDX-License-Identifier: ISC */
/*
 * The words and the exit codes for each outcome, in one table. Nothing else is known here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

#include "status.h"

static const struct {
	const char	*text;
	int		 code;
} statuses[] = {
	[ST_OK] = { "done", EX_OK },
	[ST_NOTFOUND] = { "not found", EX_NOINPUT },
	[ST_EXISTS] = { "exists already", EX_CANTCREAT },
	[ST_INVALID] = { "not valid", EX_DATAERR },
	[ST_DENIED] = { "denied", EX_NOPERM },
	[ST_FORBIDDEN] = { "not yours, or unknown", EX_NOPERM },
	[ST_REFUSED] = { "this address may not be leased", EX_NOPERM },
	[ST_LIMITED] = { "too many failures, try again later", EX_TEMPFAIL },
	[ST_LOCKED] = { "the passwords are locked", EX_TEMPFAIL },
	[ST_NOREAPER] = { "nothing could withdraw the lease, so it is not granted", EX_TEMPFAIL },
	[ST_BUSY] = { "busy, try again later", EX_TEMPFAIL },
	[ST_SUPERSEDED] = { "a younger proof was quicker", EX_TEMPFAIL },
	[ST_FULL] = { "the map or the disk is full", EX_TEMPFAIL },
	[ST_STALE] = { "the table is out of date", EX_TEMPFAIL },
	[ST_DAMAGED] = { "the stored data is damaged", EX_DATAERR },
	[ST_CONFIG] = { "the configuration is wrong", EX_CONFIG },
	[ST_TIMEOUT] = { "the time allowed is over", EX_TEMPFAIL },
	[ST_CLOSED] = { "the other side has closed the connection", EX_TEMPFAIL },
	[ST_PROTOCOL] = { "the other side does not keep to the protocol", EX_PROTOCOL },
	[ST_UNTRUSTED] = { "the other side's certificate is not to be trusted", EX_PROTOCOL },
	[ST_UNPUBLISHED] = { "not published: the place was asked and does not show it", EX_TEMPFAIL },
	[ST_NOMEM] = { "out of memory", EX_OSERR },
	[ST_SYSTEM] = { "the system refused", EX_OSERR },
};

static bool
status_is_known(enum status st)
{
	return (size_t)st < sizeof(statuses) / sizeof(statuses[0]) && statuses[st].text != NULL;
}

const char *
status_text(enum status st)
{
	return status_is_known(st) ? statuses[st].text : "unknown outcome";
}

int
status_exit(enum status st)
{
	return status_is_known(st) ? statuses[st].code : EX_SOFTWARE;
}
