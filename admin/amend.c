/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin host set and host secret: another class, other networks or layers or a new token for the account of a
 * host. What was granted under the old ones ends, and comes back under the new ones. Given again after a failure, set
 * does what is left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "change.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "record.h"
#include "wanted.h"

struct amendment {
	struct wanted		 wanted;
	bool			 secret;	/* the secret is what changes */
	char			 token[TOKEN_SIZE];
};

static enum status
amend(struct change *change, const struct settings *set)
{
	struct amendment *a = change->arg;
	enum status st;

	if (a->secret)
		return wanted_secret(a->wanted.hash, &change->next, a->token);
	if ((st = wanted_rights(set, &a->wanted, &change->next)) != ST_OK)
		return st;
	if ((change->next.require & LAYER_PASSWORD) != 0 && change->next.secret[0] == '\0')
		return wanted_secret(NULL, &change->next, a->token);
	return ST_OK;
}

static const char *
class_of(const struct account *account)
{
	return *account->class != '\0' ? account->class : DEFAULT_CLASS;
}

static void
tell_secret(const struct account *account, const struct amendment *a)
{
	record("account %s: new secret", account->name);
	printf("The account %s has a new %s; the old one is refused from now on.\n", account->name,
	    *a->token != '\0' ? "token" : "password");
	if ((account->require & LAYER_PASSWORD) == 0)
		log_warning("%s does not require a password, so nobody is asked for it", account->name);
}

static void
tell_rights(const struct settings *set, const struct account *old, const struct account *next)
{
	char before[LAYERS_TEXT], now[LAYERS_TEXT];

	layers_text(old->require, before);
	layers_text(next->require, now);
	record("account %s: class %s, announces %zu networks, requires %s, has %zu networks (before: class %s, %zu, "
	    "%s, %zu)", next->name, class_of(next), next->announce.n, now, next->network.n, class_of(old),
	    old->announce.n, before, old->network.n);
	printf("The account %s has class %s now, a lease of %u s, and may announce addresses of %zu networks.\n"
	    "It requires %s", next->name, class_of(next), settings_lease(set, next->class), next->announce.n, now);
	if ((next->require & LAYER_NETWORK) != 0)
		printf(", from %zu %s", next->network.n, next->network.n == 1 ? "network" : "networks");
	puts(".");
	wanted_warn(next, clock_wall());
}

static void
tell(const struct settings *set, const struct change *change)
{
	const struct amendment *a = change->arg;

	if (!change->differs)
		printf("The account %s is so already.\n", change->next.name);
	else if (a->secret)
		tell_secret(&change->next, a);
	else
		tell_rights(set, &change->old, &change->next);
	if (change->differs && change->hosts > 1)
		printf("It owns %zu hosts, and this holds for all of them.\n", change->hosts);
}

static enum status
act(const struct settings *set, const struct change *change)
{
	const struct amendment *a = change->arg;
	enum status st;

	tell(set, change);
	st = change_settle(set, change, a->secret ? "; the name comes back when the new secret is used" :
	    "; it comes back with the next renewal");
	if (*a->token != '\0')
		printf("token: %s\n", a->token);
	if (fflush(stdout) != 0 && *a->token != '\0')
		log_error("the token was not shown (%s): dynlease-admin host secret makes a new one", strerror(errno));
	return st;
}

static int
run(const struct admin *admin, struct amendment *a)
{
	struct change change = { .name = admin->argv[0], .edit = amend, .arg = a, .takes_away = true };
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	enum status st;

	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = books_open(set, &books)) == ST_OK &&
	    (st = change_make(&books, &change)) == ST_OK)
		st = act(set, &change);
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	secret_wipe(&change, sizeof(change));
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
		{ "require", offsetof(struct amendment, wanted.require), NULL },
		{ "network", offsetof(struct amendment, wanted.network), NULL },
		{ NULL, 0, NULL }
	};
	struct amendment a = { .secret = false };

	if (options_take(admin, rows, &a) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if (a.wanted.class == NULL && a.wanted.announce == NULL && a.wanted.require == NULL && a.wanted.network == NULL)
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
