/* SPDX-License-Identifier: ISC */
/*
 * Reading and exchanging all accounts at once. Decides nothing.
 */
#include "roll.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "lib/secret.h"

static enum status
grow(struct roll *roll)
{
	const size_t room = roll->room == 0 ? 64 : 2 * roll->room;
	struct roll_account *grown = reallocarray(roll->list, room, sizeof(*grown));

	if (grown == NULL)
		return ST_NOMEM;
	roll->list = grown;
	roll->room = room;
	return ST_OK;
}

static enum status
take(void *arg, const struct account *account)
{
	struct roll *roll = arg;
	struct roll_account *entry;
	char record[ACCOUNT_RECORD];
	enum status st;

	if (roll->n == roll->room && (st = grow(roll)) != ST_OK)
		return st;
	entry = &roll->list[roll->n];
	strlcpy(entry->name, account->name, sizeof(entry->name));
	entry->epoch = account->epoch;
	if ((entry->len = account_encode(account, record)) == 0)
		return ST_DAMAGED;
	entry->record = malloc(entry->len + 1);
	if (entry->record != NULL)
		memcpy(entry->record, record, entry->len);
	secret_wipe(record, sizeof(record));
	if (entry->record == NULL)
		return ST_NOMEM;
	roll->n++;
	return ST_OK;
}

enum status
roll_read(struct accounts *accounts, struct roll *roll)
{
	enum status st = accounts_each(accounts, take, roll);

	if (st == ST_OK)
		st = hosts_collect(accounts, &roll->hosts);
	return st != ST_OK ? st : hosts_collect_aliases(accounts, &roll->aliases);
}

enum status
roll_read_master(struct master *master, struct roll *roll)
{
	enum status st = master_each(master, take, roll);

	if (st == ST_OK)
		st = hosts_collect_master(master, &roll->hosts);
	return st != ST_OK ? st : hosts_collect_aliases_master(master, &roll->aliases);
}

void
roll_free(struct roll *roll)
{
	for (size_t i = 0; i < roll->n; i++) {
		secret_wipe(roll->list[i].record, roll->list[i].len);
		free(roll->list[i].record);
	}
	free(roll->list);
	hosts_free(&roll->hosts);
	hosts_free(&roll->aliases);
	*roll = (struct roll){ 0 };
}

static int
compare(const void *name, const void *entry)
{
	return strcmp(name, ((const struct roll_account *)entry)->name);
}

static const struct roll_account *
find(const struct roll *roll, const char *name)
{
	return roll->n == 0 ? NULL : bsearch(name, roll->list, roll->n, sizeof(*roll->list), compare);
}

bool
roll_has(const struct roll *roll, const char *name)
{
	return find(roll, name) != NULL;
}

enum status
roll_get(const struct roll *roll, const char *name, struct account *account)
{
	const struct roll_account *entry = find(roll, name);

	return entry == NULL ? ST_NOTFOUND : account_decode(entry->name, entry->record, entry->len, account);
}

uint64_t
roll_epoch(const struct roll *roll)
{
	uint64_t epoch = 0;

	for (size_t i = 0; i < roll->n; i++)
		if (roll->list[i].epoch > epoch)
			epoch = roll->list[i].epoch;
	return epoch;
}

enum status
roll_names(const struct roll *roll, struct work *names)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < roll->n && st == ST_OK; i++)
		st = work_add(names, roll->list[i].name, 0);
	return st;
}

void
roll_exchange(struct master *master, const struct roll *from, const struct roll *to, uint64_t epoch)
{
	struct account account;

	for (size_t i = 0; i < from->n; i++)
		master_del(master, from->list[i].name);
	for (size_t i = 0; i < from->hosts.n; i++)
		master_del_host(master, from->hosts.list[i].name);
	for (size_t i = 0; i < from->aliases.n; i++)
		master_del_host(master, from->aliases.list[i].name);
	for (size_t i = 0; i < to->n; i++) {
		if (roll_get(to, to->list[i].name, &account) != ST_OK)
			continue;	/* cannot be: it was encoded here */
		if (epoch != 0)
			account.epoch = epoch;
		master_put(master, &account);
	}
	for (size_t i = 0; i < to->hosts.n; i++)
		master_put_host(master, to->hosts.list[i].name, to->hosts.list[i].owner);
	hosts_put_aliases(&to->aliases, master);
	secret_wipe(&account, sizeof(account));
}
