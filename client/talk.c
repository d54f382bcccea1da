/* SPDX-License-Identifier: ISC */
/*
 * Composing and parsing lines. Every answer comes from a stranger until it has been through here.
 */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

bool
talk_is_word(const char *word)
{
	const unsigned char *p;

	for (p = (const unsigned char *)word; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return p != (const unsigned char *)word;
}

enum status
talk_compose(char *text, size_t size, size_t *len, const char *const words[3])
{
	size_t at = *len, n;
	int i;

	for (i = 0; i < 3 && words[i] != NULL; i++) {
		n = strlen(words[i]);
		if (!talk_is_word(words[i]) || at - *len + n + 3 > TALK_LINE || at + n + 3 > size)
			return ST_INVALID;
		if (i > 0)
			text[at++] = ' ';
		memcpy(text + at, words[i], n);
		at += n;
	}
	text[at++] = '\r';
	text[at++] = '\n';
	*len = at;
	return ST_OK;
}

enum status
talk_parse(const char *line, size_t len, struct talk_answer *answer)
{
	size_t i;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len < 4 || len >= sizeof(answer->text) || line[3] != ' ' || line[0] < '1' || line[0] > '9')
		return ST_PROTOCOL;
	for (i = 1; i < 3; i++)
		if (line[i] < '0' || line[i] > '9')
			return ST_PROTOCOL;
	for (i = 4; i < len; i++)
		if (line[i] < ' ' || line[i] > '~')
			return ST_PROTOCOL;
	answer->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	memcpy(answer->text, line + 4, len - 4);
	answer->text[len - 4] = '\0';
	return ST_OK;
}

/* Cut the next word off *text; if it is key=value, cut it there too. NULL at the end. */
static char *
next_word(char **text, char **value)
{
	char *word;

	while ((word = strsep(text, " ")) != NULL && *word == '\0')
		continue;
	*value = NULL;
	if (word != NULL && (*value = strchr(word, '=')) != NULL)
		*(*value)++ = '\0';
	return word;
}

static enum status
parse_seconds(const char *value, unsigned *seconds)
{
	const char *wrong;

	if (value[0] < '0' || value[0] > '9')
		return ST_PROTOCOL;
	*seconds = (unsigned)strtonum(value, 0, 1000000000, &wrong);
	return wrong == NULL ? ST_OK : ST_PROTOCOL;
}

/* The first word must be the host; what comes after it is left in *rest. */
static enum status
parse_host(char **rest, const char *host)
{
	char *value, *word = next_word(rest, &value);
	char name[NAME_SIZE];

	if (word == NULL || value != NULL || name_parse(word, strlen(word), name) != ST_OK)
		return ST_PROTOCOL;
	return strcmp(name, host) == 0 ? ST_OK : ST_PROTOCOL;
}

enum lease_key { KEY_ADDRESS = 1, KEY_LEASE = 2, KEY_RENEW = 4, KEY_ALL = 7 };

static enum status
take_lease_key(const char *key, const char *value, struct talk_lease *lease, unsigned *seen)
{
	if (strcmp(key, "address") == 0) {
		*seen |= KEY_ADDRESS;
		return address_parse(value, &lease->address) == ST_OK ? ST_OK : ST_PROTOCOL;
	}
	if (strcmp(key, "lease") == 0) {
		*seen |= KEY_LEASE;
		return parse_seconds(value, &lease->lease);
	}
	if (strcmp(key, "renew") == 0) {
		*seen |= KEY_RENEW;
		return parse_seconds(value, &lease->renew);
	}
	if (strcmp(key, "changed") == 0)
		lease->changed = strcmp(value, "yes") == 0;
	return ST_OK;
}

enum status
talk_parse_lease(const char *text, const char *host, struct talk_lease *lease)
{
	char copy[TALK_LINE], *rest = copy, *key, *value;
	unsigned seen = 0;
	enum status st;

	memset(lease, 0, sizeof(*lease));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return ST_PROTOCOL;
	st = parse_host(&rest, host);
	while (st == ST_OK && (key = next_word(&rest, &value)) != NULL)
		if (value != NULL)
			st = take_lease_key(key, value, lease, &seen);
	if (st == ST_OK && seen != KEY_ALL)
		st = ST_PROTOCOL;
	return st;
}

static enum status
take_state_key(const char *key, const char *value, struct talk_state *state)
{
	struct address address;

	if (strcmp(key, "state") == 0) {
		state->live = strcmp(value, "live") == 0;
		return state->live || strcmp(value, "offline") == 0 ? ST_OK : ST_PROTOCOL;
	}
	if (strcmp(key, "address") == 0) {
		if (strcmp(value, "none") == 0)
			return ST_OK;
		if (state->n == TALK_STATES || address_parse(value, &address) != ST_OK)
			return ST_PROTOCOL;
		state->leases[state->n++].address = address;
	}
	if (strcmp(key, "left") == 0 && state->n > 0)
		return parse_seconds(value, &state->leases[state->n - 1].left);
	return ST_OK;
}

enum status
talk_parse_state(const char *text, const char *host, struct talk_state *state)
{
	char copy[TALK_LINE], *rest = copy, *key, *value;
	bool told = false;
	enum status st;

	memset(state, 0, sizeof(*state));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return ST_PROTOCOL;
	st = parse_host(&rest, host);
	while (st == ST_OK && (key = next_word(&rest, &value)) != NULL) {
		if (value == NULL)
			continue;
		told = told || strcmp(key, "state") == 0;
		st = take_state_key(key, value, state);
	}
	return st == ST_OK && !told ? ST_PROTOCOL : st;
}
