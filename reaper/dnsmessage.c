/* SPDX-License-Identifier: ISC */
/*
 * Messages are built record by record; a record that could not be made makes the whole message none.
 */
#include "dnsmessage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_ROOM	60000	/* bytes; the rest of 65535 is for the header, the zone and the signature */
#define RECORD_HEAD	10	/* bytes: type, class, TTL, length */
#define TRIAL_LABEL	"dynlease-trial"
#define NAME_MORE	4	/* bytes of a compressed name beyond its text */

ldns_pkt *
dnsmessage_query(const char *name, ldns_rr_type type)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	ldns_pkt *pkt = owner == NULL ? NULL : ldns_pkt_query_new(owner, type, LDNS_RR_CLASS_IN, 0);

	if (pkt == NULL)
		ldns_rdf_deep_free(owner);
	return pkt;
}

/* An update's first section is the question for the SOA of the zone (RFC 2136 2.3). */
static ldns_pkt *
make_update(const struct zone *zone)
{
	ldns_pkt *pkt = dnsmessage_query(zone->name, LDNS_RR_TYPE_SOA);

	if (pkt != NULL)
		ldns_pkt_set_opcode(pkt, LDNS_PACKET_UPDATE);
	return pkt;
}

struct record {
	const ldns_rdf		*owner;
	ldns_rr_type		 type;
	ldns_rr_class		 class;
	unsigned		 ttl;
	const struct address	*address;	/* its data, or */
	const char		*target;	/* this; both NULL: none */
};

static ldns_rdf *
make_data(const struct record *record)
{
	const struct address *address = record->address;

	if (address == NULL)
		return ldns_dname_new_frm_str(record->target);
	return address->family == 6 ? ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, 16, address->bytes) :
	    ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, address->bytes);
}

static bool
push(ldns_pkt *pkt, ldns_pkt_section section, const struct record *record)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *owner = ldns_rdf_clone(record->owner), *data = NULL;
	bool ok = rr != NULL && owner != NULL;

	if (record->address != NULL || record->target != NULL)
		ok = (data = make_data(record)) != NULL && ok;
	if (!ok) {
		ldns_rr_free(rr);
		ldns_rdf_deep_free(owner);
		ldns_rdf_deep_free(data);
		return false;
	}
	ldns_rr_set_owner(rr, owner);
	ldns_rr_set_type(rr, record->type);
	ldns_rr_set_class(rr, record->class);
	ldns_rr_set_ttl(rr, record->ttl);
	if ((data != NULL && !ldns_rr_push_rdf(rr, data)) || !ldns_pkt_push_rr(pkt, section, rr)) {
		ldns_rr_free(rr);
		return false;
	}
	return true;
}

/* Delete all of the record's type, and add it if it has data. */
static bool
push_set(ldns_pkt *pkt, const struct record *record)
{
	const struct record none = { .owner = record->owner, .type = record->type, .class = LDNS_RR_CLASS_ANY };

	return push(pkt, LDNS_SECTION_AUTHORITY, &none) &&
	    ((record->address == NULL && record->target == NULL) || push(pkt, LDNS_SECTION_AUTHORITY, record));
}

static bool
has_address(const struct desired *name, const struct address *address)
{
	return name->owned && name->cname == NULL && address->family != 0;
}

/* What is to have no data comes before what is to have some. */
static bool
push_name(ldns_pkt *pkt, const struct zone *zone, const struct desired *name)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name->name);
	const struct record like = { .owner = owner, .class = LDNS_RR_CLASS_IN, .ttl = zone->ttl };
	struct record cname = like, a = like, aaaa = like;
	bool ok = owner != NULL;

	cname.type = LDNS_RR_TYPE_CNAME;
	cname.target = name->owned ? name->cname : NULL;
	a.type = LDNS_RR_TYPE_A;
	a.address = has_address(name, &name->a) ? &name->a : NULL;
	aaaa.type = LDNS_RR_TYPE_AAAA;
	aaaa.address = has_address(name, &name->aaaa) ? &name->aaaa : NULL;
	ok = ok && (cname.target != NULL || !name->sheds_cname || push_set(pkt, &cname));
	ok = ok && push_set(pkt, &a) && push_set(pkt, &aaaa);
	ok = ok && (cname.target == NULL || push_set(pkt, &cname));
	ldns_rdf_deep_free(owner);
	return ok;
}

ldns_pkt *
dnsmessage_update(const struct zone *zone, const struct desired *const *names, size_t n)
{
	ldns_pkt *pkt = make_update(zone);

	for (size_t i = 0; i < n && pkt != NULL; i++)
		if (!push_name(pkt, zone, names[i])) {
			ldns_pkt_free(pkt);
			pkt = NULL;
		}
	return pkt;
}

/* Of each name the labels below the zone may be written out with each record; the zone's name is pointed to. */
static size_t
size_of(const struct desired *name, size_t zonelen)
{
	const size_t record = strlen(name->name) - zonelen + NAME_MORE + RECORD_HEAD;
	size_t sum = 3 * record;	/* the deletions */

	if (name->cname != NULL)
		return sum + record + strlen(name->cname) + NAME_MORE;
	sum += name->a.family != 0 ? record + 4 : 0;
	return sum + (name->aaaa.family != 0 ? record + 16 : 0);
}

size_t
dnsmessage_fit(const struct zone *zone, const struct desired *const *names, size_t n)
{
	const size_t zonelen = strlen(zone->name);
	size_t sum = 0, i;

	for (i = 0; i < n; i++) {
		sum += size_of(names[i], zonelen);
		if (sum > MESSAGE_ROOM)
			break;
	}
	return i == 0 ? 1 : i;
}

/* Deletions of all that is ever changed, at a name that is nobody's. */
static bool
push_rights(ldns_pkt *pkt, const struct zone *zone)
{
	char text[NAME_SIZE];
	const struct desired name = { .name = text, .sheds_cname = true };

	return snprintf(text, sizeof(text), TRIAL_LABEL ".%s", zone->name) >= (int)sizeof(text) ||
	    push_name(pkt, zone, &name);
}

ldns_pkt *
dnsmessage_trial(const struct zone *zone)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(zone->name);
	const struct record record = { .owner = owner, .type = LDNS_RR_TYPE_ANY, .class = LDNS_RR_CLASS_NONE };
	ldns_pkt *pkt = owner == NULL ? NULL : make_update(zone);

	if (pkt != NULL && (!push(pkt, LDNS_SECTION_ANSWER, &record) || !push_rights(pkt, zone))) {
		ldns_pkt_free(pkt);
		pkt = NULL;
	}
	ldns_rdf_deep_free(owner);
	return pkt;
}
