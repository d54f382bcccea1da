/* SPDX-License-Identifier: ISC */
/*
 * Reading what a server shows into a list: the whole zone by transfer (AXFR, RFC 5936), or name by name. Changes
 * nothing.
 */
#ifndef DYNLEASE_DNSREAD_H
#define DYNLEASE_DNSREAD_H

#include <stdbool.h>

#include "lib/status.h"

#include "dnsjob.h"
#include "dnslist.h"

/*
 * By transfer, signed; every message of the answer is verified before it is believed. ST_FORBIDDEN: the server does
 * not give it to us; otherwise as dnsjob_judge() and dnsjob_lost(). Explained.
 */
enum status	dnsread_transfer(struct dns_job *, struct dns_list *);

/* As far as is needed to know whether it would be given. */
enum status	dnsread_try_transfer(struct dns_job *);

/* By questions for what each of the names must show, unsigned, as others ask. Explained. */
enum status	dnsread_names(struct dns_job *, struct dns_list *);

#endif
