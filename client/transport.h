/* SPDX-License-Identifier: ISC */
/*
 * From a server's name to a conversation: addresses, a connection, TLS, lines. Every step ends by the time given.
 * What went wrong is returned as a status and a phrase; telling people is left to the caller.
 */
#ifndef DYNLEASE_TRANSPORT_H
#define DYNLEASE_TRANSPORT_H

#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/channel.h"
#include "lib/status.h"
#include "spawn.h"
#include "talk.h"

#define TRANSPORT_ADDRESSES	16

struct endpoint {
	int			family;		/* AF_INET or AF_INET6 */
	struct sockaddr_storage	address;
	socklen_t		len;
};

struct endpoints {
	size_t		n;
	struct endpoint	list[TRANSPORT_ADDRESSES];	/* as the resolver ordered them */
};

struct transport {
	int		 in, out;		/* one socket, or two pipes */
	struct spawn	 command;		/* at their other ends; pid -1: none */
	struct channel	*channel;
	char		 buf[TALK_LINE];	/* read but not used yet */
	size_t		 have;
};

/*
 * The addresses of a name, or an address itself. ST_NOTFOUND: it has none; ST_BUSY: the resolver cannot tell now;
 * ST_TIMEOUT, ST_SYSTEM. *why: a phrase about it.
 */
enum status	transport_resolve(const char *host, unsigned port, uint64_t until, struct endpoints *,
		    const char **why);

/* Connect a socket, from source unless its family is 0. ST_TIMEOUT; ST_SYSTEM: errno tells. */
enum status	transport_connect(struct transport *, const struct endpoint *, const struct address *source,
		    uint64_t until);

/* Run a command that connects, and speak through its standard input and output. ST_SYSTEM: errno tells. */
enum status	transport_connect_via(struct transport *, char *const argv[]);

/* Our own address in this connection; family 0: through a command. */
void		transport_local(const struct transport *, struct address *);

/* Shake hands with the server of that name. As channel_open(); channel_why() explains. */
enum status	transport_secure(struct transport *, struct channel_context *, const char *name, uint64_t until);

/*
 * The next line of an answer, without its end; at most TALK_LINE bytes with it (ST_PROTOCOL).
 * ST_CLOSED: at its start; an end in the middle of a line is ST_PROTOCOL. ST_TIMEOUT.
 */
enum status	transport_read_line(struct transport *, char line[TALK_LINE], size_t *len);

/* Take leave and close. */
void		transport_close(struct transport *);

#endif
