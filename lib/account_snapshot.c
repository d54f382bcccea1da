/* SPDX-License-Identifier: ISC */
/*
 * Reading the accounts: the snapshot that helpers and the reaper use. It never changes in place, so nothing here locks.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account_store.h"
#include "log.h"

enum status
account_read(struct store_txn *txn, const char *name, struct account *account)
{
	struct store_value value;
	enum status st;

	if ((st = store_get(txn, DB_ACCOUNT, store_bytes(name, strlen(name)), &value)) != ST_OK)
		return st;
	if ((st = account_decode(name, value.data, value.size, account)) != ST_OK)
		log_critical("the record of account %s does not decode", name);
	return st;
}

/* How a value of the database of hosts begins: with the mark of an alias, or '\0' for none. */
static char
mark_of(const struct store_value *value)
{
	const char *text = value->data;

	return value->size > 0 && (*text == MARK_ALIAS || *text == MARK_CNAME) ? *text : '\0';
}

/* A value of the database of hosts: whose it is, or after a mark what it is an alias of. No mark is 0. ST_DAMAGED. */
static enum status
read_host(const struct store_value *value, char *mark, char name[NAME_SIZE])
{
	const char *text = value->data;
	const size_t skip = mark_of(value) != '\0' ? 1 : 0;

	*mark = mark_of(value);
	return name_parse(text + skip, value->size - skip, name) == ST_OK ? ST_OK : ST_DAMAGED;
}

static enum status
find_host(struct store_txn *txn, const char *name, char *mark, char other[NAME_SIZE])
{
	struct store_value value;
	const enum status st = store_get(txn, DB_HOST, store_text(name), &value);

	return st == ST_OK ? read_host(&value, mark, other) : st;
}

enum status
account_read_owner(struct store_txn *txn, const char *host, char owner[NAME_SIZE])
{
	char mark;
	const enum status st = find_host(txn, host, &mark, owner);

	return st == ST_OK && mark != '\0' ? ST_EXISTS : st;
}

enum status
account_read_aliased(struct store_txn *txn, const char *name, struct alias *alias)
{
	char mark;
	const enum status st = find_host(txn, name, &mark, alias->host);

	if (st != ST_OK)
		return st;
	snprintf(alias->name, sizeof(alias->name), "%s", name);
	alias->is_cname = mark == MARK_CNAME;
	return mark != '\0' ? ST_OK : ST_NOTFOUND;
}

enum status
account_read_seal(struct store_txn *txn, char id[SEAL_ID])
{
	struct store_value value;
	enum status st = store_get(txn, DB_META, store_text(META_SEAL), &value);

	if (st == ST_OK && value.size == SEAL_ID - 1)
		snprintf(id, SEAL_ID, "%.*s", SEAL_ID - 1, (const char *)value.data);
	else
		id[0] = '\0';
	return st == ST_OK && *id == '\0' ? ST_DAMAGED : st;
}

enum status
account_walk(struct store_txn *txn, enum status (*each)(void *, const struct account *), void *arg)
{
	struct store_cursor cursor;
	struct account account;
	char name[NAME_SIZE];
	enum status st = ST_OK;
	bool more;

	for (more = store_walk(txn, DB_ACCOUNT, store_bytes(NULL, 0), &cursor); more && st == ST_OK;
	    more = store_walk_next(&cursor)) {
		if (name_parse(cursor.key.data, cursor.key.size, name) != ST_OK)
			st = ST_DAMAGED;
		else if ((st = account_decode(name, cursor.value.data, cursor.value.size, &account)) == ST_OK)
			st = each(arg, &account);
	}
	store_walk_end(&cursor);
	secret_wipe(&account, sizeof(account));
	return txn->st != ST_OK ? txn->st : st;
}

/* Who is to hear of hosts, or of aliases; the other one is NULL. */
struct walker {
	enum status	(*host)(void *, const char *host, const char *owner);
	enum status	(*alias)(void *, const struct alias *);
	void		*arg;
};

/* A few aliases among a hundred thousand hosts cost no more than stepping over those. */
static bool
hears_of(const struct walker *walker, char mark)
{
	return mark == '\0' ? walker->host != NULL : walker->alias != NULL;
}

static enum status
walk_names(struct store_txn *txn, const struct walker *walker)
{
	struct store_cursor cursor;
	struct alias alias;
	enum status st = ST_OK;
	char mark;
	bool more;

	for (more = store_walk(txn, DB_HOST, store_bytes(NULL, 0), &cursor); more && st == ST_OK;
	    more = store_walk_next(&cursor)) {
		if (!hears_of(walker, mark_of(&cursor.value)))
			continue;
		if (name_parse(cursor.key.data, cursor.key.size, alias.name) != ST_OK ||
		    read_host(&cursor.value, &mark, alias.host) != ST_OK)
			st = ST_DAMAGED;
		else if (mark == '\0')
			st = walker->host(walker->arg, alias.name, alias.host);
		else {
			alias.is_cname = mark == MARK_CNAME;
			st = walker->alias(walker->arg, &alias);
		}
	}
	store_walk_end(&cursor);
	return txn->st != ST_OK ? txn->st : st;
}

enum status
account_walk_hosts(struct store_txn *txn, enum status (*each)(void *, const char *host, const char *owner), void *arg)
{
	return walk_names(txn, &(struct walker){ .host = each, .arg = arg });
}

enum status
account_walk_aliases(struct store_txn *txn, enum status (*each)(void *, const struct alias *), void *arg)
{
	return walk_names(txn, &(struct walker){ .alias = each, .arg = arg });
}

enum status
accounts_open(const char *path, struct accounts **out)
{
	const struct store_plan plan = { .path = path, .kind = STORE_FROZEN, .dbs = ACCOUNT_DBS };
	struct accounts *accounts;
	enum status st;

	*out = NULL;
	if ((accounts = calloc(1, sizeof(*accounts))) == NULL)
		return ST_NOMEM;
	if ((st = store_open(&plan, &accounts->store)) != ST_OK) {
		free(accounts);
		return st;
	}
	*out = accounts;
	return ST_OK;
}

void
accounts_close(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	store_close(accounts->store);
	free(accounts);
}

static struct store_txn *
look_begin(struct accounts *accounts, struct store_txn *txn)
{
	store_read(accounts->store, txn);
	return txn;
}

static enum status
look_end(struct store_txn *txn, enum status st)
{
	store_cancel(txn);
	return st;
}

enum status
accounts_get(struct accounts *accounts, const char *name, struct account *account)
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_read(look_begin(accounts, &txn), name, account));
}

enum status
accounts_owner(struct accounts *accounts, const char *host, char owner[NAME_SIZE])
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_read_owner(look_begin(accounts, &txn), host, owner));
}

enum status
accounts_each(struct accounts *accounts, enum status (*each)(void *, const struct account *), void *arg)
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_walk(look_begin(accounts, &txn), each, arg));
}

enum status
accounts_each_host(struct accounts *accounts, enum status (*each)(void *, const char *host, const char *owner),
    void *arg)
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_walk_hosts(look_begin(accounts, &txn), each, arg));
}

enum status
accounts_aliased(struct accounts *accounts, const char *name, struct alias *alias)
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_read_aliased(look_begin(accounts, &txn), name, alias));
}

enum status
accounts_each_alias(struct accounts *accounts, enum status (*each)(void *, const struct alias *), void *arg)
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_walk_aliases(look_begin(accounts, &txn), each, arg));
}

size_t
accounts_count_hosts(struct accounts *accounts)
{
	struct store_txn txn;
	size_t n;

	store_read(accounts->store, &txn);
	n = store_count(&txn, DB_HOST);
	store_cancel(&txn);
	return n;
}

enum status
accounts_seal(struct accounts *accounts, char id[SEAL_ID])
{
	struct store_txn txn = { 0 };

	return look_end(&txn, account_read_seal(look_begin(accounts, &txn), id));
}

enum status
accounts_decoy(struct accounts *accounts, const char *name, char verifier[VERIFIER_SIZE])
{
	struct store_value value;
	struct store_txn txn;
	char salt[TOKEN_SIZE] = "";
	uint32_t number;
	size_t n;
	enum status st;

	store_read(accounts->store, &txn);
	if (store_get(&txn, DB_META, store_bytes(META_SALT, strlen(META_SALT)), &value) == ST_OK)
		snprintf(salt, sizeof(salt), "%.*s", (int)value.size, (const char *)value.data);
	st = (n = store_count(&txn, DB_DECOY)) > 0 ? ST_OK : ST_NOTFOUND;
	if (st == ST_OK) {
		number = htobe32(secret_number(salt, name) % (uint32_t)n);
		st = store_get(&txn, DB_DECOY, store_bytes(&number, sizeof(number)), &value);
	}
	if (st == ST_OK && value.size < VERIFIER_SIZE) {
		memcpy(verifier, value.data, value.size);
		verifier[value.size] = '\0';
	} else
		st = st == ST_OK ? ST_DAMAGED : st;
	store_cancel(&txn);
	return txn.st != ST_OK ? txn.st : st;
}
