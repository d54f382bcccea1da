/* SPDX-License-Identifier: ISC */
/*
 * What init is going to make: every value checked and filled in before anything is touched.
 */
#ifndef DYNLEASE_PLAN_H
#define DYNLEASE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/file.h"
#include "lib/name.h"
#include "lib/status.h"

struct init_options {
	const char	*zone, *fallback4, *fallback6, *name, *zone_file, *reload, *user, *group, *reaper_user,
			*ssh_user, *rundir, *state;
};

struct plan {
	char		config[FILE_PATH], certificate[FILE_PATH], key[FILE_PATH], master[FILE_PATH],
			accounts[FILE_PATH], zones[FILE_PATH], zone_file[FILE_PATH], history[FILE_PATH],
			rundir[FILE_PATH], ssh_keys[FILE_PATH];
	char		zone[NAME_SIZE], server[NAME_SIZE];
	const char	*fallback4, *fallback6;	/* an address, or none */
	const char	*user, *group, *reaper_user, *ssh_user;
	char		reload[1024];
	bool		makes_zone;	/* the reaper may make the zone file, and will if it is missing */
};

/*
 * From the options, and for what they leave out from host (the machine's own name, or NULL) and reload (of the name
 * server that was found, or NULL). ST_INVALID: logged, one line. Pure.
 */
enum status	plan_make(const char *config, const struct init_options *, const char *host, const char *reload,
		    struct plan *);

/* The text of dynlease.conf, malloc'ed. ST_NOMEM. Pure. */
enum status	plan_config(const struct plan *, char **text, size_t *len);

#endif
