/* SPDX-License-Identifier: ISC */
/*
 * The section "[sqlzone ZONE]": which database, what its tables look like, what else may stand in the zone.
 */
#ifndef DYNLEASE_SQLCONF_H
#define DYNLEASE_SQLCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/conf.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lib/status.h"

#include "serial.h"
#include "sql.h"

#define SQLCONF_KEEP	64		/* names in keep at most */

enum sqlschema { SQLSCHEMA_POWERDNS, SQLSCHEMA_BIND, SQLSCHEMA_OWN };

struct sqlconf {
	char			*schema_text;
	enum sqlschema		 schema;	/* what it says */
	char			*host, *socket, *database, *user, *password_file, *tls, *ca;
	unsigned		 port;
	struct sql_login	 login;		/* all of these */
	char			*table;		/* of the schema bind */
	char			*select, *list, *insert, *remove, *raise_serial;	/* of the schema own */
	char			*serial;
	enum serial_style	 style;
	unsigned		 cache;		/* seconds that servers may go on with what they read before */
	char			*whole_text;
	bool			 whole_zone;	/* what nobody owns is removed */
	char			*keep_text;
	size_t			 nkeep;
	char			 keep[SQLCONF_KEEP][NAME_SIZE];	/* in lower case */
};

/* ST_OK: give it back with sqlconf_release(). Otherwise it was logged. */
enum status	sqlconf_read(const struct settings *, const struct zone *, const struct conf_section *,
		    struct sqlconf *);
void		sqlconf_release(struct sqlconf *);

#endif
