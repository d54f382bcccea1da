/* SPDX-License-Identifier: ISC */
/*
 * Looks into a lease table, and does to it what only a fault or another boot would: table_tool RUNDIR COMMAND [ARG ...]
 *
 *	list			a line for each lease: host family address live|ended left
 *	check			faults, then counts as key=value
 *	meta KEY TEXT		write into meta: boot, format
 *	alive SECONDS		as if the last pass had ended so long ago
 *	renew HOST ADDRESS SECONDS	lease it without any helper
 *	charge ADDRESS		as if a login from there were being checked, by a helper that never finishes
 *	expire HOST		its leases are over now, though nobody has moved them
 *	retry PUBLISHER		let it try again at once, however often it failed
 *	renew-all		the same for lines on stdin: HOST ADDRESS SECONDS, all at the same moment
 *	revoke ACCOUNT EPOCH	who was authenticated with an older one: no lease any more
 *	hold-revoke ACCOUNT EPOCH	as hold, and that in the same transaction, but for leases
 *	hold			begin a write transaction, say "held", and wait for a line on stdin
 *	read			begin a read transaction, say "reading", and wait for a line on stdin
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strikes.h"
#include "lib/table_store.h"

static void
die(const char *what)
{
	fprintf(stderr, "table_tool: %s\n", what);
	exit(1);
}

static enum status
print_lease(void *arg, const struct lease *lease)
{
	const uint64_t now = clock_boot();
	char text[ADDRESS_TEXT];

	(void)arg;
	printf("%s %u %s %s %u\n", lease->host, lease->address.family, address_text(&lease->address, text),
	    lease_is_live(lease, now) ? "live" : "ended", lease_left(lease, now));
	return ST_OK;
}

static void
print_fault(void *arg, const char *line)
{
	(void)arg;
	printf("fault %s\n", line);
}

static void
check(struct table *table)
{
	struct table_summary sum;

	if (table_check(table, clock_boot(), print_fault, NULL, &sum) != ST_OK)
		die("cannot be read");
	printf("leases=%zu\nlive=%zu\ndue=%zu\nchanged=%zu\npending=%zu\nstrikes=%zu\nrenewals=%llu\nfaults=%zu\n"
	    "alive=%s\nalive_at=%llu\nmap=%zu\nused=%zu\n", sum.leases, sum.live, sum.due, sum.changed, sum.pending, sum.strikes,
	    (unsigned long long)sum.renewals, sum.faults, sum.alive != 0 ? "yes" : "no",
	    (unsigned long long)sum.alive, sum.map, sum.used);
}

static void
finish(struct store_txn *txn)
{
	enum status st = store_end(txn);

	if (st != ST_OK)
		die(status_text(st));
}

static void
wait_for_line(const char *say)
{
	char line[16];

	puts(say);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		_exit(0);
}

static void
renew(struct table *table, char **argv, uint64_t now)
{
	struct lease want = { .layers = LAYER_PASSWORD, .proved = now };
	struct table_grant grant;
	enum status st;

	if (name_parse(argv[0], strlen(argv[0]), want.host) != ST_OK || address_parse(argv[1], &want.address) != ST_OK)
		die("renew HOST ADDRESS SECONDS");
	want.length = (uint32_t)atoi(argv[2]);
	memcpy(want.account, want.host, sizeof(want.account));
	if ((st = table_renew(table, &want, 30 * CLOCK_SECOND, now, &grant)) != ST_OK)
		die(status_text(st));
	if (grant.changed)
		table_wake(table);
}

static void
charge(struct table *table, const char *text)
{
	struct strike_sources sources;
	struct address address;
	enum status st;

	if (address_parse(text, &address) != ST_OK)
		die("charge ADDRESS");
	strikes_sources(&address, NULL, &sources);
	if ((st = strikes_charge(table, &sources, clock_boot())) != ST_OK)
		die(status_text(st));
}

static void
print_strikes(struct table *table)
{
	struct store_cursor cursor;
	struct store_txn txn;
	uint32_t number[2];

	store_read(table->store, &txn);
	for (bool more = store_walk(&txn, DB_STRIKE, store_bytes(NULL, 0), &cursor); more;
	    more = store_walk_next(&cursor)) {
		memcpy(number, cursor.value.data, sizeof(number));
		printf("%u %u %.*s\n", be32toh(number[0]), be32toh(number[1]), (int)cursor.key.size,
		    (const char *)cursor.key.data);
	}
	store_walk_end(&cursor);
	store_cancel(&txn);
}

static void
revoke_account(struct table *table, const char *account, const char *epoch)
{
	size_t ended;
	const enum status st = table_revoke(table, account, strtoull(epoch, NULL, 10), clock_boot(), &ended);

	if (st != ST_OK)
		die(status_text(st));
}

static void
hold_revoke(struct store_txn *txn, const char *account, const char *epoch)
{
	uint8_t value[8];

	big64_put(value, strtoull(epoch, NULL, 10));
	store_put(txn, DB_REVOKED, text_value(account), store_bytes(value, sizeof(value)));
	wait_for_line("held");
}

static void
retry(struct table *table, const char *publisher)
{
	struct publisher_state state;

	if (table_publisher_get(table, publisher, &state) != ST_OK)
		die("cannot be read");
	state.retry_at = 0;
	if (table_publisher_put(table, publisher, &state, TABLE_WAIT_FOREVER) != ST_OK)
		die("cannot be written");
}

static void
expire(struct store_txn *txn, const char *host)
{
	struct lease old, next;

	for (uint8_t family = 4; family <= 6; family += 2)
		if (lease_read(txn, host, family, &old) == ST_OK) {
			next = old;
			next.deadline = clock_boot();
			lease_write(txn, &old, &next);
		}
}

static void
renew_all(struct table *table)
{
	char line[512], host[NAME_SIZE], address[ADDRESS_TEXT], seconds[12];
	char *argv[] = { host, address, seconds };
	const uint64_t now = clock_boot();

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%253s %45s %11s", host, address, seconds) != 3)
			die("HOST ADDRESS SECONDS");
		renew(table, argv, now);
	}
}

int
main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[2] : "";
	struct table *table;
	struct store_txn txn;
	enum status st;

	if (argc < 3)
		die("usage: table_tool RUNDIR COMMAND [ARG ...]");
	if ((st = table_open(argv[1], &table)) != ST_OK)
		die(status_text(st));
	if (strcmp(command, "list") == 0)
		table_each_lease(table, print_lease, NULL);
	else if (strcmp(command, "check") == 0)
		check(table);
	else if (strcmp(command, "renew") == 0 && argc == 6)
		renew(table, argv + 3, clock_boot());
	else if (strcmp(command, "charge") == 0 && argc == 4)
		charge(table, argv[3]);
	else if (strcmp(command, "retry") == 0 && argc == 4)
		retry(table, argv[3]);
	else if (strcmp(command, "strikes") == 0)
		print_strikes(table);
	else if (strcmp(command, "revoke") == 0 && argc == 5)
		revoke_account(table, argv[3], argv[4]);
	else if (strcmp(command, "renew-all") == 0)
		renew_all(table);
	else if (strcmp(command, "read") == 0) {
		store_read(table->store, &txn);
		wait_for_line("reading");
		store_cancel(&txn);
	} else {
		store_write(table->store, TABLE_WAIT_FOREVER, &txn);
		if (strcmp(command, "hold") == 0)
			wait_for_line("held");
		else if (strcmp(command, "hold-revoke") == 0 && argc == 5)
			hold_revoke(&txn, argv[3], argv[4]);
		else if (strcmp(command, "forgive") == 0) {
			store_clear(&txn, DB_STRIKE);
			store_clear(&txn, DB_AGING);
		} else if (strcmp(command, "expire") == 0 && argc == 4)
			expire(&txn, argv[3]);
		else if (strcmp(command, "meta") == 0 && argc == 5)
			store_put(&txn, DB_META, text_value(argv[3]), text_value(argv[4]));
		else if (strcmp(command, "alive") == 0 && argc == 4)
			meta_put(&txn, "alive", clock_boot() - (uint64_t)atoi(argv[3]) * CLOCK_SECOND);
		else
			die("no such command");
		finish(&txn);
	}
	table_close(table);
	return 0;
}
