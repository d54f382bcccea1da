/* SPDX-License-Identifier: ISC */
/*
 * Making, keeping and checking secrets. The only user of OpenSSL's random numbers and digests, and of crypt_r(3).
 * A verifier is split into a head (kind, cost and salt) and a digest by one table of kinds; a decoy keeps the head.
 */
#include <crypt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <bsd/string.h>

#include "secret.h"

#define TOKEN_BYTES	((TOKEN_SIZE - 1) / 2)
#define SALT_BYTES	16
#define DIGEST_BYTES	32
#define TOKEN_PREFIX	"{token}"
#define TOKEN_HEAD	(sizeof(TOKEN_PREFIX) - 1 + 2 * SALT_BYTES + 1)	/* with the dollar sign */

#define HEX		"0123456789abcdef"
#define BASE64		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_Static_assert(VERIFIER_PLAIN >= CRYPT_OUTPUT_SIZE, "a crypt hash must fit");

static const struct kind {
	const char	*prefix;
	size_t		 whole;		/* length of a verifier; 0: the digest begins after the last dollar sign */
	size_t		 digest;	/* length of the digest at its end */
	bool		 weak;
} kinds[] = {
	{ TOKEN_PREFIX, TOKEN_HEAD + 2 * DIGEST_BYTES, 2 * DIGEST_BYTES, false },
	{ "$y$", 0, 43, false },
	{ "$gy$", 0, 43, false },
	{ "$7$", 0, 43, false },
	{ "$2b$", 60, 31, false },
	{ "$2y$", 60, 31, false },
	{ "$6$", 0, 86, false },
	{ "$5$", 0, 43, false },
	{ "$1$", 0, 22, true },
	{ "", 13, 11, true },	/* DES */
};

static bool
kind_is_token(const struct kind *kind)
{
	return kind == &kinds[0];
}

static const struct kind *
find_kind(const char *text)
{
	size_t i;

	for (i = 0; strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0; i++)
		continue;	/* ends at DES, whose prefix is empty */
	return &kinds[i];
}

static bool
token_is_whole(const char *text)
{
	const char *salt = text + sizeof(TOKEN_PREFIX) - 1;

	return strspn(salt, HEX) == 2 * SALT_BYTES && salt[2 * SALT_BYTES] == '$' &&
	    strspn(text + TOKEN_HEAD, HEX) == 2 * DIGEST_BYTES;
}

static bool
crypt_is_whole(const struct kind *kind, const char *text, size_t len)
{
	const char *digest = text + len - kind->digest;
	int salt = crypt_checksalt(text);

	if (salt != CRYPT_SALT_OK && salt != CRYPT_SALT_METHOD_LEGACY && salt != CRYPT_SALT_TOO_CHEAP)
		return false;
	/* crypt_checksalt(3) looks at the prefix only. */
	if (strspn(digest, BASE64) != kind->digest)
		return false;
	return kind->whole != 0 || (digest > text + strlen(kind->prefix) && digest[-1] == '$');
}

/* The kind of a verifier, NULL when text is none. */
static const struct kind *
verifier_kind(const char *text)
{
	const struct kind *kind = find_kind(text);
	size_t len = strlen(text);

	if (len >= VERIFIER_PLAIN || len < strlen(kind->prefix) + kind->digest)
		return NULL;
	if (kind->whole != 0 && len != kind->whole)
		return NULL;
	if (kind_is_token(kind))
		return token_is_whole(text) ? kind : NULL;
	return crypt_is_whole(kind, text, len) ? kind : NULL;
}

bool
secret_is_verifier(const char *text)
{
	return verifier_kind(text) != NULL;
}

bool
secret_is_costly(const char *verifier)
{
	const struct kind *kind = verifier_kind(verifier);

	return kind != NULL && !kind_is_token(kind);
}

bool
secret_is_weak(const char *verifier)
{
	const struct kind *kind = verifier_kind(verifier);

	return kind != NULL && kind->weak;
}

static void
put_hex(const uint8_t *bytes, size_t len, char *text)
{
	size_t i;

	for (i = 0; i < len; i++) {
		text[2 * i] = HEX[bytes[i] >> 4];
		text[2 * i + 1] = HEX[bytes[i] & 15];
	}
	text[2 * len] = '\0';
}

/* Digest of the salt's digits followed by the token, as hex. */
static bool
digest_token(const char *salt, const char *token, char hex[2 * DIGEST_BYTES + 1])
{
	char text[2 * SALT_BYTES + TOKEN_SIZE - 1];
	uint8_t digest[DIGEST_BYTES];
	size_t len = sizeof(digest);
	bool done;

	memcpy(text, salt, 2 * SALT_BYTES);
	memcpy(text + 2 * SALT_BYTES, token, TOKEN_SIZE - 1);
	done = EVP_Q_digest(NULL, "SHA256", NULL, text, sizeof(text), digest, &len) == 1 && len == sizeof(digest);
	if (done)
		put_hex(digest, sizeof(digest), hex);
	secret_wipe(text, sizeof(text));
	return done;
}

enum status
secret_random(void *bytes, size_t len)
{
	return RAND_bytes(bytes, (int)len) == 1 ? ST_OK : ST_SYSTEM;
}

enum status
secret_new_token(char token[TOKEN_SIZE])
{
	uint8_t bytes[TOKEN_BYTES];

	token[0] = '\0';
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return ST_SYSTEM;
	put_hex(bytes, sizeof(bytes), token);
	secret_wipe(bytes, sizeof(bytes));
	return ST_OK;
}

enum status
secret_keep_token(const char *token, char verifier[VERIFIER_SIZE])
{
	uint8_t salt[SALT_BYTES];
	char salt_hex[2 * SALT_BYTES + 1], digest_hex[2 * DIGEST_BYTES + 1];

	verifier[0] = '\0';
	/* One round of SHA-256 is enough for random bits and for nothing else. */
	if (strlen(token) != TOKEN_SIZE - 1 || strspn(token, HEX) != TOKEN_SIZE - 1)
		return ST_INVALID;
	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return ST_SYSTEM;
	put_hex(salt, sizeof(salt), salt_hex);
	if (!digest_token(salt_hex, token, digest_hex))
		return ST_SYSTEM;
	snprintf(verifier, VERIFIER_SIZE, "%s%s$%s", TOKEN_PREFIX, salt_hex, digest_hex);
	return ST_OK;
}

enum status
secret_decoy(const char *verifier, char decoy[VERIFIER_SIZE])
{
	const struct kind *kind = verifier_kind(verifier);
	size_t len;

	decoy[0] = '\0';
	if (kind == NULL)
		return ST_INVALID;
	/*
	 * A digest's bits never fill its last base64 character, and in every kind of crypt(5) some bit that 'z' has
	 * there is always zero. For a token it is the digest that nobody knows an origin of.
	 */
	len = strlcpy(decoy, verifier, VERIFIER_SIZE);
	memset(decoy + len - kind->digest, kind_is_token(kind) ? '0' : 'z', kind->digest);
	return ST_OK;
}

static bool
match_token(const char *verifier, const char *token)
{
	char hex[2 * DIGEST_BYTES + 1];

	return digest_token(verifier + sizeof(TOKEN_PREFIX) - 1, token, hex) &&
	    CRYPTO_memcmp(hex, verifier + TOKEN_HEAD, 2 * DIGEST_BYTES) == 0;
}

static bool
match_crypt(const char *verifier, const char *secret)
{
	struct crypt_data *data;
	const char *hash;
	size_t len = strlen(verifier);
	bool same = false;

	if ((data = calloc(1, sizeof(*data))) == NULL)
		return false;
	hash = crypt_r(secret, verifier, data);
	if (hash != NULL && strlen(hash) == len)
		same = CRYPTO_memcmp(hash, verifier, len) == 0;
	secret_wipe(data, sizeof(*data));
	free(data);
	return same;
}

/*
 * Copy what a client sent, to be checked whatever it is: what can match nothing becomes something harmless of the
 * same length, so that it costs the same. Says whether it may match.
 */
static bool
copy_secret(const void *secret, size_t len, char copy[SECRET_SIZE])
{
	bool possible = len > 0 && len < SECRET_SIZE;
	size_t i, n = len < SECRET_SIZE ? len : SECRET_SIZE - 1;

	memset(copy, 0, SECRET_SIZE);
	if (n == 0)
		copy[0] = 'x';
	else
		memcpy(copy, secret, n);
	for (i = 0; i < n; i++) {
		if (copy[i] == '\0') {
			copy[i] = 'x';
			possible = false;
		}
	}
	return possible;
}

bool
secret_matches(const char *verifier, const void *secret, size_t len)
{
	const struct kind *kind = verifier_kind(verifier);
	char copy[SECRET_SIZE];
	bool possible, same;

	if (kind == NULL)
		return false;
	possible = copy_secret(secret, len, copy);
	if (kind_is_token(kind)) {
		/* As many bytes as a token has are hashed, however many came. */
		same = match_token(verifier, copy);
		possible = possible && len == TOKEN_SIZE - 1;
	} else {
		same = match_crypt(verifier, copy);
	}
	secret_wipe(copy, sizeof(copy));
	return same && possible;
}

uint32_t
secret_number(const char *salt, const char *name)
{
	uint8_t mac[DIGEST_BYTES] = { 0 };
	size_t len = 0;

	(void)EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, salt, strlen(salt), (const uint8_t *)name, strlen(name),
	    mac, sizeof(mac), &len);
	return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
}

void
secret_wipe(void *bytes, size_t len)
{
	OPENSSL_cleanse(bytes, len);
}
