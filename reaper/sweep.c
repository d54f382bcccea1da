/* SPDX-License-Identifier: ISC */
/*
 * A pass: look at what is over and what has changed, have it shown, note what was; again until nothing is new. Looking
 * never waits for a writer, and showing never for noting: a table that cannot be written delays no withdrawal, and a
 * hundred thousand of them go out as fast as a name server takes them.
 */
#include "sweep.h"

#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "sweep_state.h"

#define BUSY_LOUD	(5 * CLOCK_SECOND)
#define UNWRITTEN_PAUSE	CLOCK_SECOND		/* between turns while the table cannot be written */
#define NOTE_PAUSE	(CLOCK_SECOND / 1000)	/* between write transactions, for others that have something to write */
#define SHOW_PAUSE	(CLOCK_SECOND / 100)	/* the same while something is being shown, which comes first */
#define HISTORY_MOST	100			/* hosts that are looked at for the history before anything else */

/* --- a turn --- */

/* The lock is held by someone else: say so once, and give up when it lasts. */
static enum status
judge_busy(struct sweep *s, uint64_t now)
{
	if (s->busy_since == 0)
		s->busy_since = now;
	if (!s->busy_told && now >= s->busy_since + BUSY_LOUD) {
		log_critical("a process has held the lease table for 5 s; withdrawals go on without it");
		s->busy_told = true;
	}
	return now >= s->busy_since + SWEEP_STUCK * CLOCK_SECOND ? ST_BUSY : ST_OK;
}

static enum status
tell_alive(struct sweep *s, uint64_t now)
{
	const enum status st = table_alive(s->table, now, TABLE_WAIT);

	s->written = st == ST_OK;
	if (st == ST_BUSY)
		return judge_busy(s, now);
	s->busy_since = 0;
	s->busy_told = false;
	if (st != ST_FULL)
		return st;
	log_critical("the lease table cannot be written; withdrawals go on without it");
	return ST_OK;
}

static bool
is_working(const struct sweep *s)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].task.open)
			return true;
	return false;
}

/* Have every place that is ready show what it must. *started: at least one has begun to. */
static enum status
publish(struct sweep *s, bool *started)
{
	const struct world world = sweep_world(s);
	enum status st = ST_OK;
	bool one;

	for (size_t i = 0; i < s->places.n && st == ST_OK; i++) {
		st = place_start(&s->places.list[i], &world, &s->found, &s->seen, &one);
		*started = *started || one;
	}
	return st;
}

static enum status
turn(struct sweep *s, bool *started)
{
	const uint64_t now = clock_boot();
	enum status st;

	*started = false;
	alarm(SWEEP_ALARM);
	work_free(&s->found);
	s->found_moved = 0;
	s->seen = (struct horizon){ .now = now };
	s->next = UINT64_MAX;
	if ((st = sweep_refresh(s)) != ST_OK)
		return st;
	if (s->table == NULL)
		return publish(s, started);
	if (s->wake_lost || !table_is_current(s->table))
		return ST_STALE;
	table_reap_readers(s->table);
	if ((st = table_look(s->table, now, &s->found, &s->seen, &s->next)) != ST_OK ||
	    (st = publish(s, started)) != ST_OK)
		return st;
	if (is_working(s))
		work_free(&s->found);	/* is moved by who shows it, or seen again when they are done */
	return tell_alive(s, now);
}

/* --- noting --- */

/* When every place is down, what was found is moved all the same and waits for them. *more: there is more of it. */
static enum status
move_found(struct sweep *s, bool *more)
{
	const struct table_move move = { .publishers = s->places.names, .seen = s->seen, .moved = &s->moved };
	const size_t left = s->found.n - s->found_moved, n = left < TABLE_MOVE_MOST ? left : TABLE_MOVE_MOST;
	enum status st;

	if (n == 0 || !s->written)
		return ST_OK;
	st = table_move(s->table, &move, s->found.hosts + s->found_moved, n, TABLE_WAIT);
	s->written = st == ST_OK;
	s->found_moved += n;
	*more = s->written && n < left;
	return st == ST_BUSY || st == ST_FULL ? ST_OK : st;
}

/* True: there is more. */
static bool
tell_history(struct sweep *s)
{
	const size_t left = s->moved.n - s->moved_told;
	const struct work some = { .n = left < HISTORY_MOST ? left : HISTORY_MOST,
		.hosts = s->moved.hosts + s->moved_told };

	history_note(s->history, s->table, s->accounts, &some);
	s->moved_told += some.n;
	if (s->moved_told < s->moved.n)
		return true;
	work_free(&s->moved);
	s->moved_told = 0;
	return false;
}

/* A little of what can wait. *more: there is more of it. */
static enum status
note(struct sweep *s, bool *more)
{
	enum status st = ST_OK;

	*more = false;
	if (s->table == NULL)
		return ST_OK;
	for (size_t i = 0; i < s->places.n; i++)
		if (place_note(&s->places.list[i], s->table, s->places.names, &s->moved))
			*more = true;
	if (!*more)
		st = move_found(s, more);
	if (!*more && s->moved.n > 0)
		*more = tell_history(s);
	return st;
}

/* How long to wait before the next of it. */
static uint64_t
note_pause(const struct sweep *s)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].child.pid != 0)
			return SHOW_PAUSE;
	return NOTE_PAUSE;
}

static enum status
outcome(const struct sweep *s)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].state.failing_since != 0)
			return ST_UNPUBLISHED;
	return s->table == NULL || !s->written ? ST_FULL : ST_OK;
}

/* Until no place is at work, and all is noted. */
static enum status
finish_all(struct sweep *s)
{
	enum status st;
	bool more;

	while ((st = note(s, &more)) == ST_OK && (more || is_working(s)))
		sweep_wait(s, clock_boot() + (more ? note_pause(s) : CLOCK_SECOND));
	return st;
}

/* A pass goes on while a place has just begun, and while a stopped writer may yet give the table back. */
enum status
sweep_once(struct sweep *s)
{
	bool started;
	enum status st;

	do {
		if ((st = turn(s, &started)) != ST_OK || (st = finish_all(s)) != ST_OK)
			return st;
		if (s->busy_since != 0)
			sweep_wait(s, clock_boot() + UNWRITTEN_PAUSE);
	} while (s->busy_since != 0 || (started && s->written));
	return outcome(s);
}

static enum status
touch(void *table, const char *host, const char *owner)
{
	(void)owner;
	return table_touch(table, host);
}

/*
 * Nothing of what the children say goes into the table: only a pass, which asks the servers, may say that they show
 * it.
 */
enum status
sweep_boot(struct sweep *s)
{
	const struct world world = sweep_world(s);
	const bool had_table = s->table != NULL;
	enum status st = ST_OK;

	if (had_table && (st = accounts_each_host(s->accounts, touch, s->table)) != ST_OK)
		return st;
	for (size_t i = 0; i < s->places.n && st == ST_OK; i++)
		st = place_start_boot(&s->places.list[i], &world, clock_boot());
	table_close(s->table);
	s->table = NULL;
	while (is_working(s))
		sweep_wait(s, clock_boot() + CLOCK_SECOND);
	if (st == ST_OK && (st = outcome(s)) == ST_FULL && had_table)
		st = ST_OK;
	return st;
}

/* Is there a place that could be told something, or none that is at work, so that it is to be moved for all? */
static bool
may_tell(const struct sweep *s, uint64_t now)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (place_is_ready(&s->places.list[i], now))
			return true;
	return !is_working(s);
}

/* When a turn is to be next: at `most`, or earlier when there is something in sight. */
static uint64_t
next_turn(const struct sweep *s, uint64_t least, uint64_t most)
{
	uint64_t next = s->next < most ? s->next : most;

	for (size_t i = 0; i < s->places.n; i++)
		if (place_next(&s->places.list[i]) < next)
			next = place_next(&s->places.list[i]);
	return next > least ? next : least;
}

/* Note what was shown, until there may be something new to tell, and somebody who is ready for it. */
static enum status
attend(struct sweep *s)
{
	const uint64_t begun = clock_boot(), most = begun + s->settings->interval * CLOCK_SECOND,
	    least = s->table != NULL && !s->written ? begun + UNWRITTEN_PAUSE : begun;
	bool more, any = false;
	enum status st;

	while ((st = note(s, &more)) == ST_OK) {
		const uint64_t now = clock_boot(), pause = now + note_pause(s);
		const uint64_t next = may_tell(s, now) ? any ? least : next_turn(s, least, most) : most;

		if (now >= next)
			break;
		if (sweep_wait(s, more && pause < next ? pause : next))
			any = true;
	}
	return st;
}

enum status
sweep_watch(struct sweep *s)
{
	bool started;
	enum status st;

	if (s->table == NULL) {
		st = sweep_once(s);	/* everything is withdrawn; then try again to make a table */
		return st == ST_OK ? ST_FULL : st;
	}
	sweep_listen(s);
	while ((st = turn(s, &started)) == ST_OK && (st = attend(s)) == ST_OK)
		;
	return st;
}
