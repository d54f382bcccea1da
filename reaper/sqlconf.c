/* SPDX-License-Identifier: ISC */
/*
 * The keys of "[sqlzone ZONE]" and the rules between them.
 */
#include "sqlconf.h"

#include <ctype.h>
#include <string.h>

#define BLANKS		" \t,"
#define POWERDNS_CACHE	42	/* its query cache and then its packet cache: 20 s each, in whole seconds begun */

enum { CONNECT_SECONDS = 3, ANSWER_SECONDS = 6 };

#define KEY(member)	offsetof(struct sqlconf, member)

static const struct conf_key sqlzone_keys[] = {
	{ "schema", CONF_TEXT, KEY(schema_text), NULL, 0, 0 },
	{ "database", CONF_TEXT, KEY(database), NULL, 0, 0 },
	{ "user", CONF_TEXT, KEY(user), NULL, 0, 0 },
	{ "password_file", CONF_FILE, KEY(password_file), NULL, 0, 0 },
	{ "host", CONF_TEXT, KEY(host), NULL, 0, 0 },
	{ "port", CONF_NUMBER, KEY(port), "3306", 1, 65535 },
	{ "socket", CONF_FILE, KEY(socket), NULL, 0, 0 },
	{ "tls", CONF_TEXT, KEY(tls), NULL, 0, 0 },
	{ "ca", CONF_FILE, KEY(ca), NULL, 0, 0 },
	{ "table", CONF_TEXT, KEY(table), NULL, 0, 0 },
	{ "select", CONF_TEXT, KEY(select), NULL, 0, 0 },
	{ "list", CONF_TEXT, KEY(list), NULL, 0, 0 },
	{ "insert", CONF_TEXT, KEY(insert), NULL, 0, 0 },
	{ "delete", CONF_TEXT, KEY(remove), NULL, 0, 0 },
	{ "raise_serial", CONF_TEXT, KEY(raise_serial), NULL, 0, 0 },
	{ "serial", CONF_TEXT, KEY(serial), "unixtime", 0, 0 },
	{ "cache", CONF_NUMBER, KEY(cache), NULL, 0, 86400 },
	{ "whole_zone", CONF_TEXT, KEY(whole_text), NULL, 0, 0 },
	{ "keep", CONF_TEXT, KEY(keep_text), NULL, 0, 0 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static bool
choose(const char *text, const char *const words[], size_t n, unsigned *chosen)
{
	for (unsigned i = 0; i < n; i++)
		if (text != NULL && strcmp(text, words[i]) == 0) {
			*chosen = i;
			return true;
		}
	return false;
}

/* A name of a table stands in a statement as it is. */
static bool
is_identifier(const char *text)
{
	return *text != '\0' && strlen(text) <= 64 &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$-")] == '\0';
}

/* NULL: nothing is wrong. So with all below. */
static const char *
judge_schema(struct sqlconf *conf)
{
	static const char *const schemas[] = { "powerdns", "bind", "own" };
	const bool has_own = conf->select != NULL || conf->list != NULL || conf->insert != NULL ||
	    conf->remove != NULL || conf->raise_serial != NULL;
	unsigned schema;

	if (!choose(conf->schema_text, schemas, 3, &schema))
		return "schema is one of powerdns, bind, own";
	conf->schema = (enum sqlschema)schema;
	if ((conf->schema == SQLSCHEMA_BIND) != (conf->table != NULL))
		return "schema = bind needs the name of its table, and nothing else does";
	if (conf->table != NULL && !is_identifier(conf->table))
		return "table is a name of letters, digits, _, $ and -";
	if (conf->schema != SQLSCHEMA_OWN && has_own)
		return "statements are given with schema = own only";
	if (conf->schema == SQLSCHEMA_OWN && (conf->select == NULL || conf->list == NULL || conf->insert == NULL ||
	    conf->remove == NULL))
		return "schema = own needs the statements select, list, insert and delete";
	return serial_parse_style(conf->serial, &conf->style) ? NULL : "serial is one of unixtime, date, plain";
}

static bool
is_here(const struct sqlconf *conf)
{
	struct address address;
	struct network loopback;

	if (conf->host == NULL)
		return true;
	if (strcmp(conf->host, "localhost") == 0)
		return true;
	if (address_parse(conf->host, &address) != ST_OK)
		return false;
	network_parse(address.family == 4 ? "127.0.0.0/8" : "::1", &loopback);
	return network_has(&loopback, &address);
}

static const char *
judge_login(struct sqlconf *conf)
{
	static const char *const words[] = { "no", "yes", "required" };
	unsigned tls;

	if (conf->database == NULL || conf->user == NULL)
		return "it needs a database and a user";
	if ((conf->host == NULL) == (conf->socket == NULL))
		return "it needs a host or a socket";
	tls = is_here(conf) ? SQL_TLS_NO : SQL_TLS_REQUIRED;
	if (conf->tls != NULL && !choose(conf->tls, words, 3, &tls))
		return "tls is one of no, yes, required";
	if (tls != SQL_TLS_NO && conf->socket != NULL)
		return "a socket has no TLS";
	if (tls == SQL_TLS_REQUIRED && conf->ca == NULL)
		return "TLS to the database needs a ca to verify it by (tls = no: only on a network of your own)";
	conf->login = (struct sql_login){ .host = conf->host, .socket = conf->socket, .port = conf->port,
		.database = conf->database, .user = conf->user, .password_file = conf->password_file,
		.tls = (enum sql_tls)tls, .ca = conf->ca, .connect_seconds = CONNECT_SECONDS,
		.answer_seconds = ANSWER_SECONDS };
	return NULL;
}

/* The names to keep may be any, as "*.pool" or "_x". */
static const char *
judge_rest(struct sqlconf *conf, const char *zone)
{
	static const char *const words[] = { "no", "yes" };
	const char *at = conf->keep_text;
	unsigned whole;

	if (!choose(conf->whole_text, words, 2, &whole))
		return "whole_zone must be said: yes, and addresses in the zone that are nobody's are removed, or no";
	conf->whole_zone = whole == 1;
	if (conf->keep_text != NULL && !conf->whole_zone)
		return "keep goes with whole_zone = yes";
	while (at != NULL && *(at += strspn(at, BLANKS)) != '\0') {
		const size_t len = strcspn(at, BLANKS);
		char *name;

		if (conf->nkeep == SQLCONF_KEEP || len >= NAME_SIZE)
			return "keep has too many names, or one that is too long";
		name = conf->keep[conf->nkeep++];
		for (size_t i = 0; i < len; i++)
			name[i] = (char)tolower((unsigned char)at[i]);
		if (!name_is_within(name, zone))
			return "keep needs names within the zone, without a dot at the end";
		at += len;
	}
	return NULL;
}

enum status
sqlconf_read(const struct settings *settings, const struct zone *zone, const struct conf_section *section,
    struct sqlconf *conf)
{
	const char *fault;
	enum status st;

	memset(conf, 0, sizeof(*conf));
	if ((st = conf_fill(settings->conf, section, sqlzone_keys, conf)) != ST_OK)
		return st;
	if ((fault = judge_schema(conf)) == NULL && (fault = judge_login(conf)) == NULL)
		fault = judge_rest(conf, zone->name);
	if (fault == NULL) {
		if (conf_value(section, "cache") == NULL && conf->schema == SQLSCHEMA_POWERDNS)
			conf->cache = POWERDNS_CACHE;
		return ST_OK;
	}
	st = conf_complain(settings->conf, section->line, "[sqlzone %s]: %s", section->name, fault);
	sqlconf_release(conf);
	return st;
}

void
sqlconf_release(struct sqlconf *conf)
{
	conf_release(sqlzone_keys, conf);
}
