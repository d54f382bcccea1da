/* SPDX-License-Identifier: ISC */
/*
 * When the client renews. links: client/schedule.c
 */
#include "tap.h"

#include "client/schedule.h"
#include "lib/clock.h"

#define S	CLOCK_SECOND
#define MS	(CLOCK_SECOND / 1000)
#define NOW	(1000000 * S)
#define HALF	((SCHEDULE_RANDOM - 1) / 2)
#define MOST	(SCHEDULE_RANDOM - 1)

/* The due time in milliseconds after now. */
static long
due(const struct schedule *s, uint64_t now)
{
	return (long)((int64_t)(schedule_wake(s) - now) / (int64_t)MS);
}

/* An attempt that began at NOW, of a client that has a lease of 120 s from then. */
static struct schedule
leased(uint32_t random)
{
	struct schedule s;

	schedule_start(&s, NOW);
	schedule_began(&s, NOW);
	schedule_granted(&s, 120, 40, NOW, random);
	return s;
}

static void
test_success(void)
{
	struct schedule s;

	schedule_start(&s, NOW);
	ok(schedule_wake(&s) == NOW, "the first attempt is made at once");
	ok(!schedule_is_live(&s, NOW), "and there is no lease yet");
	schedule_began(&s, NOW);
	ok(schedule_wake(&s) == SCHEDULE_NEVER, "while it runs, there is no other");
	s = leased(HALF);
	ok(due(&s, NOW) == 40000, "renewed when the server says");
	s = leased(0);
	ok(due(&s, NOW) == 36000, "or a tenth earlier");
	s = leased(MOST);
	ok(due(&s, NOW) == 44000, "or a tenth later");
	ok(schedule_is_live(&s, NOW + 120 * S - 1) && !schedule_is_live(&s, NOW + 120 * S), "the lease runs for its time");
	schedule_began(&s, NOW + 40 * S);
	schedule_granted(&s, 120, 40, NOW + 42 * S, HALF);
	ok(due(&s, NOW + 42 * S) == 40000, "the pause counts from the answer");
	ok(!schedule_is_live(&s, NOW + 160 * S), "the lease from the question");
}

static void
test_odd_answers(void)
{
	static const struct { unsigned lease, renew; long due; } rows[] = {
		{ 120, 0, 40000 }, { 120, 120, 40000 }, { 120, 500, 40000 }, { 4, 1, 1000 }, { 2, 0, 1000 },
		{ 0, 0, 1000 }, { 86400, 28800, 28800000 }, { 1000000000, 1, 1000 }, { 1000000000, 999999999, 999999999000 }
	};
	struct schedule s;

	for (size_t i = 0; i < COUNT(rows); i++) {
		schedule_start(&s, NOW);
		schedule_began(&s, NOW);
		schedule_granted(&s, rows[i].lease, rows[i].renew, NOW, HALF);
		ok(due(&s, NOW) == rows[i].due, "lease=%u renew=%u", rows[i].lease, rows[i].renew);
	}
}

/* Fail as often as it takes; pauses must be within nominal seconds, less a fifth at most. */
static void
test_failures(const char *what, bool slow, bool live)
{
	static const long normal[] = { 0, 10, 20, 40, 60, 60, 60, 60, 60 };
	static const long slowly[] = { 15, 30, 60, 60, 60, 60, 60, 60, 60 };
	struct schedule s, high;
	uint64_t now = NOW;
	long want;

	if (live) {	/* for very long */
		schedule_start(&s, now);
		schedule_began(&s, now);
		schedule_granted(&s, 1000000, 40, now, HALF);
	} else {
		schedule_start(&s, now);
	}
	for (size_t i = 0; i < COUNT(normal); i++) {
		schedule_began(&s, now);
		high = s;
		schedule_failed(&s, slow, now, 0);
		schedule_failed(&high, slow, now, MOST);
		if (i == 0 && !slow) {
			ok(due(&s, now) == 1000 && due(&high, now) == 5000, "%s: the first retry after 1 to 5 s", what);
		} else {
			want = slow ? slowly[i] : normal[i];
			if (live && !slow && want > SCHEDULE_CEILING_LIVE)
				want = SCHEDULE_CEILING_LIVE;
			ok(due(&s, now) == want * 800 && due(&high, now) == want * 1000,
			    "%s: retry %zu after %ld s at most", what, i + 1, want);
		}
		now = schedule_wake(&s);
	}
	schedule_began(&s, now);
	schedule_granted(&s, 120, 40, now, HALF);
	schedule_began(&s, now);
	schedule_failed(&s, false, now, 0);
	ok(due(&s, now) == 1000, "%s: after a success it starts anew", what);
}

static void
test_for_ever(void)
{
	struct schedule s = leased(HALF);

	for (int i = 0; i < 100000; i++) {
		schedule_began(&s, NOW);
		schedule_failed(&s, false, NOW, MOST);
	}
	ok(due(&s, NOW) == 30000, "after a hundred thousand failures it is still tried");
	ok(schedule_wake(&s) != SCHEDULE_NEVER, "and never given up");
	schedule_failed(&s, false, NOW + 120 * S, MOST);
	ok(due(&s, NOW + 120 * S) == 60000, "less often when the lease is over");
}

static void
test_changes(void)
{
	struct schedule s = leased(HALF);
	uint64_t now;

	now = NOW + 10 * S;
	schedule_changed(&s, now);
	ok(due(&s, now) == SCHEDULE_QUIET, "a change of addresses: at once, when it is quiet");
	schedule_changed(&s, now + 400 * MS);
	ok(due(&s, now) == 400 + SCHEDULE_QUIET, "one more: a little later");
	for (int i = 0; i < 100; i++)
		schedule_changed(&s, now + 400 * MS + i * 100 * MS);
	ok(due(&s, now) == SCHEDULE_PATIENCE, "many more: not for ever");
	schedule_began(&s, now + 3 * S);
	ok(schedule_wake(&s) == SCHEDULE_NEVER, "the attempt settles them all");

	schedule_changed(&s, now + 3 * S + 100 * MS);
	ok(due(&s, now + 3 * S) == SCHEDULE_APART, "a change during an attempt: another one, not too close");
	schedule_granted(&s, 120, 40, now + 4 * S, HALF);
	ok(due(&s, now + 3 * S) == SCHEDULE_APART, "even when that one succeeds before");
	schedule_began(&s, now + 5 * S);
	schedule_granted(&s, 120, 40, now + 5 * S, HALF);
	ok(due(&s, now + 5 * S) == 40000, "then it goes on as ever");

	for (int i = 0; i < 6; i++) {
		schedule_began(&s, now + 50 * S);
		schedule_failed(&s, false, now + 50 * S, MOST);
	}
	schedule_changed(&s, now + 55 * S);
	ok(due(&s, now + 55 * S) == SCHEDULE_QUIET, "a change ends a long pause");
	schedule_began(&s, now + 56 * S);
	schedule_failed(&s, false, now + 56 * S, MOST);
	ok(due(&s, now + 56 * S) == 5000, "and failures count anew, in another network");
}

int
main(void)
{
	test_success();
	test_odd_answers();
	test_failures("no lease", false, false);
	test_failures("a lease", false, true);
	test_failures("denied", true, false);
	test_failures("denied with a lease", true, true);
	test_for_ever();
	test_changes();
	return done_testing();
}
