/* SPDX-License-Identifier: ISC */
/*
 * The record of changes: one line in syslog for each, with who made it.
 */
#ifndef DYNLEASE_RECORD_H
#define DYNLEASE_RECORD_H

/* Never given a secret. Errors of the program itself go on to stderr. */
void	record(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
