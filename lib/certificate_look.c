/* SPDX-License-Identifier: ISC */
/*
 * Looking at certificates and revocation lists in files and texts. Believes none of them: nothing is verified here.
 */
#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "address.h"
#include "certificate_part.h"
#include "chain.h"
#include "log.h"

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
		if (st == ST_OK && (certificate->pem = part_certificate_text(x)) == NULL)
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

/* --- facts --- */

static void
take_hex(const ASN1_OCTET_STRING *bytes, char text[CERTIFICATE_KEY])
{
	const unsigned char *byte = bytes == NULL ? NULL : ASN1_STRING_get0_data(bytes);
	const int n = bytes == NULL ? 0 : ASN1_STRING_length(bytes);

	*text = '\0';
	for (int i = 0; i < n && i < (CERTIFICATE_KEY - 1) / 2; i++)
		snprintf(text + 2 * i, 3, "%02X", byte[i]);
}

static void
take_serial(const ASN1_INTEGER *integer, char serial[CERTIFICATE_SERIAL])
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(integer, NULL);
	char *hex = bn == NULL ? NULL : BN_bn2hex(bn), *from = hex;

	while (from != NULL && *from == '0' && from[1] != '\0')
		from++;
	snprintf(serial, CERTIFICATE_SERIAL, "%s", from != NULL ? from : "");
	OPENSSL_free(hex);
	BN_free(bn);
}

static void
take_subject(const X509_NAME *name, char subject[CERTIFICATE_SUBJECT])
{
	const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *cn = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

	log_escape(subject, CERTIFICATE_SUBJECT, cn == NULL ? (const void *)"" : ASN1_STRING_get0_data(cn),
	    cn == NULL ? 0 : (size_t)ASN1_STRING_length(cn));
}

static enum status
no_more(const char *at, const char *begin)
{
	ERR_clear_error();
	return strstr(at, begin) == NULL ? ST_NOTFOUND : ST_DAMAGED;
}

enum status
certificate_next(const char **at, struct certificate_facts *facts)
{
	BIO *bio = BIO_new_mem_buf(*at, -1);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

	memset(facts, 0, sizeof(*facts));
	if (x == NULL) {
		BIO_free(bio);
		return no_more(*at, "-----BEGIN CERTIFICATE-----");
	}
	*at += strlen(*at) - BIO_ctrl_pending(bio);
	take_serial(X509_get0_serialNumber(x), facts->serial);
	take_subject(X509_get_subject_name(x), facts->subject);
	find_name(x, facts->name);
	take_hex(X509_get0_subject_key_id(x), facts->key);
	take_hex(X509_get0_authority_key_id(x), facts->by);
	facts->from = part_time(X509_get0_notBefore(x));
	facts->until = part_time(X509_get0_notAfter(x));
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return ST_OK;
}

enum status
certificate_next_list(const char **at, struct certificate_facts *facts)
{
	BIO *bio = BIO_new_mem_buf(*at, -1);
	X509_CRL *crl = bio == NULL ? NULL : PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	AUTHORITY_KEYID *by;
	ASN1_INTEGER *number;
	uint64_t value = 0;

	memset(facts, 0, sizeof(*facts));
	if (crl == NULL) {
		BIO_free(bio);
		return no_more(*at, "-----BEGIN X509 CRL-----");
	}
	*at += strlen(*at) - BIO_ctrl_pending(bio);
	take_subject(X509_CRL_get_issuer(crl), facts->subject);
	if ((by = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL)) != NULL)
		take_hex(by->keyid, facts->by);
	if ((number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL)) != NULL &&
	    ASN1_INTEGER_get_uint64(&value, number) == 1)
		facts->number = value;
	facts->from = part_time(X509_CRL_get0_lastUpdate(crl));
	facts->until = part_time(X509_CRL_get0_nextUpdate(crl));
	ASN1_INTEGER_free(number);
	AUTHORITY_KEYID_free(by);
	X509_CRL_free(crl);
	BIO_free(bio);
	ERR_clear_error();
	return ST_OK;
}

enum status
certificate_show(const char *pem, struct certificates *shown)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	unsigned char *der = NULL;
	const int len = x == NULL ? -1 : i2d_X509(x, &der);

	*shown = (struct certificates){ 0 };
	if (len > 0 && (shown->list[0].bytes = malloc((size_t)len)) != NULL) {
		memcpy(shown->list[0].bytes, der, (size_t)len);
		shown->list[0].len = (size_t)len;
		shown->n = 1;
	}
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return shown->n == 1 ? ST_OK : ST_DAMAGED;
}
