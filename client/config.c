/* SPDX-License-Identifier: ISC */
/*
 * The keys of client.conf and the rules between them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "pin.h"

#define MEMBER(member)	offsetof(struct server, member)
#define LIST_BLANKS	" \t,"

static const struct conf_key server_keys[] = {
	{ "address", CONF_TEXT, MEMBER(address), NULL, 0, 0 },
	{ "source", CONF_ADDRESS, MEMBER(source), NULL, 0, 0 },
	{ "port", CONF_NUMBER, MEMBER(port), "8245", 1, 65535 },
	{ "account", CONF_NAME, MEMBER(account), NULL, 0, 0 },
	{ "secret_file", CONF_FILE, MEMBER(secret_file), NULL, 0, 0 },
	{ "host", CONF_TEXT, MEMBER(host), NULL, 0, 0 },
	{ "secret_credential", CONF_TEXT, MEMBER(secret_credential), NULL, 0, 0 },
	{ "certificate", CONF_FILE, MEMBER(certificate), NULL, 0, 0 },
	{ "key", CONF_FILE, MEMBER(key), NULL, 0, 0 },
	{ "key_credential", CONF_TEXT, MEMBER(key_credential), NULL, 0, 0 },
	{ "pin", CONF_TEXT, MEMBER(pin), NULL, 0, 0 },
	{ "known_servers", CONF_FILE, MEMBER(known_servers), NULL, 0, 0 },
	{ "trust_first", CONF_BOOL, MEMBER(trust_first), "no", 0, 0 },
	{ "via", CONF_COMMAND, MEMBER(via), NULL, 0, 0 },
	{ "announce", CONF_TEXT, MEMBER(announce), NULL, 0, 0 },
	{ "send_address", CONF_BOOL, MEMBER(send_address), "yes", 0, 0 },
	{ "release_on_exit", CONF_BOOL, MEMBER(release_on_exit), "no", 0, 0 },
	{ "ca", CONF_FILE, MEMBER(ca), NULL, 0, 0 },
	{ "family", CONF_TEXT, MEMBER(family), "both", 0, 0 },
	{ "timeout", CONF_NUMBER, MEMBER(timeout), "10", 1, 300 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

/* A DNS name or an address, in its one spelling. */
static bool
parse_target(const char *text, char target[NAME_SIZE])
{
	char spelled[ADDRESS_TEXT];
	struct address address;

	if (address_parse(text, &address) == ST_OK)
		return strlcpy(target, address_text(&address, spelled), NAME_SIZE) < NAME_SIZE;
	return name_parse(text, strlen(text), target) == ST_OK;
}

static enum status
add_host(struct server *server, const char *text, size_t len)
{
	char (*hosts)[NAME_SIZE] = reallocarray(server->hosts, server->nhosts + 1, NAME_SIZE);

	if (hosts == NULL)
		return ST_NOMEM;
	server->hosts = hosts;
	return name_parse(text, len, hosts[server->nhosts]) == ST_OK ? (server->nhosts++, ST_OK) : ST_INVALID;
}

/* host = a list of names; without it, the account's name is the host's. */
static enum status
parse_hosts(const struct conf *conf, const struct conf_section *section, struct server *server)
{
	const char *at = server->host == NULL ? server->account : server->host;
	enum status st;
	size_t len;

	for (at += strspn(at, LIST_BLANKS); *at != '\0'; at += strspn(at, LIST_BLANKS)) {
		len = strcspn(at, LIST_BLANKS);
		if ((st = add_host(server, at, len)) == ST_INVALID)
			return conf_complain(conf, section->line, "[server %s] host: not a host's name: %.*s",
			    section->name, (int)(len > NAME_SIZE ? NAME_SIZE : len), at);
		if (st != ST_OK)
			return st;
		at += len;
	}
	if (server->nhosts == 0)
		return conf_complain(conf, section->line, "[server %s] host: the list is empty", section->name);
	return ST_OK;
}

static enum status
parse_families(const struct conf *conf, const struct conf_section *section, struct server *server)
{
	if (strcmp(server->family, "both") == 0)
		server->families = FAMILY_BOTH;
	else if (strcmp(server->family, "4") == 0)
		server->families = FAMILY_4;
	else if (strcmp(server->family, "6") == 0)
		server->families = FAMILY_6;
	else
		return conf_complain(conf, section->line, "[server %s] family: must be 4, 6 or both", section->name);
	if (server->source.family != 0)
		server->families &= server->source.family == 4 ? FAMILY_4 : FAMILY_6;
	if (server->families == 0)
		return conf_complain(conf, section->line, "[server %s] source: is of the other family", section->name);
	return ST_OK;
}

/* announce = auto, or an address, or one of each family. */
static enum status
parse_announced(const struct conf *conf, const struct conf_section *section, struct server *server)
{
	char word[ADDRESS_TEXT + 1];
	const char *at = server->announce == NULL ? "" : server->announce;
	unsigned announced = 0;
	struct address a;
	size_t len;

	if (strcmp(at, "auto") == 0) {
		server->announce_own = true;
		return ST_OK;
	}
	for (at += strspn(at, LIST_BLANKS); *at != '\0'; at += len, at += strspn(at, LIST_BLANKS)) {
		len = strcspn(at, LIST_BLANKS);
		strlcpy(word, at, len < sizeof(word) ? len + 1 : sizeof(word));
		if (address_parse(word, &a) != ST_OK)
			return conf_complain(conf, section->line, "[server %s] announce: neither \"auto\" nor an address: %s",
			    section->name, word);
		if (server->announced[a.family == 6].family != 0)
			return conf_complain(conf, section->line, "[server %s] announce: only one address of a family",
			    section->name);
		server->announced[a.family == 6] = a;
		announced |= a.family == 6 ? FAMILY_6 : FAMILY_4;
	}
	if (announced != 0 && (server->families &= announced) == 0)
		return conf_complain(conf, section->line, "[server %s] announce: is of the other family", section->name);
	return ST_OK;
}

/* Through a command there is one way; with nothing to announce, one lease of whatever the server sees. */
static void
settle_via(struct server *server)
{
	if (server->via.argv[0] != NULL && server->announce == NULL)
		server->families = FAMILY_4;
}

static bool
is_path(const char *name)
{
	return strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Who we are: by a file or by a credential of the service manager, which is a name. */
static enum status
check_source(const struct conf *conf, const struct conf_section *section, const char *word, const char *file,
    const char *credential)
{
	if (credential != NULL && is_path(credential))
		return conf_complain(conf, section->line, "[server %s] %s_credential: a name, not a path, is "
		    "expected", section->name, word);
	if (credential != NULL && file != NULL)
		return conf_complain(conf, section->line, "[server %s]: %s and %s_credential exclude each other",
		    section->name, strcmp(word, "key") == 0 ? word : "secret_file", word);
	return ST_OK;
}

static enum status
check_identity(const struct conf *conf, const struct conf_section *section, const struct server *server)
{
	enum status st;

	if ((st = check_source(conf, section, "secret", server->secret_file, server->secret_credential)) != ST_OK ||
	    (st = check_source(conf, section, "key", server->key, server->key_credential)) != ST_OK)
		return st;
	if (server->certificate != NULL && server->key == NULL && server->key_credential == NULL)
		return conf_complain(conf, section->line, "[server %s] certificate: needs key", section->name);
	if (server->certificate == NULL && (server->key != NULL || server->key_credential != NULL))
		return conf_complain(conf, section->line, "[server %s] key: needs certificate", section->name);
	return ST_OK;
}

/* Trust: keys that exclude or need each other. */
static enum status
check_trust(const struct conf *conf, const struct conf_section *section, const struct server *server)
{
	if (server->pin != NULL && !pin_is_list(server->pin))
		return conf_complain(conf, section->line, "[server %s] pin: SHA256: and 43 characters of base64 are expected",
		    section->name);
	if (server->trust_first && (server->known_servers == NULL || server->pin != NULL))
		return conf_complain(conf, section->line, "[server %s] trust_first: needs known_servers, and no pin",
		    section->name);
	return ST_OK;
}

static enum status
server_fill(const struct conf *conf, const struct conf_section *section, struct server *server)
{
	char target[NAME_SIZE];
	enum status st;

	if ((st = conf_fill(conf, section, server_keys, server)) != ST_OK)
		return st;
	if (!parse_target(section->name, server->name))
		return conf_complain(conf, section->line, "[server %s]: this needs the name in the server's certificate",
		    section->name);
	if (server->address != NULL && !parse_target(server->address, target))
		return conf_complain(conf, section->line, "[server %s] address: neither a name nor an address",
		    section->name);
	if (*server->account == '\0')
		return conf_complain(conf, section->line, "[server %s] account: is missing", section->name);
	if ((st = parse_families(conf, section, server)) != ST_OK ||
	    (st = parse_announced(conf, section, server)) != ST_OK ||
	    (st = check_identity(conf, section, server)) != ST_OK ||
	    (st = check_trust(conf, section, server)) != ST_OK)
		return st;
	settle_via(server);
	return parse_hosts(conf, section, server);
}

/* Only servers are spoken of here; another kind of section is a mistake. */
static enum status
check_kinds(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->n; i++)
		if (strcmp(conf->sections[i].kind, "server") != 0)
			return conf_complain(conf, conf->sections[i].line, "[%s]: there are only [server NAME] sections here",
			    conf->sections[i].kind);
	if (conf->n == 0)
		return conf_complain(conf, 1, "no [server NAME] section");
	return ST_OK;
}

enum status
servers_load(const char *path, struct servers **out)
{
	struct servers *servers = NULL;
	struct conf *conf = NULL;
	enum status st;

	if ((st = conf_load(path, &conf)) != ST_OK || (st = check_kinds(conf)) != ST_OK)
		goto out;
	if ((servers = calloc(1, sizeof(*servers))) == NULL ||
	    (servers->list = calloc(conf->n, sizeof(*servers->list))) == NULL) {
		st = ST_NOMEM;
		goto out;
	}
	for (; st == ST_OK && servers->n < conf->n; servers->n++)
		st = server_fill(conf, &conf->sections[servers->n], &servers->list[servers->n]);
out:
	conf_free(conf);
	if (st != ST_OK) {
		servers_free(servers);
		servers = NULL;
	}
	*out = servers;
	return st;
}

void
servers_free(struct servers *servers)
{
	size_t i;

	if (servers == NULL)
		return;
	for (i = 0; i < servers->n; i++) {
		conf_release(server_keys, &servers->list[i]);
		free(servers->list[i].hosts);
		secret_wipe(servers->list[i].secret, sizeof(servers->list[i].secret));
	}
	free(servers->list);
	free(servers);
}

enum status
server_use_via(struct server *server, const char *command)
{
	enum status st;

	free(server->via.words);
	memset(&server->via, 0, sizeof(server->via));
	if ((st = conf_split_command(command, &server->via)) != ST_OK)
		return st;
	settle_via(server);
	return ST_OK;
}

const struct address *
server_announced(const struct server *server, unsigned family)
{
	const struct address *a = &server->announced[family == FAMILY_6];

	return a->family != 0 ? a : NULL;
}

const char *
server_target(const struct server *server)
{
	return server->address != NULL ? server->address : server->name;
}

size_t
server_restrict(struct server *server, const char (*wanted)[NAME_SIZE], size_t n)
{
	size_t i, j, kept = 0;

	for (i = 0; i < server->nhosts; i++) {
		for (j = 0; j < n && strcmp(server->hosts[i], wanted[j]) != 0; j++)
			continue;
		if (j < n)
			memmove(server->hosts[kept++], server->hosts[i], NAME_SIZE);
	}
	server->nhosts = kept;
	return kept;
}
