/* SPDX-License-Identifier: ISC */
/*
 * The reaper's side of the table: what is to be published, and for whom. Looking is done in read transactions, which
 * nobody can hold up; moving in short write transactions, so that a thousand hosts that fall silent at once do not keep
 * one that renews waiting.
 */
#include <stdint.h>
#include <string.h>

#include "log.h"
#include "table_store.h"

#define PENDING_KEY	(PUBLISHER_SIZE + NAME_SIZE)
#define HORIZON		16	/* bytes of a value of `changed` or `pending`: generation, time, big endian */

/* A key of `changed` or the end of one of `pending`: a host's name, not terminated. */
static bool
host_of(const void *bytes, size_t len, char host[NAME_SIZE])
{
	return name_parse(bytes, len, host) == ST_OK;
}

static void
add(struct store_txn *txn, struct work *work, const char *host)
{
	if (work_add(work, host, 0) != ST_OK)
		txn->st = ST_NOMEM;
}

/* --- looking --- */

/*
 * A place in the index that no lease has would be seen for ever, as moving its host would not remove it: the two always
 * agree, or the table is damaged.
 */
static void
take_due(struct store_txn *txn, const struct store_cursor *cursor, struct work *work)
{
	const uint8_t *key = cursor->key.data;
	char host[NAME_SIZE];
	struct lease lease;
	uint8_t family;

	if (lease_decode_key(key + 8, cursor->key.size - 8, host, &family) != ST_OK ||
	    lease_read(txn, host, family, &lease) != ST_OK || (lease.flags & LEASE_LIVE) == 0 ||
	    lease.deadline != big64_get(key))
		txn->st = ST_DAMAGED;
	else
		add(txn, work, host);
}

static void
look_due(struct store_txn *txn, uint64_t now, struct work *work, uint64_t *next)
{
	struct store_cursor cursor;
	bool more;

	for (more = store_walk(txn, DB_DUE, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor)) {
		if (cursor.key.size <= 8)
			txn->st = ST_DAMAGED;
		else if (big64_get(cursor.key.data) <= now)
			take_due(txn, &cursor, work);
		else {
			*next = big64_get(cursor.key.data);
			break;
		}
	}
	store_walk_end(&cursor);
}

static void
look_changed(struct store_txn *txn, uint64_t now, struct work *work, uint64_t *next)
{
	struct store_cursor cursor;
	char host[NAME_SIZE];
	bool more;

	for (more = store_walk(txn, DB_CHANGED, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor)) {
		const uint8_t *value = cursor.value.data;

		if (cursor.value.size != HORIZON || !host_of(cursor.key.data, cursor.key.size, host))
			txn->st = ST_DAMAGED;
		else if (big64_get(value + 8) <= now)
			add(txn, work, host);
		else if (big64_get(value + 8) < *next)
			*next = big64_get(value + 8);
	}
	store_walk_end(&cursor);
}

enum status
table_look(struct table *table, uint64_t now, struct work *work, struct horizon *seen, uint64_t *next)
{
	struct store_txn txn;

	*next = UINT64_MAX;
	store_read(table->store, &txn);
	*seen = (struct horizon){ .generation = meta_get(&txn, "generation"), .now = now };
	look_due(&txn, now, work, next);
	look_changed(&txn, now, work, next);
	store_cancel(&txn);
	work_tidy(work);
	return txn.st;
}

static size_t
pending_key(const char *publisher, const char *host, char key[PENDING_KEY])
{
	const size_t head = strlen(publisher) + 1, tail = strlen(host);

	memcpy(key, publisher, head);
	memcpy(key + head, host, tail);
	return head + tail;
}

enum status
table_look_pending(struct table *table, const char *publisher, struct work *work)
{
	char key[PENDING_KEY], host[NAME_SIZE];
	const size_t head = pending_key(publisher, "", key);
	struct store_cursor cursor;
	struct store_txn txn;
	bool more;

	store_read(table->store, &txn);
	for (more = store_walk(&txn, DB_PENDING, store_bytes(key, head), &cursor); more;
	    more = store_walk_next(&cursor)) {
		const char *at = cursor.key.data;

		if (cursor.key.size < head || memcmp(at, key, head) != 0)
			break;
		if (cursor.value.size != HORIZON || !host_of(at + head, cursor.key.size - head, host))
			txn.st = ST_DAMAGED;
		else
			add(&txn, work, host);
	}
	store_walk_end(&cursor);
	store_cancel(&txn);
	work_tidy(work);
	return txn.st;
}

/* --- moving --- */

/* Has somebody who sees as far as `seen` seen this, too? */
static bool
is_within(const struct horizon *what, const struct horizon *seen)
{
	return what->generation <= seen->generation && what->now <= seen->now;
}

static bool
get_horizon(struct store_txn *txn, unsigned db, struct store_value key, struct horizon *horizon)
{
	struct store_value value;

	if (store_get(txn, db, key, &value) != ST_OK || value.size != HORIZON)
		return false;
	*horizon = (struct horizon){ big64_get(value.data), big64_get((const uint8_t *)value.data + 8) };
	return true;
}

/*
 * The host's leases that are over end, and it is not `changed` any more, as far as was seen. *since: what must be shown
 * to show that. False: there was nothing.
 */
static bool
take_host(struct store_txn *txn, const char *host, const struct horizon *seen, struct horizon *since)
{
	static const uint8_t families[] = { 4, 6 };
	struct horizon changed;
	struct lease old, next;

	*since = (struct horizon){ 0 };
	for (size_t i = 0; i < sizeof(families); i++) {
		if (lease_read(txn, host, families[i], &old) != ST_OK || (old.flags & LEASE_LIVE) == 0 ||
		    old.deadline > seen->now)
			continue;
		next = old;
		lease_end(&next, seen->now);
		lease_write(txn, &old, &next);
		if (old.deadline > since->now)
			since->now = old.deadline;
	}
	if (get_horizon(txn, DB_CHANGED, text_value(host), &changed) && is_within(&changed, seen)) {
		since->generation = changed.generation;
		store_del(txn, DB_CHANGED, text_value(host));
	}
	return since->now != 0 || since->generation != 0;
}

/* What was to be shown already still is. */
static void
put_pending(struct store_txn *txn, const char *publisher, const char *host, const struct horizon *since)
{
	char key[PENDING_KEY];
	const struct store_value k = store_bytes(key, pending_key(publisher, host, key));
	struct horizon pending, all = *since;
	uint8_t value[HORIZON];

	if (get_horizon(txn, DB_PENDING, k, &pending)) {
		if (pending.generation > all.generation)
			all.generation = pending.generation;
		if (pending.now > all.now)
			all.now = pending.now;
	}
	big64_put(value, all.generation);
	big64_put(value + 8, all.now);
	store_put(txn, DB_PENDING, k, store_bytes(value, sizeof(value)));
}

static void
settle(struct store_txn *txn, const char *publisher, const char *host, const struct horizon *seen)
{
	char key[PENDING_KEY];
	const struct store_value k = store_bytes(key, pending_key(publisher, host, key));
	struct horizon pending;

	if (get_horizon(txn, DB_PENDING, k, &pending) && is_within(&pending, seen))
		store_del(txn, DB_PENDING, k);
}

static void
move_host(struct store_txn *txn, const struct table_move *move, const char *host)
{
	struct horizon since;

	if (take_host(txn, host, &move->seen, &since)) {
		for (const char *const *p = move->publishers; *p != NULL; p++)
			if (move->shown_by == NULL || strcmp(*p, move->shown_by) != 0)
				put_pending(txn, *p, host, &since);
		add(txn, move->moved, host);
	}
	if (move->shown_by != NULL)
		settle(txn, move->shown_by, host, &move->seen);
}

enum status
table_move(struct table *table, const struct table_move *move, const struct work_host *hosts, size_t n, int wait_ms)
{
	const size_t moved = move->moved->n;
	struct store_txn txn;

	store_write(table->store, wait_ms, &txn);
	for (size_t i = 0; i < n && txn.st == ST_OK; i++)
		move_host(&txn, move, hosts[i].name);
	if (store_end(&txn) != ST_OK)
		move->moved->n = moved;
	return txn.st;
}

enum status
table_alive(struct table *table, uint64_t now, int wait_ms)
{
	struct store_txn txn;

	store_write(table->store, wait_ms, &txn);
	meta_put(&txn, "alive", now);
	return store_end(&txn);
}

void
table_reap_readers(struct table *table)
{
	store_reap_readers(table->store);
}
