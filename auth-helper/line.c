/* SPDX-License-Identifier: ISC */
/*
 * A verb and its words in, a three-digit code and words out: the one place that knows how both are spelled.
 */
#include "line.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void
answer_login(const struct verdict *verdict, char text[LINE_SIZE])
{
	snprintf(text, LINE_SIZE, "250 %s", verdict->name);
}

static void
answer_renew(const struct verdict *verdict, char text[LINE_SIZE])
{
	char address[ADDRESS_TEXT];

	snprintf(text, LINE_SIZE, "250 %s address=%s family=%u lease=%u renew=%u changed=%s", verdict->name,
	    address_text(&verdict->address, address), verdict->address.family, verdict->lease, verdict->renew,
	    verdict->changed ? "yes" : "no");
}

static void
answer_release(const struct verdict *verdict, char text[LINE_SIZE])
{
	snprintf(text, LINE_SIZE, "250 %s released", verdict->name);
}

/* An address and the seconds left for each family that is live, IPv4 first. */
static void
answer_status(const struct verdict *verdict, char text[LINE_SIZE])
{
	const struct standing *four = &verdict->standing[0], *six = &verdict->standing[1];
	char found[2 * (ADDRESS_TEXT + 32)] = "", address[ADDRESS_TEXT];
	size_t at = 0;

	for (const struct standing *one = four; one <= six; one++)
		if (one->live)
			at += (size_t)snprintf(found + at, sizeof(found) - at, " address=%s left=%u",
			    address_text(&one->address, address), one->left);
	snprintf(text, LINE_SIZE, "250 %s state=%s%s", verdict->name, at > 0 ? "live" : "offline", found);
}

static const struct command {
	const char	*verb;
	size_t		 least, most;	/* words after the verb */
	enum verb	 asks;
	void		(*answer)(const struct verdict *, char text[LINE_SIZE]);
} commands[] = {
	{ "LOGIN", 1, 2, VERB_LOGIN, answer_login },
	{ "RENEW", 1, 2, VERB_RENEW, answer_renew },
	{ "RELEASE", 1, 1, VERB_RELEASE, answer_release },
	{ "STATUS", 1, 1, VERB_STATUS, answer_status },
};
#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

/*
 * What is not a success, in words. One text for every cause of a denial, and one for hosts that are not yours or
 * unknown.
 */
static const char *
refusal(enum status st)
{
	switch (st) {
	case ST_DENIED:
		return "535 denied";
	case ST_FORBIDDEN:
		return "550 not your host";
	case ST_REFUSED:
		return "553 address refused: ";
	case ST_INVALID:
		return "503 LOGIN comes first, and once";
	case ST_LIMITED:
		return "421 try later: too many failed logins";
	case ST_NOREAPER:
		return "421 try later: nothing new is granted now";
	case ST_FULL:
		return "421 try later: full";
	default:
		return "421 try later";
	}
}

const char *
line_answer(enum verb asked, const struct verdict *verdict, char text[LINE_SIZE])
{
	if (verdict->st != ST_OK)
		snprintf(text, LINE_SIZE, "%s%s", refusal(verdict->st),
		    verdict->st == ST_REFUSED ? verdict->reason : "");
	else
		for (size_t i = 0; i < NCOMMANDS; i++)
			if (commands[i].asks == asked)
				commands[i].answer(verdict, text);
	return text;
}

bool
line_is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

size_t
line_split(char *line, char *words[LINE_WORDS])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
		if (n == LINE_WORDS)
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
fill(const struct command *command, char *const *words, size_t n, struct request *req)
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

const char *
line_request(char *const *words, size_t n, struct request *req)
{
	const struct command *command = commands;

	if (n == 0)
		return "500 no command";
	while (command < commands + NCOMMANDS && strcasecmp(command->verb, words[0]) != 0)
		command++;
	if (command == commands + NCOMMANDS)
		return "500 unknown command";
	if (n < command->least + 1 || n > command->most + 1 || !fill(command, words, n, req))
		return "501 wrong words for this command";
	return NULL;
}
