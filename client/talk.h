/* SPDX-License-Identifier: ISC */
/*
 * The line dialect as the client speaks it: commands composed, answers taken apart. Pure: no descriptor, no clock.
 * An answer is three digits, a blank and a text of printable ASCII, at most 512 bytes with its line end.
 * Words after the ones known here, and keys that are not, are left alone: a later server may say more.
 */
#ifndef DYNLEASE_TALK_H
#define DYNLEASE_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/address.h"
#include "lib/name.h"
#include "lib/status.h"

#define TALK_LINE	512	/* bytes of a line, with its end */
#define TALK_COMMANDS	16	/* in one connection at most */
#define TALK_HOSTS	(TALK_COMMANDS - 2)
#define TALK_STATES	2	/* one lease a family */

struct talk_answer {
	int	code;			/* 100 to 999 */
	char	text[TALK_LINE];
};

/* "250 host address=203.0.113.7 family=4 lease=120 renew=40 changed=no" */
struct talk_lease {
	struct address	address;
	unsigned	lease, renew;	/* seconds */
	bool		changed;
};

/* "250 host state=live address=203.0.113.7 left=87", address and left once for each live family */
struct talk_state {
	bool	live;
	size_t	n;
	struct {
		struct address	address;
		unsigned	left;	/* seconds */
	} leases[TALK_STATES];
};

/*
 * Append "verb first second CRLF" (words may be NULL) to text, which holds *len bytes of size.
 * ST_INVALID: a word has blanks or is not printable ASCII; or line or text would be too long.
 */
enum status	talk_compose(char *text, size_t size, size_t *len, const char *const words[3]);

/* May this be sent as one word? */
bool		talk_is_word(const char *);

/* A line without its end, any bytes. ST_PROTOCOL. */
enum status	talk_parse(const char *line, size_t len, struct talk_answer *);

/* The texts of a 250 to RENEW and STATUS, which must speak of host. ST_PROTOCOL. */
enum status	talk_parse_lease(const char *text, const char *host, struct talk_lease *);
enum status	talk_parse_state(const char *text, const char *host, struct talk_state *);

#endif
