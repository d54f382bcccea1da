/* SPDX-License-Identifier: ISC */
/*
 * The seal of the passwords: what the accounts say, what is on the disk, and what is in the run directory.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "lib/account.h"
#include "lib/seal.h"

struct view {
	char	id[SEAL_ID];		/* of the snapshot's key; "": it is not sealed */
	size_t	need;			/* accounts that ask for a password */
	size_t	stray;			/* verifiers that are not sealed as the rest */
};

static enum status
look_at_account(void *arg, const struct account *account)
{
	struct view *v = arg;
	char id[SEAL_ID] = "";

	if ((account->require & LAYER_PASSWORD) != 0)
		v->need++;
	if (*account->secret == '\0')
		return ST_OK;
	if (!seal_is_verifier(account->secret, id))
		id[0] = '\0';
	if (strcmp(id, v->id) != 0)
		v->stray++;
	return ST_OK;
}

/* False: it cannot be read, which check_accounts() has said. */
static bool
look(const struct check *check, struct view *v)
{
	struct accounts *accounts = NULL;
	enum status st;

	*v = (struct view){ .need = 0 };
	if ((st = accounts_open(check->set->accounts, &accounts)) == ST_OK &&
	    ((st = accounts_seal(accounts, v->id)) == ST_OK || st == ST_NOTFOUND))
		st = accounts_each(accounts, look_at_account, v);
	accounts_close(accounts);
	return st == ST_OK;
}

/* A change that was interrupted between the master and what is made of it. */
static void
check_finished(struct check *check, const struct view *v)
{
	struct master *master = NULL;
	char id[SEAL_ID];
	enum status st;

	if (master_open(check->set->master, false, &master) != ST_OK)
		return;			/* check_accounts() has said so */
	st = master_seal(master, id);
	if ((st == ST_OK || st == ST_NOTFOUND) && (strcmp(id, v->id) != 0 || master_is_unfinished(master)))
		findings_add(check->findings, LEVEL_WARNING, "a change of the passwords' seal was interrupted, and "
		    "older ones still lie on the disk: dynlease-admin %s finishes it", *id != '\0' ? "seal" : "unseal");
	master_close(master);
}

/* Could the passwords be unlocked after the next boot? */
static void
check_file(struct check *check, const struct view *v)
{
	const char *path = check->set->seal;
	struct seal_file file;
	const enum status st = seal_file_read(path, &file);

	if (*v->id == '\0') {
		if (st != ST_NOTFOUND)
			findings_add(check->findings, LEVEL_WARNING, "%s is there, but the passwords are not sealed: "
			    "dynlease-admin seal was interrupted; give it again, or unseal, which removes what is left",
			    path);
	} else if (st != ST_OK)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: %s: after the next boot nothing could unlock the "
		    "passwords; dynlease-admin seal makes a new one while they are unlocked", path,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	else if (seal_file_find(&file, v->id) == NULL)
		findings_add(check->findings, LEVEL_CRITICAL, "%s does not hold the key that the passwords are sealed "
		    "by: after the next boot nothing could unlock them; dynlease-admin seal makes a new one while they "
		    "are unlocked", path);
}

static void
check_key(struct check *check, const struct view *v)
{
	struct seal *seal = NULL;
	const enum status st = seal_load(check->set->rundir, &seal);

	if (st == ST_SYSTEM && geteuid() != 0)
		findings_add(check->findings, LEVEL_UNKNOWN, "the passwords are sealed, and this user cannot see "
		    "whether they are unlocked");
	else if (seal_has(seal, v->id))
		findings_add(check->findings, LEVEL_OK, "the passwords are sealed, and unlocked");
	else
		findings_add(check->findings, v->need > 0 ? LEVEL_CRITICAL : LEVEL_WARNING, "the passwords are "
		    "locked%s, and %zu accounts need one to log in: dynlease-admin unlock", st == ST_DAMAGED ?
		    " (the key in the run directory is damaged)" : "", v->need);
	seal_free(seal);
}

void
check_seal(struct check *check)
{
	struct view v;

	if (!look(check, &v))
		return;
	if (v.stray > 0)
		findings_add(check->findings, LEVEL_CRITICAL, "what is kept of %zu passwords is not sealed as the rest "
		    "is: dynlease-admin seal does it", v.stray);
	if (*v.id != '\0')
		check_key(check, &v);
	if (geteuid() == 0) {
		check_file(check, &v);
		check_finished(check, &v);
	}
}
