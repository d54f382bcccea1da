/* SPDX-License-Identifier: ISC */
/*
 * Secrets and what is kept of them. A generated token has 160 random bits and is kept as a salted SHA-256
 * ("{token}SALT$DIGEST", hex); a human's password is kept as a crypt(5) hash. Nothing here is our own
 * cryptography: OpenSSL's RAND and EVP, libxcrypt's crypt_r(3).
 */
#ifndef DYNLEASE_SECRET_H
#define DYNLEASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define SECRET_SIZE	257	/* longest secret a client may send, and a NUL */
#define TOKEN_SIZE	41	/* 40 hex digits and the NUL */
#define VERIFIER_PLAIN	384	/* longest verifier that secret_matches() takes, and the NUL (CRYPT_OUTPUT_SIZE) */
#define VERIFIER_SIZE	640	/* longest one when it is sealed (seal.h), and the NUL */

/* A token's verifier that no token matches, for when there is no account to take one from. */
#define SECRET_OF_NOBODY	"{token}00000000000000000000000000000000$" \
				"0000000000000000000000000000000000000000000000000000000000000000"

/* Fill with random bytes. ST_SYSTEM: no randomness. */
enum status	secret_random(void *, size_t len);

/* A new token. ST_SYSTEM: no randomness. */
enum status	secret_new_token(char token[TOKEN_SIZE]);

/* The verifier to keep for a token, with a new salt. */
enum status	secret_keep_token(const char *token, char verifier[VERIFIER_SIZE]);

/* May text be kept as a verifier: one of ours, or crypt(5) $y$ $gy$ $7$ $2b$ $2y$ $6$ $5$ $1$ or DES? */
bool		secret_is_verifier(const char *text);

/* Does checking against it cost milliseconds (crypt) and not microseconds (token)? */
bool		secret_is_costly(const char *verifier);

/* Is it a kind that is verified but should be replaced ($1$, DES)? */
bool		secret_is_weak(const char *verifier);

/*
 * A verifier of the same kind and cost that no secret matches, to be checked for unknown accounts.
 * ST_INVALID: not a verifier.
 */
enum status	secret_decoy(const char *verifier, char decoy[VERIFIER_SIZE]);

/* Compare in constant time. A secret with a NUL inside, or of 0 or over 256 bytes, never matches, at the same cost. */
bool		secret_matches(const char *verifier, const void *secret, size_t len);

/* A number that depends on salt and name in a way nobody without the salt can foresee. */
uint32_t	secret_number(const char *salt, const char *name);

/* Overwrite, not to be optimised away. */
void		secret_wipe(void *, size_t len);

#endif
