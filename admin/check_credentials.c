/* SPDX-License-Identifier: ISC */
/*
 * What the accounts' hosts are known by: keys and certificates whose end is near, and accounts that nobody can log in
 * to.
 */
#include <string.h>

#include "check.h"
#include "expiry.h"
#include "kinds.h"
#include "lib/layer.h"
#include "text.h"

#define SHOWN	5	/* of each level, lest they hide the rest */

struct credentials_check {
	struct check	*check;
	size_t		 n[LEVEL_UNKNOWN + 1];	/* found, by level */
};

static bool
is_shown(struct credentials_check *all, enum level level)
{
	return ++all->n[level] <= SHOWN;
}

static void
check_expiry(struct credentials_check *all, const struct account *account, const struct credential *c)
{
	const long long left = (long long)c->expires - all->check->wall;
	const enum level level = expiry_level(left);
	char text[CREDENTIAL_VALUE], span[DURATION_TEXT];

	if (c->expires == 0 || level == LEVEL_OK || !is_shown(all, level))
		return;
	duration_text((uint64_t)(left < 0 ? -left : left), span);
	kind_text(c, text);
	if (left <= 0)
		findings_add(all->check->findings, level, "the %s %.120s of the account %s expired %s ago: delete it, "
		    "and add another", kinds[c->kind].what, text, account->name, span);
	else
		findings_add(all->check->findings, level, "the %s %.120s of the account %s expires in %s",
		    kinds[c->kind].what, text, account->name, span);
}

static enum status
check_account(void *arg, const struct account *account)
{
	struct credentials_check *all = arg;
	const uint8_t lacks = kinds_lack(account, all->check->wall);
	const char *at = account->credentials;
	char layers[LAYERS_TEXT];
	struct credential c;

	while (credentials_next(&at, &c))
		check_expiry(all, account, &c);
	if (layers_clash(account->require) && is_shown(all, LEVEL_WARNING))
		findings_add(all->check->findings, LEVEL_WARNING, "nobody can log in to the account %s: no connection "
		    "can show all of %s", account->name, layers_text(account->require, layers));
	if (lacks != 0 && is_shown(all, LEVEL_WARNING))
		findings_add(all->check->findings, LEVEL_WARNING, "nobody can log in to the account %s: it requires "
		    "%s, and has nothing for it", account->name, layers_text(lacks, layers));
	return ST_OK;
}

void
check_credentials(struct check *check, struct accounts *accounts)
{
	struct credentials_check all = { .check = check };

	if (accounts_each(accounts, check_account, &all) != ST_OK)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: an account is damaged", check->set->accounts);
	for (size_t level = LEVEL_WARNING; level <= LEVEL_CRITICAL; level++)
		if (all.n[level] > SHOWN)
			findings_add(check->findings, (enum level)level, "%zu more keys and accounts are like these",
			    all.n[level] - SHOWN);
}
