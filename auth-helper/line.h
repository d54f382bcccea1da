/* SPDX-License-Identifier: ISC */
/*
 * The words of the line dialect: from a command's words to a request, and from a verdict to an answer. It decides
 * nothing, and what a client wrote is never repeated to it. Pure.
 */
#ifndef DYNLEASE_LINE_H
#define DYNLEASE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "judge.h"

#define LINE_SIZE	512	/* bytes of a line, with its end */
#define LINE_WORDS	3	/* of a command, with its verb */

/* Nothing but printable ASCII and blanks. */
bool		 line_is_plain(const char *text, size_t len);

/* Split at single or repeated blanks, in place. The number of words, or LINE_WORDS + 1 for too many. */
size_t		 line_split(char *line, char *words[LINE_WORDS]);

/* NULL, or why the n words, verb first, ask for nothing: the answer to it, "500 ..." or "501 ...". */
const char	*line_request(char *const *words, size_t n, struct request *);

/* The answer to what a request has come to, without its end. Returns text. */
const char	*line_answer(enum verb, const struct verdict *, char text[LINE_SIZE]);

#endif
