/* SPDX-License-Identifier: ISC */
/*
 * The table of publishers. A new place to publish to is one file and one row here.
 */
#include "publish.h"

#include <string.h>

const struct publisher publishers[] = {
	{ "zonefile", 10, true, zonefile_check, zonefile_publish, zonefile_advise, zonefile_lag },
	{ NULL, 0, false, NULL, NULL, NULL, NULL }
};

const struct publisher *
publisher_find(const char *kind)
{
	for (const struct publisher *p = publishers; p->kind != NULL; p++)
		if (strcmp(p->kind, kind) == 0)
			return p;
	return NULL;
}
