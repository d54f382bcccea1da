/* SPDX-License-Identifier: ISC */
/*
 * Noticing that the machine's addresses or default routes have changed, by rtnetlink(7). Addresses that lead no
 * further than the link do not count, nor does what the kernel tells again and again (a router's advertisement
 * prolongs addresses that are known already).
 */
#ifndef DYNLEASE_WATCH_H
#define DYNLEASE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/address.h"
#include "lib/status.h"

struct watch_address {
	unsigned	link;		/* index of the interface */
	struct address	address;
};

struct watch {
	int			 fd;
	bool			 filling;	/* hears which addresses there are, which is no change */
	size_t			 n, room;
	struct watch_address	*list;
};

/* Listen. ST_SYSTEM: errno tells; fd is -1 then, and the other functions do nothing. */
enum status	watch_open(struct watch *);
void		watch_close(struct watch *);

/* The descriptor is readable: has anything changed? */
bool		watch_read(struct watch *);

/* What watch_read() does with a datagram. Pure but for the list; ST_NOMEM counts as a change. */
bool		watch_take(struct watch *, const void *bytes, size_t len);

#endif
