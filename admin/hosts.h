/* SPDX-License-Identifier: ISC */
/*
 * The hosts of a snapshot as a list, in order of name, so that other questions can be asked while walking it.
 */
#ifndef DYNLEASE_HOSTS_H
#define DYNLEASE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/account.h"
#include "lib/name.h"
#include "lib/status.h"

struct hosts {
	size_t	n, room;
	struct hosts_entry {
		char	name[NAME_SIZE];
		char	owner[NAME_SIZE];
		bool	is_cname;	/* of an alias */
	}	*list;
};

/* Zero it to begin. ST_DAMAGED, ST_NOMEM, ST_SYSTEM: what is there is there. Free with hosts_free(). */
enum status	hosts_collect(struct accounts *, struct hosts *);
enum status	hosts_collect_master(struct master *, struct hosts *);

/* The aliases, with the host of each as its owner. */
enum status	hosts_collect_aliases(struct accounts *, struct hosts *);
enum status	hosts_collect_aliases_master(struct master *, struct hosts *);
enum status	hosts_add_alias(struct hosts *, const struct alias *);	/* at the end. ST_NOMEM */
void		hosts_put_aliases(const struct hosts *, struct master *);	/* inside a change: put them in */
const struct hosts_entry *hosts_find(const struct hosts *, const char *name);
void		hosts_free(struct hosts *);

#endif
