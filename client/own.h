/* SPDX-License-Identifier: ISC */
/*
 * Which address of this machine the world would see, as far as the machine can know. Sends nothing.
 */
#ifndef DYNLEASE_OWN_H
#define DYNLEASE_OWN_H

#include <stdbool.h>

#include "lib/address.h"

/* source, when it is of the family (AF_), or what the routes choose towards the internet. False: there is none. */
bool	own_address(int family, const struct address *source, struct address *own);

#endif
