/* SPDX-License-Identifier: ISC */
/*
 * The reaper's side of the table: what is to be published, and for whom. Looking is done in read transactions, which
 * nobody can hold up; moving and settling in short write transactions with pauses between them, so that a
 * thousand hosts that fall silent at once do not keep one that renews waiting.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "table_store.h"

#define MOVE_MOST	50	/* hosts in one write transaction: about a millisecond */
#define SETTLE_MOST	200	/* the same for settling, which is less work */
#define CHANGED_VALUE	16
#define PENDING_KEY	(PUBLISHER_SIZE + NAME_SIZE)

/* A key of `changed` or the end of one of `pending`: a host's name, not terminated. */
static bool
host_of(const void *bytes, size_t len, char host[NAME_SIZE])
{
	return name_parse(bytes, len, host) == ST_OK;
}

static void
add(struct store_txn *txn, struct work *work, const char *host, uint64_t generation)
{
	if (work_add(work, host, generation) != ST_OK)
		txn->st = ST_NOMEM;
}

/* --- looking --- */

static void
look_due(struct store_txn *txn, uint64_t now, struct work *work, uint64_t *next)
{
	struct store_cursor cursor;
	char host[NAME_SIZE];
	uint8_t family;
	bool more;

	for (more = store_walk(txn, DB_DUE, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor)) {
		const uint8_t *key = cursor.key.data;

		if (cursor.key.size <= 8 || lease_decode_key(key + 8, cursor.key.size - 8, host, &family) != ST_OK) {
			txn->st = ST_DAMAGED;
			break;
		}
		if (big64_get(key) > now) {
			if (big64_get(key) < *next)
				*next = big64_get(key);
			break;
		}
		add(txn, work, host, 0);
	}
	store_walk_end(&cursor);
}

static void
look_changed(struct store_txn *txn, uint64_t now, size_t most, struct work *work, uint64_t *next)
{
	struct store_cursor cursor;
	char host[NAME_SIZE];
	bool more;

	for (more = store_walk(txn, DB_CHANGED, store_bytes(NULL, 0), &cursor); more && most > 0;
	    more = store_walk_next(&cursor)) {
		const uint8_t *value = cursor.value.data;

		if (cursor.value.size != CHANGED_VALUE || !host_of(cursor.key.data, cursor.key.size, host)) {
			txn->st = ST_DAMAGED;
			break;
		}
		if (big64_get(value + 8) <= now) {
			add(txn, work, host, big64_get(value));
			most--;
		} else if (big64_get(value + 8) < *next)
			*next = big64_get(value + 8);
	}
	store_walk_end(&cursor);
}

enum status
table_look(struct table *table, uint64_t now, struct work *work, uint64_t *next)
{
	struct store_txn txn;

	*next = UINT64_MAX;
	store_read(table->store, &txn);
	look_due(&txn, now, work, next);
	look_changed(&txn, now, SIZE_MAX, work, next);
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
		if (cursor.value.size != 8 || !host_of(at + head, cursor.key.size - head, host)) {
			txn.st = ST_DAMAGED;
			break;
		}
		add(&txn, work, host, big64_get(cursor.value.data));
	}
	store_walk_end(&cursor);
	store_cancel(&txn);
	work_tidy(work);
	return txn.st;
}

/* --- moving --- */

static void
put_pending(struct store_txn *txn, const char *const *publishers, const char *host, uint64_t generation)
{
	char key[PENDING_KEY];
	uint8_t value[8];

	big64_put(value, generation);
	for (; *publishers != NULL; publishers++)
		store_put(txn, DB_PENDING, store_bytes(key, pending_key(*publishers, host, key)),
		    store_bytes(value, sizeof(value)));
}

/* The first lease that is over, by the due index; its lease ends and its place in the index goes. */
static bool
move_due(struct store_txn *txn, const char *const *publishers, uint64_t now)
{
	struct store_cursor cursor;
	char host[NAME_SIZE];
	uint8_t family, key[DUE_KEY];
	size_t len = 0;
	struct lease old, next;

	if (store_walk(txn, DB_DUE, store_bytes(NULL, 0), &cursor) && cursor.key.size <= sizeof(key)) {
		len = cursor.key.size;
		memcpy(key, cursor.key.data, len);
	}
	store_walk_end(&cursor);
	if (len <= 8 || big64_get(key) > now)
		return false;
	if (lease_decode_key(key + 8, len - 8, host, &family) != ST_OK) {
		txn->st = ST_DAMAGED;
		return false;
	}
	if (lease_read(txn, host, family, &old) == ST_OK) {
		next = old;
		lease_end(&next, now);
		lease_write(txn, &old, &next);
	}
	store_del(txn, DB_DUE, store_bytes(key, len));
	put_pending(txn, publishers, host, meta_count(txn, "generation"));
	return txn->st == ST_OK;
}

/* Move at most so many; the number moved. */
static size_t
move_changed(struct store_txn *txn, const char *const *publishers, uint64_t now, size_t most)
{
	struct work ripe = { 0 };
	uint64_t next = UINT64_MAX;
	size_t n;

	look_changed(txn, now, most, &ripe, &next);
	for (n = 0; n < ripe.n; n++) {
		put_pending(txn, publishers, ripe.hosts[n].name, ripe.hosts[n].generation);
		store_del(txn, DB_CHANGED, text_value(ripe.hosts[n].name));
	}
	work_free(&ripe);
	return n;
}

enum status
table_move(struct table *table, const char *const *publishers, uint64_t now, int wait_ms, bool *more)
{
	struct store_txn txn;
	size_t left = MOVE_MOST;

	store_write(table->store, wait_ms, &txn);
	while (left > 0 && move_due(&txn, publishers, now))
		left--;
	left -= move_changed(&txn, publishers, now, left);
	*more = left == 0;
	meta_put(&txn, "alive", now);
	return store_end(&txn);
}

void
table_pause(void)
{
	const struct timespec millisecond = { 0, 1000000 };

	nanosleep(&millisecond, NULL);
}

/* Drop the entries from `from` on, a bounded number, whose generation is still the one that was published. */
static enum status
settle_some(struct table *table, const char *publisher, const struct work *work, size_t from, int wait_ms)
{
	const size_t end = work->n - from > SETTLE_MOST ? from + SETTLE_MOST : work->n;
	struct store_value value;
	struct store_txn txn;
	char key[PENDING_KEY];

	store_write(table->store, wait_ms, &txn);
	for (size_t i = from; i < end; i++) {
		const struct store_value k = store_bytes(key, pending_key(publisher, work->hosts[i].name, key));

		if (store_get(&txn, DB_PENDING, k, &value) == ST_OK && value.size == 8 &&
		    big64_get(value.data) == work->hosts[i].generation)
			store_del(&txn, DB_PENDING, k);
	}
	return store_end(&txn);
}

enum status
table_settle(struct table *table, const char *publisher, const struct work *work, int wait_ms)
{
	enum status st = ST_OK;

	for (size_t from = 0; from < work->n && st == ST_OK; from += SETTLE_MOST) {
		if (from > 0)
			table_pause();
		st = settle_some(table, publisher, work, from, wait_ms);
	}
	return st;
}

/* --- what is remembered of a publisher: six numbers, big endian, then why, not terminated --- */

#define STATE_FIXED	48
#define STATE_KEY	(sizeof("publisher ") + PUBLISHER_SIZE)

static struct store_value
state_key(const char *publisher, char key[STATE_KEY])
{
	return store_bytes(key, (size_t)snprintf(key, STATE_KEY, "publisher %s", publisher));
}

enum status
table_publisher_get(struct table *table, const char *publisher, struct publisher_state *state)
{
	struct store_value value;
	struct store_txn txn;
	char key[STATE_KEY];
	const uint8_t *at;

	memset(state, 0, sizeof(*state));
	store_read(table->store, &txn);
	if (store_get(&txn, DB_META, state_key(publisher, key), &value) == ST_OK && value.size >= STATE_FIXED &&
	    value.size - STATE_FIXED < sizeof(state->why)) {
		at = value.data;
		state->verified = big64_get(at);
		state->failing_since = big64_get(at + 8);
		state->retry_at = big64_get(at + 16);
		state->reconciled = big64_get(at + 24);
		state->failures = (uint32_t)big64_get(at + 32);
		state->slowest = big64_get(at + 40);
		memcpy(state->why, at + STATE_FIXED, value.size - STATE_FIXED);
	}
	store_cancel(&txn);
	return txn.st;
}

enum status
table_publisher_put(struct table *table, const char *publisher, const struct publisher_state *state, int wait_ms)
{
	uint8_t value[STATE_FIXED + PUBLISHER_WHY];
	const size_t why = strnlen(state->why, sizeof(state->why) - 1);
	struct store_txn txn;
	char key[STATE_KEY];

	big64_put(value, state->verified);
	big64_put(value + 8, state->failing_since);
	big64_put(value + 16, state->retry_at);
	big64_put(value + 24, state->reconciled);
	big64_put(value + 32, state->failures);
	big64_put(value + 40, state->slowest);
	memcpy(value + STATE_FIXED, state->why, why);
	store_write(table->store, wait_ms, &txn);
	store_put(&txn, DB_META, state_key(publisher, key), store_bytes(value, STATE_FIXED + why));
	return store_end(&txn);
}

void
table_reap_readers(struct table *table)
{
	store_reap_readers(table->store);
}
