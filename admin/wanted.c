/* SPDX-License-Identifier: ISC */
/*
 * From the words of the command line to an account. Touches neither accounts nor table.
 */
#include "wanted.h"

#include <stdbool.h>
#include <string.h>

#include "kinds.h"
#include "lib/lease.h"
#include "lib/log.h"
#include "lib/name.h"
#include "refuse.h"

enum status
wanted_host(const struct settings *set, const char *text, char host[NAME_SIZE])
{
	if (name_parse(text, strlen(text), host) != ST_OK)
		return refuse(text, "not a host's name");
	if (settings_zone(set, host) == NULL)
		return refuse(host, "in no zone of the configuration");
	return ST_OK;
}

static bool
is_class(const struct settings *set, const char *name)
{
	for (size_t i = 0; i < set->nclasses; i++)
		if (strcmp(set->classes[i].name, name) == 0)
			return true;
	return false;
}

/* The networks that text lists; those of before when it is NULL. */
static enum status
take_networks(const char *text, struct networks *nets)
{
	if (text == NULL)
		return ST_OK;
	memset(nets, 0, sizeof(*nets));		/* so that two of them can be compared */
	if (networks_parse(strcmp(text, "none") == 0 ? "" : text, nets) != ST_OK)
		return refuse(text, "not a list of at most 16 networks");
	return ST_OK;
}

static enum status
take_layers(const struct wanted *wanted, struct account *account)
{
	if (wanted->require != NULL && layers_parse(wanted->require, &account->require) != ST_OK)
		return refuse(wanted->require, "not layers joined by +: password, key, cert, ssh, network");
	if (layers_clash(account->require))
		return refuse(account->name, "no connection can show ssh together with key or cert");
	if ((account->require & LAYER_NETWORK) != 0 && account->network.n == 0)
		return refuse(account->name, "it cannot require network without networks: --network NETWORKS");
	return ST_OK;
}

enum status
wanted_rights(const struct settings *set, const struct wanted *wanted, struct account *account)
{
	enum status st;

	if (wanted->class != NULL && strcmp(wanted->class, DEFAULT_CLASS) == 0)
		account->class[0] = '\0';
	else if (wanted->class != NULL && (!is_class(set, wanted->class) ||
	    name_parse(wanted->class, strlen(wanted->class), account->class) != ST_OK))
		return refuse(wanted->class, "no such class in the configuration");
	if ((st = take_networks(wanted->announce, &account->announce)) != ST_OK ||
	    (st = take_networks(wanted->network, &account->network)) != ST_OK)
		return st;
	return wanted->require != NULL || wanted->network != NULL ? take_layers(wanted, account) : ST_OK;
}

void
wanted_warn(const struct account *account, time_t now)
{
	const uint8_t lacks = kinds_lack(account, now);

	for (size_t i = 0; i < NKINDS; i++)
		if ((lacks & kinds[i].layer) != 0)
			log_warning("%s cannot log in before it has a%s %s: dynlease-admin %s add", account->name,
			    kinds[i].kind == CREDENTIAL_SSH ? "n" : "", kinds[i].what, kinds[i].noun);
	if ((lacks & LAYER_PASSWORD) != 0)
		log_warning("%s cannot log in before it has a secret: dynlease-admin host secret", account->name);
}

enum status
wanted_secret(const char *hash, struct account *account, char token[TOKEN_SIZE])
{
	enum status st;

	token[0] = '\0';
	if (hash == NULL) {
		if ((st = secret_new_token(token)) != ST_OK ||
		    (st = secret_keep_token(token, account->secret)) != ST_OK)
			log_error("no token could be made: %s", status_text(st));
		return st;
	}
	if (!secret_is_verifier(hash) || strlen(hash) >= sizeof(account->secret))
		return refuse("--hash", "not a crypt(5) hash of a kind that is taken");
	memcpy(account->secret, hash, strlen(hash) + 1);
	if (secret_is_weak(hash))
		log_warning("%s: this kind of hash is weak; a token is better", account->name);
	return ST_OK;
}
