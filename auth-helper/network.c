/* SPDX-License-Identifier: ISC */
/*
 * The network layer: the connection comes from where the account may log in from.
 */
#include "layers.h"

enum status
network_pass(const struct candidate *candidate)
{
	return networks_have(&candidate->account->network, candidate->address) ? ST_OK : ST_DENIED;
}
