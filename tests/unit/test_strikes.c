/* SPDX-License-Identifier: ISC */
/*
 * The limiter's sources and its counting, in a table made here on a tmpfs.
 */
#include "tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/strikes.h"

#define START	(1000 * CLOCK_SECOND)

static char dir[] = "/dev/shm/dynlease-test.XXXXXX";
static struct table *table;

static struct address
address(const char *text)
{
	struct address a;

	if (address_parse(text, &a) != ST_OK) {
		printf("# %s is no address\n", text);
		exit(1);
	}
	return a;
}

/* --- sources --- */

static void
test_sources(void)
{
	static const struct {
		const char	*peer, *account, *first, *second;	/* second: NULL for none */
	} rows[] = {
		{ "192.0.2.1", NULL, "192.0.2.1/32", NULL },
		{ "::ffff:192.0.2.1", NULL, "192.0.2.1/32", NULL },
		{ "2001:db8:1:2:3:4:5:6", NULL, "2001:db8:1:2::/64", "2001:db8:1::/48" },
		{ "2001:db8:1:2::", NULL, "2001:db8:1:2::/64", "2001:db8:1::/48" },
		{ "2001:db8:1111:2222:ffff:ffff:ffff:ffff", NULL, "2001:db8:1111:2222::/64", "2001:db8:1111::/48" },
		{ "127.0.0.1", "a.test", "127.0.0.1/32 a.test", NULL },
		{ "::1", "a.test", "::/64 a.test", NULL },
	};
	struct strike_sources got;
	struct address none = { 0 };
	char longest[NAME_SIZE];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct address peer = address(rows[i].peer);

		strikes_sources(&peer, rows[i].account, &got);
		ok(got.n == (rows[i].second != NULL ? 2 : 1) && got.list[0].limit == 3 &&
		    got.list[0].len == strlen(rows[i].first) &&
		    memcmp(got.list[0].key, rows[i].first, got.list[0].len) == 0,
		    "%s%s%s counts as %s", rows[i].peer, rows[i].account != NULL ? " with " : "",
		    rows[i].account != NULL ? rows[i].account : "", rows[i].first);
		if (rows[i].second != NULL)
			ok(got.n == 2 && got.list[1].limit == 30 && got.list[1].len == strlen(rows[i].second) &&
			    memcmp(got.list[1].key, rows[i].second, got.list[1].len) == 0,
			    "and, ten times as often, as %s", rows[i].second);
	}
	strikes_sources(&none, "a.test", &got);
	ok(got.n == 1 && got.list[0].len > strlen(" a.test"), "a peer without an address counts by account");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	strikes_sources(&none, longest, &got);
	ok(got.list[0].len <= sizeof(got.list[0].key) && got.list[0].key[got.list[0].len - 1] == 'x',
	    "the longest account fits whole");
}

/* --- counting --- */

static unsigned asked;

static bool
right(void *arg)
{
	(void)arg;
	asked++;
	return true;
}

static bool
wrong(void *arg)
{
	(void)arg;
	asked++;
	return false;
}

static enum status
guess(const char *peer, uint64_t now, bool (*matches)(void *))
{
	const struct address a = address(peer);
	struct strike_sources sources;

	strikes_sources(&a, NULL, &sources);
	return strikes_judge(table, &sources, now, matches, NULL);
}

static enum status
charge(const char *peer, uint64_t now)
{
	const struct address a = address(peer);
	struct strike_sources sources;

	strikes_sources(&a, NULL, &sources);
	return strikes_charge(table, &sources, now);
}

static enum status
settle(const char *peer, uint64_t now, bool failed)
{
	const struct address a = address(peer);
	struct strike_sources sources;

	strikes_sources(&a, NULL, &sources);
	return strikes_settle(table, &sources, now, failed);
}

static size_t
kept(uint64_t now, size_t *faults)
{
	struct table_summary sum;

	if (table_check(table, now, NULL, NULL, &sum) != ST_OK)
		exit(1);
	*faults = sum.faults;
	return sum.strikes;
}

static void
test_failures(void)
{
	uint64_t now = START;
	size_t faults;

	ok(guess("192.0.2.1", now, right) == ST_OK && kept(now, &faults) == 0, "a right secret is not charged");
	ok(guess("192.0.2.1", now, wrong) == ST_DENIED && guess("192.0.2.1", now + 1, wrong) == ST_DENIED,
	    "two failures are denied");
	ok(guess("192.0.2.1", now + 2, right) == ST_OK, "a right secret passes after two");
	ok(guess("192.0.2.1", now + 3, wrong) == ST_DENIED, "the third failure is denied: the success took none back");
	asked = 0;
	ok(guess("192.0.2.1", now + 4, right) == ST_LIMITED && asked == 0, "then nothing is even looked at");
	ok(guess("::ffff:192.0.2.1", now + 4, right) == ST_LIMITED, "nor as a mapped address");
	ok(guess("192.0.2.2", now + 4, right) == ST_OK, "the neighbour is served");
	ok(guess("192.0.2.1", now + STRIKES_WINDOW - 1, right) == ST_LIMITED, "limited to the end of the window");
	ok(guess("192.0.2.1", now + STRIKES_WINDOW, right) == ST_OK, "and served after it, 120 s from the first failure");
	ok(STRIKES_WINDOW == 120 * CLOCK_SECOND, "which are 120 s");
	now += 2 * STRIKES_WINDOW;
	ok(guess("192.0.2.1", now, wrong) == ST_DENIED && guess("192.0.2.1", now, wrong) == ST_DENIED &&
	    guess("192.0.2.1", now, wrong) == ST_DENIED && guess("192.0.2.1", now, right) == ST_LIMITED,
	    "a new window counts from nothing");
	ok(kept(now, &faults) == 1 && faults == 0, "one record a source");
}

static void
test_wide(void)
{
	const uint64_t now = START + 10 * STRIKES_WINDOW;
	char peer[ADDRESS_TEXT];
	unsigned denied = 0;
	size_t faults;

	for (unsigned i = 0; i < 3; i++)
		denied += guess("2001:db8:7:1::1", now, wrong) == ST_DENIED;
	ok(denied == 3 && guess("2001:db8:7:1:ffff::2", now, right) == ST_LIMITED, "a /64 is one source");
	ok(guess("2001:db8:7:2::1", now, right) == ST_OK, "the next /64 is another");
	for (unsigned i = 3; i < 30; i++) {
		snprintf(peer, sizeof(peer), "2001:db8:7:%x::1", 16 + i / 3);
		denied += guess(peer, now, wrong) == ST_DENIED;
	}
	ok(denied == 30 && guess("2001:db8:7:2::1", now, right) == ST_LIMITED, "after 30 failures the /48 is limited");
	ok(guess("2001:db8:8:2::1", now, right) == ST_OK, "the next /48 is not");
	kept(now, &faults);
	ok(faults == 0, "records and ages agree");
}

static void
test_charges(void)
{
	const char *peer = "198.51.100.1";
	uint64_t now = START + 20 * STRIKES_WINDOW;
	size_t before, faults;

	ok(charge(peer, now) == ST_OK && charge(peer, now) == ST_OK && charge(peer, now) == ST_OK,
	    "three checks may be under way");
	ok(charge(peer, now) == ST_BUSY, "a fourth has to wait");
	asked = 0;
	ok(guess(peer, now, right) == ST_BUSY && guess(peer, now, wrong) == ST_BUSY && asked == 0,
	    "and so has a token: nothing is judged beside three checks");
	ok(settle(peer, now, false) == ST_OK && charge(peer, now) == ST_OK, "a success makes room");
	ok(settle(peer, now, true) == ST_OK && charge(peer, now) == ST_BUSY, "a failure does not");
	ok(settle(peer, now, true) == ST_OK && settle(peer, now, true) == ST_OK && charge(peer, now) == ST_LIMITED &&
	    guess(peer, now, right) == ST_LIMITED, "three failures limit");
	ok(settle(peer, now, false) == ST_OK && charge(peer, now) == ST_LIMITED, "settling too often frees nobody");
	peer = "198.51.100.2";
	for (unsigned i = 0; i < 20; i++)
		guess(peer, now + i, wrong);	/* sweeps what is over */
	peer = "198.51.100.3";
	before = kept(now, &faults);
	ok(charge(peer, now) == ST_OK && kept(now, &faults) == before + 1 && settle(peer, now, false) == ST_OK &&
	    kept(now, &faults) == before, "what was refunded leaves no record");
	ok(charge(peer, now) == ST_OK && charge(peer, now) == ST_OK && charge(peer, now) == ST_OK &&
	    charge(peer, now + STRIKES_WINDOW) == ST_OK, "charges of helpers that died end with the window");
	ok(settle(peer, now + STRIKES_WINDOW, true) == ST_OK && settle(peer, now + STRIKES_WINDOW, false) == ST_OK &&
	    kept(now, &faults) > 0 && faults == 0, "settled after its window: counted in the next, and never below nothing");
}

/* More sources than are kept: the oldest go, and so does what is over. */
static void
test_bound(void)
{
	const uint64_t now = START + 40 * STRIKES_WINDOW;
	struct strike_sources sources;
	struct address a = { .family = 4 };
	unsigned failed = 0;
	size_t n, faults;

	for (uint32_t i = 0; i < STRIKES_SOURCES + 200; i++) {
		a.bytes[0] = 20;
		a.bytes[1] = (uint8_t)(i >> 16);
		a.bytes[2] = (uint8_t)(i >> 8);
		a.bytes[3] = (uint8_t)i;
		strikes_sources(&a, NULL, &sources);
		for (unsigned j = 0; j < (i == 0 || i > STRIKES_SOURCES ? 3 : 1); j++)
			failed += strikes_judge(table, &sources, now + i, wrong, NULL) != ST_DENIED;
	}
	n = kept(now, &faults);
	ok(failed == 0 && n <= STRIKES_SOURCES && n > STRIKES_SOURCES - 3 && faults == 0,
	    "%zu sources are kept, not more than %d", n, STRIKES_SOURCES);
	ok(guess("20.0.0.0", now + STRIKES_SOURCES + 300, right) == ST_OK, "the oldest was forgotten");
	ok(guess("20.0.195.180", now + STRIKES_SOURCES + 300, right) == ST_LIMITED, "the youngest was not");
	ok(guess("21.0.0.1", now + STRIKES_WINDOW + STRIKES_SOURCES, wrong) == ST_DENIED &&
	    kept(now, &faults) == n - 1 && faults == 0, "each new failure drops two that are over");
}

static void
clean_up(void)
{
	char command[sizeof(dir) + 10];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		perror(dir);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || table_open_or_make(dir, getgid(), 100, &table) != ST_OK) {
		printf("1..0 # SKIP no table can be made below /dev/shm\n");
		return 0;
	}
	atexit(clean_up);
	test_sources();
	test_failures();
	test_wide();
	test_charges();
	test_bound();
	return done_testing();
}
