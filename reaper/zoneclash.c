/* SPDX-License-Identifier: ISC */
/*
 * Every owner in the file is looked up among the names; most zones have no CNAME of ours, and none is.
 */
#include "zoneclash.h"

#include <stdlib.h>
#include <string.h>

#include "masterfile.h"

struct search {
	const struct publication	*pub;
	bool				*is_out;	/* for each of its names */
	size_t				 n;		/* so many are */
};

static int
compare(const void *name, const void *element)
{
	return strcmp(name, ((const struct desired *)element)->name);
}

static void
take_owner(void *arg, const char *owner)
{
	struct search *s = arg;
	const struct desired *names = s->pub->names, *found;

	found = bsearch(owner, names, s->pub->n, sizeof(*names), compare);
	if (found == NULL || found->cname == NULL || s->is_out[found - names])
		return;
	s->is_out[found - names] = true;
	s->n++;
}

static bool
has_cname(const struct publication *pub)
{
	for (size_t i = 0; i < pub->n; i++)
		if (pub->names[i].cname != NULL)
			return true;
	return false;
}

static enum status
keep_others(const struct search *s, const struct desired *names, struct zoneclash *clash)
{
	size_t n = 0;

	if ((clash->copy = calloc(s->pub->n, sizeof(*clash->copy))) == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < s->pub->n; i++)
		if (!s->is_out[i])
			clash->copy[n++] = names[i];
		else if (clash->name == NULL)
			clash->name = names[i].name;
	clash->kept.names = clash->copy;
	clash->kept.n = n;
	return ST_OK;
}

enum status
zoneclash_leave_out(const struct publication *pub, const char *text, size_t len, struct zoneclash *clash)
{
	const struct desired *names = pub->names;
	struct search search = { .pub = pub };
	enum status st = ST_OK;

	*clash = (struct zoneclash){ .kept = *pub };
	if (names == NULL || !has_cname(pub))
		return ST_OK;
	if ((search.is_out = calloc(pub->n, sizeof(*search.is_out))) == NULL)
		return ST_NOMEM;
	masterfile_each_owner(text, len, pub->zone->name, take_owner, &search);
	if (search.n > 0)
		st = keep_others(&search, names, clash);
	free(search.is_out);
	return st;
}

void
zoneclash_free(struct zoneclash *clash)
{
	free(clash->copy);
	*clash = (struct zoneclash){ .name = NULL };
}
