/* SPDX-License-Identifier: ISC */
/*
 * What an account would get back if it became again what it was. Changes nothing.
 */
#ifndef DYNLEASE_DIFFERENCE_H
#define DYNLEASE_DIFFERENCE_H

#include <stdbool.h>

#include "lib/account.h"
#include "lib/seal.h"

/*
 * A line on stdout for each thing that was taken away since then; true: there was one. now NULL: all of it. seal opens
 * secrets that are sealed, as far as it can.
 */
bool	difference_tell(const struct seal *, const struct account *now, const struct account *then);

#endif
