/* SPDX-License-Identifier: ISC */
/*
 * AES-256-GCM and base64, both OpenSSL's.
 */
#include "seal_box.h"

#include <string.h>

#include <openssl/evp.h>

#define NONCE	12
#define TAG	16
#define WHOLE	(NONCE + BOX_BYTES + TAG)

_Static_assert(BASE64_TEXT(WHOLE) == BOX_TEXT, "the size of a box in text");

void
base64_write(const uint8_t *bytes, size_t len, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
}

/* OpenSSL's decoder counts padding as bytes, skips blanks, and takes other spellings: so the text is made again. */
bool
base64_read(const char *text, uint8_t *bytes, size_t size, size_t *len)
{
	uint8_t whole[BASE64_TEXT(WHOLE)];
	char again[BASE64_TEXT(WHOLE) + 4];
	const size_t chars = strlen(text);
	int n;

	if (chars == 0 || chars % 4 != 0 || chars >= BASE64_TEXT(WHOLE) ||
	    (n = EVP_DecodeBlock(whole, (const unsigned char *)text, (int)chars)) <= 0)
		return false;
	*len = (size_t)n - (text[chars - 1] == '=' ? 1 : 0) - (text[chars - 2] == '=' ? 1 : 0);
	base64_write(whole, *len, again);
	if (strcmp(again, text) != 0 || *len > size)
		return false;
	memcpy(bytes, whole, *len);
	secret_wipe(whole, sizeof(whole));
	return true;
}

enum status
box_close(const uint8_t key[BOX_KEY], const struct box *box, char text[BOX_TEXT])
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t whole[WHOLE];
	int n;
	enum status st;

	if (box->len == 0 || box->len > BOX_BYTES)
		return ST_INVALID;
	if ((st = secret_random(whole, NONCE)) != ST_OK)
		return st;
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, whole) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)box->label, (int)strlen(box->label)) != 1 ||
	    EVP_EncryptUpdate(ctx, whole + NONCE, &n, box->bytes, (int)box->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, whole + NONCE + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, whole + NONCE + box->len) != 1)
		st = ST_SYSTEM;
	else
		base64_write(whole, NONCE + box->len + TAG, text);
	EVP_CIPHER_CTX_free(ctx);
	return st;
}

enum status
box_open(const uint8_t key[BOX_KEY], const char *text, struct box *box)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t whole[WHOLE];
	size_t len;
	int n;
	enum status st = ST_DAMAGED;

	box->len = 0;
	if (!base64_read(text, whole, sizeof(whole), &len) || len <= NONCE + TAG)
		return ST_DAMAGED;
	len -= NONCE + TAG;
	if ((ctx = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, whole) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)box->label, (int)strlen(box->label)) == 1 &&
	    EVP_DecryptUpdate(ctx, box->bytes, &n, whole + NONCE, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, whole + NONCE + len) == 1 &&
	    EVP_DecryptFinal_ex(ctx, box->bytes + len, &n) == 1) {
		box->len = len;
		st = ST_OK;
	} else
		secret_wipe(box->bytes, sizeof(box->bytes));
	EVP_CIPHER_CTX_free(ctx);
	return st;
}
