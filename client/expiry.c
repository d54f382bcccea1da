/* SPDX-License-Identifier: ISC */
/*
 * The warnings of certificates that end. A file that cannot be read is the business of who logs in with it.
 */
#include "expiry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "lib/certificate.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define DAY		(24 * 60 * 60L)
#define HOUR		(60 * 60L)
#define MINUTE		60
#define STAMP_MODE	0644
#define STAMP_TEXT	32

time_t
expiry_due(time_t begin, time_t end, time_t now)
{
	static const long days[] = { 0, 1, 7, 14, 30 };

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (now >= end - days[i] * DAY)
			return days[i] * DAY <= (end - begin) / 2 ? end - days[i] * DAY : 0;
	return 0;
}

static bool
stamp_path(const struct server *server, char path[FILE_PATH])
{
	const char *dir = getenv("STATE_DIRECTORY"), *name = strrchr(server->certificate, '/') + 1;
	int len;

	if (dir != NULL && *dir == '/')
		len = snprintf(path, FILE_PATH, "%.*s/%s.warned", (int)strcspn(dir, ":"), dir, name);
	else
		len = snprintf(path, FILE_PATH, "%s.warned", server->certificate);
	return len < FILE_PATH;
}

/* 0: never, or in what is the future by now. */
static time_t
last_warned(const struct server *server, const char *path, time_t now)
{
	time_t last = server->warned, stamp = 0;
	const char *error;
	char *text = NULL;
	size_t len;

	if (file_read(path, STAMP_TEXT, &text, &len) == ST_OK) {
		text[strcspn(text, "\n")] = '\0';
		stamp = (time_t)strtonum(text, 0, INT64_MAX, &error);
	}
	free(text);
	if (stamp > last && stamp <= now)
		last = stamp;
	return last <= now ? last : 0;
}

/* Take down that it is told now. False: nobody would know of it later. */
static bool
remember(struct server *server, const char *path, bool stays, time_t now)
{
	char text[STAMP_TEXT];
	const int len = snprintf(text, sizeof(text), "%lld\n", (long long)now);

	server->warned = now;
	return file_replace(path, text, (size_t)len, STAMP_MODE) == ST_OK || stays;
}

static void
tell(const struct server *server, int64_t left)
{
	if (left < 0)
		log_warning("[server %s] %s: the certificate has expired", server->name, server->certificate);
	else
		log_warning("[server %s] %s: the certificate expires in %lld %s: ask the server's operator for a new "
		    "one", server->name, server->certificate, (long long)(left >= 2 * DAY ? left / DAY : left / HOUR),
		    left >= 2 * DAY ? "days" : "hours");
}

static void
warn_of(struct server *server, bool stays, time_t now)
{
	struct certificate c = { .pem = NULL };
	char path[FILE_PATH];
	time_t due = 0;

	if (server->certificate == NULL || server->nhosts == 0 || !stamp_path(server, path) ||
	    certificate_look(server->certificate, now, &c) != ST_OK)
		return;
	free(c.pem);
	if (!c.self_signed)
		due = expiry_due(now - (time_t)c.begun, now + (time_t)c.left, now);
	if (due == 0 || last_warned(server, path, now) >= due)
		return;
	if (remember(server, path, stays, now) || now < due + MINUTE)
		tell(server, c.left);
}

void
expiry_warn(struct servers *servers, bool stays)
{
	const time_t now = clock_wall();

	for (size_t i = 0; i < servers->n; i++)
		warn_of(&servers->list[i], stays, now);
}

void
expiry_carry_over(const struct servers *from, struct servers *to)
{
	const struct server *old;
	struct server *new;

	for (new = to->list; new < to->list + to->n; new++)
		for (old = from->list; old < from->list + from->n; old++)
			if (new->certificate != NULL && old->certificate != NULL &&
			    strcmp(new->certificate, old->certificate) == 0)
				new->warned = old->warned;
}
