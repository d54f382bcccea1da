/* SPDX-License-Identifier: ISC */
/*
 * Desired state, built in memory from two read transactions. Changes nothing.
 */
#include "desired.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* What the walks over accounts and leases need at hand. */
struct building {
	const struct settings	*settings;
	const struct zone	*zone;
	struct accounts		*accounts;
	uint64_t		 now;
	struct desired_list	*list;
};

static enum status
make_room(struct desired_list *list, size_t room)
{
	struct desired *names = reallocarray(list->names, room, sizeof(*names));

	if (names == NULL)
		return ST_NOMEM;
	list->names = names;
	list->room = room;
	return ST_OK;
}

static enum status
append(struct desired_list *list, const char *name, bool owned)
{
	const char *kept;

	if (list->n == list->room && make_room(list, list->room == 0 ? 64 : 2 * list->room) != ST_OK)
		return ST_NOMEM;
	if ((kept = texts_keep(&list->texts, name)) == NULL)
		return ST_NOMEM;
	list->names[list->n++] = (struct desired){ .name = kept, .owned = owned, .sheds_cname = !owned };
	return ST_OK;
}

static enum status
take_host(void *arg, const char *host, const char *owner)
{
	struct building *b = arg;

	(void)owner;
	return settings_zone(b->settings, host) == b->zone ? append(b->list, host, true) : ST_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct desired *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct desired *
find(struct desired_list *list, size_t n, const char *name)
{
	const struct desired key = { .name = name };

	return n == 0 ? NULL : bsearch(&key, list->names, n, sizeof(key), compare);
}

/* What is wrong with a lease, as if whoever wrote it had been taken over; NULL when nothing is. */
static const char *
refusal(const struct building *b, const struct lease *lease)
{
	char owner[NAME_SIZE];

	if (accounts_owner(b->accounts, lease->host, owner) != ST_OK || strcmp(owner, lease->account) != 0)
		return "another account's";
	return address_refusal(&lease->address, &b->settings->allow);
}

/* A live lease fills in its family, after everything about it that can be checked was. */
static void
fill_in(const struct building *b, const struct lease *lease, struct desired *name)
{
	const char *why;

	if (!lease_is_live(lease, b->now))
		return;
	if ((why = refusal(b, lease)) != NULL) {
		log_critical("the table has a lease of %s that nobody can have been granted: %s", lease->host, why);
		return;
	}
	if (lease->address.family == 4)
		name->a = lease->address;
	else
		name->aaaa = lease->address;
	name->live = true;
}

/* ST_DAMAGED: the table. */
static enum status
fill_in_leases(const struct building *b, struct table *table, struct desired *name)
{
	static const uint8_t families[] = { 4, 6 };
	struct lease lease;
	enum status st;

	for (size_t i = 0; i < sizeof(families); i++) {
		st = table_get(table, name->name, families[i], &lease);
		if (st == ST_OK)
			fill_in(b, &lease, name);
		else if (st != ST_NOTFOUND)
			return st;
	}
	return ST_OK;
}

static enum status
take_lease(void *arg, const struct lease *lease)
{
	struct building *b = arg;
	struct desired *name = find(b->list, b->list->n, lease->host);

	if (name != NULL)
		fill_in(b, lease, name);
	return ST_OK;
}

void
desired_fall_back(const struct zone *zone, struct desired *name)
{
	if (name->live || !name->owned)
		return;
	name->a = zone->fallback4;
	name->aaaa = zone->fallback6;
}

static bool
is_alias(const struct building *b, const char *name)
{
	struct alias alias;

	return accounts_aliased(b->accounts, name, &alias) == ST_OK;
}

/* Mark what is touched; those that are ours no more join the list, to show nothing. */
static enum status
mark(struct building *b, const struct work *touched)
{
	const size_t owned = b->list->n;
	struct desired *name;
	enum status st;

	for (size_t i = 0; i < touched->n; i++) {
		const char *host = touched->hosts[i].name;

		if (settings_zone(b->settings, host) != b->zone || is_alias(b, host))
			continue;
		if ((name = find(b->list, owned, host)) == NULL) {
			if ((st = append(b->list, host, false)) != ST_OK)
				return st;
			name = &b->list->names[b->list->n - 1];
		}
		name->touched = true;
	}
	if (b->list->n > owned)
		qsort(b->list->names, b->list->n, sizeof(*b->list->names), compare);
	return ST_OK;
}

/* What an alias shows is what its host shows; one of a host that is no more shows nothing. */
struct aliasing {
	struct building		*b;
	struct table		*table;
	const struct work	*touched;
	bool			 all;		/* else only those of the touched hosts, and the touched ones */
	size_t			 hosts;		/* that are listed, before the aliases */
};

/* As it is listed, or worked out for a host of another zone, or one that is not listed. */
static enum status
find_shown(const struct aliasing *a, const char *host, struct desired *shown)
{
	const struct desired *listed = find(a->b->list, a->hosts, host);
	char owner[NAME_SIZE];
	enum status st = ST_OK;

	*shown = (struct desired){ .owned = false };
	if (listed != NULL) {
		*shown = *listed;
		return ST_OK;
	}
	shown->name = host;
	shown->owned = accounts_owner(a->b->accounts, host, owner) == ST_OK;
	if (shown->owned && a->table != NULL)
		st = fill_in_leases(a->b, a->table, shown);
	desired_fall_back(a->b->zone, shown);
	return st;
}

static bool
has_host(const struct aliasing *a, const struct alias *alias)
{
	char owner[NAME_SIZE];

	return accounts_owner(a->b->accounts, alias->host, owner) == ST_OK;
}

/* A CNAME is there as long as its host is, whatever that shows. At the zone's own name it would break the zone. */
static enum status
find_cname(const struct aliasing *a, const struct alias *alias, struct desired *shown)
{
	*shown = (struct desired){ .owned = false };
	if (strcmp(alias->name, a->b->zone->name) == 0)
		log_error("%s is a zone and cannot be a CNAME: it shows nothing", alias->name);
	else if (has_host(a, alias)) {
		if ((shown->cname = texts_keep(&a->b->list->texts, alias->host)) == NULL)
			return ST_NOMEM;
		shown->owned = shown->live = true;
	}
	return ST_OK;
}

static bool
is_touched(const struct aliasing *a, const struct alias *alias)
{
	return work_has(a->touched, alias->name) ||
	    (work_has(a->touched, alias->host) && !(alias->is_cname && has_host(a, alias)));
}

static enum status
append_alias(const struct aliasing *a, const struct alias *alias, bool touched)
{
	struct desired_list *list = a->b->list;
	struct desired shown;
	enum status st;

	if ((st = append(list, alias->name, false)) != ST_OK)
		return st;
	st = alias->is_cname ? find_cname(a, alias, &shown) : find_shown(a, alias->host, &shown);
	shown.touched = touched;
	shown.sheds_cname = !shown.owned || work_has(a->touched, alias->name);	/* it was one, perhaps */
	shown.name = list->names[list->n - 1].name;
	list->names[list->n - 1] = shown;
	return st;
}

static enum status
take_alias(void *arg, const struct alias *alias)
{
	const struct aliasing *a = arg;
	bool touched;

	if (settings_zone(a->b->settings, alias->name) != a->b->zone)
		return ST_OK;
	touched = is_touched(a, alias);
	return a->all || touched ? append_alias(a, alias, touched) : ST_OK;
}

/* Behind the hosts, and then all in order. */
static enum status
append_aliases(struct building *b, struct table *table, const struct work *touched, bool all)
{
	struct aliasing aliasing = { b, table, touched, all, b->list->n };
	enum status st = accounts_each_alias(b->accounts, take_alias, &aliasing);

	if (b->list->n > aliasing.hosts)
		qsort(b->list->names, b->list->n, sizeof(*b->list->names), compare);
	return st;
}

enum status
desired_build(const struct settings *settings, const struct zone *zone, struct accounts *accounts,
    struct table *table, const struct work *touched, uint64_t now, struct desired_list *list)
{
	struct building b = { settings, zone, accounts, now, list };
	enum status st;

	*list = (struct desired_list){ 0 };
	if ((st = accounts_each_host(accounts, take_host, &b)) == ST_DAMAGED)
		st = ST_NOTFOUND;	/* the accounts are, and not the table */
	if (st != ST_OK || (table != NULL && (st = table_each_lease(table, take_lease, &b)) != ST_OK) ||
	    (st = mark(&b, touched)) != ST_OK)
		goto out;
	for (size_t i = 0; i < list->n; i++)
		desired_fall_back(zone, &list->names[i]);
	st = append_aliases(&b, table, touched, true);
out:
	if (st != ST_OK)
		desired_free(list);
	return st;
}

static enum status
build_one(const struct building *b, struct table *table, const char *host)
{
	char owner[NAME_SIZE];
	struct desired *name;
	enum status st = accounts_owner(b->accounts, host, owner);

	if (st == ST_EXISTS)
		return ST_OK;		/* an alias: they come behind the hosts */
	if (st != ST_OK && st != ST_NOTFOUND)
		return ST_NOTFOUND;	/* the accounts cannot be read */
	if ((st = append(b->list, host, st == ST_OK)) != ST_OK)
		return st;
	name = &b->list->names[b->list->n - 1];
	name->touched = true;
	if (name->owned && table != NULL)
		st = fill_in_leases(b, table, name);
	desired_fall_back(b->zone, name);
	return st;
}

enum status
desired_build_touched(const struct settings *settings, const struct zone *zone, struct accounts *accounts,
    struct table *table, const struct work *touched, uint64_t now, struct desired_list *list)
{
	struct building b = { settings, zone, accounts, now, list };
	enum status st;

	*list = (struct desired_list){ 0 };
	st = make_room(list, touched->n + 1);
	for (size_t i = 0; i < touched->n && st == ST_OK; i++)
		if (settings_zone(settings, touched->hosts[i].name) == zone)
			st = build_one(&b, table, touched->hosts[i].name);
	if (st == ST_OK)
		st = append_aliases(&b, table, touched, false);
	if (st != ST_OK)
		desired_free(list);
	return st;
}

void
desired_free(struct desired_list *list)
{
	free(list->names);
	texts_free(&list->texts);
	*list = (struct desired_list){ 0 };
}
