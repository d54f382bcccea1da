/* SPDX-License-Identifier: ISC */
/*
 * The form of a zone's master file (RFC 1035 5.1), as far as one must know it to change only what is ours: the digits
 * of the SOA serial and the lines between two marker comments. Pure: texts in, texts out.
 */
#ifndef DYNLEASE_MASTERFILE_H
#define DYNLEASE_MASTERFILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/status.h"

/* A line that begins so, and stands outside parentheses and quotes, is a marker. */
#define MASTERFILE_BEGIN	";; dynlease: begin"
#define MASTERFILE_END		";; dynlease: end"

struct masterfile {
	size_t		serial_at, serial_len;	/* the digits of the SOA serial, in bytes from the start */
	uint32_t	serial;
	uint32_t	minimum;		/* of the SOA, in seconds (RFC 2308 4) */
	size_t		block_at, block_len;	/* all between the lines of the two markers */
};

/*
 * Find the parts in text. ST_INVALID and a sentence in why (with the line) otherwise: no SOA of this zone or a second
 * one, a serial or a MINIMUM that is no number, no markers, markers twice or out of order, inside parentheses, or
 * only in a file that $INCLUDE names; a directive or the SOA between them; after the end marker first a record
 * without an owner (it would be adopted by our last record, RFC 1035 5.1) or an $INCLUDE (its first record would);
 * what scan_begin() and scan_next() refuse.
 */
enum status	masterfile_parse(const char *text, size_t len, const char *zone, struct masterfile *,
		    char *why, size_t whysize);

/*
 * Call each with the owner of every record outside of the block that is written with one: whole, in lower case,
 * without the final dot, and escapes as they are. Of a text that masterfile_parse() takes; of another, those up to its
 * fault.
 */
void		masterfile_each_owner(const char *text, size_t len, const char *zone,
		    void (*each)(void *, const char *owner), void *);

/* The text with another serial and another block. malloc'ed, NUL-terminated. ST_NOMEM. */
enum status	masterfile_compose(const char *text, size_t len, const struct masterfile *, uint32_t serial,
		    const char *block, size_t blocklen, char **out, size_t *outlen);

#endif
