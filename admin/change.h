/* SPDX-License-Identifier: ISC */
/*
 * A change of one account: found in the books by its name or that of a host it owns, edited, published; and when that
 * takes something away, what was authenticated before is shut out and its leases end. Given again after a failure, it
 * does what is left.
 */
#ifndef DYNLEASE_CHANGE_H
#define DYNLEASE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "books.h"
#include "lib/account.h"
#include "lib/settings.h"
#include "lib/status.h"

struct change {
	const char	*name;		/* as somebody wrote it: a host's, or an account's */
	/* Makes next, a copy of old, what it is to be. ST_OK, or logged with the word that nothing was changed. */
	enum status	(*edit)(struct change *, const struct settings *);
	void		*arg;		/* edit's own */
	bool		 takes_away;	/* set by the caller or by edit: some login or right of before is no more */
	/* Set by change_make(). */
	struct account	 old, next;
	bool		 differs;	/* next is not as old was */
	size_t		 hosts;		/* that the account owns */
};

/*
 * ST_INVALID: no name; ST_NOTFOUND; what edit or books_commit() say. All logged. The epoch is raised when something is
 * taken away. What does not differ is published all the same: it may not have been. The caller wipes *change.
 */
enum status	change_make(struct books *, struct change *);

/*
 * After change_make(), and after it was said what was changed: end what ran before, if anything was taken away.
 * returning: as in running.h. Says what ended; errors are logged.
 */
enum status	change_settle(const struct settings *, const struct change *, const char *returning);

#endif
