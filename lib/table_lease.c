/* SPDX-License-Identifier: ISC */
/*
 * Leases in the table: the transactions of helpers and of the admin. Each is short, does nothing but read and write the
 * store, and moves a lease together with its place in the due index.
 */
#include <string.h>

#include "log.h"
#include "table_store.h"

size_t
due_key(uint64_t deadline, const char *host, uint8_t family, uint8_t key[DUE_KEY])
{
	big64_put(key, deadline);
	return 8 + lease_key(host, family, key + 8);
}

enum status
lease_read(struct store_txn *txn, const char *host, uint8_t family, struct lease *lease)
{
	uint8_t key[LEASE_KEY];
	const size_t len = lease_key(host, family, key);
	struct store_value value;
	enum status st;

	if ((st = store_get(txn, DB_LEASE, store_bytes(key, len), &value)) != ST_OK)
		return st;
	if ((st = lease_decode(key, len, value.data, value.size, lease)) != ST_OK) {
		log_critical("the lease of %s does not decode", host);
		txn->st = st;
	}
	return st;
}

void
lease_write(struct store_txn *txn, const struct lease *old, const struct lease *lease)
{
	const uint8_t family = lease->address.family;
	uint8_t key[LEASE_KEY], due[DUE_KEY], record[LEASE_RECORD];
	size_t len;

	if (old != NULL && (old->flags & LEASE_LIVE) != 0) {
		len = due_key(old->deadline, lease->host, family, due);
		store_del(txn, DB_DUE, store_bytes(due, len));
	}
	if ((lease->flags & LEASE_LIVE) != 0) {
		len = due_key(lease->deadline, lease->host, family, due);
		store_put(txn, DB_DUE, store_bytes(due, len), store_bytes("", 0));
	}
	len = lease_key(lease->host, family, key);
	store_put(txn, DB_LEASE, store_bytes(key, len), store_bytes(record, lease_encode(lease, record)));
}

/* Value of `changed`: generation and publish_at, big endian. What waits already is not put off by what comes later. */
uint64_t
host_changed(struct store_txn *txn, const char *host, uint64_t publish_at)
{
	const uint64_t generation = meta_count(txn, "generation");
	struct store_value waiting;
	uint8_t value[16];

	if (store_get(txn, DB_CHANGED, text_value(host), &waiting) == ST_OK && waiting.size == sizeof(value) &&
	    big64_get((const uint8_t *)waiting.data + 8) < publish_at)
		publish_at = big64_get((const uint8_t *)waiting.data + 8);
	big64_put(value, generation);
	big64_put(value + 8, publish_at);
	store_put(txn, DB_CHANGED, text_value(host), store_bytes(value, sizeof(value)));
	return generation;
}

/* Was the account shut out after it authenticated? Asked in the transaction that would use the answer. */
static enum status
judge_epoch(struct store_txn *txn, const char *account, uint64_t epoch)
{
	struct store_value value;

	if (store_get(txn, DB_REVOKED, text_value(account), &value) != ST_OK)
		return txn->st;
	if (value.size != 8)
		return txn->st = ST_DAMAGED;
	return big64_get(value.data) > epoch ? ST_DENIED : ST_OK;
}

static bool
is_reaper_alive(struct store_txn *txn, uint64_t patience, uint64_t now)
{
	const uint64_t alive = meta_get(txn, "alive");

	return alive != 0 && now < alive + patience;
}

enum status
table_renew(struct table *table, const struct lease *want, uint64_t patience, uint64_t now, struct table_grant *grant)
{
	struct lease_verdict verdict;
	struct store_txn txn;
	struct lease old;
	bool known;
	enum status st;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	known = lease_read(&txn, want->host, want->address.family, &old) == ST_OK;
	if ((st = judge_epoch(&txn, want->account, want->epoch)) != ST_OK ||
	    (st = lease_decide(known ? &old : NULL, want, is_reaper_alive(&txn, patience, now), now,
	    &verdict)) != ST_OK) {
		store_cancel(&txn);
		return txn.st != ST_OK ? txn.st : st;
	}
	if (verdict.changed)
		verdict.next.generation = host_changed(&txn, want->host, verdict.publish_at);
	else
		meta_count(&txn, "renewals");
	lease_write(&txn, known ? &old : NULL, &verdict.next);
	if ((st = store_end(&txn)) != ST_OK)
		return st;
	*grant = (struct table_grant){ .lease = verdict.next, .changed = verdict.changed };
	return ST_OK;
}

/* End one lease if it is there and live. proved: nothing that was proved earlier may bring it back. */
static bool
end_lease(struct store_txn *txn, const char *host, uint8_t family, uint64_t proved, uint64_t now)
{
	struct lease old, next;

	if (lease_read(txn, host, family, &old) != ST_OK)
		return false;
	next = old;
	if (next.proved < proved)
		next.proved = proved;
	if ((old.flags & LEASE_LIVE) != 0)
		lease_end(&next, now);
	lease_write(txn, &old, &next);
	return (old.flags & LEASE_LIVE) != 0;
}

static bool
end_both(struct store_txn *txn, const char *host, uint64_t proved, uint64_t now)
{
	const bool four = end_lease(txn, host, 4, proved, now);
	const bool six = end_lease(txn, host, 6, proved, now);

	if (four || six)
		host_changed(txn, host, 0);	/* a withdrawal is never held back */
	return four || six;
}

enum status
table_release(struct table *table, const char *host, const char *account, uint64_t epoch, uint64_t now, bool *changed)
{
	struct store_txn txn;
	bool ended = false;
	enum status st;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	if ((st = judge_epoch(&txn, account, epoch)) != ST_OK) {
		store_cancel(&txn);
		return st;
	}
	ended = end_both(&txn, host, now, now);
	if ((st = store_end(&txn)) == ST_OK)
		*changed = ended;
	return st;
}

enum status
table_get(struct table *table, const char *host, uint8_t family, struct lease *lease)
{
	struct store_txn txn;
	enum status st;

	store_read(table->store, &txn);
	st = lease_read(&txn, host, family, lease);
	store_cancel(&txn);
	return txn.st != ST_OK ? txn.st : st;
}

/*
 * The names of the accounts' hosts that were leased with an older epoch are copied first: a transaction's memory may
 * move with each write.
 */
static void
hosts_before(struct store_txn *txn, const struct work *accounts, uint64_t epoch, struct work *list)
{
	struct store_cursor cursor;
	struct lease lease;
	bool more;

	for (more = store_walk(txn, DB_LEASE, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor)) {
		if (lease_decode(cursor.key.data, cursor.key.size, cursor.value.data, cursor.value.size,
		    &lease) != ST_OK || lease.epoch >= epoch || !work_has(accounts, lease.account))
			continue;
		if (work_add(list, lease.host, 0) != ST_OK)
			txn->st = ST_NOMEM;
	}
	store_walk_end(&cursor);
}

/* What the admin writes into a table that was set aside meanwhile would be lost without a word. */
static enum status
confirm(const struct table *table, enum status st)
{
	return st == ST_OK && !table_is_current(table) ? ST_BUSY : st;
}

enum status
table_revoke_all(struct table *table, const struct work *accounts, uint64_t epoch, uint64_t now, size_t *ended)
{
	struct work hosts = { 0 };
	struct store_txn txn;
	uint8_t value[8];
	enum status st;

	*ended = 0;
	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	hosts_before(&txn, accounts, epoch, &hosts);
	big64_put(value, epoch);
	for (size_t i = 0; i < accounts->n; i++)
		store_put(&txn, DB_REVOKED, text_value(accounts->hosts[i].name), store_bytes(value, sizeof(value)));
	for (size_t i = 0; i < hosts.n; i++)
		*ended += end_both(&txn, hosts.hosts[i].name, now, now) ? 1 : 0;
	st = store_end(&txn);
	work_free(&hosts);
	return confirm(table, st);
}

enum status
table_revoke(struct table *table, const char *account, uint64_t epoch, uint64_t now, size_t *ended)
{
	struct work one = { 0 };
	enum status st = work_add(&one, account, 0);

	if (st == ST_OK)
		st = table_revoke_all(table, &one, epoch, now, ended);
	work_free(&one);
	return st;
}

enum status
table_touch(struct table *table, const char *host)
{
	struct store_txn txn;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	host_changed(&txn, host, 0);
	return confirm(table, store_end(&txn));
}

static void
forget_lease(struct store_txn *txn, const char *host, uint8_t family)
{
	uint8_t key[DUE_KEY];
	struct lease old;

	if (lease_read(txn, host, family, &old) != ST_OK)
		return;
	if ((old.flags & LEASE_LIVE) != 0)
		store_del(txn, DB_DUE, store_bytes(key, due_key(old.deadline, host, family, key)));
	store_del(txn, DB_LEASE, store_bytes(key, lease_key(host, family, key)));
}

enum status
table_forget(struct table *table, const char *host)
{
	struct store_txn txn;

	store_write(table->store, TABLE_WAIT_FOREVER, &txn);
	forget_lease(&txn, host, 4);
	forget_lease(&txn, host, 6);
	host_changed(&txn, host, 0);
	return confirm(table, store_end(&txn));
}

enum status
table_each_lease(struct table *table, enum status (*each)(void *, const struct lease *), void *arg)
{
	struct store_cursor cursor;
	struct store_txn txn;
	struct lease lease;
	enum status st = ST_OK;
	bool more;

	store_read(table->store, &txn);
	for (more = store_walk(&txn, DB_LEASE, store_bytes(NULL, 0), &cursor); more && st == ST_OK;
	    more = store_walk_next(&cursor))
		if (lease_decode(cursor.key.data, cursor.key.size, cursor.value.data, cursor.value.size,
		    &lease) == ST_OK)
			st = each(arg, &lease);
	store_walk_end(&cursor);
	store_cancel(&txn);
	return txn.st != ST_OK ? txn.st : st;
}
