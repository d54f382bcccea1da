/* SPDX-License-Identifier: ISC */
/*
 * The publisher "sqlzone": a zone in MariaDB, from which PowerDNS or another name server answers. What is there is
 * compared with the names, the difference is made good in transactions, and a new connection is asked what is there
 * now. Whatever was interrupted, the next run finds.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "publish.h"
#include "serial.h"
#include "sqlconf.h"
#include "sqldiff.h"
#include "sqlplan.h"
#include "sqlsession.h"

#define DEADLINE	20	/* seconds */
#define BUDGET		(13 * CLOCK_SECOND)	/* the last try, with what it waits for, ends within the deadline */
#define LOOK_AGAIN	(2 * CLOCK_SECOND)	/* for how long what was written may be missing: replicas lag */
#define PAUSE		100			/* milliseconds before another try */
#define NAME_BY_NAME	256			/* more names than these are found in the whole zone */

/* One run of publish() or look(). */
struct run {
	const struct publication	*pub;
	struct sqlconf			 conf;
	struct sqlsession		 session;
	uint64_t			 until;
	char				*why;
};

/* --- the section --- */

static enum status
section_check(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct sqlconf conf;
	enum status st;

	if ((st = sqlconf_read(settings, zone, section, &conf)) == ST_OK)
		sqlconf_release(&conf);
	return st;
}

static enum status
take_engine(void *arg, const char *const *values)
{
	*(bool *)arg = values[0] != NULL && strcasecmp(values[0], "InnoDB") == 0;
	return ST_OK;
}

/* Without transactions, half a change may be shown. A view has no engine, and is nobody's business here. */
static void
advise_engine(const struct sqlsession *s)
{
	static const char text[] = "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
	    "TABLE_NAME = ? AND ENGINE IS NOT NULL";
	const char *table = s->conf->schema == SQLSCHEMA_POWERDNS ? "records" : s->conf->table;
	struct sql_statement *statement;
	bool has_transactions = true;

	if (table != NULL && sql_prepare(s->sql, text, 1, 1, &statement) == ST_OK &&
	    sql_read(statement, &table, take_engine, &has_transactions) == ST_OK && !has_transactions)
		log_warning("sqlzone %s: the table %s is not of InnoDB and has no transactions: half a change may be "
		    "shown", s->zone->name, table);
}

static void
advise_minimum(const struct sqlsession *s)
{
	uint32_t minimum;

	if (s->has_soa && sqlsession_soa_number(s->soa, 6, &minimum, NULL) && minimum > s->zone->ttl)
		log_warning("sqlzone %s: the SOA MINIMUM is %u s and the TTL %u s: a record that comes back may stay "
		    "unseen for longer than one that changes", s->zone->name, minimum, s->zone->ttl);
}

static void
section_advise(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	char why[PUBLISHER_WHY] = "";
	struct sqlsession session;
	struct sqlconf conf;

	if (sqlconf_read(settings, zone, section, &conf) != ST_OK)
		return;
	if (conf.cache > zone->ttl)
		log_warning("sqlzone %s: the name servers' caches keep an old address for %u s, longer than its TTL "
		    "of %u s (PowerDNS: cache-ttl, query-cache-ttl; then say so with \"cache\")", zone->name,
		    conf.cache, zone->ttl);
	if (sqlsession_open(&session, &conf, zone, why) != ST_OK)
		log_warning("sqlzone %s: %s", zone->name, why);
	else {
		advise_engine(&session);
		advise_minimum(&session);
	}
	sqlsession_close(&session);
	sqlconf_release(&conf);
}

static unsigned
section_lag(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct sqlconf conf;
	unsigned lag = 0;

	if (sqlconf_read(settings, zone, section, &conf) == ST_OK) {
		lag = conf.cache;
		sqlconf_release(&conf);
	}
	return lag;
}

/* --- what is there, and what is wanted --- */

static bool
shows_nothing(const struct desired *name)
{
	return !name->owned || (name->a.family == 0 && name->aaaa.family == 0 && name->cname == NULL);
}

/* Is it not enough to look at the names alone? */
static enum status
needs_whole(struct run *run, bool *whole)
{
	const struct publication *pub = run->pub;
	bool is_any_empty = false;

	*whole = pub->compare || pub->n > NAME_BY_NAME;
	for (size_t i = 0; i < pub->n && !*whole; i++) {
		is_any_empty = is_any_empty || shows_nothing(&pub->names[i]);
		*whole = run->session.order.is_kept && sqlorder_up(pub->zone->name, pub->names[i].name) != NULL;
	}
	/* A name that loses its records stays as an empty non-terminal while there is something below it. */
	return *whole || !is_any_empty ? ST_OK : sqlsession_has_deep(&run->session, whole);
}

/* Free scene's rows and plan, also after a failure. */
static enum status
look(struct run *run, struct sqlscene *scene, struct sqlplan *plan)
{
	const struct publication *pub = run->pub;
	enum status st;

	*plan = (struct sqlplan){ 0 };
	*scene = (struct sqlscene){ .pub = pub, .conf = &run->conf, .order = &run->session.order };
	if ((st = needs_whole(run, &scene->is_whole)) != ST_OK)
		return st;
	if (scene->is_whole)
		st = sqlsession_read(&run->session, NULL, &scene->rows);
	for (size_t i = 0; i < pub->n && !scene->is_whole && st == ST_OK; i++)
		st = sqlsession_read(&run->session, pub->names[i].name, &scene->rows);
	if (st != ST_OK)
		return st;
	sqlrows_sort(&scene->rows);
	if ((st = sqldiff_plan(scene, plan)) != ST_OK)
		snprintf(run->why, PUBLISHER_WHY, "out of memory");
	return st;
}

static void
forget(struct sqlscene *scene, struct sqlplan *plan)
{
	sqlplan_free(plan);
	sqlrows_free(&scene->rows);
}

/* Nothing is left to do; but is all of it shown? */
static enum status
conclude(struct run *run, const struct sqlplan *plan)
{
	snprintf(run->why, PUBLISHER_WHY, "%s", plan->odd);
	return plan->odd[0] == '\0' ? ST_OK : ST_UNPUBLISHED;
}

/* --- publishing --- */

static enum status
reopen(struct run *run)
{
	sqlsession_close(&run->session);
	return sqlsession_open(&run->session, &run->conf, run->pub->zone, run->why);
}

/* A new connection asks for what was written: a proxy, a trigger, a replica may have made another thing of it. */
static enum status
verify(struct run *run, uint32_t serial)
{
	const uint64_t until = clock_boot() + LOOK_AGAIN;
	struct sqlscene scene;
	struct sqlplan plan;
	bool is_done = false;
	enum status st;

	for (;;) {
		if ((st = reopen(run)) != ST_OK)
			return st;
		st = look(run, &scene, &plan);
		if (st == ST_OK && run->session.has_soa && serial_is_newer(serial, run->session.serial)) {
			snprintf(run->why, PUBLISHER_WHY, "the database says it took serial %u of %.100s, and has %u",
			    serial, run->pub->zone->name, run->session.serial);
		} else if (st == ST_OK) {
			is_done = sqlplan_is_empty(&plan);
			sqlplan_explain(&plan, run->why, PUBLISHER_WHY);
		}
		if (is_done)
			st = conclude(run, &plan);
		forget(&scene, &plan);
		if (st != ST_OK || is_done)
			return st;
		if (clock_boot() >= until)
			return ST_UNPUBLISHED;
		poll(NULL, 0, PAUSE);
	}
}

static enum status
apply(struct run *run, const struct sqlplan *plan)
{
	struct sqlstep from = { 0 };
	enum status st = ST_OK;

	for (size_t i = 0; i < plan->nsteps && st == ST_OK; i++) {
		st = sqlsession_apply(&run->session, plan, from, plan->steps[i], run->pub->wall);
		from = plan->steps[i];
	}
	return st;
}

static enum status
publish(struct run *run)
{
	struct sqlscene scene = { 0 };
	struct sqlplan plan = { 0 };
	bool is_right = false;
	enum status st;

	if ((st = reopen(run)) == ST_OK && (st = look(run, &scene, &plan)) == ST_OK) {
		is_right = sqlplan_is_empty(&plan);
		st = is_right ? conclude(run, &plan) : apply(run, &plan);
	}
	forget(&scene, &plan);
	return is_right || st != ST_OK ? st : verify(run, run->session.serial);
}

/* What another session caused passes when it ends; a connection that broke is made anew, once. */
static enum status
publish_stubbornly(struct run *run)
{
	bool was_connected = false, has_retried = false;
	enum status st;

	for (;;) {
		st = publish(run);
		was_connected = was_connected || run->session.sql != NULL;
		if (clock_boot() + PAUSE * (CLOCK_SECOND / 1000) >= run->until)
			return st;
		if (st == ST_CLOSED && was_connected && !has_retried)
			has_retried = true;
		else if (st != ST_BUSY)
			return st;
		poll(NULL, 0, PAUSE);
	}
}

/* A run has its section and, once work opens one, a session. */
static enum status
run_through(const struct publication *pub, char why[PUBLISHER_WHY], enum status (*work)(struct run *))
{
	struct run run = { .pub = pub, .until = clock_boot() + BUDGET, .why = why };
	enum status st;

	why[0] = '\0';
	if ((st = sqlconf_read(pub->settings, pub->zone, pub->section, &run.conf)) != ST_OK) {
		snprintf(why, PUBLISHER_WHY, "its section of the configuration is wrong");
		return st;
	}
	st = work(&run);
	sqlsession_close(&run.session);
	sqlconf_release(&run.conf);
	return st == ST_BUSY || st == ST_CLOSED ? ST_UNPUBLISHED : st;
}

static enum status
sqlzone_publish(const struct publication *pub, char why[PUBLISHER_WHY])
{
	return run_through(pub, why, publish_stubbornly);
}

static enum status
sqlzone_look(const struct publication *pub, char why[PUBLISHER_WHY])
{
	return run_through(pub, why, reopen);
}

const struct publisher sqlzone_publisher = {
	.kind = "sqlzone",
	.deadline = DEADLINE,
	.check = section_check,
	.publish = sqlzone_publish,
	.look = sqlzone_look,
	.advise = section_advise,
	.lag = section_lag,
};
