/* SPDX-License-Identifier: ISC */
/*
 * Doing one verb at one server: over which addresses, within which time, in how many connections.
 */
#ifndef DYNLEASE_RUN_H
#define DYNLEASE_RUN_H

#include "config.h"
#include "options.h"
#include "report.h"
#include "verb.h"

/* server->secret must be there. What goes wrong goes to the report. */
void	run_server(const struct options *, const struct verb *, const struct server *, struct report *);

#endif
