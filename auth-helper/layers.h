/* SPDX-License-Identifier: ISC */
/*
 * Ways to authenticate. Each layer is one row in lib/layer.h and one file of its name here; an account names those
 * that must all pass.
 */
#ifndef DYNLEASE_LAYERS_H
#define DYNLEASE_LAYERS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/account.h"
#include "lib/address.h"
#include "lib/layer.h"
#include "lib/seal.h"
#include "lib/status.h"
#include "lib/strikes.h"
#include "lib/table.h"

#include "evidence.h"

/* Someone who claims to be an account. */
struct candidate {
	const struct account	*account;	/* of an unknown one: made up */
	const char		*decoy;		/* a verifier for those accounts that have none */
	const struct evidence	*evidence;
	const struct address	*address;	/* where it comes from */
	time_t			 wall;		/* now */
	const uint8_t		*secret;
	size_t			 secret_len;
	const struct seal	*seal;		/* opens verifiers; NULL: locked */
	struct table		*table;
	struct strike_sources	 sources;	/* where failures are counted */
	bool			 failed;	/* already: work as much as ever, and let nobody pass */
};

struct layers_verdict {
	uint8_t	passed;		/* enum layer_bit, of those required */
	uint8_t	failed;		/* the first that did not, or 0 */
};

/*
 * Do all the layers that the account requires pass? ST_OK; ST_DENIED; ST_LIMITED; ST_LOCKED; anything else: could not
 * tell. What was shown in vain is worked through to the end, whether the account asks for it or not, so that neither
 * the work nor the answer tells which accounts there are and what they ask for. Every denial is one strike.
 */
enum status	layers_judge(const struct candidate *, struct layers_verdict *);

/*
 * One layer's opinion: ST_OK, ST_DENIED, ... as above. password_pass() is the last one, and the one that counts. Must
 * cost the same for every account.
 */
#define LAYER_FUNCTION(constant, word, bit, holder)	enum status word##_pass(const struct candidate *);
LAYER_ROWS(LAYER_FUNCTION)
#undef LAYER_FUNCTION

#endif
