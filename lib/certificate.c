/* SPDX-License-Identifier: ISC */
/*
 * Certificates that are their own issuers. Keys are made here and leave only as PEM texts, which the caller writes
 * and wipes.
 */
#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "address.h"
#include "certificate_part.h"
#include "secret.h"

/* The name has been parsed: LDH or an address, so it cannot bring syntax of OpenSSL's along. */
static bool
add_extensions(X509 *x, const char *name, enum certificate_use use)
{
	char san[NAME_SIZE + 8];
	struct address address;

	snprintf(san, sizeof(san), "%s:%s", address_parse(name, &address) == ST_OK ? "IP" : "DNS", name);
	return part_extend(x, x, NID_basic_constraints, "critical,CA:FALSE") &&
	    part_extend(x, x, NID_key_usage, "critical,digitalSignature") &&
	    part_extend(x, x, NID_ext_key_usage, use == CERTIFICATE_SERVER ? "serverAuth" : "clientAuth") &&
	    part_extend(x, x, NID_subject_key_identifier, "hash") &&
	    part_extend(x, x, NID_subject_alt_name, san);
}

static X509 *
sign_new(EVP_PKEY *key, const char *name, enum certificate_use use, time_t now)
{
	X509 *x = part_new(key, name, now - HOUR, now + CERTIFICATE_DAYS * DAY);

	if (x != NULL && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 && add_extensions(x, name, use) &&
	    X509_sign(x, key, EVP_sha256()) != 0)
		return x;
	X509_free(x);
	return NULL;
}

enum status
certificate_make(const char *name, enum certificate_use use, time_t now, struct certificate_pair *pair)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key == NULL ? NULL : sign_new(key, name, use, now);

	memset(pair, 0, sizeof(*pair));
	if (x != NULL) {
		pair->certificate = part_certificate_text(x);
		pair->key = part_key_text(key, &pair->keylen);
	}
	X509_free(x);
	EVP_PKEY_free(key);
	if (pair->certificate != NULL && pair->key != NULL)
		return ST_OK;
	certificate_pair_free(pair);
	return part_complain("no certificate could be made");
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
