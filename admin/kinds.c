/* SPDX-License-Identifier: ISC */
/*
 * Reading credentials as people write them.
 */
#include "kinds.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "lib/file.h"
#include "lib/fingerprint.h"
#include "lib/log.h"
#include "refuse.h"

#define SSH_FILE_MAX	16384	/* bytes */

static enum status	take_key(const char *, struct credential *);
static enum status	take_cert(const char *, struct credential *);
static enum status	take_ssh(const char *, struct credential *);

const struct kind kinds[NKINDS] = {
	[CREDENTIAL_KEY] = { CREDENTIAL_KEY, LAYER_KEY, "key", "key", "keys", take_key },
	[CREDENTIAL_CERT] = { CREDENTIAL_CERT, LAYER_CERT, "cert", "certificate", "certs", take_cert },
	[CREDENTIAL_SSH] = { CREDENTIAL_SSH, LAYER_SSH, "ssh-key", "ssh key", "ssh_keys", take_ssh },
};

static enum status
take_key(const char *text, struct credential *c)
{
	char fingerprint[FINGERPRINT_SIZE];

	if (fingerprint_parse(text, strlen(text), fingerprint) != ST_OK)
		return refuse(text, "not the fingerprint of a key, SHA256: and 43 characters (dynlease keygen "
		    "shows it)");
	strlcpy(c->value, fingerprint, sizeof(c->value));
	return ST_OK;
}

/* "4d:0F" and "0x4d0f" are 4D0F. False: no number. */
static bool
take_serial(const char *text, char *value, size_t size)
{
	size_t at = 0;

	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	for (; *text != '\0'; text++) {
		if (*text == ':' || (at == 0 && *text == '0'))
			continue;
		if (!isxdigit((unsigned char)*text) || at + 1 >= size)
			return false;
		value[at++] = (char)toupper((unsigned char)*text);
	}
	value[at] = '\0';
	return at > 0;
}

static enum status
take_cert(const char *text, struct credential *c)
{
	const size_t type = strcspn(text, ":") + 1;
	const bool serial = strncasecmp(text, "serial:", strlen("serial:")) == 0;

	c->kind = CREDENTIAL_CERT;
	if (type >= strlen(text) || type >= 16)
		return refuse(text, "not TYPE:VALUE of a certificate");
	for (size_t i = 0; i < type; i++)
		c->value[i] = (char)tolower((unsigned char)text[i]);
	if (serial ? !take_serial(text + type, c->value + type, sizeof(c->value) - type) :
	    !credential_escape(text + type, strlen(text + type), c->value + type, sizeof(c->value) - type))
		return refuse("certificate", serial ? "not a serial number in hexadecimal" : "too long");
	if (credential_judge(c) != ST_OK)
		return refuse(text, "not of a certificate: TYPE is dns, email, uri, cn or serial");
	return ST_OK;
}

/* --- ssh --- */

static bool
is_ssh_type(const char *word)
{
	static const char *const begin[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-" };

	if (strstr(word, "-cert-v") != NULL)
		return false;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(word, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

/* The comment that ssh-keygen(1) left may hold what ours cannot. */
static void
take_ssh_comment(const char *text, struct credential *c)
{
	if (text == NULL)
		return;
	text += strspn(text, " \t");
	if (strlcpy(c->comment, text, sizeof(c->comment)) < sizeof(c->comment) && credential_judge(c) == ST_OK)
		return;
	c->comment[0] = '\0';
	log_warning("the key's comment is left out: it is too long, or more than plain text");
}

/* One line of a .pub file, which is cut to pieces. */
static enum status
take_ssh_line(char *line, struct credential *c)
{
	char fingerprint[FINGERPRINT_SIZE], *rest = line, *type, *base64;

	c->kind = CREDENTIAL_SSH;
	type = strsep(&rest, " \t");
	base64 = strsep(&rest, " \t");
	if (strstr(line, "-----BEGIN") != NULL)
		return refuse("ssh key", "this is a private key, which stays where it is; the file whose name "
		    "ends with .pub is wanted");
	if (base64 == NULL || !is_ssh_type(type) || fingerprint_make_ssh(type, base64, fingerprint) != ST_OK ||
	    snprintf(c->value, sizeof(c->value), "%s:%s", type, base64) >= (int)sizeof(c->value))
		return refuse("ssh key", "not a public key as ssh-keygen(1) writes it: TYPE BASE64 [COMMENT], "
		    "whole, and without options");
	take_ssh_comment(rest, c);
	return ST_OK;
}

/* The one line of text that is neither empty nor a comment. */
static enum status
take_ssh_text(char *text, struct credential *c)
{
	char *line, *only = NULL;

	while ((line = strsep(&text, "\r\n")) != NULL) {
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		if (only != NULL && strstr(only, "-----BEGIN") == NULL)
			return refuse("ssh key", "more than one line; give them one by one");
		only = only == NULL ? line : only;
	}
	return only == NULL ? refuse("ssh key", "there is none") : take_ssh_line(only, c);
}

static enum status
read_stdin(char **text)
{
	size_t len;

	if ((*text = malloc(SSH_FILE_MAX + 1)) == NULL)
		return ST_NOMEM;
	len = fread(*text, 1, SSH_FILE_MAX, stdin);
	(*text)[len] = '\0';
	return len < SSH_FILE_MAX ? ST_OK : ST_INVALID;
}

/* A key has a blank in it; a file's name does not, or it is given as ./NAME. */
static enum status
take_ssh(const char *text, struct credential *c)
{
	const bool is_key = strchr(text, ' ') != NULL && *text != '/' && *text != '.';
	char *copy = NULL;
	size_t len;
	enum status st = ST_OK;

	if (is_key)
		st = (copy = strdup(text)) == NULL ? ST_NOMEM : ST_OK;
	else if ((st = strcmp(text, "-") == 0 ? read_stdin(&copy) : file_read(text, SSH_FILE_MAX, &copy, &len)) !=
	    ST_OK)
		log_error("%s: %s; nothing was changed", text, st == ST_INVALID ? "too long for a key" :
		    strerror(errno));
	if (st == ST_OK)
		st = take_ssh_text(copy, c);
	free(copy);
	return st;
}

/* --- what an account has --- */

const struct kind *
kind_named(const char *noun)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].noun, noun) == 0)
			return &kinds[i];
	return NULL;
}

const char *
kind_text(const struct credential *c, char text[CREDENTIAL_VALUE])
{
	const char *base64 = c->kind == CREDENTIAL_SSH ? strchr(c->value, ':') : NULL;

	if (base64 == NULL || fingerprint_make_base64(base64 + 1, strlen(base64 + 1), text) != ST_OK)
		strlcpy(text, c->value, CREDENTIAL_VALUE);
	return text;
}

enum status
kind_find(const struct account *account, const struct kind *kind, const char *text, struct credential *found)
{
	const char *at = account->credentials;
	struct credential given = { .kind = kind->kind };
	char shown[CREDENTIAL_VALUE];

	if (kind->kind == CREDENTIAL_CERT && kind->take(text, &given) != ST_OK)
		return ST_INVALID;
	while (credentials_next(&at, found))
		if (found->kind == kind->kind && (strcmp(kind_text(found, shown), text) == 0 ||
		    strcmp(found->value, given.value) == 0))
			return ST_OK;
	return ST_NOTFOUND;
}

size_t
kind_count(const struct account *account, enum credential_kind kind)
{
	const char *at = account->credentials;
	struct credential c;
	size_t n = 0;

	while (credentials_next(&at, &c))
		n += c.kind == kind ? 1 : 0;
	return n;
}

bool
layers_clash(uint8_t layers)
{
	return (layers & LAYER_SSH) != 0 && (layers & (LAYER_KEY | LAYER_CERT)) != 0;
}

uint8_t
kinds_lack(const struct account *account, time_t now)
{
	const char *at = account->credentials;
	uint8_t have = 0;
	struct credential c;

	have |= account->secret[0] != '\0' ? LAYER_PASSWORD : 0;
	have |= account->network.n > 0 ? LAYER_NETWORK : 0;
	while (credentials_next(&at, &c))
		if (c.expires == 0 || now < c.expires)
			have |= kinds[c.kind].layer;
	return (uint8_t)(account->require & ~have);
}
