/* SPDX-License-Identifier: ISC */
/*
 * The ssh layer: sshd has let the host in by one of its keys, and told us for which account. Which key it was is looked
 * up again, so that one that was taken away in the meantime is of no use.
 */
#include <string.h>

#include "layers.h"

/* The account has an ssh key of this fingerprint. */
static bool
find_key(const struct candidate *candidate, struct credential *c)
{
	const char *lines = candidate->account->credentials, *blob;
	char fingerprint[FINGERPRINT_SIZE];

	while (credentials_next(&lines, c))
		if (c->kind == CREDENTIAL_SSH && (blob = strchr(c->value, ':')) != NULL &&
		    fingerprint_make_base64(blob + 1, strlen(blob + 1), fingerprint) == ST_OK &&
		    strcmp(fingerprint, candidate->evidence->ssh_key) == 0)
			return true;
	return false;
}

enum status
ssh_pass(const struct candidate *candidate)
{
	struct credential c;

	if (!candidate->evidence->ssh)
		return ST_DENIED;
	if (candidate->evidence->ssh_key[0] == '\0')
		return ST_OK;
	if (!find_key(candidate, &c))
		return ST_DENIED;
	return credential_holds(&c, candidate->address, candidate->wall) ? ST_OK : ST_DENIED;
}
