/* SPDX-License-Identifier: ISC */
/*
 * The line dialect: a verb and its words in, a three-digit code and words out, one line each. It parses and it
 * words the answers; it decides nothing. What a client wrote is never repeated to it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/secret.h"

#include "session.h"

#define COMMANDS_MAX	16
#define ERRORS_MAX	3
#define WORDS_MAX	3	/* of a command, with its verb */

struct command {
	const char	*verb;
	size_t		 least, most;	/* words after the verb */
	enum verb	 asks;
	enum status	(*answer)(struct session *, const struct verdict *);
};

static enum status
answer_login(struct session *s, const struct verdict *verdict)
{
	return session_say(s, "250 %s", verdict->name);
}

static enum status
answer_renew(struct session *s, const struct verdict *verdict)
{
	char address[ADDRESS_TEXT];

	return session_say(s, "250 %s address=%s family=%u lease=%u renew=%u changed=%s", verdict->name,
	    address_text(&verdict->address, address), verdict->address.family, verdict->lease, verdict->renew,
	    verdict->changed ? "yes" : "no");
}

static enum status
answer_release(struct session *s, const struct verdict *verdict)
{
	return session_say(s, "250 %s released", verdict->name);
}

/* An address and the seconds left for each family that is live, IPv4 first. */
static enum status
answer_status(struct session *s, const struct verdict *verdict)
{
	const struct standing *four = &verdict->standing[0], *six = &verdict->standing[1];
	char text[2 * (ADDRESS_TEXT + 32)] = "", address[ADDRESS_TEXT];
	size_t at = 0;

	for (const struct standing *one = four; one <= six; one++)
		if (one->live)
			at += (size_t)snprintf(text + at, sizeof(text) - at, " address=%s left=%u",
			    address_text(&one->address, address), one->left);
	return session_say(s, "250 %s state=%s%s", verdict->name, at > 0 ? "live" : "offline", text);
}

static const struct command commands[] = {
	{ "LOGIN", 1, 2, VERB_LOGIN, answer_login },
	{ "RENEW", 1, 2, VERB_RENEW, answer_renew },
	{ "RELEASE", 1, 1, VERB_RELEASE, answer_release },
	{ "STATUS", 1, 1, VERB_STATUS, answer_status },
	{ NULL, 0, 0, VERB_LOGIN, NULL }
};

/*
 * What is not a success, in words. One text for every cause of a denial, and one for hosts that are not yours or
 * unknown.
 */
static enum status
answer_refusal(struct session *s, const struct verdict *verdict)
{
	switch (verdict->st) {
	case ST_DENIED:
		return session_say(s, "535 denied");
	case ST_FORBIDDEN:
		return session_say(s, "550 not your host");
	case ST_REFUSED:
		return session_say(s, "553 address refused: %s", verdict->reason);
	case ST_INVALID:
		return session_say(s, "503 %s", "LOGIN comes first, and once");
	case ST_LIMITED:
		return session_say(s, "421 try later: too many failed logins");
	case ST_NOREAPER:
		return session_say(s, "421 try later: nothing new is granted now");
	case ST_FULL:
		return session_say(s, "421 try later: full");
	default:
		return session_say(s, "421 try later");
	}
}

/* Split at single or repeated blanks, in place. The number of words, or WORDS_MAX + 1 for too many. */
static size_t
split(char *line, char *words[WORDS_MAX])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
		if (n == WORDS_MAX)
			return n + 1;
		words[n++] = word;
	}
	return n;
}

static bool
copy(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

/* False: a word does not fit. A name too long is no name of ours, and a secret too long no secret. */
static bool
make_request(const struct command *command, char *const *words, size_t n, struct request *req)
{
	memset(req, 0, sizeof(*req));
	req->verb = command->asks;
	if (!copy(req->name, sizeof(req->name), words[1]))
		return false;
	if (n < 3)
		return true;
	if (command->asks == VERB_RENEW)
		return copy(req->address, sizeof(req->address), words[2]);
	req->secret_len = strlen(words[2]);
	if (req->secret_len >= sizeof(req->secret))
		return false;
	memcpy(req->secret, words[2], req->secret_len);
	return true;
}

static const struct command *
find(const char *verb)
{
	const struct command *command = commands;

	while (command->verb != NULL && strcasecmp(command->verb, verb) != 0)
		command++;
	return command->verb != NULL ? command : NULL;
}

/* One line. *error: the client did not speak as agreed; *over: it wants to leave. */
static enum status
converse(struct session *s, char *line, bool *error, bool *over)
{
	const struct command *command;
	struct verdict verdict;
	struct request req;
	char *words[WORDS_MAX] = { NULL };
	const size_t n = split(line, words);
	enum status st;

	*error = true;
	if (n == 0)
		return session_say(s, "500 no command");
	if (strcasecmp(words[0], "QUIT") == 0) {
		*over = true;
		return session_say(s, "221 bye");
	}
	if ((command = find(words[0])) == NULL)
		return session_say(s, "500 unknown command");
	if (n < command->least + 1 || n > command->most + 1 || !make_request(command, words, n, &req))
		return session_say(s, "501 wrong words for this command");
	judge_request(s->judge, &req, &verdict);
	secret_wipe(&req, sizeof(req));
	session_forget(s);
	*error = verdict.st == ST_INVALID;
	st = verdict.st == ST_OK ? command->answer(s, &verdict) : answer_refusal(s, &verdict);
	return st;
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
