/* SPDX-License-Identifier: ISC */
/*
 * Credentials: their lines, lists of them, and whether they hold.
 */
#include <string.h>

#include "lib/credential.h"
#include "tests/unit/tap.h"

#define KEY		"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
#define OTHER		"SHA256:x4jHTx4jHTx4jHTx4jHTx4jHTx4jHTx4jHTx4jHTx4j"
#define SSH		"ssh-ed25519:AAAAC3NzaC1lZDI1NTE5AAAAIJMlk1UZ8bOfXRqXc0RKDrfmeW0SiqTMDEL8B4fwHGFN"

static void
test_lines(void)
{
	static const char *const good[] = { "key " KEY, "key " KEY " expires=2030-02-28T23:59:59Z",
		"key " KEY " from=192.0.2.0/24,2001:db8::/32", "key " KEY " # the laptop", "cert dns:a.example.org",
		"key " KEY " expires=2030-01-01T00:00:00Z from=192.0.2.0/24 # k=v, and so on", "cert cn:A%20B",
		"cert email:a@example.org", "cert uri:urn:x", "cert serial:1F0", "ssh " SSH };
	static const char *const bad[] = { "", "key", "key ", "keys " KEY, "key " KEY "=", "key SHA256:abc",
		"key " KEY " expires=", "key " KEY " expires=tomorrow", "key " KEY " expires=2030-01-01T00:00:00Zx",
		"key " KEY " from=", "key " KEY " from=192.0.2.1/24", "key " KEY " to=192.0.2.0/24",
		"key " KEY " expires=2030-01-01T00:00:00Z expires=2030-01-01T00:00:00Z", "key " KEY " # a # b",
		"key " KEY " # \x1b[31m", "cert a.example.org", "cert dns:", "cert ip:192.0.2.1", "cert cn:%41",
		"cert cn:a%2", "cert cn:%zz", "cert serial:0F", "cert serial:1f", "cert serial:1G", "ssh AAAA",
		"ssh ssh-ed25519", "ssh :AAAA", "ssh ssh-ed25519:AAA", "ssh a\"b:AAAA", "password x" };
	char line[CREDENTIAL_LINE];
	struct credential c;

	for (size_t i = 0; i < COUNT(good); i++)
		ok(credential_parse(good[i], strlen(good[i]), &c) == ST_OK && credential_print(&c, line) == strlen(good[i]) &&
		    strcmp(line, good[i]) == 0, "comes back the same: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(credential_parse(bad[i], strlen(bad[i]), &c) == ST_INVALID, "none: %s", bad[i]);
	ok(credential_parse("cert cn:a\0b", 11, &c) == ST_INVALID, "none: with a NUL");
}

static void
test_escapes(void)
{
	char text[16];

	ok(credential_escape("a b", 3, text, sizeof(text)) && strcmp(text, "a%20b") == 0, "a blank");
	ok(credential_escape("\0#%\xff", 4, text, sizeof(text)) && strcmp(text, "%00%23%25%FF") == 0, "what is special");
	ok(!credential_escape("\0\0\0\0\0", 5, text, sizeof(text) - 1), "what does not fit");
	ok(credential_escape("123456789012345", 15, text, sizeof(text)), "what just fits");
	ok(!credential_escape("1234567890123456", 16, text, sizeof(text)), "and what just does not");
}

static void
test_lists(void)
{
	struct credential key = { .kind = CREDENTIAL_KEY, .value = KEY }, ssh = { .kind = CREDENTIAL_SSH, .value = SSH }, c;
	char lines[CREDENTIALS_SIZE] = "";
	enum status st = ST_OK;
	size_t n = 0;

	ok(credentials_add(lines, &key) == ST_OK && credentials_add(lines, &ssh) == ST_OK, "two are added");
	ok(credentials_add(lines, &key) == ST_EXISTS, "one that is there is not");
	ok(credentials_find(lines, CREDENTIAL_SSH, SSH, &c) && strcmp(c.value, SSH) == 0, "one is found");
	ok(!credentials_find(lines, CREDENTIAL_CERT, KEY, NULL) && !credentials_find(lines, CREDENTIAL_KEY, OTHER, NULL) &&
	    !credentials_find(lines, CREDENTIAL_KEY, "", NULL) && !credentials_find("", CREDENTIAL_KEY, KEY, NULL),
	    "others are not");
	ok(credentials_del(lines, CREDENTIAL_KEY, OTHER) == ST_NOTFOUND, "what is not there cannot go");
	ok(credentials_del(lines, CREDENTIAL_KEY, KEY) == ST_OK && strcmp(lines, "ssh " SSH "\n") == 0, "the first one goes");
	ok(credentials_del(lines, CREDENTIAL_SSH, SSH) == ST_OK && *lines == '\0', "and the last");
	key.comment[0] = '#';
	ok(credentials_add(lines, &key) == ST_INVALID && *lines == '\0', "nothing is added that could not be read");
	for (c = (struct credential){ .kind = CREDENTIAL_CERT }; st == ST_OK; n++) {
		snprintf(c.value, sizeof(c.value), "cn:%zu", n);
		st = credentials_add(lines, &c);
	}
	ok(st == ST_FULL && n > 100 && credentials_find(lines, CREDENTIAL_CERT, "cn:0", NULL), "until they are full");
}

static void
test_holding(void)
{
	const struct address here = { 4, { 192, 0, 2, 7 } }, there = { 4, { 198, 51, 100, 7 } };
	struct credential c = { .expires = 0 };

	ok(credential_holds(&c, &here, 1000), "always and from anywhere");
	c.expires = 1000;
	ok(credential_holds(&c, &here, 999) && !credential_holds(&c, &here, 1000), "until it expires");
	ok(networks_parse("192.0.2.0/24", &c.from) == ST_OK && credential_holds(&c, &here, 0) &&
	    !credential_holds(&c, &there, 0), "from its networks");
}

int
main(void)
{
	test_lines();
	test_escapes();
	test_lists();
	test_holding();
	return done_testing();
}
