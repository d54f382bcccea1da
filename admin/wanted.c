/* SPDX-License-Identifier: ISC */
/*
 * From the words of the command line to an account. Touches neither accounts nor table.
 */
#include "wanted.h"

#include <stdbool.h>
#include <string.h>

#include "lib/lease.h"
#include "lib/log.h"
#include "lib/name.h"

enum status
wanted_refuse(const char *what, const char *why)
{
	log_error("%s: %s; nothing was changed", what, why);
	return ST_INVALID;
}

enum status
wanted_host(const struct settings *set, const char *text, char host[NAME_SIZE])
{
	if (name_parse(text, strlen(text), host) != ST_OK)
		return wanted_refuse(text, "not a host's name");
	if (settings_zone(set, host) == NULL)
		return wanted_refuse(host, "in no zone of the configuration");
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

enum status
wanted_rights(const struct settings *set, const struct wanted *wanted, struct account *account)
{
	const char *announce = wanted->announce != NULL && strcmp(wanted->announce, "none") == 0 ? "" :
	    wanted->announce;

	if (wanted->class != NULL && strcmp(wanted->class, DEFAULT_CLASS) == 0)
		account->class[0] = '\0';
	else if (wanted->class != NULL && (!is_class(set, wanted->class) ||
	    name_parse(wanted->class, strlen(wanted->class), account->class) != ST_OK))
		return wanted_refuse(wanted->class, "no such class in the configuration");
	if (announce == NULL)
		return ST_OK;
	memset(&account->announce, 0, sizeof(account->announce));	/* so that two of them can be compared */
	if (networks_parse(announce, &account->announce) != ST_OK)
		return wanted_refuse(announce, "not a list of at most 16 networks");
	return ST_OK;
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
		return wanted_refuse("--hash", "not a crypt(5) hash of a kind that is taken");
	memcpy(account->secret, hash, strlen(hash) + 1);
	if (secret_is_weak(hash))
		log_warning("%s: this kind of hash is weak; a token is better", account->name);
	return ST_OK;
}
