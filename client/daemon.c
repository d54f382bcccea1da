/* SPDX-License-Identifier: ISC */
/*
 * One loop over signals, a timer, the kernel's news about addresses, and the children's reports. It holds no secret
 * and speaks to no server: children do (attempt.h). The timer goes on in suspend, as leases do.
 */
#include "daemon.h"

#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "duty.h"
#include "expiry.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "machine.h"
#include "notify.h"
#include "watch.h"

#define STATUS_TEXT	900

enum { FD_SIGNAL, FD_TIMER, FD_WATCH, FD_FIXED };

struct daemon {
	const struct options	*options;
	struct servers		*servers;
	size_t			 n;
	struct duty		*duties;
	struct pollfd		*polled;	/* FD_FIXED, and one for each duty */
	struct watch		 watch;
	time_t			 looked;	/* at the ends of our certificates */
	int			 signals, timer, notify;
	bool			 over, leaving;
	char			 status[STATUS_TEXT];	/* told last */
};

/* --- the configuration --- */

/* Duties for all families of all servers. */
static enum status
make_duties(struct daemon *d, uint64_t now)
{
	unsigned bit, families;
	size_t i;

	if ((d->duties = calloc(2 * d->servers->n + 1, sizeof(*d->duties))) == NULL ||
	    (d->polled = calloc(FD_FIXED + 2 * d->servers->n, sizeof(*d->polled))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < d->servers->n; i++) {
		families = d->servers->list[i].families;
		if (d->options->families != 0)
			families &= d->options->families;
		for (bit = FAMILY_4; bit <= FAMILY_6; bit <<= 1)
			if ((families & bit) != 0)
				duty_make(&d->duties[d->n++], &d->servers->list[i], bit, now);
	}
	if (d->n > 0)
		return ST_OK;
	log_error("%s: no server is of the family that the command line allows", d->options->conf);
	return ST_CONFIG;
}

static void
drop(struct daemon *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		attempt_stop(&d->duties[i].attempt);
	free(d->duties);
	free(d->polled);
	servers_free(d->servers);
	d->duties = NULL;
	d->polled = NULL;
	d->servers = NULL;
	d->n = 0;
}

static enum status
load(struct daemon *d)
{
	enum status st = servers_load(d->options->conf, &d->servers);
	size_t i;

	for (i = 0; st == ST_OK && d->options->via != NULL && i < d->servers->n; i++)
		if ((st = server_use_via(&d->servers->list[i], d->options->via)) != ST_OK)
			log_error("--via: not a command: %s", d->options->via);
	if (st == ST_OK)
		st = make_duties(d, clock_boot());
	return st;
}

/* With a mistake in the new configuration the old one stays in force. */
static void
reload(struct daemon *d)
{
	struct daemon fresh = *d;

	notify_send(d->notify, "RELOADING=1");
	fresh.servers = NULL;
	fresh.duties = NULL;
	fresh.polled = NULL;
	fresh.n = 0;
	fresh.looked = 0;
	if (load(&fresh) == ST_OK) {
		expiry_carry_over(d->servers, fresh.servers);
		drop(d);
		*d = fresh;
		log_info("%s: read again", d->options->conf);
	} else {
		drop(&fresh);
		log_error("%s: not taken; going on as before", d->options->conf);
	}
	notify_send(d->notify, "READY=1");
}

/* --- what there is to say --- */

/* Does the other family of the server have a lease? */
static bool
has_other(const struct daemon *d, const struct duty *duty, uint64_t now)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (&d->duties[i] != duty && d->duties[i].server == duty->server &&
		    schedule_is_live(&d->duties[i].schedule, now))
			return true;
	return false;
}

/* "2 of 3 leases run: 203.0.113.7 at dyn.example.net IPv4, ...; dyn.example.org IPv4: connection refused" */
static void
tell_status(struct daemon *d, uint64_t now)
{
	char text[STATUS_TEXT], list[STATUS_TEXT] = "", address[ADDRESS_TEXT];
	size_t i, at = 0, live = 0;
	const struct duty *worst = NULL, *duty;
	int len;

	if (d->notify == -1)
		return;
	for (i = 0; i < d->n; i++) {
		duty = &d->duties[i];
		if (schedule_is_live(&duty->schedule, now)) {
			len = snprintf(list + at, sizeof(list) - at, "%s %s at %s", live++ == 0 ? ":" : ",",
			    address_text(&duty->address, address), duty->label);
			at = len < 0 || (size_t)len >= sizeof(list) - at ? sizeof(list) - 1 : at + (size_t)len;
		}
		if (*duty->why != '\0' && (worst == NULL || (worst->soft && !duty->soft)) &&
		    !(duty->soft && has_other(d, duty, now)))
			worst = duty;
	}
	len = snprintf(text, sizeof(text), "%zu of %zu leases run%.300s", live, d->n, list);
	if (worst != NULL && len > 0)
		snprintf(text + len, sizeof(text) - (size_t)len, "; %s: %.200s", worst->label, worst->why);
	if (strcmp(text, d->status) == 0)
		return;
	memcpy(d->status, text, sizeof(text));
	log_escape(list, sizeof(list), text, strlen(text));
	notify_send(d->notify, "STATUS=%s", list);
}

/* --- the loop --- */

static void
take_signals(struct daemon *d)
{
	struct signalfd_siginfo info;

	while (read(d->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			d->over = true;
		else if (!d->leaving)
			reload(d);
	}
}

static void
take_changes(struct daemon *d)
{
	size_t i;

	if (!watch_read(&d->watch))
		return;
	log_debug("the addresses of this machine have changed");
	for (i = 0; i < d->n; i++)
		schedule_changed(&d->duties[i].schedule, clock_boot());
}

static void
set_timer(const struct daemon *d)
{
	struct itimerspec when = { .it_value = { 0, 1 } };
	uint64_t next = SCHEDULE_NEVER, one;
	size_t i;

	for (i = 0; i < d->n; i++)
		if ((one = duty_next(&d->duties[i])) < next)
			next = one;
	if (next == SCHEDULE_NEVER)
		next = clock_boot() + 60 * CLOCK_SECOND;
	if (next != 0) {
		when.it_value.tv_sec = (time_t)(next / CLOCK_SECOND);
		when.it_value.tv_nsec = (long)(next % CLOCK_SECOND);
	}
	(void)timerfd_settime(d->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
wait_for_news(struct daemon *d)
{
	size_t i;

	d->polled[FD_SIGNAL] = (struct pollfd){ .fd = d->signals, .events = POLLIN };
	d->polled[FD_TIMER] = (struct pollfd){ .fd = d->timer, .events = POLLIN };
	d->polled[FD_WATCH] = (struct pollfd){ .fd = d->watch.fd, .events = POLLIN };
	for (i = 0; i < d->n; i++)
		d->polled[FD_FIXED + i] = (struct pollfd){ .fd = d->duties[i].attempt.fd, .events = POLLIN };
	set_timer(d);
	(void)poll(d->polled, FD_FIXED + d->n, -1);
}

/* Once in an hour by the clock on the wall, which is what they end by. */
static void
look_at_ends(struct daemon *d)
{
	const time_t now = clock_wall();

	if (now >= d->looked && now < d->looked + EXPIRY_LOOK)
		return;
	d->looked = now;
	expiry_warn(d->servers, true);
}

static void
run(struct daemon *d)
{
	uint64_t now;
	size_t i;

	while (!d->over) {
		for (i = 0; i < d->n; i++)
			duty_begin(&d->duties[i], clock_boot());
		now = clock_boot();
		tell_status(d, now);
		look_at_ends(d);
		wait_for_news(d);
		now = clock_boot();
		for (i = 0; i < d->n; i++)
			(void)duty_finish(&d->duties[i], now);
		take_changes(d);
		take_signals(d);
	}
}

/* --- the end --- */

/* One of the server's duties that has a lease, or NULL. */
static struct duty *
find_live(const struct daemon *d, const struct server *server, uint64_t now)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->duties[i].server == server && schedule_is_live(&d->duties[i].schedule, now))
			return &d->duties[i];
	return NULL;
}

/* Duties are over; the attempt of one of each server's now serves to release all of that server's leases. */
static size_t
begin_releases(struct daemon *d, bool stopping)
{
	struct attempt_wish wish = { .verb = verb_find("release"), .quiet = false };
	uint64_t now = clock_boot();
	struct duty *duty;
	size_t i, n = 0;

	for (i = 0; i < d->n; i++)
		attempt_stop(&d->duties[i].attempt);
	for (i = 0; i < d->servers->n; i++) {
		wish.server = &d->servers->list[i];
		wish.families = d->options->families != 0 ? d->options->families : wish.server->families;
		if (!(stopping || wish.server->release_on_exit) || (duty = find_live(d, wish.server, now)) == NULL)
			continue;
		if (attempt_start(&duty->attempt, &wish, now) == ST_OK)
			n++;
		else
			log_error("%s: not released: %s", wish.server->name, strerror(errno));
	}
	return n;
}

/* A second signal to end ends the wait. */
static void
release(struct daemon *d)
{
	size_t i, left = begin_releases(d, machine_is_stopping());
	struct outcome o;

	watch_close(&d->watch);
	d->over = false;
	d->leaving = true;
	while (left > 0 && !d->over) {
		for (i = 0; i < d->n; i++)
			d->duties[i].schedule.due = SCHEDULE_NEVER;
		wait_for_news(d);
		for (i = 0; i < d->n; i++) {
			if (!attempt_finish(&d->duties[i].attempt, clock_boot(), &o))
				continue;
			left--;
			if (o.code == EX_OK)
				log_info("%s: released", d->duties[i].server->name);
			else
				log_error("%s: not released: %s", d->duties[i].server->name, o.why);
		}
		take_signals(d);
	}
}

static enum status
open_all(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	d->notify = notify_open();
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1 ||
	    (d->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) == -1) {
		log_error("signals and timers: %s", strerror(errno));
		return ST_SYSTEM;
	}
	if (watch_open(&d->watch) != ST_OK)
		log_warning("changes of this machine's addresses are not noticed: %s", strerror(errno));
	return ST_OK;
}

int
daemon_run(const struct options *options)
{
	struct daemon d = { .options = options, .signals = -1, .timer = -1, .notify = -1, .watch = { .fd = -1 } };
	int code = EX_OSERR;

	log_open("dynlease", options->to_stderr ? LOG_PLACE_STDERR : LOG_PLACE_SYSLOG);
	if (options->verbose)
		log_limit(LOG_LEVEL_DEBUG);
	if (open_all(&d) == ST_OK && (code = load(&d) == ST_OK ? EX_OK : EX_CONFIG) == EX_OK) {
		notify_send(d.notify, "READY=1");
		run(&d);
		notify_send(d.notify, "STOPPING=1");
		release(&d);
	}
	drop(&d);
	watch_close(&d.watch);
	if (d.signals != -1)
		close(d.signals);
	if (d.timer != -1)
		close(d.timer);
	if (d.notify != -1)
		close(d.notify);
	return code;
}
