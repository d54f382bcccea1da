/* SPDX-License-Identifier: ISC */
/*
 * The section "[dnsupdate ZONE]": which server, which key, and what in the zone is ours.
 */
#ifndef DYNLEASE_DNSCONF_H
#define DYNLEASE_DNSCONF_H

#include <stdbool.h>

#include "lib/address.h"
#include "lib/conf.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lib/status.h"

enum dns_transfer {
	TRANSFER_AUTO,		/* name by name where it is refused */
	TRANSFER_YES,
	TRANSFER_NO
};

struct dnsconf {
	struct address		 server;
	unsigned		 port;
	char			 key_name[NAME_SIZE];
	char			*key_algorithm;
	char			*key_file;
	unsigned		 batch;		/* names in one message at most */
	unsigned		 in_flight;	/* messages that wait for their replies at most */
	char			*transfer_text;
	enum dns_transfer	 transfer;	/* what it says */
	char			*whole_text;
	bool			 whole_zone;	/* addresses of names that are not ours are removed, too */
	char			*keep;		/* but not of these: names, in lower case, separated by blanks */
	unsigned		 lag;		/* seconds until the slowest secondary shows a change */
};

/* ST_OK: give it back with dnsconf_release(). Otherwise it was logged. Reads no secret. */
enum status	dnsconf_read(const struct settings *, const struct zone *, const struct conf_section *,
		    struct dnsconf *);
void		dnsconf_release(struct dnsconf *);

/* Is the name in the list of those to keep? Pure. */
bool		dnsconf_keeps(const struct dnsconf *, const char *name);

#endif
