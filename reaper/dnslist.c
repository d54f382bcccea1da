/* SPDX-License-Identifier: ISC */
/*
 * Names of ours are found by bisection; what else the zone has is collected and sorted out at the end, when all that
 * relies on it is known.
 */
#include "dnslist.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

struct dns_family {
	size_t		n;		/* addresses */
	struct address	address;	/* the last one */
	bool		is_odd;		/* with another TTL */
};

struct dns_shown {
	struct dns_family	a, aaaa;
	bool			is_cname;	/* one to whatever name */
	bool			is_odd;		/* to another name than it must, or with another TTL */
};

enum status
dnslist_begin(struct dns_list *list, const struct publication *pub, const struct dnsconf *conf)
{
	*list = (struct dns_list){ .zone = pub->zone, .conf = conf, .names = pub->names, .n = pub->n };
	list->shown = calloc(pub->n + 1, sizeof(*list->shown));
	return list->shown == NULL ? ST_NOMEM : ST_OK;
}

void
dnslist_end(struct dns_list *list)
{
	free(list->shown);
	free(list->strangers);
	free(list->targets);
	texts_free(&list->texts);
	*list = (struct dns_list){ 0 };
}

static int
compare(const void *a, const void *b)
{
	const struct desired *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/*
 * In lower case and without the final dot. False: too long, as only names with bytes that must be written \DDD can
 * be.
 */
static bool
name_of(const ldns_rdf *dname, char name[NAME_SIZE])
{
	char *text = ldns_rdf2str(dname);
	const size_t len = text == NULL ? 0 : strlen(text);
	const bool fits = len > 1 && len <= NAME_SIZE;

	for (size_t i = 0; fits && i < len - 1; i++)
		name[i] = (char)tolower((unsigned char)text[i]);
	if (fits)
		name[len - 1] = '\0';
	else
		log_warning("a name in the zone is passed over, as it is too long to write: %.100s",
		    text != NULL ? text : "");
	free(text);
	return fits;
}

static enum status
append(struct texts *texts, struct desired **names, size_t *n, size_t *room, const char *name)
{
	const char *kept;

	if (*n > 0 && strcmp((*names)[*n - 1].name, name) == 0)
		return ST_OK;
	if (*n == *room) {
		const size_t more = *room == 0 ? 64 : 2 * *room;
		struct desired *bigger = reallocarray(*names, more, sizeof(**names));

		if (bigger == NULL)
			return ST_NOMEM;
		*names = bigger;
		*room = more;
	}
	if ((kept = texts_keep(texts, name)) == NULL)
		return ST_NOMEM;
	(*names)[(*n)++] = (struct desired){ .name = kept };
	return ST_OK;
}

static void
note_cname(struct dns_shown *shown, const ldns_rr *rr, struct desired *wanted, unsigned ttl)
{
	const ldns_rdf *target = ldns_rr_rdf(rr, 0);
	char name[NAME_SIZE];

	shown->is_cname = true;
	wanted->sheds_cname = true;
	if (wanted->cname == NULL || target == NULL || ldns_rr_ttl(rr) != ttl || !name_of(target, name) ||
	    strcmp(name, wanted->cname) != 0)
		shown->is_odd = true;
}

static void
note(struct dns_shown *shown, const ldns_rr *rr, unsigned ttl)
{
	const bool is_six = ldns_rr_get_type(rr) == LDNS_RR_TYPE_AAAA;
	struct dns_family *family = is_six ? &shown->aaaa : &shown->a;
	const size_t size = is_six ? 16 : 4;
	const ldns_rdf *data = ldns_rr_rdf(rr, 0);

	family->n++;
	family->is_odd = family->is_odd || ldns_rr_ttl(rr) != ttl;
	family->address = (struct address){ .family = is_six ? 6 : 4 };
	if (data != NULL && ldns_rdf_size(data) == size)
		memcpy(family->address.bytes, ldns_rdf_data(data), size);
}

static enum status
take_named(struct dns_list *list, const ldns_rr *rr)
{
	char name[NAME_SIZE];
	const struct desired key = { .name = name };
	struct desired *ours;

	if (!name_of(ldns_rr_owner(rr), name))
		return ST_OK;
	ours = list->n == 0 ? NULL : bsearch(&key, list->names, list->n, sizeof(key), compare);
	if (ours != NULL && ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME)
		note_cname(&list->shown[ours - list->names], rr, ours, list->zone->ttl);
	else if (ours != NULL)
		note(&list->shown[ours - list->names], rr, list->zone->ttl);
	else if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME && strcmp(name, list->zone->name) != 0)
		return append(&list->texts, &list->strangers, &list->nstrangers, &list->strangers_room, name);
	return ST_OK;
}

static enum status
take_target(struct dns_list *list, const ldns_rr *rr, size_t field)
{
	const ldns_rdf *target = ldns_rr_rdf(rr, field);
	char name[NAME_SIZE];

	if (target == NULL || ldns_rdf_get_type(target) != LDNS_RDF_TYPE_DNAME || ldns_rdf_size(target) < 2 ||
	    !name_of(target, name))
		return ST_OK;
	return append(&list->texts, &list->targets, &list->ntargets, &list->targets_room, name);
}

enum status
dnslist_take(struct dns_list *list, const ldns_rr *rr)
{
	switch (ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_A:
	case LDNS_RR_TYPE_AAAA:
	case LDNS_RR_TYPE_CNAME:
		return take_named(list, rr);
	case LDNS_RR_TYPE_NS:
		return take_target(list, rr, 0);
	case LDNS_RR_TYPE_MX:
		return take_target(list, rr, 1);
	case LDNS_RR_TYPE_SRV:
		return take_target(list, rr, 3);
	default:
		return ST_OK;
	}
}

/* --- the outcome --- */

static bool
is_right(const struct dns_family *shown, const struct address *wanted, bool owned)
{
	if (!owned || wanted->family == 0)
		return shown->n == 0;
	return shown->n == 1 && !shown->is_odd && address_equal(&shown->address, wanted);
}

/* Does it show something else? */
static bool
differs(const struct dns_list *list, size_t i)
{
	const struct desired *want = &list->names[i];
	const struct dns_shown *shown = &list->shown[i];

	return shown->is_cname != (want->cname != NULL) || shown->is_odd ||
	    !is_right(&shown->a, &want->a, want->owned) || !is_right(&shown->aaaa, &want->aaaa, want->owned);
}

static void
add_differing(const struct dns_list *list, bool is_live, struct dns_changes *changes)
{
	for (size_t i = 0; i < list->n; i++)
		if ((list->names[i].live && list->names[i].owned) == is_live && differs(list, i))
			changes->names[changes->n++] = &list->names[i];
}

static void
add_strangers(struct dns_list *list, struct dns_changes *changes)
{
	const struct desired *last = NULL;

	if (list->ntargets > 0)
		qsort(list->targets, list->ntargets, sizeof(*list->targets), compare);
	if (list->nstrangers > 0)
		qsort(list->strangers, list->nstrangers, sizeof(*list->strangers), compare);
	for (size_t i = 0; i < list->nstrangers; i++) {
		const struct desired *name = &list->strangers[i];

		if ((last != NULL && strcmp(last->name, name->name) == 0) || dnsconf_keeps(list->conf, name->name) ||
		    (list->ntargets > 0 &&
		    bsearch(name, list->targets, list->ntargets, sizeof(*name), compare) != NULL))
			continue;
		changes->names[changes->n++] = last = name;
	}
}

enum status
dnslist_changes(struct dns_list *list, struct dns_changes *changes)
{
	*changes = (struct dns_changes){ 0 };
	changes->names = calloc(list->n + list->nstrangers + 1, sizeof(void *));
	if (changes->names == NULL)
		return ST_NOMEM;
	add_differing(list, false, changes);
	if (list->conf->whole_zone)
		add_strangers(list, changes);
	add_differing(list, true, changes);
	return ST_OK;
}
