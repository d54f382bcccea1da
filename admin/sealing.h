/* SPDX-License-Identifier: ISC */
/*
 * What seal, unseal, unlock, restore and check have in common: the state that the accounts, the file of the wrapped key
 * and the key in the run directory make together.
 *
 * A change of the seal goes on in this order, so that it can be killed anywhere: the file gets the new key beside the
 * old one; the run directory, too; the master changes in one transaction, which also says that it is unfinished; what
 * is left of before goes (sealing_finish()). At every point the accounts name a key that is in the file.
 */
#ifndef DYNLEASE_SEALING_H
#define DYNLEASE_SEALING_H

#include <stdbool.h>

#include "books.h"
#include "lib/seal.h"
#include "lib/status.h"

/* May the key lie in the run directory? ST_INVALID: not on a tmpfs, and nobody said that it may; logged. */
enum status	sealing_judge_rundir(const char *rundir, bool anywhere);

/* The wrapped key of this id. ST_NOTFOUND, ST_DAMAGED: the file does not hold it; logged. */
enum status	sealing_find(const struct settings *, const char *id, struct seal_file *, const struct seal_entry **);

/* Open it, and say what is wrong. ST_DENIED: wrong passphrase or recovery key. */
enum status	sealing_open(const struct seal_file *, const struct seal_entry *, bool by_recovery, const char *secret,
		    struct seal **);

/*
 * After the accounts changed their seal: publish them so that no older snapshot is left, write the master anew, and
 * keep no other key than theirs, in the run directory only when it is among books->seal. May be given again. Logged.
 */
enum status	sealing_finish(struct books *);

#endif
