/* SPDX-License-Identifier: ISC */
/*
 * What client.conf means: one "[server NAME]" section for each server.
 */
#ifndef DYNLEASE_CONFIG_H
#define DYNLEASE_CONFIG_H

#include <stddef.h>

#include "lib/address.h"
#include "lib/conf.h"
#include "lib/name.h"
#include "lib/secret.h"
#include "lib/status.h"

#ifndef CLIENT_CONF_PATH
#define CLIENT_CONF_PATH	"/etc/dynlease/client.conf"
#endif

#define FAMILY_4	1U
#define FAMILY_6	2U
#define FAMILY_BOTH	(FAMILY_4 | FAMILY_6)

struct server {
	char		 name[NAME_SIZE];	/* what its certificate must be for: a name, or an address */
	char		*address;		/* connect to this name or address instead; NULL: to name */
	struct address	 source;		/* connect from it; family 0: the system chooses */
	unsigned	 port;
	char		 account[NAME_SIZE];
	char		*secret_file;		/* or NULL */
	char		*host;			/* as the file has it, or NULL */
	char		*ca;			/* or NULL: the system's roots */
	char		*family;
	unsigned	 timeout;		/* seconds */
	unsigned	 families;		/* FAMILY_ bits */
	size_t		 nhosts;
	char		(*hosts)[NAME_SIZE];
	char		 secret[SECRET_SIZE];	/* empty until it is asked for */
};

struct servers {
	size_t		 n;
	struct server	*list;		/* in the order of the file */
};

/* ST_CONFIG, ST_NOTFOUND, ST_SYSTEM (logged). Free with servers_free(), which wipes the secrets; NULL is fine. */
enum status	servers_load(const char *path, struct servers **);
void		servers_free(struct servers *);

/* Where to connect to. */
const char	*server_target(const struct server *);

/* Keep only the hosts that are among the n wanted ones; how many are left. */
size_t		server_restrict(struct server *, const char (*wanted)[NAME_SIZE], size_t n);

#endif
