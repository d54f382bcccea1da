/* SPDX-License-Identifier: ISC */
/*
 * store_dump FILE DATABASE...: every key and value of these databases of a snapshot or a backup, in hexadecimal, a line
 * each.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/store.h"

static void
die(const char *what)
{
	fprintf(stderr, "store_dump: %s\n", what);
	exit(1);
}

static void
print(const struct store_value *value, char end)
{
	const uint8_t *bytes = value->data;

	for (size_t i = 0; i < value->size; i++)
		printf("%02x", bytes[i]);
	putchar(end);
}

static void
dump(struct store_txn *txn, unsigned db)
{
	struct store_cursor cursor;

	for (bool more = store_walk(txn, db, store_bytes(NULL, 0), &cursor); more; more = store_walk_next(&cursor)) {
		print(&cursor.key, ' ');
		print(&cursor.value, '\n');
	}
	store_walk_end(&cursor);
}

int
main(int argc, char **argv)
{
	struct store_plan plan = { .path = argv[1], .kind = STORE_FROZEN };
	struct store_txn txn;
	struct store *store;

	if (argc < 3 || argc - 2 > STORE_DBS)
		die("usage: store_dump FILE DATABASE...");
	for (int i = 2; i < argc; i++)
		plan.dbs[i - 2] = argv[i];
	if (store_open(&plan, &store) != ST_OK)
		die("it cannot be opened");
	store_read(store, &txn);
	for (int i = 2; i < argc; i++)
		dump(&txn, (unsigned)i - 2);
	if (store_end(&txn) != ST_OK)
		die("it cannot be read");
	store_close(store);
	return 0;
}
