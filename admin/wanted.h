/* SPDX-License-Identifier: ISC */
/*
 * What the options ask an account to be. Decides by its arguments alone; what is wrong is logged, with the word that
 * nothing was changed.
 */
#ifndef DYNLEASE_WANTED_H
#define DYNLEASE_WANTED_H

#include <time.h>

#include "lib/account.h"
#include "lib/settings.h"
#include "lib/status.h"

#define DEFAULT_CLASS	"default"

/* Each NULL when it was not given. */
struct wanted {
	const char	*class, *announce, *hash, *require, *network;
};

/* A host's name, within a zone of the configuration. ST_INVALID. */
enum status	wanted_host(const struct settings *, const char *text, char host[NAME_SIZE]);

/*
 * Class, layers and networks as far as they were given; "none" is no networks, "default" the default class. ST_INVALID,
 * also for layers that nobody could pass together, or that there are no networks for.
 */
enum status	wanted_rights(const struct settings *, const struct wanted *, struct account *);

/* Warn of required layers that the account has nothing for yet. */
void		wanted_warn(const struct account *, time_t now);

/* A new verifier. token: what to show, or "" when a hash was given. ST_INVALID, ST_SYSTEM. */
enum status	wanted_secret(const char *hash, struct account *, char token[TOKEN_SIZE]);

#endif
