/* SPDX-License-Identifier: ISC */
/*
 * A CA in memory: what it signs, how long, what it says of itself, and who may open its key. openssl(1) has its say
 * in tests/system/ca.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/certificate_issuer.h"
#include "lib/chain.h"
#include "lib/secret.h"
#include "tests/unit/tap.h"

#define NOW	INT64_C(1800000000)
#define DAY	(24 * 60 * 60L)
#define PHRASE	"a passphrase"
#define HOST	"laptop.dyn.example.org"

static struct certificate_facts
facts_of(const char *pem)
{
	struct certificate_facts facts;
	const char *at = pem;

	if (certificate_next(&at, &facts) != ST_OK)
		memset(&facts, 0, sizeof(facts));
	return facts;
}

static void
test_root(void)
{
	struct issuer *ca, *again = NULL;
	char *root, *other;
	struct certificate_facts facts, renewed;

	ok(issuer_make("Test CA", NOW, NOW + 100 * DAY, &ca) == ST_OK, "a root");
	root = issuer_root(ca);
	facts = facts_of(root);
	ok(strcmp(facts.subject, "Test CA") == 0 && facts.until == NOW + 100 * DAY && facts.from < NOW &&
	    strlen(facts.key) == 40 && *facts.by == '\0', "says what it is: %s %s", facts.subject, facts.key);
	ok(issuer_renew(ca, NOW + DAY, NOW + 1000 * DAY) == ST_OK, "it is renewed");
	other = issuer_root(ca);
	renewed = facts_of(other);
	ok(strcmp(renewed.subject, facts.subject) == 0 && strcmp(renewed.key, facts.key) == 0 &&
	    renewed.until == NOW + 1000 * DAY && strcmp(renewed.serial, facts.serial) != 0,
	    "with the same name and key, and a new end");
	ok(issuer_has_signed(ca, root) && issuer_has_signed(ca, other), "by itself");
	ok(issuer_make("Other CA", NOW, NOW + DAY, &again) == ST_OK && !issuer_has_signed(again, root),
	    "and by no other");
	free(root);
	free(other);
	issuer_free(again);
	issuer_free(ca);
}

static void
test_seal(void)
{
	struct issuer *ca, *back;
	char *text, *cut;
	size_t len;

	issuer_make("Test CA", NOW, NOW + DAY, &ca);
	ok(issuer_text(ca, PHRASE, &text, &len) == ST_OK && len == strlen(text) && issuer_is_sealed(text) &&
	    strstr(text, "BEGIN PRIVATE") == NULL, "a sealed key");
	ok(issuer_open(text, "another one", &back) == ST_DENIED && back == NULL, "not by another passphrase");
	ok(issuer_open(text, "", &back) == ST_DENIED, "not by an empty one");
	ok(issuer_open(text, NULL, &back) == ST_LOCKED, "not without one");
	ok(issuer_open(text, PHRASE, &back) == ST_OK, "but by its own");
	issuer_free(back);
	cut = strdup(text);
	*strstr(cut, "-----BEGIN CERTIFICATE") = '\0';
	ok(issuer_open(cut, PHRASE, &back) == ST_DAMAGED, "a key without a root");
	cut[60] = cut[60] == 'A' ? 'B' : 'A';
	ok(issuer_open(cut, PHRASE, &back) != ST_OK, "a key that was changed");
	free(cut);
	ok(issuer_open(strstr(text, "-----BEGIN CERTIFICATE"), PHRASE, &back) == ST_DAMAGED, "a root without a key");
	ok(issuer_open("", PHRASE, &back) == ST_DAMAGED, "nothing");
	secret_wipe(text, len);
	free(text);
	ok(issuer_text(ca, NULL, &text, &len) == ST_OK && !issuer_is_sealed(text) &&
	    issuer_open(text, NULL, &back) == ST_OK, "an open key");
	issuer_free(back);
	secret_wipe(text, len);
	free(text);
	issuer_free(ca);
}

static void
test_sign(void)
{
	struct certificate_pair pair, second;
	struct certificates shown;
	struct certificate_facts facts, root;
	struct issuer *ca;
	const char *why = NULL;
	char *text;

	issuer_make("Test CA", NOW, NOW + 100 * DAY, &ca);
	text = issuer_root(ca);
	root = facts_of(text);
	ok(issuer_sign(ca, &(struct issue){ HOST, NOW, NOW + 10 * DAY, NULL }, &pair, &why) == ST_OK &&
	    strlen(pair.key) == pair.keylen && strstr(pair.key, "BEGIN PRIVATE KEY") != NULL,
	    "a key and its certificate");
	facts = facts_of(pair.certificate);
	ok(strcmp(facts.name, HOST) == 0 && strcmp(facts.by, root.key) == 0 && facts.until == NOW + 10 * DAY &&
	    facts.from < NOW, "for this host, by this root");
	ok(strlen(facts.serial) > 20 && strlen(facts.serial) <= 32 && *facts.serial != '0' &&
	    strspn(facts.serial, "0123456789ABCDEF") == strlen(facts.serial), "serial %s", facts.serial);
	ok(issuer_has_signed(ca, pair.certificate), "signed");
	ok(issuer_sign(ca, &(struct issue){ HOST, NOW + DAY, NOW + 1000 * DAY, NULL }, &second, &why) == ST_OK &&
	    facts_of(second.certificate).until == root.until, "none outlives the root");
	ok(strcmp(facts_of(second.certificate).serial, facts.serial) != 0, "each has its own serial");
	ok(certificate_show(pair.certificate, &shown) == ST_OK && shown.n == 1 && shown.list[0].len > 100, "as DER");
	certificates_free(&shown);
	ok(certificate_show("nonsense", &shown) == ST_DAMAGED && shown.n == 0, "nonsense is not shown");
	certificate_pair_free(&pair);
	certificate_pair_free(&second);
	ok(issuer_sign(ca, &(struct issue){ HOST, NOW, NOW + DAY, text }, &pair, &why) == ST_INVALID && why != NULL &&
	    pair.certificate == NULL, "a certificate is no request: %s", why);
	free(text);
	issuer_free(ca);
}

static void
test_lists(void)
{
	static const struct revoked list[] = {
		{ "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", NOW - DAY }, { "1", NOW }
	};
	struct certificate_facts facts;
	struct issuer *ca;
	char *pem, *twice = NULL;
	const char *at;

	issuer_make("Test CA", NOW, NOW + 100 * DAY, &ca);
	ok(issuer_revoke(ca, &(struct revocations){ 2, list, NOW, NOW + 9 * DAY, 0 }, &pem) == ST_OK, "a list");
	at = pem;
	ok(certificate_next_list(&at, &facts) == ST_OK && facts.until == NOW + 9 * DAY && facts.number == NOW &&
	    strlen(facts.by) == 40 && strcmp(facts.subject, "Test CA") == 0, "says what it is");
	ok(certificate_next_list(&at, &facts) == ST_NOTFOUND, "and is alone");
	if (asprintf(&twice, "%s\ntext\n%s-----BEGIN X509 CRL-----\nAAAA", pem, pem) < 0)
		abort();
	at = twice;
	ok(certificate_next_list(&at, &facts) == ST_OK && certificate_next_list(&at, &facts) == ST_OK &&
	    certificate_next_list(&at, &facts) == ST_DAMAGED, "two, and one that is cut");
	free(twice);
	free(pem);
	ok(issuer_revoke(ca, &(struct revocations){ 0, NULL, NOW, NOW + DAY, NOW + 5 }, &pem) == ST_OK,
	    "an empty list");
	at = pem;
	ok(certificate_next_list(&at, &facts) == ST_OK && facts.number == NOW + 6,
	    "numbers grow, whatever the clock says");
	free(pem);
	issuer_free(ca);
}

int
main(void)
{
	test_root();
	test_seal();
	test_sign();
	test_lists();
	return done_testing();
}
