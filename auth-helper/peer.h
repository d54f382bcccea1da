/* SPDX-License-Identifier: ISC */
/*
 * The other end of the connection, and this process's first acts: whatever spawned it (xinetd, inetd, tcpserver,
 * systemd) hands over the socket on descriptors 0 to 2 and an environment that is not to be trusted. sshd hands over
 * the ends of its own tunnel, and tells in the environment who is at the other end.
 */
#ifndef DYNLEASE_PEER_H
#define DYNLEASE_PEER_H

#include <stdbool.h>

#include "lib/address.h"
#include "lib/status.h"

struct peer {
	int		in, out;		/* one socket for both, but from sshd */
	struct address	address;		/* as the kernel or sshd tells it; family 0: no network socket */
	bool		shared;			/* many may sit behind it: loopback and other ends of tunnels */
	char		text[ADDRESS_TEXT];	/* for the log */
};

/* What is kept of the environment. Everything else is gone after environment_clear(). */
struct environment {
	char	timezone[64];		/* TZ, for the time stamps of syslog(3) */
	char	ssh_connection[128];	/* SSH_CONNECTION, which longer is none */
	char	ssh_command[514];	/* SSH_ORIGINAL_COMMAND; if too long, it is cut here, but too long still */
};
void		environment_clear(struct environment *);

/*
 * Take the socket off descriptor 0 and point 0, 1 and 2 at /dev/null, so that nothing a library prints can reach the
 * client. keep_stderr: leave descriptor 2, unless it is the socket. ST_INVALID: descriptor 0 is no stream socket that
 * was accepted. ST_CLOSED: it was, but the client has reset the connection already.
 */
enum status	peer_claim(bool keep_stderr, struct peer *);

/*
 * The same for what sshd has started: 0 and 1 are taken, and connection, its SSH_CONNECTION, tells the address. Since
 * sshd passes on descriptor 2 as well, it is left only if it is a file or a terminal. ST_INVALID: not sshd's words.
 */
enum status	peer_claim_ssh(const char *connection, bool keep_stderr, struct peer *);

/* The client's address in "ADDRESS PORT ADDRESS PORT", which is the client's first. ST_INVALID: other words. Pure. */
enum status	peer_parse_ssh(const char *connection, struct address *);

/*
 * One absolute limit for the whole life of the process, `seconds` after its start; the handler only calls _exit(2)
 * with code. May be called again with another limit, which still counts from the start.
 */
void		deadline_arm(unsigned seconds);

#endif
