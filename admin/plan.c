/* SPDX-License-Identifier: ISC */
/*
 * Working out what init makes, and the words of the configuration. Touches nothing.
 */
#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "admin.h"
#include "lib/address.h"
#include "lib/log.h"
#include "people.h"

static enum status __attribute__((format(printf, 1, 2)))
refuse_plan(const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s; nothing was changed", text);
	return ST_INVALID;
}

static enum status __attribute__((format(printf, 2, 3)))
path_make(char path[FILE_PATH], const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, FILE_PATH, fmt, ap);
	va_end(ap);
	if (len < 0 || len >= FILE_PATH - 32 || *path != '/' || strpbrk(path, "\n\r") != NULL)
		return refuse_plan("%s: not an absolute path, or too long", path);
	return ST_OK;
}

/*
 * The certificate and the file of ssh keys stand beside the configuration; all that lives in the state directory has
 * fixed names there.
 */
static enum status
plan_paths(struct plan *p, const char *config, const struct init_options *o)
{
	const char *state = o->state != NULL ? o->state : LOCALSTATEDIR "/lib/dynlease";
	const char *slash = strrchr(config, '/');
	const int dir = slash == NULL ? 0 : (int)(slash - config);

	if (path_make(p->config, "%s", config) != ST_OK ||
	    path_make(p->certificate, "%.*s/server.pem", dir, config) != ST_OK ||
	    path_make(p->key, "%.*s/server.key", dir, config) != ST_OK ||
	    path_make(p->ssh_keys, "%.*s/ssh-keys", dir, config) != ST_OK ||
	    path_make(p->master, "%s/master", state) != ST_OK ||
	    path_make(p->accounts, "%s/accounts", state) != ST_OK ||
	    path_make(p->history, "%s/history", state) != ST_OK ||
	    path_make(p->zones, "%s/zones", state) != ST_OK ||
	    path_make(p->rundir, "%s", o->rundir != NULL ? o->rundir : RUNDIR "/dynlease") != ST_OK)
		return ST_INVALID;
	return o->zone_file != NULL ? path_make(p->zone_file, "%s", o->zone_file) :
	    path_make(p->zone_file, "%s/zones/%s", state, p->zone);
}

static enum status
judge_fallback(const char *option, const char *text, uint8_t family)
{
	static const struct networks none;
	struct address address;
	const char *why;

	if (strcmp(text, "none") == 0)
		return ST_OK;
	if (address_parse(text, &address) != ST_OK || address.family != family)
		return refuse_plan("%s %s: not an IPv%u address, nor the word none", option, text, family);
	if ((why = address_refusal(&address, &none)) != NULL && strcmp(why, "loopback") == 0)
		return refuse_plan("%s %s: a loopback fallback would send whoever asks to itself", option, text);
	return ST_OK;
}

static enum status
plan_people(struct plan *p, const struct init_options *o)
{
	p->user = o->user != NULL ? o->user : "dynlease";
	p->group = o->group != NULL ? o->group : "dynlease";
	p->reaper_user = o->reaper_user != NULL ? o->reaper_user : "dynlease-reap";
	p->ssh_user = o->ssh_user != NULL ? o->ssh_user : "dynlease-ssh";
	if (!people_is_name(p->user) || !people_is_name(p->group) || !people_is_name(p->reaper_user) ||
	    !people_is_name(p->ssh_user))
		return refuse_plan("%s, %s, %s, %s: one of them is no name for a user or group", p->user, p->group,
		    p->reaper_user, p->ssh_user);
	return ST_OK;
}

/* The name in the certificate: what clients are told to connect to. */
static enum status
plan_server(struct plan *p, const char *name, const char *host)
{
	struct address address;
	char text[ADDRESS_TEXT];

	if (name != NULL && address_parse(name, &address) == ST_OK) {
		strlcpy(p->server, address_text(&address, text), sizeof(p->server));
		return ST_OK;
	}
	if (name == NULL && (host == NULL || strchr(host, '.') == NULL))
		return refuse_plan("this machine does not know its full name: say it with --name");
	if (name == NULL)
		name = host;
	if (name_parse(name, strlen(name), p->server) != ST_OK)
		return refuse_plan("%s: not a server's name", name);
	return ST_OK;
}

/* Of a zone made by the reaper this server is the name server, which takes a name outside of the zone. */
static bool
can_make_zone(const struct plan *p)
{
	struct address address;

	return address_parse(p->server, &address) != ST_OK && !name_is_within(p->server, p->zone);
}

enum status
plan_make(const char *config, const struct init_options *o, const char *host, const char *reload, struct plan *p)
{
	enum status st;

	memset(p, 0, sizeof(*p));
	if (name_parse(o->zone, strlen(o->zone), p->zone) != ST_OK)
		return refuse_plan("--zone %s: not a zone's name", o->zone);
	if ((st = judge_fallback("--fallback4", o->fallback4, 4)) != ST_OK ||
	    (st = judge_fallback("--fallback6", o->fallback6, 6)) != ST_OK ||
	    (st = plan_paths(p, config, o)) != ST_OK || (st = plan_people(p, o)) != ST_OK ||
	    (st = plan_server(p, o->name, host)) != ST_OK)
		return st;
	p->fallback4 = o->fallback4;
	p->fallback6 = o->fallback6;
	p->makes_zone = can_make_zone(p);
	if (o->reload == NULL && reload == NULL)
		return refuse_plan("no name server's control program was found: say with --reload how the zone is loaded, "
		    "or --reload none when the server notices by itself");
	if (o->reload != NULL ? strlcpy(p->reload, o->reload, sizeof(p->reload)) >= sizeof(p->reload) :
	    snprintf(p->reload, sizeof(p->reload), "%s %s", reload, p->zone) >= (int)sizeof(p->reload))
		return refuse_plan("--reload: too long");
	if (strpbrk(p->reload, "\n\r") != NULL || *p->reload == '\0')
		return refuse_plan("--reload: not a command on one line");
	return ST_OK;
}

enum status
plan_config(const struct plan *p, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);

	if (out == NULL)
		return ST_NOMEM;
	fprintf(out, "# dynlease's server side; dynlease.conf(5) has every key; after a change: dynlease-admin check.\n"
	    "\n[server]\ncertificate = %s\nkey = %s\naccounts = %s\nmaster = %s\nhistory = %s\n"
	    "ssh_keys = %s\nrundir = %s\nuser = %s\ngroup = %s\nreaper_user = %s\nssh_user = %s\n",
	    p->certificate, p->key, p->accounts, p->master, p->history, p->ssh_keys, p->rundir, p->user, p->group,
	    p->reaper_user, p->ssh_user);
	fprintf(out, "# port = 8245\n# lease = 120\n# interval = 5\n"
	    "\n# What a name shows while its host is silent: an address, or none.\n"
	    "[zone %s]\nfallback4 = %s\nfallback6 = %s\n# ttl = 30\n", p->zone, p->fallback4, p->fallback6);
	fprintf(out, "\n[zonefile %s]\nfile = %s\nreload = %s\n# the server that is asked whether it shows the zone\n"
	    "# server = 127.0.0.1\n", p->zone, p->zone_file, p->reload);
	fprintf(out, "# for a file that does not exist yet\n%snameserver = %s\n%shostmaster = hostmaster@%s\n",
	    p->makes_zone ? "" : "# ", p->makes_zone ? p->server : "ns.example.org", p->makes_zone ? "" : "# ",
	    p->zone);
	fprintf(out, "\n# Where there are secondaries: published is what all of them show.\n# [nameservers %s]\n", p->zone);
	return fclose(out) == 0 ? ST_OK : ST_NOMEM;
}
