/* SPDX-License-Identifier: ISC */
/*
 * Writing JSON. Knows nothing of what is written.
 */
#include "json.h"

#include <inttypes.h>
#include <string.h>

size_t
json_escape(char *to, size_t size, const char *text)
{
	char piece[8];
	size_t at = 0, len;

	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			len = (size_t)snprintf(piece, sizeof(piece), "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			len = (size_t)snprintf(piece, sizeof(piece), "\\u%04x", c);
		else
			len = (size_t)snprintf(piece, sizeof(piece), "%c", c);
		if (at + len >= size)
			break;
		memcpy(to + at, piece, len);
		at += len;
	}
	if (size > 0)
		to[at] = '\0';
	return at;
}

static void
quote(struct json *json, const char *text)
{
	char piece[8], one[2] = "";

	fputc('"', json->out);
	for (; *text != '\0'; text++) {
		one[0] = *text;
		json_escape(piece, sizeof(piece), one);
		fputs(piece, json->out);
	}
	fputc('"', json->out);
}

/* Does each member of the innermost level stand on a line of its own? */
static bool
is_spread(const struct json *json)
{
	return json->depth == 1 || (json->depth == 2 && json->close[1] == ']');
}

/* The comma and the place before a member, and its key. */
static void
lead(struct json *json, const char *key)
{
	if (json->depth == 0)
		return;
	if (json->filled[json->depth - 1])
		fputc(',', json->out);
	if (is_spread(json))
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
	else if (json->filled[json->depth - 1])
		fputc(' ', json->out);
	json->filled[json->depth - 1] = true;
	if (key != NULL) {
		quote(json, key);
		fputs(": ", json->out);
	}
}

void
json_open(struct json *json, const char *key, char bracket)
{
	lead(json, key);
	fputc(bracket, json->out);
	if (json->depth < JSON_DEPTH) {
		json->filled[json->depth] = false;
		json->close[json->depth++] = bracket == '{' ? '}' : ']';
	}
}

void
json_close(struct json *json)
{
	if (json->depth == 0)
		return;
	if (is_spread(json) && json->filled[json->depth - 1])
		fprintf(json->out, "\n%*s", (int)(2 * (json->depth - 1)), "");
	json->depth--;
	fputc(json->close[json->depth], json->out);
	if (json->depth == 0)
		fputc('\n', json->out);
}

void
json_text(struct json *json, const char *key, const char *value)
{
	lead(json, key);
	if (value == NULL)
		fputs("null", json->out);
	else
		quote(json, value);
}

void
json_number(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void
json_bool(struct json *json, const char *key, bool value)
{
	lead(json, key);
	fputs(value ? "true" : "false", json->out);
}
