/* SPDX-License-Identifier: ISC */
/*
 * A transfer is a stream of messages between two SOA records, each signed in sequence with the one before. A server
 * may leave some unsigned (RFC 8945 5.3.1): ldns cannot verify across those, and such a transfer is not believed.
 */
#include "dnsread.h"

#include "lib/clock.h"

#include "dnsmessage.h"

#define SILENCE		(8 * CLOCK_SECOND)
#define QUESTIONS	48	/* in flight */

static uint64_t
patience(const struct dns_job *job)
{
	const uint64_t silent = clock_boot() + SILENCE;

	return silent < job->until ? silent : job->until;
}

/* --- by transfer --- */

struct transfer {
	struct dns_job	*job;
	struct dns_list	*list;		/* NULL: only whether there is one */
	unsigned	 soas;		/* seen: the second one is the end */
	bool		 is_over;
};

static enum status
take_record(struct transfer *t, const ldns_rr *rr)
{
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
		t->is_over = ++t->soas == 2;
		return ST_OK;
	}
	if (t->soas == 0)
		return ST_PROTOCOL;
	return t->list == NULL ? ST_OK : dnslist_take(t->list, rr);
}

static enum status
take_message(struct transfer *t, const struct dns_reply *reply)
{
	const ldns_rr_list *answer = ldns_pkt_answer(reply->pkt);
	enum status st;

	st = dnsjob_judge(t->job, reply, "transfers");
	/* Knot says BADKEY also when no acl allows it. */
	if (st == ST_CONFIG && (dnskey_error(reply->pkt) == 0 || dnskey_error(reply->pkt) == DNSKEY_BADKEY))
		return ST_FORBIDDEN;
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && st == ST_OK && !t->is_over; i++)
		st = take_record(t, ldns_rr_list_rr(answer, i));
	return st == ST_OK ? ST_OK : dnsjob_lost(t->job, st);
}

static enum status
take_messages(struct transfer *t, struct dns_conn *conn)
{
	struct dns_reply reply;
	enum status st = ST_OK;

	while (st == ST_OK && !t->is_over) {
		/* A server that does not give it may hang up instead of saying so. */
		if ((st = dnsconn_receive(conn, patience(t->job), &reply)) != ST_OK)
			return t->soas == 0 && st == ST_CLOSED ? dnsjob_explain(t->job, ST_FORBIDDEN,
			    "the server closes the connection when it is asked for a transfer") :
			    dnsjob_lost(t->job, st);
		st = take_message(t, &reply);
		t->is_over = t->is_over || t->list == NULL;
		dnsconn_release(conn, &reply, !t->is_over);
	}
	return st;
}

static enum status
transfer(struct dns_job *job, struct dns_list *list)
{
	struct transfer t = { .job = job, .list = list };
	ldns_pkt *query = dnsmessage_query(job->zone->name, LDNS_RR_TYPE_AXFR);
	struct dns_conn *conn = NULL;
	enum status st = query == NULL ? ST_NOMEM : dnsconn_open(&job->server, &job->key, &conn);

	if (st == ST_OK)
		st = dnsconn_send(conn, query, (struct dns_task){ 0 });
	st = st == ST_OK ? take_messages(&t, conn) : dnsjob_lost(job, st);
	dnsconn_close(conn);
	ldns_pkt_free(query);
	return st;
}

enum status
dnsread_transfer(struct dns_job *job, struct dns_list *list)
{
	return transfer(job, list);
}

enum status
dnsread_try_transfer(struct dns_job *job)
{
	return transfer(job, NULL);
}

/* --- name by name --- */

/*
 * Two for each name, whose answers also show a CNAME; but where one is wanted only that is asked for: nothing can
 * stand beside it, and what it leads to is nobody's question here.
 */
static enum status
send_question(struct dns_conn *conn, const struct dns_list *list, size_t i)
{
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA };
	const struct desired *name = &list->names[i / 2];
	ldns_pkt *query = dnsmessage_query(name->name, name->cname != NULL ? LDNS_RR_TYPE_CNAME : types[i % 2]);
	enum status st = query == NULL ? ST_NOMEM : dnsconn_send(conn, query, (struct dns_task){ i, 1 });

	ldns_pkt_free(query);
	return st;
}

static enum status
take_answer(struct dns_job *job, struct dns_list *list, const struct dns_reply *reply)
{
	const ldns_rr_list *answer = ldns_pkt_answer(reply->pkt);
	const ldns_pkt_rcode code = ldns_pkt_get_rcode(reply->pkt);
	const char *name = list->names[reply->task.from / 2].name;
	ldns_rdf *owner;
	enum status st = ST_OK;

	if ((code != LDNS_RCODE_NOERROR && code != LDNS_RCODE_NXDOMAIN) || !ldns_pkt_aa(reply->pkt))
		return dnsjob_explain(job, ST_UNPUBLISHED,
		    "the server does not answer for %s (code %d)", name, (int)code);
	if ((owner = ldns_dname_new_frm_str(name)) == NULL)
		return dnsjob_lost(job, ST_NOMEM);
	/* What an alias leads to is another name's. */
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && st == ST_OK; i++)
		if (ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(answer, i)), owner) == 0)
			st = dnslist_take(list, ldns_rr_list_rr(answer, i));
	ldns_rdf_deep_free(owner);
	return st == ST_OK ? ST_OK : dnsjob_lost(job, st);
}

static size_t
question_after(const struct dns_list *list, size_t i)
{
	return i + (list->names[i / 2].cname != NULL ? 2 : 1);
}

static enum status
ask_all(struct dns_job *job, struct dns_list *list, struct dns_conn *conn)
{
	struct dns_reply reply;
	size_t next = 0;
	enum status st;

	while (next < 2 * list->n || dnsconn_in_flight(conn) > 0) {
		if (next < 2 * list->n && dnsconn_in_flight(conn) < QUESTIONS) {
			if ((st = send_question(conn, list, next)) != ST_OK)
				return dnsjob_lost(job, st);
			next = question_after(list, next);
			continue;
		}
		if ((st = dnsconn_receive(conn, patience(job), &reply)) != ST_OK)
			return dnsjob_lost(job, st);
		st = take_answer(job, list, &reply);
		dnsconn_release(conn, &reply, false);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
dnsread_names(struct dns_job *job, struct dns_list *list)
{
	struct dns_conn *conn;
	enum status st;

	if ((st = dnsconn_open(&job->server, NULL, &conn)) != ST_OK)
		return dnsjob_lost(job, st);
	st = ask_all(job, list, conn);
	dnsconn_close(conn);
	return st;
}
