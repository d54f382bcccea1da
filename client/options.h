/* SPDX-License-Identifier: ISC */
/*
 * The command line.
 */
#ifndef DYNLEASE_OPTIONS_H
#define DYNLEASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"

enum options_todo { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/* Of the command of that name; NULL and false: not said. */
struct keygen {
	const char	*dir;		/* where the files go */
	const char	*base;		/* or their names without .key and .pem */
	const char	*name;		/* whom the certificate is for */
	bool		 force, show;
};

struct options {
	enum options_todo todo;
	const char	*conf;
	unsigned	 families;	/* FAMILY_ bits; 0: as the file says */
	bool		 verbose;
	bool		 json;
	bool		 ask;
	int		 secret_fd;	/* or -1 */
	bool		 to_stderr;	/* the daemon's log */
	const char	*via;		/* or NULL */
	struct keygen	 keygen;
	const char	*command;
	size_t		 nhosts;
	char		(*hosts)[NAME_SIZE];	/* to be freed */
};

/* OPTIONS_WRONG: said on stderr already. */
void	options_parse(int argc, char **argv, struct options *);

#endif
