/* SPDX-License-Identifier: ISC */
/*
 * The history: its lines, and telling a transition from a lease and the last line.
 * links: reaper/history.c
 */
#include <stdio.h>
#include <string.h>

#include "lib/transition.h"
#include "reaper/history.h"
#include "tap.h"

#define S	CLOCK_SECOND
#define NOW	(10000 * S)
#define WALL	((time_t)1777636803)

static void
test_line(void)
{
	static const char *const wrong[] = {
		"", "2026-05-01T12:00:03Z home.example.org 4 granted", "2026-05-01T12:00:03Z a 4 granted 203.0.113.7 x",
		"2026-05-01T12:00:03Z a 6 granted 203.0.113.7", "2026-05-01T12:00:03 a 4 granted 203.0.113.7",
		"2026-05-01T12:00:03Z a 4 frobbed 203.0.113.7", "2026-05-01T12:00:03Z a/b 4 granted 203.0.113.7",
	};
	struct transition t = { .when = WALL, .host = "home.example.org", .kind = TRANSITION_MOVED }, back;
	char line[TRANSITION_LINE];
	size_t len;

	address_parse("203.0.113.7", &t.address);
	len = transition_print(&t, line);
	ok(strcmp(line, "2026-05-01T12:00:03Z home.example.org 4 moved 203.0.113.7\n") == 0, "a line: %s", line);
	line[len - 1] = '\0';
	ok(transition_parse(line, &back) == ST_OK && back.when == WALL && back.kind == TRANSITION_MOVED &&
	    strcmp(back.host, t.host) == 0 && address_equal(&back.address, &t.address), "and back");
	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(transition_parse(wrong[i], &back) == ST_INVALID, "no line: %s", wrong[i]);
}

static const struct lease *
lease(const char *address, uint64_t proved, uint64_t ended)
{
	static struct lease l;

	l = (struct lease){ .host = "h", .length = 120, .proved = proved, .since = proved,
		.deadline = proved + 120 * S, .flags = LEASE_LIVE };
	address_parse(address, &l.address);
	if (ended != 0) {
		if (ended < l.deadline)
			l.proved = ended;
		lease_end(&l, ended);
	}
	return &l;
}

static const struct transition *
last(enum transition_kind kind, const char *address, time_t when)
{
	static struct transition t;

	t = (struct transition){ .when = when, .host = "h", .kind = kind };
	address_parse(address, &t.address);
	return &t;
}

static void
claim(const struct transition *before, const struct lease *l, bool revoked, const char *wanted, const char *name)
{
	struct transition t = { .host = "h" };
	char got[64] = "nothing", address[ADDRESS_TEXT];

	if (history_judge(before, l, revoked, NOW, WALL, &t))
		snprintf(got, sizeof(got), "%s %s %+lld", transition_word(t.kind), address_text(&t.address, address),
		    (long long)(t.when - WALL));
	ok(strcmp(got, wanted) == 0, "%s: %s", name, got);
}

static void
test_judge(void)
{
	const char *a = "203.0.113.7", *b = "203.0.113.8";

	claim(NULL, lease(a, NOW - 5 * S, 0), false, "granted 203.0.113.7 -5", "the first lease");
	claim(last(TRANSITION_GRANTED, a, WALL - 5), lease(a, NOW - 5 * S, 0), false, "nothing", "still there");
	claim(last(TRANSITION_GRANTED, a, WALL - 90), lease(a, NOW - 5 * S, 0), false, "granted 203.0.113.7 -5",
	    "a newer one of the same address");
	claim(last(TRANSITION_GRANTED, a, WALL - 90), lease(b, NOW - 5 * S, 0), false, "moved 203.0.113.8 -5",
	    "another address");
	claim(last(TRANSITION_EXPIRED, a, WALL - 90), lease(b, NOW - 5 * S, 0), false, "granted 203.0.113.8 -5",
	    "another address after it was away");
	claim(last(TRANSITION_GRANTED, a, WALL - 130), lease(a, NOW - 123 * S, NOW), false,
	    "expired 203.0.113.7 -3", "ran out");
	claim(last(TRANSITION_GRANTED, a, WALL - 130), lease(a, NOW - 123 * S, 0), false,
	    "expired 203.0.113.7 -3", "ran out, and nobody has moved it");
	claim(last(TRANSITION_GRANTED, a, WALL - 30), lease(a, NOW - 30 * S, NOW - S), false,
	    "released 203.0.113.7 -1", "given back");
	claim(last(TRANSITION_MOVED, a, WALL - 30), lease(a, NOW - 30 * S, NOW - S), true,
	    "withdrawn 203.0.113.7 -1", "taken away");
	claim(last(TRANSITION_MOVED, a, WALL - 30), NULL, false, "withdrawn 203.0.113.7 +0", "deleted");
	claim(last(TRANSITION_EXPIRED, a, WALL - 30), NULL, false, "nothing", "deleted when it was over");
	claim(last(TRANSITION_EXPIRED, a, WALL - 30), lease(a, NOW - 300 * S, NOW), false, "nothing", "still away");
	claim(NULL, NULL, false, "nothing", "never there");
}

int
main(void)
{
	test_line();
	test_judge();
	done_testing();
}
