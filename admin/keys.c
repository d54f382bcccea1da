/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin key, cert and ssh-key, add and del: what an account's hosts are known by. What is added touches no
 * lease; what is taken away ends those of the account. Given again after a failure, both do what is left.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "admin.h"
#include "books.h"
#include "change.h"
#include "kinds.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "record.h"
#include "refuse.h"
#include "sshkeys.h"
#include "text.h"
#include "wanted.h"

struct wish {
	const struct kind	*kind;
	const char		*comment, *expires, *from;	/* NULL: not given */
	const char		*text;				/* which one */
	struct books		 books;
	struct credential	 credential;
	bool			 missing;			/* there is none to be deleted */
};

/* --- adding --- */

static enum status
take_all(const struct wish *wish, struct credential *c)
{
	const time_t now = clock_wall();
	enum status st;

	c->kind = wish->kind->kind;
	if ((st = wish->kind->take(wish->text, c)) != ST_OK)
		return st;
	if (wish->expires != NULL && (!moment_parse(wish->expires, now, &c->expires) || c->expires <= now))
		return refuse(wish->expires, "no date or time to come (2027-05-01, 2027-05-01T12:00:00Z, +90d)");
	if (wish->from != NULL && (networks_parse(wish->from, &c->from) != ST_OK || c->from.n == 0))
		return refuse(wish->from, "not a list of at most 16 networks");
	if (wish->comment != NULL && (strlcpy(c->comment, wish->comment, sizeof(c->comment)) >= sizeof(c->comment) ||
	    credential_judge(c) != ST_OK))
		return refuse(wish->comment, "a comment is plain text, without #, of at most 79 characters");
	return ST_OK;
}

/* sshd takes the first line that has the key, so that the second account's would never be found. */
static enum status
take_account(void *arg, const struct account *account)
{
	const struct change *change = arg;
	const struct wish *wish = change->arg;

	if (strcmp(account->name, change->old.name) == 0 ||
	    !credentials_find(account->credentials, CREDENTIAL_SSH, wish->credential.value, NULL))
		return ST_OK;
	log_error("the account %s has this ssh key already, and sshd could not tell them apart; nothing was changed",
	    account->name);
	return ST_EXISTS;
}

static enum status
judge_ssh(struct change *change, const struct settings *set)
{
	struct wish *wish = change->arg;
	char command[SSHKEYS_COMMAND];
	enum status st;

	if ((st = sshkeys_command(set, command)) != ST_OK)
		return st;
	st = master_each(wish->books.master, take_account, change);
	if (st != ST_OK && st != ST_EXISTS)
		log_error("%s: %s; nothing was changed", set->master, status_text(st));
	return st;
}

static enum status
add(struct change *change, const struct settings *set)
{
	const struct wish *wish = change->arg;
	char line[CREDENTIAL_LINE], mine[CREDENTIAL_LINE], bytes[ACCOUNT_RECORD];
	struct credential there;
	enum status st;

	if (wish->kind->kind == CREDENTIAL_SSH && (st = judge_ssh(change, set)) != ST_OK)
		return st;
	if ((st = credentials_add(change->next.credentials, &wish->credential)) == ST_EXISTS &&
	    credentials_find(change->old.credentials, wish->kind->kind, wish->credential.value, &there)) {
		credential_print(&wish->credential, line);
		credential_print(&there, mine);
		if (strcmp(line, mine) == 0)
			return ST_OK;
		log_error("the account %s has this %s already, on other terms: delete it before; nothing was changed",
		    change->old.name, wish->kind->what);
	} else if (st == ST_FULL || (st == ST_OK && account_encode(&change->next, bytes) == 0))
		st = refuse(change->old.name, "its record has no room for more");
	else if (st != ST_OK)
		refuse(wish->text, status_text(st));
	secret_wipe(bytes, sizeof(bytes));
	return st;
}

static void
tell_added(const struct change *change, const struct wish *wish)
{
	const struct credential *c = &wish->credential;
	char text[CREDENTIAL_VALUE], when[TIME_TEXT];

	kind_text(c, text);
	if (!change->differs) {
		printf("The account %s has this %s already.\n", change->old.name, wish->kind->what);
		return;
	}
	record("account %s: %s %s added", change->next.name, wish->kind->what, text);
	printf("The account %s has the %s\n%s\nnow", change->next.name, wish->kind->what, text);
	if (c->expires != 0)
		printf(", until %s", time_text(c->expires, when));
	if (c->from.n > 0)
		printf(", for connections from %zu %s", c->from.n, c->from.n == 1 ? "network" : "networks");
	puts("; no running lease was touched.");
	if ((change->next.require & wish->kind->layer) == 0)
		log_warning("%s does not require %s, so nobody is asked for it: dynlease-admin host set, --require",
		    change->next.name, credential_word(wish->kind->kind));
}

/* --- taking away --- */

static enum status
del(struct change *change, const struct settings *set)
{
	struct wish *wish = change->arg;
	enum status st = kind_find(&change->old, wish->kind, wish->text, &wish->credential);

	(void)set;
	if (st == ST_OK)
		st = credentials_del(change->next.credentials, wish->kind->kind, wish->credential.value);
	wish->missing = st == ST_NOTFOUND;
	return wish->missing ? ST_OK : st;
}

static enum status
settle_deleted(const struct settings *set, const struct change *change, const struct wish *wish)
{
	char text[CREDENTIAL_VALUE];
	enum status st;

	if (!wish->missing) {
		kind_text(&wish->credential, text);
		record("account %s: %s %s deleted", change->next.name, wish->kind->what, text);
		printf("The account %s has the %s\n%s\nno more; it is refused from now on.\n", change->next.name,
		    wish->kind->what, text);
		wanted_warn(&change->next, clock_wall());
	}
	st = change_settle(set, change, wish->missing ? NULL :
	    "; they come back with a renewal by what the account has left");
	if (st != ST_OK || !wish->missing)
		return st;
	log_error("the account %s has no %s %s; nothing was changed", change->old.name, wish->kind->what, wish->text);
	return ST_NOTFOUND;
}

/* --- the commands --- */

static enum status
carry_out(const struct settings *set, struct change *change)
{
	struct wish *wish = change->arg;
	enum status st;

	if ((st = books_open(set, &wish->books)) != ST_OK || (st = change_make(&wish->books, change)) != ST_OK)
		return st;
	if (change->takes_away)
		return settle_deleted(set, change, wish);
	tell_added(change, wish);
	return ST_OK;
}

static int
run(const struct admin *admin, struct change *change)
{
	struct wish *wish = change->arg;
	struct settings *set = NULL;
	enum status st = ST_OK;

	wish->books.lock = -1;
	change->name = admin->argv[0];
	wish->text = admin->argv[1];
	if (!change->takes_away)
		st = take_all(wish, &wish->credential);
	if (st == ST_OK && (st = settings_load(admin->config, &set)) == ST_OK)
		st = carry_out(set, change);
	if (books_close(&wish->books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	secret_wipe(change, sizeof(*change));
	settings_free(set);
	return status_exit(st);
}

int
key_add(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "comment", offsetof(struct wish, comment), NULL },
		{ "expires", offsetof(struct wish, expires), NULL },
		{ "from", offsetof(struct wish, from), NULL },
		{ NULL, 0, NULL }
	};
	struct wish wish = { .kind = kind_named(admin->noun) };
	struct change change = { .edit = add, .arg = &wish };

	if (options_take(admin, rows, &wish) != ST_OK || options_operands(admin, 2, 2) != ST_OK)
		return EX_USAGE;
	return run(admin, &change);
}

int
key_del(struct admin *admin)
{
	struct wish wish = { .kind = kind_named(admin->noun) };
	struct change change = { .edit = del, .arg = &wish, .takes_away = true };

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 2, 2) != ST_OK)
		return EX_USAGE;
	return run(admin, &change);
}
