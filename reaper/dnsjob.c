/* SPDX-License-Identifier: ISC */
/*
 * The words for what a server answers. An answer that says no is believed without a signature: it makes nothing
 * worse, and a server that does not share the key cannot sign.
 */
#include "dnsjob.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

#define ASK_SECONDS	1	/* for one question over UDP */
#define TIME_TEXT	32

enum status
dnsjob_begin(struct dns_job *job, const struct settings *settings, const struct zone *zone,
    const struct conf_section *section)
{
	memset(job, 0, sizeof(*job));
	job->zone = zone;
	if (dnsconf_read(settings, zone, section, &job->conf) != ST_OK)
		return dnsjob_explain(job, ST_CONFIG, "its section of the configuration is wrong");
	job->server = (struct dns_server){ job->conf.server, job->conf.port, ASK_SECONDS };
	return dnskey_read(job->conf.key_name, job->conf.key_algorithm, job->conf.key_file, &job->key, job->why,
	    sizeof(job->why));
}

void
dnsjob_end(struct dns_job *job)
{
	dnskey_wipe(&job->key);
	dnsconf_release(&job->conf);
}

enum status
dnsjob_explain(struct dns_job *job, enum status st, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(job->why, sizeof(job->why), fmt, args);
	va_end(args);
	return st;
}

enum status
dnsjob_lost(struct dns_job *job, enum status st)
{
	char server[ADDRESS_TEXT];
	const unsigned port = job->server.port;

	address_text(&job->server.address, server);
	if (st == ST_CLOSED)
		return dnsjob_explain(job, st,
		    "%s port %u takes no connection over TCP, or has closed it", server, port);
	if (st == ST_TIMEOUT)
		return dnsjob_explain(job, st, "no answer over TCP from %s port %u", server, port);
	if (st == ST_PROTOCOL)
		return dnsjob_explain(job, st, "%s port %u answers with what is no answer", server, port);
	return dnsjob_explain(job, st, "%s", status_text(st));
}

static const char *
time_text(time_t when, char text[TIME_TEXT])
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, TIME_TEXT, "unknown");
	return text;
}

static enum status
judge_key(struct dns_job *job, const ldns_pkt *pkt, const char *server)
{
	char here[TIME_TEXT], there[TIME_TEXT];
	const time_t told = dnskey_time(pkt);

	switch (dnskey_error(pkt)) {
	case DNSKEY_BADKEY:
		return dnsjob_explain(job, ST_CONFIG, "%s knows no key %s for %s, or none that may do this (BADKEY): "
		    "compare names and algorithms; Knot needs an acl", server, job->key.name,
		    job->conf.key_algorithm);
	case DNSKEY_BADSIG:
		return dnsjob_explain(job, ST_CONFIG,
		    "%s has another secret for the key %s (BADSIG): compare it with "
		    "key_file", server, job->key.name);
	case DNSKEY_BADTIME:
		return dnsjob_explain(job, ST_CONFIG,
		    "the clocks are too far apart (BADTIME): here it is %s, at %s %s",
		    time_text(clock_wall(), here), server, told == 0 ? "another time" : time_text(told, there));
	default:
		return dnsjob_explain(job, ST_CONFIG, "%s does not like the signature: TSIG error %u", server,
		    dnskey_error(pkt));
	}
}

/* The signature is good, or the server does not tell that it is not. */
static enum status
judge_code(struct dns_job *job, ldns_pkt_rcode code, const char *server, const char *what)
{
	const char *zone = job->zone->name, *key = job->key.name;

	switch (code) {
	case LDNS_RCODE_REFUSED:
		return dnsjob_explain(job, ST_CONFIG,
		    "%s refuses %s of %s (REFUSED): allow them for the key %s%s; PowerDNS "
		    "also says so when dnsupdate=yes is missing, or of a wrong key", server, what, zone, key,
		    strcmp(what, "updates") == 0 ? ", of A, AAAA and CNAME" : "");
	case LDNS_RCODE_NOTAUTH:
		return dnsjob_explain(job, ST_CONFIG,
		    "%s says NOTAUTH to %s of %s: is it the zone's primary? If so, look at "
		    "the key %s, its algorithm, its secret and the clock", server, what, zone, key);
	case LDNS_RCODE_NOTZONE:
		return dnsjob_explain(job, ST_CONFIG,
		    "%s says that a name is not within its zone %s (NOTZONE): is a part "
		    "of it delegated?", server, zone);
	case LDNS_RCODE_NOTIMPL:
	case LDNS_RCODE_FORMERR:
		return dnsjob_explain(job, ST_CONFIG,
		    "%s does not know how to do %s (%s): is it a server that takes them?",
		    server, what, code == LDNS_RCODE_FORMERR ? "FORMERR" : "NOTIMP");
	case LDNS_RCODE_SERVFAIL:
		return dnsjob_explain(job, ST_UNPUBLISHED,
		    "%s failed at %s of %s (SERVFAIL): its log tells why", server,
		    what, zone);
	default:
		return dnsjob_explain(job, ST_UNPUBLISHED,
		    "%s answers %s of %s with code %d", server, what, zone, (int)code);
	}
}

enum status
dnsjob_judge(struct dns_job *job, const struct dns_reply *reply, const char *what)
{
	const ldns_pkt_rcode code = ldns_pkt_get_rcode(reply->pkt);
	char server[ADDRESS_TEXT];

	address_text(&job->server.address, server);
	if (code == LDNS_RCODE_NOERROR && reply->is_signed)
		return ST_OK;
	if (code == LDNS_RCODE_NOERROR)
		return dnsjob_explain(job, ST_PROTOCOL,
		    "an answer in the name of %s is not signed with the key %s as it "
		    "must be, and is not believed", server, job->key.name);
	return dnskey_error(reply->pkt) != 0 ? judge_key(job, reply->pkt, server) :
	    judge_code(job, code, server, what);
}
