/* SPDX-License-Identifier: ISC */
/*
 * ldns takes the algorithm and the time of a reply from the reply, and does not look at the key's name: those are
 * compared here, before it is asked about the rest.
 */
#include "dnskey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/secret.h"

#define FUDGE	300	/* seconds that the clocks may differ */

/* The fields of a TSIG record. */
enum { TSIG_ALGORITHM, TSIG_TIME, TSIG_FUDGE, TSIG_MAC, TSIG_ID, TSIG_ERROR, TSIG_OTHER, TSIG_FIELDS };

bool
dnskey_is_algorithm(const char *text)
{
	return strcmp(text, "hmac-sha256") == 0 || strcmp(text, "hmac-sha512") == 0;
}

static bool
is_secret(const char *text)
{
	ldns_rdf *data = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, text);
	const size_t n = data == NULL ? 0 : ldns_rdf_size(data);

	if (data != NULL)
		secret_wipe(ldns_rdf_data(data), n);
	ldns_rdf_deep_free(data);
	return n >= DNSKEY_LEAST;
}

enum status
dnskey_read(const char *name, const char *algorithm, const char *file, struct dns_key *key, char *why, size_t whysize)
{
	enum status st;

	memset(key, 0, sizeof(*key));
	key->name = name;
	snprintf(key->algorithm, sizeof(key->algorithm), "%s.", algorithm);
	if ((st = file_read_secret(file, key->secret, sizeof(key->secret))) == ST_OK && is_secret(key->secret))
		return ST_OK;
	if (st == ST_SYSTEM || st == ST_NOTFOUND)
		snprintf(why, whysize,
		    "key_file %s: %s", file, st == ST_NOTFOUND ? strerror(ENOENT) : strerror(errno));
	else if (st == ST_OK)
		snprintf(why, whysize, "key_file %s: its first line is not the base64 of %d bytes or more", file,
		    DNSKEY_LEAST);
	else
		snprintf(why, whysize, "key_file %s must be a file of one line of base64, readable by its owner only",
		    file);
	dnskey_wipe(key);
	return ST_CONFIG;
}

void
dnskey_wipe(struct dns_key *key)
{
	secret_wipe(key->secret, sizeof(key->secret));
}

static const ldns_rdf *
field(const ldns_pkt *pkt, size_t i)
{
	const ldns_rr *tsig = ldns_pkt_tsig(pkt);

	return tsig == NULL || ldns_rr_rd_count(tsig) != TSIG_FIELDS ? NULL : ldns_rr_rdf(tsig, i);
}

enum status
dnskey_sign(const struct dns_key *key, ldns_pkt *pkt, ldns_rdf **mac)
{
	if (ldns_pkt_tsig_sign(pkt, key->name, key->secret, FUDGE, key->algorithm, NULL) != LDNS_STATUS_OK)
		return ST_NOMEM;
	*mac = dnskey_mac(pkt);
	return *mac == NULL ? ST_NOMEM : ST_OK;
}

static uint64_t
big_endian(const uint8_t *bytes, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

static bool
is_name(const ldns_rdf *dname, const char *text)
{
	ldns_rdf *wanted = ldns_dname_new_frm_str(text);
	const bool is = dname != NULL && wanted != NULL && ldns_dname_compare(dname, wanted) == 0;

	ldns_rdf_deep_free(wanted);
	return is;
}

static bool
is_timely(const ldns_rdf *when)
{
	int64_t off;

	if (when == NULL || ldns_rdf_size(when) != 6)
		return false;
	off = (int64_t)big_endian(ldns_rdf_data(when), 6) - (int64_t)clock_wall();
	return off >= -FUDGE && off <= FUDGE;
}

bool
dnskey_verify(const struct dns_key *key, ldns_pkt *pkt, const uint8_t *wire, size_t len,
    const struct dns_signature *to)
{
	if (field(pkt, TSIG_MAC) == NULL || dnskey_error(pkt) != 0 ||
	    !is_name(ldns_rr_owner(ldns_pkt_tsig(pkt)), key->name) ||
	    !is_name(field(pkt, TSIG_ALGORITHM), key->algorithm) || !is_timely(field(pkt, TSIG_TIME)))
		return false;
	return ldns_pkt_tsig_verify_next(pkt, wire, len, key->name, key->secret, to->mac, to->is_first ? 0 : 1);
}

ldns_rdf *
dnskey_mac(const ldns_pkt *pkt)
{
	const ldns_rdf *mac = field(pkt, TSIG_MAC);

	return mac == NULL ? NULL : ldns_rdf_clone(mac);
}

unsigned
dnskey_error(const ldns_pkt *pkt)
{
	const ldns_rdf *error = field(pkt, TSIG_ERROR);

	return error == NULL ? 0 : ldns_rdf2native_int16(error);
}

time_t
dnskey_time(const ldns_pkt *pkt)
{
	const ldns_rdf *other = field(pkt, TSIG_OTHER);

	/* Its length stands before it. */
	if (other == NULL || ldns_rdf_size(other) != 2 + 6)
		return 0;
	return (time_t)big_endian(ldns_rdf_data(other) + 2, 6);
}
