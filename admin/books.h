/* SPDX-License-Identifier: ISC */
/*
 * The accounts as the admin changes them: one admin at a time, and a change is in effect when the snapshot shows it.
 * When the snapshot cannot be written, the master goes back to what it was. After it, sshd's file of keys is made what
 * the accounts say (sshkeys.h).
 */
#ifndef DYNLEASE_BOOKS_H
#define DYNLEASE_BOOKS_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/account.h"
#include "lib/seal.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/work.h"

#include "hosts.h"

#define BOOKS_LOCK	"admin.lock"	/* in the master's directory */

struct books {
	const struct settings	*set;
	struct master		*master;
	struct seal		*seal;		/* the keys of the passwords, as far as they are open; or NULL */
	gid_t			 group;
	int			 lock;		/* -1: none */
	enum status		 behind;	/* why the file of ssh keys is not what the accounts say; logged */
};

/* Logged. books_close() is due all the same; it returns what is behind. */
enum status	books_open(const struct settings *, struct books *);
enum status	books_close(struct books *);

/*
 * End the change that master_begin() began, and publish. undo is called inside another change when the first cannot be
 * published. Logged, with what holds now.
 */
enum status	books_commit(struct books *, void (*undo)(struct master *, const void *), const void *arg);

/* Adds the hosts that the account owns. */
enum status	books_hosts(struct master *, const char *account, struct work *);

/* Inside the change: take out the aliases of these hosts, and add them to gone. */
enum status	books_del_aliases(struct master *, const struct work *hosts, struct hosts *gone);

/* How many hosts the account owns besides host. */
enum status	books_count_others(struct master *, const char *account, const char *host, size_t *);

#endif
