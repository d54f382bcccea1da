/* SPDX-License-Identifier: ISC */
/*
 * The pure parts of dynlease-admin: the exposure sum, JSON, words for durations, what init plans.
 * links: admin/exposure.c admin/json.c admin/text.c admin/finding.c admin/plan.c admin/people.c admin/spawn.c admin/apparmor.c
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/apparmor.h"
#include "admin/expiry.h"
#include "admin/exposure.h"
#include "admin/finding.h"
#include "admin/json.h"
#include "admin/people.h"
#include "admin/plan.h"
#include "admin/text.h"
#include "lib/log.h"
#include "tap.h"

static void
test_exposure(void)
{
	struct lease_class classes[] = { { "slow", 3600 }, { "quick", 60 } };
	struct settings set = { .lease = 120, .interval = 5, .nclasses = 0, .classes = classes };
	struct zone zone = { .name = "example.org", .ttl = 30 };
	struct exposure e;

	exposure_sum(&set, &zone, 1, &e);
	ok(e.sum == 157, "the defaults sum up to 157 s");
	ok(e.lease == 120 && e.interval == 5 && e.pass == 1 && e.publish == 1 && e.ttl == 30, "of these parts");
	ok(!is_ttl_long(&set, &zone), "30 s is a quarter of 120 s, not more");
	zone.ttl = 31;
	ok(is_ttl_long(&set, &zone), "31 s is more");
	set.nclasses = 2;
	exposure_sum(&set, &zone, 7, &e);
	ok(e.sum == 3600 + 5 + 1 + 7 + 31, "the longest lease of all classes counts");
	zone.ttl = 16;
	ok(is_ttl_long(&set, &zone), "the TTL is held against the shortest");
	zone.ttl = 15;
	ok(!is_ttl_long(&set, &zone), "and 15 s is a quarter of that");
}

static void
test_expiry(void)
{
	static const struct {
		long long	left;
		enum level	level;
	} rows[] = {
		{ 31 * EXPIRY_DAY, LEVEL_OK }, { 30 * EXPIRY_DAY + 1, LEVEL_OK }, { 30 * EXPIRY_DAY, LEVEL_WARNING },
		{ 7 * EXPIRY_DAY + 1, LEVEL_WARNING }, { 7 * EXPIRY_DAY, LEVEL_CRITICAL }, { 0, LEVEL_CRITICAL },
		{ -1, LEVEL_CRITICAL },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(expiry_level(rows[i].left) == rows[i].level, "expiry: %lld s left", rows[i].left);
}

static void
test_apparmor(void)
{
	static const char profile[] = "profile named /usr/sbin/named flags=(attach_disconnected) {\n"
	    "  #include <abstractions/base>\n  /etc/bind/** r,\n  # /srv/** r,\n  deny /var/lib/bind/secret r,\n"
	    "  /var/lib/bind/** rw,\n  owner /home/*/zone r,\n  /{,var/}run/named/named.pid w,\n"
	    "  /opt/{a,b}/z? mr,\n  @{PROC}/net/if_inet6 r,\n}\n";
	static const struct {
		const char	*path;
		bool		 may;
	} rows[] = {
		{ "/etc/bind/zones/x", true }, { "/etc/bind/x", true }, { "/etc/bind", false }, { "/var/lib/bind/x", true },
		{ "/var/lib/dynlease/zones/x", false }, { "/home/a/zone", true }, { "/home/a/b/zone", false },
		{ "/srv/x", false }, { "/run/named/named.pid", false }, { "/opt/a/z1", true }, { "/opt/b/z2", true },
		{ "/opt/c/z1", false }, { "/opt/a/z", false }, { "/opt/a/z12", false }, { "/usr/sbin/named", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(apparmor_allows(profile, rows[i].path) == rows[i].may, "AppArmor: %s %s", rows[i].path,
		    rows[i].may ? "may be read" : "may not");
	ok(apparmor_fits("/{,var/}run/x", "/run/x") && apparmor_fits("/{,var/}run/x", "/var/run/x"), "an empty word");
	ok(!apparmor_fits("/{a", "/a") && !apparmor_fits("", "/"), "half a list, and nothing");
}

static void
test_duration(void)
{
	static const struct {
		uint64_t	 seconds;
		const char	*text;
	} rows[] = {
		{ 0, "0 s" }, { 59, "59 s" }, { 60, "1 min" }, { 61, "1 min 1 s" }, { 599, "9 min 59 s" },
		{ 601, "10 min" }, { 3599, "59 min" }, { 3600, "1 h" }, { 3660, "1 h 1 min" }, { 86399, "23 h 59 min" },
		{ 86400, "1 d" }, { 90000, "1 d 1 h" }, { UINT64_MAX, "213503982334601 d 7 h" },
	};
	static const struct {
		const char	*text;
		time_t		 when;	/* 0: none */
	} moments[] = {
		{ "2026-05-01", 1777593600 }, { "2026-05-01T12:00:03Z", 1777636803 }, { "+2h", 1007200 },
		{ "+30d", 3592000 }, { "+1w", 1604800 }, { "+", 0 }, { "+d", 0 }, { "+3", 0 }, { "+3m", 0 },
		{ "+-3d", 0 }, { "+3dd", 0 }, { "", 0 }, { "2026-02-30", 0 }, { "2026-5-1", 0 }, { "2026-05-01T12:00", 0 },
		{ "2026-05-01T12:00:03", 0 }, { "tomorrow", 0 },
	};
	char text[DURATION_TEXT];

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(strcmp(duration_text(rows[i].seconds, text), rows[i].text) == 0, "duration: %s", rows[i].text);
	for (size_t i = 0; i < COUNT(moments); i++) {
		time_t when = 0;

		ok(moment_parse(moments[i].text, 1000000, &when) == (moments[i].when != 0) && when == moments[i].when,
		    "moment: %s", moments[i].text);
	}
	ok(strcmp(time_text(0, text), "1970-01-01T00:00:00Z") == 0, "a time in UTC");
}

static void
test_json_escape(void)
{
	static const struct {
		const char	*from, *to, *name;
	} rows[] = {
		{ "home.example.org", "home.example.org", "a name stays" },
		{ "a\"b\\c", "a\\\"b\\\\c", "quotes and backslashes" },
		{ "\n\t\033", "\\u000a\\u0009\\u001b", "control characters" },
		{ "\177\200\377", "\\u007f\\u0080\\u00ff", "bytes that are not ASCII" },
		{ "", "", "nothing" },
	};
	char to[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t len = json_escape(to, sizeof(to), rows[i].from);

		ok(strcmp(to, rows[i].to) == 0 && len == strlen(to), "escape: %s", rows[i].name);
	}
	ok(json_escape(to, 8, "ab\nc") == 2 && strcmp(to, "ab") == 0, "cut at a whole escape");
	ok(json_escape(to, 9, "ab\nc") == 8 && strcmp(to, "ab\\u000a") == 0, "which is kept when it just fits");
}

static void
test_json(void)
{
	static const char wanted[] = "{\n  \"a\": \"x\\\"\",\n  \"b\": [\n    {\"n\": 7, \"yes\": true},\n"
	    "    {}\n  ],\n  \"c\": null,\n  \"d\": {\"e\": []}\n}\n";
	struct json json = { 0 };
	char *text = NULL;
	size_t len;

	json.out = open_memstream(&text, &len);
	json_open(&json, NULL, '{');
	json_text(&json, "a", "x\"");
	json_open(&json, "b", '[');
	json_open(&json, NULL, '{');
	json_number(&json, "n", 7);
	json_bool(&json, "yes", true);
	json_close(&json);
	json_open(&json, NULL, '{');
	json_close(&json);
	json_close(&json);
	json_text(&json, "c", NULL);
	json_open(&json, "d", '{');
	json_open(&json, "e", '[');
	json_close(&json);
	json_close(&json);
	json_close(&json);
	fclose(json.out);
	if (!ok(strcmp(text, wanted) == 0, "objects and arrays, nested"))
		printf("# %s\n", text);
	free(text);
}

static void
test_findings(void)
{
	struct findings findings = { 0 };

	ok(findings_worst(&findings) == LEVEL_OK, "nothing found is OK");
	findings_add(&findings, LEVEL_WARNING, "w\nx");
	ok(strcmp(findings.list[0].text, "w\\x0ax") == 0, "a finding stays on its line");
	ok(findings_worst(&findings) == LEVEL_WARNING, "a warning");
	findings_add(&findings, LEVEL_UNKNOWN, "u");
	ok(findings_worst(&findings) == LEVEL_UNKNOWN, "unknown is graver");
	findings_add(&findings, LEVEL_CRITICAL, "c");
	findings_add(&findings, LEVEL_OK, "o");
	ok(findings_worst(&findings) == LEVEL_CRITICAL, "critical is the gravest");
	findings_free(&findings);
}

static void
test_plan(void)
{
	struct init_options o = { .zone = "Dyn.Example.org", .fallback4 = "192.0.2.1", .fallback6 = "none" };
	struct plan *p = calloc(1, sizeof(*p));
	char *text = NULL;
	size_t len;

	ok(plan_make("/etc/dynlease/dynlease.conf", &o, "ns.example.org", "/sbin/rndc reload", p) == ST_OK,
	    "a zone and its fallbacks are enough");
	ok(strcmp(p->zone, "dyn.example.org") == 0 && strcmp(p->server, "ns.example.org") == 0, "names");
	ok(strcmp(p->certificate, "/etc/dynlease/server.pem") == 0, "the certificate stands beside the configuration");
	ok(strcmp(p->ssh_keys, "/etc/dynlease/ssh-keys") == 0 && strcmp(p->ssh_user, "dynlease-ssh") == 0,
	    "so do sshd's keys");
	ok(strcmp(p->zone_file, "/var/lib/dynlease/zones/dyn.example.org") == 0, "the zone file");
	ok(strcmp(p->reload, "/sbin/rndc reload dyn.example.org") == 0, "the reload command gets the zone");
	ok(p->makes_zone, "the zone can be made");
	ok(plan_config(p, &text, &len) == ST_OK && strstr(text, "\n[zone dyn.example.org]\nfallback4 = 192.0.2.1\n") !=
	    NULL && strstr(text, "\nnameserver = ns.example.org\n") != NULL, "the configuration says so");
	free(text);
	ok(plan_make("/etc/d.conf", &o, "ns.dyn.example.org", "r", p) == ST_OK && !p->makes_zone,
	    "a name server within the zone needs a zone made by hand");
	ok(plan_make("/etc/d.conf", &o, "short", "r", p) == ST_INVALID, "a machine without a full name");
	ok(plan_make("/etc/d.conf", &o, "ns.example.org", NULL, p) == ST_INVALID, "no name server found");
	ok(plan_make("d.conf", &o, "ns.example.org", "r", p) == ST_INVALID, "a relative path");
	free(p);
}

static void
test_plan_refusals(void)
{
	const struct init_options good = { .zone = "dyn.example.org", .fallback4 = "192.0.2.1", .fallback6 = "none",
		.name = "ns.example.org", .reload = "none" };
	const struct {
		const char	*name;
		size_t		 offset;
		const char	*value;
	} rows[] = {
		{ "a zone with a slash", offsetof(struct init_options, zone), "a/b" },
		{ "a loopback fallback", offsetof(struct init_options, fallback4), "127.0.0.1" },
		{ "a loopback fallback of IPv6", offsetof(struct init_options, fallback6), "::1" },
		{ "a fallback of the other family", offsetof(struct init_options, fallback4), "2001:db8::1" },
		{ "a mapped fallback", offsetof(struct init_options, fallback6), "::ffff:192.0.2.1" },
		{ "an empty fallback", offsetof(struct init_options, fallback4), "" },
		{ "a user that is an option", offsetof(struct init_options, user), "-o" },
		{ "a user with a newline", offsetof(struct init_options, reaper_user), "a\nb" },
		{ "a user with a blank", offsetof(struct init_options, ssh_user), "a b" },
		{ "a reload command of two lines", offsetof(struct init_options, reload), "a\nb = c" },
		{ "a directory with a newline", offsetof(struct init_options, state), "/a\nb = c" },
		{ "a relative run directory", offsetof(struct init_options, rundir), "run" },
		{ "a server's name with a blank", offsetof(struct init_options, name), "a b" },
	};
	struct plan *p = calloc(1, sizeof(*p));

	ok(plan_make("/etc/d.conf", &good, NULL, NULL, p) == ST_OK, "all is well with what follows but for one thing");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct init_options o = good;

		*(const char **)((char *)&o + rows[i].offset) = rows[i].value;
		ok(plan_make("/etc/d.conf", &o, NULL, NULL, p) == ST_INVALID, "refused: %s", rows[i].name);
	}
	free(p);
}

int
main(void)
{
	log_open("test_admin", LOG_PLACE_STDERR);
	test_exposure();
	test_expiry();
	test_duration();
	test_json_escape();
	test_json();
	test_findings();
	test_apparmor();
	test_plan();
	test_plan_refusals();
	ok(people_is_name("dynlease-reap") && !people_is_name("") && !people_is_name("Root") && !people_is_name("a b"),
	    "names of users");
	done_testing();
}
