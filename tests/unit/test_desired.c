/* SPDX-License-Identifier: ISC */
/*
 * What every name must show: the rule of the fallback in all its cases, and a table that lies.
 * links: reaper/desired.c
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/lease.h"
#include "lib/log.h"
#include "lib/table_store.h"
#include "reaper/desired.h"

#define S	CLOCK_SECOND
#define NOW	(1000 * S)

static char dir[] = "/tmp/test_desired.XXXXXX", rundir[] = "/dev/shm/test_desired.XXXXXX";
static struct zone zones[2];
static struct settings settings = { .lease = 120, .zones = zones, .nzones = 2 };
static struct accounts *accounts;
static struct table *table;
static struct desired_list list;

static void
clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s %s", dir, rundir);
	if (system(command) != 0)
		fprintf(stderr, "%s or %s stays\n", dir, rundir);
}

static struct address
address_of(const char *text)
{
	struct address address = { 0 };

	if (text[0] != '\0')
		address_parse(text, &address);
	return address;
}

/* --- the rule, for every combination --- */

static void
test_rule(void)
{
	static const char *const live4[] = { "", "203.0.113.7" }, *const live6[] = { "", "2001:db8::7" };
	static const char *const back4[] = { "", "192.0.2.80" }, *const back6[] = { "", "2001:db8::80" };
	char a[ADDRESS_TEXT], aaaa[ADDRESS_TEXT];

	for (unsigned i = 0; i < 16; i++) {
		const unsigned l4 = i & 1, l6 = i >> 1 & 1, f4 = i >> 2 & 1, f6 = i >> 3 & 1;
		const struct zone zone = { .fallback4 = address_of(back4[f4]), .fallback6 = address_of(back6[f6]) };
		struct desired name = { .a = address_of(live4[l4]), .aaaa = address_of(live6[l6]), .owned = true,
			.live = l4 || l6 };
		const struct address want4 = address_of(l4 || l6 ? live4[l4] : back4[f4]);
		const struct address want6 = address_of(l4 || l6 ? live6[l6] : back6[f6]);

		desired_fall_back(&zone, &name);
		ok(address_equal(&name.a, &want4) && name.a.family == want4.family && name.aaaa.family == want6.family &&
		    address_equal(&name.aaaa, &want6), "live %s%s, fallback %s%s: A %s, AAAA %s", l4 ? "4" : "-",
		    l6 ? "6" : "-", f4 ? "4" : "-", f6 ? "6" : "-", address_text(&name.a, a), address_text(&name.aaaa, aaaa));
	}
}

static void
test_not_owned(void)
{
	const struct zone zone = { .fallback4 = address_of("192.0.2.80"), .fallback6 = address_of("2001:db8::80") };
	struct desired name = { .owned = false };

	desired_fall_back(&zone, &name);
	ok(name.a.family == 0 && name.aaaa.family == 0, "a deleted name shows no fallback either");
}

/* --- from accounts and leases --- */

static void
make_accounts(void)
{
	static const char *const hosts[] = { "four.dyn.test", "six.dyn.test", "both.dyn.test", "late.dyn.test",
	    "never.dyn.test", "x.sub.dyn.test", "elsewhere.example" };
	static const struct alias aliases[] = {
		{ "www.dyn.test", "four.dyn.test", false }, { "www.sub.dyn.test", "four.dyn.test", false },
		{ "stray.dyn.test", "gone.dyn.test", false }, { "c.sub.dyn.test", "four.dyn.test", true },
		{ "c.dyn.test", "x.sub.dyn.test", true }, { "cstray.sub.dyn.test", "gone.dyn.test", true },
		{ "sub.dyn.test", "four.dyn.test", true },
	};
	struct account account = { .require = LAYER_PASSWORD };
	char master_dir[64], snapshot[64];
	struct master *master;

	snprintf(master_dir, sizeof(master_dir), "%s/master", dir);
	snprintf(snapshot, sizeof(snapshot), "%s/accounts", dir);
	if (master_open(master_dir, true, &master) != ST_OK)
		exit(1);
	master_begin(master);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		snprintf(account.name, sizeof(account.name), "%s", hosts[i]);
		master_put(master, &account);
		master_put_host(master, hosts[i], hosts[i]);
	}
	for (size_t i = 0; i < COUNT(aliases); i++)
		master_put_alias(master, &aliases[i]);
	if (master_end(master) != ST_OK || master_publish(master, snapshot, getgid()) != ST_OK ||
	    accounts_open(snapshot, &accounts) != ST_OK)
		exit(1);
	master_close(master);
}

/* Written past every rule, as a helper that was taken over would. */
static void
plant_by(const char *account, const char *host, const char *address, uint8_t family, uint64_t deadline)
{
	struct lease lease = { .flags = LEASE_LIVE, .deadline = deadline, .address = address_of(address) };
	struct store_txn txn;

	snprintf(lease.host, sizeof(lease.host), "%s", host);
	snprintf(lease.account, sizeof(lease.account), "%s", account);
	lease.address.family = family;
	store_write(table->store, 1000, &txn);
	lease_write(&txn, NULL, &lease);
	store_end(&txn);
}

static void
plant(const char *host, const char *address, uint8_t family, uint64_t deadline)
{
	plant_by(host, host, address, family, deadline);
}

static void
build(const char *const *touched, size_t n, struct table *from)
{
	struct work work = { 0 };
	enum status st;

	for (size_t i = 0; i < n; i++)
		work_add(&work, touched[i], i);
	work_tidy(&work);
	desired_free(&list);
	if ((st = desired_build(&settings, &zones[0], accounts, from, &work, NOW, &list)) != ST_OK)
		ok(false, "built: %s", status_text(st));
	work_free(&work);
}

static bool
shows(const char *host, const char *a, const char *aaaa)
{
	char a_text[ADDRESS_TEXT], aaaa_text[ADDRESS_TEXT];

	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.names[i].name, host) != 0)
			continue;
		address_text(&list.names[i].a, a_text);
		address_text(&list.names[i].aaaa, aaaa_text);
		if (strcmp(a_text, a) == 0 && strcmp(aaaa_text, aaaa) == 0)
			return true;
		printf("# %s shows %s %s\n", host, a_text, aaaa_text);
		return false;
	}
	printf("# %s is not listed\n", host);
	return false;
}

static const struct desired *
find(const char *host)
{
	for (size_t i = 0; i < list.n; i++)
		if (strcmp(list.names[i].name, host) == 0)
			return &list.names[i];
	return NULL;
}

static void
test_build(void)
{
	plant("four.dyn.test", "203.0.113.4", 4, NOW + S);
	plant("six.dyn.test", "2400:cb00::6", 6, NOW + S);
	plant("both.dyn.test", "203.0.113.5", 4, NOW + S);
	plant("both.dyn.test", "2400:cb00::5", 6, NOW + 1);
	plant("late.dyn.test", "203.0.113.6", 4, NOW);
	build(NULL, 0, table);
	ok(list.n == 8, "the names of a zone, without those of the zone below it and of others (%zu)", list.n);
	ok(shows("four.dyn.test", "203.0.113.4", "none"), "live on IPv4 only");
	ok(shows("six.dyn.test", "none", "2400:cb00::6"), "live on IPv6 only");
	ok(shows("both.dyn.test", "203.0.113.5", "2400:cb00::5"), "live on both");
	ok(shows("late.dyn.test", "192.0.2.80", "2001:db8::80"), "over, although nobody has moved it");
	ok(shows("never.dyn.test", "192.0.2.80", "2001:db8::80"), "never renewed");
	build(NULL, 0, NULL);
	ok(list.n == 8 && shows("four.dyn.test", "192.0.2.80", "2001:db8::80") &&
	    shows("www.dyn.test", "192.0.2.80", "2001:db8::80"), "without a table nothing is live");
}

static void
test_touched(void)
{
	static const char *const touched[] = { "four.dyn.test", "gone.dyn.test", "elsewhere.example", "x.sub.dyn.test",
	    "gone.sub.dyn.test", "aaa.dyn.test" };

	build(touched, COUNT(touched), table);
	ok(list.n == 10 && strcmp(list.names[0].name, "aaa.dyn.test") == 0, "deleted names join, in order (%zu)", list.n);
	ok(shows("gone.dyn.test", "none", "none") && shows("aaa.dyn.test", "none", "none"), "and show nothing");
	ok(find("four.dyn.test")->touched && find("gone.dyn.test")->touched && !find("both.dyn.test")->touched,
	    "what is touched is marked, and nothing else");
	ok(find("four.dyn.test")->owned && find("four.dyn.test")->live && !find("gone.dyn.test")->owned &&
	    !find("never.dyn.test")->live, "owned and live are told");
}

/* As build(), of the touched names alone. */
static void
build_touched(const char *const *touched, size_t n, size_t zone)
{
	struct work work = { 0 };
	enum status st;

	for (size_t i = 0; i < n; i++)
		work_add(&work, touched[i], i);
	work_tidy(&work);
	desired_free(&list);
	if ((st = desired_build_touched(&settings, &zones[zone], accounts, table, &work, NOW, &list)) != ST_OK)
		ok(false, "built: %s", status_text(st));
	work_free(&work);
}

static void
test_touched_alone(void)
{
	static const char *const touched[] = { "never.dyn.test", "both.dyn.test", "gone.dyn.test", "x.sub.dyn.test" };
	static const char *const four[] = { "four.dyn.test" }, *const alias[] = { "www.dyn.test" };

	build_touched(touched, COUNT(touched), 0);
	ok(list.n == 4 && strcmp(list.names[0].name, "both.dyn.test") == 0, "those of the zone, in order (%zu)", list.n);
	ok(shows("both.dyn.test", "203.0.113.5", "2400:cb00::5") && shows("never.dyn.test", "192.0.2.80", "2001:db8::80") &&
	    shows("gone.dyn.test", "none", "none"), "as they show among all");
	ok(find("both.dyn.test")->touched && find("both.dyn.test")->live && !find("gone.dyn.test")->owned,
	    "touched, live and owned are told");
	build_touched(four, 1, 0);
	ok(list.n == 2 && shows("www.dyn.test", "203.0.113.4", "none") && find("www.dyn.test")->touched,
	    "a host brings its aliases along (%zu)", list.n);
	ok(!find("www.dyn.test")->sheds_cname && !find("four.dyn.test")->sheds_cname, "which are no CNAME");
	build_touched(four, 1, 1);
	ok(list.n == 1 && shows("www.sub.dyn.test", "203.0.113.4", "none") && find("www.sub.dyn.test")->live,
	    "also into another zone (%zu)", list.n);
	build_touched(alias, 1, 0);
	ok(list.n == 1 && shows("www.dyn.test", "203.0.113.4", "none"), "an alias comes alone (%zu)", list.n);
	ok(find("www.dyn.test")->sheds_cname, "and may have been a CNAME");
}

static void
test_aliases(void)
{
	build(NULL, 0, table);
	ok(shows("www.dyn.test", "203.0.113.4", "none") && find("www.dyn.test")->live && find("www.dyn.test")->owned,
	    "an alias shows what its host shows");
	ok(shows("stray.dyn.test", "none", "none") && !find("stray.dyn.test")->owned, "one of no host shows nothing");
	plant("four.dyn.test", "203.0.113.4", 4, NOW);
	build(NULL, 0, table);
	ok(shows("www.dyn.test", "192.0.2.80", "2001:db8::80") && shows("four.dyn.test", "192.0.2.80", "2001:db8::80"),
	    "and is withdrawn with it");
	plant("four.dyn.test", "203.0.113.4", 4, NOW + S);
	plant("www.dyn.test", "203.0.113.66", 4, NOW + S);
	build(NULL, 0, table);
	ok(shows("www.dyn.test", "203.0.113.4", "none"), "a lease of its own counts for nothing");
}

static bool
leads(const char *alias, const char *cname)
{
	const struct desired *name = find(alias);

	return name != NULL && name->owned && name->live && name->a.family == 0 && name->aaaa.family == 0 &&
	    name->cname != NULL && strcmp(name->cname, cname) == 0;
}

static bool
leads_nowhere(const char *alias)
{
	const struct desired *name = find(alias);

	return name != NULL && !name->owned && name->cname == NULL && name->a.family == 0 && name->aaaa.family == 0;
}

/* A CNAME is touched only when it comes or goes, or its host goes. */
static void
test_cnames(void)
{
	static const char *const four[] = { "four.dyn.test" }, *const alias[] = { "c.sub.dyn.test" };
	static const char *const gone[] = { "gone.dyn.test" }, *const sub[] = { "x.sub.dyn.test" };

	build(NULL, 0, table);
	ok(leads("c.dyn.test", "x.sub.dyn.test") && !find("c.dyn.test")->touched, "a CNAME leads to its host");
	build(sub, 1, table);
	ok(leads("c.dyn.test", "x.sub.dyn.test") && !find("c.dyn.test")->touched, "and is not touched with it");
	build_touched(four, 1, 1);
	ok(list.n == 1 && find("www.sub.dyn.test") != NULL, "a touched host does not bring it along (%zu)", list.n);
	build_touched(alias, 1, 1);
	ok(list.n == 1 && leads("c.sub.dyn.test", "four.dyn.test") && find("c.sub.dyn.test")->touched, "it comes alone");
	build_touched(gone, 1, 1);
	ok(list.n == 1 && leads_nowhere("cstray.sub.dyn.test") && find("cstray.sub.dyn.test")->touched,
	    "a host that is no more brings it along, to show nothing (%zu)", list.n);
	desired_free(&list);
	ok(desired_build(&settings, &zones[1], accounts, table, &(struct work){ 0 }, NOW, &list) == ST_OK &&
	    leads("c.sub.dyn.test", "four.dyn.test") && leads_nowhere("sub.dyn.test"),
	    "the zone's own name is never one");
}

static void
test_lies(void)
{
	static const struct { const char *address; uint8_t family; } lies[] = {
		{ "127.0.0.1", 4 }, { "0.0.0.0", 4 }, { "10.1.2.3", 4 }, { "224.0.0.1", 4 }, { "255.255.255.255", 4 },
		{ "169.254.1.1", 4 }, { "192.0.2.1", 4 }, { "::1", 6 }, { "::", 6 }, { "fe80::1", 6 }, { "ff02::1", 6 },
		{ "fc00::1", 6 }, { "64:ff9b::7f00:1", 6 }, { "2002:7f00:1::", 6 },
	};
	struct store_txn txn;
	uint8_t key[LEASE_KEY];

	for (size_t i = 0; i < COUNT(lies); i++) {
		plant("four.dyn.test", "203.0.113.4", 4, NOW);
		plant("four.dyn.test", "2400:cb00::4", 6, NOW);
		plant("four.dyn.test", lies[i].address, lies[i].family, NOW + S);
		build(NULL, 0, table);
		ok(shows("four.dyn.test", "192.0.2.80", "2001:db8::80"), "%s is not published", lies[i].address);
	}
	plant("four.dyn.test", "2400:cb00::4", 6, NOW);
	plant_by("six.dyn.test", "four.dyn.test", "203.0.113.4", 4, NOW + S);
	build(NULL, 0, table);
	ok(shows("four.dyn.test", "192.0.2.80", "2001:db8::80"), "another account's lease is not published");
	plant("four.dyn.test", "203.0.113.4", 4, NOW + S);
	plant("web.dyn.test", "203.0.113.66", 4, NOW + S);
	plant("dyn.test", "203.0.113.66", 4, NOW + S);
	build(NULL, 0, table);
	ok(list.n == 8 && find("web.dyn.test") == NULL && find("dyn.test") == NULL,
	    "names that the accounts do not have are not published");
	store_write(table->store, 1000, &txn);
	store_put(&txn, DB_LEASE, store_bytes("a\nb.dyn.test\0" "4", 14), text_value("nonsense"));
	store_put(&txn, DB_LEASE, store_bytes(key, lease_key("both.dyn.test", 4, key)), text_value("nonsense"));
	store_put(&txn, DB_LEASE, store_bytes(key, lease_key("both.dyn.test", 6, key)), text_value(""));
	store_end(&txn);
	build(NULL, 0, table);
	ok(list.n == 8 && shows("both.dyn.test", "192.0.2.80", "2001:db8::80") &&
	    shows("four.dyn.test", "203.0.113.4", "none"), "a record that does not decode is not live, the others are");
}

/* An IPv4 address in IPv6 clothes, written byte by byte. */
static void
test_mapped(void)
{
	struct lease lease = { .flags = LEASE_LIVE, .deadline = NOW + S, .account = "four.dyn.test", .host = "four.dyn.test",
		.address = { .family = 6, .bytes = { [10] = 0xff, [11] = 0xff, [12] = 203, [13] = 0, [14] = 113, [15] = 9 } } };
	struct store_txn txn;

	plant("four.dyn.test", "203.0.113.4", 4, NOW);
	store_write(table->store, 1000, &txn);
	lease_write(&txn, NULL, &lease);
	store_end(&txn);
	build(NULL, 0, table);
	ok(shows("four.dyn.test", "192.0.2.80", "2001:db8::80"), "a mapped address is not published");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || mkdtemp(rundir) == NULL)
		return 1;
	atexit(clean);
	log_limit(LOG_LEVEL_CRITICAL);
	zones[0] = (struct zone){ .name = "dyn.test", .fallback4 = address_of("192.0.2.80"),
		.fallback6 = address_of("2001:db8::80"), .ttl = 30 };
	zones[1] = zones[0];
	snprintf(zones[1].name, sizeof(zones[1].name), "sub.dyn.test");
	networks_parse("203.0.113.0/24", &settings.allow);
	make_accounts();
	if (table_open_or_make(rundir, getgid(), 10, &table) != ST_OK)
		return 1;
	test_rule();
	test_not_owned();
	test_build();
	test_touched();
	test_touched_alone();
	test_aliases();
	test_cnames();
	test_lies();
	test_mapped();
	desired_free(&list);
	accounts_close(accounts);
	table_close(table);
	return done_testing();
}
