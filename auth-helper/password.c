/* SPDX-License-Identifier: ISC */
/*
 * The password layer. A token is compared inside the transaction that counts its failure; a crypt(3) hash takes
 * milliseconds, so it is charged before and settled after, and never checked inside a transaction.
 */
#include <time.h>

#include "lib/clock.h"
#include "lib/secret.h"

#include "layers.h"

#define CHARGED_WAIT	(2 * CLOCK_SECOND)	/* for checks under way from the same source */
#define CHARGED_POLL	20000000L		/* nanoseconds */

static bool
matches(void *arg)
{
	const struct candidate *candidate = arg;

	return secret_matches(candidate->account->secret, candidate->secret, candidate->secret_len);
}

static enum status
judge_token(const struct candidate *candidate)
{
	struct candidate copy = *candidate;

	return strikes_judge(candidate->table, &candidate->sources, clock_boot(), matches, &copy);
}

static enum status
charge(const struct candidate *candidate)
{
	return strikes_charge(candidate->table, &candidate->sources, clock_boot());
}

/* A source that is full only of checks under way may come again. ST_BUSY: it still is, at the end. */
static enum status
be_patient(const struct candidate *candidate, enum status (*step)(const struct candidate *))
{
	const struct timespec pause = { 0, CHARGED_POLL };
	const uint64_t end = clock_boot() + CHARGED_WAIT;
	enum status st;

	while ((st = step(candidate)) == ST_BUSY && clock_boot() < end)
		nanosleep(&pause, NULL);
	return st;
}

static enum status
pass_crypt(const struct candidate *candidate)
{
	struct candidate copy = *candidate;
	enum status st;
	bool right;

	if ((st = be_patient(candidate, charge)) != ST_OK)
		return st;
	right = matches(&copy);
	if ((st = strikes_settle(candidate->table, &candidate->sources, clock_boot(), !right)) != ST_OK)
		return st;
	return right ? ST_OK : ST_DENIED;
}

enum status
password_pass(const struct candidate *candidate)
{
	return secret_is_costly(candidate->account->secret) ? pass_crypt(candidate) : be_patient(candidate, judge_token);
}
