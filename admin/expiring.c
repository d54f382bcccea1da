/* SPDX-License-Identifier: ISC */
/*
 * Collecting what ends. Judges none of it.
 */
#include "expiring.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca.h"
#include "lib/account.h"
#include "lib/file.h"
#include "text.h"

#define PUBLISHED_MAX	(16 * 1024 * 1024)

static enum status	add(struct expirings *, enum expiring_kind, time_t until, const char *fmt, ...)
			    __attribute__((format(printf, 4, 5)));

static enum status
add(struct expirings *found, enum expiring_kind kind, time_t until, const char *fmt, ...)
{
	const size_t room = found->room == 0 ? 16 : 2 * found->room;
	struct expiring *grown;
	va_list ap;

	if (found->n == found->room) {
		if ((grown = reallocarray(found->list, room, sizeof(*grown))) == NULL)
			return ST_NOMEM;
		found->list = grown;
		found->room = room;
	}
	found->list[found->n].kind = kind;
	found->list[found->n].until = until;
	found->list[found->n].remedy = NULL;
	va_start(ap, fmt);
	vsnprintf(found->list[found->n++].what, EXPIRING_WHAT, fmt, ap);
	va_end(ap);
	return ST_OK;
}

/* --- files --- */

static enum status
add_file(struct expirings *found, enum expiring_kind kind, const char *path)
{
	struct certificate_facts facts;
	const char *at;
	char *text = NULL;
	size_t len;
	enum status st = file_read(path, PUBLISHED_MAX, &text, &len), read = ST_OK;

	if (st != ST_OK) {
		if (st != ST_NOTFOUND && st != ST_NOMEM)
			found->unread = path;
		return st == ST_NOMEM ? st : ST_OK;
	}
	st = ST_OK;
	at = text;
	while (st == ST_OK && (read = kind == EXPIRING_CRL ? certificate_next_list(&at, &facts) :
	    certificate_next(&at, &facts)) == ST_OK) {
		if (kind == EXPIRING_SERVER) {
			st = add(found, kind, facts.until, "the server's certificate, %s", path);
			break;
		}
		st = add(found, kind, facts.until, "the %s \"%s\", %s", kind == EXPIRING_ROOT ? "root" :
		    "revocation list of", facts.subject, path);
	}
	if (read == ST_DAMAGED)
		found->unread = path;
	free(text);
	return st;
}

/* --- certificates of clients --- */

static bool
has_account(struct accounts *accounts, const char *name)
{
	struct account account;
	const bool has = accounts == NULL || accounts_get(accounts, name, &account) != ST_NOTFOUND;

	secret_wipe(&account, sizeof(account));
	return has;
}

/* One of a root that was retired is not accepted as it is. */
static bool
has_root(const struct ca *ca, const struct ca_leaf *leaf)
{
	for (size_t i = 0; i < ca->nroots; i++)
		if (ca_is_by(&leaf->facts, &ca->roots[i]))
			return true;
	return false;
}

static enum status
add_clients(const struct settings *set, struct accounts *accounts, struct expirings *found)
{
	struct ca ca = { .lock = -1 };
	enum status st = ST_OK;

	if (access(set->ca, R_OK | X_OK) != 0) {
		if (errno != ENOENT)
			found->unread = set->ca;
		return ST_OK;
	}
	if ((st = ca_look(set, &ca)) != ST_OK && st != ST_NOTFOUND)
		found->unread = set->ca;
	for (const struct ca_leaf *leaf = ca.leaves; st == ST_OK && leaf < ca.leaves + ca.nleaves; leaf++)
		if (leaf->revoked == 0 && !ca_is_replaced(&ca, leaf) && has_root(&ca, leaf) &&
		    has_account(accounts, leaf->facts.name))
			st = add(found, EXPIRING_CLIENT, leaf->facts.until, "the certificate %s of %s",
			    leaf->facts.serial, leaf->facts.name);
	ca_close(&ca);
	return st == ST_NOMEM ? st : ST_OK;
}

/* --- credentials --- */

/* Another one of this kind that lasts longer. */
static bool
is_outlived(const struct account *account, const struct credential *c)
{
	const char *at = account->credentials;
	struct credential other;

	while (credentials_next(&at, &other))
		if (other.kind == c->kind && (other.expires == 0 || other.expires > c->expires))
			return true;
	return false;
}

static enum status
add_credentials(void *arg, const struct account *account)
{
	const char *at = account->credentials;
	struct credential c;
	enum status st = ST_OK;

	while (st == ST_OK && credentials_next(&at, &c))
		if (c.expires != 0 && !is_outlived(account, &c))
			st = add(arg, EXPIRING_CREDENTIAL, c.expires, "the %s %.200s of %s", credential_word(c.kind),
			    c.value, account->name);
	return st;
}

/* --- all --- */

/* Where the CA is ours. */
static void
add_remedies(struct expirings *found)
{
	static const char *const remedies[] = {
		[EXPIRING_ROOT] = CA_COMMAND "renew-root", [EXPIRING_CRL] = CA_COMMAND "crl",
		[EXPIRING_CLIENT] = CA_COMMAND "issue", [EXPIRING_CREDENTIAL] = NULL
	};

	for (size_t i = 0; i < found->n; i++)
		found->list[i].remedy = remedies[found->list[i].kind];
}

static int
compare(const void *a, const void *b)
{
	const struct expiring *one = a, *other = b;

	return one->until != other->until ? (one->until < other->until ? -1 : 1) : strcmp(one->what, other->what);
}

enum status
expirings_collect(const struct settings *set, struct expirings *found)
{
	struct accounts *accounts = NULL;
	enum status st;

	if (accounts_open(set->accounts, &accounts) != ST_OK && access(set->accounts, F_OK) == 0)
		found->unread = set->accounts;
	if ((st = add_file(found, EXPIRING_SERVER, set->certificate)) == ST_OK &&
	    (st = add_file(found, EXPIRING_ROOT, set->client_ca)) == ST_OK &&
	    (st = add_file(found, EXPIRING_CRL, set->client_crl)) == ST_OK)
		st = add_clients(set, accounts, found);
	if (st == ST_OK && accounts != NULL && (st = accounts_each(accounts, add_credentials, found)) != ST_OK &&
	    st != ST_NOMEM) {
		found->unread = set->accounts;
		st = ST_OK;
	}
	accounts_close(accounts);
	if (access(set->ca, F_OK) == 0)
		add_remedies(found);
	if (found->n > 0)
		qsort(found->list, found->n, sizeof(*found->list), compare);
	return st;
}

void
expirings_free(struct expirings *found)
{
	free(found->list);
	*found = (struct expirings){ 0 };
}

const char *
expiring_when(const struct expiring *one, time_t now, char text[EXPIRING_WHEN])
{
	const bool over = one->until <= now;
	char span[DURATION_TEXT];

	duration_text((uint64_t)(over ? now - one->until : one->until - now), span);
	snprintf(text, EXPIRING_WHEN, over ? "expired %s ago" : "expires in %s", span);
	return text;
}
