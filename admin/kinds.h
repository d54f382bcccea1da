/* SPDX-License-Identifier: ISC */
/*
 * The kinds of credentials in words of the command line: a row each, with what names the commands, how a credential is
 * given, and which layer asks for it. Touches neither accounts nor table.
 */
#ifndef DYNLEASE_KINDS_H
#define DYNLEASE_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/account.h"
#include "lib/credential.h"
#include "lib/status.h"

struct kind {
	enum credential_kind	 kind;
	uint8_t			 layer;		/* enum layer_bit */
	const char		*noun;		/* of its commands: "ssh-key" */
	const char		*what;		/* "ssh key" */
	const char		*plural;	/* in JSON: "ssh_keys" */
	/* What was written becomes the credential's value. ST_INVALID, ST_SYSTEM: logged, nothing was changed. */
	enum status		 (*take)(const char *text, struct credential *);
};

#define NKINDS	3
extern const struct kind kinds[NKINDS];	/* by enum credential_kind */

/* NULL: there is none. */
const struct kind *kind_named(const char *noun);

/* As people know it and as lists show it: a fingerprint, or "TYPE:VALUE". Returns text. */
const char	*kind_text(const struct credential *, char text[CREDENTIAL_VALUE]);

/* The account's credential of this kind that such a text names, as a list shows it or as it was given. */
enum status	 kind_find(const struct account *, const struct kind *, const char *text, struct credential *);

/* How many credentials of the kind the account has. */
size_t		 kind_count(const struct account *, enum credential_kind);

/* Layers that no connection can show together: through sshd comes neither key nor certificate of TLS. */
bool		 layers_clash(uint8_t layers);

/* The required layers that nobody could pass now, because the account has nothing for them (enum layer_bit). */
uint8_t		 kinds_lack(const struct account *, time_t now);

#endif
