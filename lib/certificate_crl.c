/* SPDX-License-Identifier: ISC */
/*
 * Lists of what is revoked (RFC 5280 5). Which certificates those are is the caller's to say.
 */
#include "certificate_issuer.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "certificate_part.h"

static bool
add_revoked(X509_CRL *crl, const struct revoked *revoked)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, revoked->when);
	BIGNUM *bn = NULL;
	ASN1_INTEGER *serial = BN_hex2bn(&bn, revoked->serial) == 0 ? NULL : BN_to_ASN1_INTEGER(bn, NULL);
	const bool added = entry != NULL && when != NULL && serial != NULL &&
	    X509_REVOKED_set_serialNumber(entry, serial) == 1 && X509_REVOKED_set_revocationDate(entry, when) == 1 &&
	    X509_CRL_add0_revoked(crl, entry) == 1;

	if (!added)
		X509_REVOKED_free(entry);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
	BN_free(bn);
	return added;
}

/* Numbers grow (5.2.3), also when the list before is lost. */
static bool
add_number(X509_CRL *crl, unsigned long long after, time_t now)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	const uint64_t next = after < (uint64_t)now ? (uint64_t)now : after + 1;
	const bool added = number != NULL && ASN1_INTEGER_set_uint64(number, next) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;

	ASN1_INTEGER_free(number);
	return added;
}

static bool
add_issuer_key(X509_CRL *crl, X509 *root)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool added;

	X509V3_set_ctx(&ctx, root, NULL, NULL, crl, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	added = extension != NULL && X509_CRL_add_ext(crl, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool
set_times(X509_CRL *crl, time_t from, time_t until)
{
	ASN1_TIME *last = ASN1_TIME_set(NULL, from), *next = ASN1_TIME_set(NULL, until);
	const bool set = last != NULL && next != NULL && X509_CRL_set1_lastUpdate(crl, last) == 1 &&
	    X509_CRL_set1_nextUpdate(crl, next) == 1;

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return set;
}

static bool
fill(X509_CRL *crl, const struct issuer *issuer, const struct revocations *r)
{
	if (X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->root)) != 1 ||
	    !set_times(crl, r->now - HOUR, r->until))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!add_revoked(crl, &r->list[i]))
			return false;
	return add_issuer_key(crl, issuer->root) && add_number(crl, r->after, r->now) && X509_CRL_sort(crl) == 1 &&
	    X509_CRL_sign(crl, issuer->key, EVP_sha256()) != 0;
}

enum status
issuer_revoke(const struct issuer *issuer, const struct revocations *r, char **pem)
{
	X509_CRL *crl = X509_CRL_new();
	BIO *bio = BIO_new(BIO_s_mem());
	size_t len;

	*pem = NULL;
	if (crl != NULL && bio != NULL && fill(crl, issuer, r) && PEM_write_bio_X509_CRL(bio, crl) == 1)
		*pem = part_text(bio, &len);
	BIO_free(bio);
	X509_CRL_free(crl);
	return *pem != NULL ? ST_OK : part_complain("no revocation list could be made");
}
