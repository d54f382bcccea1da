/* SPDX-License-Identifier: ISC */
/*
 * Inside of the seal, for seal*.c only: an open key.
 */
#ifndef DYNLEASE_SEAL_KEY_H
#define DYNLEASE_SEAL_KEY_H

#include <stdint.h>

#include "seal.h"
#include "seal_box.h"

struct seal {
	char		 id[SEAL_ID];
	uint8_t		 key[BOX_KEY];
	struct seal	*next;
};

/* Is text the id of a key? */
bool	seal_is_id(const char *text);

#endif
