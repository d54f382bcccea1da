/* SPDX-License-Identifier: ISC */
/*
 * What a host says through sshd: one command of the line dialect without LOGIN, for which sshd stands.
 */
#ifndef DYNLEASE_SPEAK_SSH_H
#define DYNLEASE_SPEAK_SSH_H

#include "judge.h"

struct ssh_call {
	const char	*account;	/* sshd has let it in */
	const char	*command;	/* SSH_ORIGINAL_COMMAND; "": none */
	int		 in, out;	/* to read a secret from, and to answer to */
};

/*
 * Log in, do the command, and answer, a line for each host. The sysexits code for the client: EX_OK: all was done;
 * else that of the first that was not: EX_USAGE, EX_NOPERM, EX_TEMPFAIL; EX_IOERR: it does not take the answer.
 */
int	ssh_speak(const struct ssh_call *, struct judge *);

#endif
