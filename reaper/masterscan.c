/* SPDX-License-Identifier: ISC */
/*
 * Goes over a master file byte by byte. Knows nothing of records but where they end.
 */
#include "masterscan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "masterfile.h"

enum status
scan_complain(const struct scan *s, unsigned line, const char *fmt, ...)
{
	va_list args;
	int n = 0;

	if (line != 0)
		n = snprintf(s->why, s->whysize, "line %u: ", line);
	if (n < 0 || (size_t)n >= s->whysize)
		return ST_INVALID;
	va_start(args, fmt);
	vsnprintf(s->why + n, s->whysize - (size_t)n, fmt, args);
	va_end(args);
	return ST_INVALID;
}

bool
scan_word_is(const struct scan *s, const struct scan_word *w, const char *text)
{
	return w->len == strlen(text) && strncasecmp(s->text + w->at, text, w->len) == 0;
}

/* A carriage return alone is an end of line to one server and a blank to another. */
static enum status
check_bytes(const struct scan *s)
{
	unsigned line = 1;

	for (size_t i = 0; i < s->len; i++) {
		if (s->text[i] == '\0')
			return scan_complain(s, line, "there is a NUL");
		if (s->text[i] == '\r' && (i + 1 == s->len || s->text[i + 1] != '\n'))
			return scan_complain(s, line, "there is a carriage return without a newline after it");
		if (s->text[i] == '\n')
			line++;
	}
	if (s->len == 0 || s->text[s->len - 1] != '\n')
		return scan_complain(s, line, "the last line does not end with a newline: is the file whole?");
	return ST_OK;
}

bool
scan_is_marker(const struct scan *s, const char *marker)
{
	const size_t n = strlen(marker);

	return s->len - s->at > n && memcmp(s->text + s->at, marker, n) == 0 &&
	    strchr(" \t\r\n", s->text[s->at + n]) != NULL;
}

/* The text ends with a newline, and a newline ends every word: no need to look for the end of the text. */
static enum status
take_word(struct scan *s, struct scan_entry *e)
{
	const size_t start = s->at;
	bool is_quoted = false;

	for (;; s->at++) {
		const char c = s->text[s->at];

		if (c == '\n' || c == '\r' || (!is_quoted && strchr(" \t;()", c) != NULL))
			break;
		if (c == '"')
			is_quoted = !is_quoted;
		if (c == '\\' && strchr("\r\n", s->text[++s->at]) != NULL)
			return scan_complain(s, s->line, "the line ends in a backslash");
	}
	if (is_quoted)
		return scan_complain(s, s->line, "a quoted string does not end on its line");
	if (e->n < MASTERSCAN_WORDS)
		e->words[e->n] = (struct scan_word){ start, s->at - start };
	e->n++;
	return ST_OK;
}

static enum status
take_parenthesis(struct scan *s)
{
	if (s->text[s->at] == '(')
		s->depth++;
	else if (s->depth-- == 0)
		return scan_complain(s, s->line, "a parenthesis is closed that was not opened");
	s->at++;
	return ST_OK;
}

static enum status
take_newline(struct scan *s)
{
	s->at++;
	s->line++;
	if (s->depth > 0 && (scan_is_marker(s, MASTERFILE_BEGIN) || scan_is_marker(s, MASTERFILE_END)))
		return scan_complain(s, s->line, "a dynlease marker stands inside parentheses");
	return ST_OK;
}

enum status
scan_next(struct scan *s, struct scan_entry *e)
{
	enum status st = ST_OK;
	bool is_over = false;

	*e = (struct scan_entry){ .line = s->line, .has_owner = strchr(" \t(", s->text[s->at]) == NULL };
	while (st == ST_OK && !is_over) {
		if (s->at == s->len)
			return scan_complain(s, e->line, "the parenthesis opened here is never closed");
		switch (s->text[s->at]) {
		case '\n':
			is_over = s->depth == 0;
			st = take_newline(s);
			break;
		case ' ':
		case '\t':
		case '\r':
			s->at++;
			break;
		case ';':
			s->at = (size_t)((const char *)memchr(s->text + s->at, '\n', s->len - s->at) - s->text);
			break;
		case '(':
		case ')':
			st = take_parenthesis(s);
			break;
		default:
			st = take_word(s, e);
		}
	}
	return st;
}

enum status
scan_begin(struct scan *s, const char *text, size_t len, char *why, size_t whysize)
{
	*s = (struct scan){ .text = text, .len = len, .line = 1, .why = why, .whysize = whysize };
	return check_bytes(s);
}

bool
scan_has_more(const struct scan *s)
{
	return s->at < s->len;
}
