/* SPDX-License-Identifier: ISC */
/*
 * The ssh keys of all accounts as sshd(8) takes them: in a file of authorized keys, which is kept equal to the
 * accounts, or as the output of an AuthorizedKeysCommand. Each line forces the helper for its account, by this key, and
 * allows nothing else (authorized_keys format: sshd(8)).
 */
#ifndef DYNLEASE_SSHKEYS_H
#define DYNLEASE_SSHKEYS_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/account.h"
#include "lib/credential.h"
#include "lib/settings.h"
#include "lib/status.h"

/*
 * The command's words before those of the line, "-c FILE" among them when the configuration is not the usual one.
 * ST_CONFIG, logged: a shell would not take its name as it is.
 */
#define SSHKEYS_COMMAND	(2 * 4096)
enum status	sshkeys_command(const struct settings *, char command[SSHKEYS_COMMAND]);

/* The line of one key, with its newline. ST_INVALID: no ssh key. */
enum status	sshkeys_print(const char *command, const char *account, const struct credential *, FILE *);

/* Those of an account, or only the one of a fingerprint. */
void		sshkeys_print_account(const char *command, const struct account *, const char *only, FILE *);

/* Is the file what the accounts say? True also when neither that nor the accounts can be read. */
bool		sshkeys_are_kept(const struct settings *, struct master *);

/*
 * Make the file what the accounts say, if one of them has an ssh key or there is such a file. Logged, with what holds
 * then.
 */
enum status	sshkeys_keep(const struct settings *, struct master *);

#endif
