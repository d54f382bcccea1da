/* SPDX-License-Identifier: ISC */
/*
 * What a certificate may be known by, down to those that no TLS client would send, and an authority's files.
 * Chains are judged in tests/helper/certs.py.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "lib/chain.h"
#include "tests/unit/tap.h"

static char seen[4096];

/* Keeps what it is given, and wants this one. */
static bool
visit(const void *wanted, const char *value)
{
	strncat(seen, value, sizeof(seen) - strlen(seen) - 2);
	strcat(seen, " ");
	return wanted != NULL && strcmp(value, wanted) == 0;
}

static X509 *
make(EVP_PKEY *key, const char *const sans[], const char *serial)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	BIGNUM *number = NULL;

	X509_set_version(x, X509_VERSION_3);
	BN_hex2bn(&number, serial);
	BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
	BN_free(number);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"laptop 1", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	for (size_t i = 0; sans[i] != NULL; i++) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, sans[i]);

		X509_add_ext(x, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_sign(x, key, EVP_sha256());
	return x;
}

/* What it may be known by, in order, up to the wanted one. */
static bool
bears(EVP_PKEY *key, const char *const sans[], const char *serial, const char *wanted)
{
	X509 *x = make(key, sans, serial);
	struct certificates shown = { .n = 1 };
	unsigned char *der = NULL;
	bool found;

	shown.list[0].len = (size_t)i2d_X509(x, &der);
	shown.list[0].bytes = malloc(shown.list[0].len);
	memcpy(shown.list[0].bytes, der, shown.list[0].len);
	OPENSSL_free(der);
	X509_free(x);
	seen[0] = '\0';
	found = certificates_bear(&shown, visit, wanted);
	certificates_free(&shown);
	return found;
}

static void
test_names(EVP_PKEY *key)
{
	static const char *const plain[] = { "DNS:a.test,email:a@b.test,URI:urn:x%20y,IP:192.0.2.1,DNS:*.test", NULL };
	static const char *const none[] = { NULL };
	static const char *const two[] = { "DNS:a.test", "DNS:b.test", NULL };
	static const char *const garbage[] = { "DER:30038203", NULL };
	static const char *const empty[] = { "DER:3000", NULL };

	ok(!bears(key, plain, "0ABC", NULL) && strcmp(seen,
	    "dns:a.test email:a@b.test uri:urn:x%2520y dns:*.test cn:laptop%201 serial:ABC ") == 0,
	    "its names, but addresses, then its common name and its serial: %s", seen);
	ok(bears(key, plain, "1", "email:a@b.test") && strcmp(seen, "dns:a.test email:a@b.test ") == 0,
	    "until one will do");
	ok(!bears(key, none, "FF", NULL) && strcmp(seen, "cn:laptop%201 serial:FF ") == 0, "no alternative names");
	ok(!bears(key, empty, "FF", NULL) && strcmp(seen, "cn:laptop%201 serial:FF ") == 0, "an empty list of them");
	ok(!bears(key, two, "FF", NULL) && seen[0] == '\0', "two lists: nothing at all");
	ok(!bears(key, garbage, "FF", NULL) && seen[0] == '\0', "a list that is none: nothing at all");
	ok(!bears(key, none, "-FF", "serial:FF") && strstr(seen, "serial:-FF") != NULL, "a negative serial keeps its sign");
	ok(!bears(key, none, "0", NULL) && strcmp(seen, "cn:laptop%201 serial: ") == 0,
	    "serial 0 is none that can be bound to");
}

static void
test_nothing(void)
{
	static uint8_t bytes[] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
	const struct certificates none = { 0 };
	const struct certificates garbage = { .n = 1, .list = { { bytes, sizeof(bytes) } } };
	const struct certificates cut = { .n = 1, .list = { { bytes, 2 } } };

	seen[0] = '\0';
	ok(!certificates_bear(&none, visit, NULL) && !certificates_bear(&garbage, visit, NULL) &&
	    !certificates_bear(&cut, visit, NULL) && seen[0] == '\0', "no certificate, and bytes that are none");
}

static void
test_files(void)
{
	char path[600], why[CHAIN_WHY];
	const struct authority_plan plan = { path, "/nonexistent/crl.pem", 1 };
	const struct certificates none = { 0 };
	struct authority *authority = NULL;

	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "/nonexistent/", strlen("/nonexistent/"));
	path[sizeof(path) - 1] = '\0';
	ok(authority_open(&plan, &authority) == ST_OK, "files that are missing are opened");
	ok(authority_judge(authority, &none, 0, why) == ST_CONFIG && strlen(why) == sizeof(why) - 1,
	    "and told when it comes to it, even by a name that is too long");
	authority_free(authority);
	snprintf(path, sizeof(path), "%s", "/nonexistent/ca.pem");
	authority_open(&plan, &authority);
	for (int i = 0; i < 2; i++)
		ok(authority_judge(authority, &none, 0, why) == ST_CONFIG &&
		    strcmp(why, "/nonexistent/ca.pem: No such file or directory: put your CA's certificate there, or let "
		    "dynlease-admin ca init make one") == 0, "why: %s", why);
	authority_free(authority);
	authority_free(NULL);
}

int
main(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	test_names(key);
	test_nothing();
	test_files();
	EVP_PKEY_free(key);
	return done_testing();
}
