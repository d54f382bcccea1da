/* SPDX-License-Identifier: ISC */
/*
 * The user as whom hosts log in through ssh: is it as sshd needs it? Its absence counts only if an account needs it.
 */
#include "check.h"
#include "lib/account.h"
#include "lib/layer.h"
#include "people.h"

static enum status
count(void *arg, const struct account *account)
{
	size_t *n = arg;

	*n += (account->require & LAYER_SSH) != 0;
	return ST_OK;
}

/* How many accounts cannot log in without it? */
static size_t
count_needy(const struct settings *set)
{
	struct accounts *accounts = NULL;
	size_t n = 0;

	if (accounts_open(set->accounts, &accounts) == ST_OK)
		accounts_each(accounts, count, &n);	/* a damaged one: check_accounts() says so */
	accounts_close(accounts);
	return n;
}

/* What would make it dangerous, whether it is used or not. */
static bool
is_harmless(struct check *check, const char *user, uid_t uid)
{
	gid_t gid;

	if (uid == 0)
		findings_add(check->findings, LEVEL_CRITICAL, "the user %s is root, as whom no host may log in",
		    user);
	else if (people_gid(check->set->group, &gid) == ST_OK && !people_is_member(user, gid))
		findings_add(check->findings, LEVEL_CRITICAL, "the user %s is not in the group %s", user,
		    check->set->group);
	else
		return true;
	return false;
}

/* What would keep sshd from letting anyone in, or make it complain to every client. */
static bool
is_usable(struct check *check, const char *user)
{
	struct login login;

	if (people_login(user, &login) != ST_OK)
		return false;
	if (!login.has_shell)
		findings_add(check->findings, LEVEL_CRITICAL, "the user %s has no shell, and sshd needs one to run "
		    "commands: usermod -s /bin/sh %s", user, user);
	if (!login.has_home)
		findings_add(check->findings, LEVEL_WARNING, "the user %s has no home, of which sshd complains to "
		    "every host: usermod -d / %s", user, user);
	if (login.is_locked)
		findings_add(check->findings, LEVEL_WARNING, "the user %s is locked, and sshd lets it in only if it "
		    "works with PAM: usermod -p '*' %s", user, user);
	return login.has_shell && login.has_home && !login.is_locked;
}

void
check_ssh(struct check *check)
{
	const size_t needy = count_needy(check->set);
	const char *user = check->set->ssh_user;
	uid_t uid;

	if (people_uid(user, &uid) != ST_OK) {
		if (needy > 0)
			findings_add(check->findings, LEVEL_CRITICAL, "there is no user %s, as which %zu accounts have "
			    "to log in through sshd", user, needy);
	} else if (is_harmless(check, user, uid) && needy > 0 && is_usable(check, user))
		findings_add(check->findings, LEVEL_OK, "%zu accounts can log in through sshd as the user %s",
		    needy, user);
}
