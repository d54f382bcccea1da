/* SPDX-License-Identifier: ISC */
/*
 * Verifiers of passwords under a key that is not on the disk. A sealed verifier is "{sealed}", the id of its key, "$",
 * and base64 of nonce, ciphertext and tag (AES-256-GCM). The key lies in the run directory, on tmpfs, from
 * `dynlease-admin unlock` until the machine stops; on the disk it is only wrapped, once by a passphrase and once by a
 * recovery key (scrypt, RFC 7914), in a file whose format stands in seal_file.c.
 */
#ifndef DYNLEASE_SEAL_H
#define DYNLEASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "secret.h"
#include "status.h"

#define SEAL_ID		17	/* 16 hex digits and the NUL */
#define SEAL_KEY_FILE	"seal.key"	/* in the run directory */

struct seal;		/* open keys, one as a rule */

/* --- the key --- */

/* Load the keys from the run directory. ST_NOTFOUND: locked, or never sealed; ST_DAMAGED, ST_SYSTEM, ST_NOMEM. */
enum status	seal_load(const char *rundir, struct seal **);

/* Put them there, two at most, in the place of what is there; 0640, root's and the group's. ST_FULL, ST_SYSTEM. */
enum status	seal_keep(const char *rundir, gid_t, const struct seal *);

/* Take them away. ST_NOTFOUND: none was there; ST_SYSTEM. */
enum status	seal_drop(const char *rundir);

/* A new random key. ST_SYSTEM, ST_NOMEM. */
enum status	seal_make(struct seal **);

/* The key of this id out of several. ST_NOTFOUND, ST_NOMEM. */
enum status	seal_copy(const struct seal *, const char *id, struct seal **);

/* Add keys to others; they are theirs then. NULL is fine. */
void		seal_add(struct seal *, struct seal *more);
void		seal_free(struct seal *);	/* wipes; NULL is fine */

/* The id of the (first) key. It tells nothing of the key. */
const char	*seal_id(const struct seal *);
bool		seal_has(const struct seal *, const char *id);	/* NULL has none */

/* --- verifiers --- */

bool		seal_is_sealed(const char *verifier);

/* Sealed, and as it must look? Its key's id. Pure. */
bool		seal_is_verifier(const char *text, char id[SEAL_ID]);

/*
 * The verifier as it was before it was sealed; one that is not sealed comes out as it is. ST_LOCKED: its key is not
 * among these, or seal is NULL; ST_DAMAGED.
 */
enum status	seal_open_verifier(const struct seal *, const char *text, char verifier[VERIFIER_SIZE]);

/* Seal a plain verifier under the key of this id. ST_LOCKED: as above; ST_INVALID: it is none. */
enum status	seal_close_verifier(const struct seal *, const char *id, const char *verifier,
		    char text[VERIFIER_SIZE]);

/* --- the wrapped key, on the disk (seal_file.c) --- */

#define SEAL_SECRET	1024	/* a passphrase, with the NUL */
#define SEAL_ENTRIES	2	/* the second one only while the key is exchanged */
#define SEAL_WRAP	192	/* text of a wrapped key */

struct seal_file {
	size_t	n;
	struct seal_entry {
		char	id[SEAL_ID];
		char	passphrase[SEAL_WRAP], recovery[SEAL_WRAP];
	}	list[SEAL_ENTRIES];
};

/* ST_NOTFOUND; ST_DAMAGED: not of this version, or not whole; ST_SYSTEM. */
enum status	seal_file_read(const char *path, struct seal_file *);
enum status	seal_file_write(const char *path, const struct seal_file *);	/* 0600. ST_FULL, ST_SYSTEM */
const struct seal_entry *seal_file_find(const struct seal_file *, const char *id);	/* NULL: not there */

/* Wrap the key by both. A fraction of a second and 64 MiB each. ST_SYSTEM, ST_NOMEM. */
enum status	seal_wrap(const struct seal *, const char *passphrase, const char *recovery, struct seal_entry *);

/* The key; takes as long. ST_DENIED: not the passphrase, or recovery key; ST_DAMAGED, ST_SYSTEM, ST_NOMEM. */
enum status	seal_unwrap(const struct seal_entry *, bool by_recovery, const char *secret, struct seal **);

#endif
