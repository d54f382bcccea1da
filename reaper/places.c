/* SPDX-License-Identifier: ISC */
/*
 * Places and their children. A child gets what it must know by fork(2), works without the table, and reports through
 * a pipe.
 */
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "desired.h"

#define RETRY_FIRST	(1 * CLOCK_SECOND)
#define RETRY_MOST	(15 * CLOCK_SECOND)

/* What a child says before it ends. */
struct report {
	enum status	st;
	char		why[PUBLISHER_WHY];
};

static bool
is_of_settings(const char *kind)
{
	return strcmp(kind, "server") == 0 || strcmp(kind, "class") == 0 || strcmp(kind, "zone") == 0;
}

static const struct zone *
find_zone(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->nzones; i++)
		if (strcasecmp(settings->zones[i].name, name) == 0)
			return &settings->zones[i];
	return NULL;
}

static enum status
place_make(const struct settings *settings, const struct conf_section *section, struct place *place)
{
	*place = (struct place){ .section = section, .report = -1 };
	if ((place->publisher = publisher_find(section->kind)) == NULL)
		return conf_complain(settings->conf, section->line, "[%s %s]: nothing here is called %s",
		    section->kind, section->name, section->kind);
	if ((place->zone = find_zone(settings, section->name)) == NULL)
		return conf_complain(settings->conf, section->line, "[%s %s]: there is no [zone %s]",
		    section->kind, section->name, section->name);
	snprintf(place->name, sizeof(place->name), "%s %s", section->kind, place->zone->name);
	return place->publisher->check(settings, place->zone, section);
}

enum status
places_make(const struct settings *settings, struct places *places)
{
	const struct conf *conf = settings->conf;
	enum status st = ST_OK;

	*places = (struct places){ 0 };
	places->list = calloc(conf->n + 1, sizeof(*places->list));
	places->names = calloc(conf->n + 1, sizeof(*places->names));
	if (places->list == NULL || places->names == NULL)
		st = ST_NOMEM;
	for (size_t i = 0; i < conf->n && st == ST_OK; i++) {
		if (is_of_settings(conf->sections[i].kind))
			continue;
		st = place_make(settings, &conf->sections[i], &places->list[places->n]);
		places->names[places->n] = places->list[places->n].name;
		places->n++;
	}
	if (st != ST_OK)
		places_free(places);
	return st;
}

void
places_free(struct places *places)
{
	for (size_t i = 0; i < places->n; i++)
		work_free(&places->list[i].work);
	free(places->list);
	free(places->names);
	*places = (struct places){ 0 };
}

enum status
places_load(struct places *places, struct table *table)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < places->n && st == ST_OK; i++)
		st = table_publisher_get(table, places->list[i].name, &places->list[i].state);
	return st;
}

/* --- the child --- */

static void
child_run(const struct place *place, const struct publication *pub, int report)
{
	struct report said = { .st = ST_OK };
	ssize_t n;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGALRM, SIG_DFL);
	alarm(place->publisher->deadline);
	said.st = place->publisher->publish(pub, said.why);
	n = write(report, &said, sizeof(said));
	_exit(n == sizeof(said) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static enum status
place_fork(struct place *place, const struct publication *pub, uint64_t now)
{
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC | O_NONBLOCK) != 0)
		return ST_SYSTEM;
	if ((pid = fork()) < 0) {
		close(pipefd[0]);
		close(pipefd[1]);
		return ST_SYSTEM;
	}
	if (pid == 0)
		child_run(place, pub, pipefd[1]);
	setpgid(pid, pid);	/* also here, so that it is its own group before it can be killed */
	close(pipefd[1]);
	place->child = pid;
	place->report = pipefd[0];
	place->started = now;
	place->kill_at = now + (place->publisher->deadline + 1) * CLOCK_SECOND;
	return ST_OK;
}

static bool
is_comparison_due(const struct place *place, uint64_t now)
{
	return place->stale || place->state.reconciled == 0 || now >= place->state.reconciled + RECONCILE_EVERY;
}

/* What the place must show anew; of very much a portion, unless it is told everything anyway. */
static enum status
gather(struct place *place, struct table *table, const struct work *loose, bool compare)
{
	enum status st;

	place->work.n = 0;
	if (table != NULL && (st = table_look_pending(table, place->name, &place->work)) != ST_OK)
		return st;
	for (size_t i = 0; i < loose->n; i++)
		if ((st = work_add(&place->work, loose->hosts[i].name, loose->hosts[i].generation)) != ST_OK)
			return st;
	work_tidy(&place->work);
	if (!compare && !place->publisher->is_whole && place->work.n > PORTION)
		place->work.n = PORTION;
	return ST_OK;
}

/* Fork a child that publishes this; boot as in struct publication. */
static enum status
launch(struct place *place, const struct world *world, bool boot, uint64_t now)
{
	struct publication pub = { .settings = world->settings, .zone = place->zone, .section = place->section,
		.compare = place->comparing, .wall = clock_wall(), .boot = boot };
	struct desired_list list = { 0 };
	enum status st;

	pub.all = place->comparing || place->publisher->is_whole;
	st = (pub.all ? desired_build : desired_build_touched)(world->settings, place->zone, world->accounts,
	    world->table, &place->work, now, &list);
	if (st != ST_OK)
		return st;
	pub.names = list.names;
	pub.n = list.n;
	st = place_fork(place, &pub, now);
	desired_free(&list);
	return st;
}

enum status
place_start(struct place *place, const struct world *world, const struct work *loose, uint64_t now, bool *started)
{
	enum status st;

	*started = false;
	if (place->child != 0 || now < place->state.retry_at || now < place->rest_until)
		return ST_OK;
	place->comparing = world->table == NULL || is_comparison_due(place, now);
	if ((st = gather(place, world->table, loose, place->comparing)) != ST_OK)
		return st;
	if (!place->comparing && place->work.n == 0)
		return ST_OK;
	if ((st = launch(place, world, false, now)) == ST_OK) {
		place->stale = false;
		*started = true;
	}
	return st;
}

enum status
place_start_boot(struct place *place, const struct world *world, uint64_t now)
{
	if (!place->publisher->is_file)
		return ST_OK;
	place->work.n = 0;
	place->comparing = true;
	return launch(place, world, true, now);
}

/* --- its end --- */

static void
succeeded(struct place *place, uint64_t now)
{
	struct publisher_state *state = &place->state;
	const uint64_t took = now - place->started;

	if (state->failing_since != 0)
		log_warning("%s: shows everything again", place->name);
	*state = (struct publisher_state){ .verified = now, .reconciled = place->comparing ? now : state->reconciled,
		.slowest = state->slowest > took ? state->slowest : took };
}

/* Said when it begins, and when the reason changes; what repeats is for `dynlease-admin check` to tell. */
static void
failed(struct place *place, const struct report *report, uint64_t now)
{
	struct publisher_state *state = &place->state;
	uint64_t pause = RETRY_FIRST;

	if (state->failing_since == 0 || strcmp(state->why, report->why) != 0)
		log_error("%s: %s: %s", place->name, status_text(report->st), report->why);
	if (state->failing_since == 0)
		state->failing_since = now;
	for (uint32_t i = 0; i < state->failures && pause < RETRY_MOST; i++)
		pause *= 2;
	state->failures++;
	state->retry_at = now + (pause < RETRY_MOST ? pause : RETRY_MOST);
	state->reconciled = 0;		/* when it comes back, everything is compared */
	memcpy(state->why, report->why, sizeof(state->why));
}

/* Is there a report, or must there be none any more? */
static bool
take_report(struct place *place, uint64_t now, struct report *report)
{
	const ssize_t n = read(place->report, report, sizeof(*report));

	if (n == (ssize_t)sizeof(*report)) {
		report->why[sizeof(report->why) - 1] = '\0';
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && now < place->kill_at)
		return false;
	*report = (struct report){ .st = n < 0 ? ST_TIMEOUT : ST_UNPUBLISHED };
	snprintf(report->why, sizeof(report->why), n < 0 ? "not done within %u s" :
	    "its process died, or was still at it after %u s", place->publisher->deadline);
	return true;
}

bool
place_finish(struct place *place, struct table *table, uint64_t now)
{
	struct report report;
	enum status st = ST_OK;

	if (place->child == 0 || !take_report(place, now, &report))
		return false;
	kill(-place->child, SIGKILL);	/* it has said all; whatever it started ends with it */
	waitpid(place->child, NULL, 0);
	close(place->report);
	place->child = 0;
	place->report = -1;
	if (report.st == ST_OK)
		succeeded(place, now);
	else
		failed(place, &report, now);
	if (table == NULL)
		return true;
	if (report.st == ST_OK)
		st = table_settle(table, place->name, &place->work, TABLE_WAIT);
	if (st == ST_OK)
		st = table_publisher_put(table, place->name, &place->state, TABLE_WAIT);
	if (st != ST_OK && place->rest_until == 0)
		log_warning("%s: not noted in the table: %s; it is shown again until it is", place->name,
		    status_text(st));
	place->rest_until = st != ST_OK ? now + RETRY_FIRST : 0;
	return true;
}

uint64_t
place_next(const struct place *place)
{
	if (place->child != 0)
		return place->kill_at;
	if (place->state.failing_since != 0)
		return place->state.retry_at;
	if (place->rest_until != 0)
		return place->rest_until;
	return place->stale ? 0 : place->state.reconciled + RECONCILE_EVERY;
}
