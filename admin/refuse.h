/* SPDX-License-Identifier: ISC */
/*
 * What the command line asks for and cannot be had.
 */
#ifndef DYNLEASE_REFUSE_H
#define DYNLEASE_REFUSE_H

#include "lib/status.h"

/* Say that what is wrong, and why, and that nothing was changed. ST_INVALID. */
enum status	refuse(const char *what, const char *why);

#endif
