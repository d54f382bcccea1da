/* SPDX-License-Identifier: ISC */
/* links: reaper/sqldiff.c reaper/sqlplan.c reaper/sqlgaps.c reaper/sqlorder.c reaper/sqlrows.c reaper/dnshash.c */
/*
 * What must change in a database: which rows go and come, in which transactions; ordernames, hashes, and names with
 * nothing but names below them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings.h"
#include "reaper/sqlgaps.h"
#include "reaper/sqldiff.h"
#include "tests/unit/tap.h"

#define ZONE	"dyn.example.org"

static struct zone zone = { .name = ZONE, .ttl = 30 };
static struct settings settings = { .nzones = 1, .zones = &zone };
static struct sqlconf conf = { .whole_zone = true };

/* --- hashes and orders --- */

/* RFC 5155, appendix A. */
static const struct vector { const char *name, *hash; } vectors[] = {
	{ "example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom" },
	{ "a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl" },
	{ "ai.example", "gjeqe526plbf1g8mklp59enfd789njgi" },
	{ "ns1.example", "2t7b4g4vsa5smi47k61mv5bv1a22bojr" },
	{ "x.y.w.example", "2vptu5timamqttgl4luu9kg21e0aor3s" },
};

static void
test_hashes(void)
{
	static const char *const wrong[] = { "", "1 0 12", "2 0 12 aabbccdd", "1 0 12 aab", "1 0 12 xy", "a b c d" };
	char text[DNSHASH_TEXT];
	struct dnshash hash;
	unsigned flags;

	ok(dnshash_parse("1 1 12 aabbccdd", &hash, &flags) == ST_OK && flags == 1 && hash.iterations == 12 &&
	    hash.salt_len == 4, "parameters of NSEC3");
	for (size_t i = 0; i < COUNT(vectors); i++)
		ok(dnshash_name(&hash, vectors[i].name, text) == ST_OK && strcmp(text, vectors[i].hash) == 0,
		    "the hash of %s", vectors[i].name);
	ok(dnshash_parse("1 0 0 -", &hash, &flags) == ST_OK && hash.salt_len == 0, "no salt");
	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(dnshash_parse(wrong[i], &hash, &flags) == ST_INVALID, "no parameters: \"%s\"", wrong[i]);
}

static void
test_orders(void)
{
	static const struct { const char *name, *order; } orders[] = {
		{ ZONE, "" }, { "a." ZONE, "a" }, { "a.b." ZONE, "b a" }, { "one.two.three." ZONE, "three two one" },
	};
	struct sqlorder order = { .is_kept = true };
	char text[NAME_SIZE];
	const char *got;

	ok(sqlorder_of(&order, ZONE, "a." ZONE, text, &got) == ST_OK && got == NULL,
	    "no order in a zone without keys");
	order.is_signed = true;
	for (size_t i = 0; i < COUNT(orders); i++)
		ok(sqlorder_of(&order, ZONE, orders[i].name, text, &got) == ST_OK &&
		    strcmp(got, orders[i].order) == 0, "the order of %s", orders[i].name);
	order.is_hashed = order.is_narrow = true;
	ok(sqlorder_of(&order, ZONE, "a." ZONE, text, &got) == ST_OK && got == NULL,
	    "none where answers are made up");
	ok(strcmp(sqlorder_up(ZONE, "a.b." ZONE), "b." ZONE) == 0, "what is above a name");
	ok(sqlorder_up(ZONE, "a." ZONE) == NULL && sqlorder_up(ZONE, ZONE) == NULL, "but for the zone");
}

/* --- plans --- */

static void
add(struct sqlrows *rows, const char *name, const char *type, const char *content)
{
	const char *field[SQLFIELDS] = { [SQL_ID] = "1", [SQL_NAME] = name, [SQL_TYPE] = type,
		[SQL_CONTENT] = content, [SQL_TTL] = "30", [SQL_DISABLED] = "0", [SQL_AUTH] = "1" };

	if (sqlrows_add(rows, field) != ST_OK)
		exit(1);
}

static void
want(struct desired *name, const char *text, const char *a, bool live)
{
	*name = (struct desired){ .name = text, .owned = true, .touched = true, .live = live };
	if (a != NULL && address_parse(a, &name->a) != ST_OK)
		exit(1);
}

/* The plan in a line: "-name/type" for what goes, "+name/type/content" for what comes. */
static const char *
describe(const struct sqlplan *plan)
{
	static char text[2000];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->ndrop; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "-%s/%s ", plan->drop[i]->field[SQL_NAME],
		    plan->drop[i]->field[SQL_TYPE] == NULL ? "" : plan->drop[i]->field[SQL_TYPE]);
	for (size_t i = 0; i < plan->add.n; i++) {
		const char *const *field = plan->add.list[i].field;

		at += (size_t)snprintf(text + at, sizeof(text) - at, "+%s/%s/%s ", field[SQL_NAME],
		    field[SQL_TYPE] == NULL ? "" : field[SQL_TYPE],
		    field[SQL_CONTENT] == NULL ? "" : field[SQL_CONTENT]);
	}
	return text;
}

static void
try_plan(struct sqlscene *scene, const char *wanted, const char *what)
{
	struct sqlplan plan;
	bool good;

	sqlrows_sort(&scene->rows);
	good = sqldiff_plan(scene, &plan) == ST_OK && strcmp(describe(&plan), wanted) == 0 &&
	    sqlplan_is_empty(&plan) == (*wanted == '\0') && plan.nsteps == (*wanted == '\0' ? 0 : 1);
	ok(good, "%s", what);
	if (!good)
		printf("# got: %s\n", describe(&plan));
	sqlplan_free(&plan);
	sqlrows_free(&scene->rows);
}

static void
test_plans(void)
{
	const struct sqlorder order = { .is_kept = true };
	struct desired names[2];
	struct publication pub = { .settings = &settings, .zone = &zone, .names = names, .n = 2 };
	struct sqlscene scene = { .pub = &pub, .conf = &conf, .order = &order };

	want(&names[0], "a." ZONE, "192.0.2.1", true);
	want(&names[1], "b." ZONE, NULL, false);
	try_plan(&scene, "+a." ZONE "/A/192.0.2.1 ", "one comes");
	add(&scene.rows, "A." ZONE, "A", "192.0.2.1");
	try_plan(&scene, "", "it is there, in capitals");
	add(&scene.rows, "a." ZONE, "A", "192.0.2.1");
	add(&scene.rows, "a." ZONE, "a", "192.0.2.1");
	try_plan(&scene, "-a." ZONE "/A -a." ZONE "/a +a." ZONE "/A/192.0.2.1 ", "it is there twice");
	add(&scene.rows, "b." ZONE, "AAAA", "::2");
	add(&scene.rows, "b." ZONE, "TXT", "\"somebody's\"");
	add(&scene.rows, "c." ZONE, "A", "192.0.2.3");
	try_plan(&scene, "-b." ZONE "/AAAA +a." ZONE "/A/192.0.2.1 ",
	    "withdrawals first, and only what was looked at");
	pub.compare = scene.is_whole = true;
	add(&scene.rows, "a." ZONE, "A", "192.0.2.1");
	add(&scene.rows, "c." ZONE, "A", "192.0.2.3");
	add(&scene.rows, "m." ZONE, "A", "192.0.2.4");
	add(&scene.rows, "n." ZONE, "A", "192.0.2.5");
	add(&scene.rows, ZONE, "A", "192.0.2.6");
	add(&scene.rows, ZONE, "MX", "10 M." ZONE ".");
	add(&scene.rows, ZONE, "NS", "n." ZONE);
	add(&scene.rows, "x" ZONE, "A", "192.0.2.7");
	try_plan(&scene, "-c." ZONE "/A ", "of the rest what is nobody's, but for name and mail servers");
	add(&scene.rows, "a." ZONE, "A", "192.0.2.1");
	add(&scene.rows, "x.y.z." ZONE, "TXT", "\"deep\"");
	add(&scene.rows, "q." ZONE, NULL, NULL);
	try_plan(&scene, "-q." ZONE "/ +y.z." ZONE "// +z." ZONE "// ",
	    "a row for each name with nothing but names below");
}

/* All of the three types at a name of ours is ours, and nothing else. */
static void
test_cnames(void)
{
	static char host[] = "h." ZONE;
	const struct sqlorder order = { .is_kept = true };
	struct desired names[1];
	struct publication pub = { .settings = &settings, .zone = &zone, .names = names, .n = 1 };
	struct sqlscene scene = { .pub = &pub, .conf = &conf, .order = &order };

	want(&names[0], "c." ZONE, NULL, true);
	names[0].cname = host;
	try_plan(&scene, "+c." ZONE "/CNAME/h." ZONE " ", "a CNAME comes");
	add(&scene.rows, "c." ZONE, "CNAME", "H." ZONE ".");
	try_plan(&scene, "", "it is there, in capitals and with a final dot");
	add(&scene.rows, "c." ZONE, "CNAME", "other." ZONE);
	add(&scene.rows, "c." ZONE, "AAAA", "2001:db8::1");
	try_plan(&scene, "-c." ZONE "/AAAA -c." ZONE "/CNAME +c." ZONE "/CNAME/h." ZONE " ", "in place of what is there");
	add(&scene.rows, "c." ZONE, "CNAME", "h." ZONE);
	add(&scene.rows, "c." ZONE, "CNAME", "h." ZONE);
	try_plan(&scene, "-c." ZONE "/CNAME -c." ZONE "/CNAME +c." ZONE "/CNAME/h." ZONE " ", "it is there twice");
	add(&scene.rows, "c." ZONE, "CNAME", "h." ZONE);
	add(&scene.rows, "c." ZONE, "TXT", "\"somebody's\"");
	try_plan(&scene, "-c." ZONE "/CNAME ", "not beside what is not ours");
	conf.schema = SQLSCHEMA_BIND;
	try_plan(&scene, "+c." ZONE "/CNAME/h." ZONE ". ", "with a final dot in BIND's table");
	conf.schema = SQLSCHEMA_POWERDNS;
	want(&names[0], "c." ZONE, "192.0.2.1", true);
	add(&scene.rows, "c." ZONE, "CNAME", "h." ZONE);
	try_plan(&scene, "-c." ZONE "/CNAME +c." ZONE "/A/192.0.2.1 ", "an address in its place");
	want(&names[0], "c." ZONE, NULL, false);
	names[0].owned = false;
	add(&scene.rows, "c." ZONE, "CNAME", "h." ZONE);
	add(&scene.rows, "x." ZONE, "CNAME", "h." ZONE);
	try_plan(&scene, "-c." ZONE "/CNAME ", "a deleted one goes");
}

static void
test_steps(void)
{
	enum { MANY = 3 * SQLPLAN_STEP };
	const struct sqlorder order = { .is_kept = false };
	struct desired *names = calloc(MANY, sizeof(*names));
	struct publication pub = { .settings = &settings, .zone = &zone, .names = names, .n = MANY };
	struct sqlscene scene = { .pub = &pub, .conf = &conf, .order = &order };
	struct sqlplan plan = { 0 };
	static char text[MANY][NAME_SIZE];
	bool is_withdrawn = true;

	for (int i = 0; i < MANY && names != NULL; i++) {
		snprintf(text[i], sizeof(text[i]), "h%05d." ZONE, i);
		want(&names[i], text[i], i % 3 == 0 ? "192.0.2.250" : "192.0.2.1", i % 3 != 0);
	}
	ok(names != NULL && sqldiff_plan(&scene, &plan) == ST_OK && plan.nsteps == 3,
	    "many names, in three transactions");
	for (size_t i = 0; plan.nsteps == 3 && i < plan.steps[0].add; i++)
		is_withdrawn = is_withdrawn && strcmp(plan.add.list[i].field[SQL_CONTENT], "192.0.2.250") == 0;
	ok(is_withdrawn && plan.steps[0].add == SQLPLAN_STEP && plan.steps[2].add == MANY,
	    "the withdrawn ones in the first");
	sqlplan_free(&plan);
	free(names);
}

int
main(void)
{
	test_hashes();
	test_orders();
	test_plans();
	test_cnames();
	test_steps();
	return done_testing();
}
