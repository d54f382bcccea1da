/* SPDX-License-Identifier: ISC */
/*
 * Finding certificate and key. Whoever can read a key can be this host, so one that others may read is not used.
 */
#include "identity.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "lib/certificate.h"
#include "lib/clock.h"
#include "pin.h"

/* Of a file of ours; a link to one is fine. */
static enum status
check_key(const char *path, char why[IDENTITY_WHY])
{
	struct stat sb;

	if (stat(path, &sb) == -1)
		snprintf(why, IDENTITY_WHY, "%.400s: %s", path, errno == ENOENT ?
		    "there is no such file; dynlease keygen makes a key" : strerror(errno));
	else if (!S_ISREG(sb.st_mode))
		snprintf(why, IDENTITY_WHY, "%.400s: not a regular file", path);
	else if ((sb.st_mode & 077) != 0)
		snprintf(why, IDENTITY_WHY, "%.400s: others than the owner may use this key; do: chmod 600 %.400s",
		    path, path);
	else
		return ST_OK;
	return ST_CONFIG;
}

/* The service manager makes its files for us alone, perhaps by an access list, which looks like a group's rights. */
static enum status
find_key(const struct server *server, char path[FILE_PATH], char why[IDENTITY_WHY])
{
	if (server->key_credential == NULL) {
		snprintf(path, FILE_PATH, "%s", server->key);
		return check_key(path, why);
	}
	if (credential_path(server->key_credential, path))
		return ST_OK;
	snprintf(why, IDENTITY_WHY, "key_credential: there are no credentials; is this run by systemd, with "
	    "LoadCredential=%s:FILE?", server->key_credential);
	return ST_CONFIG;
}

static bool
may_see(const void *arg, const char *key)
{
	const struct server *server = arg;
	char why[PIN_WHY];

	return pin_judge(server, key, why) == ST_OK;
}

enum status
identity_load(const struct server *server, struct channel_context *context, struct identity *identity,
    char why[IDENTITY_WHY])
{
	struct certificate certificate = { .pem = NULL };
	char path[FILE_PATH];
	enum status st;

	*identity = (struct identity){ .shown = server->certificate != NULL };
	if (!identity->shown)
		return ST_OK;
	if ((st = find_key(server, path, why)) != ST_OK)
		return st;
	snprintf(why, IDENTITY_WHY, "its certificate and key cannot be used");
	if ((st = channel_identify(context, server->certificate, path)) != ST_OK ||
	    (st = certificate_look(server->certificate, clock_wall(), &certificate)) != ST_OK)
		return st;
	if (pin_is_wanted(server))
		channel_identify_to(context, may_see, server);
	memcpy(identity->fingerprint, certificate.fingerprint, sizeof(identity->fingerprint));
	identity->expired = certificate.left < 0 && !certificate.self_signed;
	free(certificate.pem);
	return ST_OK;
}
