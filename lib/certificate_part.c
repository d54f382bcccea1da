/* SPDX-License-Identifier: ISC */
/*
 * Parts of certificates, and their texts. Knows of no file.
 */
#include "certificate_part.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "log.h"

#define SERIAL_BITS	127	/* no more than 20 bytes, positive, and not to be guessed (RFC 5280 4.1.2.2) */

/* A common name has at most 64 bytes (RFC 5280 A.1); who verifies looks at the alternative name anyway. */
static bool
set_subject(X509 *x, const char *name)
{
	const char *cn = strlen(name) <= 64 ? name : "dynlease";

	return X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1,
	    -1, 0) == 1;
}

static bool
set_serial(X509 *x)
{
	BIGNUM *bn = BN_new();
	const bool set = bn != NULL && BN_rand(bn, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
	    !BN_is_zero(bn) && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL;

	BN_free(bn);
	return set;
}

X509 *
part_new(EVP_PKEY *key, const char *name, time_t from, time_t until)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_subject(x, name) &&
	    ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), until) != NULL && X509_set_pubkey(x, key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

bool
part_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if ((extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return false;
	added = X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

char *
part_text(BIO *bio, size_t *len)
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

char *
part_certificate_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	size_t len;

	if (bio != NULL && PEM_write_bio_X509(bio, x) == 1)
		text = part_text(bio, &len);
	BIO_free(bio);
	return text;
}

char *
part_key_text(EVP_PKEY *key, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		text = part_text(bio, len);
	BIO_free(bio);
	return text;
}

time_t
part_time(const ASN1_TIME *when)
{
	struct tm tm;

	return when != NULL && ASN1_TIME_to_tm(when, &tm) == 1 ? timegm(&tm) : 0;
}

enum status
part_complain(const char *what)
{
	log_error("%s: %s", what, ERR_error_string(ERR_get_error(), NULL));
	ERR_clear_error();
	return ST_SYSTEM;
}
