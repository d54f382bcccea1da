/* SPDX-License-Identifier: ISC */
/*
 * Every section of the configuration that is not the server's own is a publisher. Reads only.
 */
#include "publishers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/name.h"

static bool
is_publisher(const struct conf_section *section)
{
	static const char *const ours[] = { "server", "class", "zone" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(section->kind, ours[i]) == 0)
			return false;
	return true;
}

bool
publishers_has_zone(const struct conf *conf, const char *zone)
{
	for (size_t i = 0; i < conf->n; i++)
		if (is_publisher(&conf->sections[i]) && strcasecmp(conf->sections[i].name, zone) == 0)
			return true;
	return false;
}

static bool
fill(const struct conf_section *section, struct table *table, struct publisher *p)
{
	if (!is_publisher(section) || name_parse(section->name, strlen(section->name), p->zone) != ST_OK ||
	    snprintf(p->kind, sizeof(p->kind), "%s", section->kind) >= (int)sizeof(p->kind) ||
	    snprintf(p->name, sizeof(p->name), "%s %s", section->kind, p->zone) >= (int)sizeof(p->name))
		return false;
	p->known = table != NULL && table_publisher_get(table, p->name, &p->state) == ST_OK &&
	    table_look_pending(table, p->name, &p->pending) == ST_OK;
	return true;
}

enum status
publishers_load(const struct settings *set, struct table *table, uint64_t now, struct publishers *publishers)
{
	const struct conf *conf = set->conf;
	struct horizon seen;
	uint64_t next;

	*publishers = (struct publishers){ .list = calloc(conf->n + 1, sizeof(*publishers->list)) };
	if (publishers->list == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < conf->n; i++)
		if (fill(&conf->sections[i], table, &publishers->list[publishers->n]))
			publishers->n++;
	if (table != NULL)
		table_look(table, now, &publishers->moving, &seen, &next);
	return ST_OK;
}

void
publishers_free(struct publishers *publishers)
{
	for (size_t i = 0; i < publishers->n; i++)
		work_free(&publishers->list[i].pending);
	work_free(&publishers->moving);
	free(publishers->list);
	*publishers = (struct publishers){ 0 };
}

unsigned
publishers_slowest(const struct publishers *publishers, const char *zone)
{
	uint64_t slowest = 0;

	for (size_t i = 0; i < publishers->n; i++) {
		const struct publisher *p = &publishers->list[i];

		if (strcmp(p->zone, zone) == 0 && p->known && p->state.slowest > slowest)
			slowest = p->state.slowest;
	}
	return (unsigned)((slowest + CLOCK_SECOND - 1) / CLOCK_SECOND);
}

enum shown
publishers_judge(const struct publishers *publishers, const struct publisher *p, const char *host)
{
	if (!p->known)
		return SHOWN_UNKNOWN;
	if (p->state.failing_since != 0)
		return SHOWN_FAILING;
	return p->state.verified == 0 || work_has(&p->pending, host) || work_has(&publishers->moving, host) ?
	    SHOWN_PENDING : SHOWN_OK;
}

const char *
shown_text(enum shown shown)
{
	static const char *const texts[] = { "ok", "pending", "failing", "unknown" };

	return texts[shown];
}
