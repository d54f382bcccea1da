/* SPDX-License-Identifier: ISC */
/*
 * What a publisher is: a place that must follow the table. One row here and one file of its name, which defines
 * NAME_publisher; nothing else knows its kind. A publisher is configured by the section "[kind ZONE]" of
 * dynlease.conf and runs as a child process of its own, with its own deadline, told everything it may know in a struct
 * publication.
 */
#ifndef DYNLEASE_PUBLISH_H
#define DYNLEASE_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "lib/address.h"
#include "lib/conf.h"
#include "lib/name.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/table.h"

/* What a name must show. Family 0 means no record of that family. */
struct desired {
	const char	*name;
	struct address	a;
	struct address	aaaa;
	const char	*cname;		/* NULL, or the name that its only record leads to: no address then */
	bool		sheds_cname;	/* it may show a CNAME that is not wanted any more, besides what is */
	bool		touched;	/* this one is new to the publisher, or changed */
	bool		live;		/* shows a lease, or a CNAME, and not the fallback */
	bool		owned;		/* false: deleted, must show nothing */
};

struct publication {
	const struct settings		*settings;
	const struct zone		*zone;
	const struct conf_section	*section;	/* the publisher's own keys */
	struct desired			*names;		/* in order of name; the child's own */
	size_t				 n;
	bool				 all;		/* of the zone; else only the touched ones */
	bool				 compare;	/* with all that the place shows */
	time_t				 wall;		/* now, for serials and for people */
	bool				 boot;		/* the place's server is not there yet: write, and do no more */
};

struct publisher {
	const char	*kind;		/* as in "[kind ZONE]" */
	unsigned	 deadline;	/* seconds; then it is killed with all it started */
	bool		 is_file;	/* its server reads it when it starts: publish() knows publication.boot */
	bool		 is_whole;	/* it writes all names or none: always told all of them, and never a part */

	/* Read and judge the section without changing anything. ST_CONFIG: logged. */
	enum status	(*check)(const struct settings *, const struct zone *, const struct conf_section *);

	/*
	 * Runs in a child. Make the place agree with the names, then ask the place. ST_OK: it shows every touched
	 * name as desired, and nothing else under the others that it can see. Otherwise why says so in one line for
	 * an operator. May be killed anywhere and is then simply called again.
	 */
	enum status	(*publish)(const struct publication *, char why[PUBLISHER_WHY]);

	/*
	 * Runs in a child when there was nothing to publish for a while: is the place there? As publish(), but there
	 * are no names, and nothing is changed. NULL: there is nobody to ask.
	 */
	enum status	(*look)(const struct publication *, char why[PUBLISHER_WHY]);

	/* What an operator should know although it will do, as logged warnings. Reads, and changes nothing. */
	void		(*advise)(const struct settings *, const struct zone *, const struct conf_section *);

	/*
	 * The longest time in seconds between publish() and the last server showing it, for the exposure sum; 0:
	 * none.
	 */
	unsigned	(*lag)(const struct settings *, const struct zone *, const struct conf_section *);
};

#define PUBLISHER_ROWS(ROW)	\
	ROW(zonefile)		\
	ROW(dnsupdate)		\
	ROW(sqlzone)		\
	ROW(nameservers)

#define PUBLISHER_DECLARED(name)	extern const struct publisher name##_publisher;
PUBLISHER_ROWS(PUBLISHER_DECLARED)
#undef PUBLISHER_DECLARED

/* The publisher of that kind, or NULL. */
const struct publisher	*publisher_find(const char *kind);

#endif
