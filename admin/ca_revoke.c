/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin ca revoke and ca crl. A revocation is kept first, then published, and last acts on the accounts;
 * given again after a failure, it does what is left.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "ca.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "options.h"
#include "record.h"
#include "refuse.h"
#include "text.h"

#define CRL_DAYS_MOST	3650
#define FILE_MAX	(64 * 1024)

struct revoke {
	const char			*days;
	struct passphrase_source	 source;
};

/* --- which one --- */

static const struct ca_leaf *
find_leaf(const struct ca *ca, const char *serial)
{
	for (size_t i = 0; i < ca->nleaves; i++)
		if (strcmp(ca->leaves[i].facts.serial, serial) == 0)
			return &ca->leaves[i];
	return NULL;
}

/* As it stands in ca list, or as openssl(1) prints it: in lower case, with colons or leading zeros. */
static bool
is_serial(const char *text, char serial[CERTIFICATE_SERIAL])
{
	size_t n = 0;

	for (text += strspn(text, "0:"); *text != '\0'; text++) {
		if (*text == ':')
			continue;
		if (strchr("0123456789abcdefABCDEF", *text) == NULL || n == CERTIFICATE_SERIAL - 1)
			return false;
		serial[n++] = *text >= 'a' ? (char)(*text - 'a' + 'A') : *text;
	}
	serial[n] = '\0';
	return n > 0;
}

/* One that the directory has lost is known by its signature. */
static enum status
take_file(const struct ca *ca, const char *path, struct ca_leaf *leaf)
{
	const struct ca_leaf *kept;
	const char *at;
	size_t len;
	enum status st;

	if ((st = file_read(path, FILE_MAX, &leaf->pem, &len)) != ST_OK) {
		log_error("%s: %s; nothing was changed", path, st == ST_NOTFOUND ?
		    "neither the serial of a certificate that was issued, nor a file" : st == ST_INVALID ?
		    "too long" : strerror(errno));
		return st;
	}
	at = leaf->pem;
	if (certificate_next(&at, &leaf->facts) != ST_OK)
		return refuse(path, "holds no certificate in PEM");
	if ((kept = find_leaf(ca, leaf->facts.serial)) != NULL)
		leaf->revoked = kept->revoked;
	for (size_t i = 0; i < ca->nroots; i++)
		if (issuer_has_signed(ca->roots[i].issuer, leaf->pem))
			return strcmp(leaf->facts.key, ca->roots[i].facts.key) != 0 ? ST_OK :
			    refuse(path, "this is the root; renew-root --new-key and retire replace it");
	return refuse(path, "this certificate is not of our CA");
}

/* Free leaf->pem. */
static enum status
take(const struct ca *ca, const char *text, struct ca_leaf *leaf)
{
	char serial[CERTIFICATE_SERIAL];
	const struct ca_leaf *kept = is_serial(text, serial) ? find_leaf(ca, serial) : NULL;

	*leaf = (struct ca_leaf){ .pem = NULL };
	if (kept == NULL)
		return take_file(ca, text, leaf);
	*leaf = *kept;
	return (leaf->pem = strdup(kept->pem)) != NULL ? ST_OK : ST_NOMEM;
}

/* --- what is done --- */

static enum status
keep(struct ca *ca, struct ca_leaf *leaf)
{
	struct ca_leaf *grown;
	enum status st;

	if (leaf->revoked != 0)
		return ST_OK;
	leaf->revoked = clock_wall();
	if ((st = ca_keep_leaf(ca, &leaf->facts, leaf->pem, leaf->revoked)) != ST_OK)
		return st;
	for (size_t i = 0; i < ca->nleaves; i++)
		if (strcmp(ca->leaves[i].facts.serial, leaf->facts.serial) == 0) {
			ca->leaves[i].revoked = leaf->revoked;
			return ST_OK;
		}
	if ((grown = reallocarray(ca->leaves, ca->nleaves + 1, sizeof(*grown))) == NULL)
		return ST_NOMEM;
	ca->leaves = grown;
	ca->leaves[ca->nleaves] = *leaf;
	ca->leaves[ca->nleaves++].pem = NULL;
	return ST_OK;
}

static enum status
revoke(const struct settings *set, struct ca *ca, struct ca_leaf *leaf)
{
	const bool again = leaf->revoked != 0;
	char until[TIME_TEXT];
	enum status st;

	if ((st = keep(ca, leaf)) != ST_OK)
		return st;
	if ((st = ca_publish(ca, 0, 0)) != ST_OK) {
		log_error("certificate %s is marked as revoked, but helpers do not know; give the same command again",
		    leaf->facts.serial);
		return st;
	}
	if (!again)
		record("certificate %s of %s revoked", leaf->facts.serial, leaf->facts.name);
	time_text(ca_published_until(set), until);
	printf("Certificate %s of %s %s; the new revocation list is good until %s.\n", leaf->facts.serial,
	    leaf->facts.name, again ? "was revoked already" : "is revoked", until);
	return ca_cut_off(set, (const struct ca_leaf *const []){ leaf }, 1);
}

static enum status
renew_lists(const struct settings *set, const struct ca *ca, const char *text)
{
	char until[TIME_TEXT];
	long days;
	enum status st;

	if ((st = ca_number("--days", text, CRL_DAYS_MOST, CA_CRL_DAYS, &days)) != ST_OK ||
	    (st = ca_publish(ca, 0, days)) != ST_OK)
		return st;
	record("revocation lists renewed, for %ld days", days);
	printf("The revocation list%s in %s is good until %s.\n", ca->nroots > 1 ? " of each root" : "",
	    set->client_crl, time_text(ca_published_until(set), until));
	return ST_OK;
}

/* text NULL: only the lists. */
static int
run(const struct admin *admin, const struct revoke *o, const char *text)
{
	struct ca ca = { .lock = -1 };
	struct ca_leaf leaf = { .pem = NULL };
	struct settings *set = NULL;
	enum status st;

	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = ca_open(set, &ca)) == ST_OK &&
	    (st = ca_unlock(&ca, &o->source)) == ST_OK) {
		if (text == NULL)
			st = renew_lists(set, &ca, o->days);
		else if ((st = take(&ca, text, &leaf)) == ST_OK)
			st = revoke(set, &ca, &leaf);
	}
	free(leaf.pem);
	ca_close(&ca);
	settings_free(set);
	return status_exit(st);
}

int
ca_revoke(struct admin *admin)
{
	static const struct option_row rows[] = { CA_PASSPHRASE(struct revoke), { NULL, 0, NULL } };
	struct revoke o = { .days = NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	return run(admin, &o, admin->argv[0]);
}

int
ca_crl(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "days", offsetof(struct revoke, days), NULL }, CA_PASSPHRASE(struct revoke), { NULL, 0, NULL }
	};
	struct revoke o = { .days = NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	return run(admin, &o, NULL);
}
