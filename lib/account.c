/* SPDX-License-Identifier: ISC */
/*
 * The account record: text, strict, one key a line. Pure; account_snapshot.c and account_master.c store it.
 */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIAL	"credential="

static void
print_networks(const struct networks *nets, char text[NETWORKS_MAX * NETWORK_TEXT])
{
	char net[NETWORK_TEXT];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nets->n; i++)
		at += (size_t)snprintf(text + at, NETWORKS_MAX * NETWORK_TEXT - at, "%s%s", at > 0 ? " " : "",
		    network_text(&nets->list[i], net));
}

/* False: they do not fit. */
static bool
print_credentials(const char *lines, char record[ACCOUNT_RECORD], size_t at)
{
	size_t len;

	for (; *lines != '\0'; lines += len, at += strlen(CREDENTIAL) + len) {
		len = strcspn(lines, "\n");
		len += lines[len] == '\n' ? 1 : 0;
		if (at + strlen(CREDENTIAL) + len >= ACCOUNT_RECORD)
			return false;
		memcpy(record + at, CREDENTIAL, strlen(CREDENTIAL));
		memcpy(record + at + strlen(CREDENTIAL), lines, len);
		record[at + strlen(CREDENTIAL) + len] = '\0';
	}
	return true;
}

size_t
account_encode(const struct account *account, char record[ACCOUNT_RECORD])
{
	char announce[NETWORKS_MAX * NETWORK_TEXT], network[NETWORKS_MAX * NETWORK_TEXT], layers[LAYERS_TEXT];
	int len;

	print_networks(&account->announce, announce);
	print_networks(&account->network, network);
	len = snprintf(record, ACCOUNT_RECORD, "v=1\nepoch=%" PRIu64 "\nclass=%s\nrequire=%s\nsecret=%s\n"
	    "announce=%s\nnetwork=%s\ntrusted=%s\n", account->epoch, account->class,
	    layers_text(account->require, layers), account->secret, announce, network,
	    account->trusted ? "yes" : "no");
	if (len <= 0 || len >= ACCOUNT_RECORD || !print_credentials(account->credentials, record, (size_t)len))
		return 0;
	return strlen(record);
}

static enum status
take_class(const char *value, struct account *account)
{
	return *value == '\0' ? ST_OK : name_parse(value, strlen(value), account->class);
}

static enum status
take_secret(const char *value, struct account *account)
{
	char id[SEAL_ID];

	if (*value != '\0' && !secret_is_verifier(value) && !seal_is_verifier(value, id))
		return ST_INVALID;
	return (size_t)snprintf(account->secret, sizeof(account->secret), "%s", value) < sizeof(account->secret) ?
	    ST_OK : ST_INVALID;
}

/* As it stands, behind the others: to print each again would cost so much that it told how many there are. */
static enum status
take_credential(const char *value, struct account *account)
{
	const size_t have = strlen(account->credentials);
	struct credential c;

	if (credential_parse(value, strlen(value), &c) != ST_OK || have + strlen(value) + 2 > CREDENTIALS_SIZE ||
	    credentials_find(account->credentials, c.kind, c.value, NULL))
		return ST_INVALID;
	snprintf(account->credentials + have, CREDENTIALS_SIZE - have, "%s\n", value);
	return ST_OK;
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
	if (strcmp(key, "network") == 0)
		return networks_parse(value, &account->network);
	if (strcmp(key, "credential") == 0)
		return take_credential(value, account);
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

bool
account_equal(const struct account *a, const struct account *b)
{
	char one[ACCOUNT_RECORD], other[ACCOUNT_RECORD];
	const size_t len = account_encode(a, one);
	const bool equal = strcmp(a->name, b->name) == 0 && account_encode(b, other) == len && len > 0 &&
	    memcmp(one, other, len) == 0;

	secret_wipe(one, sizeof(one));
	secret_wipe(other, sizeof(other));
	return equal;
}
