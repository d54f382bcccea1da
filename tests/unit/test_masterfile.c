/* SPDX-License-Identifier: ISC */
/* links: reaper/masterfile.c reaper/masterscan.c reaper/serial.c */
/*
 * Master files as people write them: what is found in them, what is refused, and that nothing but the serial and the
 * block changes. Serial arithmetic.
 */
#include <string.h>

#include <bsd/string.h>

#include "lib/status.h"
#include "reaper/masterfile.h"
#include "reaper/masterscan.h"
#include "reaper/serial.h"
#include "tests/unit/tap.h"

#define ZONE	"dyn.example.org"
#define SOA	"@ 3600 IN SOA ns.example.org. root.example.org. 7 60 30 3600 30\n"
#define BEGIN	";; dynlease: begin\n"
#define END	";; dynlease: end\n"
#define BLOCK	BEGIN "a.dyn.example.org. 30 IN A 192.0.2.1\n" END
#define OURS	"a.dyn.example.org. 30 IN A 192.0.2.1\n"

static const struct good {
	const char	*what;
	const char	*text;
	uint32_t	 serial;
	const char	*block;
} good[] = {
	{ "a SOA on one line", SOA BLOCK, 7, OURS },
	{ "an empty block", SOA BEGIN END, 7, "" },
	{ "a SOA over many lines with comments that hold numbers and parentheses",
	    "$TTL 1h\n@\tIN\tSOA\tns root (\n\t\t; 5 the serial ( comes next\n\t\t2026112001 ; serial 9 )\n"
	    "\t\t1h\t; refresh\n\t\t5m ; retry\n 1W 30 )\n" BLOCK, 2026112001, OURS },
	{ "parentheses without blanks", "@ IN SOA ns root(9\n1 2 3 4)\n" BLOCK, 9, OURS },
	{ "parentheses one by one", "@ IN SOA (ns)(root)((9)\n1 2 3) 4\n" BLOCK, 9, OURS },
	{ "class before TTL", "@ IN 3600 SOA ns root 4294967295 1 2 3 4\n" BLOCK, 4294967295u, OURS },
	{ "TTL before class", "@ 1h IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "neither TTL nor class, lower case", "@ soa ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "class as a number", "@ CLASS1 SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "the whole name as owner, in capitals", "DYN.Example.ORG. IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "a name relative to $ORIGIN", "$ORIGIN example.org.\ndyn IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "a relative $ORIGIN", "$ORIGIN org.\n$ORIGIN example\ndyn IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "$ORIGIN of the root", "$ORIGIN .\ndyn.example.org IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "@ after $ORIGIN", "$origin dyn.example.org.\n@ IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "the owner of the record before", "@ IN NS ns\n\tIN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "no owner in the first record", " IN SOA ns root 3 1 2 3 4\n" BLOCK, 3, OURS },
	{ "the SOA after the block", BLOCK SOA, 7, OURS },
	{ "tabs and trailing blanks", "@\t\tIN\tSOA\tns\troot\t3\t1\t2\t3\t4 \t\n \t\n" BLOCK, 3, OURS },
	{ "CRLF", "@ IN SOA ns root (\r\n 3 ; serial\r\n 1 2 3 4 )\r\n;; dynlease: begin\r\n;; dynlease: end\r\nb A "
	    "192.0.2.2\r\n", 3, "" },
	{ "quotes with semicolons and parentheses", SOA "t TXT \"a;b(c\" \") \\\" ;(\"\n" BLOCK, 7, OURS },
	{ "escapes outside quotes", SOA "t TXT a\\;b \\( \\\" \\\\ \\059\n" BLOCK, 7, OURS },
	{ "a comment after a word", SOA "t TXT a;b (\n" BLOCK, 7, OURS },
	{ "a quote in a comment", SOA "; don't \"do this (\n" BLOCK, 7, OURS },
	{ "markers in a text", SOA "t TXT \";; dynlease: end\"\n x TXT ;; dynlease: end\n" BLOCK, 7, OURS },
	{ "marker words after a blank", SOA " ;; dynlease: end\n" BLOCK, 7, OURS },
	{ "a comment that only begins like a marker", SOA ";; dynlease: beginning\n" BLOCK, 7, OURS },
	{ "words after a marker", SOA ";; dynlease: begin -- hands off\n;; dynlease: end\t(really\n", 7, "" },
	{ "a record with an owner after the end marker", SOA BLOCK "b A 192.0.2.2\n A 192.0.2.3\n", 7, OURS },
	{ "comments and directives after the end marker", SOA BLOCK "\n; c\n \t; d\n$TTL 5\nb A 192.0.2.2\n", 7, OURS },
	{ "$INCLUDE before the block, and late", "$INCLUDE x\n" SOA "$INCLUDE y\n" BLOCK "b A 192.0.2.2\n$INCLUDE z\n",
	    7, OURS },
	{ "what people put into the block", SOA BEGIN "x TXT \"a\" (\n b )\n \n;; dynlease\n" END, 7,
	    "x TXT \"a\" (\n b )\n \n;; dynlease\n" },
	{ "an owner that looks like a TTL", SOA "10 IN PTR x\n" BLOCK, 7, OURS },
	{ "an owner that looks like a type", SOA "SOA IN A 192.0.2.9\n" BLOCK, 7, OURS },
	{ "a type of unknown form", SOA "x TYPE65280 \\# 4 0a000001\n" BLOCK, 7, OURS },
};

static const struct bad {
	const char	*what;
	const char	*text;
	const char	*why;
} bad[] = {
	{ "an empty file", "", "newline" },
	{ "no newline at the end", SOA BLOCK "b A 192.0.2.1", "line 5: the last line does not end" },
	{ "a lone carriage return", SOA "b A 192.0.2.1\rc A 192.0.2.2\n" BLOCK, "line 2: there is a carriage return" },
	{ "no SOA", BLOCK, "no SOA" },
	{ "no SOA but an $INCLUDE", "$INCLUDE soa\n" BLOCK, "$INCLUDE is not followed" },
	{ "the SOA of another zone", "example.org. IN SOA ns root 3 1 2 3 4\n" BLOCK, "this is the SOA of another" },
	{ "a SOA that $ORIGIN moved away", "$ORIGIN example.org.\n" SOA BLOCK, "line 2: this is the SOA of another" },
	{ "a SOA with an owner that only begins right", "dyn.example.org IN SOA ns root 3 1 2 3 4\n" BLOCK, "another" },
	{ "a second SOA", SOA SOA BLOCK, "line 2: a second SOA" },
	{ "a second SOA after the block", SOA BLOCK SOA, "line 5: a second SOA" },
	{ "the SOA in the block", BEGIN SOA END, "line 2: the SOA stands between" },
	{ "a serial with letters", "@ IN SOA ns root 3x 1 2 3 4\n" BLOCK, "line 1: the serial" },
	{ "a serial over 32 bits", "@ IN SOA ns root 4294967296 1 2 3 4\n" BLOCK, "line 1: the serial" },
	{ "a serial of many digits", "@ IN SOA ns root 99999999999999999999999 1 2 3 4\n" BLOCK, "line 1: the serial" },
	{ "a negative serial", "@ IN SOA ns root -3 1 2 3 4\n" BLOCK, "line 1: the serial" },
	{ "a quoted serial", "@ IN SOA ns root \"3\" 1 2 3 4\n" BLOCK, "line 1: the serial" },
	{ "a SOA cut short", "@ IN SOA ns root 3 1 2 3\n" BLOCK, "line 1: the SOA does not have" },
	{ "a SOA too long", "@ IN SOA ns root 3 1 2 3 4 5\n" BLOCK, "line 1: the SOA does not have" },
	{ "no markers", SOA, "there is no line \";; dynlease: begin\"" },
	{ "markers only in an included file", SOA "$INCLUDE block\n", "$INCLUDE is not followed" },
	{ "no end marker", SOA BEGIN "a A 192.0.2.1\n", "line 2: after this begin marker there is no" },
	{ "no begin marker", SOA END, "line 2: an end marker before" },
	{ "the begin marker twice", SOA BEGIN BEGIN END, "line 3: a second begin marker" },
	{ "the end marker twice", SOA BEGIN END END, "line 4: a second end marker" },
	{ "two blocks", SOA BEGIN END BEGIN END, "line 4: a second begin marker" },
	{ "markers reversed", SOA END BEGIN, "line 2: an end marker before" },
	{ "markers in parentheses",
	    "@ IN SOA ns root ( 3\n" BEGIN END " 1 2 3 4 )\n", "line 2: a dynlease marker stands" },
	{ "the end marker in parentheses", SOA BEGIN "a TXT ( x\n" END ")\n", "line 4: a dynlease marker stands" },
	{ "quotes around the markers", SOA "t TXT \"\n" BEGIN END "\"\n", "line 2: a quoted string" },
	{ "quotes that an escaped newline keeps open",
	    SOA "t TXT \"a\\\n" BEGIN END "\"\n", "line 2: the line ends in" },
	{ "an escaped newline", SOA "t TXT a\\\n" BLOCK, "line 2: the line ends in" },
	{ "an escaped quote that does not close", SOA "t TXT \"a\\\"\n" BLOCK, "line 2: a quoted string" },
	{ "parentheses never closed", SOA BLOCK "t TXT ( a\nb\n", "line 5: the parenthesis opened here" },
	{ "parentheses closed twice", SOA "t TXT ( a ))\n" BLOCK, "line 2: a parenthesis is closed" },
	{ "$INCLUDE in the block", SOA BEGIN "$INCLUDE x\n" END, "line 3: $INCLUDE stands between" },
	{ "$ORIGIN in the block", SOA BEGIN "$ORIGIN x.\n" END, "line 3: $ORIGIN stands between" },
	{ "$TTL in the block", SOA BEGIN "$ttl 5\n" END, "line 3: $ttl stands between" },
	{ "$GENERATE in the block", SOA BEGIN "$GENERATE 1-2 x$ A 192.0.2.$\n" END, "line 3: $GENERATE stands" },
	{ "$ORIGIN without a name", "$ORIGIN\n" SOA BLOCK, "line 1: $ORIGIN needs" },
	{ "a record without an owner after the end",
	    SOA BLOCK "\tIN A 192.0.2.66\n", "line 5: the first record after" },
	{ "the same after comments and directives", SOA BLOCK "; x\n\n$TTL 5\n  A 192.0.2.66\n", "line 8: the first" },
	{ "the same in parentheses", SOA BLOCK "( A\n 192.0.2.66 )\n", "line 5: the first record after" },
	{ "the same after an empty block", SOA BEGIN END " A 192.0.2.66\n", "line 4: the first record after" },
	{ "an included file after the end", SOA BLOCK "$INCLUDE x\n", "line 5: $INCLUDE must not be the first" },
};

static const char whole[] =
    "; a zone\n$TTL 3600\n@\tIN SOA ns.example.org. root.example.org. (\n\t2026112003 ; serial\n\t60 30 3600 30 )\n"
    "@ IN NS ns.example.org.\nt IN TXT \"; (\" \\;\n" BLOCK "www IN A 192.0.2.80\n\tIN A 192.0.2.81\n";

static void
test_good(const struct good *g)
{
	struct masterfile parts;
	char why[200] = "";
	const enum status st = masterfile_parse(g->text, strlen(g->text), ZONE, &parts, why, sizeof(why));
	const size_t blocklen = strlen(g->block);

	if (!ok(st == ST_OK, "%s: understood", g->what)) {
		printf("# %s\n", why);
		return;
	}
	ok(parts.serial == g->serial, "%s: the serial", g->what);
	ok(parts.block_len == blocklen && memcmp(g->text + parts.block_at, g->block, blocklen) == 0, "%s: the block",
	    g->what);
}

static void
test_bad(const struct bad *b)
{
	struct masterfile parts;
	char why[200] = "";

	ok(masterfile_parse(b->text, strlen(b->text), ZONE, &parts, why, sizeof(why)) == ST_INVALID &&
	    strstr(why, b->why) != NULL, "%s: refused", b->what);
	if (strstr(why, b->why) == NULL)
		printf("# %s\n", why);
}

static void
test_nul(void)
{
	static const char text[] = SOA "a TXT \0\n" BLOCK;
	struct masterfile parts;
	char why[200] = "";

	ok(masterfile_parse(text, sizeof(text) - 1, ZONE, &parts, why, sizeof(why)) == ST_INVALID &&
	    strcmp(why, "line 2: there is a NUL") == 0, "a NUL: refused");
}

/* The text without the block and the serial's digits. */
static size_t
strip(const char *text, size_t len, const struct masterfile *parts, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (!(i >= parts->serial_at && i < parts->serial_at + parts->serial_len) &&
		    !(i >= parts->block_at && i < parts->block_at + parts->block_len))
			to[n++] = text[i];
	return n;
}

/* Compose with another serial and block and check that it holds them and the rest is as it was. */
static bool
composes(const char *text, size_t len, uint32_t serial, const char *block)
{
	char why[200], before[4096], after[4096];
	struct masterfile old, new;
	char *out = NULL;
	size_t outlen, n;
	bool is_right;

	if (masterfile_parse(text, len, ZONE, &old, why, sizeof(why)) != ST_OK ||
	    masterfile_compose(text, len, &old, serial, block, strlen(block), &out, &outlen) != ST_OK)
		return false;
	is_right = masterfile_parse(out, outlen, ZONE, &new, why, sizeof(why)) == ST_OK && new.serial == serial &&
	    new.block_len == strlen(block) && memcmp(out + new.block_at, block, new.block_len) == 0 &&
	    strlen(out) == outlen;
	n = strip(text, len, &old, before);
	is_right = is_right && strip(out, outlen, &new, after) == n && memcmp(before, after, n) == 0;
	free(out);
	return is_right;
}

static void
test_compose(void)
{
	static const char lines[] = "x.dyn.example.org. 30 IN A 192.0.2.5\nx.dyn.example.org. 30 IN AAAA 2001:db8::5\n";
	bool good_all = true;

	for (size_t i = 0; i < COUNT(good); i++)
		if (!composes(good[i].text, strlen(good[i].text), 4294967295u, lines) ||
		    !composes(good[i].text, strlen(good[i].text), 1, "")) {
			printf("# %s\n", good[i].what);
			good_all = false;
		}
	ok(good_all, "composed: the serial and the block are new, every other byte is as it was");
	ok(composes(whole, sizeof(whole) - 1, 2026112004, lines), "composed: a whole zone");
}

/* A file that was cut is either refused, or was cut behind the end marker: what is composed never lacks the marker. */
static void
test_cut(void)
{
	const size_t end = (size_t)(strstr(whole, END) - whole) + strlen(END);
	size_t refused = 0, wrong = 0;
	struct masterfile parts;
	char why[200];

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		if (masterfile_parse(whole, len, ZONE, &parts, why, sizeof(why)) != ST_OK)
			refused++;
		else if (len < end || !composes(whole, len, 9, OURS))
			wrong++;
	}
	ok(wrong == 0, "cut anywhere: refused, or composed with its end marker");
	ok(refused >= end, "cut before the end marker's newline: refused");
}

/* Each byte replaced by one with a meaning: nothing is ever composed that does not hold exactly what was asked. */
static void
test_damaged(void)
{
	static const char bytes[] = "\n\r\t ;()\"\\@$.0\x01\xff";
	char copy[sizeof(whole)], why[200];
	struct masterfile parts;
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(whole) - 1; i++)
		for (size_t k = 0; k < sizeof(bytes); k++) {
			memcpy(copy, whole, sizeof(whole));
			copy[i] = bytes[k];
			if (masterfile_parse(copy, sizeof(whole) - 1, ZONE, &parts, why, sizeof(why)) == ST_OK &&
			    !composes(copy, sizeof(whole) - 1, 9, OURS))
				wrong++;
		}
	ok(wrong == 0, "damaged anywhere: refused, or composed as asked");
}

static void
test_newer(void)
{
	ok(serial_is_newer(1, 0) && !serial_is_newer(0, 1) && !serial_is_newer(5, 5), "newer: small numbers");
	ok(serial_is_newer(0, 4294967295u) && !serial_is_newer(4294967295u, 0), "newer: 0 after 4294967295");
	ok(serial_is_newer(2147483647, 0) && !serial_is_newer(0, 2147483647), "newer: the most that may be added");
	ok(!serial_is_newer(2147483648u, 0) && !serial_is_newer(0, 2147483648u), "newer: half way round is undefined");
	ok(serial_is_newer(0, 2147483649u), "newer: beyond half way it is the other way round");
	ok(!serial_is_newer(1795000000, 2026112001), "newer: unix-time is older than a date");
}

static void
test_next(void)
{
	const time_t now = 1795205045;	/* 2026-11-20 20:04:05 UTC */
	static const enum serial_style styles[] = { SERIAL_UNIXTIME, SERIAL_DATE, SERIAL_PLAIN };
	static const uint32_t olds[] = { 0, 1, 7, 1795205044, 1795205045, 2026112000, 2147483646, 2147483647,
		2147483648u, 2147483649u, 3942688693u, 4173595648u, 4294967294u, 4294967295u };
	static const time_t times[] = { 0, 1, 1795205045, 2147483647, 4294967295, 4294967296, 67767976233532799 };
	bool good_all = true;

	ok(serial_next(SERIAL_UNIXTIME, 7, now) == 1795205045, "unix-time after a small number");
	ok(serial_next(SERIAL_UNIXTIME, 1795205045, now) == 1795205046, "unix-time twice in a second");
	ok(serial_next(SERIAL_UNIXTIME, 1795205100, now) == 1795205101, "unix-time when the clock was set back");
	ok(serial_next(SERIAL_UNIXTIME, 2026112001, now) == 2026112002, "unix-time after a date: goes on");
	ok(serial_next(SERIAL_DATE, 7, now) == 2026112000, "date after a small number");
	ok(serial_next(SERIAL_DATE, 1795205045, now) == 2026112000, "date after unix-time");
	ok(serial_next(SERIAL_DATE, 2026112000, now) == 2026112001, "date twice on a day");
	ok(serial_next(SERIAL_DATE, 2026112099, now) == 2026112100, "date: more than a hundred on a day");
	ok(serial_next(SERIAL_DATE, 2026112100, now + 86400) == 2026112101, "date: the day after that");
	ok(serial_next(SERIAL_DATE, 2026111999, now) == 2026112000, "date: a new day");
	ok(serial_next(SERIAL_PLAIN, 7, now) == 8, "plain");
	ok(serial_next(SERIAL_PLAIN, 4294967295u, now) == 1, "plain: wraps, and never 0");
	ok(serial_next(SERIAL_UNIXTIME, 4294967295u, now) == 1795205045, "unix-time after 4294967295");
	for (size_t s = 0; s < COUNT(styles); s++)
		for (size_t o = 0; o < COUNT(olds); o++)
			for (size_t t = 0; t < COUNT(times); t++) {
				const uint32_t next = serial_next(styles[s], olds[o], times[t]);

				good_all = good_all && next != 0 && serial_is_newer(next, olds[o]);
			}
	ok(good_all, "every style after every serial at every time: newer, and not 0");
}

static void
test_minimum(void)
{
	static const struct {
		const char	*text;
		uint32_t	 seconds;
	} rows[] = { { "30", 30 }, { "0", 0 }, { "4294967295", 4294967295u }, { "1h30m", 5400 }, { "1H", 3600 },
	    { "2d", 172800 }, { "1w", 604800 }, { "1m5", 65 }, { "90s", 90 } };
	static const char *const none[] = { "x", "h", "5x", "4294967296", "99999999999999999999", "7102w", "-1", "1hh" };
	char text[300], why[200];
	struct masterfile parts;

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(text, sizeof(text), "@ IN SOA ns root ( 3 1 2 3\n %s )\n" BLOCK, rows[i].text);
		ok(masterfile_parse(text, strlen(text), ZONE, &parts, why, sizeof(why)) == ST_OK &&
		    parts.minimum == rows[i].seconds, "the MINIMUM");
	}
	for (size_t i = 0; i < COUNT(none); i++) {
		snprintf(text, sizeof(text), "@ IN SOA ns root 3 1 2 3 %s\n" BLOCK, none[i]);
		ok(masterfile_parse(text, strlen(text), ZONE, &parts, why, sizeof(why)) == ST_INVALID &&
		    strstr(why, "line 1: the MINIMUM") != NULL, "a MINIMUM that is none");
	}
}

static void
collect(void *arg, const char *owner)
{
	strlcat(arg, owner, 200);
	strlcat(arg, " ", 200);
}

static void
test_owners(void)
{
	static const char text[] = "@ IN SOA ns root 3 1 2 3 4\n IN NS ns\nWWW IN A 192.0.2.1\n\tIN TXT x\n"
	    "mail." ZONE ". IN A 192.0.2.2\n;; dynlease: begin\nours." ZONE ". 30 IN A 192.0.2.3\n;; dynlease: end\n"
	    "$ORIGIN Sub." ZONE ".\n@ A 192.0.2.4\nx (\n A 192.0.2.5 ; y\n)\nover.example. A 192.0.2.6\n";
	char owners[200] = "";

	masterfile_each_owner(text, strlen(text), ZONE, collect, owners);
	ok(strcmp(owners, ZONE " www." ZONE " mail." ZONE " sub." ZONE " x.sub." ZONE " over.example ") == 0,
	    "the owners of what is not ours: %s", owners);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(good); i++)
		test_good(&good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		test_bad(&bad[i]);
	test_minimum();
	test_owners();
	test_nul();
	test_compose();
	test_cut();
	test_damaged();
	test_newer();
	test_next();
	return done_testing();
}
