/* SPDX-License-Identifier: ISC */
/*
 * Secrets: tokens, verifiers of every kind (made by crypt(3) of "correct horse"), what is none, and decoys.
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "tap.h"

#define SALT32		"0123456789abcdef0123456789abcdef"
#define TOKEN40		"0123456789abcdef0123456789abcdef01234567"
#define DIGEST_OF_IT	"ef834b30e69b6d3dd6ff15561205aba38d7da216fc46cded4d2aec97d3b42e34"	/* sha256sum(1) */
#define ZEROS64		"0000000000000000000000000000000000000000000000000000000000000000"
#define X43		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char	*verifier;
	bool		 costly, weak;
} kinds[] = {
	{ "$y$j75$UK0z3E.cfKOW2s.GDluc10$esVatAySFPokmLc9dSOzu/tDJLHIrj/69B0r2QliFnA", true, false },
	{ "$gy$j75$ts1DWX80pXo4Q.hRa1zXK0$vCR8BXaqAHNN.2aJ2PVNkEdQD1xX8WtD/nlVfH0hYM7", true, false },
	{ "$7$BU..../....I1KmXtyHnqUX7kuruzjZO1$x0ZzjrxC.rNW7KbmOSSBeLrr/oGLITckOEHwFooSNy3", true, false },
	{ "$2b$04$Etm66KP84JLtq1.Ld8/1FOq3SxJfgXeZvAfDmuOOnLg2MkpZgtQga", true, false },
	{ "$2y$04$yO6l5626ov8GXzTvJIKIB.3OnGalLypO0wD2qvRoh9OKwe0Mix9JK", true, false },
	{ "$6$rounds=1000$HMD/Na8l3Tn4PEMU$ZiZ.7TaKGy7wDI9dqmq1bahdOwLSAfvk.kvFGwGV9vL3VMaHJoRUDndMoesAK3b2weAEN6dav"
	    "tGKhI8am3edq/", true, false },
	{ "$5$rounds=1000$Zq5SJ4SaI9BT27ho$n4IM6FVdGpfiowrw0xP0e0r7nib0O0BuOUJ3aWVVmzB", true, false },
	{ "$1$A1XSyyS3$n2yzPAo0x2NLjH0.OCkLc1", true, true },
	{ "abhfCpXqd4GrI", true, true },
};

static const char *const not_verifiers[] = {
	"",
	"*",
	"!",
	"x",
	"*0",
	"correct horse",
	"abhfCpXqd4Gr",
	"abhfCpXqd4GrII",
	"abhfCpXqd4Gr!",
	"abhfCpXqd4Gr~",
	"$1$A1XSyyS3$n2yzPAo0x2NLjH0.OCk~c1",
	"a:hfCpXqd4GrI",
	"$6$",
	"$6$salt",
	"$6$salt$",
	"$1$A1XSyyS3$n2yzPAo0x2NLjH0.OCkLc",
	"$1$A1XSyyS3$n2yzPAo0x2NLjH0.OCkLc11",
	"$1$A1XSyyS3$n2yzPAo0x2NLjH0.OCkL 1",
	"$1$n2yzPAo0x2NLjH0.OCkLc1x",
	"$5$rounds=1000$Zq5SJ4SaI9BT27hon4IM6FVdGpfiowrw0xP0e0r7nib0O0BuOUJ3aWVVmzB",
	"$2a$04$Etm66KP84JLtq1.Ld8/1FOq3SxJfgXeZvAfDmuOOnLg2MkpZgtQga",
	"$2x$04$Etm66KP84JLtq1.Ld8/1FOq3SxJfgXeZvAfDmuOOnLg2MkpZgtQga",
	"$2b$04$Etm66KP84JLtq1.Ld8/1FOq3SxJfgXeZvAfDmuOOnLg2MkpZgtQg",
	"$2b$04$Etm66KP84JLtq1.Ld8/1FOq3SxJfgXeZvAfDmuOOnLg2MkpZgtQgaa",
	"$3$$8846f7eaee8fb117ad06bdd830b7586c",
	"$md5$x$" X43,
	"$sha1$1$x$" X43,
	"$apr1$A1XSyyS3$n2yzPAo0x2NLjH0.OCkLc1",
	"{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=",
	"{token}",
	"{token}" SALT32,
	"{token}" SALT32 "$",
	"{token}" SALT32 "$" DIGEST_OF_IT "0",
	"{token}" SALT32 "x" DIGEST_OF_IT,
	"{token}0" SALT32 "$" DIGEST_OF_IT,
	"{token}0123456789ABCDEF0123456789abcdef$" DIGEST_OF_IT,
	"{token}" SALT32 "$" "EF834b30e69b6d3dd6ff15561205aba38d7da216fc46cded4d2aec97d3b42e34",
	"{TOKEN}" SALT32 "$" DIGEST_OF_IT,
};

static bool
matches(const char *verifier, const char *secret)
{
	return secret_matches(verifier, secret, strlen(secret));
}

static void
test_tokens(void)
{
	char token[TOKEN_SIZE], other[TOKEN_SIZE], kept[VERIFIER_SIZE], again[VERIFIER_SIZE];

	ok(secret_new_token(token) == ST_OK && strlen(token) == 40 && strspn(token, "0123456789abcdef") == 40,
	    "a token is 40 hex digits");
	ok(secret_new_token(other) == ST_OK && strcmp(token, other) != 0, "and another one the next time");
	ok(secret_keep_token(token, kept) == ST_OK && secret_is_verifier(kept), "it is kept as a verifier");
	ok(secret_keep_token(token, again) == ST_OK && strcmp(kept, again) != 0, "with a new salt each time");
	ok(strstr(kept, token) == NULL, "that does not hold it");
	ok(!secret_is_costly(kept) && !secret_is_weak(kept), "it is cheap and not weak");
	ok(matches(kept, token) && matches(again, token), "it matches");
	ok(!matches(kept, other) && !matches(again, other), "and another does not");
	ok(!secret_matches(kept, token, 39), "nor it without its end");
	memcpy(again, token, TOKEN_SIZE - 1);
	again[40] = 'x';
	ok(!secret_matches(kept, again, 41), "nor it with one byte more");
	again[40] = '\0';
	ok(!secret_matches(kept, again, 41), "nor it with a NUL more");
	token[39] ^= 1;
	ok(!matches(kept, token), "nor it with one bit changed");
	ok(matches("{token}" SALT32 "$" DIGEST_OF_IT, TOKEN40), "the digest is SHA-256 of salt and token");
	ok(secret_keep_token("password", kept) == ST_INVALID && kept[0] == '\0', "a password is not kept like that");
	ok(secret_keep_token(TOKEN40 "0", kept) == ST_INVALID, "nor 41 digits");
	ok(secret_keep_token("0123456789ABCDEF0123456789abcdef01234567", kept) == ST_INVALID, "nor capitals");
	ok(secret_keep_token("", kept) == ST_INVALID, "nor nothing");
}

static void
test_kind(const char *verifier, bool costly, bool weak)
{
	char decoy[VERIFIER_SIZE], changed[VERIFIER_SIZE];
	size_t len = strlen(verifier), head = (size_t)(strrchr(verifier, '$') - verifier);

	ok(secret_is_verifier(verifier), "%.5s is a verifier", verifier);
	ok(secret_is_costly(verifier) == costly, "%.5s costs what it does", verifier);
	ok(secret_is_weak(verifier) == weak, "%.5s is as strong as it is", verifier);
	ok(matches(verifier, "correct horse"), "%.5s matches", verifier);
	ok(!matches(verifier, "Correct horse"), "%.5s does not match another", verifier);
	ok(!matches(verifier, ""), "%.5s does not match nothing", verifier);
	ok(!secret_matches(verifier, "correct horse\0", 14), "%.5s does not match with a NUL more", verifier);
	memcpy(changed, verifier, len + 1);
	changed[len - 3] = changed[len - 3] == 'a' ? 'b' : 'a';
	ok(!matches(changed, "correct horse"), "%.5s with a digit changed does not match", verifier);
	ok(secret_decoy(verifier, decoy) == ST_OK && secret_is_verifier(decoy) && strlen(decoy) == len &&
	    secret_is_costly(decoy) == costly && secret_is_weak(decoy) == weak,
	    "%.5s has a decoy of its kind", verifier);
	ok(strspn(decoy + len - 11, "z") == 11, "%.5s: which no secret can match", verifier);
	ok(memcmp(decoy, verifier, verifier[0] != '$' ? 2 : verifier[1] == '2' ? 29 : head + 1) == 0,
	    "%.5s: with its cost", verifier);
	ok(!matches(decoy, "correct horse"), "%.5s: the decoy does not match", verifier);
}

/* A decoy ends in z, and no digest does: it is tried, where trying is cheap. */
static void
test_decoy_digests(void)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash;
	char secret[16];
	size_t made, ends, end = 0;

	if (data == NULL)
		exit(1);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strspn(kinds[i].verifier, "$yg7") > 2)
			continue;	/* made to cost memory: $y$, $gy$, $7$ */
		made = ends = 0;
		for (unsigned n = 0; n < 200; n++) {
			snprintf(secret, sizeof(secret), "secret %u", n);
			if ((hash = crypt_r(secret, kinds[i].verifier, data)) == NULL || hash[0] == '*')
				continue;
			made++;
			end = strlen(hash) - 1;
			ends += hash[end] == 'z';
		}
		ok(made == 200 && ends == 0, "%.5s: no digest of %zu ends as a decoy does", kinds[i].verifier, made);
	}
	free(data);
}

static void
test_kinds(void)
{
	char decoy[VERIFIER_SIZE], again[VERIFIER_SIZE];
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		test_kind(kinds[i].verifier, kinds[i].costly, kinds[i].weak);
	ok(secret_decoy("{token}" SALT32 "$" DIGEST_OF_IT, decoy) == ST_OK &&
	    strcmp(decoy, "{token}" SALT32 "$" ZEROS64) == 0 && secret_is_verifier(decoy) && !secret_is_costly(decoy),
	    "a token has a decoy");
	ok(!matches(decoy, TOKEN40), "which the token does not match");
	ok(secret_decoy(decoy, again) == ST_OK && strcmp(decoy, again) == 0, "a decoy of a decoy is the same");
}

static void
test_not_verifiers(void)
{
	char decoy[VERIFIER_SIZE], text[VERIFIER_SIZE + 64];
	size_t i;

	for (i = 0; i < COUNT(not_verifiers); i++) {
		ok(!secret_is_verifier(not_verifiers[i]) && !secret_is_costly(not_verifiers[i]) &&
		    !secret_is_weak(not_verifiers[i]), "\"%s\" is no verifier", not_verifiers[i]);
		ok(!matches(not_verifiers[i], "correct horse") && !matches(not_verifiers[i], not_verifiers[i]) &&
		    !matches(not_verifiers[i], "") && !matches(not_verifiers[i], TOKEN40), "and matches nothing");
		ok(secret_decoy(not_verifiers[i], decoy) == ST_INVALID && decoy[0] == '\0', "and has no decoy");
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "$6$x", 4);
	strcpy(text + sizeof(text) - 88, "$");
	memset(text + sizeof(text) - 87, 'x', 86);
	text[sizeof(text) - 1] = '\0';
	ok(!secret_is_verifier(text), "nor is one that is too long to keep");
}

/* $5$: takes secrets of every length as they are. */
static void
test_lengths(void)
{
	static const char of256[] = "$5$rounds=1000$saltsaltsaltsalt$fm.XBBAQ0ZvlDbVKxo05EZ6pDEf1YJYXXVY6DQFwvO8";
	char secret[600];

	memset(secret, 'a', sizeof(secret));
	ok(secret_is_verifier(of256), "a verifier of 256 bytes");
	ok(secret_matches(of256, secret, 256), "256 bytes match");
	ok(!secret_matches(of256, secret, 257), "257 bytes whose first 256 would match do not");
	ok(!secret_matches(of256, secret, 600), "nor do 600");
	ok(!secret_matches(of256, secret, 255), "nor do 255");
	secret[100] = '\0';
	ok(!secret_matches(of256, secret, 256), "nor do 256 with a NUL");
	ok(!secret_matches(kinds[0].verifier, "correct horse\0battery", 21), "what follows a NUL is not left out");
	ok(!secret_matches(of256, "", 0), "nor does nothing");
}

/* HMAC-SHA-256, its first four bytes. */
static void
test_number(void)
{
	const uint32_t number = secret_number("salt", "name");

	ok(number == 0xf85f32d0, "a number: %08x", number);
	ok(secret_number("salt", "name") == number, "is the same the next time");
	ok(secret_number("salt", "other") == 0x7fb6623b, "and another for another name");
	ok(secret_number("other", "name") == 0x88c66e77, "and for another salt");
	ok(secret_number("saltn", "ame") != number, "nor is it that of the two in one piece");
	ok(secret_number("salt", "") != secret_number("salt", "a"), "an empty name has one");
}

static void
test_wipe(void)
{
	char text[16] = "very secret text";
	size_t i, left = 0;

	secret_wipe(text, 4);
	ok(memcmp(text, "\0\0\0\0 secret text", 16) == 0, "only what was asked for is wiped");
	secret_wipe(text, sizeof(text));
	for (i = 0; i < sizeof(text); i++)
		left += text[i] != '\0';
	ok(left == 0, "nothing is left of what is wiped");
}

int
main(void)
{
	test_tokens();
	test_kinds();
	test_decoy_digests();
	test_not_verifiers();
	test_lengths();
	test_number();
	test_wipe();
	return done_testing();
}
