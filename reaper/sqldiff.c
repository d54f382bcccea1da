/* SPDX-License-Identifier: ISC */
/*
 * All of A, AAAA and CNAME of a name that is ours is ours: what is not just the one right row goes.
 */
#include "sqldiff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlgaps.h"

/* A plan in the making. */
struct planning {
	const struct sqlscene	*scene;
	const char		*zone;
	struct sqlplan		*plan;
	char			 ttl[12];
	size_t			 ntargets;
	const char		**targets;	/* of NS, MX and SRV, sorted; in rows, with or without a final dot */
};

/* --- names that are ours --- */

/* The row that a name should have of a type. */
struct wanted {
	const char		*type;
	const struct address	*address;	/* NULL: none, or */
	const char		*cname;		/* this; NULL: none */
	const char		*order;
	bool			 auth;
};

static bool
has_content(const char *content, const struct wanted *want)
{
	struct address address;

	if (content == NULL || want->address == NULL)
		return content != NULL && want->cname != NULL && sqlrow_compare_names(content, want->cname) == 0;
	return address_parse(content, &address) == ST_OK && address_equal(&address, want->address);
}

/* Names within rdata have a final dot in BIND's table, and nowhere else. */
static enum status
add_row(struct planning *p, const char *name, const struct wanted *want)
{
	const char *field[SQLFIELDS] = { [SQL_NAME] = name, [SQL_TYPE] = want->type, [SQL_TTL] = p->ttl,
		[SQL_ORDER] = want->order, [SQL_AUTH] = want->auth ? "1" : "0" };
	char address[ADDRESS_TEXT], cname[NAME_SIZE + 1];

	if (want->address != NULL)
		field[SQL_CONTENT] = address_text(want->address, address);
	else {
		snprintf(cname, sizeof(cname), "%s%s", want->cname,
		    p->scene->conf->schema == SQLSCHEMA_BIND ? "." : "");
		field[SQL_CONTENT] = cname;
	}
	return sqlplan_add(p->plan, field);
}

static bool
is_right(const struct planning *p, const struct sqlrow *row, const struct wanted *want)
{
	const struct sqlorder *order = p->scene->order;
	const char *ttl = row->field[SQL_TTL], *auth = row->field[SQL_AUTH];

	return has_content(row->field[SQL_CONTENT], want) && ttl != NULL && strcmp(ttl, p->ttl) == 0 &&
	    sqlrow_is_shown(row) && sqlorder_matches(order, row, want->order) &&
	    (!order->is_kept || (auth != NULL && (strcmp(auth, "0") != 0) == want->auth));
}

static enum status
plan_type(struct planning *p, const char *name, size_t first, size_t n, const struct wanted *want)
{
	const bool is_wanted = want->address != NULL || want->cname != NULL;
	struct sqlrow *rows = &p->scene->rows.list[first];
	size_t all = 0, right = 0;
	enum status st = ST_OK;

	for (size_t i = 0; i < n; i++)
		if (sqlrow_has_type(&rows[i], want->type)) {
			all++;
			right += is_right(p, &rows[i], want) ? 1 : 0;
		}
	if (is_wanted && all == 1 && right == 1)
		return ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++)
		if (sqlrow_has_type(&rows[i], want->type))
			st = sqlplan_drop(p->plan, &rows[i]);
	return st != ST_OK || !is_wanted ? st : add_row(p, name, want);
}

static bool
is_ours(const struct sqlrow *row)
{
	return sqlrow_is_address(row) || sqlrow_has_type(row, "CNAME") || sqlrow_is_gap(row);
}

/* What keeps that which a name must show from being shown, or NULL. */
static const char *
find_oddity(const struct planning *p, const struct desired *want, size_t first, size_t n)
{
	const struct sqlrows *rows = &p->scene->rows;

	for (size_t i = first; i < first + n && want->cname != NULL; i++)
		if (!is_ours(&rows->list[i]) && sqlrow_is_shown(&rows->list[i]))
			return "has other records, which are not ours: beside them it cannot have a CNAME";
	return sqlorder_is_cut(rows, p->zone, want->name) ?
	    "is delegated away by an NS: what it must show is not shown" : NULL;
}

static enum status
plan_name(struct planning *p, const struct desired *want)
{
	const bool shows = want->owned && (want->a.family != 0 || want->aaaa.family != 0 || want->cname != NULL);
	struct wanted types[] = { { .type = "A", .auth = true }, { .type = "AAAA", .auth = true },
		{ .type = "CNAME", .auth = true } };
	char text[NAME_SIZE];
	const char *odd, *order = NULL;
	size_t first, n = sqlrows_find(&p->scene->rows, want->name, &first);
	enum status st = ST_OK;

	odd = shows ? find_oddity(p, want, first, n) : NULL;
	if (odd != NULL && p->plan->odd[0] == '\0')
		snprintf(p->plan->odd, sizeof(p->plan->odd), "%.100s %s", want->name, odd);
	if (odd == NULL && shows) {
		st = sqlorder_of(p->scene->order, p->zone, want->name, text, &order);
		types[0].address = want->a.family != 0 ? &want->a : NULL;
		types[1].address = want->aaaa.family != 0 ? &want->aaaa : NULL;
		types[2].cname = want->cname;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && st == ST_OK; i++) {
		types[i].order = order;
		st = plan_type(p, want->name, first, n, &types[i]);
	}
	return st == ST_OK ? sqlplan_end_step(p->plan, SQLPLAN_STEP) : st;
}

static enum status
plan_names(struct planning *p, bool is_live)
{
	const struct publication *pub = p->scene->pub;
	enum status st = ST_OK;

	for (size_t i = 0; i < pub->n && st == ST_OK; i++)
		if ((pub->names[i].live && pub->names[i].owned) == is_live)
			st = plan_name(p, &pub->names[i]);
	return st;
}

/* --- names that nobody owns --- */

static const char *
last_word(const char *text)
{
	const char *blank = text == NULL ? NULL : strrchr(text, ' ');

	return text == NULL ? "" : blank == NULL ? text : blank + 1;
}

static int
compare_targets(const void *a, const void *b)
{
	return sqlrow_compare_names(*(const char *const *)a, *(const char *const *)b);
}

static int
compare_desired(const void *name, const void *element)
{
	return strcasecmp(name, ((const struct desired *)element)->name);
}

static bool
has_target(const struct sqlrow *row)
{
	return sqlrow_is(row, "NS") || sqlrow_is(row, "MX") || sqlrow_is(row, "SRV");
}

static enum status
find_targets(struct planning *p)
{
	const struct sqlrows *rows = &p->scene->rows;
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += has_target(&rows->list[i]) ? 1 : 0;
	if (n == 0)
		return ST_OK;
	if ((p->targets = calloc(n, sizeof(const char *))) == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < rows->n; i++)
		if (has_target(&rows->list[i]))
			p->targets[p->ntargets++] = last_word(rows->list[i].field[SQL_CONTENT]);
	qsort(p->targets, p->ntargets, sizeof(const char *), compare_targets);
	return ST_OK;
}

static bool
is_kept(const struct planning *p, const char *name)
{
	const struct sqlconf *conf = p->scene->conf;
	const struct publication *pub = p->scene->pub;
	char lower[NAME_SIZE];

	for (size_t i = 0; i < conf->nkeep; i++)
		if (strcasecmp(conf->keep[i], name) == 0)
			return true;
	if (p->ntargets > 0 &&
	    bsearch(&name, p->targets, p->ntargets, sizeof(const char *), compare_targets) != NULL)
		return true;
	/* It may be of another zone of ours, whose records stand among those of this one. */
	return name_parse(name, strlen(name), lower) == ST_OK && settings_zone(pub->settings, lower) != pub->zone;
}

/* A row of addresses that nobody stands for. */
static bool
is_stray(const struct planning *p, const struct sqlrow *row)
{
	const struct publication *pub = p->scene->pub;
	const char *name = row->field[SQL_NAME];
	const size_t len = strlen(name), zone_len = strlen(p->zone);

	if (!sqlrow_is_address(row) || !sqlrow_is_shown(row))
		return false;
	if (len <= zone_len || name[len - zone_len - 1] != '.' || strcasecmp(name + len - zone_len, p->zone) != 0)
		return false;
	return (pub->n == 0 || bsearch(name, pub->names, pub->n, sizeof(*pub->names), compare_desired) == NULL) &&
	    !is_kept(p, name);
}

static enum status
plan_strays(struct planning *p)
{
	const struct sqlrows *rows = &p->scene->rows;
	enum status st;

	if (!p->scene->pub->compare || !p->scene->is_whole || !p->scene->conf->whole_zone)
		return ST_OK;
	st = find_targets(p);
	for (size_t i = 0; i < rows->n && st == ST_OK; i++)
		if (is_stray(p, &rows->list[i]) && (st = sqlplan_drop(p->plan, &rows->list[i])) == ST_OK)
			st = sqlplan_end_step(p->plan, SQLPLAN_STEP);
	free(p->targets);
	return st;
}

/* --- the plan --- */

/* The last step has the empty non-terminals of all. */
enum status
sqldiff_plan(const struct sqlscene *scene, struct sqlplan *plan)
{
	struct planning p = { .scene = scene, .zone = scene->pub->zone->name, .plan = plan };
	enum status st;

	*plan = (struct sqlplan){ 0 };
	snprintf(p.ttl, sizeof(p.ttl), "%u", scene->pub->zone->ttl);
	if ((st = plan_names(&p, false)) == ST_OK && (st = plan_strays(&p)) == ST_OK &&
	    (st = plan_names(&p, true)) == ST_OK && (st = sqlgaps_plan(scene, plan)) == ST_OK)
		st = sqlplan_end_step(plan, 1);
	if (st != ST_OK)
		sqlplan_free(plan);
	return st;
}
