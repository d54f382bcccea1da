/* SPDX-License-Identifier: ISC */
/*
 * The publisher "dnsupdate": dynamic updates (RFC 2136) signed with TSIG (RFC 8945) to the primary of a zone. An
 * update says all that a name must show, so that whatever was interrupted is simply said again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "dnsconn.h"
#include "dnsjob.h"
#include "dnslist.h"
#include "dnsmessage.h"
#include "dnsread.h"
#include "dnssend.h"
#include "publish.h"
#include "zonelook.h"

#define DEADLINE	20	/* seconds: with the 30 for a stuck table less than a pass may take */
#define BUDGET		(16 * CLOCK_SECOND)	/* for reading and changing; then the server is asked */
#define LOOK		(2 * CLOCK_SECOND)
#define ADVICE		(4 * CLOCK_SECOND)

/* --- the section --- */

static enum status
section_check(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct dnsconf conf;
	enum status st;

	if ((st = dnsconf_read(settings, zone, section, &conf)) == ST_OK)
		dnsconf_release(&conf);
	return st;
}

static unsigned
section_lag(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct dnsconf conf;
	unsigned lag = 0;

	if (dnsconf_read(settings, zone, section, &conf) == ST_OK) {
		lag = conf.lag;
		dnsconf_release(&conf);
	}
	return lag;
}

/* --- advice --- */

static void
advise_minimum(const struct dns_job *job, const ldns_pkt *answer)
{
	const ldns_rr *soa = ldns_rr_list_rr(ldns_pkt_answer(answer), 0);
	const ldns_rdf *minimum = soa == NULL || ldns_rr_get_type(soa) != LDNS_RR_TYPE_SOA ? NULL :
	    ldns_rr_rdf(soa, 6);

	if (minimum != NULL && ldns_rdf2native_int32(minimum) > job->zone->ttl)
		log_warning("dnsupdate %s: the SOA MINIMUM is %u s and the TTL %u s: a record that comes back may "
		    "stay unseen for longer than one that changes", job->zone->name, ldns_rdf2native_int32(minimum),
		    job->zone->ttl);
}

/* Send one signed message and judge what comes back. expected: the code that is as good as NOERROR. */
static enum status
try_message(struct dns_job *job, ldns_pkt *pkt, ldns_pkt_rcode expected, const char *what)
{
	struct dns_conn *conn = NULL;
	struct dns_reply reply;
	enum status st = pkt == NULL ? ST_NOMEM : dnsconn_open(&job->server, &job->key, &conn);

	if (st != ST_OK || (st = dnsconn_send(conn, pkt, (struct dns_task){ 0 })) != ST_OK ||
	    (st = dnsconn_receive(conn, job->until, &reply)) != ST_OK)
		dnsjob_lost(job, st);
	else {
		if (ldns_pkt_get_rcode(reply.pkt) == expected)
			ldns_pkt_set_rcode(reply.pkt, LDNS_RCODE_NOERROR);
		if ((st = dnsjob_judge(job, &reply, what)) == ST_OK)
			advise_minimum(job, reply.pkt);
		dnsconn_release(conn, &reply, false);
	}
	dnsconn_close(conn);
	ldns_pkt_free(pkt);
	return st;
}

static void
advise_transfer(struct dns_job *job)
{
	const bool whole = job->conf.whole_zone;

	if (job->conf.transfer == TRANSFER_NO) {
		if (whole)
			log_warning("dnsupdate %s: without transfers, addresses in the zone that are nobody's are "
			    "not found, although whole_zone = yes", job->zone->name);
		return;
	}
	if (dnsread_try_transfer(job) == ST_OK)
		return;
	log_warning("dnsupdate %s: %s", job->zone->name, job->why);
	if (job->conf.transfer == TRANSFER_AUTO)
		log_warning("dnsupdate %s: the zone is compared name by name%s", job->zone->name,
		    whole ? ", and addresses in it that are nobody's are not found, although whole_zone = yes" : "");
}

/* Ask in order what would be needed; the first thing that fails is what to mend. */
static void
section_advise(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct dns_job job;
	enum status st;

	st = dnsjob_begin(&job, settings, zone, section);
	job.until = clock_boot() + ADVICE;
	if (st == ST_OK)
		st = try_message(&job, dnsmessage_query(zone->name, LDNS_RR_TYPE_SOA), LDNS_RCODE_NOERROR,
		    "questions");
	if (st == ST_OK)
		st = try_message(&job, dnsmessage_trial(zone), LDNS_RCODE_YXDOMAIN, "updates");
	if (st == ST_OK)
		advise_transfer(&job);
	else
		log_warning("dnsupdate %s: %s", zone->name, job.why);
	dnsjob_end(&job);
}

/* --- publishing --- */

/* Names that were touched, those first that must not show a host any more. */
static enum status
change_touched(const struct publication *pub, struct dns_changes *changes)
{
	*changes = (struct dns_changes){ .names = calloc(pub->n + 1, sizeof(void *)) };
	if (changes->names == NULL)
		return ST_NOMEM;
	for (int is_live = 0; is_live <= 1; is_live++)
		for (size_t i = 0; i < pub->n; i++)
			if (pub->names[i].touched && (pub->names[i].live && pub->names[i].owned) == (is_live == 1))
				changes->names[changes->n++] = &pub->names[i];
	return ST_OK;
}

static enum status
read_zone(struct dns_job *job, struct dns_list *list)
{
	enum status st = ST_FORBIDDEN;

	if (job->conf.transfer != TRANSFER_NO)
		st = dnsread_transfer(job, list);
	if (st != ST_FORBIDDEN)
		return st;
	return job->conf.transfer == TRANSFER_YES ? ST_CONFIG : dnsread_names(job, list);
}

static enum status
find_changes(struct dns_job *job, const struct publication *pub, struct dns_list *list, struct dns_changes *changes)
{
	enum status st;

	if (!pub->compare)
		st = change_touched(pub, changes);
	else if ((st = dnslist_begin(list, pub, &job->conf)) == ST_OK) {
		if ((st = read_zone(job, list)) != ST_OK)
			return st;
		st = dnslist_changes(list, changes);
	}
	return st == ST_OK ? ST_OK : dnsjob_lost(job, st);
}

static enum status
publish(struct dns_job *job, const struct publication *pub)
{
	struct dns_list list = { 0 };
	struct dns_changes changes = { 0 };
	struct zonelook view;
	uint32_t serial;
	enum status st;

	zonelook_begin(&view, &job->server, pub);
	if ((st = zonelook_serial(&view, &serial, job->why, sizeof(job->why))) != ST_OK)
		return ST_UNPUBLISHED;
	if ((st = find_changes(job, pub, &list, &changes)) == ST_OK &&
	    (st = dnssend_names(job, changes.names, changes.n)) == ST_OK)
		/* The server has signed that it did it. Whether it shows it, others will see: they are asked for. */
		st = zonelook_wait(&view, serial, clock_boot() + LOOK, job->why, sizeof(job->why));
	free(changes.names);
	dnslist_end(&list);
	return st;
}

static enum status
look(struct dns_job *job, const struct publication *pub)
{
	struct zonelook view;
	uint32_t serial;

	zonelook_begin(&view, &job->server, pub);
	return zonelook_serial(&view, &serial, job->why, sizeof(job->why)) == ST_OK ? ST_OK : ST_UNPUBLISHED;
}

static enum status
run(const struct publication *pub, enum status (*work)(struct dns_job *, const struct publication *),
    char why[PUBLISHER_WHY])
{
	struct dns_job job;
	enum status st;

	st = dnsjob_begin(&job, pub->settings, pub->zone, pub->section);
	job.until = clock_boot() + BUDGET;
	if (st == ST_OK)
		st = work(&job, pub);
	memcpy(why, job.why, PUBLISHER_WHY);
	if (st == ST_OK)
		why[0] = '\0';
	dnsjob_end(&job);
	return st;
}

static enum status
dnsupdate_publish(const struct publication *pub, char why[PUBLISHER_WHY])
{
	return run(pub, publish, why);
}

static enum status
dnsupdate_look(const struct publication *pub, char why[PUBLISHER_WHY])
{
	return run(pub, look, why);
}

const struct publisher dnsupdate_publisher = {
	.kind = "dnsupdate",
	.deadline = DEADLINE,
	.check = section_check,
	.publish = dnsupdate_publish,
	.look = dnsupdate_look,
	.advise = section_advise,
	.lag = section_lag,
};
