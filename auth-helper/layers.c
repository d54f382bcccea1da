/* SPDX-License-Identifier: ISC */
/*
 * The table of layers, and the rule that all required ones must pass.
 */
#include "layers.h"

const struct layer layers[] = {
	{ LAYER_PASSWORD, password_pass },
	{ 0, NULL }
};

enum status
layers_judge(const struct candidate *candidate, uint8_t *passed)
{
	const uint8_t require = candidate->account->require;
	enum status st;

	*passed = 0;
	for (const struct layer *layer = layers; layer->pass != NULL; layer++) {
		if ((require & layer->bit) == 0)
			continue;
		if ((st = layer->pass(candidate)) != ST_OK)
			return st;
		*passed |= (uint8_t)layer->bit;
	}
	return *passed == require && require != 0 ? ST_OK : ST_DENIED;	/* one is required that is not built in */
}
