/* SPDX-License-Identifier: ISC */
/*
 * The lexical form of a master file (RFC 1035 5.1): words, and entries made of them. Of text that name servers are
 * known to read in different ways none is passed. Pure.
 */
#ifndef DYNLEASE_MASTERSCAN_H
#define DYNLEASE_MASTERSCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/status.h"

#define MASTERSCAN_WORDS	12	/* owner, TTL, class, SOA and its seven fields are eleven */

struct scan {
	const char	*text;
	size_t		 len, at;
	unsigned	 line;		/* from 1 */
	unsigned	 depth;		/* parentheses that are open */
	char		*why;		/* gets the sentence of a complaint */
	size_t		 whysize;
};

struct scan_word {
	size_t	at, len;
};

/* A record or a directive, over as many lines as its parentheses take. A comment or an empty line has no words. */
struct scan_entry {
	unsigned		line;
	bool			has_owner;	/* begins in the first column */
	size_t			n;		/* words; the list has the first MASTERSCAN_WORDS */
	struct scan_word	words[MASTERSCAN_WORDS];
};

/*
 * Begin with text. ST_INVALID: it holds a NUL or a carriage return without a newline, which is an end of line to one
 * server and a blank to another, or does not end with a newline.
 */
enum status	scan_begin(struct scan *, const char *text, size_t len, char *why, size_t whysize);

/* Is there more? Then scan->at is the start of a line outside parentheses. */
bool		scan_has_more(const struct scan *);

/*
 * The next one. ST_INVALID: parentheses that do not match, a marker in them, quotes over several lines, a line that
 * ends in a backslash.
 */
enum status	scan_next(struct scan *, struct scan_entry *);

/* Does the line at scan->at begin with this marker? */
bool		scan_is_marker(const struct scan *, const char *marker);

/* Is the word this text, in any case of letters? */
bool		scan_word_is(const struct scan *, const struct scan_word *, const char *text);

/* Write "line N: " (0: without) and the sentence into why and return ST_INVALID. */
enum status	scan_complain(const struct scan *, unsigned line, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

#endif
