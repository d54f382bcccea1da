/* SPDX-License-Identifier: ISC */
/*
 * Asking for passphrases. What was read is wiped when it is refused.
 */
#include "passphrase.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include <bsd/readpassphrase.h>
#include <bsd/string.h>

#include "lib/file.h"
#include "lib/log.h"

/* --- recovery keys --- */

const char *
recovery_text(const char *recovery, char text[RECOVERY_TEXT])
{
	size_t at = 0;

	for (size_t i = 0; i < TOKEN_SIZE - 1 && recovery[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			text[at++] = '-';
		text[at++] = recovery[i];
	}
	text[at] = '\0';
	return text;
}

bool
recovery_parse(const char *typed, char recovery[TOKEN_SIZE])
{
	size_t n = 0;

	for (; *typed != '\0'; typed++) {
		if (*typed == '-' || *typed == ' ' || *typed == '\t')
			continue;
		if (n == TOKEN_SIZE - 1 || !isxdigit((unsigned char)*typed))
			return false;
		recovery[n++] = (char)tolower((unsigned char)*typed);
	}
	recovery[n] = '\0';
	return n == TOKEN_SIZE - 1;
}

/* --- where from --- */

/* One byte more than a passphrase may have, because readpassphrase(3) cuts what is longer without a word. */
static enum status
ask(const char *prompt, int flags, char passphrase[SEAL_SECRET])
{
	char typed[SEAL_SECRET + 1];
	enum status st = ST_INVALID;

	if (readpassphrase(prompt, typed, sizeof(typed), flags) == NULL)
		log_error(flags == RPP_STDIN ? "standard input cannot be read" :
		    "there is no terminal to ask on; --passphrase-file says where else");
	else if (*typed == '\0')
		log_error("the passphrase is empty");
	else if (strlcpy(passphrase, typed, SEAL_SECRET) >= SEAL_SECRET)
		log_error("the passphrase is longer than %d bytes", SEAL_SECRET - 1);
	else
		st = ST_OK;
	secret_wipe(typed, sizeof(typed));
	return st;
}

/*
 * systemd has made this file for us alone, perhaps by an access list, which looks like a group's rights; so
 * file_read_secret(), which looks at those, will not do.
 */
static enum status
read_credential(const char *name, char passphrase[SEAL_SECRET])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[FILE_PATH], *text = NULL;
	size_t len = 0;
	enum status st;

	if (dir == NULL || *dir != '/' || strchr(name, '/') != NULL ||
	    snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		log_error("--credential %s: there are no credentials; is this run by systemd, with LoadCredential=?",
		    name);
		return ST_CONFIG;
	}
	if ((st = file_read(path, SEAL_SECRET, &text, &len)) != ST_OK) {
		log_error("%s: %s", path, st == ST_SYSTEM ? strerror(errno) : status_text(st));
		return st;
	}
	text[strcspn(text, "\r\n")] = '\0';
	if (*text == '\0' || strlcpy(passphrase, text, SEAL_SECRET) >= SEAL_SECRET) {
		log_error("%s: the first line is no passphrase", path);
		st = ST_INVALID;
	}
	secret_wipe(text, len);
	free(text);
	return st;
}

static enum status
read_file(const char *path, char passphrase[SEAL_SECRET])
{
	enum status st = file_read_secret(path, passphrase, SEAL_SECRET);

	if (st != ST_OK && st != ST_INVALID)
		log_error("%s: %s", path, st == ST_SYSTEM ? strerror(errno) : status_text(st));
	return st;
}

enum status
passphrase_get(const struct passphrase_source *source, const char *prompt, char passphrase[SEAL_SECRET])
{
	enum status st;

	if (source->credential != NULL)
		st = read_credential(source->credential, passphrase);
	else if (source->file != NULL && strcmp(source->file, "-") == 0)
		st = ask("", RPP_STDIN, passphrase);
	else if (source->file != NULL)
		st = read_file(source->file, passphrase);
	else
		st = ask(prompt, RPP_REQUIRE_TTY, passphrase);
	if (st != ST_OK)
		secret_wipe(passphrase, SEAL_SECRET);
	return st;
}

enum status
passphrase_get_new(const struct passphrase_source *source, char passphrase[SEAL_SECRET])
{
	char again[SEAL_SECRET] = "";
	enum status st;

	if ((st = passphrase_get(source, "New passphrase: ", passphrase)) == ST_OK &&
	    strlen(passphrase) < PASSPHRASE_LEAST) {
		log_error("the passphrase has fewer than %d characters, and whoever has the disk can try as many as he "
		    "likes; nothing was changed", PASSPHRASE_LEAST);
		st = ST_INVALID;
	}
	if (st == ST_OK && source->file == NULL && source->credential == NULL &&
	    (st = passphrase_get(source, "The same again: ", again)) == ST_OK && strcmp(passphrase, again) != 0) {
		log_error("the two are not the same; nothing was changed");
		st = ST_INVALID;
	}
	secret_wipe(again, sizeof(again));
	return st;
}

enum status
passphrase_get_recovery(char recovery[TOKEN_SIZE])
{
	char typed[SEAL_SECRET] = "";
	enum status st = ask("Recovery key: ", RPP_REQUIRE_TTY, typed);

	if (st == ST_OK && !recovery_parse(typed, recovery)) {
		log_error("a recovery key has %d digits and letters from a to f; nothing was changed", TOKEN_SIZE - 1);
		st = ST_INVALID;
	}
	secret_wipe(typed, sizeof(typed));
	return st;
}
