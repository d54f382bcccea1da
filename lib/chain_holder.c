/* SPDX-License-Identifier: ISC */
/*
 * What a certificate says of its holder, as the values of credentials. Whether it may be believed is judged in chain.c.
 */
#include "chain.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct visitor {
	bool		(*visit)(const void *, const char *value);
	const void	*arg;
};

static bool
visit_bytes(const struct visitor *visitor, const char *type, const ASN1_STRING *string)
{
	char value[CREDENTIAL_VALUE];
	const size_t at = (size_t)snprintf(value, sizeof(value), "%s:", type);

	return ASN1_STRING_length(string) > 0 &&
	    credential_escape(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string), value + at,
	    sizeof(value) - at) && visitor->visit(visitor->arg, value);
}

static bool
visit_name(const struct visitor *visitor, const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_DNS:
		return visit_bytes(visitor, "dns", name->d.dNSName);
	case GEN_EMAIL:
		return visit_bytes(visitor, "email", name->d.rfc822Name);
	case GEN_URI:
		return visit_bytes(visitor, "uri", name->d.uniformResourceIdentifier);
	default:
		return false;
	}
}

/* Other encodings of a string hold other bytes for the same text, or the same bytes for another. */
static bool
visit_common_name(const struct visitor *visitor, const X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const ASN1_STRING *string;

	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	string = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	switch (ASN1_STRING_type(string)) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
		return visit_bytes(visitor, "cn", string);
	default:
		return false;
	}
}

static bool
visit_serial(const struct visitor *visitor, const X509 *x)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = number != NULL ? BN_bn2hex(number) : NULL, value[CREDENTIAL_VALUE];
	bool found = false;

	if (hex != NULL && snprintf(value, sizeof(value), "serial:%s", hex + strspn(hex, "0")) < (int)sizeof(value))
		found = visitor->visit(visitor->arg, value);
	OPENSSL_free(hex);
	BN_free(number);
	return found;
}

/* The names, or none with *fine false when they are too many or make no sense. */
static GENERAL_NAMES *
get_names(const X509 *x, bool *fine)
{
	int critical;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);

	*fine = names != NULL ? sk_GENERAL_NAME_num(names) <= CHAIN_NAMES : critical == -1;
	return names;
}

bool
certificates_bear(const struct certificates *shown, bool (*visit)(const void *, const char *value),
    const void *arg)
{
	const struct visitor visitor = { visit, arg };
	const unsigned char *at;
	X509 *x = NULL;
	GENERAL_NAMES *names;
	bool found = false, fine;

	if (shown->n == 0)
		goto out;
	at = shown->list[0].bytes;
	if ((x = d2i_X509(NULL, &at, (long)shown->list[0].len)) == NULL)
		goto out;
	names = get_names(x, &fine);
	for (int i = 0; fine && !found && i < sk_GENERAL_NAME_num(names); i++)
		found = visit_name(&visitor, sk_GENERAL_NAME_value(names, i));
	found = fine && (found || visit_common_name(&visitor, x) || visit_serial(&visitor, x));
	GENERAL_NAMES_free(names);
out:
	X509_free(x);
	ERR_clear_error();
	return found;
}
