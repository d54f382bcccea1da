/* SPDX-License-Identifier: ISC */
/*
 * The times between attempts. They are drawn at random within bounds, so that hosts that a server's restart has
 * brought into step fall out of it again.
 */
#include "schedule.h"

#include <string.h>

#include "lib/clock.h"

#define MILLISECOND	(CLOCK_SECOND / 1000)

/* Nominal seconds of the second retry and of the first slow one; each next one doubles. */
#define PAUSE_NORMAL	10
#define PAUSE_SLOW	15

/* A time from least to most. */
static uint64_t
draw(uint64_t least, uint64_t most, uint32_t random)
{
	return least + (most - least) / (SCHEDULE_RANDOM - 1) * random;
}

void
schedule_start(struct schedule *s, uint64_t now)
{
	memset(s, 0, sizeof(*s));
	s->due = now;
}

void
schedule_began(struct schedule *s, uint64_t now)
{
	s->began = now;
	s->stirred = 0;
	s->running = true;
}

/* After a change the time of the next attempt is settled already. */
static void
set_due(struct schedule *s, uint64_t due)
{
	s->running = false;
	if (s->stirred == 0)
		s->due = due;
}

void
schedule_granted(struct schedule *s, unsigned lease, unsigned renew, uint64_t now, uint32_t random)
{
	uint64_t pause = renew * CLOCK_SECOND;

	/* A server that names no useful time: what it should have named. */
	if (renew == 0 || renew >= lease)
		pause = lease * CLOCK_SECOND / 3;
	if (pause < CLOCK_SECOND)
		pause = CLOCK_SECOND;
	s->ends = s->began + lease * CLOCK_SECOND;
	s->failures = 0;
	set_due(s, now + draw(pause / 10 * 9, pause / 10 * 11, random));
}

static uint64_t
retry_pause(const struct schedule *s, bool slow, uint64_t now, uint32_t random)
{
	uint64_t ceiling = !slow && schedule_is_live(s, now) ? SCHEDULE_CEILING_LIVE : SCHEDULE_CEILING;
	uint64_t pause = slow ? PAUSE_SLOW : PAUSE_NORMAL;
	unsigned i;

	if (s->failures == 0 && !slow)
		return draw(SCHEDULE_FIRST_LEAST * CLOCK_SECOND, SCHEDULE_FIRST_MOST * CLOCK_SECOND, random);
	for (i = slow ? 0 : 1; i < s->failures && pause < ceiling; i++)
		pause *= 2;
	if (pause > ceiling)
		pause = ceiling;
	return draw(pause * CLOCK_SECOND / 5 * 4, pause * CLOCK_SECOND, random);
}

void
schedule_failed(struct schedule *s, bool slow, uint64_t now, uint32_t random)
{
	set_due(s, now + retry_pause(s, slow, now, random));
	s->failures++;
}

void
schedule_changed(struct schedule *s, uint64_t now)
{
	uint64_t latest, least = s->began == 0 ? 0 : s->began + SCHEDULE_APART * MILLISECOND;

	if (s->stirred == 0)
		s->stirred = now;
	latest = s->stirred + SCHEDULE_PATIENCE * MILLISECOND;
	s->due = now + SCHEDULE_QUIET * MILLISECOND;
	if (s->due > latest)
		s->due = latest;
	if (s->due < least)
		s->due = least;
	s->failures = 0;	/* of another network */
}

uint64_t
schedule_wake(const struct schedule *s)
{
	return s->running && s->stirred == 0 ? SCHEDULE_NEVER : s->due;
}

bool
schedule_is_live(const struct schedule *s, uint64_t now)
{
	return now < s->ends;
}
