/* SPDX-License-Identifier: ISC */
/*
 * After certificates have ceased to count: the accounts that take them. A helper that has read the old revocation
 * list and is still busy is shut out by the epoch.
 */
#include <stdio.h>
#include <string.h>

#include "books.h"
#include "ca.h"
#include "lib/chain.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "record.h"
#include "running.h"

struct hunt {
	const struct certificates	*shown;
	struct work			*found;
};

static bool
is_bound(const void *arg, const char *value)
{
	const struct account *account = arg;

	return credentials_find(account->credentials, CREDENTIAL_CERT, value, NULL);
}

static enum status
take_account(void *arg, const struct account *account)
{
	const struct hunt *hunt = arg;

	return certificates_bear(hunt->shown, is_bound, account) ?
	    work_add(hunt->found, account->name, account->epoch) : ST_OK;
}

/* Inside the change. Their epochs of before stand in found as generations. */
static enum status
find(struct master *master, const struct ca_leaf *leaf, struct work *found)
{
	struct certificates shown;
	enum status st;

	if ((st = certificate_show(leaf->pem, &shown)) == ST_OK)
		st = master_each(master, take_account, &(struct hunt){ .shown = &shown, .found = found });
	certificates_free(&shown);
	return st;
}

static void
put_epoch(struct master *master, const char *name, uint64_t epoch)
{
	struct account account;

	if (master_get(master, name, &account) == ST_OK) {
		account.epoch = epoch;
		master_put(master, &account);
	}
	secret_wipe(&account, sizeof(account));
}

static void
undo(struct master *master, const void *arg)
{
	const struct work *found = arg;

	for (size_t i = 0; i < found->n; i++)
		put_epoch(master, found->hosts[i].name, found->hosts[i].number);
}

static enum status
raise_epochs(struct books *books, const struct ca_leaf *const *leaves, size_t n, struct work *found, uint64_t *epoch)
{
	enum status st = ST_OK;

	master_begin(books->master);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = find(books->master, leaves[i], found);
	if (st != ST_OK) {
		master_cancel(books->master);
		log_error("%s: %s", books->set->master, status_text(st));
		return st;
	}
	work_tidy(found);
	*epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
	for (size_t i = 0; i < found->n; i++)
		put_epoch(books->master, found->hosts[i].name, *epoch);
	return books_commit(books, undo, found);
}

static void
tell(const struct work *found, bool one)
{
	for (size_t i = 0; i < found->n; i++)
		printf("The account %s takes %s; it was shut out.\n", found->hosts[i].name, one ? "this certificate" :
		    "such a certificate");
	if (found->n == 0)
		printf("No account takes %s, so no lease was ended.\n", one ? "this certificate" : "these certificates");
}

enum status
ca_cut_off(const struct settings *set, const struct ca_leaf *const *leaves, size_t n)
{
	struct books books = { .lock = -1 };
	struct work found = { 0 };
	uint64_t epoch = 0;
	enum status st, behind;

	if ((st = books_open(set, &books)) == ST_OK &&
	    (st = raise_epochs(&books, leaves, n, &found, &epoch)) == ST_OK) {
		tell(&found, n == 1);
		if (found.n > 0)
			st = running_revoke(set, &(struct revocation){ .account = found.hosts[0].name,
			    .others = &found, .epoch = epoch,
			    .returning = "; who can still log in comes back with the next renewal" });
	}
	if (st != ST_OK)
		log_error("the certificate counts no more, but the accounts that take it were not shut out: what "
		    "they lease now runs out by itself; give the same command again to end it now");
	work_free(&found);
	behind = books_close(&books);
	return st != ST_OK ? st : behind;
}
