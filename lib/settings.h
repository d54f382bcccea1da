/* SPDX-License-Identifier: ISC */
/*
 * What dynlease.conf means to the server's programs: [server], [class NAME] and [zone NAME]. Every other section
 * kind belongs to a publisher of the reaper and is left to it. The command line wins over the file.
 */
#ifndef DYNLEASE_SETTINGS_H
#define DYNLEASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "conf.h"
#include "name.h"
#include "status.h"

struct zone {
	char		 name[NAME_SIZE];
	struct address	 fallback4;	/* family 0: no record */
	struct address	 fallback6;
	unsigned	 ttl;		/* seconds */
	int		 line;		/* where the file has it */
};

struct lease_class {
	char		 name[NAME_SIZE];
	unsigned	 lease;		/* seconds */
};

struct settings {
	char		*certificate;	/* PEM, chain */
	char		*key;		/* PEM */
	char		*client_ca;	/* PEM: whose certificates of clients count */
	char		*client_crl;	/* PEM: which of them do not any more */
	char		*ca;		/* directory of the CA that issues them, root's alone */
	unsigned	 client_depth;	/* intermediate CAs between the two */
	char		*accounts;	/* the snapshot */
	char		*master;	/* directory of the accounts master */
	char		*history;	/* of leases, written by the reaper */
	char		*rundir;	/* directory of the table, on tmpfs */
	char		*user;		/* who runs the helper; its group owns the table */
	char		*group;
	char		*reaper_user;
	char		*ssh_user;	/* as whom hosts log in through ssh */
	char		*ssh_keys;	/* authorized_keys of that user, written by the admin */
	char		*seal;		/* wraps the key of the passwords, when they are sealed */
	unsigned	 port;
	unsigned	 lease;		/* seconds; the class "default" */
	unsigned	 interval;	/* seconds between passes at most */
	unsigned	 deadline;	/* seconds a connection may last */
	struct networks	 allow;		/* may be leased although they are special-purpose */
	bool		 log_renewals;	/* log also renewals that changed nothing */
	size_t		 nclasses;
	struct lease_class *classes;
	size_t		 nzones;
	struct zone	*zones;
	struct conf	*conf;		/* the file as read, for publishers' sections */
};

/* Where the file is when nobody says. */
#ifndef SETTINGS_PATH
#define SETTINGS_PATH	"/etc/dynlease/dynlease.conf"
#endif

/*
 * Read and check. ST_CONFIG, ST_NOTFOUND, ST_SYSTEM (logged). Refused: a zone without a word on its fallbacks, a
 * loopback fallback, a TTL longer than the shortest lease. Free with settings_free(); NULL is fine.
 */
enum status	settings_load(const char *path, struct settings **);
void		settings_free(struct settings *);

/* The zone host belongs to (the longest that holds it), or NULL. */
const struct zone *settings_zone(const struct settings *, const char *host);

/* Lease length in seconds for a class; the default's for "" and unknown ones. */
unsigned	settings_lease(const struct settings *, const char *class);

/* How old `alive` may get before nothing new is granted: max(3 intervals, 30 s), in nanoseconds. */
uint64_t	settings_patience(const struct settings *);

#endif
