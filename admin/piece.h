/* SPDX-License-Identifier: ISC */
/*
 * What to put on the machine that renews: a piece of configuration that can be pasted as it is. The token stands in it
 * once, and nowhere else.
 */
#ifndef DYNLEASE_PIECE_H
#define DYNLEASE_PIECE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/layer.h"
#include "lib/work.h"

enum piece_kind { PIECE_CLIENT, PIECE_CRON, PIECE_SYSTEMD, PIECE_TUNNEL };

struct piece {
	enum piece_kind		 kind;
	const char		*account;
	const struct work	*hosts;		/* all that it owns */
	uint8_t			 require;	/* layers, enum layer_bit */
	uint8_t			 lacks;		/* those of them that it has nothing for yet */
	const char		*token;		/* "": a password that its owner knows, or none */
	const char		*ssh_user;	/* as whom it comes through ssh */
	const char		*server;	/* the name in its certificate, or NULL: not known */
	const char		*ca;		/* its certificate when it is self-signed, PEM; else NULL */
	unsigned		 port;
	bool			 bundled;	/* it becomes a file beside a certificate of our CA, its key and ca */
	bool			 announces;	/* the account may lease addresses that it does not connect from */
};

/* False: there is no such kind. NULL is PIECE_CLIENT. */
bool	piece_parse(const char *word, enum piece_kind *);
void	piece_print(const struct piece *, FILE *);

#endif
