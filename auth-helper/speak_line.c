/* SPDX-License-Identifier: ISC */
/*
 * The line dialect: a command a line, an answer a line, and what ends such a conversation. The words are in line.c.
 */
#include <string.h>
#include <strings.h>

#include "lib/secret.h"

#include "session.h"

#define COMMANDS_MAX	16
#define ERRORS_MAX	3

/* One line. *error: the client did not speak as agreed; *over: it wants to leave. */
static enum status
converse(struct session *s, char *line, bool *error, bool *over)
{
	char *words[LINE_WORDS] = { NULL }, text[LINE_SIZE];
	const size_t n = line_split(line, words);
	struct verdict verdict;
	struct request req;
	const char *wrong;

	*error = true;
	if (n > 0 && strcasecmp(words[0], "QUIT") == 0) {
		*over = true;
		return session_say(s, "221 bye");
	}
	if ((wrong = line_request(words, n, &req)) != NULL)
		return session_say(s, "%s", wrong);
	judge_request(s->judge, &req, &verdict);
	line_answer(req.verb, &verdict, text);
	secret_wipe(&req, sizeof(req));
	session_forget(s);
	*error = verdict.st == ST_INVALID;
	return session_say(s, "%s", text);
}

bool
line_recognise(const char *first, size_t len)
{
	(void)first;
	(void)len;
	return true;		/* the last row */
}

/* The end of a conversation that the client has brought about by how it spoke. */
static enum status
give_up(struct session *s, const char *text)
{
	enum status st = session_say(s, "%s", text);

	return st == ST_OK ? ST_PROTOCOL : st;
}

enum status
line_speak(struct session *s)
{
	unsigned errors = 0, commands_left = COMMANDS_MAX;
	bool over = false, error;
	enum status st, line_st;
	char *line;

	while (!over) {
		line_st = session_line(s, &line);
		if (line_st != ST_OK && line_st != ST_INVALID)
			return line_st;
		if (line_st == ST_INVALID)
			return give_up(s, "500 not a line: too long, or not plain ASCII");
		if (commands_left-- == 0)
			return give_up(s, "421 too many commands");
		st = converse(s, line, &error, &over);
		session_forget(s);	/* also a LOGIN that was no request may hold a secret */
		if (st != ST_OK)
			return st;
		if (error && !over && ++errors == ERRORS_MAX)
			return ST_PROTOCOL;
	}
	return ST_OK;
}
