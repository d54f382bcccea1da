/* SPDX-License-Identifier: ISC */
/*
 * What the table remembers of a publisher: seven numbers, big endian, then why, not terminated.
 */
#include <stdio.h>
#include <string.h>

#include "table_store.h"

#define STATE_FIXED	56
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
		state->looked = big64_get(at + 48);
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
	big64_put(value + 48, state->looked);
	memcpy(value + STATE_FIXED, state->why, why);
	store_write(table->store, wait_ms, &txn);
	store_put(&txn, DB_META, state_key(publisher, key), store_bytes(value, STATE_FIXED + why));
	return store_end(&txn);
}
