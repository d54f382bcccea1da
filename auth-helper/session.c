/* SPDX-License-Identifier: ISC */
/*
 * The conversation's plumbing and the table of dialects. Knows bytes and lines, but no verb.
 */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/secret.h"

const struct dialect dialects[] = {
	{ "line", line_recognise, line_speak },
	{ NULL, NULL, NULL }
};

/* Read more behind what there is. ST_INVALID: no room, so a line is too long. */
static enum status
fill(struct session *s)
{
	size_t got;
	enum status st;

	if (s->start > 0) {
		memmove(s->buf, s->buf + s->start, s->end - s->start);
		secret_wipe(s->buf + s->end - s->start, s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (s->end >= LINE_SIZE)
		return ST_INVALID;
	if ((st = channel_read(s->channel, s->buf + s->end, sizeof(s->buf) - s->end, &got)) == ST_OK)
		s->end += got;
	return st;
}

enum status
session_line(struct session *s, char **line)
{
	char *end;
	size_t len;
	enum status st;

	while ((end = memchr(s->buf + s->start, '\n', s->end - s->start)) == NULL)
		if ((st = fill(s)) != ST_OK)
			return st;
	*line = s->buf + s->start;
	len = (size_t)(end - *line);
	s->start += len + 1;
	if (len + 1 > LINE_SIZE)
		return ST_INVALID;
	if (len > 0 && (*line)[len - 1] == '\r')
		len--;
	(*line)[len] = '\0';
	return line_is_plain(*line, len) ? ST_OK : ST_INVALID;
}

void
session_forget(struct session *s)
{
	secret_wipe(s->buf, s->start);
}

enum status
session_say(struct session *s, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text) - 1)
		return ST_INVALID;
	text[len++] = '\n';
	return channel_write(s->channel, text, (size_t)len);
}

enum status
session_run(struct channel *channel, struct judge *judge)
{
	struct session session = { .channel = channel, .judge = judge };
	const struct dialect *dialect = dialects;
	enum status st;

	if ((st = fill(&session)) != ST_OK)
		return st;
	while (!dialect->recognise(session.buf, session.end))
		dialect++;
	st = dialect->speak(&session);
	secret_wipe(session.buf, sizeof(session.buf));
	return st;
}
