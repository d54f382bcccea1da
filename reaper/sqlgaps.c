/* SPDX-License-Identifier: ISC */
/*
 * The names that are there when the plan is carried out, and all that stands between them and the zone's own.
 */
#include "sqlgaps.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name that is there, or that is missing because there is something below it. */
struct point {
	char		name[NAME_SIZE];	/* in lower case */
	bool		is_auth;	/* it, or something below it, is not delegated away */
	bool		is_hashed;	/* it has a hash in NSEC3 */
	bool		is_there;	/* it was missing, but has a row without a type already */
};

struct points {
	size_t		 n, room;
	struct point	*list;
};

struct gaps {
	const struct sqlscene	*scene;
	const char		*zone;
	struct sqlplan		*plan;
	bool			*is_dropped;	/* for each row of the scene */
	struct points		 there, missing;
};

static enum status
add_point(struct points *points, const struct point *point)
{
	if (points->n == points->room) {
		const size_t room = points->room == 0 ? 64 : 2 * points->room;
		struct point *list = reallocarray(points->list, room, sizeof(*list));

		if (list == NULL)
			return ST_NOMEM;
		points->list = list;
		points->room = room;
	}
	points->list[points->n++] = *point;
	return ST_OK;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct point *)a)->name, ((const struct point *)b)->name);
}

/* Of those with one name, one; it has what any of them had. */
static void
tidy(struct points *points)
{
	size_t n = 0;

	if (points->n > 1)
		qsort(points->list, points->n, sizeof(*points->list), compare);
	for (size_t i = 0; i < points->n; i++) {
		if (n > 0 && strcmp(points->list[n - 1].name, points->list[i].name) == 0) {
			points->list[n - 1].is_auth |= points->list[i].is_auth;
			points->list[n - 1].is_hashed |= points->list[i].is_hashed;
		} else {
			points->list[n++] = points->list[i];
		}
	}
	points->n = n;
}

static struct point *
find(const struct points *points, const char *name)
{
	struct point key = { 0 };

	snprintf(key.name, sizeof(key.name), "%s", name);
	return points->n == 0 ? NULL : bsearch(&key, points->list, points->n, sizeof(key), compare);
}

/* Only a name that has something above it within the zone, or is such a something, matters. */
static enum status
take_row(struct gaps *g, const struct sqlrow *row)
{
	const struct sqlorder *order = g->scene->order;
	struct point point = { 0 };
	size_t len = strlen(row->field[SQL_NAME]);

	if (len >= NAME_SIZE || len <= strlen(g->zone))
		return ST_OK;
	for (size_t i = 0; i <= len; i++)
		point.name[i] = (char)tolower((unsigned char)row->field[SQL_NAME][i]);
	point.is_auth = !sqlorder_is_cut(&g->scene->rows, g->zone, point.name);
	point.is_hashed = !sqlorder_is_below_cut(&g->scene->rows, g->zone, point.name) &&
	    !(order->is_opt_out && sqlrow_is(row, "NS"));
	return add_point(&g->there, &point);
}

static enum status
find_there(struct gaps *g)
{
	const struct sqlrows *rows = &g->scene->rows, *add = &g->plan->add;
	enum status st = ST_OK;

	for (size_t i = 0; i < rows->n && st == ST_OK; i++)
		if (!g->is_dropped[i] && sqlrow_is_shown(&rows->list[i]) && !sqlrow_is_gap(&rows->list[i]))
			st = take_row(g, &rows->list[i]);
	for (size_t i = 0; i < add->n && st == ST_OK; i++)
		st = take_row(g, &add->list[i]);
	tidy(&g->there);
	return st;
}

static enum status
find_missing(struct gaps *g)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < g->there.n; i++) {
		struct point point = g->there.list[i];
		const char *up = g->there.list[i].name;

		while (st == ST_OK && (up = sqlorder_up(g->zone, up)) != NULL) {
			if (find(&g->there, up) != NULL)
				continue;
			snprintf(point.name, sizeof(point.name), "%s", up);
			st = add_point(&g->missing, &point);
		}
	}
	tidy(&g->missing);
	return st;
}

static enum status
wanted_fields(const struct gaps *g, const struct point *point, char text[NAME_SIZE], const char *field[SQLFIELDS])
{
	const struct sqlorder *order = g->scene->order;
	const bool is_hashed = order->is_hashed && point->is_hashed;

	memset(field, 0, SQLFIELDS * sizeof(*field));
	field[SQL_NAME] = point->name;
	field[SQL_AUTH] = point->is_auth || (is_hashed && !order->is_opt_out) ? "1" : "0";
	return is_hashed ? sqlorder_of(order, g->zone, point->name, text, &field[SQL_ORDER]) : ST_OK;
}

/* A row without a type: the one that is wanted, or to be dropped? */
static enum status
judge_gap(struct gaps *g, const struct sqlrow *row)
{
	struct point *point = find(&g->missing, row->field[SQL_NAME]);
	const char *field[SQLFIELDS], *auth = row->field[SQL_AUTH];
	char text[NAME_SIZE];
	enum status st;

	if (point == NULL)
		return sqlplan_drop(g->plan, row);
	if ((st = wanted_fields(g, point, text, field)) != ST_OK)
		return st;
	if (sqlrow_is_shown(row) && sqlorder_matches(g->scene->order, row, field[SQL_ORDER]) && auth != NULL &&
	    strcmp(auth, field[SQL_AUTH]) == 0 && !point->is_there) {
		point->is_there = true;
		return ST_OK;
	}
	return sqlplan_drop(g->plan, row);
}

static enum status
plan_all(struct gaps *g)
{
	const struct sqlrows *rows = &g->scene->rows;
	const char *field[SQLFIELDS];
	char text[NAME_SIZE];
	enum status st = ST_OK;

	for (size_t i = 0; i < rows->n && st == ST_OK; i++)
		if (sqlrow_is_gap(&rows->list[i]))
			st = judge_gap(g, &rows->list[i]);
	for (size_t i = 0; i < g->missing.n && st == ST_OK; i++)
		if (!g->missing.list[i].is_there &&
		    (st = wanted_fields(g, &g->missing.list[i], text, field)) == ST_OK)
			st = sqlplan_add(g->plan, field);
	return st;
}

/* Most zones are flat, and need none of this. */
static bool
is_flat(const struct sqlrows *rows, const char *zone)
{
	for (size_t i = 0; i < rows->n; i++)
		if (sqlrow_is_gap(&rows->list[i]) || sqlorder_up(zone, rows->list[i].field[SQL_NAME]) != NULL)
			return false;
	return true;
}

enum status
sqlgaps_plan(const struct sqlscene *scene, struct sqlplan *plan)
{
	struct gaps g = { .scene = scene, .zone = scene->pub->zone->name, .plan = plan };
	enum status st = ST_NOMEM;

	if (!scene->order->is_kept || (is_flat(&scene->rows, g.zone) && is_flat(&plan->add, g.zone)))
		return ST_OK;
	if ((g.is_dropped = calloc(scene->rows.n + 1, sizeof(*g.is_dropped))) == NULL)
		goto out;
	for (size_t i = 0; i < plan->ndrop; i++)
		g.is_dropped[plan->drop[i] - scene->rows.list] = true;
	if ((st = find_there(&g)) == ST_OK && (st = find_missing(&g)) == ST_OK)
		st = plan_all(&g);
out:
	free(g.is_dropped);
	free(g.there.list);
	free(g.missing.list);
	return st;
}
