/* SPDX-License-Identifier: ISC */
/*
 * The other end of the connection, and this process's first acts: whatever spawned it (xinetd, inetd, tcpserver,
 * systemd) hands over the socket on descriptors 0 to 2 and an environment that is not to be trusted.
 */
#ifndef DYNLEASE_PEER_H
#define DYNLEASE_PEER_H

#include <stdbool.h>

#include "lib/address.h"
#include "lib/status.h"

struct peer {
	int		socket;
	struct address	address;		/* from getpeername(2) alone; family 0: not a network socket */
	bool		shared;			/* many may sit behind it: loopback and other ends of tunnels */
	char		text[ADDRESS_TEXT];	/* for the log */
};

/* What is kept of the environment. Everything else is gone after environment_clear(). */
struct environment {
	char	timezone[64];	/* TZ, for the time stamps of syslog(3) */
};
void		environment_clear(struct environment *);

/*
 * Take the socket off descriptor 0 and point 0, 1 and 2 at /dev/null, so that nothing a library prints can reach the
 * client. keep_stderr: leave descriptor 2, unless it is the socket. ST_INVALID: descriptor 0 is no stream socket that
 * was accepted. ST_CLOSED: it was, but the client has reset the connection already.
 */
enum status	peer_claim(bool keep_stderr, struct peer *);

/*
 * One absolute limit for the whole life of the process, `seconds` after its start; the handler only calls _exit(2)
 * with code. May be called again with another limit, which still counts from the start.
 */
void		deadline_arm(unsigned seconds);

#endif
