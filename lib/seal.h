/* SPDX-License-Identifier: ISC */
/*
 * Verifiers of passwords under a key that is not on the disk. A sealed verifier is "{sealed}" and base64 of nonce,
 * ciphertext and tag (AES-256-GCM). The key lies in the run directory, on tmpfs, from `dynlease-admin unlock` until
 * the machine stops; on the disk it is only wrapped, once by a passphrase and once by a recovery key (scrypt, RFC 7914).
 */
#ifndef DYNLEASE_SEAL_H
#define DYNLEASE_SEAL_H

#include <stdbool.h>

#include "secret.h"
#include "status.h"

struct seal;		/* an open key */

bool		seal_is_sealed(const char *verifier);

/* Load the key from the run directory. ST_NOTFOUND: locked, or never sealed; ST_DAMAGED, ST_SYSTEM, ST_NOMEM. */
enum status	seal_load(const char *rundir, struct seal **);
void		seal_free(struct seal *);	/* wipes; NULL is fine */

/*
 * The verifier as it was before it was sealed; one that is not sealed comes out as it is. ST_LOCKED: seal is NULL;
 * ST_DAMAGED: it is of another key.
 */
enum status	seal_open_verifier(const struct seal *, const char *text, char verifier[VERIFIER_SIZE]);

#endif
