/* SPDX-License-Identifier: ISC */
/*
 * The seam of the helper. On one side dialects parse bytes from the network into a request; on the other side layers,
 * lease rules and the table decide and write. They meet in one function, with a request and a verdict of fixed
 * size, so that the seam can become a boundary between processes. Everything in a request is checked again here.
 */
#ifndef DYNLEASE_JUDGE_H
#define DYNLEASE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account.h"
#include "lib/address.h"
#include "lib/name.h"
#include "lib/secret.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"

#include "evidence.h"
#include "layers.h"
#include "peer.h"

#define HOSTS_MAX	16	/* of an account, to be asked for in one go */

enum verb { VERB_LOGIN, VERB_RENEW, VERB_RELEASE, VERB_STATUS };

struct request {
	enum verb	verb;
	char		name[NAME_SIZE];		/* LOGIN: account; else: host; as the client wrote it */
	char		address[ADDRESS_TEXT];		/* RENEW: "" means the peer's */
	size_t		secret_len;			/* LOGIN */
	uint8_t		secret[SECRET_SIZE];
};

struct standing {
	bool		live;
	struct address	address;
	unsigned	left;		/* seconds */
};

struct verdict {
	enum status	st;
	char		name[NAME_SIZE];	/* the account or host, in its one spelling */
	char		reason[64];		/* ST_REFUSED: what is wrong with the address */
	struct address	address;		/* RENEW: what is leased */
	unsigned	lease;			/* RENEW: seconds granted */
	unsigned	renew;			/* RENEW: seconds after which to renew */
	bool		changed;		/* RENEW: something will be published */
	struct standing	standing[2];		/* STATUS: IPv4, IPv6 */
};

struct hosts {
	size_t		n;
	char		name[HOSTS_MAX][NAME_SIZE];
};

/*
 * Everything that a decision may use. accounts and table are NULL when they could not be opened: then it is "try
 * later".
 */
struct judge {
	const struct settings	*settings;
	struct accounts		*accounts;
	struct table		*table;
	const struct peer	*peer;
	const struct evidence	*evidence;
	const struct seal	*seal;		/* NULL: no passwords are sealed, or they are locked */
	uint64_t		 proved;	/* end of the handshake, CLOCK_BOOTTIME nanoseconds */
	bool			 tried;		/* LOGIN was used up */
	bool			 known;		/* LOGIN passed; as: */
	struct account		 account;
	struct layers_verdict	 layers;
};

/*
 * ST_OK; ST_INVALID: not yet, or not again (LOGIN once and first); ST_DENIED, ST_FORBIDDEN, ST_REFUSED; all else: try
 * later, nothing was changed. Logs one line for each decision, but counts renewals that changed nothing.
 */
void		judge_request(struct judge *, const struct request *, struct verdict *);

/* For callers that must ask for a secret: would a LOGIN of this account need one? Tells whether there is such one. */
bool		judge_wants_secret(struct judge *, const char *account);

/*
 * All hosts of the account that has logged in, in order of name. ST_NOTFOUND: it has none; ST_FULL: more than
 * HOSTS_MAX; all else: try later.
 */
enum status	judge_hosts(struct judge *, struct hosts *);

#endif
