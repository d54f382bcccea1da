/* SPDX-License-Identifier: ISC */
/*
 * What the service manager says about the machine.
 */
#ifndef DYNLEASE_MACHINE_H
#define DYNLEASE_MACHINE_H

#include <stdbool.h>

/* Is the machine on its way down, or about to reboot? Takes two seconds at most. */
bool	machine_is_stopping(void);

/* The same from what "systemctl is-system-running" has printed, and whether /run/nologin is there. Pure. */
bool	machine_judge(const char *said, bool nologin);

#endif
