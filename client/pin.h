/* SPDX-License-Identifier: ISC */
/*
 * Servers known by their key, as ssh(1) knows them: pins in the configuration, and a file of known servers whose lines
 * are "NAME FINGERPRINT". A fingerprint is "SHA256:" and base64, as channel_key() makes it.
 */
#ifndef DYNLEASE_PIN_H
#define DYNLEASE_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "lib/channel.h"
#include "lib/status.h"

#define PIN_WHY	512

enum pin_verdict {
	PIN_GOOD,
	PIN_OTHER,	/* the server is known, by another key */
	PIN_UNKNOWN
};

/* Is it a list, separated by blanks or commas, of fingerprints only, and of one at least? Pure. */
bool			pin_is_list(const char *text);

/* Is the key in such a list? Pure. */
bool			pin_list_has(const char *text, const char *key);

/* What the text of a file of known servers says. Several lines may give a server several keys. Pure. */
enum pin_verdict	pin_look_up(const char *text, const char *name, const char *key);

/* Must a key of this server be judged? */
bool			pin_is_wanted(const struct server *);

/*
 * May the server have this key? An unknown one is remembered when the server's section has trust_first = yes.
 * ST_UNTRUSTED: why says so.
 */
enum status		pin_judge(const struct server *, const char *key, char why[PIN_WHY]);

#endif
