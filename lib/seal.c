/* SPDX-License-Identifier: ISC */
#include "seal.h"

#include <stddef.h>
#include <string.h>

bool
seal_is_sealed(const char *verifier)
{
	return strncmp(verifier, "{sealed}", 8) == 0;
}

enum status
seal_load(const char *rundir, struct seal **seal)
{
	(void)rundir;
	*seal = NULL;
	return ST_NOTFOUND;
}

void
seal_free(struct seal *seal)
{
	(void)seal;
}

enum status
seal_open_verifier(const struct seal *seal, const char *text, char verifier[VERIFIER_SIZE])
{
	if (seal_is_sealed(text))
		return seal == NULL ? ST_LOCKED : ST_DAMAGED;
	memcpy(verifier, text, strlen(text) + 1);
	return ST_OK;
}
