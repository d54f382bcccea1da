/* SPDX-License-Identifier: ISC */
/*
 * Requests for certificates (PKCS #10, RFC 2986). Only the key is taken out of them, after its owner has signed with
 * it.
 */
#include "certificate_part.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define RSA_LEAST	2048
#define RSA_MOST	8192	/* what is larger costs each handshake more than it is worth */

static bool
is_good_curve(EVP_PKEY *key)
{
	static const char *const curves[] = { "prime256v1", "P-256", "secp384r1", "P-384", "secp521r1", "P-521" };
	char name[64];
	size_t len;
	int explicit = 0;

	/* Who verifies believes in no curve that is written out, also not in a good one. */
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &len) != 1 || EVP_PKEY_get_int_param(key,
	    OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) != 1 || explicit != 0)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(name, curves[i]) == 0)
			return true;
	return false;
}

/* What is wrong with the key, or NULL. */
static const char *
judge(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return EVP_PKEY_get_bits(key) < RSA_LEAST ? "its RSA key has less than 2048 bits, which is too weak" :
		    EVP_PKEY_get_bits(key) > RSA_MOST ? "its RSA key has more than 8192 bits" : NULL;
	case EVP_PKEY_EC:
		return is_good_curve(key) ? NULL :
		    "its key is of a curve that is weak or not known here; P-256 will do";
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return NULL;
	default:
		return "its key is neither RSA nor of an elliptic curve";
	}
}

enum status
part_request(const char *pem, EVP_PKEY **key, const char **why)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509_REQ *request = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	EVP_PKEY *public = request == NULL ? NULL : X509_REQ_get0_pubkey(request);

	*key = NULL;
	*why = NULL;
	if (request == NULL)
		*why = "no certificate signing request in PEM";
	else if (public == NULL)
		*why = "its key is of a kind that is not known here";
	else if ((*why = judge(public)) == NULL && X509_REQ_verify(request, public) != 1)
		*why = "it is not signed by the key that it is for";
	if (*why == NULL && EVP_PKEY_up_ref(public) == 1)
		*key = public;
	X509_REQ_free(request);
	BIO_free(bio);
	ERR_clear_error();
	return *key != NULL ? ST_OK : *why != NULL ? ST_INVALID : ST_NOMEM;
}
