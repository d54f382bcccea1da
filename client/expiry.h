/* SPDX-License-Identifier: ISC */
/*
 * The end of our own certificates, told in time: 30, 14, 7 and 1 days ahead and when it has come, a line each, however
 * often we run. When it was told last is kept in CERTIFICATE.warned, or in the STATE_DIRECTORY that a service has. A
 * certificate that is its own issuer is not spoken of, since nobody minds its dates.
 */
#ifndef DYNLEASE_EXPIRY_H
#define DYNLEASE_EXPIRY_H

#include <stdbool.h>
#include <time.h>

#include "config.h"

#define EXPIRY_LOOK	3600	/* seconds between two looks of one who stays */

/*
 * When the last warning fell due, of a certificate that is good from begin to end; 0: none yet. Those that would come
 * in the first half of its life do not count. Pure.
 */
time_t	expiry_due(time_t begin, time_t end, time_t now);

/*
 * Warn where that is due. stays: this process remembers what it has told. One that does not, and may not write, warns
 * only in the first minute.
 */
void	expiry_warn(struct servers *, bool stays);

/* What this process remembers of the certificates that are among both. */
void	expiry_carry_over(const struct servers *from, struct servers *to);

#endif
