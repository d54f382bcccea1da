/* SPDX-License-Identifier: ISC */
/*
 * Where a passphrase comes from: a terminal, a file, standard input or a credential of systemd; never the command line
 * or the environment.
 */
#ifndef DYNLEASE_PASSPHRASE_H
#define DYNLEASE_PASSPHRASE_H

#include <stdbool.h>

#include "lib/seal.h"
#include "lib/status.h"

#define PASSPHRASE_LEAST	12	/* bytes of a new one */

/* Both NULL: the terminal. */
struct passphrase_source {
	const char	*file;		/* mode 0600, the first line; "-": the first line of standard input */
	const char	*credential;	/* a name in $CREDENTIALS_DIRECTORY */
};

/* Logged, when there is none. ST_NOTFOUND, ST_INVALID, ST_CONFIG. The caller wipes it. */
enum status	passphrase_get(const struct passphrase_source *, const char *prompt, char passphrase[SEAL_SECRET]);

/* A new one, asked for twice on a terminal. ST_INVALID: too short, or not the same twice. */
enum status	passphrase_get_new(const struct passphrase_source *, char passphrase[SEAL_SECRET]);

/* A recovery key from the terminal, as it was shown or without the dashes. ST_INVALID. */
enum status	passphrase_get_recovery(char recovery[TOKEN_SIZE]);

/* "0123-4567-...": how it is shown. */
#define RECOVERY_TEXT	(TOKEN_SIZE + TOKEN_SIZE / 4)
const char	*recovery_text(const char *recovery, char text[RECOVERY_TEXT]);

/* Out of what was typed. False: it is none. Pure. */
bool		recovery_parse(const char *typed, char recovery[TOKEN_SIZE]);

#endif
