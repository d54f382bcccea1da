/* SPDX-License-Identifier: ISC */
/*
 * The only place that reads a clock. Deadlines are CLOCK_BOOTTIME nanoseconds: they go on in suspend, never
 * jump, and mean nothing after a reboot, which the boot id tells. Deciding functions take `now` as an argument.
 */
#ifndef DYNLEASE_CLOCK_H
#define DYNLEASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "status.h"

#define CLOCK_SECOND	UINT64_C(1000000000)	/* nanoseconds */
#define BOOT_ID_SIZE	37			/* 36 characters and the NUL */

uint64_t	clock_boot(void);		/* CLOCK_BOOTTIME, nanoseconds */
time_t		clock_wall(void);		/* seconds since 1970, for serials and for people only */
enum status	clock_boot_id(char id[BOOT_ID_SIZE]);	/* ST_SYSTEM: /proc does not tell */

#endif
