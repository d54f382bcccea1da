/* SPDX-License-Identifier: ISC */
/*
 * The limiter: at most STRIKES_MAX failed logins a source in STRIKES_WINDOW, counted in the lease table, atomically.
 * A source is the peer's /32 or /64, and for IPv6 its /48 at ten times that. Peers behind which many sit (loopback
 * and other tunnels' ends) are counted per peer and account; who holds a key of the account, per account. At most
 * STRIKES_SOURCES are kept; the oldest go first.
 */
#ifndef DYNLEASE_STRIKES_H
#define DYNLEASE_STRIKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "clock.h"
#include "name.h"
#include "status.h"
#include "table.h"

#define STRIKES_MAX	3
#define STRIKES_WIDE	10			/* times STRIKES_MAX for a /48 */
#define STRIKES_WINDOW	(120 * CLOCK_SECOND)
#define STRIKES_SOURCES	50000

struct strike_source {
	uint8_t		key[32 + NAME_SIZE];
	size_t		len;
	unsigned	limit;
};

struct strike_sources {
	size_t			n;		/* 1, or 2 for IPv6 */
	struct strike_source	list[2];
};

/* The sources a login by account from peer is counted under; account: NULL unless shared peers are meant. Pure. */
void		strikes_sources(const struct address *peer, const char *account, struct strike_sources *);

/* That of an account whose key or certificate has passed, wherever it comes from: a neighbour is not charged. Pure. */
void		strikes_sources_account(const char *account, struct strike_sources *);

/*
 * A cheap check inside the transaction that reads and writes the strike, so that parallel guesses cannot outrun the
 * count. matches(arg) is called at most once, and not at all when the source is full (ST_LIMITED, or ST_BUSY as
 * below). ST_OK: it matched, nothing was charged. ST_DENIED: it did not, one strike more.
 */
enum status	strikes_judge(struct table *, const struct strike_sources *, uint64_t now,
		    bool (*matches)(void *), void *arg);

/*
 * A costly check: charge first, check outside of any transaction, then settle. strikes_charge(): ST_LIMITED: full of
 * failures; ST_BUSY: full, but only with the charges of checks that are under way (wait a little and come again).
 */
enum status	strikes_charge(struct table *, const struct strike_sources *, uint64_t now);
enum status	strikes_settle(struct table *, const struct strike_sources *, uint64_t now, bool failed);

#endif
