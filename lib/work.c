/* SPDX-License-Identifier: ISC */
/*
 * Lists of hosts: appended to, then tidied once, so that a hundred thousand cost no more than sorting them.
 */
#include "work.h"

#include <stdlib.h>
#include <string.h>

enum status
work_add(struct work *work, const char *host, uint64_t number)
{
	const char *name;

	if (work->n == work->room) {
		const size_t room = work->room == 0 ? 64 : 2 * work->room;
		struct work_host *hosts = reallocarray(work->hosts, room, sizeof(*hosts));

		if (hosts == NULL)
			return ST_NOMEM;
		work->hosts = hosts;
		work->room = room;
	}
	if ((name = texts_keep(&work->names, host)) == NULL)
		return ST_NOMEM;
	work->hosts[work->n++] = (struct work_host){ name, number };
	return ST_OK;
}

void
work_free(struct work *work)
{
	free(work->hosts);
	texts_free(&work->names);
	*work = (struct work){ 0 };
}

static int
compare_hosts(const void *a, const void *b)
{
	const struct work_host *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool
is_tidy(const struct work *work)
{
	for (size_t i = 1; i < work->n; i++)
		if (compare_hosts(&work->hosts[i - 1], &work->hosts[i]) >= 0)
			return false;
	return true;
}

/* Most lists are in order already: the databases are, and what was tidied once is often tidied with nothing new. */
void
work_tidy(struct work *work)
{
	size_t kept = 0;

	if (is_tidy(work))
		return;
	qsort(work->hosts, work->n, sizeof(*work->hosts), compare_hosts);
	for (size_t i = 0; i < work->n; i++) {
		struct work_host *last = kept > 0 ? &work->hosts[kept - 1] : NULL;

		if (last == NULL || strcmp(last->name, work->hosts[i].name) != 0)
			work->hosts[kept++] = work->hosts[i];
		else if (last->number < work->hosts[i].number)
			last->number = work->hosts[i].number;
	}
	work->n = kept;
}

bool
work_has(const struct work *work, const char *host)
{
	const struct work_host key = { .name = host };

	return work->n > 0 && bsearch(&key, work->hosts, work->n, sizeof(key), compare_hosts) != NULL;
}
