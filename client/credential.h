/* SPDX-License-Identifier: ISC */
/*
 * Where a server's secret comes from: its file, a descriptor, or the terminal; never the command line or the
 * environment. It is read when it is needed and wiped with the configuration.
 */
#ifndef DYNLEASE_CLIENT_CREDENTIAL_H
#define DYNLEASE_CLIENT_CREDENTIAL_H

#include <stdbool.h>

#include "config.h"
#include "lib/file.h"
#include "lib/status.h"
#include "options.h"

/*
 * Fill server->secret; where the section names none but a certificate, and the command line none, it stays empty.
 * ST_CONFIG: there is none to be had, or it cannot be sent in a line of the dialect; ST_SYSTEM. Both logged.
 */
enum status	credential_get(const struct options *, struct server *);

/* Where the service manager has put the one of that name. False: there are none. */
bool		credential_path(const char *name, char path[FILE_PATH]);

#endif
