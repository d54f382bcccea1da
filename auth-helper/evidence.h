/* SPDX-License-Identifier: ISC */
/*
 * What the connection itself has shown of who is at its other end, gathered by the code that shook hands, never by a
 * parser. Layers judge it.
 */
#ifndef DYNLEASE_EVIDENCE_H
#define DYNLEASE_EVIDENCE_H

#include <stdbool.h>

#include "lib/chain.h"
#include "lib/fingerprint.h"

struct evidence {
	char			 key[FINGERPRINT_SIZE];	/* of the key that it holds in TLS; "": none */
	struct certificates	 certificates;		/* with that key in the first; unjudged */
	struct authority	*authority;		/* who judges them; NULL: nobody's count */
	bool			 ssh;			/* sshd has let it in, for one account */
	char			 ssh_key[FINGERPRINT_SIZE];	/* by this key; "": by one that only sshd knows */
};

#endif
