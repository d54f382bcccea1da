/* SPDX-License-Identifier: ISC */
/*
 * The order of names: by labels from the right for NSEC, by hash for NSEC3.
 */
#include "sqlorder.h"

#include <stdio.h>
#include <string.h>

const char *
sqlorder_up(const char *zone, const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot == NULL || strlen(dot + 1) <= strlen(zone))
		return NULL;
	return dot + 1;
}

/* "a.b.ZONE" as "b a". */
static void
reverse(const char *zone, const char *name, char text[NAME_SIZE])
{
	size_t len = strlen(name) - strlen(zone), at = 0;

	text[0] = '\0';
	if (len == 0)
		return;
	len--;		/* the dot before the zone */
	while (len > 0) {
		size_t start = len;

		while (start > 0 && name[start - 1] != '.')
			start--;
		at += (size_t)snprintf(text + at, NAME_SIZE - at, "%s%.*s", at > 0 ? " " : "", (int)(len - start),
		    name + start);
		len = start > 0 ? start - 1 : 0;
	}
}

enum status
sqlorder_of(const struct sqlorder *o, const char *zone, const char *name, char text[NAME_SIZE], const char **order)
{
	enum status st = ST_OK;

	*order = NULL;
	if (!o->is_kept || (o->is_hashed ? o->is_narrow : !o->is_signed))
		return ST_OK;
	if (o->is_hashed)
		st = dnshash_name(&o->hash, name, text);
	else
		reverse(zone, name, text);
	*order = text;
	return st;
}

bool
sqlorder_matches(const struct sqlorder *o, const struct sqlrow *row, const char *order)
{
	const char *has = row->field[SQL_ORDER];

	if (!o->is_kept || (!o->is_hashed && !o->is_signed))
		return true;
	return order == NULL || has == NULL ? order == has : strcmp(order, has) == 0;
}

static bool
has_delegation(const struct sqlrows *rows, const char *name)
{
	size_t first, n = sqlrows_find(rows, name, &first);

	for (size_t i = first; i < first + n; i++)
		if (sqlrow_is(&rows->list[i], "NS"))
			return true;
	return false;
}

bool
sqlorder_is_below_cut(const struct sqlrows *rows, const char *zone, const char *name)
{
	while ((name = sqlorder_up(zone, name)) != NULL)
		if (has_delegation(rows, name))
			return true;
	return false;
}

bool
sqlorder_is_cut(const struct sqlrows *rows, const char *zone, const char *name)
{
	if (strlen(name) <= strlen(zone))
		return false;
	return has_delegation(rows, name) || sqlorder_is_below_cut(rows, zone, name);
}
