/* SPDX-License-Identifier: ISC */
/*
 * The cert layer: a certificate that our CA has issued and not revoked, and that holds what the account is bound to. A
 * CA or CRL that is missing or out of date fails this layer for everybody, loudly, and no other.
 */
#include "lib/log.h"

#include "layers.h"

static enum status
judge(const struct evidence *evidence, time_t now)
{
	char why[CHAIN_WHY];
	enum status st;

	if (evidence->authority == NULL || evidence->certificates.n == 0)
		return ST_DENIED;
	st = authority_judge(evidence->authority, &evidence->certificates, now, why);
	if (st == ST_CONFIG)
		log_critical("no client's certificate is accepted: %s", why);
	else if (st != ST_OK)
		log_info("certificate: %s", why);
	return st == ST_OK ? ST_OK : ST_DENIED;
}

enum status
cert_pass(const struct candidate *candidate)
{
	const char *lines = candidate->account->credentials;
	struct credential c;

	if (judge(candidate->evidence, candidate->wall) != ST_OK)
		return ST_DENIED;
	while (credentials_next(&lines, &c))
		if (c.kind == CREDENTIAL_CERT && certificates_bear(&candidate->evidence->certificates, c.value) &&
		    credential_holds(&c, candidate->address, candidate->wall))
			return ST_OK;
	return ST_DENIED;
}
