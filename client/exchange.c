/* SPDX-License-Identifier: ISC */
/*
 * The client speaks first and all at once; answers come one a command, in order.
 */
#include "exchange.h"

#include <string.h>
#include <sysexits.h>

#include "lib/secret.h"

/* ST_INVALID: it does not fit the dialect. */
static enum status
compose(const struct exchange *x, char *text, size_t size, size_t *len)
{
	const struct server *server = x->place->server;
	const char *words[3] = { "LOGIN", server->account, *server->secret != '\0' ? server->secret : NULL };
	enum status st;
	size_t i;

	*len = 0;
	st = talk_compose(text, size, len, words);
	for (i = 0; i < x->n && st == ST_OK; i++) {
		words[0] = x->verb->word;
		words[1] = x->hosts[i];
		words[2] = x->address;
		st = talk_compose(text, size, len, words);
	}
	words[0] = "QUIT";
	words[1] = words[2] = NULL;
	return st == ST_OK ? talk_compose(text, size, len, words) : st;
}

static bool
send_all(struct transport *t, const struct exchange *x, struct report *r)
{
	char text[TALK_COMMANDS * TALK_LINE];
	enum status st;
	size_t len;

	if ((st = compose(x, text, sizeof(text), &len)) == ST_OK) {
		if ((st = channel_write(t->channel, text, len)) != ST_OK)
			problem_channel(r, x->place, st, channel_why(t->channel));
	} else {
		report_add(r, EX_CONFIG, false, "%s: account and secret are too long for one line", x->place->server->name);
	}
	secret_wipe(text, sizeof(text));
	return st == ST_OK;
}

/* over: an end is no surprise now, since the server has said to try again later. */
static bool
read_answer(struct transport *t, const struct exchange *x, bool over, struct talk_answer *answer, struct report *r)
{
	char line[TALK_LINE];
	enum status st;
	size_t len = 0;

	if ((st = transport_read_line(t, line, &len)) == ST_OK && (st = talk_parse(line, len, answer)) == ST_OK)
		return true;
	if (st == ST_PROTOCOL && *channel_why(t->channel) == '\0')
		problem_channel(r, x->place, st, "its answer is not of the protocol");
	else if (st != ST_CLOSED || !over)
		problem_channel(r, x->place, st, channel_why(t->channel));
	return false;
}

bool
exchange_run(struct transport *t, const struct exchange *x, struct report *r)
{
	struct talk_answer answer;
	bool over = false;
	size_t i;

	if (!send_all(t, x, r) || !read_answer(t, x, over, &answer, r))
		return false;
	if (answer.code != 250) {
		problem_login(r, x->place, answer.code, answer.text);
		return false;
	}
	for (i = 0; i < x->n; i++) {
		if (!read_answer(t, x, over, &answer, r))
			return false;
		if (answer.code != 250 || x->verb->take(r, x->place->server->name, x->hosts[i], answer.text) != ST_OK)
			problem_host(r, x->place, x->hosts[i], answer.code, answer.text);
		over = answer.code == 421;
	}
	return !over;
}
