/* SPDX-License-Identifier: ISC */
/*
 * `dynlease keygen`: a key that the server can know this machine by, and a certificate around it that nobody issues.
 */
#ifndef DYNLEASE_KEYGEN_H
#define DYNLEASE_KEYGEN_H

#include <stdbool.h>

#include "options.h"

/* The exit code. */
int	keygen_run(const struct options *);

/* Is there an option that only keygen knows? */
bool	keygen_has_options(const struct options *);

#endif
