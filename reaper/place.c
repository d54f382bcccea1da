/* SPDX-License-Identifier: ISC */
/*
 * The life of a place: it is told a task, its children show it, and what they show is noted.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "places.h"

#define RETRY_FIRST	(1 * CLOCK_SECOND)
#define RETRY_MOST	(15 * CLOCK_SECOND)
#define BUSY_MOST	(CLOCK_SECOND / 2)	/* that the table may be held by others; then the place goes on without */

/* --- being told --- */

static bool
is_comparison_due(const struct place *place, uint64_t now)
{
	return place->stale || place->state.reconciled == 0 || now >= place->state.reconciled + RECONCILE_EVERY;
}

/* When an idle place is to be asked whether it is there. */
static uint64_t
look_at(const struct place *place)
{
	return place->publisher->look == NULL ? UINT64_MAX : place->state.looked + LOOK_EVERY;
}

/* What the place must show anew. */
static enum status
gather(struct task *task, const char *publisher, struct table *table, const struct work *found)
{
	enum status st;

	if (table != NULL && (st = table_look_pending(table, publisher, &task->work)) != ST_OK)
		return st;
	for (size_t i = 0; i < found->n; i++)
		if ((st = work_add(&task->work, found->hosts[i].name, 0)) != ST_OK)
			return st;
	work_tidy(&task->work);
	return ST_OK;
}

static bool
is_any_touched(const struct desired_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->names[i].touched)
			return true;
	return false;
}

/* Is it told everything at once? */
static bool
is_told_all(const struct place *place)
{
	return place->task.comparing || place->publisher->is_whole;
}

/* How the next portion must be shown. */
static enum status
prepare(struct place *place, const struct world *world, uint64_t now)
{
	struct task *task = &place->task;
	struct work portion = { .n = task->work.n - task->told, .hosts = task->work.hosts + task->told };
	enum status st;

	if (!is_told_all(place) && portion.n > task->portion)
		portion.n = task->portion;
	st = (is_told_all(place) ? desired_build : desired_build_touched)(world->settings, place->zone,
	    world->accounts, world->table, &portion, now, &task->next);
	if (st == ST_OK)
		task->ready = task->told + portion.n;
	return st;
}

static void
forget_prepared(struct task *task)
{
	desired_free(&task->next);
	task->ready = task->told;
}

/* Start a child that publishes what is prepared. */
static enum status
tell_portion(struct place *place, const struct world *world, bool boot, uint64_t now)
{
	struct task *task = &place->task;
	const struct publication pub = { .settings = world->settings, .zone = place->zone, .section = place->section,
		.names = task->next.names, .n = task->next.n, .all = is_told_all(place), .compare = task->comparing,
		.wall = clock_wall(), .boot = boot };
	enum status st = ST_OK;

	if (is_any_touched(&task->next) || task->comparing)
		st = child_start(&place->child, place->publisher->publish, &pub, place->publisher->deadline, now);
	else
		task->shown = task->ready;	/* all of it is other zones' */
	if (st == ST_OK)
		task->told = task->ready;
	task->told_at = clock_boot();
	forget_prepared(task);
	return st;
}

/*
 * The next portion is prepared while the child is at work: a larger one, as if the child were fast. What cannot be prepared
 * then is tried again when it has ended.
 */
static enum status
tell(struct place *place, const struct world *world, bool boot, uint64_t now)
{
	struct task *task = &place->task;
	enum status st = ST_OK;

	do {
		if (task->ready <= task->told)
			st = prepare(place, world, now);
		if (st == ST_OK)
			st = tell_portion(place, world, boot, now);
	} while (st == ST_OK && place->child.pid == 0 && task->told < task->work.n);
	if (st == ST_OK && task->told < task->work.n) {
		task->portion *= PORTION_GROWTH;
		prepare(place, world, now);
	}
	return st;
}

/* Start a child that looks whether it is there. */
static enum status
ask(struct place *place, const struct world *world, uint64_t now)
{
	const struct publication pub = { .settings = world->settings, .zone = place->zone, .section = place->section,
		.wall = clock_wall() };

	return child_start(&place->child, place->publisher->look, &pub, place->publisher->deadline, now);
}

void
place_drop(struct place *place)
{
	struct task *task = &place->task;

	forget_prepared(task);
	work_free(&task->work);
	*task = (struct task){ 0 };
}

bool
place_is_ready(const struct place *place, uint64_t now)
{
	return !place->task.open && now >= place->state.retry_at && now >= place->rest_until;
}

enum status
place_start(struct place *place, const struct world *world, const struct work *found, const struct horizon *seen,
    bool *started)
{
	struct task *task = &place->task;
	enum status st;

	*started = false;
	if (!place_is_ready(place, seen->now))
		return ST_OK;
	*task = (struct task){ .open = true, .seen = *seen, .begun = seen->now, .portion = PORTION_FIRST,
		.comparing = world->table == NULL || is_comparison_due(place, seen->now) };
	st = gather(task, place->name, world->table, found);
	if (st == ST_OK && (task->comparing || task->work.n > 0)) {
		st = tell(place, world, false, seen->now);
		*started = st == ST_OK;
		place->stale = place->stale && !*started;
	} else if (st == ST_OK && seen->now >= look_at(place)) {
		st = ask(place, world, seen->now);
		*started = st == ST_OK;
	}
	if (!*started)
		place_drop(place);
	return st;
}

enum status
place_start_boot(struct place *place, const struct world *world, uint64_t now)
{
	if (!place->publisher->is_file)
		return ST_OK;
	place->task = (struct task){ .open = true, .comparing = true, .begun = now, .portion = PORTION_FIRST };
	return tell(place, world, true, now);
}

/* --- having shown it --- */

static void
succeeded(struct place *place, uint64_t now)
{
	struct publisher_state *state = &place->state;
	const bool has_shown = place->task.told > 0 || place->task.comparing;
	const uint64_t took = has_shown ? now - place->task.begun : 0;

	if (state->failing_since != 0)
		log_warning("%s: shows everything again", place->name);
	*state = (struct publisher_state){ .verified = has_shown ? now : state->verified, .looked = now,
		.reconciled = place->task.comparing ? now : state->reconciled,
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

/* The next child. What cannot be told now is seen again in a later look. */
static void
go_on(struct place *place, const struct world *world, uint64_t now)
{
	struct task *task = &place->task;

	if (task->told < task->work.n && (task->unnoted || tell(place, world, false, now) != ST_OK))
		task->work.n = task->told;
}

bool
place_finish(struct place *place, const struct world *world, uint64_t now)
{
	struct task *task = &place->task;
	struct report report;

	if (!child_finish(&place->child, now, &report))
		return false;
	if (report.st == ST_OK) {
		succeeded(place, now);
		task->shown = task->told;
		if (now >= task->told_at + PORTION_FAST) {
			forget_prepared(task);	/* is as things were when this child began */
			task->portion = PORTION_FIRST;
		}
		go_on(place, world, now);
	} else {
		failed(place, &report, now);
		task->work.n = task->shown;
	}
	if (world->table == NULL && place->child.pid == 0)
		place_drop(place);
	return true;
}

/* One transaction. */
static enum status
note_some(struct place *place, struct table *table, const char *const *names, struct work *moved)
{
	struct task *task = &place->task;
	const struct table_move move = { .publishers = names, .shown_by = place->name, .seen = task->seen,
		.moved = moved };
	const size_t left = task->shown - task->noted, n = left < TABLE_MOVE_MOST ? left : TABLE_MOVE_MOST;
	enum status st;

	if (left > 0)
		st = table_move(table, &move, task->work.hosts + task->noted, n, TABLE_WAIT);
	else
		st = table_publisher_put(table, place->name, &place->state, TABLE_WAIT);
	if (st == ST_OK) {
		task->noted += n;
		task->busy_since = 0;
	}
	return st;
}

/* Has somebody else the table, who may yet give it back in time? */
static bool
is_passing(struct task *task, enum status st, uint64_t now)
{
	if (st != ST_BUSY)
		return false;
	if (task->busy_since == 0)
		task->busy_since = now;
	return now < task->busy_since + BUSY_MOST;
}

bool
place_note(struct place *place, struct table *table, const char *const *names, struct work *moved)
{
	struct task *task = &place->task;
	const bool some = task->noted < task->shown;
	enum status st;

	if (!task->open || (place->child.pid != 0 && (!some || task->unnoted)))
		return false;
	if (!task->unnoted && (st = note_some(place, table, names, moved)) != ST_OK) {
		if (is_passing(task, st, clock_boot()))
			return true;
		if (place->rest_until == 0)
			log_warning("%s: not noted in the table: %s; it is shown again until it is", place->name,
			    status_text(st));
		task->unnoted = true;
	}
	if (some && !task->unnoted)
		return true;
	if (place->child.pid == 0) {
		place->rest_until = task->unnoted ? clock_boot() + RETRY_FIRST : 0;
		place_drop(place);
	}
	return false;
}

uint64_t
place_next(const struct place *place)
{
	if (place->child.pid != 0)
		return place->child.kill_at;
	if (place->task.open)
		return UINT64_MAX;
	if (place->state.failing_since != 0)
		return place->state.retry_at;
	if (place->rest_until != 0)
		return place->rest_until;
	if (place->stale)
		return 0;
	return look_at(place) < place->state.reconciled + RECONCILE_EVERY ? look_at(place) :
	    place->state.reconciled + RECONCILE_EVERY;
}
