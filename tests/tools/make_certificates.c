/* SPDX-License-Identifier: ISC */
/*
 * Makes certificates and CRLs for tests, those that no CA would make included: make_certificates DIR <lines
 *
 *	cert NAME WORD=VALUE ...	to DIR/NAME.pem, its key to DIR/NAME.key
 *		issuer=NAME	an earlier one; itself
 *		cn=TEXT		a common name, with %XX for bytes; repeat it for more
 *		form=t61|bmp	how common names are encoded
 *		san=TYPE:TEXT	dns, email or uri, the same way; repeat it
 *		sans=NUMBER	so many more
 *		ext=NAME:VALUE	an extension as in x509v3_config(5); repeat it
 *		days=FROM,TO	of validity, from now (-1,30)
 *		key=NAME	the key of an earlier one
 *		rsa=BITS	instead of P-256
 *		md=NAME		the digest that is signed (SHA256)
 *		serial=HEX
 *		sign=NAME	whose key signs, if it is not the issuer's
 *		plain=yes	no key identifiers
 *	crl NAME issuer=NAME days=FROM,TO sign=NAME plain=yes revoke=HEX	to DIR/NAME.pem; revoke may be repeated
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define WORDS	32

struct order {
	const char	*name;
	size_t		 n;
	char		*words[WORDS];
};

static const char	*dir;
static unsigned		 serials = 100;

static void __attribute__((noreturn))
die(const char *what, const char *name)
{
	fprintf(stderr, "make_certificates: %s: %s\n", name, what);
	exit(1);
}

/* The next value of this word after *at, which begins as 0; or NULL. */
static const char *
next(const struct order *order, const char *word, size_t *at)
{
	const size_t len = strlen(word);

	while (*at < order->n) {
		const char *text = order->words[(*at)++];

		if (strncmp(text, word, len) == 0 && text[len] == '=')
			return text + len + 1;
	}
	return NULL;
}

static const char *
get(const struct order *order, const char *word, const char *otherwise)
{
	size_t at = 0;
	const char *value = next(order, word, &at);

	return value != NULL ? value : otherwise;
}

static int
unescape(const char *text, unsigned char *bytes)
{
	char hex[3] = "";
	int n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '%') {
			memcpy(hex, text + 1, 2);
			bytes[n++] = (unsigned char)strtoul(hex, NULL, 16);
			text += 2;
		} else
			bytes[n++] = (unsigned char)*text;
	}
	return n;
}

static FILE *
file_of(const char *name, const char *suffix, const char *mode)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	if ((file = fopen(path, mode)) == NULL)
		die("no such file", path);
	return file;
}

static EVP_PKEY *
read_key(const char *name)
{
	FILE *file = file_of(name, "key", "r");
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

	fclose(file);
	return key;
}

static X509 *
read_certificate(const char *name)
{
	FILE *file = file_of(name, "pem", "r");
	X509 *x = PEM_read_X509(file, NULL, NULL, NULL);

	fclose(file);
	return x;
}

static EVP_PKEY *
make_key(const struct order *order)
{
	const char *other = get(order, "key", NULL), *bits = get(order, "rsa", NULL);
	EVP_PKEY *key = other != NULL ? read_key(other) : bits != NULL ? EVP_RSA_gen(strtoul(bits, NULL, 10)) :
	    EVP_EC_gen("P-256");
	FILE *file = file_of(order->name, "key", "w");

	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	return key;
}

static void
set_days(const struct order *order, ASN1_TIME *from, ASN1_TIME *to)
{
	const char *days = get(order, "days", "-1,30");

	X509_gmtime_adj(from, strtol(days, NULL, 10) * 86400);
	X509_gmtime_adj(to, strtol(strchr(days, ',') + 1, NULL, 10) * 86400);
}

static void
set_names(const struct order *order, X509_NAME *subject)
{
	const char *form = get(order, "form", ""), *value;
	const int type = strcmp(form, "t61") == 0 ? V_ASN1_T61STRING :
	    strcmp(form, "bmp") == 0 ? V_ASN1_BMPSTRING : V_ASN1_UTF8STRING;
	unsigned char bytes[4096];
	size_t at = 0;

	while ((value = next(order, "cn", &at)) != NULL) {
		const int len = unescape(value, bytes);

		X509_NAME_add_entry_by_NID(subject, NID_commonName, type, bytes, len, -1, 0);
	}
}

static void
add_name(GENERAL_NAMES *names, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *string = ASN1_IA5STRING_new();
	unsigned char bytes[4096];
	const int len = unescape(strchr(text, ':') + 1, bytes);

	ASN1_STRING_set(string, bytes, len);
	GENERAL_NAME_set0_value(name, *text == 'd' ? GEN_DNS : *text == 'e' ? GEN_EMAIL : GEN_URI, string);
	sk_GENERAL_NAME_push(names, name);
}

static void
add_names(const struct order *order, X509 *x)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	const int more = atoi(get(order, "sans", "0"));
	char text[128];
	const char *value;
	size_t at = 0;

	while ((value = next(order, "san", &at)) != NULL)
		add_name(names, value);
	for (int i = 0; i < more; i++) {
		snprintf(text, sizeof(text), "dns:a-name-of-more-than-fifty-bytes-that-nobody-needs-%06d.test", i);
		add_name(names, text);
	}
	if (sk_GENERAL_NAME_num(names) > 0)
		X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
	GENERAL_NAMES_free(names);
}

static void
add_extension(X509 *x, X509V3_CTX *ctx, const char *name, const char *value)
{
	char text[4096];
	X509_EXTENSION *extension;

	snprintf(text, sizeof(text), "%s", value);
	if ((extension = X509V3_EXT_conf(NULL, ctx, name, text)) == NULL)
		die("no such extension", name);
	X509_add_ext(x, extension, -1);
	X509_EXTENSION_free(extension);
}

static void
add_extensions(const struct order *order, X509 *x, X509 *issuer)
{
	X509V3_CTX ctx;
	char name[64];
	const char *value;
	size_t at = 0;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	while ((value = next(order, "ext", &at)) != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(value, ":"), value);
		add_extension(x, &ctx, name, strchr(value, ':') + 1);
	}
	add_names(order, x);
	if (get(order, "plain", NULL) != NULL)
		return;
	add_extension(x, &ctx, "subjectKeyIdentifier", "hash");
	if (issuer != x)
		add_extension(x, &ctx, "authorityKeyIdentifier", "keyid:always");
}

static void
set_serial(ASN1_INTEGER *serial, const char *hex)
{
	BIGNUM *number = NULL;

	if (hex == NULL)
		ASN1_INTEGER_set(serial, serials++);
	else if (BN_hex2bn(&number, hex) > 0)
		BN_to_ASN1_INTEGER(number, serial);
	BN_free(number);
}

static void
make_certificate(const struct order *order)
{
	const char *issued = get(order, "issuer", NULL), *signer = get(order, "sign", issued);
	X509 *x = X509_new(), *issuer = issued != NULL ? read_certificate(issued) : x;
	EVP_PKEY *key = make_key(order), *sign = signer != NULL ? read_key(signer) : key;
	FILE *file;

	X509_set_version(x, X509_VERSION_3);
	set_serial(X509_get_serialNumber(x), get(order, "serial", NULL));
	set_names(order, X509_get_subject_name(x));
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	set_days(order, X509_getm_notBefore(x), X509_getm_notAfter(x));
	X509_set_pubkey(x, key);
	add_extensions(order, x, issuer);
	if (X509_sign(x, sign, EVP_get_digestbyname(get(order, "md", "SHA256"))) == 0)
		die("cannot be signed", order->name);
	file = file_of(order->name, "pem", "w");
	PEM_write_X509(file, x);
	fclose(file);
	if (issuer != x)
		X509_free(issuer);
	if (sign != key)
		EVP_PKEY_free(sign);
	EVP_PKEY_free(key);
	X509_free(x);
}

static void
add_revoked(X509_CRL *crl, const char *hex)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *when = X509_gmtime_adj(NULL, -60);

	set_serial(serial, hex);
	X509_REVOKED_set_serialNumber(revoked, serial);
	X509_REVOKED_set_revocationDate(revoked, when);
	X509_CRL_add0_revoked(crl, revoked);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

static void
make_crl(const struct order *order)
{
	X509_CRL *crl = X509_CRL_new();
	X509 *issuer = read_certificate(get(order, "issuer", ""));
	EVP_PKEY *key = read_key(get(order, "sign", get(order, "issuer", "")));
	ASN1_TIME *from = ASN1_TIME_new(), *to = ASN1_TIME_new();
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	FILE *file = file_of(order->name, "pem", "w");
	const char *value;
	size_t at = 0;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	set_days(order, from, to);
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	while ((value = next(order, "revoke", &at)) != NULL)
		add_revoked(crl, value);
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	if (get(order, "plain", NULL) == NULL &&
	    (extension = X509V3_EXT_conf(NULL, &ctx, "authorityKeyIdentifier", "keyid:always")) != NULL) {
		X509_CRL_add_ext(crl, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_CRL_sort(crl);
	if (X509_CRL_sign(crl, key, EVP_sha256()) == 0)
		die("cannot be signed", order->name);
	PEM_write_X509_CRL(file, crl);
	fclose(file);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	EVP_PKEY_free(key);
	X509_free(issuer);
	X509_CRL_free(crl);
}

int
main(int argc, char **argv)
{
	static char line[65536];
	struct order order;
	char *rest, *kind, *word;

	if (argc != 2)
		die("usage: make_certificates DIR", "");
	dir = argv[1];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		rest = NULL;
		kind = strtok_r(line, " \n", &rest);
		order = (struct order){ .name = strtok_r(NULL, " \n", &rest) };
		while ((word = strtok_r(NULL, " \n", &rest)) != NULL && order.n < WORDS)
			order.words[order.n++] = word;
		if (order.name == NULL)
			die("cert or crl, and a name", kind);
		if (strcmp(kind, "cert") == 0)
			make_certificate(&order);
		else
			make_crl(&order);
	}
	return 0;
}
