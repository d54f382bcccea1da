/* SPDX-License-Identifier: ISC */
/*
 * Making and reading fingerprints. The digest and base64 are OpenSSL's.
 */
#include "fingerprint.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#define PREFIX		"SHA256:"
#define PREFIX_LEN	(sizeof(PREFIX) - 1)
#define DIGITS		(FINGERPRINT_SIZE - 1 - PREFIX_LEN)
#define DIGEST_BYTES	32
#define BLOB_MAX	4096	/* bytes of an ssh key, decoded */

enum status
fingerprint_make(const void *bytes, size_t len, char fingerprint[FINGERPRINT_SIZE])
{
	unsigned char digest[DIGEST_BYTES], base64[DIGITS + 2];
	size_t size = sizeof(digest);

	fingerprint[0] = '\0';
	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes, len, digest, &size) != 1 || size != sizeof(digest))
		return ST_SYSTEM;
	EVP_EncodeBlock(base64, digest, sizeof(digest));	/* 32 bytes give one "=" */
	memcpy(fingerprint, PREFIX, PREFIX_LEN);
	memcpy(fingerprint + PREFIX_LEN, base64, DIGITS);
	fingerprint[FINGERPRINT_SIZE - 1] = '\0';
	return ST_OK;
}

static enum status
decode(const char *text, size_t len, uint8_t blob[BLOB_MAX], size_t *size)
{
	size_t padding = 0;
	int n;

	/* EVP_DecodeBlock(3) passes over blanks, and counts what pads as bytes. */
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/' && text[i] != '=')
			return ST_INVALID;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (len == 0 || len % 4 != 0 || len / 4 * 3 > BLOB_MAX ||
	    memchr(text, '=', len - padding) != NULL ||
	    (n = EVP_DecodeBlock(blob, (const unsigned char *)text, (int)len)) < (int)padding)
		return ST_INVALID;
	*size = (size_t)n - padding;
	return ST_OK;
}

enum status
fingerprint_make_base64(const char *text, size_t len, char fingerprint[FINGERPRINT_SIZE])
{
	uint8_t blob[BLOB_MAX];
	size_t size;
	enum status st;

	fingerprint[0] = '\0';
	st = decode(text, len, blob, &size);
	return st != ST_OK ? st : fingerprint_make(blob, size, fingerprint);
}

enum status
fingerprint_make_ssh(const char *type, const char *base64, char fingerprint[FINGERPRINT_SIZE])
{
	uint8_t blob[BLOB_MAX];
	size_t size, at = 0, fields = 0, len;
	enum status st;

	fingerprint[0] = '\0';
	if ((st = decode(base64, strlen(base64), blob, &size)) != ST_OK)
		return st;
	for (; at + 4 <= size; at += 4 + len, fields++) {
		len = (size_t)blob[at] << 24 | (size_t)blob[at + 1] << 16 | (size_t)blob[at + 2] << 8 | blob[at + 3];
		if (len > size - at - 4 ||
		    (fields == 0 && (len != strlen(type) || memcmp(blob + at + 4, type, len) != 0)))
			return ST_INVALID;
	}
	return at != size || fields < 2 ? ST_INVALID : fingerprint_make(blob, size, fingerprint);
}

enum status
fingerprint_parse(const char *text, size_t len, char fingerprint[FINGERPRINT_SIZE])
{
	fingerprint[0] = '\0';
	if (len > PREFIX_LEN && text[len - 1] == '=')
		len--;
	if (len != PREFIX_LEN + DIGITS || memcmp(text, PREFIX, PREFIX_LEN) != 0)
		return ST_INVALID;
	for (size_t i = PREFIX_LEN; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/')
			return ST_INVALID;
	memcpy(fingerprint, text, len);
	fingerprint[len] = '\0';
	return ST_OK;
}
