/* SPDX-License-Identifier: ISC */
/*
 * The table as a whole, in one read transaction: how much there is, and whether what must agree does.
 */
#include <stdio.h>
#include <string.h>

#include "table_store.h"

struct check {
	struct store_txn	 txn;
	struct table_summary	*sum;
	void			(*fault)(void *, const char *);
	void			*arg;
};

static void
complain(struct check *check, const char *what, const char *host)
{
	char line[NAME_SIZE + 100];

	check->sum->faults++;
	snprintf(line, sizeof(line), "%s: %s", host, what);
	if (check->fault != NULL)
		check->fault(check->arg, line);
}

/* Each record decodes, and a live one has its place in the due index. */
static void
check_leases(struct check *check, uint64_t now)
{
	struct store_cursor cursor;
	struct store_value none;
	struct lease lease;
	uint8_t key[DUE_KEY];
	bool more;

	for (more = store_walk(&check->txn, DB_LEASE, store_bytes(NULL, 0), &cursor); more;
	    more = store_walk_next(&cursor)) {
		check->sum->leases++;
		if (lease_decode(cursor.key.data, cursor.key.size, cursor.value.data, cursor.value.size,
		    &lease) != ST_OK) {
			complain(check, "this record does not decode", lease.host);
			continue;
		}
		if (lease_is_live(&lease, now))
			check->sum->live++;
		if ((lease.flags & LEASE_LIVE) != 0 && store_get(&check->txn, DB_DUE, store_bytes(key,
		    due_key(lease.deadline, lease.host, lease.address.family, key)), &none) != ST_OK)
			complain(check, "live, but not in the index of deadlines", lease.host);
	}
	store_walk_end(&cursor);
}

/* Each place in the due index is that of a live lease with this deadline. */
static void
check_due(struct check *check)
{
	struct store_cursor cursor;
	char host[NAME_SIZE];
	struct lease lease;
	uint8_t family;
	bool more;

	for (more = store_walk(&check->txn, DB_DUE, store_bytes(NULL, 0), &cursor); more;
	    more = store_walk_next(&cursor)) {
		const uint8_t *key = cursor.key.data;

		check->sum->due++;
		if (cursor.key.size <= 8 || lease_decode_key(key + 8, cursor.key.size - 8, host, &family) != ST_OK)
			complain(check, "this deadline does not decode", "?");
		else if (lease_read(&check->txn, host, family, &lease) != ST_OK ||
		    (lease.flags & LEASE_LIVE) == 0 || lease.deadline != big64_get(key))
			complain(check, "in the index of deadlines, but not live until then", host);
		if (check->txn.st == ST_DAMAGED)
			check->txn.st = ST_OK;	/* complained of; the walk goes on */
	}
	store_walk_end(&cursor);
}

enum status
table_check(struct table *table, uint64_t now, void (*fault)(void *, const char *), void *arg,
    struct table_summary *sum)
{
	struct check check = { .sum = sum, .fault = fault, .arg = arg };

	memset(sum, 0, sizeof(*sum));
	store_read(table->store, &check.txn);
	check_leases(&check, now);
	check_due(&check);
	sum->changed = store_count(&check.txn, DB_CHANGED);
	sum->pending = store_count(&check.txn, DB_PENDING);
	sum->strikes = store_count(&check.txn, DB_STRIKE);
	if (sum->strikes != store_count(&check.txn, DB_AGING))
		complain(&check, "the index by age has another number of entries", "limiter");
	sum->alive = meta_get(&check.txn, "alive");
	sum->renewals = meta_get(&check.txn, "renewals");
	sum->generation = meta_get(&check.txn, "generation");
	store_sizes(table->store, &sum->map, &sum->used);
	store_cancel(&check.txn);
	return check.txn.st;
}

size_t
table_count(struct table *table)
{
	struct store_txn txn;
	size_t n;

	store_read(table->store, &txn);
	n = store_count(&txn, DB_LEASE);
	store_cancel(&txn);
	return n;
}
