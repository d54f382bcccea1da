/* SPDX-License-Identifier: ISC */
/*
 * The one vocabulary of outcomes. Every function that can fail returns one of these; 0 is success everywhere.
 * Only programs turn them into exit codes (sysexits) or into an answer to a client.
 */
#ifndef DYNLEASE_STATUS_H
#define DYNLEASE_STATUS_H

enum status {
	ST_OK = 0,
	ST_NOTFOUND,	/* no such record, file or name */
	ST_EXISTS,	/* there is one already */
	ST_INVALID,	/* the input breaks a rule; nothing was changed */
	ST_DENIED,	/* not authenticated: one outcome for every cause */
	ST_FORBIDDEN,	/* authenticated, but not yours (or unknown: the same outcome) */
	ST_REFUSED,	/* this address may not be leased */
	ST_LIMITED,	/* too many failures from there; right or wrong is not looked at */
	ST_LOCKED,	/* the passwords are sealed, and nobody has unlocked them since the machine started */
	ST_NOREAPER,	/* nothing could withdraw the lease later, so it is not granted */
	ST_BUSY,	/* a lock was not to be had in time; nothing was changed */
	ST_SUPERSEDED,	/* a younger proof was quicker; nothing was changed */
	ST_FULL,	/* the map or the disk is full; nothing was changed */
	ST_STALE,	/* the table is of another boot or was set aside */
	ST_DAMAGED,	/* the stored bytes are not ours or make no sense */
	ST_CONFIG,	/* the configuration is wrong; a line on the log says where */
	ST_TIMEOUT,	/* the time allowed for this is over */
	ST_CLOSED,	/* the other side has closed the connection */
	ST_PROTOCOL,	/* the other side does not speak as agreed */
	ST_UNTRUSTED,	/* the other side's certificate is not what we were told to trust */
	ST_UNPUBLISHED,	/* the place was asked afterwards and does not show it */
	ST_NOMEM,	/* out of memory */
	ST_SYSTEM	/* the system said no; errno tells */
};

/* A short English phrase for st, without a final dot; never NULL. */
const char	*status_text(enum status st);

/* The sysexits(3) code a program ends with after st. */
int		 status_exit(enum status st);

#endif
