/* SPDX-License-Identifier: ISC */
/*
 * The lease table: the waist between what faces the network and what talks to the world. One shared store on tmpfs
 * that dies with the machine. All times are CLOCK_BOOTTIME nanoseconds and come from the caller.
 *
 *	lease    host NUL family -> record (lease.h)		the truth
 *	due      deadline (big endian) host NUL family -> ""	what ends first is first
 *	changed  host -> generation, publish_at			must be published
 *	pending  publisher NUL host -> horizon			must be published there, as of that at least
 *	strike   source -> failures, charges, window start	the limiter
 *	aging    window start (big endian) source -> ""		oldest strikes first
 *	revoked  account -> epoch				authenticated before that: no lease
 *	meta     format, boot id, counters, alive; a record for each publisher
 *
 * In the run directory (2770, group dynlease): table/ with the store and its locks, reaper.lock, wake.
 * Only the reaper makes or resets the table. Lease and due always agree: every transaction moves both.
 */
#ifndef DYNLEASE_TABLE_H
#define DYNLEASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lease.h"
#include "status.h"
#include "work.h"

#define TABLE_WAIT_FOREVER	(-1)	/* for callers that have an alarm of their own */
#define PUBLISHER_SIZE		(32 + NAME_SIZE)	/* "kind zone" and the NUL */
#define PUBLISHER_WHY		200			/* an error in one line, with the NUL */

struct table;

/* --- opening (table.c, table_make.c) --- */

/*
 * Open what a reaper has made. ST_NOTFOUND: no table; ST_STALE: of another boot; ST_DAMAGED: of another format or
 * not a table at all. Helpers and admin; they never create anything.
 */
enum status	table_open(const char *rundir, struct table **);

/*
 * The reaper's: open, or make, or empty one of another boot in one transaction, or set a foreign one aside and make
 * a new one. group owns the files; records: how many leases there may be, for the size of the map.
 */
enum status	table_open_or_make(const char *rundir, gid_t group, size_t records, struct table **);
void		table_close(struct table *);

/*
 * Put a fresh table in the place of the one that is there; carry: take over all that can be read of it. The old one
 * stays beside it as table.aside until the next time. Nobody may have it open in this process.
 */
enum status	table_set_aside(const char *rundir, gid_t group, size_t records, bool carry);

/* Is the opened table still the one under its path? Asked between a commit and its acknowledgement. */
bool		table_is_current(const struct table *);

/* Touch the wake file. Errors do not matter: the timer is the backstop. */
void		table_wake(const struct table *);

/* --- leases (table_lease.c) --- */

struct table_grant {
	struct lease	lease;		/* as it stands now */
	bool		changed;	/* something must be published: wake the reaper */
};

/*
 * Renew want->host for want->address, or lease it anew, in one transaction; rules in lease_decide(). patience:
 * settings_patience(). ST_DENIED: want->account was revoked after it authenticated (epoch). ST_NOREAPER,
 * ST_SUPERSEDED, ST_STALE, ST_FULL, ST_BUSY: nothing changed.
 */
enum status	table_renew(struct table *, const struct lease *want, uint64_t patience, uint64_t now,
		    struct table_grant *);

/* End the host's leases of both families now. *changed: there was one. ST_DENIED as above. */
enum status	table_release(struct table *, const char *host, const char *account, uint64_t epoch, uint64_t now,
		    bool *changed);

/* One lease, live or not. ST_NOTFOUND. */
enum status	table_get(struct table *, const char *host, uint8_t family, struct lease *);

/*
 * Shut an account out: what authenticated with an epoch below this one leases nothing any more, and its leases end now;
 * *ended is how many hosts were live. Leases of this epoch go on, so it can be done again. All of it is published.
 * ST_BUSY, also of the next two: nothing changed, or in a table that was set aside meanwhile: open anew and do it again.
 */
enum status	table_revoke(struct table *, const char *account, uint64_t epoch, uint64_t now, size_t *ended);

/* The same for many accounts, in one transaction. The list is tidy. */
enum status	table_revoke_all(struct table *, const struct work *accounts, uint64_t epoch, uint64_t now,
		    size_t *ended);

/* A host was added or changed in the accounts: have it published as it now stands. Deleted: drop its records, too. */
enum status	table_touch(struct table *, const char *host);
enum status	table_forget(struct table *, const char *host);

/* Every lease in order of host and family; each() returning anything but ST_OK ends it with that. */
enum status	table_each_lease(struct table *, enum status (*each)(void *, const struct lease *), void *);

/* --- the reaper's work (table_work.c) --- */

/* How far something has been seen: every change up to a generation, every deadline up to a time. */
struct horizon {
	uint64_t	generation;
	uint64_t	now;
};

/*
 * Look, in a read transaction, so that no stopped writer can hold it up. Adds to the list the hosts with a lease that is
 * over, and those changed and due for publication, that nobody has moved yet. *seen: what is read from the table from
 * now on is at least as of that. *next: when there will be more (UINT64_MAX: nothing in sight).
 */
enum status	table_look(struct table *, uint64_t now, struct work *, struct horizon *seen, uint64_t *next);

/* Adds the hosts that are pending for this publisher. */
enum status	table_look_pending(struct table *, const char *publisher, struct work *);

/* Tell the helpers that a reaper is at work. wait_ms, here and below, bounds the wait for the writer's lock. */
enum status	table_alive(struct table *, uint64_t now, int wait_ms);

/* The reaper moves hosts that it has looked at. */
struct table_move {
	const char *const	*publishers;	/* all of them, NULL-terminated */
	const char		*shown_by;	/* the one that shows these hosts already; NULL: none */
	struct horizon		 seen;		/* as of then */
	struct work		*moved;		/* gets those of them whose lease was over, or that had changed */
};

/*
 * Their leases that are over end, `changed` forgets them, and both is pending for every publisher but the one that
 * shows it; of what was pending for that one, all that was seen is settled. One transaction of about a millisecond for
 * at most TABLE_MOVE_MOST hosts; leave others a moment to write before the next.
 */
#define TABLE_MOVE_MOST	50
enum status	table_move(struct table *, const struct table_move *, const struct work_host *, size_t n, int wait_ms);

/* Give back the slots of readers that were killed. */
void		table_reap_readers(struct table *);

/* --- what is remembered of a publisher (table_publisher.c); zeroed when there is nothing --- */

struct publisher_state {
	uint64_t	verified;	/* last time the place showed all it was asked for; 0: never in this table */
	uint64_t	looked;		/* last time it was there, whether or not it was asked for anything; 0: the same */
	uint64_t	failing_since;	/* 0: it is not */
	uint64_t	retry_at;	/* not before, while failing */
	uint64_t	reconciled;	/* last time all was compared; 0: never in this table */
	uint64_t	slowest;	/* nanoseconds that it took to show a change, at most so far; 0: not known */
	uint32_t	failures;	/* in a row */
	char		why[PUBLISHER_WHY];
};
enum status	table_publisher_get(struct table *, const char *publisher, struct publisher_state *);
enum status	table_publisher_put(struct table *, const char *publisher, const struct publisher_state *, int wait_ms);

/* --- the whole (table_check.c) --- */

struct table_summary {
	size_t		leases, live, due, changed, pending, strikes;
	uint64_t	alive;		/* 0: never */
	uint64_t	renewals;	/* that changed nothing, since the table was made */
	uint64_t	generation;
	size_t		map, used;	/* bytes */
	size_t		faults;		/* where an index disagrees, or a record does not decode */
};

/* How many leases there are, live or not; 0 when it cannot be told. Costs the same for any number. */
size_t		table_count(struct table *);

/* Walk everything in one read transaction; fault, if not NULL, is called with a line for each. */
enum status	table_check(struct table *, uint64_t now, void (*fault)(void *, const char *), void *,
		    struct table_summary *);

#endif
