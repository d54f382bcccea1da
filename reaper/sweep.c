/* SPDX-License-Identifier: ISC */
/*
 * A pass: move what is over, look at what must be shown, have it shown, note what was; again until nothing is new.
 * Looking never waits for a writer, and showing does not wait for moving: a table that cannot be written delays no
 * withdrawal.
 */
#include "sweep.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/account.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/table.h"

#include "history.h"
#include "places.h"

#define JUDGED_MOST	50000			/* leases that are all looked at before the first turn */
#define MOVES_A_TURN	20			/* write transactions before what they moved is looked at */
#define MOVES_MOST	1000			/* twice as many each turn, while there is more to move */
#define BUSY_LOUD	(5 * CLOCK_SECOND)
#define UNWRITTEN_PAUSE	CLOCK_SECOND		/* between turns while the table cannot be written */

struct sweep {
	const struct settings	*settings;
	struct accounts		*accounts;
	struct stat		 accounts_file;	/* which snapshot that is */
	bool			 accounts_told;	/* that they cannot be read */
	struct table		*table;		/* NULL: there is none to be had, so nothing is live */
	struct places		 places;
	struct history		*history;
	struct work		 seen;		/* what this turn found to move */
	int			 watch;		/* inotify descriptor, or -1 */
	uint64_t		 busy_since;	/* the writer's lock was not to be had; 0: it was */
	bool			 busy_told;
	bool			 wake_lost;	/* the wake file is gone: nothing would be heard any more */
	bool			 written;	/* the last attempt to move succeeded */
	int			 moves;		/* so many a turn, at the moment */
	uint64_t		 next;		/* when the table has more, CLOCK_BOOTTIME nanoseconds */
};

/* --- opening --- */

static gid_t
table_group(const struct settings *settings)
{
	const struct group *group = getgrnam(settings->group);

	if (group == NULL)
		log_warning("there is no group %s: the table keeps ours", settings->group);
	return group == NULL ? (gid_t)-1 : group->gr_gid;
}

/*
 * The snapshot, or what it was before: whose names are ours must be known even when the new one cannot be read.
 * A snapshot that has changed since makes every place compare everything.
 */
static enum status
refresh_accounts(struct sweep *s)
{
	const char *path = s->settings->accounts;
	char previous[FILE_PATH + 16];
	struct accounts *fresh;
	struct stat sb = { 0 };
	enum status st;

	if (stat(path, &sb) == 0 && s->accounts != NULL && sb.st_ino == s->accounts_file.st_ino &&
	    sb.st_mtim.tv_sec == s->accounts_file.st_mtim.tv_sec &&
	    sb.st_mtim.tv_nsec == s->accounts_file.st_mtim.tv_nsec)
		return ST_OK;
	if ((st = accounts_open(path, &fresh)) != ST_OK) {
		if (!s->accounts_told)
			log_critical("%s: %s: going on with the accounts as they were", path, status_text(st));
		s->accounts_told = true;
		if (s->accounts != NULL)
			return ST_OK;
		snprintf(previous, sizeof(previous), "%s.previous", path);
		if (accounts_open(previous, &fresh) != ST_OK)
			return ST_NOTFOUND;	/* whatever is wrong with them, the table is not to blame */
	} else
		s->accounts_told = false;
	for (size_t i = 0; i < s->places.n && s->accounts != NULL; i++)
		s->places.list[i].stale = true;
	accounts_close(s->accounts);
	s->accounts = fresh;
	s->accounts_file = sb;
	return ST_OK;
}

static void
tell_fault(void *told, const char *line)
{
	if (!*(bool *)told)
		log_critical("the lease table is not sound: %s", line);
	*(bool *)told = true;
}

/*
 * A lease that the index of deadlines does not have would not end in time, so a table where they disagree holds
 * nothing. The cost of a pass must not follow the size of a large table: there, damage is found where it is met.
 */
static enum status
judge_table(struct table *table)
{
	struct table_summary sum;
	bool told = false;
	enum status st;

	if (table_count(table) > JUDGED_MOST)
		return ST_OK;
	st = table_check(table, clock_boot(), tell_fault, &told, &sum);
	return st == ST_OK && sum.faults > 0 ? ST_DAMAGED : st;
}

enum status
sweep_open(const struct settings *settings, struct sweep **out)
{
	struct sweep *s = calloc(1, sizeof(*s));
	enum status st;

	*out = s;
	if (s == NULL)
		return ST_NOMEM;
	s->settings = settings;
	s->watch = -1;
	s->moves = MOVES_A_TURN;
	alarm(SWEEP_ALARM);
	if ((st = history_open(settings->history, &s->history)) != ST_OK ||
	    (st = places_make(settings, &s->places)) != ST_OK || (st = refresh_accounts(s)) != ST_OK)
		return st;
	st = table_open_or_make(settings->rundir, table_group(settings), 2 * accounts_count_hosts(s->accounts),
	    &s->table);
	if (st != ST_OK) {
		log_critical("%s: no lease table: %s (%s): everything is withdrawn", settings->rundir,
		    status_text(st), strerror(errno));
		return ST_OK;
	}
	if ((st = judge_table(s->table)) != ST_OK)
		return st;
	return places_load(&s->places, s->table);
}

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
move(struct sweep *s, uint64_t now)
{
	bool more = true;
	enum status st = ST_OK;

	s->written = false;
	for (int i = 0; i < s->moves && more && st == ST_OK; i++) {
		if (i > 0)
			table_pause();
		st = table_move(s->table, s->places.names, now, TABLE_WAIT, &more);
	}
	if (st == ST_BUSY)
		return judge_busy(s, now);
	s->busy_since = 0;
	s->busy_told = false;
	if (st == ST_FULL) {
		log_critical("the lease table cannot be written; withdrawals go on without it");
		return ST_OK;
	}
	s->written = st == ST_OK;
	if (s->written && more)
		s->next = 0;
	s->moves = !more ? MOVES_A_TURN : s->moves < MOVES_MOST / 2 ? 2 * s->moves : MOVES_MOST;
	return st;
}

/*
 * Have every place show what it must. *started: at least one has begun to. What is still to be moved, while that goes
 * on, is shown by those that show everything anyway; the others would show it twice.
 */
static enum status
publish(struct sweep *s, const struct work *loose, uint64_t now, bool *started)
{
	const struct world world = { s->settings, s->accounts, s->table };
	const struct work none = { 0 };
	enum status st = ST_OK;
	bool one;

	*started = false;
	for (size_t i = 0; i < s->places.n && st == ST_OK; i++) {
		struct place *place = &s->places.list[i];

		st = place_start(place, &world, s->written && !place->publisher->is_whole ? &none : loose, now, &one);
		*started = *started || one;
	}
	return st;
}

static enum status
turn(struct sweep *s, bool *started)
{
	const uint64_t now = clock_boot();
	struct work loose = { 0 };
	enum status st;

	*started = false;
	alarm(SWEEP_ALARM);
	s->next = UINT64_MAX;
	if ((st = refresh_accounts(s)) != ST_OK)
		return st;
	if (s->table != NULL) {
		uint64_t next;

		if (s->wake_lost || !table_is_current(s->table))
			return ST_STALE;
		table_reap_readers(s->table);
		if ((st = table_look(s->table, now, &s->seen, &next)) != ST_OK)
			goto out;
		if ((st = move(s, now)) != ST_OK || (st = table_look(s->table, now, &loose, &next)) != ST_OK)
			goto out;
		if (next < s->next)
			s->next = next;
	}
	st = publish(s, &loose, now, started);
	if (s->table != NULL)
		history_note(s->history, s->table, s->accounts, &s->seen);	/* while the places are at work */
out:
	work_free(&s->seen);
	work_free(&loose);
	return st;
}

/* --- waiting --- */

static bool
is_working(const struct sweep *s)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].child != 0)
			return true;
	return false;
}

static uint64_t
next_event(const struct sweep *s, uint64_t now)
{
	uint64_t next = now + s->settings->interval * CLOCK_SECOND;

	if (s->next < next)
		next = s->next;
	for (size_t i = 0; i < s->places.n; i++)
		if (place_next(&s->places.list[i]) < next)
			next = place_next(&s->places.list[i]);
	if (s->table != NULL && !s->written && next < now + UNWRITTEN_PAUSE)
		next = now + UNWRITTEN_PAUSE;
	return next;
}

/* Take all that inotify has to tell. True: there was something. */
static bool
take_events(struct sweep *s)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;
	ssize_t n;

	while ((n = read(s->watch, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const struct inotify_event *)(events + at);
			s->wake_lost = s->wake_lost || (event->mask & IN_IGNORED) != 0;
		}
		any = true;
	}
	return any;
}

/* Until a child has ended, a helper has touched the wake file, or `until`. True: something has happened. */
static bool
wait_event(struct sweep *s, uint64_t until)
{
	struct pollfd fds[s->places.n + 1];
	nfds_t n = 0;
	uint64_t now = clock_boot();
	const uint64_t ns = until > now ? until - now : 0;
	const struct timespec limit = { (time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND) };
	bool ended = false;

	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].child != 0)
			fds[n++] = (struct pollfd){ .fd = s->places.list[i].report, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = s->watch, .events = POLLIN };
	if (ppoll(fds, n, &limit, NULL) > 0 && (fds[n - 1].revents & POLLIN) != 0)
		ended = take_events(s);
	now = clock_boot();
	for (size_t i = 0; i < s->places.n; i++)
		if (place_finish(&s->places.list[i], s->table, now))
			ended = true;
	return ended;
}

static enum status
outcome(const struct sweep *s)
{
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.list[i].state.failing_since != 0)
			return ST_UNPUBLISHED;
	return s->table == NULL || !s->written ? ST_FULL : ST_OK;
}

/* A pass goes on while a place is at work or has just begun, and while a stopped writer may yet give the table back. */
enum status
sweep_once(struct sweep *s)
{
	bool started;
	enum status st;

	do {
		if ((st = turn(s, &started)) != ST_OK)
			return st;
		while (is_working(s) && !wait_event(s, clock_boot() + CLOCK_SECOND))
			;
		if (s->busy_since != 0)
			wait_event(s, clock_boot() + UNWRITTEN_PAUSE);
	} while (s->busy_since != 0 || is_working(s) || (started && s->written) || s->next == 0);
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
	const struct world world = { s->settings, s->accounts, s->table };
	const bool had_table = s->table != NULL;
	enum status st = ST_OK;

	if (had_table && (st = accounts_each_host(s->accounts, touch, s->table)) != ST_OK)
		return st;
	for (size_t i = 0; i < s->places.n && st == ST_OK; i++)
		st = place_start_boot(&s->places.list[i], &world, clock_boot());
	table_close(s->table);
	s->table = NULL;
	while (is_working(s))
		wait_event(s, clock_boot() + CLOCK_SECOND);
	if (st == ST_OK && (st = outcome(s)) == ST_FULL && had_table)
		st = ST_OK;
	return st;
}

/* Without it there is a pass every interval all the same. */
static void
watch_begin(struct sweep *s)
{
	char path[FILE_PATH];

	snprintf(path, sizeof(path), "%s/wake", s->settings->rundir);
	s->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->watch < 0 || inotify_add_watch(s->watch, path, IN_ATTRIB | IN_MODIFY) < 0)
		log_warning("%s: %s; changes wait for the next interval", path, strerror(errno));
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
	watch_begin(s);
	while ((st = turn(s, &started)) == ST_OK)
		wait_event(s, next_event(s, clock_boot()));
	return st;
}
