/* SPDX-License-Identifier: ISC */
/*
 * Addresses of a family are tried in turn until TLS stands at one of them; each gets an equal share of the time
 * left. Each family has the server's whole time, so that one that is dead does not starve the other.
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "exchange.h"
#include "identity.h"
#include "lib/address.h"
#include "lib/clock.h"
#include "own.h"
#include "pin.h"
#include "problem.h"
#include "transport.h"

struct job {
	const struct verb	*verb;
	const struct server	*server;
	struct channel_context	*context;
	struct identity		 identity;
	struct report		*report;
	struct endpoints	 endpoints;
};

/* Shake hands, and look at the key before a word is said. */
static enum status
secure(struct job *job, struct transport *t, uint64_t until, char why[PIN_WHY])
{
	char key[FINGERPRINT_SIZE];
	enum status st;

	if ((st = transport_secure(t, job->context, job->server->name, until)) != ST_OK) {
		strlcpy(why, channel_why(t->channel), PIN_WHY);
		return st;
	}
	if (!pin_is_wanted(job->server))
		return ST_OK;
	if (channel_key(t->channel, key) == ST_OK)
		return pin_judge(job->server, key, why);
	strlcpy(why, "it shows no key, or a weak one", PIN_WHY);
	return ST_UNTRUSTED;
}

/* One address (e NULL: the command): connect and shake hands. *place says which, for reports. */
static bool
try_endpoint(struct job *job, const struct endpoint *e, uint64_t until, struct transport *t,
    struct problem_place *place)
{
	char why[PIN_WHY];
	enum status st;

	st = e == NULL ? transport_connect_via(t, job->server->via.argv) :
	    transport_connect(t, e, &job->server->source, until);
	if (st != ST_OK) {
		problem_connect(job->report, place, st, errno);
		transport_close(t);
		return false;
	}
	place->doing = "shaking hands";
	if ((st = secure(job, t, until, why)) != ST_OK) {
		problem_channel(job->report, place, st, why);
		transport_close(t);
		return false;
	}
	place->doing = "waiting for its answer";
	return true;
}

static size_t
count_family(const struct endpoints *all, int family)
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		n += all->list[i].family == family;
	return n;
}

/* The first address of the family that works; text (ADDRESS_TEXT) gets it. */
static bool
reach(struct job *job, int family, struct transport *t, struct problem_place *place, char *text)
{
	uint64_t until = clock_boot() + job->server->timeout * CLOCK_SECOND, now;
	size_t held = job->report->nheld, left = count_family(&job->endpoints, family), i;
	const struct endpoint *e;
	struct address address;

	if (job->server->via.argv[0] != NULL)
		return try_endpoint(job, NULL, until, t, place);
	for (i = 0; i < job->endpoints.n; i++) {
		e = &job->endpoints.list[i];
		if (e->family != family || left == 0)
			continue;
		address_from_socket((const struct sockaddr *)&e->address, &address);
		place->address = address_text(&address, text);
		now = clock_boot();
		if (try_endpoint(job, e, now < until ? now + (until - now) / left : until, t, place)) {
			report_forget(job->report, held);
			return true;
		}
		left--;
	}
	return false;
}

/*
 * What to announce, NULL for nothing. False: there is no address to announce, and what the server sees is somebody
 * else's.
 */
static bool
choose_announced(const struct job *job, int family, char text[ADDRESS_TEXT], const char **chosen)
{
	const struct server *server = job->server;
	const struct address *announced = server_announced(server, family == AF_INET6 ? FAMILY_6 : FAMILY_4);
	struct address own;

	*chosen = NULL;
	if (!job->verb->every_family || (announced == NULL && !server->announce_own))
		return true;
	if (announced == NULL && own_address(family, &server->source, &own))
		announced = &own;
	if (announced == NULL) {
		report_add(job->report, EX_UNAVAILABLE, false, "%s: this machine has no %s address to announce",
		    server->name, family == AF_INET6 ? "IPv6" : "IPv4");
		return false;
	}
	*chosen = address_text(announced, text);
	return true;
}

/*
 * Our own address if it is a public one, or NULL. The server compares it with what it sees, so that nobody on the way
 * can take its place.
 */
static const char *
choose_own(const struct job *job, const struct transport *t, char text[ADDRESS_TEXT])
{
	const struct networks none = { .n = 0 };
	struct address own;

	if (!job->verb->every_family)
		return NULL;
	transport_local(t, &own);
	if (!job->server->send_address || own.family == 0 || address_refusal(&own, &none) != NULL)
		return NULL;
	return address_text(&own, text);
}

/* All hosts over one family, in as many connections as it takes. False: the server was not reached. */
static bool
run_family(struct job *job, int family)
{
	struct problem_place place = { .server = job->server, .identity = &job->identity };
	struct exchange x = { .verb = job->verb, .place = &place };
	char text[ADDRESS_TEXT], own[ADDRESS_TEXT];
	const char *announced;
	struct transport t;
	bool going = true;
	size_t done;

	if (!choose_announced(job, family, own, &announced))
		return true;
	for (done = 0; going && done < job->server->nhosts; done += x.n) {
		x.hosts = (const char (*)[NAME_SIZE])&job->server->hosts[done];
		x.n = job->server->nhosts - done < TALK_HOSTS ? job->server->nhosts - done : TALK_HOSTS;
		if (!reach(job, family, &t, &place, text))
			return done > 0;
		x.address = announced != NULL ? announced : choose_own(job, &t, own);
		going = exchange_run(&t, &x, job->report);
		transport_close(&t);
	}
	return true;
}

static bool
has_family(const struct job *job, int family)
{
	return job->server->via.argv[0] != NULL || count_family(&job->endpoints, family) > 0;
}

static void
run_families(struct job *job, unsigned families)
{
	static const struct { unsigned bit; int family; } both[] = { { FAMILY_4, AF_INET }, { FAMILY_6, AF_INET6 } };
	size_t i, held, tried = 0, reached = 0;

	for (i = 0; i < 2 && (reached == 0 || job->verb->every_family); i++) {
		if ((families & both[i].bit) == 0 || !has_family(job, both[i].family))
			continue;
		held = job->report->nheld;
		tried++;
		if (run_family(job, both[i].family))
			reached++;
		else if (!job->verb->every_family)
			report_soften(job->report, held);
	}
	if (tried == 0)
		report_add(job->report, EX_NOHOST, true, "%s: it has no %s address", server_target(job->server),
		    families == FAMILY_4 ? "IPv4" : "IPv6");
	if (reached > 0)
		report_forget_soft(job->report);
}

/* All files are read before anything is sent. False: one of them will not do. */
static bool
prepare(struct job *job)
{
	const struct server *server = job->server;
	char why[IDENTITY_WHY];
	enum status st;

	/* Where the key is known, nobody need vouch for it, unless that is wanted as well. */
	st = pin_is_wanted(server) && server->ca == NULL ? channel_trust_key(&job->context) :
	    channel_trust(server->ca, &job->context);
	snprintf(why, sizeof(why), "the trusted certificates cannot be used");
	if (st == ST_OK)
		st = identity_load(server, job->context, &job->identity, why);
	if (st != ST_OK)
		report_add(job->report, st == ST_NOMEM ? EX_OSERR : EX_CONFIG, false, "%s: %s", server->name, why);
	return st == ST_OK;
}

void
run_server(const struct options *options, const struct verb *verb, const struct server *server, struct report *report)
{
	struct job job = { .verb = verb, .server = server, .report = report };
	unsigned families = options->families != 0 ? options->families : server->families;
	const char *why = "";
	enum status st = ST_OK;

	if (!prepare(&job))
		goto out;
	if (server->via.argv[0] == NULL)
		st = transport_resolve(server_target(server), server->port,
		    clock_boot() + server->timeout * CLOCK_SECOND, &job.endpoints, &why);
	if (st == ST_OK)
		run_families(&job, families);
	else
		problem_resolve(report, server, st, why);
out:
	report_flush(report);
	channel_context_free(job.context);
}
