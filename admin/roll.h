/* SPDX-License-Identifier: ISC */
/*
 * All accounts and hosts there are, in memory: of the master as it is, and of a backup of it, to be compared and
 * exchanged.
 */
#ifndef DYNLEASE_ROLL_H
#define DYNLEASE_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hosts.h"
#include "lib/account.h"
#include "lib/status.h"
#include "lib/work.h"

struct roll {
	size_t			 n, room;
	struct roll_account	*list;		/* in order of name */
	struct hosts		 hosts;
	struct hosts		 aliases;	/* the owner is the host */
};

struct roll_account {
	char		 name[NAME_SIZE];
	uint64_t	 epoch;
	char		*record;	/* as account_encode() makes it, which is far smaller than the struct */
	size_t		 len;
};

/* Zero it to begin; free with roll_free(), which wipes it. */
enum status	roll_read(struct accounts *, struct roll *);
enum status	roll_read_master(struct master *, struct roll *);
void		roll_free(struct roll *);

bool		roll_has(const struct roll *, const char *name);

/* ST_NOTFOUND. The caller wipes what it gets. */
enum status	roll_get(const struct roll *, const char *name, struct account *);

/* The largest epoch of any account. */
uint64_t	roll_epoch(const struct roll *);

/* Adds the names of its accounts. */
enum status	roll_names(const struct roll *, struct work *);

/* Inside a change: take everything of the one out, and put the other in; epoch 0: with the epochs that it has. */
void		roll_exchange(struct master *, const struct roll *from, const struct roll *to, uint64_t epoch);

#endif
