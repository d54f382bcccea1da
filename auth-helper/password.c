/* SPDX-License-Identifier: ISC */
/*
 * The password layer. A token is compared inside the transaction that counts its failure; a crypt(3) hash takes
 * milliseconds, so it is charged before and settled after, and never checked inside a transaction. Who sends no secret
 * guesses none: that costs nothing and is no strike.
 */
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"

#include "layers.h"

#define CHARGED_WAIT	(2 * CLOCK_SECOND)	/* for checks under way from the same source */
#define CHARGED_POLL	20000000L		/* nanoseconds */

struct check {
	const struct candidate	*candidate;
	char			 verifier[VERIFIER_SIZE];
};

static bool
matches(void *arg)
{
	const struct check *check = arg;
	const bool same = secret_matches(check->verifier, check->candidate->secret, check->candidate->secret_len);

	return same && !check->candidate->failed;
}

static enum status
judge_token(struct check *check)
{
	const struct candidate *candidate = check->candidate;

	return strikes_judge(candidate->table, &candidate->sources, clock_boot(), matches, check);
}

static enum status
charge(struct check *check)
{
	return strikes_charge(check->candidate->table, &check->candidate->sources, clock_boot());
}

/* A source that is full only of checks under way may come again. ST_BUSY: it still is, at the end. */
static enum status
be_patient(struct check *check, enum status (*step)(struct check *))
{
	const struct timespec pause = { 0, CHARGED_POLL };
	const uint64_t end = clock_boot() + CHARGED_WAIT;
	enum status st;

	while ((st = step(check)) == ST_BUSY && clock_boot() < end)
		nanosleep(&pause, NULL);
	return st;
}

static enum status
pass_crypt(struct check *check)
{
	const struct candidate *candidate = check->candidate;
	enum status st;
	bool right;

	if ((st = be_patient(check, charge)) != ST_OK)
		return st;
	right = matches(check);
	if ((st = strikes_settle(candidate->table, &candidate->sources, clock_boot(), !right)) != ST_OK)
		return st;
	return right ? ST_OK : ST_DENIED;
}

enum status
password_pass(const struct candidate *candidate)
{
	struct check check = { .candidate = candidate };
	const char *kept = candidate->account->secret;
	enum status st;

	if (candidate->secret_len == 0)
		return ST_DENIED;
	st = seal_open_verifier(candidate->seal, *kept != '\0' ? kept : candidate->decoy, check.verifier);
	if (st == ST_LOCKED)
		log_critical("the passwords are locked: dynlease-admin unlock opens them");
	else if (st != ST_OK)
		log_critical("what is kept of a password does not open: %s", status_text(st));
	if (st == ST_OK)
		st = secret_is_costly(check.verifier) ? pass_crypt(&check) : be_patient(&check, judge_token);
	secret_wipe(&check, sizeof(check));
	return st;
}
