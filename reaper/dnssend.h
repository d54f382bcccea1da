/* SPDX-License-Identifier: ISC */
/*
 * Sending updates: in messages of many names, several in flight over one connection. A message that is refused is
 * halved until the names are known that are to blame; all others are shown.
 */
#ifndef DYNLEASE_DNSSEND_H
#define DYNLEASE_DNSSEND_H

#include <stddef.h>

#include "lib/name.h"
#include "lib/status.h"

#include "dnsjob.h"
#include "publish.h"

/*
 * Have the server show these names as desired. ST_OK: it has signed that it does, each of them. Otherwise the job's
 * why tells: with ST_CONFIG or ST_UNPUBLISHED the names that are to blame, when it is not all of them, and the
 * others are shown; ST_TIMEOUT: the job's time was over, the rest is to be sent again; ST_CLOSED, ST_PROTOCOL,
 * ST_NOMEM.
 */
enum status	dnssend_names(struct dns_job *, const struct desired *const *names, size_t n);

#endif
