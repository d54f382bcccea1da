/* SPDX-License-Identifier: ISC */
/*
 * Lists of hosts: what is added is there, as it was, however many there are; tidying sorts, and keeps one of each.
 */
#include "lib/work.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

enum { MANY = 20000 };

/* Names of all lengths, some longer than any name of a host, so that they end at every place of a block. */
static void
make_name(size_t i, char name[6000])
{
	snprintf(name, 6000, "%05zu%0*d", i, (int)(i % 1000 == 999 ? 5000 : i % 251) + 1, 0);
}

static void
test_many(void)
{
	struct work work = { 0 };
	bool is_added = true, is_same = true;
	const char *first;
	char name[6000];

	for (size_t i = 0; i < MANY; i++) {
		make_name(i, name);
		is_added = is_added && work_add(&work, name, i) == ST_OK;
	}
	first = work.hosts[0].name;
	ok(is_added && work.n == MANY, "many are added");
	for (size_t i = 0; i < work.n; i++) {
		make_name(i, name);
		is_same = is_same && strcmp(work.hosts[i].name, name) == 0 && work.hosts[i].number == i;
	}
	ok(is_same, "each as it was");
	work_tidy(&work);
	make_name(MANY - 1, name);
	ok(work.n == MANY && work.hosts[0].name == first && work_has(&work, name) && !work_has(&work, "x"),
	    "in order already: all stays");
	work_free(&work);
	ok(work.n == 0 && work.hosts == NULL, "nothing is left");
}

static void
test_tidy(void)
{
	static const char *const names[] = { "c", "a", "b", "a", "c", "a" };
	struct work work = { 0 };

	for (size_t i = 0; i < 6; i++)
		work_add(&work, names[i], 10 - i);
	work_tidy(&work);
	ok(work.n == 3 && strcmp(work.hosts[0].name, "a") == 0 && strcmp(work.hosts[1].name, "b") == 0 &&
	    strcmp(work.hosts[2].name, "c") == 0, "in order, one of each");
	ok(work.hosts[0].number == 9 && work.hosts[1].number == 8 && work.hosts[2].number == 10,
	    "the one with the largest number");
	ok(work_has(&work, "b") && !work_has(&work, "bb") && !work_has(&work, ""), "and found");
	work_free(&work);
	ok(!work_has(&work, "b"), "in an empty list nothing is");
}

int
main(void)
{
	test_many();
	test_tidy();
	return done_testing();
}
