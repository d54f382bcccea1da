/* SPDX-License-Identifier: ISC */
/*
 * The table, opened, used and damaged in a directory on a tmpfs. Times are made up: nothing here reads a clock.
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/table_store.h"

#define S		CLOCK_SECOND
#define NOW		(1000 * S)
#define PATIENCE	(30 * S)
#define WAIT		1000

static char rundir[] = "/dev/shm/test_table.XXXXXX";
static struct table *table;
static const char *const publishers[] = { "zonefile test", "other test", NULL };
static const char *const nobody[] = { NULL };

static void
clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", rundir);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", rundir);
}

static const char *
path(const char *name)
{
	static char text[2][200];
	static unsigned turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s/%s", rundir, name);
	return text[turn];
}

static bool
exists(const char *name)
{
	return access(path(name), F_OK) == 0;
}

/* A new table, with a reaper that has just finished a pass. */
static void
begin_anew(void)
{
	table_close(table);
	table = NULL;
	if (table_set_aside(rundir, getgid(), 100, false) != ST_OK ||
	    table_open_or_make(rundir, getgid(), 100, &table) != ST_OK ||
	    table_alive(table, NOW, WAIT) != ST_OK) {
		printf("Bail out! no table\n");
		exit(1);
	}
}

static struct lease
wish(const char *host, const char *address, uint64_t proved)
{
	struct lease want = { .layers = LAYER_PASSWORD, .length = 120, .proved = proved, .epoch = 5 };

	snprintf(want.host, sizeof(want.host), "%s", host);
	snprintf(want.account, sizeof(want.account), "%s", host);
	address_parse(address, &want.address);
	return want;
}

static enum status
renew(const char *host, const char *address, uint64_t now)
{
	const struct lease want = wish(host, address, now);
	struct table_grant grant;

	return table_renew(table, &want, PATIENCE, now, &grant);
}

static struct table_summary
look_at(uint64_t now)
{
	struct table_summary sum;

	table_check(table, now, NULL, NULL, &sum);
	return sum;
}

/* The names of a list, each with a blank. */
static const char *
names(const struct work *work)
{
	static char text[300];

	text[0] = '\0';
	for (size_t i = 0; i < work->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", work->hosts[i].name);
	return text;
}

static bool
pending_are(const char *publisher, const char *wanted)
{
	struct work work = { 0 };
	const bool same = table_look_pending(table, publisher, &work) == ST_OK && strcmp(names(&work), wanted) == 0;

	if (!same)
		printf("# pending for %s: %s\n", publisher, names(&work));
	work_free(&work);
	return same;
}

/* What a look at the table finds now, and when there will be more. */
static bool
look_finds(uint64_t now, const char *wanted, uint64_t wanted_next)
{
	struct work work = { 0 };
	struct horizon seen;
	uint64_t next;
	const bool same = table_look(table, now, &work, &seen, &next) == ST_OK && strcmp(names(&work), wanted) == 0 &&
	    next == wanted_next;

	if (!same)
		printf("# found: %s next: %llu\n", names(&work), (unsigned long long)next);
	work_free(&work);
	return same;
}

/* What a publisher is told at that time: what it has still to show, and what a look finds. */
struct told {
	struct work	work;
	struct horizon	seen;
};

static struct told
tell(const char *publisher, uint64_t now)
{
	struct told told = { 0 };
	uint64_t next;

	if (table_look(table, now, &told.work, &told.seen, &next) == ST_OK && publisher != NULL)
		table_look_pending(table, publisher, &told.work);
	work_tidy(&told.work);
	return told;
}

/* It shows all that; NULL: nobody does. Gives the number of transactions, or 0 and fails. */
static unsigned
shows(const char *publisher, struct told told)
{
	struct work moved = { 0 };
	const struct table_move m = { publishers, publisher, told.seen, &moved };
	unsigned n = 0;

	for (size_t at = 0; at < told.work.n; at += TABLE_MOVE_MOST, n++)
		if (table_move(table, &m, told.work.hosts + at, told.work.n - at < TABLE_MOVE_MOST ?
		    told.work.n - at : TABLE_MOVE_MOST, WAIT) != ST_OK)
			return 0;
	work_free(&moved);
	work_free(&told.work);
	return n;
}

static void
move(uint64_t now)
{
	shows(NULL, tell(NULL, now));
	table_alive(table, now, WAIT);
}

static void
settle(const char *publisher, uint64_t now)
{
	shows(publisher, tell(publisher, now));
}

/* --- opening --- */

static void
test_making(void)
{
	struct table *none;
	struct stat sb;

	ok(table_open(rundir, &none) == ST_NOTFOUND && none == NULL && !exists("table"),
	    "a helper finds no table, and makes none");
	ok(mkdir(path("table"), 0700) == 0 && table_open(rundir, &none) == ST_DAMAGED && !exists("table/data.mdb"),
	    "an empty directory is no table");
	umask(0777);
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK, "the reaper makes one");
	umask(022);
	ok(stat(path("table"), &sb) == 0 && (sb.st_mode & 07777) == 02770 && stat(path("table/data.mdb"), &sb) == 0 &&
	    (sb.st_mode & 07777) == 0660 && stat(path("wake"), &sb) == 0 && (sb.st_mode & 07777) == 0660,
	    "for the group to write, whatever the umask is");
	ok(table_is_current(table) && exists("table.aside"), "what was there is set aside");
	table_close(table);
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK && !exists("table.new"), "and finds it again");
	table_close(table);
	ok(table_open(rundir, &table) == ST_OK, "a helper finds it, too");
}

static void
put_meta(const char *key, const char *text)
{
	struct store_txn txn;

	store_write(table->store, WAIT, &txn);
	store_put(&txn, DB_META, text_value(key), text_value(text));
	store_end(&txn);
	table_close(table);
	table = NULL;
}

static void
test_other_boot(void)
{
	struct table *none;
	struct stat before, after;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	put_meta("boot", "00000000-0000-0000-0000-000000000000");
	stat(path("table"), &before);
	ok(table_open(rundir, &none) == ST_STALE && none == NULL, "a table of another boot is stale");
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK && look_at(NOW).leases == 0 &&
	    look_at(NOW).due == 0 && look_at(NOW).alive == 0, "the reaper empties it");
	stat(path("table"), &after);
	ok(before.st_ino == after.st_ino, "where it is");
	ok(renew("a.test", "203.0.113.7", NOW) == ST_NOREAPER, "and grants wait for its first pass");
	move(NOW);
	ok(renew("a.test", "203.0.113.7", NOW) == ST_OK, "and go on after it");
	begin_anew();
	put_meta("format", "dynlease-table 1");
	ok(table_open(rundir, &none) == ST_DAMAGED, "a table of another format is not for us");
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK && look_at(NOW).leases == 0,
	    "the reaper makes another one");
}

static void
test_foreign(void)
{
	struct table *none;
	FILE *file;

	table_close(table);
	table = NULL;
	if ((file = fopen(path("table/data.mdb"), "w")) != NULL) {
		for (int i = 0; i < 5000; i++)
			fputs("not a table ", file);
		fclose(file);
	}
	ok(table_open(rundir, &none) == ST_DAMAGED, "a file that is no table");
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK && table_is_current(table), "is replaced");
	table_close(table);
	table = NULL;
	if ((file = fopen(path("table/data.mdb"), "w")) != NULL)
		fclose(file);
	ok(table_open(rundir, &none) != ST_OK, "an empty file");
	ok(table_open_or_make(rundir, getgid(), 100, &table) == ST_OK && table_is_current(table), "is replaced");
}

static enum status
stop_after_first(void *arg, const struct lease *lease)
{
	snprintf(arg, NAME_SIZE, "%s", lease->host);
	return ST_LIMITED;
}

static void
test_set_aside(void)
{
	char host[NAME_SIZE] = "";
	struct table *old, *fresh;
	struct lease lease;
	size_t ended;

	begin_anew();
	renew("b.test", "203.0.113.8", NOW);
	renew("a.test", "203.0.113.7", NOW);
	old = table;
	table = NULL;
	ok(table_is_current(old), "a table is current");
	if (fork() == 0)	/* nobody may have it open in the process */
		_exit(table_set_aside(rundir, getgid(), 100, true) == ST_OK ? 0 : 1);
	wait(NULL);
	ok(!table_is_current(old), "until another one is put in its place");
	ok(table_revoke(old, "a.test", 6, NOW, &ended) == ST_BUSY && table_touch(old, "a.test") == ST_BUSY &&
	    table_forget(old, "a.test") == ST_BUSY, "what the admin writes to it then is not confirmed");
	table_close(old);
	ok(table_open(rundir, &fresh) == ST_OK && table_get(fresh, "a.test", 4, &lease) == ST_OK &&
	    lease.deadline == NOW + 120 * S, "which can carry over the leases");
	ok(table_each_lease(fresh, stop_after_first, host) == ST_LIMITED && strcmp(host, "a.test") == 0,
	    "in order of host; a walk ends when it is told to");
	table_close(fresh);
	ok(table_set_aside(rundir, getgid(), 100, false) == ST_OK && table_open(rundir, &fresh) == ST_OK &&
	    table_get(fresh, "a.test", 4, &lease) == ST_NOTFOUND, "or not");
	table_close(fresh);
}

/* --- leases --- */

static void
test_renew(void)
{
	struct lease want = wish("a.test", "203.0.113.7", NOW), lease;
	struct table_grant grant;

	begin_anew();
	ok(table_renew(table, &want, PATIENCE, NOW, &grant) == ST_OK && grant.changed && grant.lease.generation == 1,
	    "a lease is granted");
	ok(table_get(table, "a.test", 4, &lease) == ST_OK && lease.deadline == NOW + 120 * S, "and is there");
	ok(table_get(table, "a.test", 6, &lease) == ST_NOTFOUND, "for its family only");
	want.proved = NOW + 40 * S;
	ok(table_renew(table, &want, PATIENCE, NOW + 40 * S, &grant) == ST_OK && !grant.changed &&
	    grant.lease.generation == 1 && grant.lease.deadline == NOW + 160 * S, "renewed, with no reaper for 40 s");
	ok(renew("b.test", "203.0.113.8", NOW + 40 * S) == ST_NOREAPER, "but nothing new is granted then");
	ok(renew("a.test", "203.0.113.8", NOW + 40 * S) == ST_NOREAPER, "nor a change of address");
	ok(renew("b.test", "203.0.113.8", NOW + 30 * S - 1) == ST_OK, "just within its patience it is");
	ok(renew("a.test", "203.0.113.9", NOW + S) == ST_SUPERSEDED, "a proof that was overtaken");
	ok(renew("a.test", "2001:db8::7", NOW + 5 * S) == ST_OK && table_get(table, "a.test", 4, &lease) == ST_OK &&
	    lease.deadline == NOW + 160 * S, "the other family has a lease of its own");
	ok(look_at(NOW + 41 * S).leases == 3 && look_at(NOW + 41 * S).live == 3 && look_at(NOW + 41 * S).due == 3 &&
	    look_at(NOW + 41 * S).renewals == 1 && look_at(NOW + 41 * S).faults == 0, "leases and deadlines agree");
	ok(look_at(NOW + 500 * S).live == 0, "over means over, whether or not anyone moved it");
}

static void
test_release(void)
{
	struct lease lease;
	bool changed = false;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("a.test", "2001:db8::7", NOW);
	renew("b.test", "203.0.113.8", NOW);
	settle(publishers[0], NOW);
	ok(table_release(table, "a.test", "a.test", 5, NOW + S, &changed) == ST_OK && changed, "a release");
	ok(table_get(table, "a.test", 4, &lease) == ST_OK && !lease_is_live(&lease, NOW + S) &&
	    table_get(table, "a.test", 6, &lease) == ST_OK && !lease_is_live(&lease, NOW + S), "ends both families");
	ok(look_finds(NOW + S, "a.test ", NOW + 120 * S), "is due for publication at once");
	ok(look_at(NOW + S).live == 1 && look_at(NOW + S).due == 1 && look_at(NOW + S).faults == 0,
	    "leases and deadlines agree");
	ok(renew("a.test", "203.0.113.7", NOW + S - 1) == ST_SUPERSEDED, "a proof from before it does not bring it back");
	changed = true;
	ok(table_release(table, "a.test", "a.test", 5, NOW + 2 * S, &changed) == ST_OK && !changed, "a second release");
	ok(table_release(table, "z.test", "z.test", 5, NOW, &changed) == ST_OK && !changed, "of what never was");
	renew("a.test", "203.0.113.9", NOW + 3 * S);
	ok(look_finds(NOW + 3 * S, "a.test ", NOW + 120 * S), "a new lease at once does not put the withdrawal off");
}

static void
test_pace(void)
{
	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("a.test", "203.0.113.8", NOW);
	ok(look_finds(NOW, "a.test ", NOW + 120 * S), "a change does not put off one that is due");
	move(NOW);
	renew("a.test", "203.0.113.9", NOW + S);
	ok(look_finds(NOW + S, "", NOW + 10 * S), "another one waits");
	settle(publishers[0], NOW + 9 * S);
	ok(pending_are(publishers[0], ""), "is not moved before");
	table_touch(table, "a.test");
	ok(look_finds(NOW + 9 * S, "a.test ", NOW + 121 * S), "but is not waited for when something else is due");
	renew("a.test", "203.0.113.10", NOW + 9 * S);
	move(NOW + 10 * S);
	ok(pending_are(publishers[0], "a.test "), "in the end it is moved");
}

static void
test_revoke(void)
{
	struct lease want = wish("b.test", "203.0.113.8", NOW);
	struct table_grant grant;
	size_t ended = 9;
	bool changed;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	memcpy(want.account, "a.test", sizeof("a.test"));
	table_renew(table, &want, PATIENCE, NOW, &grant);
	renew("c.test", "203.0.113.9", NOW);
	renew("c.test", "2001:db8::9", NOW);
	move(NOW);
	ok(table_revoke(table, "a.test", 6, NOW + S, &ended) == ST_OK && ended == 2, "an account is shut out, with its hosts");
	ok(look_finds(NOW + S, "a.test b.test ", NOW + 120 * S), "which are due for publication");
	ok(renew("a.test", "203.0.113.7", NOW + 2 * S) == ST_DENIED, "one that had authenticated before leases nothing");
	ok(table_release(table, "a.test", "a.test", 5, NOW, &changed) == ST_DENIED, "and releases nothing");
	want.epoch = 6;
	want.proved = NOW + 2 * S;
	ok(table_renew(table, &want, PATIENCE, NOW + 2 * S, &grant) == ST_OK, "with the new epoch it goes on");
	ok(renew("c.test", "203.0.113.9", NOW + 2 * S) == ST_OK, "others are not touched");
	ok(look_at(NOW + 2 * S).faults == 0 && look_at(NOW + 2 * S).live == 3, "leases and deadlines agree");
}

static void
test_forget(void)
{
	struct lease lease;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("a.test", "2001:db8::7", NOW);
	move(NOW);
	ok(table_forget(table, "a.test") == ST_OK && table_get(table, "a.test", 4, &lease) == ST_NOTFOUND &&
	    table_get(table, "a.test", 6, &lease) == ST_NOTFOUND, "a host is forgotten");
	ok(look_at(NOW).due == 0 && look_at(NOW).faults == 0, "with its deadlines");
	ok(look_finds(NOW, "a.test ", UINT64_MAX), "and withdrawn");
	begin_anew();
	ok(table_touch(table, "n.test") == ST_OK && look_finds(NOW, "n.test ", UINT64_MAX), "a new host is published");
}

/* --- the reaper's work --- */

static void
test_expiry(void)
{
	struct lease lease;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("b.test", "203.0.113.8", NOW + 5 * S);
	settle(publishers[0], NOW + 5 * S);
	ok(look_finds(NOW + 120 * S - 1, "", NOW + 120 * S), "nothing is due before the deadline");
	ok(look_finds(NOW + 120 * S, "a.test ", NOW + 125 * S), "at the deadline it is");
	move(NOW + 120 * S);
	ok(table_get(table, "a.test", 4, &lease) == ST_OK && (lease.flags & LEASE_LIVE) == 0 &&
	    lease.since == NOW + 120 * S, "and moved to its end");
	ok(pending_are(publishers[0], "a.test "), "to be published");
	ok(look_finds(NOW + 120 * S, "", NOW + 125 * S), "once");
	ok(look_at(NOW + 120 * S).faults == 0 && look_at(NOW + 120 * S).due == 1, "leases and deadlines agree");
	ok(table_alive(table, NOW + 120 * S, WAIT) == ST_OK && look_at(NOW + 120 * S).alive == NOW + 120 * S,
	    "a reaper says that it is alive");
}

static void
test_horizon(void)
{
	struct told before;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("b.test", "203.0.113.8", NOW);
	move(NOW);
	ok(pending_are(publishers[0], "a.test b.test ") && pending_are(publishers[1], "a.test b.test "),
	    "each publisher gets what changed");
	ok(pending_are("zonefile tes", "") && pending_are("zonefile test2", ""), "and no other");
	before = tell(publishers[0], NOW);
	table_release(table, "b.test", "b.test", 5, NOW + S, &(bool){ false });
	move(NOW + S);
	ok(shows(publishers[0], before) > 0 && pending_are(publishers[0], "b.test "),
	    "what has changed again stays pending");
	ok(pending_are(publishers[1], "a.test b.test "), "and nothing of another publisher's goes");
	settle(publishers[0], NOW + S);
	ok(pending_are(publishers[0], ""), "until it is published, too");

	before = tell(publishers[0], NOW + 120 * S);
	ok(strcmp(names(&before.work), "a.test ") == 0 && shows(publishers[0], before) == 1 &&
	    look_finds(NOW + 120 * S, "", UINT64_MAX) && look_at(NOW + 120 * S).faults == 0,
	    "what one shows that nobody has moved is moved with that");
	ok(pending_are(publishers[0], "") && pending_are(publishers[1], "a.test b.test "), "for all but that one");
}

/* Two are told the same at the same time; the second to show it has nothing left to do. */
static void
test_together(void)
{
	struct told one, two;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("b.test", "203.0.113.8", NOW);
	settle(publishers[0], NOW);
	settle(publishers[1], NOW);
	table_touch(table, "c.test");
	one = tell(publishers[0], NOW + 120 * S);
	two = tell(publishers[1], NOW + 120 * S);
	shows(publishers[0], one);
	ok(pending_are(publishers[1], "a.test b.test c.test "), "what one of two shows is pending for the other");
	shows(publishers[1], two);
	ok(pending_are(publishers[0], "") && pending_are(publishers[1], ""), "until it shows it, too: none is told twice");
}

/* A publisher that was told before a deadline shows the lease, and not its end. */
static void
test_overtaken(void)
{
	struct told before;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	move(NOW);
	before = tell(publishers[0], NOW + 119 * S);
	move(NOW + 120 * S);
	shows(publishers[0], before);
	ok(pending_are(publishers[0], "a.test "), "a lease that ends meanwhile stays pending");
	settle(publishers[0], NOW + 120 * S);
	before = tell(publishers[0], NOW + 121 * S);
	table_alive(table, NOW + 121 * S, WAIT);
	renew("a.test", "203.0.113.7", NOW + 122 * S);
	shows(publishers[0], before);
	ok(look_finds(NOW + 132 * S, "a.test ", NOW + 242 * S), "so does one that begins");

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	before = tell(publishers[0], NOW + 120 * S);
	renew("a.test", "203.0.113.7", NOW + 119 * S);
	shows(publishers[0], before);
	ok(look_at(NOW + 120 * S).live == 1 && look_at(NOW + 120 * S).faults == 0, "a lease that was renewed meanwhile goes on");
}

static void
test_many(void)
{
	struct work work = { 0 }, moved = { 0 };
	const struct table_move unheard = { nobody, NULL, { 1, NOW }, &moved };
	const struct work_host a = { .name = "a.test" };
	unsigned moves;
	char host[32];

	begin_anew();
	for (unsigned i = 0; i < 230; i++) {
		snprintf(host, sizeof(host), "h%u.test", i);
		renew(host, "203.0.113.7", NOW);
	}
	moves = shows(NULL, tell(NULL, NOW + 500 * S));
	ok(moves > 4 && look_at(NOW + 500 * S).due == 0 && look_at(NOW + 500 * S).changed == 0,
	    "many are moved in portions (%u)", moves);
	ok(table_look_pending(table, publishers[1], &work) == ST_OK && work.n == 230, "none is forgotten");
	ok(work_has(&work, "h77.test") && !work_has(&work, "h230.test"), "a list knows what it has");
	settle(publishers[1], NOW + 500 * S);
	ok(pending_are(publishers[1], ""), "and settled");
	ok(look_at(NOW + 500 * S).faults == 0, "leases and deadlines agree");
	work_free(&work);
	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	ok(table_move(table, &unheard, &a, 1, WAIT) == ST_OK && look_at(NOW).changed == 0 && look_at(NOW).pending == 0,
	    "without publishers nothing piles up");
	ok(strcmp(names(&moved), "a.test ") == 0, "what was moved is told");
	ok(table_move(table, &unheard, &a, 1, WAIT) == ST_OK && moved.n == 1, "once");
	work_free(&moved);
}

static void
test_work(void)
{
	struct work work = { 0 };

	work_add(&work, "b", 2);
	work_add(&work, "a", 7);
	work_add(&work, "b", 9);
	work_add(&work, "b", 4);
	work_tidy(&work);
	ok(work.n == 2 && strcmp(names(&work), "a b ") == 0 && work.hosts[1].number == 9,
	    "of several the largest generation stays");
	work_free(&work);
	work_tidy(&work);
	ok(work.n == 0 && !work_has(&work, "a"), "an empty list");
}

static void
test_publisher_state(void)
{
	struct publisher_state state = { 1, 7, 2, 3, 4, 6, 5, "" }, back;

	begin_anew();
	ok(table_publisher_get(table, publishers[0], &back) == ST_OK && back.verified == 0 && back.why[0] == '\0',
	    "nothing is remembered at first");
	memset(state.why, 'w', sizeof(state.why) - 1);
	ok(table_publisher_put(table, publishers[0], &state, WAIT) == ST_OK &&
	    table_publisher_get(table, publishers[0], &back) == ST_OK && back.verified == 1 && back.looked == 7 && back.failing_since == 2 &&
	    back.retry_at == 3 && back.reconciled == 4 && back.slowest == 6 && back.failures == 5 && strcmp(back.why, state.why) == 0,
	    "then all of it");
	ok(table_publisher_get(table, publishers[1], &back) == ST_OK && back.verified == 0, "of each by itself");
}

/* A writer that never ends: others are told within their time, readers do not notice. */
static void
test_busy(void)
{
	int said[2], go[2];
	struct store_txn txn;
	char byte;
	pid_t pid;

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	table_close(table);
	if (pipe(said) != 0 || pipe(go) != 0)
		return;
	if ((pid = fork()) == 0) {
		table_open(rundir, &table);
		store_write(table->store, WAIT, &txn);
		(void)!write(said[1], "w", 1);
		close(go[1]);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	(void)!read(said[0], &byte, 1);
	table_open(rundir, &table);
	ok(table_alive(table, NOW, 50) == ST_BUSY, "a writer that does not end");
	ok(look_finds(NOW + 500 * S, "a.test ", UINT64_MAX), "holds up nobody who looks");
	close(go[1]);
	waitpid(pid, NULL, 0);
	ok(table_alive(table, NOW, 50) == ST_OK, "when it dies the table is free");
}

/* What is stored is not believed. */
static void
test_damage(void)
{
	struct table_summary sum;
	struct store_txn txn;
	struct lease lease;
	struct work work = { 0 };
	struct horizon seen;
	uint64_t next;
	uint8_t key[LEASE_KEY], due[DUE_KEY];

	begin_anew();
	renew("a.test", "203.0.113.7", NOW);
	renew("b.test", "203.0.113.8", NOW);
	store_write(table->store, WAIT, &txn);
	store_put(&txn, DB_LEASE, store_bytes(key, lease_key("a.test", 4, key)), text_value("nonsense"));
	store_end(&txn);
	ok(table_get(table, "a.test", 4, &lease) == ST_DAMAGED, "a record that does not decode is damaged");
	ok(table_get(table, "b.test", 4, &lease) == ST_OK, "the next one is not");
	sum = look_at(NOW);
	ok(sum.faults == 2 && sum.live == 1, "and is counted, with its deadline (%zu)", sum.faults);
	store_write(table->store, WAIT, &txn);
	store_put(&txn, DB_DUE, text_value("12345678zzz"), text_value(""));
	store_end(&txn);
	ok(look_at(NOW).faults == 3, "so is a deadline that does not decode");
	begin_anew();
	store_write(table->store, WAIT, &txn);
	store_put(&txn, DB_DUE, store_bytes(due, due_key(NOW, "a.test", 4, due)), text_value(""));
	store_end(&txn);
	ok(table_look(table, NOW, &work, &seen, &next) == ST_DAMAGED, "and one without a lease, which would never go");
	work_free(&work);
}

int
main(void)
{
	if (mkdtemp(rundir) == NULL)
		return 1;
	atexit(clean);
	log_limit(LOG_LEVEL_CRITICAL);
	test_making();
	test_other_boot();
	test_foreign();
	test_set_aside();
	test_renew();
	test_release();
	test_pace();
	test_revoke();
	test_forget();
	test_expiry();
	test_horizon();
	test_together();
	test_overtaken();
	test_many();
	test_work();
	test_publisher_state();
	test_busy();
	test_damage();
	table_close(table);
	return done_testing();
}
