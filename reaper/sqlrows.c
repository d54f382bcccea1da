/* SPDX-License-Identifier: ISC */
/*
 * Rows, each with its values in one piece of memory.
 */
#include "sqlrows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum status
sqlrows_add(struct sqlrows *rows, const char *const field[SQLFIELDS])
{
	size_t len[SQLFIELDS], all = 0;
	struct sqlrow *row;
	char *at;

	if (rows->n == rows->room) {
		const size_t room = rows->room == 0 ? 64 : 2 * rows->room;
		struct sqlrow *list = reallocarray(rows->list, room, sizeof(*list));

		if (list == NULL)
			return ST_NOMEM;
		rows->list = list;
		rows->room = room;
	}
	for (size_t i = 0; i < SQLFIELDS; i++)
		all += len[i] = field[i] == NULL ? 0 : strlen(field[i]) + 1;
	if ((at = malloc(all + 1)) == NULL)
		return ST_NOMEM;
	row = &rows->list[rows->n++];
	*row = (struct sqlrow){ .bytes = at };
	for (size_t i = 0; i < SQLFIELDS; i++) {
		if (field[i] == NULL)
			continue;
		row->field[i] = memcpy(at, field[i], len[i]);
		at += len[i];
	}
	return ST_OK;
}

void
sqlrows_free(struct sqlrows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->list[i].bytes);
	free(rows->list);
	*rows = (struct sqlrows){ 0 };
}

static int
compare(const void *a, const void *b)
{
	const struct sqlrow *x = a, *y = b;

	return strcasecmp(x->field[SQL_NAME], y->field[SQL_NAME]);
}

void
sqlrows_sort(struct sqlrows *rows)
{
	if (rows->n > 1)
		qsort(rows->list, rows->n, sizeof(*rows->list), compare);
}

size_t
sqlrows_find(const struct sqlrows *rows, const char *name, size_t *first)
{
	size_t low = 0, high = rows->n, end;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcasecmp(rows->list[middle].field[SQL_NAME], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	for (end = low; end < rows->n && strcasecmp(rows->list[end].field[SQL_NAME], name) == 0; end++)
		continue;
	return end - low;
}

bool
sqlrow_is_shown(const struct sqlrow *row)
{
	const char *disabled = row->field[SQL_DISABLED];

	return disabled == NULL || strcmp(disabled, "0") == 0;
}

bool
sqlrow_has_type(const struct sqlrow *row, const char *type)
{
	return row->field[SQL_TYPE] != NULL && strcasecmp(row->field[SQL_TYPE], type) == 0;
}

bool
sqlrow_is(const struct sqlrow *row, const char *type)
{
	return sqlrow_has_type(row, type) && sqlrow_is_shown(row);
}

bool
sqlrow_is_gap(const struct sqlrow *row)
{
	return row->field[SQL_TYPE] == NULL || row->field[SQL_TYPE][0] == '\0';
}

bool
sqlrow_is_address(const struct sqlrow *row)
{
	return sqlrow_has_type(row, "A") || sqlrow_has_type(row, "AAAA");
}

int
sqlrow_compare_names(const char *a, const char *b)
{
	while (*a != '\0' && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
		a++;
		b++;
	}
	a += a[0] == '.' && a[1] == '\0';
	b += b[0] == '.' && b[1] == '\0';
	return tolower((unsigned char)*a) - tolower((unsigned char)*b);
}
