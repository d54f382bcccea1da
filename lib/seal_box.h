/* SPDX-License-Identifier: ISC */
/*
 * Inside of the seal, for seal*.c only: a box is base64 of nonce, ciphertext and tag (AES-256-GCM). Nothing in it can
 * be read or changed without the key, and it opens only with the label that it was closed with.
 */
#ifndef DYNLEASE_SEAL_BOX_H
#define DYNLEASE_SEAL_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret.h"
#include "status.h"

#define BOX_KEY		32	/* bytes */
#define BOX_BYTES	VERIFIER_PLAIN	/* what fits into one */
#define BOX_TEXT	((12 + BOX_BYTES + 16 + 2) / 3 * 4 + 1)
#define BASE64_TEXT(n)	(((n) + 2) / 3 * 4 + 1)

struct box {
	const char	*label;		/* authenticated with the content, not in the box */
	uint8_t		 bytes[BOX_BYTES];
	size_t		 len;
};

/* ST_INVALID: it does not fit; ST_SYSTEM. */
enum status	box_close(const uint8_t key[BOX_KEY], const struct box *, char text[BOX_TEXT]);

/* box->label is given. ST_DAMAGED: no box, not this key, not this label, or changed. Wipe what came out. */
enum status	box_open(const uint8_t key[BOX_KEY], const char *text, struct box *);

/* Strict base64 of 1 to size bytes. False: it is none, or too long. */
bool		base64_read(const char *text, uint8_t *bytes, size_t size, size_t *len);
void		base64_write(const uint8_t *bytes, size_t len, char *text);	/* BASE64_TEXT(len) */

#endif
