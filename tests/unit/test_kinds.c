/* SPDX-License-Identifier: ISC */
/*
 * Keys and certificates as dynlease-admin reads and shows them, what an account lacks, and sshd's lines.
 * links: admin/refuse.c admin/kinds.c admin/wanted.c admin/sshkeys.c
 */
#include <stdlib.h>
#include <string.h>

#include "admin/kinds.h"
#include "admin/sshkeys.h"
#include "admin/wanted.h"
#include "lib/fingerprint.h"
#include "lib/log.h"
#include "tests/unit/tap.h"

#define PRINT		"SHA256:R1/jyTAnkIaPYigVBwbL7i/V3P+8CxLYtI+UxewYH8o"
#define BLOB		"AAAAC3NzaC1lZDI1NTE5AAAAIJMlk1UZ8bOfXRqXc0RKDrfmeW0SiqTMDEL8B4fwHGFN"
#define LONG(text)	text text text text text text text text

static void
test_take(void)
{
	static const struct {
		enum credential_kind	 kind;
		const char		*text, *value;	/* NULL: none */
	} rows[] = {
		{ CREDENTIAL_KEY, PRINT, PRINT },
		{ CREDENTIAL_KEY, PRINT "=", PRINT },
		{ CREDENTIAL_KEY, "R1/jyTAnkIaPYigVBwbL7i/V3P+8CxLYtI+UxewYH8o", NULL },
		{ CREDENTIAL_KEY, "", NULL },
		{ CREDENTIAL_CERT, "cn:Ann's laptop", "cn:Ann's%20laptop" },
		{ CREDENTIAL_CERT, "cn:100% #1", "cn:100%25%20%231" },
		{ CREDENTIAL_CERT, "cn:J\303\266rg", "cn:J%C3%B6rg" },
		{ CREDENTIAL_CERT, "cn:a\nb", "cn:a%0Ab" },
		{ CREDENTIAL_CERT, "DNS:Host.example.org", "dns:Host.example.org" },
		{ CREDENTIAL_CERT, "email:a@example.org", "email:a@example.org" },
		{ CREDENTIAL_CERT, "uri:urn:x:y", "uri:urn:x:y" },
		{ CREDENTIAL_CERT, "serial:00:0f:4d", "serial:F4D" },
		{ CREDENTIAL_CERT, "serial:0x4d0f", "serial:4D0F" },
		{ CREDENTIAL_CERT, "serial:0", NULL },
		{ CREDENTIAL_CERT, "serial:", NULL },
		{ CREDENTIAL_CERT, "serial:12 34", NULL },
		{ CREDENTIAL_CERT, "serial:11112222333344445555666677778888999900001", NULL },
		{ CREDENTIAL_CERT, "cn:", NULL },
		{ CREDENTIAL_CERT, "cn", NULL },
		{ CREDENTIAL_CERT, ":x", NULL },
		{ CREDENTIAL_CERT, "ou:x", NULL },
		{ CREDENTIAL_CERT, "averylongtypeofname:x", NULL },
		{ CREDENTIAL_SSH, "ssh-ed25519 " BLOB, "ssh-ed25519:" BLOB },
		{ CREDENTIAL_SSH, "ssh-ed25519 " BLOB " ann@home", "ssh-ed25519:" BLOB },
		{ CREDENTIAL_SSH, "ssh-rsa " BLOB, NULL },
		{ CREDENTIAL_SSH, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJMl", NULL },
		{ CREDENTIAL_SSH, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", NULL },
		{ CREDENTIAL_SSH, "ssh-ed25519-cert-v01@openssh.com " BLOB, NULL },
		{ CREDENTIAL_SSH, "command=\"sh\" ssh-ed25519 " BLOB, NULL },
		{ CREDENTIAL_SSH, "ssh-ed25519 " BLOB "\nssh-ed25519 " BLOB, NULL },
		{ CREDENTIAL_SSH, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", NULL },
		{ CREDENTIAL_SSH, " ", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct credential c = { .kind = rows[i].kind };
		const bool taken = kinds[rows[i].kind].take(rows[i].text, &c) == ST_OK;

		ok(taken == (rows[i].value != NULL) && (!taken || (strcmp(c.value, rows[i].value) == 0 &&
		    credential_judge(&c) == ST_OK)), "%s %zu", kinds[rows[i].kind].what, i);
	}
}

static void
test_comments(void)
{
	static const struct {
		const char	*text, *comment;
	} rows[] = {
		{ "ssh-ed25519 " BLOB " ann@home", "ann@home" },
		{ "ssh-ed25519 " BLOB " two words", "two words" },
		{ "ssh-ed25519 " BLOB " number # one", "" },
		{ "ssh-ed25519 " BLOB " J\303\266rg", "" },
		{ "ssh-ed25519 " BLOB " a\033[1mb", "" },
		{ "ssh-ed25519 " BLOB " " LONG("0123456789"), "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct credential c = { .kind = CREDENTIAL_SSH };

		ok(kinds[CREDENTIAL_SSH].take(rows[i].text, &c) == ST_OK && strcmp(c.comment, rows[i].comment) == 0,
		    "the comment of an ssh key: \"%s\"", rows[i].comment);
	}
}

static void
put(struct account *account, enum credential_kind kind, const char *text, time_t expires)
{
	struct credential c = { .kind = kind, .expires = expires };

	ok(kinds[kind].take(text, &c) == ST_OK && credentials_add(account->credentials, &c) == ST_OK, "added");
}

static void
test_account(void)
{
	struct account account = { .name = "a", .require = LAYER_KEY | LAYER_PASSWORD | LAYER_NETWORK };
	char text[CREDENTIAL_VALUE];
	struct credential c;

	ok(kinds_lack(&account, 50) == (LAYER_KEY | LAYER_PASSWORD | LAYER_NETWORK), "with nothing it lacks all");
	put(&account, CREDENTIAL_KEY, PRINT, 100);
	account.network.n = 1;
	ok(kinds_lack(&account, 50) == LAYER_PASSWORD, "with a key and a network it lacks a password");
	ok(kinds_lack(&account, 100) == (LAYER_KEY | LAYER_PASSWORD), "and the key once that has expired");
	snprintf(account.secret, sizeof(account.secret), "%s", SECRET_OF_NOBODY);
	ok(kinds_lack(&account, 50) == 0, "with all three it lacks nothing");
	put(&account, CREDENTIAL_CERT, "cn:a b", 0);
	put(&account, CREDENTIAL_SSH, "ssh-ed25519 " BLOB, 0);
	ok(kind_count(&account, CREDENTIAL_KEY) == 1 && kind_count(&account, CREDENTIAL_CERT) == 1, "one of each");
	ok(kind_find(&account, &kinds[CREDENTIAL_CERT], "cn:a b", &c) == ST_OK, "a certificate by what was given");
	ok(kind_find(&account, &kinds[CREDENTIAL_CERT], "cn:a%20b", &c) == ST_OK, "or by what is shown");
	ok(kind_find(&account, &kinds[CREDENTIAL_SSH], PRINT, &c) == ST_OK && c.kind == CREDENTIAL_SSH &&
	    strcmp(kind_text(&c, text), PRINT) == 0, "an ssh key by its fingerprint");
	ok(kind_find(&account, &kinds[CREDENTIAL_KEY], "SHA256:R1", &c) == ST_NOTFOUND, "but not by a part of it");
	ok(kind_find(&account, &kinds[CREDENTIAL_KEY], "", &c) == ST_NOTFOUND, "nor by nothing");
}

static void
test_rights(void)
{
	static const struct {
		const char	*require, *network, *name;
		enum status	 st;
	} rows[] = {
		{ "network+key", "192.0.2.0/24", "layers and networks", ST_OK },
		{ "password cert", NULL, "two layers", ST_OK },
		{ "ssh", NULL, "ssh", ST_OK },
		{ "ssh+password+network", "192.0.2.0/24", "ssh with others", ST_OK },
		{ NULL, "192.0.2.0/24", "networks that nothing requires", ST_OK },
		{ "network", NULL, "network without networks", ST_INVALID },
		{ "network", "none", "network with none", ST_INVALID },
		{ "ssh+key", NULL, "ssh and key", ST_INVALID },
		{ "ssh+cert", NULL, "ssh and cert", ST_INVALID },
		{ "", NULL, "no layer", ST_INVALID },
		{ "passwort", NULL, "no such layer", ST_INVALID },
		{ NULL, "192.0.2.1/24", "no network", ST_INVALID },
	};
	const struct settings set = { .nclasses = 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct account account = { .name = "a", .require = LAYER_PASSWORD };
		const struct wanted wanted = { .require = rows[i].require, .network = rows[i].network };

		ok(wanted_rights(&set, &wanted, &account) == rows[i].st, "%s", rows[i].name);
	}
}

static const char *
line_of(const struct credential *c)
{
	static char line[4096];
	FILE *out = fmemopen(line, sizeof(line), "w");
	const enum status st = sshkeys_print("/x/dynlease-auth", "a.example.org", c, out);

	fclose(out);
	return st == ST_OK ? line : NULL;
}

static void
test_line(void)
{
	static const char head[] = "restrict,command=\"/x/dynlease-auth --ssh a.example.org --ssh-key " PRINT "\"";
	struct credential c = { .kind = CREDENTIAL_SSH, .value = "ssh-ed25519:" BLOB };
	const struct credential plain = c;
	char wanted[1024];

	snprintf(wanted, sizeof(wanted), "%s ssh-ed25519 " BLOB " a.example.org\n", head);
	ok(strcmp(line_of(&c), wanted) == 0, "a line for sshd");
	networks_parse("192.0.2.0/24 2001:db8::/32", &c.from);
	c.expires = 1777636803;
	snprintf(c.comment, sizeof(c.comment), "ann@home");
	snprintf(wanted, sizeof(wanted), "%s,from=\"192.0.2.0/24,2001:db8::/32\",expiry-time=\"20260501120003Z\" "
	    "ssh-ed25519 " BLOB " a.example.org ann@home\n", head);
	ok(strcmp(line_of(&c), wanted) == 0, "with its terms");
	c = plain;
	snprintf(c.comment, sizeof(c.comment), "x\nssh-ed25519 AAAA");
	ok(line_of(&c) == NULL, "no comment ends the line");
	c = plain;
	snprintf(c.value, sizeof(c.value), "x\",command=\"sh:" BLOB);
	ok(line_of(&c) == NULL, "no type brings options");
	c = plain;
	c.kind = CREDENTIAL_KEY;
	ok(line_of(&c) == NULL, "no other kind is a key of ssh");
}

int
main(void)
{
	log_open("test_kinds", LOG_PLACE_STDERR);
	test_take();
	test_comments();
	test_account();
	test_rights();
	test_line();
	return done_testing();
}
