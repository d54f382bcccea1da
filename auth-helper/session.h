/* SPDX-License-Identifier: ISC */
/*
 * A conversation: bytes from the channel, cut into what a dialect reads, and its answers back. Dialects are rows in a
 * table, chosen by the first bytes that the client sends.
 */
#ifndef DYNLEASE_SESSION_H
#define DYNLEASE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/channel.h"
#include "lib/status.h"

#include "judge.h"
#include "line.h"

struct session {
	struct channel	*channel;
	struct judge	*judge;
	char		 buf[2 * LINE_SIZE];
	size_t		 start, end;	/* what was read and not yet used */
};

struct dialect {
	const char	*name;
	/* Is this how it begins? first: at least one byte. The last row takes whatever comes. */
	bool		(*recognise)(const char *first, size_t len);
	/* The whole conversation. ST_OK: held to its end; ST_CLOSED, ST_PROTOCOL, ...: cut off. */
	enum status	(*speak)(struct session *);
};

extern const struct dialect dialects[];		/* ends with name NULL */

/* Converse with the client on a channel that has shaken hands, until one of the two ends it. */
enum status	session_run(struct channel *, struct judge *);

/*
 * The next line without its LF or CRLF, NUL-terminated, valid until the next call. ST_INVALID: too long, or it holds
 * a NUL, a bare CR or any byte outside 0x20-0x7e (the line is used up, but for one too long). ST_CLOSED: no more
 * whole lines; a cut one is never given out.
 */
enum status	session_line(struct session *, char **line);
enum status	session_say(struct session *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Overwrite what was read so far and is used: it may hold a secret. */
void		session_forget(struct session *);

/* Each row's functions, in a file speak_NAME.c. */
bool		line_recognise(const char *first, size_t len);
enum status	line_speak(struct session *);

#endif
