/* SPDX-License-Identifier: ISC */
/*
 * Names: what is one, what it becomes, and what lies below what.
 */
#include <string.h>

#include "lib/name.h"
#include "tap.h"

#define L10 "abcdefghij"
#define L63 L10 L10 L10 L10 L10 L10 "abc"
#define N253 L63 "." L63 "." L63 "." L10 L10 L10 L10 L10 L10 "a"
#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char	*text;
	size_t		 len;
	const char	*name;	/* NULL: not a name */
} rows[] = {
	{ TEXT("h"), "h" },
	{ TEXT("host.example.org"), "host.example.org" },
	{ TEXT("host.example.org."), "host.example.org" },
	{ TEXT("HOST.Example.ORG"), "host.example.org" },
	{ TEXT("AZaz09"), "azaz09" },
	{ TEXT("3com.example"), "3com.example" },
	{ TEXT("a-b--c.d"), "a-b--c.d" },
	{ TEXT("xn--bcher-kva.example"), "xn--bcher-kva.example" },
	{ TEXT(L63), L63 },
	{ TEXT(N253), N253 },
	{ TEXT(N253 "."), N253 },
	{ TEXT(N253 "b"), NULL },
	{ TEXT(L63 "d"), NULL },
	{ TEXT("a." L63 "d"), NULL },
	{ TEXT(L63 "d.a"), NULL },
	{ TEXT(""), NULL },
	{ TEXT("."), NULL },
	{ TEXT(".."), NULL },
	{ TEXT("a.."), NULL },
	{ TEXT(".a"), NULL },
	{ TEXT("a..b"), NULL },
	{ TEXT("-a"), NULL },
	{ TEXT("a-"), NULL },
	{ TEXT("a.-b"), NULL },
	{ TEXT("a-.b"), NULL },
	{ TEXT("-"), NULL },
	{ TEXT("a.-"), NULL },
	{ TEXT("*"), NULL },
	{ TEXT("*.example.org"), NULL },
	{ TEXT("_dmarc.example.org"), NULL },
	{ TEXT("a b"), NULL },
	{ TEXT(" a"), NULL },
	{ TEXT("a "), NULL },
	{ TEXT("a\n"), NULL },
	{ TEXT("a\r\n"), NULL },
	{ TEXT("a\0b"), NULL },
	{ TEXT("a\0"), NULL },
	{ TEXT("\0"), NULL },
	{ TEXT("a\\.b"), NULL },
	{ TEXT("a/b"), NULL },
	{ TEXT("../a"), NULL },
	{ TEXT("a;b"), NULL },
	{ TEXT("a@b"), NULL },
	{ TEXT("a[b"), NULL },
	{ TEXT("a`b"), NULL },
	{ TEXT("a{b"), NULL },
	{ TEXT("a:b"), NULL },
	{ TEXT("$INCLUDE"), NULL },
	{ TEXT("b\303\274cher"), NULL },
	{ TEXT("a\xff"), NULL },
};

static void
test_parse(void)
{
	char name[NAME_SIZE + 8];
	enum status st;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		memset(name, '#', sizeof(name));
		st = name_parse(rows[i].text, rows[i].len, name);
		if (rows[i].name != NULL)
			ok(st == ST_OK && strcmp(name, rows[i].name) == 0, "row %zu: %.40s", i, rows[i].name);
		else
			ok(st == ST_INVALID && name[0] == '\0', "row %zu is refused", i);
		ok(name[NAME_SIZE] == '#', "row %zu stays within the buffer", i);
	}
}

/* Each of the 256 bytes alone: letters, digits and nothing else. */
static void
test_bytes(void)
{
	char name[NAME_SIZE], text[3] = "aXa";
	unsigned c, good = 0;

	for (c = 0; c < 256; c++) {
		text[1] = (char)c;
		good += name_parse(text, 3, name) == ST_OK;
	}
	ok(good == 26 + 26 + 10 + 2, "26 letters in two cases, 10 digits, hyphen and dot: %u", good);
	ok(name_parse("abc", 2, name) == ST_OK && strcmp(name, "ab") == 0, "only len bytes are looked at");
}

static void
test_within(void)
{
	ok(name_is_within("example.org", "example.org"), "a zone holds itself");
	ok(name_is_within("a.example.org", "example.org"), "and what is below");
	ok(name_is_within("a.b.example.org", "example.org"), "and further below");
	ok(!name_is_within("example.org", "a.example.org"), "but not what is above");
	ok(!name_is_within("badexample.org", "example.org"), "nor what only ends like it");
	ok(!name_is_within("example.net", "example.org"), "nor another of the same length");
	ok(!name_is_within("aexample.org", "bexample.org"), "nor one with another first letter");
	ok(!name_is_within("a.example.net", "example.org"), "nor what is below another");
}

int
main(void)
{
	test_parse();
	test_bytes();
	test_within();
	return done_testing();
}
