/* SPDX-License-Identifier: ISC */
/*
 * The table of verbs. A good answer is silent unless asked for: cron mails every word.
 */
#include "verb.h"

#include <stdio.h>
#include <string.h>

#include "talk.h"

static enum status
take_renewed(struct report *r, const char *server, const char *host, const char *text)
{
	char address[ADDRESS_TEXT];
	struct talk_lease lease;
	enum status st;

	if ((st = talk_parse_lease(text, host, &lease)) != ST_OK)
		return st;
	report_grant(r, &lease);
	if (r->verbose)
		printf("%s address=%s family=%d lease=%u renew=%u changed=%s server=%s\n", host,
		    address_text(&lease.address, address), lease.address.family, lease.lease, lease.renew,
		    lease.changed ? "yes" : "no", server);
	return ST_OK;
}

static enum status
take_released(struct report *r, const char *server, const char *host, const char *text)
{
	size_t len = strlen(host);

	if (strncasecmp(text, host, len) != 0 || (text[len] != '\0' && text[len] != ' '))
		return ST_PROTOCOL;
	if (r->verbose)
		printf("%s released server=%s\n", host, server);
	return ST_OK;
}

static enum status
take_state(struct report *r, const char *server, const char *host, const char *text)
{
	struct talk_state state;
	enum status st;

	if ((st = talk_parse_state(text, host, &state)) == ST_OK)
		report_keep(r, server, host, &state);
	return st;
}

const struct verb verbs[] = {
	{ "renew", "RENEW", "lease this machine's address for the hosts, or renew the lease", true, take_renewed, NULL },
	{ "release", "RELEASE", "end the hosts' leases now", false, take_released, NULL },
	{ "status", "STATUS", "show the hosts' leases", false, take_state, report_states },
	{ NULL, NULL, NULL, false, NULL, NULL }
};

const struct verb *
verb_find(const char *command)
{
	const struct verb *v;

	for (v = verbs; v->command != NULL; v++)
		if (strcmp(v->command, command) == 0)
			return v;
	return NULL;
}
