/* SPDX-License-Identifier: ISC */
/*
 * The last lines of a host's history.
 */
#ifndef DYNLEASE_PAST_H
#define DYNLEASE_PAST_H

#include "json.h"

#define PAST_LINES	10

/* json NULL: for people, nothing when there is no history. Else the member "history" of the open object. */
void	past_print(const char *path, const char *host, struct json *);

#endif
