/* SPDX-License-Identifier: ISC */
/*
 * The codec of the history's lines, and reading the files. Never writes them.
 */
#include "transition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define TIME_FORMAT	"%Y-%m-%dT%H:%M:%SZ"

static const char *const words[] = {
	[TRANSITION_GRANTED] = "granted", [TRANSITION_MOVED] = "moved", [TRANSITION_EXPIRED] = "expired",
	[TRANSITION_RELEASED] = "released", [TRANSITION_WITHDRAWN] = "withdrawn"
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

const char *
transition_word(enum transition_kind kind)
{
	return words[kind];
}

static const char *
print_time(time_t when, char text[32])
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, 32, TIME_FORMAT, &tm) == 0)
		snprintf(text, 32, "1970-01-01T00:00:00Z");
	return text;
}

size_t
transition_print(const struct transition *t, char line[TRANSITION_LINE])
{
	char when[32], address[ADDRESS_TEXT];

	return (size_t)snprintf(line, TRANSITION_LINE, "%s %s %u %s %s\n", print_time(t->when, when), t->host,
	    t->address.family, words[t->kind], address_text(&t->address, address));
}

static enum status
parse_kind(const char *word, enum transition_kind *kind)
{
	for (size_t i = 0; i < NWORDS; i++)
		if (strcmp(word, words[i]) == 0) {
			*kind = (enum transition_kind)i;
			return ST_OK;
		}
	return ST_INVALID;
}

enum status
transition_parse(const char *line, struct transition *t)
{
	char copy[TRANSITION_LINE], *rest = copy, *word[5];
	const char *end;
	struct tm tm = { 0 };

	if ((size_t)snprintf(copy, sizeof(copy), "%s", line) >= sizeof(copy))
		return ST_INVALID;
	for (size_t i = 0; i < 5; i++)
		if ((word[i] = strsep(&rest, " ")) == NULL)
			return ST_INVALID;
	if (rest != NULL || (end = strptime(word[0], TIME_FORMAT, &tm)) == NULL || *end != '\0' ||
	    name_parse(word[1], strlen(word[1]), t->host) != ST_OK || parse_kind(word[3], &t->kind) != ST_OK ||
	    address_parse(word[4], &t->address) != ST_OK || word[2][0] != '0' + t->address.family || word[2][1] != '\0')
		return ST_INVALID;
	t->when = timegm(&tm);
	return ST_OK;
}

static enum status
read_one(const char *path, void (*each)(void *, const struct transition *), void *arg)
{
	struct transition t;
	char *text = NULL, *rest, *line;
	enum status st;
	size_t len;

	if ((st = file_read(path, 4 * TRANSITION_FILE, &text, &len)) != ST_OK)
		return st;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (transition_parse(line, &t) == ST_OK)
			each(arg, &t);
	free(text);
	return ST_OK;
}

enum status
transition_each(const char *path, void (*each)(void *, const struct transition *), void *arg)
{
	char older[FILE_PATH + 8];

	snprintf(older, sizeof(older), "%s.1", path);
	read_one(older, each, arg);	/* there may be none yet */
	return read_one(path, each, arg);
}
