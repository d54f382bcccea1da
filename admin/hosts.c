/* SPDX-License-Identifier: ISC */
/*
 * A list of hosts. Reads only.
 */
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

static enum status
add(struct hosts *hosts, const char *host, const char *owner)
{
	struct hosts_entry *grown;
	size_t room;

	if (hosts->n == hosts->room) {
		room = hosts->room == 0 ? 64 : 2 * hosts->room;
		if ((grown = reallocarray(hosts->list, room, sizeof(*grown))) == NULL)
			return ST_NOMEM;
		hosts->list = grown;
		hosts->room = room;
	}
	strlcpy(hosts->list[hosts->n].name, host, NAME_SIZE);
	strlcpy(hosts->list[hosts->n].owner, owner, NAME_SIZE);
	hosts->list[hosts->n++].is_cname = false;
	return ST_OK;
}

enum status
hosts_add_alias(struct hosts *hosts, const struct alias *alias)
{
	const enum status st = add(hosts, alias->name, alias->host);

	if (st == ST_OK)
		hosts->list[hosts->n - 1].is_cname = alias->is_cname;
	return st;
}

void
hosts_put_aliases(const struct hosts *hosts, struct master *master)
{
	struct alias alias;

	for (size_t i = 0; i < hosts->n; i++) {
		strlcpy(alias.name, hosts->list[i].name, sizeof(alias.name));
		strlcpy(alias.host, hosts->list[i].owner, sizeof(alias.host));
		alias.is_cname = hosts->list[i].is_cname;
		master_put_alias(master, &alias);
	}
}

static enum status
take(void *arg, const char *host, const char *owner)
{
	return add(arg, host, owner);
}

static enum status
take_alias(void *arg, const struct alias *alias)
{
	return hosts_add_alias(arg, alias);
}

enum status
hosts_collect(struct accounts *accounts, struct hosts *hosts)
{
	return accounts_each_host(accounts, take, hosts);
}

enum status
hosts_collect_master(struct master *master, struct hosts *hosts)
{
	return master_each_host(master, take, hosts);
}

enum status
hosts_collect_aliases(struct accounts *accounts, struct hosts *hosts)
{
	return accounts_each_alias(accounts, take_alias, hosts);
}

enum status
hosts_collect_aliases_master(struct master *master, struct hosts *hosts)
{
	return master_each_alias(master, take_alias, hosts);
}

static int
compare(const void *name, const void *entry)
{
	return strcmp(name, ((const struct hosts_entry *)entry)->name);
}

const struct hosts_entry *
hosts_find(const struct hosts *hosts, const char *name)
{
	return hosts->n == 0 ? NULL : bsearch(name, hosts->list, hosts->n, sizeof(*hosts->list), compare);
}

void
hosts_free(struct hosts *hosts)
{
	free(hosts->list);
	*hosts = (struct hosts){ 0 };
}
