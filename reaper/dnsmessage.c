/* SPDX-License-Identifier: ISC */
/*
 * Messages are built record by record; a record that could not be made makes the whole message none.
 */
#include "dnsmessage.h"

#include <stdbool.h>
#include <string.h>

#define MESSAGE_ROOM	60000	/* bytes; the rest of 65535 is for the header, the zone and the signature */
#define RECORD_HEAD	10	/* bytes: type, class, TTL, length */
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
	const struct address	*address;	/* NULL: no data */
};

static bool
push(ldns_pkt *pkt, ldns_pkt_section section, const struct record *record)
{
	const struct address *address = record->address;
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *owner = ldns_rdf_clone(record->owner), *data = NULL;
	bool ok = rr != NULL && owner != NULL;

	if (address != NULL) {
		data = address->family == 6 ? ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, 16, address->bytes) :
		    ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, address->bytes);
		ok = ok && data != NULL;
	}
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

static bool
push_family(ldns_pkt *pkt, const struct record *like, const struct address *wanted, unsigned ttl)
{
	struct record record = *like;

	record.class = LDNS_RR_CLASS_ANY;
	if (!push(pkt, LDNS_SECTION_AUTHORITY, &record))
		return false;
	if (wanted->family == 0)
		return true;
	record.class = LDNS_RR_CLASS_IN;
	record.ttl = ttl;
	record.address = wanted;
	return push(pkt, LDNS_SECTION_AUTHORITY, &record);
}

static bool
push_name(ldns_pkt *pkt, const struct zone *zone, const struct desired *name)
{
	static const struct address none;
	ldns_rdf *owner = ldns_dname_new_frm_str(name->name);
	struct record record = { .owner = owner, .type = LDNS_RR_TYPE_A };
	bool ok = owner != NULL && push_family(pkt, &record, name->owned ? &name->a : &none, zone->ttl);

	record.type = LDNS_RR_TYPE_AAAA;
	ok = ok && push_family(pkt, &record, name->owned ? &name->aaaa : &none, zone->ttl);
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
size_t
dnsmessage_fit(const struct zone *zone, const struct desired *const *names, size_t n)
{
	const size_t zonelen = strlen(zone->name);
	size_t sum = 0, i;

	for (i = 0; i < n; i++) {
		const size_t len = strlen(names[i]->name) - zonelen + NAME_MORE;

		sum += 4 * (len + RECORD_HEAD) + 4 + 16;
		if (sum > MESSAGE_ROOM)
			break;
	}
	return i == 0 ? 1 : i;
}

ldns_pkt *
dnsmessage_trial(const struct zone *zone)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(zone->name);
	const struct record record = { .owner = owner, .type = LDNS_RR_TYPE_ANY, .class = LDNS_RR_CLASS_NONE };
	ldns_pkt *pkt = owner == NULL ? NULL : make_update(zone);

	if (pkt != NULL && !push(pkt, LDNS_SECTION_ANSWER, &record)) {
		ldns_pkt_free(pkt);
		pkt = NULL;
	}
	ldns_rdf_deep_free(owner);
	return pkt;
}
