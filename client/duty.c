/* SPDX-License-Identifier: ISC */
/*
 * From an outcome to the next time, and to the log: a line when something begins, changes or ends, none for what repeats.
 */
#include "duty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "lib/log.h"

void
duty_make(struct duty *d, const struct server *server, unsigned family, uint64_t now)
{
	memset(d, 0, sizeof(*d));
	d->server = server;
	d->family = family;
	d->attempt = ATTEMPT_NONE;
	snprintf(d->label, sizeof(d->label), "%s IPv%c", server->name, family == FAMILY_4 ? '4' : '6');
	schedule_start(&d->schedule, now);
}

static uint32_t
draw(void)
{
	return arc4random_uniform(SCHEDULE_RANDOM);
}

static void
tell_granted(const struct duty *d, const struct talk_lease *lease, uint64_t now)
{
	char text[ADDRESS_TEXT];

	address_text(&lease->address, text);
	if (d->code != EX_OK || !schedule_is_live(&d->schedule, now) || !address_equal(&d->address, &lease->address))
		log_info("%s: leased %s for %u s", d->label, text, lease->lease);
	else
		log_debug("%s: renewed %s for %u s", d->label, text, lease->lease);
}

/* The words may differ from one attempt to the next while the trouble is the same: a server that is going down. */
static void
tell_failed(const struct duty *d, const struct outcome *o)
{
	if (d->code == o->code && d->soft == o->soft)
		log_debug("%s: %s", d->label, o->why);
	else if (o->soft && d->server->families == FAMILY_BOTH)
		log_info("%s: %s", d->label, o->why);
	else
		log_error("%s: %s", d->label, o->why);
}

/* Reasons that a person has to remove; it is still tried again, since that person may be at work. */
static bool
is_slow(int code)
{
	return code == EX_NOPERM || code == EX_DATAERR || code == EX_CONFIG || code == EX_PROTOCOL;
}

/* Where some hosts have a lease and others are refused, those that have one set the pace. */
static void
conclude(struct duty *d, const struct outcome *o, uint64_t now)
{
	if (o->granted > 0) {
		d->address = o->lease.address;
		schedule_granted(&d->schedule, o->lease.lease, o->lease.renew, now, draw());
	}
	if (o->code != EX_OK && (o->granted == 0 || !is_slow(o->code)))
		schedule_failed(&d->schedule, is_slow(o->code), now, draw());
}

static void
take(struct duty *d, const struct outcome *o, uint64_t now)
{
	if (o->granted > 0)
		tell_granted(d, &o->lease, now);
	if (o->code != EX_OK)
		tell_failed(d, o);
	conclude(d, o, now);
	d->code = o->code;
	d->soft = o->soft;
	strlcpy(d->why, o->code == EX_OK ? "" : o->why, sizeof(d->why));
}

bool
duty_finish(struct duty *d, uint64_t now)
{
	struct outcome o;

	if (!attempt_finish(&d->attempt, now, &o))
		return false;
	take(d, &o, now);
	return true;
}

void
duty_begin(struct duty *d, uint64_t now)
{
	const struct attempt_wish wish = { .server = d->server, .verb = verb_find("renew"), .families = d->family,
		.quiet = d->code != EX_OK };
	struct outcome o = { .code = EX_OSERR };

	if (now < schedule_wake(&d->schedule))
		return;
	attempt_stop(&d->attempt);	/* it speaks from an address that may be gone */
	schedule_began(&d->schedule, now);
	log_debug("%s: asking for a lease", d->label);
	if (attempt_start(&d->attempt, &wish, now) == ST_OK)
		return;
	snprintf(o.why, sizeof(o.why), "no process for it: %s", strerror(errno));
	take(d, &o, now);
}

uint64_t
duty_next(const struct duty *d)
{
	uint64_t wake = schedule_wake(&d->schedule);

	return d->attempt.pid != 0 && d->attempt.kill_at < wake ? d->attempt.kill_at : wake;
}
