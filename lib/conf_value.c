/* SPDX-License-Identifier: ISC */
/*
 * Values of a configuration: a section into a struct, by a table of keys. What a type's text may be is said here.
 */
#include "conf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

#define BLANKS	" \t"

static enum status
take_text(const char *value, char **to)
{
	return (*to = strdup(value)) != NULL ? ST_OK : ST_NOMEM;
}

static enum status
take_number(const char *value, const struct conf_key *key, unsigned *to)
{
	char *end;
	unsigned long number;

	if (*value < '0' || *value > '9')
		return ST_INVALID;
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno != 0 || *end != '\0' || number < key->min || number > key->max)
		return ST_INVALID;
	*to = (unsigned)number;
	return ST_OK;
}

static enum status
take_bool(const char *value, bool *to)
{
	*to = strcmp(value, "yes") == 0;
	return *to || strcmp(value, "no") == 0 ? ST_OK : ST_INVALID;
}

static enum status
take_address(const char *value, struct address *to)
{
	if (strcmp(value, "none") != 0)
		return address_parse(value, to);
	*to = (struct address){ .family = 0 };
	return ST_OK;
}

/* One word, in place: to its end, without its quotes. NULL: a quote is not closed, or closed within a word. */
static char *
cut_word(char *at)
{
	char *end;

	if (*at != '"') {
		end = at + strcspn(at, BLANKS "\"");
		return *end == '"' ? NULL : end;
	}
	end = strchr(at + 1, '"');
	return end != NULL && (end[1] == '\0' || strchr(BLANKS, end[1]) != NULL) ? end : NULL;
}

enum status
conf_split_command(const char *value, struct conf_command *to)
{
	size_t n = 0;
	char *at, *end;

	if ((to->words = strdup(value)) == NULL)
		return ST_NOMEM;
	for (at = to->words; *(at += strspn(at, BLANKS)) != '\0'; at = end) {
		if (n + 1 == CONF_ARGS || (end = cut_word(at)) == NULL)
			return ST_INVALID;
		to->argv[n++] = *at == '"' ? at + 1 : at;
		if (*end != '\0')
			*end++ = '\0';
	}
	return n > 0 && to->argv[0][0] != '\0' ? ST_OK : ST_INVALID;
}

static const char *const expected[] = {
	[CONF_TEXT] = "a text",
	[CONF_FILE] = "an absolute path",
	[CONF_NUMBER] = "a number",
	[CONF_BOOL] = "yes or no",
	[CONF_NAME] = "a name of letters, digits, hyphens and dots",
	[CONF_ADDRESS] = "an address, or none",
	[CONF_NETWORKS] = "a list of networks, each address/bits with no bits set behind those",
	[CONF_COMMAND] = "a command and its arguments",
};

static enum status
take_value(const char *value, const struct conf_key *key, void *to)
{
	switch (key->type) {
	case CONF_TEXT:
		return *value != '\0' ? take_text(value, to) : ST_INVALID;
	case CONF_FILE:
		return *value == '/' ? take_text(value, to) : ST_INVALID;
	case CONF_NUMBER:
		return take_number(value, key, to);
	case CONF_BOOL:
		return take_bool(value, to);
	case CONF_NAME:
		return name_parse(value, strlen(value), to);
	case CONF_ADDRESS:
		return take_address(value, to);
	case CONF_NETWORKS:
		return networks_parse(value, to);
	case CONF_COMMAND:
		return conf_split_command(value, to);
	}
	return ST_INVALID;
}

static enum status
complain_value(const struct conf *conf, const struct conf_pair *pair, const struct conf_key *key)
{
	const int line = pair != NULL ? pair->line : 0;

	if (key->type == CONF_NUMBER)
		return conf_complain(conf, line, "%s: a number from %u to %u is expected", key->key,
		    key->min, key->max);
	return conf_complain(conf, line, "%s: %s is expected", key->key, expected[key->type]);
}

static enum status
judge_keys(const struct conf *conf, const struct conf_section *section, const struct conf_key *keys)
{
	const struct conf_key *key;

	for (size_t i = 0; section != NULL && i < section->n; i++) {
		for (key = keys; key->key != NULL && strcmp(key->key, section->pairs[i].key) != 0; key++)
			;
		if (key->key == NULL)
			return conf_complain(conf, section->pairs[i].line, "[%s] has no key %s", section->kind,
			    section->pairs[i].key);
	}
	return ST_OK;
}

enum status
conf_fill(const struct conf *conf, const struct conf_section *section, const struct conf_key *keys, void *out)
{
	enum status st = judge_keys(conf, section, keys);

	for (const struct conf_key *key = keys; key->key != NULL && st == ST_OK; key++) {
		const struct conf_pair *pair = conf_pair(section, key->key);
		const char *value = pair != NULL ? pair->value : key->preset;

		if (value == NULL)
			continue;
		if ((st = take_value(value, key, (char *)out + key->offset)) == ST_INVALID)
			st = complain_value(conf, pair, key);
	}
	if (st != ST_OK)
		conf_release(keys, out);
	return st;
}

void
conf_release(const struct conf_key *keys, void *out)
{
	for (const struct conf_key *key = keys; key->key != NULL; key++) {
		void *at = (char *)out + key->offset;

		if (key->type == CONF_TEXT || key->type == CONF_FILE) {
			free(*(char **)at);
			*(char **)at = NULL;
		} else if (key->type == CONF_COMMAND) {
			free(((struct conf_command *)at)->words);
			memset(at, 0, sizeof(struct conf_command));
		}
	}
}
