/* SPDX-License-Identifier: ISC */
/*
 * The account record: text, strict, one key a line. Pure; account_snapshot.c and account_master.c store it.
 */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lease.h"

static const struct {
	const char	*name;
	uint8_t		 bit;
} layer_names[] = {
	{ "password", LAYER_PASSWORD },
	{ "cert", LAYER_CERT },
	{ "key", LAYER_KEY },
	{ "network", LAYER_NETWORK },
	{ "ssh", LAYER_SSH },
};
#define NLAYERS	(sizeof(layer_names) / sizeof(layer_names[0]))

void
layers_text(uint8_t layers, char text[LAYERS_TEXT])
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < NLAYERS; i++)
		if ((layers & layer_names[i].bit) != 0)
			at += (size_t)snprintf(text + at, LAYERS_TEXT - at, "%s%s", at > 0 ? "+" : "",
			    layer_names[i].name);
}

/* ST_INVALID: a name of no layer, or none at all. */
static enum status
layers_parse(char *text, uint8_t *layers)
{
	char *rest = NULL;
	size_t i;

	*layers = 0;
	for (char *word = strtok_r(text, "+", &rest); word != NULL; word = strtok_r(NULL, "+", &rest)) {
		for (i = 0; i < NLAYERS && strcmp(layer_names[i].name, word) != 0; i++)
			;
		if (i == NLAYERS)
			return ST_INVALID;
		*layers |= layer_names[i].bit;
	}
	return *layers != 0 ? ST_OK : ST_INVALID;
}

size_t
account_encode(const struct account *account, char record[ACCOUNT_RECORD])
{
	char announce[NETWORKS_MAX * NETWORK_TEXT] = "", net[NETWORK_TEXT], layers[LAYERS_TEXT];
	size_t at = 0;
	int len;

	for (size_t i = 0; i < account->announce.n; i++)
		at += (size_t)snprintf(announce + at, sizeof(announce) - at, "%s%s", at > 0 ? " " : "",
		    network_text(&account->announce.list[i], net));
	layers_text(account->require, layers);
	len = snprintf(record, ACCOUNT_RECORD, "v=1\nepoch=%" PRIu64 "\nclass=%s\nrequire=%s\nsecret=%s\n"
	    "announce=%s\ntrusted=%s\n", account->epoch, account->class, layers, account->secret, announce,
	    account->trusted ? "yes" : "no");
	return len > 0 && len < ACCOUNT_RECORD ? (size_t)len : 0;
}

static enum status
take_class(const char *value, struct account *account)
{
	return *value == '\0' ? ST_OK : name_parse(value, strlen(value), account->class);
}

static enum status
take_secret(const char *value, struct account *account)
{
	if (*value != '\0' && !secret_is_verifier(value))
		return ST_INVALID;
	return (size_t)snprintf(account->secret, sizeof(account->secret), "%s", value) < sizeof(account->secret) ?
	    ST_OK : ST_INVALID;
}

/* One line's key and value. ST_INVALID: not of this version. */
static enum status
take(const char *key, char *value, struct account *account)
{
	char *end = NULL;

	if (strcmp(key, "epoch") == 0) {
		account->epoch = strtoull(value, &end, 10);
		return *value != '\0' && *end == '\0' ? ST_OK : ST_INVALID;
	}
	if (strcmp(key, "class") == 0)
		return take_class(value, account);
	if (strcmp(key, "require") == 0)
		return layers_parse(value, &account->require);
	if (strcmp(key, "secret") == 0)
		return take_secret(value, account);
	if (strcmp(key, "announce") == 0)
		return networks_parse(value, &account->announce);
	if (strcmp(key, "trusted") == 0) {
		account->trusted = strcmp(value, "yes") == 0;
		return account->trusted || strcmp(value, "no") == 0 ? ST_OK : ST_INVALID;
	}
	return ST_INVALID;
}

enum status
account_decode(const char *name, const void *record, size_t len, struct account *account)
{
	char text[ACCOUNT_RECORD], *rest = NULL, *line, *value;
	enum status st = ST_DAMAGED;

	memset(account, 0, sizeof(*account));
	if (len == 0 || len >= sizeof(text) || memchr(record, '\0', len) != NULL ||
	    name_parse(name, strlen(name), account->name) != ST_OK)
		return ST_DAMAGED;
	memcpy(text, record, len);
	text[len] = '\0';
	line = strtok_r(text, "\n", &rest);
	if (line == NULL || strcmp(line, "v=1") != 0)
		goto out;
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		if ((value = strchr(line, '=')) == NULL)
			goto out;
		*value++ = '\0';
		if (take(line, value, account) != ST_OK)
			goto out;
	}
	st = account->require != 0 ? ST_OK : ST_DAMAGED;
out:
	secret_wipe(text, sizeof(text));
	if (st != ST_OK)
		secret_wipe(account, sizeof(*account));
	return st;
}
