/* SPDX-License-Identifier: ISC */
/*
 * What client.conf means: one "[server NAME]" section for each server.
 */
#ifndef DYNLEASE_CONFIG_H
#define DYNLEASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

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
	char		*secret_credential;	/* the name of one of the service manager's, or NULL */
	char		*certificate;		/* ours, in PEM form; or NULL */
	char		*key;			/* and its key; or NULL */
	char		*key_credential;	/* the name of one of the service manager's that is the key, or NULL */
	char		*host;			/* as the file has it, or NULL */
	char		*ca;			/* or NULL: the system's roots */
	char		*pin;			/* keys that the server may have, or NULL */
	char		*known_servers;		/* a file of such keys, or NULL */
	bool		 trust_first;		/* remember the key of a server that the file does not know */
	struct conf_command via;		/* TLS runs through this command; argv[0] NULL: through a socket */
	char		*announce;		/* as the file has it, or NULL */
	struct address	 announced[2];		/* IPv4 and IPv6: lease these; family 0: what the server sees */
	bool		 announce_own;		/* lease what own_address() finds instead */
	bool		 send_address;		/* tell the server our own address, when it is a public one */
	bool		 release_on_exit;	/* of the daemon, also when the machine goes on */
	char		*family;
	unsigned	 timeout;		/* seconds */
	unsigned	 families;		/* FAMILY_ bits */
	size_t		 nhosts;
	char		(*hosts)[NAME_SIZE];
	char		 secret[SECRET_SIZE];	/* empty until it is asked for, and where a key is to do without */
	time_t		 warned;		/* of the certificate's end, by this process; see expiry.h */
};

struct servers {
	size_t		 n;
	struct server	*list;		/* in the order of the file */
};

/* ST_CONFIG, ST_NOTFOUND, ST_SYSTEM (logged). Free with servers_free(), which wipes the secrets; NULL is fine. */
enum status	servers_load(const char *path, struct servers **);
void		servers_free(struct servers *);

/* Speak to it through this command instead. ST_INVALID: it is none; ST_NOMEM. */
enum status	server_use_via(struct server *, const char *command);

/* The address to announce for a FAMILY_ bit, or NULL. */
const struct address *server_announced(const struct server *, unsigned family);

/* Where to connect to. */
const char	*server_target(const struct server *);

/* Keep only the hosts that are among the n wanted ones; how many are left. */
size_t		server_restrict(struct server *, const char (*wanted)[NAME_SIZE], size_t n);

#endif
