/* SPDX-License-Identifier: ISC */
/*
 * What the files of the channel share among themselves, and nobody else sees: OpenSSL's objects.
 */
#ifndef DYNLEASE_CHANNEL_TLS_H
#define DYNLEASE_CHANNEL_TLS_H

#include <openssl/ssl.h>

#include "channel.h"

struct channel_context {
	SSL_CTX	*ctx;
	bool	(*may)(const void *arg, const char *key);	/* be shown our certificate */
	const void *arg;
};

struct channel {
	SSL		*ssl;
	int		 in, out;
	int		 in_flags, out_flags;	/* as they were; -1: left alone */
	uint64_t	 until;
	uint64_t	 proved_at;
	bool		 broken;		/* a fatal error: nothing more may be sent */
	char		 why[CHANNEL_WHY];
};

/* As channel_key(), also within the handshake, once the peer has signed with it. */
enum status	peer_key(const SSL *, char key[FINGERPRINT_SIZE]);

#endif
