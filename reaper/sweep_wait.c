/* SPDX-License-Identifier: ISC */
/*
 * What a sweep waits for: its children, and helpers that have changed something.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#include "sweep_state.h"

struct world
sweep_world(const struct sweep *s)
{
	return (struct world){ s->settings, s->accounts, s->table };
}

void
sweep_listen(struct sweep *s)
{
	char path[FILE_PATH];

	snprintf(path, sizeof(path), "%s/wake", s->settings->rundir);
	s->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->watch < 0 || inotify_add_watch(s->watch, path, IN_ATTRIB | IN_MODIFY) < 0)
		log_warning("%s: %s; changes wait for the next interval", path, strerror(errno));
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

static struct timespec
time_left(uint64_t until)
{
	const uint64_t now = clock_boot(), ns = until > now ? until - now : 0;

	return (struct timespec){ (time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND) };
}

bool
sweep_wait(struct sweep *s, uint64_t until)
{
	struct pollfd fds[s->places.n + 1];
	struct timespec limit;
	nfds_t n = 0;
	uint64_t now;
	const struct world world = sweep_world(s);
	bool ended = false;

	for (size_t i = 0; i < s->places.n; i++) {
		const struct child *child = &s->places.list[i].child;

		if (child->pid == 0)
			continue;
		fds[n++] = (struct pollfd){ .fd = child->report, .events = POLLIN };
		until = child->kill_at < until ? child->kill_at : until;
	}
	fds[n++] = (struct pollfd){ .fd = s->watch, .events = POLLIN };
	limit = time_left(until);
	alarm(0);			/* to wait is not to be stuck */
	if (ppoll(fds, n, &limit, NULL) > 0 && (fds[n - 1].revents & POLLIN) != 0)
		ended = take_events(s);
	alarm(SWEEP_ALARM);
	now = clock_boot();
	for (size_t i = 0; i < s->places.n; i++)
		if (place_finish(&s->places.list[i], &world, now))
			ended = true;
	return ended;
}
