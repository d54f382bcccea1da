/* SPDX-License-Identifier: ISC */
/*
 * As much of AppArmor's profiles (apparmor.d(5)) as tells whether a file may be read: rules for paths.
 */
#ifndef DYNLEASE_APPARMOR_H
#define DYNLEASE_APPARMOR_H

#include <stdbool.h>

/* Does a path fit a pattern: *, **, ?, {a,b}? A variable, @{NAME}, fits nothing. Pure. */
bool	apparmor_fits(const char *pattern, const char *path);

/* Does a rule of the profile's text allow to read the path? What it includes is not followed. Pure. */
bool	apparmor_allows(const char *profile, const char *path);

#endif
