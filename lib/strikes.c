/* SPDX-License-Identifier: ISC */
/*
 * The limiter's counting, in the lease table. A source's record is failures and charges (4 bytes each) and the start
 * of its window (8), big endian; `aging` has one entry for each, so that the oldest can be found.
 */
#include "strikes.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "table_store.h"

#define STRIKE_VALUE	16
#define AGING_KEY	(8 + sizeof(((struct strike_source *)0)->key))

struct strike {
	uint32_t	failures;
	uint32_t	charges;	/* checks under way; of a helper that died in one, until the window ends */
	uint64_t	start;
};

static void
add_source(struct strike_sources *sources, const struct network *net, const char *account, unsigned limit)
{
	struct strike_source *source = &sources->list[sources->n++];
	char text[NETWORK_TEXT];

	source->limit = limit;
	source->len = (size_t)snprintf((char *)source->key, sizeof(source->key), "%s%s%s", network_text(net, text),
	    account != NULL ? " " : "", account != NULL ? account : "");
}

void
strikes_sources(const struct address *peer, const char *account, struct strike_sources *sources)
{
	struct network net;

	memset(sources, 0, sizeof(*sources));
	network_around(peer, peer->family == 6 ? 64 : 32, &net);
	add_source(sources, &net, account, STRIKES_MAX);
	if (peer->family != 6 || account != NULL)
		return;
	network_around(peer, 48, &net);
	add_source(sources, &net, NULL, STRIKES_MAX * STRIKES_WIDE);
}

/* "@" stands in no network's text. */
void
strikes_sources_account(const char *account, struct strike_sources *sources)
{
	struct strike_source *source = &sources->list[0];

	memset(sources, 0, sizeof(*sources));
	sources->n = 1;
	source->limit = STRIKES_MAX;
	source->len = (size_t)snprintf((char *)source->key, sizeof(source->key), "@%s", account);
}

static struct store_value
source_key(const struct strike_source *source)
{
	return store_bytes(source->key, source->len);
}

static struct store_value
aging_key(const struct strike_source *source, uint64_t start, uint8_t key[AGING_KEY])
{
	big64_put(key, start);
	memcpy(key + 8, source->key, source->len);
	return store_bytes(key, 8 + source->len);
}

/* A window that is over counts for nothing. */
static void
strike_read(struct store_txn *txn, const struct strike_source *source, uint64_t now, struct strike *strike)
{
	struct store_value value;
	uint32_t number[2];

	*strike = (struct strike){ .start = now };
	if (store_get(txn, DB_STRIKE, source_key(source), &value) != ST_OK || value.size != STRIKE_VALUE)
		return;
	if (big64_get((const uint8_t *)value.data + 8) + STRIKES_WINDOW <= now)
		return;
	memcpy(number, value.data, sizeof(number));
	strike->failures = be32toh(number[0]);
	strike->charges = be32toh(number[1]);
	strike->start = big64_get((const uint8_t *)value.data + 8);
}

static void
strike_remove(struct store_txn *txn, const struct strike_source *source)
{
	struct store_value value;
	uint8_t aging[AGING_KEY];

	if (store_get(txn, DB_STRIKE, source_key(source), &value) != ST_OK || value.size != STRIKE_VALUE)
		return;
	store_del(txn, DB_AGING, aging_key(source, big64_get((const uint8_t *)value.data + 8), aging));
	store_del(txn, DB_STRIKE, source_key(source));
}

/* Make room: drop what is over, at most two, and the oldest when there are too many. */
static void
evict(struct store_txn *txn, uint64_t now)
{
	struct strike_source oldest;
	struct store_cursor cursor;

	for (int i = 0; i < 2; i++) {
		oldest.len = 0;
		if (store_walk(txn, DB_AGING, store_bytes(NULL, 0), &cursor) && cursor.key.size > 8 &&
		    cursor.key.size <= AGING_KEY && (store_count(txn, DB_STRIKE) >= STRIKES_SOURCES ||
		    big64_get(cursor.key.data) + STRIKES_WINDOW <= now)) {
			oldest.len = cursor.key.size - 8;
			memcpy(oldest.key, (const uint8_t *)cursor.key.data + 8, oldest.len);
		}
		store_walk_end(&cursor);
		if (oldest.len == 0)
			return;
		strike_remove(txn, &oldest);
	}
}

static void
strike_write(struct store_txn *txn, const struct strike_source *source, const struct strike *strike)
{
	const uint32_t number[2] = { htobe32(strike->failures), htobe32(strike->charges) };
	uint8_t value[STRIKE_VALUE], aging[AGING_KEY];

	strike_remove(txn, source);
	if (strike->failures == 0 && strike->charges == 0)
		return;
	memcpy(value, number, sizeof(number));
	big64_put(value + 8, strike->start);
	store_put(txn, DB_STRIKE, source_key(source), store_bytes(value, sizeof(value)));
	store_put(txn, DB_AGING, aging_key(source, strike->start, aging), store_bytes("", 0));
}

/* ST_LIMITED: one is full of failures. ST_BUSY: one is full together with its charges. */
static enum status
judge_sources(struct store_txn *txn, const struct strike_sources *sources, uint64_t now)
{
	enum status st = ST_OK;
	struct strike strike;

	for (size_t i = 0; i < sources->n; i++) {
		strike_read(txn, &sources->list[i], now, &strike);
		if (strike.failures >= sources->list[i].limit)
			return ST_LIMITED;
		if (strike.failures + strike.charges >= sources->list[i].limit)
			st = ST_BUSY;
	}
	return txn->st != ST_OK ? txn->st : st;
}

static void
count(struct store_txn *txn, const struct strike_sources *sources, uint64_t now, int failures, int charges)
{
	struct strike strike;

	evict(txn, now);
	for (size_t i = 0; i < sources->n; i++) {
		strike_read(txn, &sources->list[i], now, &strike);
		strike.failures += (uint32_t)failures;
		if (charges > 0)
			strike.charges++;
		else if (charges < 0 && strike.charges > 0)
			strike.charges--;
		strike_write(txn, &sources->list[i], &strike);
	}
}

enum status
strikes_judge(struct table *table, const struct strike_sources *sources, uint64_t now, bool (*matches)(void *),
    void *arg)
{
	struct store_txn txn;
	enum status st;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	st = judge_sources(&txn, sources, now);
	if (st != ST_OK || matches(arg)) {
		store_cancel(&txn);
		return st;
	}
	count(&txn, sources, now, 1, 0);
	return (st = store_end(&txn)) == ST_OK ? ST_DENIED : st;
}

enum status
strikes_charge(struct table *table, const struct strike_sources *sources, uint64_t now)
{
	struct store_txn txn;
	enum status st;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	if ((st = judge_sources(&txn, sources, now)) != ST_OK) {
		store_cancel(&txn);
		return st;
	}
	count(&txn, sources, now, 0, 1);
	return store_end(&txn);
}

enum status
strikes_settle(struct table *table, const struct strike_sources *sources, uint64_t now, bool failed)
{
	struct store_txn txn;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	count(&txn, sources, now, failed ? 1 : 0, -1);
	return store_end(&txn);
}
