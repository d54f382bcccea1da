/* SPDX-License-Identifier: ISC */
/*
 * Keys of servers: lists, files of known servers, remembering.
 * links: client/pin.c
 */
#include "tap.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pin.h"

#define KEY_A	"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B	"SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB+/Bc"
#define NAME	"dyn.example.net"

static void
test_lists(void)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ KEY_A, true }, { KEY_A "=", true }, { KEY_A ", " KEY_B "=", true }, { KEY_A "\t" KEY_B, true },
		{ "", false }, { " , ", false }, { KEY_A "==", false }, { KEY_A "A", false }, { "SHA256:AAAA", false },
		{ "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false }, { KEY_A " x", false }, { "=", false },
		{ "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_", false }
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(pin_is_list(rows[i].text) == rows[i].good, "%s: \"%s\"", rows[i].good ? "a list" : "no list",
		    rows[i].text);
	ok(pin_list_has(KEY_A, KEY_A), "the one key");
	ok(pin_list_has(KEY_A " " KEY_B "=", KEY_B), "the second key, written with its =");
	ok(!pin_list_has(KEY_A, KEY_B), "another key");
	ok(!pin_list_has("", KEY_B), "no key");
}

static void
test_file(void)
{
	static const struct { const char *text; enum pin_verdict verdict; const char *name; } rows[] = {
		{ NAME " " KEY_A "\n", PIN_GOOD, "the key" },
		{ NAME " " KEY_A, PIN_GOOD, "the key, without a newline" },
		{ "  DYN.Example.NET\t " KEY_A "= \r\n", PIN_GOOD, "the key, written in another way" },
		{ "#\n\nother.example " KEY_B "\n" NAME " " KEY_B "\n" NAME " " KEY_A "\n", PIN_GOOD, "one of two keys" },
		{ NAME " " KEY_B "\n", PIN_OTHER, "another key" },
		{ NAME " SHA256:AAAA", PIN_OTHER, "a key cut off" },
		{ NAME "\n", PIN_OTHER, "a name alone" },
		{ NAME " " KEY_A " x\n", PIN_OTHER, "a third word" },
		{ "#" NAME " " KEY_A "\n", PIN_UNKNOWN, "a comment" },
		{ "x" NAME " " KEY_A "\n", PIN_UNKNOWN, "a longer name" },
		{ "dyn.example.ne " KEY_A "\n", PIN_UNKNOWN, "a shorter name" },
		{ "", PIN_UNKNOWN, "an empty file" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(pin_look_up(rows[i].text, NAME, KEY_A) == rows[i].verdict, "a file with %s", rows[i].name);
}

/* What the file holds. */
static bool
holds(const char *path, const char *text)
{
	char buf[1000];
	FILE *f = fopen(path, "r");
	size_t n = f == NULL ? 0 : fread(buf, 1, sizeof(buf) - 1, f);

	if (f != NULL)
		fclose(f);
	buf[n] = '\0';
	return strcmp(buf, text) == 0;
}

static void
test_judge(void)
{
	char dir[] = "/tmp/dynlease-pin.XXXXXX", path[100], a[] = KEY_A, why[PIN_WHY];
	struct server s = { .name = NAME, .pin = a };
	FILE *f;

	ok(mkdtemp(dir) != NULL, "a directory");
	snprintf(path, sizeof(path), "%s/known", dir);
	ok(pin_judge(&s, KEY_A, why) == ST_OK, "the pinned key");
	ok(pin_judge(&s, KEY_B, why) == ST_UNTRUSTED && strstr(why, KEY_B) != NULL, "not the pinned key: %s", why);
	s.known_servers = path;
	s.trust_first = true;
	ok(pin_judge(&s, KEY_B, why) == ST_UNTRUSTED && access(path, F_OK) != 0, "with a pin nothing is learned");
	s.pin = NULL;
	s.trust_first = false;
	ok(pin_judge(&s, KEY_A, why) == ST_UNTRUSTED && access(path, F_OK) != 0, "a server not known: %s", why);
	s.trust_first = true;
	if ((f = fopen(path, "w")) != NULL) {
		fputs("other.example " KEY_B, f);
		fclose(f);
	}
	ok(pin_judge(&s, KEY_A, why) == ST_OK, "trusted at first sight");
	ok(holds(path, "other.example " KEY_B "\n" NAME " " KEY_A "\n"), "and remembered in a line of its own");
	ok(pin_judge(&s, KEY_A, why) == ST_OK && holds(path, "other.example " KEY_B "\n" NAME " " KEY_A "\n"), "once");
	ok(pin_judge(&s, KEY_B, why) == ST_UNTRUSTED, "another key afterwards: %s", why);
	unlink(path);
	ok(mkdir(path, 0700) == 0 && pin_judge(&s, KEY_A, why) == ST_UNTRUSTED, "a file that cannot be read: %s", why);
	rmdir(path);
	rmdir(dir);
}

int
main(void)
{
	test_lists();
	test_file();
	test_judge();
	return done_testing();
}
