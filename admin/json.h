/* SPDX-License-Identifier: ISC */
/*
 * A JSON writer (RFC 8259) just large enough for --json: nested objects and arrays, texts, numbers, booleans. Bytes
 * outside of printable ASCII come out as \u00NN, so the output is ASCII and valid whatever it is given.
 */
#ifndef DYNLEASE_JSON_H
#define DYNLEASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH	8

struct json {
	FILE	*out;
	size_t	 depth;
	bool	 filled[JSON_DEPTH];	/* something stands before the next member */
	char	 close[JSON_DEPTH];
};

/* key: NULL inside an array and at the top. bracket: '{' or '['. The last json_close() ends the line. */
void	json_open(struct json *, const char *key, char bracket);
void	json_close(struct json *);
void	json_text(struct json *, const char *key, const char *value);	/* NULL: null */
void	json_number(struct json *, const char *key, uint64_t value);
void	json_bool(struct json *, const char *key, bool value);

/* The text of a string without its quotes; cut at a whole escape when it does not fit. Returns its length. Pure. */
size_t	json_escape(char *to, size_t size, const char *text);

#endif
