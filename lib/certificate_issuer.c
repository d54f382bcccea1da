/* SPDX-License-Identifier: ISC */
/*
 * Roots, and what they sign. The key is in the clear only in memory.
 */
#include "certificate_issuer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "certificate_part.h"
#include "name.h"
#include "secret.h"

/* 16 MiB and five times over; OpenSSL opens nothing that needs 32 MiB. */
#define SCRYPT_N	16384
#define SCRYPT_R	8
#define SCRYPT_P	5
#define SALT_BYTES	16

void
issuer_free(struct issuer *issuer)
{
	if (issuer == NULL)
		return;
	EVP_PKEY_free(issuer->key);
	X509_free(issuer->root);
	free(issuer);
}

/* --- the text of key and root --- */

bool
issuer_is_sealed(const char *pem)
{
	return strstr(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL;
}

static enum status
unseal(BIO *bio, const char *passphrase, PKCS8_PRIV_KEY_INFO **info)
{
	X509_SIG *sealed;

	if (passphrase == NULL)
		return ST_LOCKED;
	if ((sealed = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL)) == NULL)
		return ST_DAMAGED;
	*info = PKCS8_decrypt(sealed, passphrase, (int)strlen(passphrase));
	X509_SIG_free(sealed);
	return *info != NULL ? ST_OK : ST_DENIED;
}

static enum status
read_key(const char *pem, const char *passphrase, EVP_PKEY **key)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	BIO *bio = BIO_new_mem_buf(pem, -1);
	enum status st = ST_OK;

	if (bio == NULL)
		return ST_NOMEM;
	if (issuer_is_sealed(pem))
		st = unseal(bio, passphrase, &info);
	else
		info = PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL);
	if (st == ST_OK && (info == NULL || (*key = EVP_PKCS82PKEY(info)) == NULL))
		st = ST_DAMAGED;
	PKCS8_PRIV_KEY_INFO_free(info);
	BIO_free(bio);
	return st;
}

enum status
issuer_open(const char *pem, const char *passphrase, struct issuer **out)
{
	struct issuer *issuer = calloc(1, sizeof(*issuer));
	BIO *bio = BIO_new_mem_buf(pem, -1);
	enum status st = issuer == NULL || bio == NULL ? ST_NOMEM : read_key(pem, passphrase, &issuer->key);

	*out = NULL;
	if (st == ST_OK && ((issuer->root = PEM_read_bio_X509(bio, NULL, NULL, NULL)) == NULL ||
	    X509_check_private_key(issuer->root, issuer->key) != 1))
		st = ST_DAMAGED;
	if (st == ST_OK)
		*out = issuer;
	else
		issuer_free(issuer);
	BIO_free(bio);
	ERR_clear_error();
	return st;
}

static bool
write_sealed(BIO *bio, EVP_PKEY *key, const char *passphrase)
{
	X509_ALGOR *how = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT_BYTES, NULL, SCRYPT_N, SCRYPT_R,
	    SCRYPT_P);
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *sealed = how == NULL || info == NULL ? NULL :
	    PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), info, how);
	const bool written = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;

	if (sealed == NULL)
		X509_ALGOR_free(how);
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
	return written;
}

enum status
issuer_text(const struct issuer *issuer, const char *passphrase, char **text, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	*text = NULL;
	if (bio != NULL && (passphrase != NULL ? write_sealed(bio, issuer->key, passphrase) :
	    PEM_write_bio_PrivateKey(bio, issuer->key, NULL, NULL, 0, NULL, NULL) == 1) &&
	    PEM_write_bio_X509(bio, issuer->root) == 1)
		*text = part_text(bio, len);
	BIO_free(bio);
	return *text != NULL ? ST_OK : part_complain("the key of the CA cannot be written");
}

char *
issuer_root(const struct issuer *issuer)
{
	return part_certificate_text(issuer->root);
}

/* --- roots --- */

/* Has the name of the root before, if there is one. */
static X509 *
make_root(EVP_PKEY *key, const char *name, const X509 *before, time_t now, time_t until)
{
	X509 *x = part_new(key, name, now - HOUR, until);

	if (x != NULL && (before == NULL || X509_set_subject_name(x, X509_get_subject_name(before)) == 1) &&
	    X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
	    part_extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    part_extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    part_extend(x, x, NID_subject_key_identifier, "hash") && X509_sign(x, key, EVP_sha256()) != 0)
		return x;
	X509_free(x);
	return NULL;
}

enum status
issuer_make(const char *name, time_t now, time_t until, struct issuer **out)
{
	struct issuer *issuer = calloc(1, sizeof(*issuer));

	*out = NULL;
	if (issuer == NULL)
		return ST_NOMEM;
	if ((issuer->key = EVP_EC_gen("P-256")) != NULL &&
	    (issuer->root = make_root(issuer->key, name, NULL, now, until)) != NULL) {
		*out = issuer;
		return ST_OK;
	}
	issuer_free(issuer);
	return part_complain("no CA could be made");
}

enum status
issuer_renew(struct issuer *issuer, time_t now, time_t until)
{
	X509 *x = make_root(issuer->key, "CA", issuer->root, now, until);

	if (x == NULL)
		return part_complain("the root could not be renewed");
	X509_free(issuer->root);
	issuer->root = x;
	return ST_OK;
}

/* --- certificates of clients --- */

static X509 *
make_client(const struct issuer *issuer, const struct issue *issue, EVP_PKEY *key)
{
	const time_t begin = part_time(X509_get0_notBefore(issuer->root)),
	    end = part_time(X509_get0_notAfter(issuer->root)), from = issue->now - HOUR;
	X509 *x = part_new(key, issue->name, from < begin ? begin : from, issue->until > end ? end : issue->until);
	char san[NAME_SIZE + 8];

	snprintf(san, sizeof(san), "DNS:%s", issue->name);
	if (x != NULL && X509_set_issuer_name(x, X509_get_subject_name(issuer->root)) == 1 &&
	    part_extend(x, issuer->root, NID_basic_constraints, "critical,CA:FALSE") &&
	    part_extend(x, issuer->root, NID_key_usage, "critical,digitalSignature") &&
	    part_extend(x, issuer->root, NID_ext_key_usage, "clientAuth") &&
	    part_extend(x, issuer->root, NID_subject_key_identifier, "hash") &&
	    part_extend(x, issuer->root, NID_authority_key_identifier, "keyid:always") &&
	    part_extend(x, issuer->root, NID_subject_alt_name, san) &&
	    X509_sign(x, issuer->key, EVP_sha256()) != 0)
		return x;
	X509_free(x);
	return NULL;
}

enum status
issuer_sign(const struct issuer *issuer, const struct issue *issue, struct certificate_pair *pair, const char **why)
{
	EVP_PKEY *key = NULL;
	X509 *x;
	enum status st = ST_OK;

	memset(pair, 0, sizeof(*pair));
	if (issue->request != NULL)
		st = part_request(issue->request, &key, why);
	else if ((key = EVP_EC_gen("P-256")) == NULL || (pair->key = part_key_text(key, &pair->keylen)) == NULL)
		st = part_complain("no key could be made");
	if (st == ST_OK) {
		x = make_client(issuer, issue, key);
		if (x == NULL || (pair->certificate = part_certificate_text(x)) == NULL)
			st = part_complain("no certificate could be made");
		X509_free(x);
	}
	if (st != ST_OK)
		certificate_pair_free(pair);
	EVP_PKEY_free(key);
	return st;
}

bool
issuer_has_signed(const struct issuer *issuer, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	const bool signed_by = x != NULL && X509_verify(x, issuer->key) == 1;

	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return signed_by;
}
