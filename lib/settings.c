/* SPDX-License-Identifier: ISC */
/*
 * The keys of dynlease.conf that every program of the server shares, and the rules between them.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define SERVER(member)	offsetof(struct settings, member)

static const struct conf_key server_keys[] = {
	{ "certificate", CONF_FILE, SERVER(certificate), "/etc/dynlease/server.pem", 0, 0 },
	{ "key", CONF_FILE, SERVER(key), "/etc/dynlease/server.key", 0, 0 },
	{ "client_ca", CONF_FILE, SERVER(client_ca), "/etc/dynlease/client-ca.pem", 0, 0 },
	{ "client_crl", CONF_FILE, SERVER(client_crl), "/etc/dynlease/client-crl.pem", 0, 0 },
	{ "ca", CONF_FILE, SERVER(ca), "/etc/dynlease/ca", 0, 0 },
	{ "client_depth", CONF_NUMBER, SERVER(client_depth), "1", 0, 3 },
	{ "accounts", CONF_FILE, SERVER(accounts), "/var/lib/dynlease/accounts", 0, 0 },
	{ "master", CONF_FILE, SERVER(master), "/var/lib/dynlease/master", 0, 0 },
	{ "history", CONF_FILE, SERVER(history), "/var/lib/dynlease/history", 0, 0 },
	{ "rundir", CONF_FILE, SERVER(rundir), "/run/dynlease", 0, 0 },
	{ "user", CONF_TEXT, SERVER(user), "dynlease", 0, 0 },
	{ "group", CONF_TEXT, SERVER(group), "dynlease", 0, 0 },
	{ "reaper_user", CONF_TEXT, SERVER(reaper_user), "dynlease-reap", 0, 0 },
	{ "ssh_user", CONF_TEXT, SERVER(ssh_user), "dynlease-ssh", 0, 0 },
	{ "ssh_keys", CONF_FILE, SERVER(ssh_keys), "/etc/dynlease/ssh-keys", 0, 0 },
	{ "seal", CONF_FILE, SERVER(seal), "/var/lib/dynlease/seal", 0, 0 },
	{ "port", CONF_NUMBER, SERVER(port), "8245", 1, 65535 },
	{ "lease", CONF_NUMBER, SERVER(lease), "120", 2, 2592000 },
	{ "interval", CONF_NUMBER, SERVER(interval), "5", 1, 3600 },
	{ "deadline", CONF_NUMBER, SERVER(deadline), "10", 1, 300 },
	{ "allow", CONF_NETWORKS, SERVER(allow), NULL, 0, 0 },
	{ "log_renewals", CONF_BOOL, SERVER(log_renewals), "no", 0, 0 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static const struct conf_key class_keys[] = {
	{ "lease", CONF_NUMBER, offsetof(struct lease_class, lease), NULL, 2, 2592000 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static const struct conf_key zone_keys[] = {
	{ "fallback4", CONF_ADDRESS, offsetof(struct zone, fallback4), NULL, 0, 0 },
	{ "fallback6", CONF_ADDRESS, offsetof(struct zone, fallback6), NULL, 0, 0 },
	{ "ttl", CONF_NUMBER, offsetof(struct zone, ttl), "30", 1, 86400 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static enum status
take_section_name(const struct conf *conf, const struct conf_section *section, char name[NAME_SIZE])
{
	if (name_parse(section->name, strlen(section->name), name) == ST_OK)
		return ST_OK;
	return conf_complain(conf, section->line, "[%s %s]: this needs the name of a %s", section->kind,
	    section->name, section->kind);
}

/* There is one [server], and it has no name. */
static enum status
find_server(const struct conf *conf, const struct conf_section **server)
{
	const struct conf_section *section = NULL;

	*server = conf_find(conf, "server", "", NULL);
	while ((section = conf_find(conf, "server", NULL, section)) != NULL)
		if (section->name[0] != '\0')
			return conf_complain(conf, section->line, "[server %s]: [server] takes no name", section->name);
	return ST_OK;
}

static size_t
count_sections(const struct conf *conf, const char *kind)
{
	const struct conf_section *section = NULL;
	size_t n = 0;

	while ((section = conf_find(conf, kind, NULL, section)) != NULL)
		n++;
	return n;
}

static enum status
take_classes(struct settings *set)
{
	const struct conf_section *section = NULL;
	enum status st;

	if ((set->classes = calloc(count_sections(set->conf, "class") + 1, sizeof(*set->classes))) == NULL)
		return ST_NOMEM;
	while ((section = conf_find(set->conf, "class", NULL, section)) != NULL) {
		struct lease_class *class = &set->classes[set->nclasses];

		if ((st = conf_fill(set->conf, section, class_keys, class)) != ST_OK ||
		    (st = take_section_name(set->conf, section, class->name)) != ST_OK)
			return st;
		for (size_t i = 0; i < set->nclasses; i++)
			if (strcmp(set->classes[i].name, class->name) == 0)
				return conf_complain(set->conf, section->line, "[class %s] is there already",
				    class->name);
		if (class->lease == 0)
			return conf_complain(set->conf, section->line, "[class %s] says no lease", class->name);
		set->nclasses++;
	}
	return ST_OK;
}

static bool
is_loopback(const struct address *address)
{
	static const struct networks none;
	const char *why = address->family == 0 ? NULL : address_refusal(address, &none);

	return why != NULL && strcmp(why, "loopback") == 0;
}

static unsigned
shortest_lease(const struct settings *set)
{
	unsigned lease = set->lease;

	for (size_t i = 0; i < set->nclasses; i++)
		if (set->classes[i].lease < lease)
			lease = set->classes[i].lease;
	return lease;
}

static enum status
judge_zone(const struct settings *set, const struct conf_section *section, const struct zone *zone)
{
	for (size_t i = 0; i < set->nzones; i++)
		if (strcmp(set->zones[i].name, zone->name) == 0)
			return conf_complain(set->conf, section->line, "[zone %s] is there already", zone->name);
	if (conf_value(section, "fallback4") == NULL || conf_value(section, "fallback6") == NULL)
		return conf_complain(set->conf, section->line, "[zone %s] must set fallback4 and fallback6: "
		    "an address, or none", zone->name);
	if (zone->fallback4.family == 6 || zone->fallback6.family == 4)
		return conf_complain(set->conf, section->line, "[zone %s]: fallback4 takes an IPv4 address, "
		    "fallback6 an IPv6 address", zone->name);
	if (is_loopback(&zone->fallback4) || is_loopback(&zone->fallback6))
		return conf_complain(set->conf, section->line, "[zone %s]: a loopback fallback would send "
		    "whoever asks to itself", zone->name);
	if (zone->ttl > shortest_lease(set))
		return conf_complain(set->conf, section->line, "[zone %s]: ttl %u is longer than the shortest lease, "
		    "%u s", zone->name, zone->ttl, shortest_lease(set));
	return ST_OK;
}

static enum status
take_zones(struct settings *set)
{
	const struct conf_section *section = NULL;
	enum status st;

	if ((set->zones = calloc(count_sections(set->conf, "zone") + 1, sizeof(*set->zones))) == NULL)
		return ST_NOMEM;
	while ((section = conf_find(set->conf, "zone", NULL, section)) != NULL) {
		struct zone *zone = &set->zones[set->nzones];

		if ((st = conf_fill(set->conf, section, zone_keys, zone)) != ST_OK ||
		    (st = take_section_name(set->conf, section, zone->name)) != ST_OK ||
		    (st = judge_zone(set, section, zone)) != ST_OK)
			return st;
		zone->line = section->line;
		set->nzones++;
	}
	return ST_OK;
}

enum status
settings_load(const char *path, struct settings **out)
{
	const struct conf_section *server;
	struct settings *set = NULL;
	struct conf *conf = NULL;
	enum status st;

	*out = NULL;
	if ((st = conf_load(path, &conf)) != ST_OK || (st = find_server(conf, &server)) != ST_OK)
		goto out;
	if ((set = calloc(1, sizeof(*set))) == NULL) {
		st = ST_NOMEM;
		goto out;
	}
	if ((st = conf_fill(conf, server, server_keys, set)) != ST_OK)
		goto out;
	set->conf = conf;
	conf = NULL;		/* set's from here on */
	if ((st = take_classes(set)) == ST_OK)
		st = take_zones(set);
out:
	if (st == ST_OK)
		*out = set;
	else
		settings_free(set);
	conf_free(conf);
	return st;
}

void
settings_free(struct settings *set)
{
	if (set == NULL)
		return;
	conf_release(server_keys, set);
	conf_free(set->conf);
	free(set->classes);
	free(set->zones);
	free(set);
}

const struct zone *
settings_zone(const struct settings *set, const char *host)
{
	const struct zone *best = NULL;

	for (size_t i = 0; i < set->nzones; i++) {
		const struct zone *zone = &set->zones[i];

		if (name_is_within(host, zone->name) &&
		    (best == NULL || strlen(zone->name) > strlen(best->name)))
			best = zone;
	}
	return best;
}

unsigned
settings_lease(const struct settings *set, const char *class)
{
	for (size_t i = 0; i < set->nclasses; i++)
		if (strcmp(set->classes[i].name, class) == 0)
			return set->classes[i].lease;
	return set->lease;
}

uint64_t
settings_patience(const struct settings *set)
{
	const unsigned seconds = 3 * set->interval;

	return (seconds > 30 ? seconds : 30) * CLOCK_SECOND;
}
