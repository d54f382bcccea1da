/* SPDX-License-Identifier: ISC */
/*
 * Hashed names, by ldns.
 */
#include "dnshash.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

enum { HASH_SHA1 = 1 };

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

	return at == NULL ? -1 : (int)(at - digits);
}

static enum status
parse_salt(const char *text, struct dnshash *hash)
{
	hash->salt_len = 0;
	if (strcmp(text, "-") == 0)
		return ST_OK;
	for (; *text != '\0'; text += 2) {
		const int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || hash->salt_len == DNSHASH_SALT)
			return ST_INVALID;
		hash->salt[hash->salt_len++] = (uint8_t)(16 * high + low);
	}
	return ST_OK;
}

/* The next number, and a blank after it. */
static bool
take_number(const char **text, unsigned long most, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*number = strtoul(*text, &end, 10);
	*text = end + strspn(end, " ");
	return *end == ' ' && *number <= most;
}

enum status
dnshash_parse(const char *text, struct dnshash *hash, unsigned *flags)
{
	unsigned long algorithm, bits, iterations;

	if (!take_number(&text, UINT8_MAX, &algorithm) || !take_number(&text, UINT8_MAX, &bits) ||
	    !take_number(&text, UINT16_MAX, &iterations) || algorithm != HASH_SHA1 || *text == '\0')
		return ST_INVALID;
	*flags = (unsigned)bits;
	hash->iterations = (uint16_t)iterations;
	return parse_salt(text, hash);
}

enum status
dnshash_name(const struct dnshash *hash, const char *name, char text[DNSHASH_TEXT])
{
	ldns_rdf *plain = ldns_dname_new_frm_str(name), *hashed = NULL;
	char *shown = NULL;
	enum status st = ST_NOMEM;

	if (plain == NULL)
		goto out;
	ldns_dname2canonical(plain);
	hashed = ldns_nsec3_hash_name(plain, HASH_SHA1, hash->iterations, hash->salt_len, hash->salt);
	if (hashed == NULL || (shown = ldns_rdf2str(hashed)) == NULL)
		goto out;
	snprintf(text, DNSHASH_TEXT, "%.32s", shown);
	for (char *c = text; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	st = ST_OK;
out:
	free(shown);
	ldns_rdf_deep_free(hashed);
	ldns_rdf_deep_free(plain);
	return st;
}
