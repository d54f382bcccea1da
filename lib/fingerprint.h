/* SPDX-License-Identifier: ISC */
/*
 * Fingerprints of public keys, as people compare them: "SHA256:" and base64 without the final "=". For TLS it is
 * taken of the SubjectPublicKeyInfo (as RFC 7469 section 2.4 pins it), for ssh of the key's blob (as ssh-keygen -l
 * prints it).
 */
#ifndef DYNLEASE_FINGERPRINT_H
#define DYNLEASE_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#define FINGERPRINT_SIZE	51	/* 7 + 43 and the NUL */

/* ST_SYSTEM: no digest to be had. */
enum status	fingerprint_make(const void *bytes, size_t len, char fingerprint[FINGERPRINT_SIZE]);

/* Of a key's text in base64 (an ssh key's second word). ST_INVALID: it is none. */
enum status	fingerprint_make_base64(const char *text, size_t len, char fingerprint[FINGERPRINT_SIZE]);

/*
 * Of an ssh key by its two words in an authorized_keys file. ST_INVALID also when the second is cut, or is a key of
 * another type than the first says (RFC 4253 section 6.6: fields with their lengths, the type first).
 */
enum status	fingerprint_make_ssh(const char *type, const char *base64, char fingerprint[FINGERPRINT_SIZE]);

/* Text of len bytes, with or without a final "=", in its one spelling. ST_INVALID: none. Pure. */
enum status	fingerprint_parse(const char *text, size_t len, char fingerprint[FINGERPRINT_SIZE]);

#endif
