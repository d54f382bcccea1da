/* SPDX-License-Identifier: ISC */
/*
 * X.509 by OpenSSL. Keys are made here and leave only as PEM texts, which the caller writes and wipes.
 */
#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "address.h"
#include "log.h"
#include "secret.h"

#define DAY		(24 * 60 * 60L)
#define HOUR		(60 * 60L)

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	if ((extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return false;
	added = X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

/* The name has been parsed: LDH or an address, so it cannot bring syntax of OpenSSL's along. */
static bool
add_extensions(X509 *x, const char *name, enum certificate_use use)
{
	char san[NAME_SIZE + 8];
	struct address address;

	snprintf(san, sizeof(san), "%s:%s", address_parse(name, &address) == ST_OK ? "IP" : "DNS", name);
	return add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, NID_ext_key_usage, use == CERTIFICATE_SERVER ? "serverAuth" : "clientAuth") &&
	    add_extension(x, NID_subject_key_identifier, "hash") &&
	    add_extension(x, NID_subject_alt_name, san);
}

static bool
set_serial(X509 *x)
{
	uint64_t serial;

	arc4random_buf(&serial, sizeof(serial));
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1 | 1) == 1;
}

/* A common name has at most 64 bytes (RFC 5280 A.1); who verifies looks at the alternative name anyway. */
static bool
set_names(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	const char *cn = strlen(name) <= 64 ? name : "dynlease";

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, subject) == 1;
}

static X509 *
sign_new(EVP_PKEY *key, const char *name, enum certificate_use use, time_t now)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_names(x, name) &&
	    ASN1_TIME_set(X509_getm_notBefore(x), now - HOUR) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), now + CERTIFICATE_DAYS * DAY) != NULL &&
	    X509_set_pubkey(x, key) == 1 && add_extensions(x, name, use) && X509_sign(x, key, EVP_sha256()) != 0)
		return x;
	X509_free(x);
	return NULL;
}

static char *
text_of(BIO *bio, size_t *len)
{
	char *bytes = NULL, *text;
	const long n = BIO_get_mem_data(bio, &bytes);

	if (n <= 0 || (text = malloc((size_t)n + 1)) == NULL)
		return NULL;
	memcpy(text, bytes, (size_t)n);
	text[n] = '\0';
	*len = (size_t)n;
	return text;
}

static char *
certificate_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	size_t len;

	if (bio != NULL && PEM_write_bio_X509(bio, x) == 1)
		text = text_of(bio, &len);
	BIO_free(bio);
	return text;
}

/* From memory that OpenSSL wipes when it frees it. */
static char *
key_text(EVP_PKEY *key, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		text = text_of(bio, len);
	BIO_free(bio);
	return text;
}

enum status
certificate_make(const char *name, enum certificate_use use, time_t now, struct certificate_pair *pair)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key == NULL ? NULL : sign_new(key, name, use, now);

	memset(pair, 0, sizeof(*pair));
	if (x != NULL) {
		pair->certificate = certificate_text(x);
		pair->key = key_text(key, &pair->keylen);
	}
	X509_free(x);
	EVP_PKEY_free(key);
	if (pair->certificate != NULL && pair->key != NULL)
		return ST_OK;
	log_error("no certificate could be made: %s", ERR_error_string(ERR_get_error(), NULL));
	certificate_pair_free(pair);
	return ST_SYSTEM;
}

void
certificate_pair_free(struct certificate_pair *pair)
{
	if (pair->key != NULL)
		secret_wipe(pair->key, pair->keylen);
	free(pair->key);
	free(pair->certificate);
	memset(pair, 0, sizeof(*pair));
}

/* --- looking --- */

/* A link is fine here: other programs keep certificates so. */
static enum status
open_pem(const char *path, BIO **bio)
{
	*bio = BIO_new_file(path, "r");
	ERR_clear_error();
	return *bio != NULL ? ST_OK : ST_SYSTEM;
}

static enum status
read_certificate(const char *path, X509 **x)
{
	BIO *bio;
	enum status st;

	*x = NULL;
	if ((st = open_pem(path, &bio)) != ST_OK)
		return st;
	*x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return *x != NULL ? ST_OK : ST_DAMAGED;
}

static bool
take_name(const GENERAL_NAME *general, char name[NAME_SIZE])
{
	char text[ADDRESS_TEXT];
	struct address address = { 0 };
	const ASN1_STRING *string;

	if (general->type == GEN_DNS) {
		string = general->d.dNSName;
		return name_parse((const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string),
		    name) == ST_OK;
	}
	if (general->type != GEN_IPADD)
		return false;
	string = general->d.iPAddress;
	if (ASN1_STRING_length(string) != 4 && ASN1_STRING_length(string) != 16)
		return false;
	address.family = ASN1_STRING_length(string) == 4 ? 4 : 6;
	memcpy(address.bytes, ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
	snprintf(name, NAME_SIZE, "%s", address_text(&address, text));
	return true;
}

static void
find_name(const X509 *x, char name[NAME_SIZE])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++)
		if (take_name(sk_GENERAL_NAME_value(names, i), name))
			break;
	GENERAL_NAMES_free(names);
}

static enum status
take_fingerprint(const X509 *x, char fingerprint[FINGERPRINT_SIZE])
{
	unsigned char *info = NULL;
	const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &info);
	const enum status st = len > 0 ? fingerprint_make(info, (size_t)len, fingerprint) : ST_SYSTEM;

	OPENSSL_free(info);
	return st;
}

/* Seconds from one time to the other. */
static int64_t
span(const ASN1_TIME *from, const ASN1_TIME *to)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, from, to) != 1)
		return -1;
	return (int64_t)days * DAY + seconds;
}

enum status
certificate_look(const char *path, time_t now, struct certificate *certificate)
{
	ASN1_TIME *when = ASN1_TIME_set(NULL, now);
	X509 *x = NULL;
	enum status st = when == NULL ? ST_NOMEM : read_certificate(path, &x);

	memset(certificate, 0, sizeof(*certificate));
	if (st == ST_OK) {
		certificate->self_signed = X509_self_signed(x, 1) == 1;
		certificate->begun = span(X509_get0_notBefore(x), when);
		certificate->left = span(when, X509_get0_notAfter(x));
		find_name(x, certificate->name);
		st = take_fingerprint(x, certificate->fingerprint);
		if (st == ST_OK && (certificate->pem = certificate_text(x)) == NULL)
			st = ST_NOMEM;
	}
	X509_free(x);
	ASN1_TIME_free(when);
	ERR_clear_error();
	return st;
}

enum status
certificate_fits(const char *certificate, const char *key)
{
	EVP_PKEY *private = NULL;
	X509 *x = NULL;
	BIO *bio = NULL;
	enum status st;

	if ((st = read_certificate(certificate, &x)) != ST_OK || (st = open_pem(key, &bio)) != ST_OK)
		goto out;
	if ((private = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)) == NULL)
		st = ST_DAMAGED;
	else if (X509_check_private_key(x, private) != 1)
		st = ST_INVALID;
out:
	ERR_clear_error();
	BIO_free(bio);
	EVP_PKEY_free(private);
	X509_free(x);
	return st;
}
