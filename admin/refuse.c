/* SPDX-License-Identifier: ISC */
/*
 * The one form of a refusal.
 */
#include "refuse.h"

#include "lib/log.h"

enum status
refuse(const char *what, const char *why)
{
	log_error("%s: %s; nothing was changed", what, why);
	return ST_INVALID;
}
