/* SPDX-License-Identifier: ISC */
/*
 * The rule that all required layers must pass, and that a failure costs the same wherever it is.
 */
#include "layers.h"

#define LAYER_ROW(constant, word, bit, holder)	{ (bit), (holder), word##_pass },
static const struct layer {
	uint8_t		bit;
	bool		holder;		/* failures are the account's from here on */
	enum status	(*pass)(const struct candidate *);
} layers[] = { LAYER_ROWS(LAYER_ROW) };
#define NLAYERS	(sizeof(layers) / sizeof(layers[0]))

/* password_pass() counts the strikes, so it comes last: what failed before it is a failure by then. */
#define LAYER_INDEX(constant, word, bit, holder)	INDEX_##constant,
enum { LAYER_ROWS(LAYER_INDEX) AFTER_LAST };
_Static_assert(INDEX_PASSWORD == AFTER_LAST - 1, "the password's row is the last one");

/*
 * Who has failed already is nobody: a key that was stolen must not lock its owner out from where the account may not
 * even log in.
 */
static enum status
ask(const struct layer *layer, struct candidate *candidate)
{
	const enum status st = layer->pass(candidate);

	if (st == ST_OK && layer->holder && !candidate->failed)
		strikes_sources_account(candidate->account->name, &candidate->sources);
	return st;
}

/*
 * Those that were not asked yet. What the password says is the answer, since it counts the strike: it lets nobody
 * pass who has failed.
 */
static enum status
work_off(struct candidate *candidate, uint8_t asked)
{
	enum status st = ST_DENIED;

	candidate->failed = true;
	for (size_t i = 0; i < NLAYERS; i++)
		if ((asked & layers[i].bit) == 0)
			st = ask(&layers[i], candidate);
	return st;
}

enum status
layers_judge(const struct candidate *claimant, struct layers_verdict *verdict)
{
	const uint8_t require = claimant->account->require;
	struct candidate candidate = *claimant;
	enum status st = ST_OK, worked;
	uint8_t asked = 0;

	*verdict = (struct layers_verdict){ 0 };
	for (size_t i = 0; i < NLAYERS && st == ST_OK; i++) {
		if ((require & layers[i].bit) == 0)
			continue;
		asked |= layers[i].bit;
		if ((st = ask(&layers[i], &candidate)) == ST_OK)
			verdict->passed |= layers[i].bit;
		else
			verdict->failed = layers[i].bit;
	}
	if (st == ST_OK && (verdict->passed != require || require == 0))
		st = ST_DENIED;		/* one is required that is not built in */
	if (st != ST_DENIED)
		return st;
	worked = work_off(&candidate, asked);
	return verdict->failed == LAYER_PASSWORD ? st : worked;
}
