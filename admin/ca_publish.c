/* SPDX-License-Identifier: ISC */
/*
 * What helpers get from the CA: its roots, and revocation lists. Both files are for everybody, and are written whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define PUBLISHED_MAX	(4 * 1024 * 1024)

static enum status
write_published(const char *path, const char *text, size_t len)
{
	enum status st;

	file_remove_leftovers(path);
	if ((st = file_replace(path, text, len, 0644)) != ST_OK)
		log_error("%s: %s; what is there stays", path, st == ST_SYSTEM ? strerror(errno) : status_text(st));
	return st;
}

/* Of the list that the root has now: its number, and until when it is good. */
static void
find_list(const struct settings *set, const struct ca_root *root, struct certificate_facts *found)
{
	struct certificate_facts facts;
	const char *at;
	char *text = NULL;
	size_t len;

	*found = (struct certificate_facts){ .number = 0 };
	if (file_read(set->client_crl, PUBLISHED_MAX, &text, &len) == ST_OK) {
		at = text;
		while (certificate_next_list(&at, &facts) == ST_OK)
			if (strcmp(facts.by, root->facts.key) == 0)
				*found = facts;
	}
	free(text);
}

time_t
ca_published_until(const struct settings *set)
{
	struct certificate_facts facts;
	time_t until = 0;
	const char *at;
	char *text = NULL;
	size_t len;

	if (file_read(set->client_crl, PUBLISHED_MAX, &text, &len) == ST_OK) {
		at = text;
		while (certificate_next_list(&at, &facts) == ST_OK)
			until = until == 0 || facts.until < until ? facts.until : until;
	}
	free(text);
	return until;
}

static enum status
make_list(const struct ca *ca, const struct ca_root *root, long days, char **pem)
{
	struct revoked *list = calloc(ca->nleaves + 1, sizeof(*list));
	struct revocations r = { .list = list, .now = clock_wall() };
	struct certificate_facts before;
	enum status st;

	*pem = NULL;
	if (list == NULL)
		return ST_NOMEM;
	for (const struct ca_leaf *leaf = ca->leaves; leaf < ca->leaves + ca->nleaves; leaf++)
		if (leaf->revoked != 0 && ca_is_by(&leaf->facts, root)) {
			memcpy(list[r.n].serial, leaf->facts.serial, CERTIFICATE_SERIAL);
			list[r.n++].when = leaf->revoked;
		}
	find_list(ca->set, root, &before);
	r.after = before.number;
	r.until = r.now + (days != 0 ? days : CA_CRL_DAYS) * CA_DAY;
	if (days == 0 && before.until > r.until)
		r.until = before.until;
	st = issuer_revoke(root->issuer, &r, pem);
	free(list);
	return st;
}

/* A root's part of a file: what is malloc'ed, and the caller frees. */
typedef enum status (*make_part)(const struct ca *, const struct ca_root *, long days, char **pem);

static enum status
make_root(const struct ca *ca, const struct ca_root *root, long days, char **pem)
{
	(void)ca;
	(void)days;
	return (*pem = issuer_root(root->issuer)) == NULL ? ST_NOMEM : ST_OK;
}

static enum status
publish(const struct ca *ca, size_t first, long days, make_part make, const char *path)
{
	char *text = NULL, *pem;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum status st = out == NULL ? ST_NOMEM : ST_OK;

	for (size_t i = first; i < ca->nroots && st == ST_OK; i++)
		if ((st = make(ca, &ca->roots[i], days, &pem)) == ST_OK) {
			fputs(pem, out);
			free(pem);
		}
	if (out != NULL && fclose(out) != 0)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = write_published(path, text, len);
	free(text);
	return st;
}

/* At no time is there a list whose root is missing. */
enum status
ca_publish(const struct ca *ca, size_t first, long days)
{
	const char *const roots = ca->set->client_ca, *const lists = ca->set->client_crl;
	enum status st;

	if (first > 0)
		return (st = publish(ca, first, days, make_list, lists)) != ST_OK ? st :
		    publish(ca, first, days, make_root, roots);
	return (st = publish(ca, first, days, make_root, roots)) != ST_OK ? st :
	    publish(ca, first, days, make_list, lists);
}
