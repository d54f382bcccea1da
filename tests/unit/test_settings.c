/* SPDX-License-Identifier: ISC */
/*
 * lib/settings.c: what a configuration means, and every one that is refused.
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/settings.h"

static char path[] = "/tmp/test_settings.XXXXXX";

static enum status
load(const char *text, struct settings **settings)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		exit(1);
	fputs(text, file);
	fclose(file);
	return settings_load(path, settings);
}

static bool
is_text(const struct address *address, const char *text)
{
	char got[ADDRESS_TEXT];

	return strcmp(address_text(address, got), text) == 0;
}

static void
test_presets(void)
{
	struct settings *s = NULL;

	ok(load("", &s) == ST_OK, "an empty file is a configuration");
	if (s == NULL)
		return;
	ok(s->lease == 120 && s->interval == 5 && s->deadline == 10 && s->port == 8245 && !s->log_renewals, "numbers");
	ok(strcmp(s->user, "dynlease") == 0 && strcmp(s->group, "dynlease") == 0 &&
	    strcmp(s->reaper_user, "dynlease-reap") == 0, "users");
	ok(strcmp(s->rundir, "/run/dynlease") == 0 && strcmp(s->accounts, "/var/lib/dynlease/accounts") == 0, "paths");
	ok(s->nzones == 0 && s->nclasses == 0 && s->allow.n == 0 && settings_zone(s, "a.test") == NULL, "no zones");
	ok(settings_patience(s) == 30 * CLOCK_SECOND, "patience is 30 s at least");
	settings_free(s);
	settings_free(NULL);
}

static void
test_all(void)
{
	struct settings *s = NULL;
	const struct address in = { 4, { 10, 1, 2, 3 } };

	ok(load("[server]\nlease = 90\ninterval = 20\nport = 1\ndeadline = 3\nallow = 10.0.0.0/8, fd00::/8\n"
	    "log_renewals = yes\nrundir = /dev/shm/x\n[class slow]\nlease = 86400\n[class quick]\nlease = 60\n"
	    "[zone dyn.test]\nfallback4 = 192.0.2.80\nfallback6 = none\nttl = 60\n"
	    "[zone SUB.dyn.test.]\nfallback4 = none\nfallback6 = 2001:db8::80\n[zonefile dyn.test]\nanything = goes\n",
	    &s) == ST_OK, "a full configuration");
	if (s == NULL)
		return;
	ok(s->lease == 90 && s->port == 1 && s->log_renewals && strcmp(s->rundir, "/dev/shm/x") == 0, "is taken");
	ok(networks_have(&s->allow, &in) && s->allow.n == 2, "networks");
	ok(settings_patience(s) == 60 * CLOCK_SECOND, "patience is three intervals");
	ok(settings_lease(s, "slow") == 86400 && settings_lease(s, "quick") == 60 && settings_lease(s, "") == 90 &&
	    settings_lease(s, "unknown") == 90, "classes");
	ok(is_text(&s->zones[0].fallback4, "192.0.2.80") && s->zones[0].fallback6.family == 0 && s->zones[0].ttl == 60 &&
	    is_text(&s->zones[1].fallback6, "2001:db8::80") && s->zones[1].ttl == 30, "fallbacks and TTLs");
	ok(settings_zone(s, "a.dyn.test") == &s->zones[0] && settings_zone(s, "dyn.test") == &s->zones[0] &&
	    settings_zone(s, "a.sub.dyn.test") == &s->zones[1] && settings_zone(s, "sub.dyn.test") == &s->zones[1] &&
	    settings_zone(s, "xdyn.test") == NULL, "a host is in the longest zone that holds it");
	settings_free(s);
}

#define ZONE	"[zone dyn.test]\nfallback4 = 192.0.2.80\nfallback6 = none\n"

static void
test_refused(void)
{
	static const struct { const char *name, *text; } rows[] = {
		{ "a key that nobody knows", "[server]\nleese = 120\n" },
		{ "a lease that is no number", "[server]\nlease = soon\n" },
		{ "a lease that is too short", "[server]\nlease = 1\n" },
		{ "a lease that is too long", "[server]\nlease = 2592001\n" },
		{ "an interval of nothing", "[server]\ninterval = 0\n" },
		{ "a deadline of nothing", "[server]\ndeadline = 0\n" },
		{ "a port that is none", "[server]\nport = 65536\n" },
		{ "a path that is not absolute", "[server]\nrundir = run\n" },
		{ "a network with host bits", "[server]\nallow = 10.0.0.1/8\n" },
		{ "neither yes nor no", "[server]\nlog_renewals = maybe\n" },
		{ "a class without a lease", "[class slow]\n" },
		{ "a class without a name", "[class]\nlease = 60\n" },
		{ "a class with a name that is none", "[class a_b]\nlease = 60\n" },
		{ "a class with an unknown key", "[class slow]\nlease = 60\nttl = 4\n" },
		{ "a zone without a name", "[zone]\nfallback4 = 192.0.2.80\nfallback6 = none\n" },
		{ "a zone with a name that is none", "[zone a..b]\nfallback4 = 192.0.2.80\nfallback6 = none\n" },
		{ "a zone that says nothing of its fallbacks", "[zone dyn.test]\n" },
		{ "no word on IPv4", "[zone dyn.test]\nfallback6 = none\n" },
		{ "no word on IPv6", "[zone dyn.test]\nfallback4 = none\n" },
		{ "an IPv6 address for IPv4", "[zone dyn.test]\nfallback4 = 2001:db8::1\nfallback6 = none\n" },
		{ "an IPv4 address for IPv6", "[zone dyn.test]\nfallback4 = none\nfallback6 = 192.0.2.80\n" },
		{ "a loopback fallback", "[zone dyn.test]\nfallback4 = 127.0.0.53\nfallback6 = none\n" },
		{ "a loopback fallback of IPv6", "[zone dyn.test]\nfallback4 = none\nfallback6 = ::1\n" },
		{ "a fallback that is no address", "[zone dyn.test]\nfallback4 = offline\nfallback6 = none\n" },
		{ "a TTL longer than the lease", "[server]\nlease = 20\n" ZONE },
		{ "a TTL longer than a class's lease", "[class quick]\nlease = 29\n" ZONE },
		{ "a TTL of nothing", ZONE "ttl = 0\n" },
		{ "a zone twice", ZONE ZONE },
		{ "a zone twice, spelt differently", ZONE "[zone DYN.test.]\nfallback4 = none\nfallback6 = none\n" },
		{ "a class twice, spelt differently", "[class slow]\nlease = 60\n[class Slow]\nlease = 61\n" },
		{ "a class twice", "[class slow]\nlease = 60\n[class slow]\nlease = 61\n" },
		{ "two [server]", "[server]\nlease = 60\n[server]\nport = 1\n" },
		{ "a [server] with a name", "[server x]\nlease = 60\n" },
		{ "a second [server], with a name", "[server]\nlease = 60\n[server x]\nport = 1\n" },
	};
	struct settings *s;

	for (size_t i = 0; i < COUNT(rows); i++) {
		ok(load(rows[i].text, &s) == ST_CONFIG && s == NULL, "refused: %s", rows[i].name);
		settings_free(s);
	}
	ok(load("[server]\nlease = 30\n" ZONE, &s) == ST_OK, "a TTL as long as the lease is taken");
	settings_free(s);
	ok(settings_load("/nonexistent/dynlease.conf", &s) == ST_NOTFOUND && s == NULL, "a file that is not there");
}

int
main(void)
{
	const int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_presets();
	test_all();
	test_refused();
	unlink(path);
	return done_testing();
}
