/* SPDX-License-Identifier: ISC */
/*
 * Finding a publisher. A new place to publish to is one file, and one row in publish.h.
 */
#include "publish.h"

#include <string.h>

#define PUBLISHER_ROW(name)	&name##_publisher,
static const struct publisher *const publishers[] = { PUBLISHER_ROWS(PUBLISHER_ROW) };
#define NPUBLISHERS	(sizeof(publishers) / sizeof(publishers[0]))

const struct publisher *
publisher_find(const char *kind)
{
	for (size_t i = 0; i < NPUBLISHERS; i++)
		if (strcmp(publishers[i]->kind, kind) == 0)
			return publishers[i];
	return NULL;
}
