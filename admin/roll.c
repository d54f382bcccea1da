/* SPDX-License-Identifier: ISC */
/*
 * Reading and exchanging all accounts at once. Decides nothing.
 */
#include "roll.h"

#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"

static enum status
take(void *arg, const struct account *account)
{
	struct roll *roll = arg;
	struct account *grown;
	size_t room;

	if (roll->n == roll->room) {
		room = roll->room == 0 ? 64 : 2 * roll->room;
		if ((grown = calloc(room, sizeof(*grown))) == NULL)
			return ST_NOMEM;
		if (roll->n > 0)
			memcpy(grown, roll->list, roll->n * sizeof(*grown));
		secret_wipe(roll->list, roll->n * sizeof(*grown));
		free(roll->list);
		roll->list = grown;
		roll->room = room;
	}
	roll->list[roll->n++] = *account;
	return ST_OK;
}

enum status
roll_read(struct accounts *accounts, struct roll *roll)
{
	enum status st = accounts_each(accounts, take, roll);

	return st != ST_OK ? st : hosts_collect(accounts, &roll->hosts);
}

enum status
roll_read_master(struct master *master, struct roll *roll)
{
	enum status st = master_each(master, take, roll);

	return st != ST_OK ? st : hosts_collect_master(master, &roll->hosts);
}

void
roll_free(struct roll *roll)
{
	if (roll->list != NULL)
		secret_wipe(roll->list, roll->n * sizeof(*roll->list));
	free(roll->list);
	hosts_free(&roll->hosts);
	*roll = (struct roll){ 0 };
}

static int
compare(const void *name, const void *account)
{
	return strcmp(name, ((const struct account *)account)->name);
}

const struct account *
roll_find(const struct roll *roll, const char *account)
{
	return roll->n == 0 ? NULL : bsearch(account, roll->list, roll->n, sizeof(*roll->list), compare);
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
	for (size_t i = 0; i < to->n; i++) {
		account = to->list[i];
		if (epoch != 0)
			account.epoch = epoch;
		master_put(master, &account);
	}
	for (size_t i = 0; i < to->hosts.n; i++)
		master_put_host(master, to->hosts.list[i].name, to->hosts.list[i].owner);
	secret_wipe(&account, sizeof(account));
}
