/* SPDX-License-Identifier: ISC */
/*
 * Where a server's secret comes from: its file, a descriptor, or the terminal; never the command line or the
 * environment. It is read when it is needed and wiped with the configuration.
 */
#ifndef DYNLEASE_CREDENTIAL_H
#define DYNLEASE_CREDENTIAL_H

#include "config.h"
#include "lib/status.h"
#include "options.h"

/*
 * Fill server->secret. ST_CONFIG: there is none to be had, or it cannot be sent in a line of the dialect;
 * ST_SYSTEM. Both logged.
 */
enum status	credential_get(const struct options *, struct server *);

#endif
