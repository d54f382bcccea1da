/* SPDX-License-Identifier: ISC */
/*
 * The lines of credentials: printed, parsed and looked through. No cryptography: whoever compares has the value.
 */
#include "credential.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "fingerprint.h"

#define EXPIRES		"expires="
#define FROM		"from="
#define TIME_FORMAT	"%Y-%m-%dT%H:%M:%SZ"	/* RFC 3339, in UTC */
#define HEX		"0123456789ABCDEF"

static bool	is_key(const char *);
static bool	is_cert(const char *);
static bool	is_ssh(const char *);

static const struct {
	const char	*word;
	bool		(*is_value)(const char *);
} kinds[] = {
	[CREDENTIAL_KEY] = { "key", is_key },
	[CREDENTIAL_CERT] = { "cert", is_cert },
	[CREDENTIAL_SSH] = { "ssh", is_ssh },
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

const char *
credential_word(enum credential_kind kind)
{
	return kinds[kind].word;
}

static bool
is_key(const char *value)
{
	char fingerprint[FINGERPRINT_SIZE];

	return fingerprint_parse(value, strlen(value), fingerprint) == ST_OK && strcmp(value, fingerprint) == 0;
}

static bool
is_serial(const char *text)
{
	const size_t len = strlen(text);

	return len > 0 && len <= 40 && text[0] != '0' && strspn(text, HEX) == len;
}

/* The value's escapes are in their one spelling: what needs none has none. */
static bool
is_escaped(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x21 || *text > 0x7e || *text == '#')
			return false;
		if (*text != '%')
			continue;
		if (text[1] == '\0' || text[2] == '\0' || strchr(HEX, text[1]) == NULL || strchr(HEX, text[2]) == NULL)
			return false;
		const size_t byte = (size_t)(strchr(HEX, text[1]) - HEX) * 16 + (size_t)(strchr(HEX, text[2]) - HEX);

		if (byte >= 0x21 && byte <= 0x7e && byte != '%' && byte != '#')
			return false;
		text += 2;
	}
	return true;
}

static bool
is_cert(const char *value)
{
	static const char *const types[] = { "dns", "email", "uri", "cn", "serial" };
	const char *colon = strchr(value, ':');

	if (colon == NULL || colon[1] == '\0')
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i]) == (size_t)(colon - value) && strncmp(value, types[i], strlen(types[i])) == 0)
			return strcmp(types[i], "serial") == 0 ? is_serial(colon + 1) : is_escaped(colon + 1);
	return false;
}

static bool
is_ssh(const char *value)
{
	const char *colon = strchr(value, ':');
	char fingerprint[FINGERPRINT_SIZE];

	if (colon == NULL || colon == value)
		return false;
	for (const char *at = value; at < colon; at++)
		if (!isalnum((unsigned char)*at) && strchr("-@.", *at) == NULL)
			return false;
	return fingerprint_make_base64(colon + 1, strlen(colon + 1), fingerprint) == ST_OK;
}

static bool
is_comment(const char *text)
{
	const size_t len = strlen(text);

	if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
		return false;
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '#')
			return false;
	return true;
}

enum status
credential_judge(const struct credential *c)
{
	return kinds[c->kind].is_value(c->value) && is_comment(c->comment) && c->expires >= 0 ? ST_OK : ST_INVALID;
}

bool
credential_escape(const void *bytes, size_t len, char *text, size_t size)
{
	size_t at = 0;

	for (const unsigned char *byte = bytes; byte < (const unsigned char *)bytes + len; byte++) {
		const bool plain = *byte >= 0x21 && *byte <= 0x7e && *byte != '%' && *byte != '#';

		if (at + (plain ? 1 : 3) >= size)
			return false;
		if (plain)
			text[at++] = (char)*byte;
		else
			at += (size_t)snprintf(text + at, size - at, "%%%02X", *byte);
	}
	if (at >= size)
		return false;
	text[at] = '\0';
	return true;
}

size_t
credential_print(const struct credential *c, char line[CREDENTIAL_LINE])
{
	char net[NETWORK_TEXT], when[32];
	size_t at = (size_t)snprintf(line, CREDENTIAL_LINE, "%s %s", kinds[c->kind].word, c->value);
	struct tm tm;

	if (c->expires != 0 && gmtime_r(&c->expires, &tm) != NULL &&
	    strftime(when, sizeof(when), TIME_FORMAT, &tm) > 0)
		at += (size_t)snprintf(line + at, CREDENTIAL_LINE - at, " " EXPIRES "%s", when);
	for (size_t i = 0; i < c->from.n; i++)
		at += (size_t)snprintf(line + at, CREDENTIAL_LINE - at, "%s%s", i == 0 ? " " FROM : ",",
		    network_text(&c->from.list[i], net));
	if (*c->comment != '\0')
		at += (size_t)snprintf(line + at, CREDENTIAL_LINE - at, " # %s", c->comment);
	return at;
}

static bool
take_option(const char *word, struct credential *c)
{
	struct tm tm = { 0 };
	const char *end;

	if (strncmp(word, EXPIRES, strlen(EXPIRES)) == 0 && c->expires == 0) {
		end = strptime(word + strlen(EXPIRES), TIME_FORMAT, &tm);
		c->expires = end != NULL && *end == '\0' ? timegm(&tm) : 0;
		return c->expires > 0;
	}
	if (strncmp(word, FROM, strlen(FROM)) == 0 && c->from.n == 0)
		return networks_parse(word + strlen(FROM), &c->from) == ST_OK && c->from.n > 0;
	return false;
}

static bool
take_head(char *text, struct credential *c)
{
	char *rest = NULL, *kind = strtok_r(text, " ", &rest), *value = strtok_r(NULL, " ", &rest), *word;
	size_t i;

	if (value == NULL || strlen(value) >= sizeof(c->value))
		return false;
	for (i = 0; i < NKINDS && strcmp(kinds[i].word, kind) != 0; i++)
		continue;
	if (i == NKINDS)
		return false;
	c->kind = (enum credential_kind)i;
	memcpy(c->value, value, strlen(value) + 1);
	while ((word = strtok_r(NULL, " ", &rest)) != NULL)
		if (!take_option(word, c))
			return false;
	return true;
}

enum status
credential_parse(const char *line, size_t len, struct credential *c)
{
	char text[CREDENTIAL_LINE], *comment;

	memset(c, 0, sizeof(*c));
	if (len == 0 || len >= sizeof(text) || memchr(line, '\0', len) != NULL)
		return ST_INVALID;
	memcpy(text, line, len);
	text[len] = '\0';
	if ((comment = strstr(text, " # ")) != NULL) {
		*comment = '\0';
		comment += strlen(" # ");
		if (strlen(comment) >= sizeof(c->comment))
			return ST_INVALID;
		memcpy(c->comment, comment, strlen(comment) + 1);
	}
	return take_head(text, c) ? credential_judge(c) : ST_INVALID;
}

bool
credentials_next(const char **at, struct credential *c)
{
	const size_t len = strcspn(*at, "\n");
	const char *line = *at;

	if (len == 0)
		return false;
	*at += line[len] == '\n' ? len + 1 : len;
	return credential_parse(line, len, c) == ST_OK;
}

/* Is the line one of this kind and value? As text, so that looking costs next to nothing. */
static bool
is_line_of(const char *line, enum credential_kind kind, const char *value)
{
	const size_t word = strlen(kinds[kind].word), len = strlen(value);

	if (strncmp(line, kinds[kind].word, word) != 0 || line[word] != ' ' ||
	    strncmp(line + word + 1, value, len) != 0)
		return false;
	return strchr(" \n", line[word + 1 + len]) != NULL;	/* or the end */
}

bool
credentials_find(const char *lines, enum credential_kind kind, const char *value, struct credential *found)
{
	struct credential c;
	size_t len;

	for (; (len = strcspn(lines, "\n")) > 0; lines += lines[len] == '\n' ? len + 1 : len)
		if (is_line_of(lines, kind, value) && credential_parse(lines, len, &c) == ST_OK) {
			if (found != NULL)
				*found = c;
			return true;
		}
	return false;
}

enum status
credentials_add(char lines[CREDENTIALS_SIZE], const struct credential *c)
{
	const size_t have = strlen(lines);
	char line[CREDENTIAL_LINE];
	size_t len;

	if (credential_judge(c) != ST_OK)
		return ST_INVALID;
	if (credentials_find(lines, c->kind, c->value, NULL))
		return ST_EXISTS;
	len = credential_print(c, line);
	if (have + len + 2 > CREDENTIALS_SIZE)
		return ST_FULL;
	memcpy(lines + have, line, len);
	memcpy(lines + have + len, "\n", 2);
	return ST_OK;
}

enum status
credentials_del(char lines[CREDENTIALS_SIZE], enum credential_kind kind, const char *value)
{
	const char *at = lines, *line = lines;
	struct credential c;

	for (; credentials_next(&at, &c); line = at)
		if (c.kind == kind && strcmp(c.value, value) == 0) {
			memmove(lines + (line - lines), at, strlen(at) + 1);
			return ST_OK;
		}
	return ST_NOTFOUND;
}

bool
credential_holds(const struct credential *c, const struct address *from, time_t now)
{
	return (c->expires == 0 || now < c->expires) && (c->from.n == 0 || networks_have(&c->from, from));
}
