/* SPDX-License-Identifier: ISC */
/*
 * Printing the lines, and keeping the file. Whatever stands in a line has been judged before it was stored: none of it
 * can hold a quote, a backslash or the end of the line.
 */
#include "sshkeys.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kinds.h"
#include "lib/file.h"
#include "lib/fingerprint.h"
#include "lib/log.h"

#ifndef SBINDIR
#define SBINDIR		"/usr/local/sbin"
#endif
#define HELPER		SBINDIR "/dynlease-auth"
#define FILE_MAX	((size_t)64 << 20)
#define HEAD		"# Written by dynlease-admin from its accounts: what is changed here is lost.\n"
#define PLAIN		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@,:="

enum status
sshkeys_command(const struct settings *set, char command[SSHKEYS_COMMAND])
{
	char path[PATH_MAX];

	if (strcmp(set->conf->path, SETTINGS_PATH) == 0) {
		snprintf(command, SSHKEYS_COMMAND, "%s", HELPER);
		return ST_OK;
	}
	if (realpath(set->conf->path, path) == NULL || path[strspn(path, PLAIN)] != '\0') {
		log_error("%s: this name cannot stand in a file of ssh keys: letters, digits and /._-+@,:= can",
		    set->conf->path);
		return ST_CONFIG;
	}
	snprintf(command, SSHKEYS_COMMAND, "%s -c %s", HELPER, path);
	return ST_OK;
}

static void
print_options(const struct credential *c, FILE *out)
{
	char net[NETWORK_TEXT], when[32];
	struct tm tm;

	for (size_t i = 0; i < c->from.n; i++)
		fprintf(out, "%s%s", i == 0 ? ",from=\"" : ",", network_text(&c->from.list[i], net));
	if (c->from.n > 0)
		fputc('"', out);
	if (c->expires != 0 && gmtime_r(&c->expires, &tm) != NULL &&
	    strftime(when, sizeof(when), "%Y%m%d%H%M%SZ", &tm) > 0)
		fprintf(out, ",expiry-time=\"%s\"", when);
}

enum status
sshkeys_print(const char *command, const char *account, const struct credential *c, FILE *out)
{
	const char *colon = strchr(c->value, ':');
	char fingerprint[FINGERPRINT_SIZE];

	if (c->kind != CREDENTIAL_SSH || colon == NULL || credential_judge(c) != ST_OK ||
	    fingerprint_make_base64(colon + 1, strlen(colon + 1), fingerprint) != ST_OK)
		return ST_INVALID;
	fprintf(out, "restrict,command=\"%s --ssh %s --ssh-key %s\"", command, account, fingerprint);
	print_options(c, out);
	fprintf(out, " %.*s %s %s%s%s\n", (int)(colon - c->value), c->value, colon + 1, account,
	    *c->comment != '\0' ? " " : "", c->comment);
	return ST_OK;
}

void
sshkeys_print_account(const char *command, const struct account *account, const char *only, FILE *out)
{
	const char *at = account->credentials, *base64;
	char fingerprint[FINGERPRINT_SIZE];
	struct credential c;

	while (credentials_next(&at, &c)) {
		if (c.kind != CREDENTIAL_SSH || (base64 = strchr(c.value, ':')) == NULL)
			continue;
		if (only == NULL || (fingerprint_make_base64(base64 + 1, strlen(base64 + 1), fingerprint) == ST_OK &&
		    strcmp(fingerprint, only) == 0))
			sshkeys_print(command, account->name, &c, out);
	}
}

/* --- the file --- */

struct making {
	const struct settings	*set;
	char			 command[SSHKEYS_COMMAND];	/* "" until an account has a key */
	FILE			*out;
};

static enum status
take_account(void *arg, const struct account *account)
{
	struct making *making = arg;
	enum status st;

	if (kind_count(account, CREDENTIAL_SSH) == 0)
		return ST_OK;
	if (*making->command == '\0' && (st = sshkeys_command(making->set, making->command)) != ST_OK)
		return st;
	sshkeys_print_account(making->command, account, NULL, making->out);
	return ST_OK;
}

static enum status
make_text(const struct settings *set, struct master *master, char **text, size_t *len)
{
	struct making making = { .set = set, .out = open_memstream(text, len) };
	enum status st;

	if (making.out == NULL)
		return ST_NOMEM;
	fputs(HEAD, making.out);
	st = master_each(master, take_account, &making);
	return fclose(making.out) != 0 ? ST_NOMEM : st;
}

/* Is there anything to be done? What the file holds now may be what it is to hold; no file may do for no key. */
static bool
is_kept(const char *path, const char *text, size_t len)
{
	char *now = NULL;
	size_t now_len;
	enum status st = file_read(path, FILE_MAX, &now, &now_len);
	bool kept = st == ST_NOTFOUND ? len == strlen(HEAD) : st == ST_OK && now_len == len &&
	    memcmp(now, text, len) == 0;

	free(now);
	return kept;
}

bool
sshkeys_are_kept(const struct settings *set, struct master *master)
{
	char *text = NULL;
	size_t len = 0;
	const bool kept = make_text(set, master, &text, &len) != ST_OK || is_kept(set->ssh_keys, text, len);

	free(text);
	return kept;
}

enum status
sshkeys_keep(const struct settings *set, struct master *master)
{
	char *text = NULL;
	size_t len = 0;
	enum status st;

	if ((st = make_text(set, master, &text, &len)) == ST_OK && !is_kept(set->ssh_keys, text, len)) {
		file_remove_leftovers(set->ssh_keys);
		st = file_replace(set->ssh_keys, text, len, 0644);
	}
	if (st != ST_OK)
		log_error("%s: %s; the accounts have the change, and keys that are gone are refused, but sshd does not "
		    "know the new ones: give the same command again", set->ssh_keys,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	free(text);
	return st;
}
