/* SPDX-License-Identifier: ISC */
/*
 * Which names a server is asked for when it says that it has done everything.
 * links: reaper/zonelook.c reaper/dnsask.c reaper/serial.c
 */
#include "tap.h"

#include <string.h>

#include "reaper/zonelook.h"

enum { MANY = 10000 };

static struct desired names[MANY];
static char texts[MANY][sizeof("h00000.dyn.test")];
static const struct zone zone = { .name = "dyn.test" };
static const struct dns_server server;
static struct publication pub = { .zone = &zone, .names = names };
static struct zonelook look;

/* n names; the first of them withdrawn, the others live. */
static void
make(size_t n, size_t withdrawn)
{
	memset(names, 0, sizeof(names));
	for (size_t i = 0; i < n; i++) {
		snprintf(texts[i], sizeof(texts[i]), "h%05zu.dyn.test", i % MANY);
		names[i].name = texts[i];
		names[i].touched = names[i].owned = true;
		names[i].live = i >= withdrawn;
	}
	pub.n = n;
}

static size_t
largest_gap(void)
{
	size_t largest = 0;

	for (size_t i = 1; i < look.n; i++)
		if ((size_t)(look.names[i] - look.names[i - 1]) > largest)
			largest = (size_t)(look.names[i] - look.names[i - 1]);
	return largest;
}

static size_t
count_live(void)
{
	size_t n = 0;

	for (size_t i = 0; i < look.n; i++)
		n += look.names[i]->live ? 1 : 0;
	return n;
}

static void
test_few(void)
{
	make(100, 60);
	zonelook_begin(&look, &server, &pub);
	ok(look.n == 100, "all of a hundred");
	ok(look.names[0] == &names[0] && look.names[99] == &names[99], "in order");
	names[7].touched = false;
	zonelook_begin(&look, &server, &pub);
	ok(look.n == 99, "not what is untouched");
	pub.compare = true;
	zonelook_begin(&look, &server, &pub);
	ok(look.n == 100, "all of a hundred");
	pub.compare = false;
	make(0, 0);
	zonelook_begin(&look, &server, &pub);
	ok(look.n == 0, "none of none");
}

static void
test_spread(void)
{
	make(MANY, MANY);
	zonelook_begin(&look, &server, &pub);
	ok(look.n == ZONELOOK_NAMES, "as many as there is room for");
	ok(look.names[look.n - 1] == &names[MANY - 1], "the last one too");
	ok(look.names[0] < &names[MANY / ZONELOOK_NAMES + 1], "from the beginning");
	ok(largest_gap() <= MANY / ZONELOOK_NAMES + 1, "at equal distances");
}

static void
test_withdrawn_first(void)
{
	make(MANY, ZONELOOK_NAMES + 1);
	zonelook_begin(&look, &server, &pub);
	ok(look.n == ZONELOOK_NAMES, "as many as there is room for");
	ok(count_live() == 0, "only withdrawn ones");
	make(MANY, ZONELOOK_NAMES - 10);
	zonelook_begin(&look, &server, &pub);
	ok(look.n == ZONELOOK_NAMES, "as many as there is room for");
	ok(count_live() == 10, "live ones in what room is left");
	ok(look.names[look.n - 1] == &names[MANY - 1], "the last one too");
}

int
main(void)
{
	test_few();
	test_spread();
	test_withdrawn_first();
	return done_testing();
}
