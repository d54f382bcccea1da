/* SPDX-License-Identifier: ISC */
/*
 * The keys of "[zonefile ZONE]" and the rules between them.
 */
#include "zoneconf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "zonetext.h"

#define FAULT_SIZE	160

#define KEY(member)	offsetof(struct zonefile, member)

static const struct conf_key zonefile_keys[] = {
	{ "file", CONF_FILE, KEY(file), NULL, 0, 0 },
	{ "reload", CONF_COMMAND, KEY(reload), NULL, 0, 0 },
	{ "server", CONF_ADDRESS, KEY(server), "127.0.0.1", 0, 0 },
	{ "server_port", CONF_NUMBER, KEY(port), "53", 1, 65535 },
	{ "serial", CONF_TEXT, KEY(serial), "unixtime", 0, 0 },
	{ "nameserver", CONF_TEXT, KEY(nameserver), NULL, 0, 0 },
	{ "hostmaster", CONF_TEXT, KEY(hostmaster), NULL, 0, 0 },
	{ "verify_timeout", CONF_NUMBER, KEY(verify_timeout), "5", 1, 8 },
	{ "lag", CONF_NUMBER, KEY(lag), "1", 0, 86400 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

/* What the table of keys cannot say. NULL: nothing is wrong. */
static const char *
find_fault(struct zonefile *zf, const struct zone *zone, char *why, size_t whysize)
{
	char *text = NULL;
	size_t len;
	enum status st;

	if (zf->file == NULL)
		return "it needs a file";
	if (zf->reload.argv[0] == NULL)
		return "it needs a reload command, or \"reload = none\" for a server that notices by itself";
	if (zf->server.family == 0)
		return "it needs the address of a server to ask";
	if (!serial_parse_style(zf->serial, &zf->style))
		return "serial is one of unixtime, date, plain";
	if ((zf->nameserver == NULL) != (zf->hostmaster == NULL))
		return "nameserver and hostmaster go together";
	if (zf->nameserver == NULL)
		return NULL;
	st = zonetext_new(zone, zf->nameserver, zf->hostmaster, &text, &len, why, whysize);
	free(text);
	return st == ST_INVALID ? why : NULL;
}

enum status
zoneconf_read(const struct settings *settings, const struct zone *zone, const struct conf_section *section,
    struct zonefile *zf)
{
	char why[FAULT_SIZE];
	const char *fault;
	enum status st;

	memset(zf, 0, sizeof(*zf));
	if ((st = conf_fill(settings->conf, section, zonefile_keys, zf)) != ST_OK)
		return st;
	if ((fault = find_fault(zf, zone, why, sizeof(why))) == NULL) {
		zf->has_reload = strcmp(zf->reload.argv[0], "none") != 0 || zf->reload.argv[1] != NULL;
		return ST_OK;
	}
	st = conf_complain(settings->conf, section->line, "[zonefile %s]: %s", section->name, fault);
	zoneconf_release(zf);
	return st;
}

void
zoneconf_release(struct zonefile *zf)
{
	conf_release(zonefile_keys, zf);
}
