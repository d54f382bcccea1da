/* SPDX-License-Identifier: ISC */
/*
 * Ways to authenticate. Each layer is one file and one row in layers[]; an account names those that must all pass.
 */
#ifndef DYNLEASE_LAYERS_H
#define DYNLEASE_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/account.h"
#include "lib/lease.h"
#include "lib/status.h"
#include "lib/strikes.h"
#include "lib/table.h"

/* Someone who claims to be an account. */
struct candidate {
	const struct account	*account;	/* of an unknown one: made up, with a decoy for a secret */
	const uint8_t		*secret;
	size_t			 secret_len;
	struct table		*table;
	struct strike_sources	 sources;	/* where failures are counted */
};

struct layer {
	enum layer_bit	bit;
	/* ST_OK; ST_DENIED; ST_LIMITED; anything else: could not tell. Must cost the same for a decoy. */
	enum status	(*pass)(const struct candidate *);
};

extern const struct layer layers[];	/* cheap ones first; ends with pass NULL */

/* Do all the layers that the account requires pass? *passed: those that did. */
enum status	layers_judge(const struct candidate *, uint8_t *passed);

/* Each row's function, in a file of its name. */
enum status	password_pass(const struct candidate *);

#endif
