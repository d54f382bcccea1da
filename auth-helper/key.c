/* SPDX-License-Identifier: ISC */
/*
 * The key layer, ssh's model: the key that the client holds is one that the account's owner has named. Nothing else
 * in its certificate counts, neither names nor dates nor who signed it; a pin has a date of its own.
 */
#include "layers.h"

enum status
key_pass(const struct candidate *candidate)
{
	const char *key = candidate->evidence->key;
	struct credential c;

	if (key[0] == '\0' || !credentials_find(candidate->account->credentials, CREDENTIAL_KEY, key, &c))
		return ST_DENIED;
	return credential_holds(&c, candidate->address, candidate->wall) ? ST_OK : ST_DENIED;
}
