/* SPDX-License-Identifier: ISC */
/*
 * What a command has made so far, so that a failure half-way can take it back. Only what was not there before is ever
 * noted, and only by its name is it removed.
 */
#ifndef DYNLEASE_MADE_H
#define DYNLEASE_MADE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/file.h"
#include "lib/status.h"

#define MADE_MAX	24

enum made_kind { MADE_FILE, MADE_DIRECTORY, MADE_STORE, MADE_USER, MADE_GROUP };

struct made {
	size_t	n;
	struct {
		enum made_kind	kind;
		char		what[FILE_PATH];	/* a path, or the name of a user or group */
	}	list[MADE_MAX];
};

/* Note it after it was made. */
void		made_note(struct made *, enum made_kind, const char *what);

/* Make a directory and those above it that are missing; all get mode, the last one the owners. Logged. */
enum status	made_directory(struct made *, const char *path, mode_t mode, uid_t, gid_t);

/* Write a new file with these rights. Logged. */
struct made_file {
	const char	*path;
	const void	*bytes;
	size_t		 len;
	mode_t		 mode;
	gid_t		 group;
};
enum status	made_file(struct made *, const struct made_file *);

/* Take all of it back, last first; what cannot be removed is logged. */
void		made_undo(struct made *);

#endif
