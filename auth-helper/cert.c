/* SPDX-License-Identifier: ISC */
/*
 * The cert layer: a certificate that our CA has issued and not revoked, and that holds what the account is bound to.
 * A CA or CRL that is missing or out of date fails this layer for everybody, loudly, and no other.
 */
#include "lib/log.h"

#include "layers.h"

/* Who asks for no certificates need not hear that there is no CA: those who are denied may show one all the same. */
static enum status
judge(const struct candidate *candidate)
{
	const struct evidence *evidence = candidate->evidence;
	char why[CHAIN_WHY];
	enum status st;

	if (evidence->authority == NULL || evidence->certificates.n == 0)
		return ST_DENIED;
	st = authority_judge(evidence->authority, &evidence->certificates, candidate->wall, why);
	if (st == ST_DENIED)
		log_info("certificate: %s", why);
	else if (st != ST_OK && (candidate->account->require & LAYER_CERT) != 0)
		log_critical("no client's certificate is accepted: %s", why);
	return st == ST_OK ? ST_OK : ST_DENIED;
}

/* Is it a value that the account is bound to? The work follows the certificate, and not the account. */
static bool
is_bound(const void *arg, const char *value)
{
	const struct candidate *candidate = arg;
	struct credential c;

	return credentials_find(candidate->account->credentials, CREDENTIAL_CERT, value, &c) &&
	    credential_holds(&c, candidate->address, candidate->wall);
}

enum status
cert_pass(const struct candidate *candidate)
{
	if (judge(candidate) != ST_OK ||
	    !certificates_bear(&candidate->evidence->certificates, is_bound, candidate))
		return ST_DENIED;
	return ST_OK;
}
