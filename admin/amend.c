/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host set and host secret: another class, other networks or a new token for the account of a host. What
 * was granted under the old ones ends, and comes back under the new ones. Given again after a failure, set does what is
 * left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "record.h"
#include "running.h"
#include "wanted.h"

struct amendment {
	struct wanted		 wanted;
	bool			 secret;	/* the secret is what changes */
	char			 name[NAME_SIZE];
	struct account		 old, next;
	bool			 differs;
	size_t			 hosts;		/* that the account owns */
	char			 token[TOKEN_SIZE];
};

/* The name is a host's, or an account's. Inside the change. */
static enum status
find(struct books *books, struct amendment *a)
{
	char owner[NAME_SIZE];
	enum status st = master_owner(books->master, a->name, owner);

	if (st == ST_OK || st == ST_NOTFOUND)
		st = master_get(books->master, st == ST_OK ? owner : a->name, &a->old);
	if (st != ST_OK)
		log_error("%s: %s; nothing was changed", a->name, st == ST_NOTFOUND ? "no such host" :
		    status_text(st));
	return st != ST_OK ? st : books_count_others(books->master, a->old.name, "", &a->hosts);
}

static enum status
amend(const struct settings *set, struct amendment *a)
{
	a->next = a->old;
	a->differs = true;
	if (a->secret)
		return wanted_secret(a->wanted.hash, &a->next, a->token);
	if (wanted_rights(set, &a->wanted, &a->next) != ST_OK)
		return ST_INVALID;
	a->differs = strcmp(a->next.class, a->old.class) != 0 ||
	    !networks_equal(&a->next.announce, &a->old.announce);
	return ST_OK;
}

static void
undo_amend(struct master *master, const void *arg)
{
	const struct amendment *a = arg;

	master_put(master, &a->old);
}

static enum status
amend_books(struct books *books, struct amendment *a)
{
	enum status st;

	master_begin(books->master);
	if ((st = find(books, a)) != ST_OK || (st = amend(books->set, a)) != ST_OK) {
		master_cancel(books->master);
		return st;
	}
	if (a->differs) {
		a->next.epoch = master_next_epoch(books->master, (uint64_t)clock_wall());
		master_put(books->master, &a->next);
	}
	return books_commit(books, undo_amend, a);	/* what is unchanged is published, too: it may not have been */
}

static const char *
class_of(const struct account *account)
{
	return *account->class != '\0' ? account->class : DEFAULT_CLASS;
}

static void
tell(const struct settings *set, const struct amendment *a)
{
	const struct account *next = &a->next;

	if (!a->differs) {
		printf("The account %s is so already.\n", next->name);
		return;
	}
	if (a->secret) {
		record("account %s: new secret", next->name);
		printf("The account %s has a new %s; the old one is refused from now on.\n", next->name,
		    *a->token != '\0' ? "token" : "password");
	} else {
		record("account %s: class %s, announces %zu networks (before: class %s, %zu)", next->name,
		    class_of(next), next->announce.n, class_of(&a->old), a->old.announce.n);
		printf("The account %s has class %s now, a lease of %u s, and may announce addresses of %zu "
		    "networks.\n", next->name, class_of(next), settings_lease(set, next->class), next->announce.n);
	}
	if (a->hosts > 1)
		printf("It owns %zu hosts, and this holds for all of them.\n", a->hosts);
}

static enum status
act(const struct settings *set, const struct amendment *a)
{
	enum status st;

	tell(set, a);
	st = running_revoke(set, &(struct revocation){ .account = a->next.name, .epoch = a->next.epoch,
	    .returning = a->secret ? "; the name comes back when the new secret is used" :
	    "; it comes back with the next renewal" });
	if (*a->token != '\0')
		printf("token: %s\n", a->token);
	if (fflush(stdout) != 0 && *a->token != '\0')
		log_error("the token was not shown (%s): give the command again", strerror(errno));
	return st;
}

static int
run(const struct admin *admin, struct amendment *a)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	enum status st;

	if (name_parse(admin->argv[0], strlen(admin->argv[0]), a->name) != ST_OK)
		st = wanted_refuse(admin->argv[0], "not a host's name");
	else if ((st = settings_load(admin->config, &set)) == ST_OK && (st = books_open(set, &books)) == ST_OK &&
	    (st = amend_books(&books, a)) == ST_OK)
		st = act(set, a);
	books_close(&books);
	secret_wipe(a, sizeof(*a));
	settings_free(set);
	return status_exit(st);
}

int
host_set(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "class", offsetof(struct amendment, wanted.class), NULL },
		{ "announce", offsetof(struct amendment, wanted.announce), NULL },
		{ NULL, 0, NULL }
	};
	struct amendment a = { .secret = false };

	if (options_take(admin, rows, &a) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if (a.wanted.class == NULL && a.wanted.announce == NULL)
		return options_wrong(admin, "what is to be changed?");
	return run(admin, &a);
}

int
host_secret(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "hash", offsetof(struct amendment, wanted.hash), NULL },
		{ NULL, 0, NULL }
	};
	struct amendment a = { .secret = true };

	if (options_take(admin, rows, &a) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	return run(admin, &a);
}
