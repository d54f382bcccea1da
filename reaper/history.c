/* SPDX-License-Identifier: ISC */
/*
 * Telling transitions by comparing the table with the last line of each host, which is read back from the file once
 * and then kept. The file is rotated by copying, because its directory is root's. Never synced: the disk may be slow,
 * and the reaper must not be.
 */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define SLACK	2	/* seconds by which two clocks that are read one after the other may differ */

struct history {
	char	 path[FILE_PATH];
	void	*last;		/* a tree of the last line for each host and family */
	bool	 loaded;
	bool	 told;		/* that it cannot be written */
};

static int
compare(const void *a, const void *b)
{
	const struct transition *x = a, *y = b;

	return x->address.family != y->address.family ? x->address.family - y->address.family :
	    strcmp(x->host, y->host);
}

static void
remember(void *arg, const struct transition *t)
{
	struct history *h = arg;
	struct transition **found = tsearch(t, &h->last, compare), *copy;

	if (found == NULL)
		return;
	if (*found != t)
		**found = *t;
	else if ((copy = malloc(sizeof(*copy))) != NULL) {
		*copy = *t;
		*found = copy;
	} else
		tdelete(t, &h->last, compare);
}

enum status
history_open(const char *path, struct history **out)
{
	struct history *h = calloc(1, sizeof(*h));

	*out = h;
	if (h == NULL)
		return ST_NOMEM;
	snprintf(h->path, sizeof(h->path), "%s", path);
	return ST_OK;
}

/* --- judging --- */

static bool
was_live(const struct transition *last)
{
	return last != NULL && (last->kind == TRANSITION_GRANTED || last->kind == TRANSITION_MOVED);
}

static time_t
wall_of(uint64_t then, uint64_t now, time_t wall)
{
	return then < now ? wall - (time_t)((now - then) / CLOCK_SECOND) : wall;
}

/* Ending one before its time leaves a mark that nothing proved earlier may bring it back; running out does not. */
static enum transition_kind
ending(const struct lease *lease, bool revoked)
{
	if (lease->proved < lease->since)
		return TRANSITION_EXPIRED;
	return revoked ? TRANSITION_WITHDRAWN : TRANSITION_RELEASED;
}

bool
history_judge(const struct transition *last, const struct lease *lease, bool revoked, uint64_t now, time_t wall,
    struct transition *t)
{
	struct lease over;

	if (lease == NULL) {
		if (!was_live(last))
			return false;
		*t = *last;
		t->kind = TRANSITION_WITHDRAWN;
		t->when = wall;
		return true;
	}
	t->address = lease->address;
	t->when = wall_of(lease->since, now, wall);
	if (lease_is_live(lease, now)) {
		t->kind = was_live(last) && !address_equal(&last->address, &lease->address) ? TRANSITION_MOVED :
		    TRANSITION_GRANTED;
		return !was_live(last) || t->kind == TRANSITION_MOVED || t->when > last->when + SLACK;
	}
	if (!was_live(last))
		return false;
	over = *lease;
	if ((over.flags & LEASE_LIVE) != 0)
		lease_end(&over, now);	/* over, though nobody has moved it yet */
	t->kind = ending(&over, revoked);
	t->when = wall_of(over.since, now, wall);
	return true;
}

/* --- writing --- */

/* What is left of the file is kept beside it; both must be there already where the directory is not ours. */
static bool
rotate(const char *path, int fd)
{
	char older[FILE_PATH + 8], block[65536];
	off_t at = 0;
	ssize_t n = -1;
	int to;

	snprintf(older, sizeof(older), "%s.1", path);
	if ((to = open(older, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644)) < 0)
		return false;
	while ((n = pread(fd, block, sizeof(block), at)) > 0 && write(to, block, (size_t)n) == n)
		at += n;
	close(to);
	return n == 0 && ftruncate(fd, 0) == 0;
}

static int
open_file(const char *path)
{
	const int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	struct stat sb;
	int error;

	if (fd >= 0 && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    ((size_t)sb.st_size < TRANSITION_FILE || rotate(path, fd)))
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static void
write_lines(struct history *h, const char *lines, size_t len)
{
	const int fd = open_file(h->path);
	const bool good = fd >= 0 && write(fd, lines, len) == (ssize_t)len;

	if (!good && !h->told)
		log_error("%s: %s; the history goes on when it can be written", h->path, strerror(errno));
	h->told = !good;
	if (fd >= 0)
		close(fd);
}

/* --- noting --- */

static void
note_family(struct history *h, struct table *table, struct accounts *accounts, struct transition *t, FILE *out)
{
	struct transition **found = tfind(t, &h->last, compare);
	const uint64_t now = clock_boot();
	struct account account;
	struct lease lease;
	char line[TRANSITION_LINE];
	const enum status st = table_get(table, t->host, t->address.family, &lease);
	bool revoked = false;

	if (st != ST_OK && st != ST_NOTFOUND)
		return;
	if (st == ST_OK) {
		revoked = accounts_get(accounts, lease.account, &account) != ST_OK || account.epoch > lease.epoch;
		secret_wipe(&account, sizeof(account));
	}
	if (!history_judge(found != NULL ? *found : NULL, st == ST_OK ? &lease : NULL, revoked, now, clock_wall(), t))
		return;
	transition_print(t, line);
	fputs(line, out);
	remember(h, t);
}

void
history_note(struct history *h, struct table *table, struct accounts *accounts, const struct work *hosts)
{
	static const uint8_t families[] = { 4, 6 };
	struct transition t;
	char *lines = NULL;
	size_t len = 0;
	FILE *out;

	if (hosts->n == 0 || (out = open_memstream(&lines, &len)) == NULL)
		return;
	if (!h->loaded)
		transition_each(h->path, remember, h);
	h->loaded = true;
	for (size_t i = 0; i < hosts->n; i++)
		for (size_t f = 0; f < sizeof(families); f++) {
			t = (struct transition){ .address.family = families[f] };
			snprintf(t.host, sizeof(t.host), "%s", hosts->hosts[i].name);
			note_family(h, table, accounts, &t, out);
		}
	if (fclose(out) == 0 && len > 0)
		write_lines(h, lines, len);
	free(lines);
}
