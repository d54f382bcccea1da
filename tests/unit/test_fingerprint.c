/* SPDX-License-Identifier: ISC */
/*
 * Fingerprints of keys: against values that openssl and ssh-keygen print.
 */
#include <string.h>

#include "lib/fingerprint.h"
#include "tests/unit/tap.h"

/* Of no bytes at all: the well-known SHA-256 of nothing. */
#define NOTHING	"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

static void
test_ssh_key(void)
{
	/* ssh-keygen -l prints the second for the first. */
	static const char key[] = "AAAAC3NzaC1lZDI1NTE5AAAAIJMlk1UZ8bOfXRqXc0RKDrfmeW0SiqTMDEL8B4fwHGFN";
	char text[FINGERPRINT_SIZE], cut[sizeof(key)];

	ok(fingerprint_make_base64(key, strlen(key), text) == ST_OK &&
	    strcmp(text, "SHA256:R1/jyTAnkIaPYigVBwbL7i/V3P+8CxLYtI+UxewYH8o") == 0, "an ssh key: %s", text);
	ok(fingerprint_make_base64("AAAA", 4, text) == ST_OK, "three bytes");
	ok(fingerprint_make_base64("AAA=", 4, text) == ST_OK, "two bytes");
	ok(fingerprint_make_base64("AA==", 4, text) == ST_OK, "one byte");
	for (size_t i = 0; i < sizeof(key) - 1; i += 7) {
		memcpy(cut, key, sizeof(key));
		cut[i] = i % 2 == 0 ? ' ' : '\n';
		ok(fingerprint_make_base64(cut, strlen(cut), text) == ST_INVALID && *text == '\0', "a blank at %zu", i);
	}
	ok(fingerprint_make_ssh("ssh-ed25519", key, text) == ST_OK &&
	    strcmp(text, "SHA256:R1/jyTAnkIaPYigVBwbL7i/V3P+8CxLYtI+UxewYH8o") == 0, "an ssh key with its type");
	ok(fingerprint_make_ssh("ssh-rsa", key, text) == ST_INVALID && *text == '\0', "with another type");
	ok(fingerprint_make_ssh("ssh-ed2551", key, text) == ST_INVALID, "with a part of its type");
	for (size_t i = 4; i < sizeof(key) - 1; i += 4) {
		snprintf(cut, sizeof(cut), "%.*s", (int)i, key);
		ok(fingerprint_make_ssh("ssh-ed25519", cut, text) == ST_INVALID, "cut after %zu characters", i);
	}
	ok(fingerprint_make_ssh("", "AAAAAAAAAAA=", text) == ST_OK, "two empty fields");
	ok(fingerprint_make_ssh("", "/////w==", text) == ST_INVALID, "a length beyond the end");
	ok(fingerprint_make_base64("", 0, text) == ST_INVALID, "nothing");
	ok(fingerprint_make_base64("AAA", 3, text) == ST_INVALID, "cut");
	ok(fingerprint_make_base64("A=AA", 4, text) == ST_INVALID, "padding inside");
	ok(fingerprint_make_base64("A===", 4, text) == ST_INVALID, "too much padding");
	ok(fingerprint_make_base64("====", 4, text) == ST_INVALID, "nothing but padding");
}

int
main(void)
{
	static const char *const bad[] = { "", "SHA256:", "SHA256:abc", "MD5:00:11", NOTHING "A", NOTHING "==",
		"sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu U" };
	char text[FINGERPRINT_SIZE];

	ok(fingerprint_make("", 0, text) == ST_OK && strcmp(text, NOTHING) == 0, "of nothing");
	ok(fingerprint_parse(NOTHING, strlen(NOTHING), text) == ST_OK && strcmp(text, NOTHING) == 0, "is read");
	ok(fingerprint_parse(NOTHING "=", strlen(NOTHING) + 1, text) == ST_OK && strcmp(text, NOTHING) == 0,
	    "with its final \"=\", too");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(fingerprint_parse(bad[i], strlen(bad[i]), text) == ST_INVALID && *text == '\0', "none: %s", bad[i]);
	test_ssh_key();
	return done_testing();
}
