/* SPDX-License-Identifier: ISC */
/*
 * When to renew a lease: a third of the lease after a success, soon after a failure, at once when the machine's
 * addresses have changed, and always once more. Pure: the clock and the dice are arguments. Times are CLOCK_BOOTTIME
 * nanoseconds; random is a number below SCHEDULE_RANDOM, each as likely as any other.
 */
#ifndef DYNLEASE_SCHEDULE_H
#define DYNLEASE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_RANDOM		1000001U
#define SCHEDULE_NEVER		UINT64_MAX

/* Seconds. */
#define SCHEDULE_FIRST_LEAST	1	/* until the first retry */
#define SCHEDULE_FIRST_MOST	5
#define SCHEDULE_CEILING_LIVE	30	/* between two retries, while the last lease runs */
#define SCHEDULE_CEILING	60	/* and after it */

/* Milliseconds. Changes come in bursts, and some networks never come to rest. */
#define SCHEDULE_QUIET		500	/* after a change, for the next one */
#define SCHEDULE_PATIENCE	3000	/* after the first change, however many follow */
#define SCHEDULE_APART		2000	/* from the begin of one attempt to one that a change causes */

struct schedule {
	uint64_t	due;		/* the next attempt is to begin */
	uint64_t	began;		/* the last one did; 0: none has */
	uint64_t	ends;		/* the last lease runs out; 0: there was none */
	uint64_t	stirred;	/* the first change of addresses that no attempt has followed yet; 0: none */
	unsigned	failures;	/* in a row */
	bool		running;	/* an attempt is */
};

/* Nothing is known yet: try at once. */
void		schedule_start(struct schedule *, uint64_t now);

/* What has happened. An attempt that was given up because another began needs no end. */
void		schedule_began(struct schedule *, uint64_t now);
void		schedule_granted(struct schedule *, unsigned lease, unsigned renew, uint64_t now, uint32_t random);
void		schedule_changed(struct schedule *, uint64_t now);

/* slow: for a reason that will hardly go away by itself (denied, refused, a wrong certificate). */
void		schedule_failed(struct schedule *, bool slow, uint64_t now, uint32_t random);

/* When to begin an attempt: also while one runs, when addresses have changed. SCHEDULE_NEVER: await its end. */
uint64_t	schedule_wake(const struct schedule *);

/* Does the last lease still run? */
bool		schedule_is_live(const struct schedule *, uint64_t now);

#endif
