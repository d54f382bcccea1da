/* SPDX-License-Identifier: ISC */
/*
 * The places that the configuration names.
 */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

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
	*place = (struct place){ .section = section };
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
		place_drop(&places->list[i]);
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
