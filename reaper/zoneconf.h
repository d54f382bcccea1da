/* SPDX-License-Identifier: ISC */
/*
 * The section "[zonefile ZONE]": which file, how it is loaded, which server is asked.
 */
#ifndef DYNLEASE_ZONECONF_H
#define DYNLEASE_ZONECONF_H

#include <stdbool.h>

#include "lib/address.h"
#include "lib/conf.h"
#include "lib/settings.h"
#include "lib/status.h"

#include "serial.h"

struct zonefile {
	char			*file;
	struct conf_command	 reload;
	bool			 has_reload;	/* false: "none", the server notices by itself */
	struct address		 server;
	unsigned		 port;
	char			*serial;
	enum serial_style	 style;		/* what serial says */
	char			*nameserver;	/* to make a zone that is not there; NULL: not made */
	char			*hostmaster;
	unsigned		 verify_timeout;	/* seconds to wait for the server after a reload */
	unsigned		 lag;		/* seconds until the slowest secondary shows a change */
};

/* ST_OK: give it back with zoneconf_release(). Otherwise it was logged. */
enum status	zoneconf_read(const struct settings *, const struct zone *, const struct conf_section *,
		    struct zonefile *);
void		zoneconf_release(struct zonefile *);

#endif
