/* SPDX-License-Identifier: ISC */
/*
 * Messages never share a name and each may be done again, so that it does not matter in which order the server does
 * them, nor which were done when the connection breaks.
 */
#include "dnssend.h"

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "lib/clock.h"

#include "dnsmessage.h"

#define SILENCE		(8 * CLOCK_SECOND)	/* without an answer, the server is given up */
#define HALVES		512			/* that wait to be sent */
#define REFUSED_ALL	12			/* messages, and none taken: not about names */
#define REFUSED_MOST	1000

struct sender {
	struct dns_job			*job;
	struct dns_conn			*conn;
	const struct desired *const	*names;
	size_t				 n, next;	/* of the names, and the first that was not sent */
	size_t				 shown;
	size_t				 nhalves;
	struct dns_task			 halves[HALVES];
	size_t				 taken, refused;	/* messages */
	size_t				 blamed;	/* names that were refused alone */
	enum status			 blame;		/* what the first one was refused for */
	char				 reason[PUBLISHER_WHY];
};

static bool
has_work(const struct sender *s)
{
	return s->next < s->n || s->nhalves > 0;
}

/* What to send next: halves first, which keeps them few. */
static struct dns_task
choose(struct sender *s)
{
	struct dns_task task;

	if (s->nhalves > 0)
		return s->halves[--s->nhalves];
	task.from = s->next;
	task.n = s->n - s->next < s->job->conf.batch ? s->n - s->next : s->job->conf.batch;
	task.n = dnsmessage_fit(s->job->zone, s->names + task.from, task.n);
	s->next += task.n;
	return task;
}

static enum status
halve(struct sender *s, struct dns_task task)
{
	const size_t half = task.n / 2;

	if (s->nhalves + 2 > HALVES)
		return ST_FULL;
	s->halves[s->nhalves++] = (struct dns_task){ task.from + half, task.n - half };
	s->halves[s->nhalves++] = (struct dns_task){ task.from, half };
	return ST_OK;
}

static enum status
send_one(struct sender *s)
{
	const struct dns_task task = choose(s);
	ldns_pkt *pkt = dnsmessage_update(s->job->zone, s->names + task.from, task.n);
	enum status st = pkt == NULL ? ST_NOMEM : dnsconn_send(s->conn, pkt, task);

	ldns_pkt_free(pkt);
	if (st == ST_INVALID && task.n > 1)
		return halve(s, task);
	return st == ST_OK ? ST_OK : dnsjob_lost(s->job, st);
}

/* A name that is refused alone. The first one is remembered with its reason. */
static void
blame(struct sender *s, enum status st, const struct desired *name)
{
	if (s->blamed++ > 0)
		return;
	s->blame = st;
	snprintf(s->reason, sizeof(s->reason), "%.100s: ", name->name);
	strlcat(s->reason, s->job->why, sizeof(s->reason));
}

static enum status
refuse(struct sender *s, enum status st, struct dns_task task)
{
	s->refused++;
	if (task.n == 1)
		blame(s, st, s->names[task.from]);
	if ((s->taken == 0 && s->refused >= REFUSED_ALL) || s->refused >= REFUSED_MOST)
		return st;
	return task.n == 1 ? ST_OK : halve(s, task);
}

/* An answer that is not signed, or is about the key, ends it: it is not about names. */
static enum status
take_reply(struct sender *s, const struct dns_reply *reply)
{
	const enum status st = dnsjob_judge(s->job, reply, "updates");

	if (st == ST_OK) {
		s->taken++;
		s->shown += reply->task.n;
		return ST_OK;
	}
	if (st == ST_PROTOCOL || dnskey_error(reply->pkt) != 0)
		return st;
	return refuse(s, st, reply->task);
}

static enum status
receive_one(struct sender *s)
{
	const uint64_t silent = clock_boot() + SILENCE;
	struct dns_reply reply;
	enum status st = dnsconn_receive(s->conn, silent < s->job->until ? silent : s->job->until, &reply);

	if (st == ST_TIMEOUT && silent >= s->job->until)
		return dnsjob_explain(s->job, st,
		    "%zu of %zu names are shown so far; the rest follows", s->shown, s->n);
	if (st != ST_OK)
		return dnsjob_lost(s->job, st);
	st = take_reply(s, &reply);
	dnsconn_release(s->conn, &reply, false);
	return st;
}

static enum status
send_all(struct sender *s)
{
	enum status st = ST_OK;

	while (st == ST_OK && (has_work(s) || dnsconn_in_flight(s->conn) > 0)) {
		while (st == ST_OK && has_work(s) && dnsconn_in_flight(s->conn) < s->job->conf.in_flight)
			st = send_one(s);
		if (st == ST_OK && dnsconn_in_flight(s->conn) > 0)
			st = receive_one(s);
	}
	return st;
}

enum status
dnssend_names(struct dns_job *job, const struct desired *const *names, size_t n)
{
	struct sender s = { .job = job, .names = names, .n = n };
	enum status st;

	if (n == 0)
		return ST_OK;
	if ((st = dnsconn_open(&job->server, &job->key, &s.conn)) != ST_OK)
		return dnsjob_lost(job, st);
	st = send_all(&s);
	dnsconn_close(s.conn);
	if (st != ST_OK || s.blamed == 0)
		return st;
	if (s.blamed == 1)
		return dnsjob_explain(job, s.blame, "%s", s.reason);
	return dnsjob_explain(job, s.blame, "%zu names, as %s", s.blamed, s.reason);
}
