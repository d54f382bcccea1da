/* SPDX-License-Identifier: ISC */
/*
 * The keys of "[dnsupdate ZONE]" and the rules between them.
 */
#include "dnsconf.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "dnsconn.h"
#include "dnskey.h"

#define FAULT_SIZE	160
#define BLANKS		" \t,"

#define KEY(member)	offsetof(struct dnsconf, member)

static const struct conf_key dnsupdate_keys[] = {
	{ "server", CONF_ADDRESS, KEY(server), "127.0.0.1", 0, 0 },
	{ "server_port", CONF_NUMBER, KEY(port), "53", 1, 65535 },
	{ "key_name", CONF_NAME, KEY(key_name), NULL, 0, 0 },
	{ "key_algorithm", CONF_TEXT, KEY(key_algorithm), "hmac-sha256", 0, 0 },
	{ "key_file", CONF_FILE, KEY(key_file), NULL, 0, 0 },
	{ "batch", CONF_NUMBER, KEY(batch), "500", 1, 500 },
	{ "in_flight", CONF_NUMBER, KEY(in_flight), "4", 1, 16 },
	{ "transfer", CONF_TEXT, KEY(transfer_text), "auto", 0, 0 },
	{ "whole_zone", CONF_TEXT, KEY(whole_text), NULL, 0, 0 },
	{ "keep", CONF_TEXT, KEY(keep), NULL, 0, 0 },
	{ "lag", CONF_NUMBER, KEY(lag), "1", 0, 86400 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static bool
parse_transfer(const char *text, enum dns_transfer *transfer)
{
	static const char *const words[] = { [TRANSFER_AUTO] = "auto", [TRANSFER_YES] = "yes", [TRANSFER_NO] = "no" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0) {
			*transfer = (enum dns_transfer)i;
			return true;
		}
	return false;
}

static bool
parse_whole(const char *text, bool *whole)
{
	*whole = text != NULL && strcmp(text, "yes") == 0;
	return *whole || (text != NULL && strcmp(text, "no") == 0);
}

/* The names to keep may be any, as "*.pool" or "_x", but within the zone. False: one is not. */
static bool
parse_keep(const struct zone *zone, char *keep, char *why, size_t whysize)
{
	char name[NAME_SIZE];
	size_t n;

	for (char *at = keep; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	for (char *at = keep + strspn(keep, BLANKS); *at != '\0'; at += strspn(at, BLANKS)) {
		n = strcspn(at, BLANKS);
		if (n >= NAME_SIZE)
			return false;
		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (!name_is_within(name, zone->name)) {
			snprintf(why, whysize, "keep needs names within the zone, without a dot at the end");
			return false;
		}
		at += n;
	}
	return true;
}

/* What the table of keys cannot say. NULL: nothing is wrong. */
static const char *
find_fault(struct dnsconf *conf, const struct zone *zone, char *why, size_t whysize)
{
	if (conf->server.family == 0)
		return "it needs the address of a server";
	if (*conf->key_name == '\0')
		return "it needs the key_name that the server knows the key by";
	if (conf->key_file == NULL)
		return "it needs the key_file that holds the secret of the key, in base64";
	if (!dnskey_is_algorithm(conf->key_algorithm))
		return "key_algorithm is hmac-sha256 or hmac-sha512";
	if (!parse_transfer(conf->transfer_text, &conf->transfer))
		return "transfer is one of auto, yes, no";
	if (!parse_whole(conf->whole_text, &conf->whole_zone))
		return "whole_zone must be said: yes, and addresses in the zone that are nobody's are removed, or no";
	if (conf->keep != NULL && !conf->whole_zone)
		return "keep goes with whole_zone = yes";
	if (conf->keep != NULL && !parse_keep(zone, conf->keep, why, whysize))
		return why;
	return NULL;
}

enum status
dnsconf_read(const struct settings *settings, const struct zone *zone, const struct conf_section *section,
    struct dnsconf *conf)
{
	char why[FAULT_SIZE] = "keep has a name that is too long";
	const char *fault;
	enum status st;

	memset(conf, 0, sizeof(*conf));
	if ((st = conf_fill(settings->conf, section, dnsupdate_keys, conf)) != ST_OK)
		return st;
	if ((fault = find_fault(conf, zone, why, sizeof(why))) == NULL)
		return ST_OK;
	st = conf_complain(settings->conf, section->line, "[dnsupdate %s]: %s", section->name, fault);
	dnsconf_release(conf);
	return st;
}

void
dnsconf_release(struct dnsconf *conf)
{
	conf_release(dnsupdate_keys, conf);
}

bool
dnsconf_keeps(const struct dnsconf *conf, const char *name)
{
	const size_t len = strlen(name);
	size_t n;

	if (conf->keep == NULL)
		return false;
	for (const char *at = conf->keep + strspn(conf->keep, BLANKS); *at != '\0'; at += strspn(at, BLANKS)) {
		n = strcspn(at, BLANKS);
		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}
