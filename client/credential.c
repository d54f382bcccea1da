/* SPDX-License-Identifier: ISC */
/*
 * Reading secrets. Nothing here prints one, and what was read of a wrong one is wiped.
 */
#include "credential.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "talk.h"

/* The first line from fd; ends at the newline, so that nothing after it is taken from a pipe. */
static enum status
read_line_fd(int fd, char secret[SECRET_SIZE])
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read(fd, &c, 1)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_error("--secret-fd %d: %s", fd, strerror(errno));
			return ST_CONFIG;
		}
		if (c == '\n')
			break;
		if (len + 1 == SECRET_SIZE || c == '\0') {
			log_error("--secret-fd %d: the secret is too long or holds a NUL", fd);
			return ST_CONFIG;
		}
		secret[len++] = c;
	}
	if (len > 0 && secret[len - 1] == '\r')
		len--;
	secret[len] = '\0';
	return ST_OK;
}

static enum status
ask_terminal(struct server *server)
{
	char prompt[2 * NAME_SIZE + 32];

	snprintf(prompt, sizeof(prompt), "Secret of %s at %s: ", server->account, server->name);
	if (readpassphrase(prompt, server->secret, sizeof(server->secret), RPP_REQUIRE_TTY) != NULL)
		return ST_OK;
	log_error("--ask: there is no terminal to ask on");
	return ST_CONFIG;
}

bool
credential_path(const char *name, char path[FILE_PATH])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return dir != NULL && *dir == '/' && snprintf(path, FILE_PATH, "%s/%s", dir, name) < FILE_PATH;
}

/*
 * The service manager has made this file for us alone, perhaps by an access list, which looks like a group's rights;
 * so file_read_secret(), which looks at those, will not do.
 */
static enum status
read_credential(struct server *server)
{
	char path[FILE_PATH], *text = NULL;
	enum status st;
	size_t len = 0, line;

	if (!credential_path(server->secret_credential, path)) {
		log_error("[server %s] secret_credential: there are no credentials; is this run by systemd, with "
		    "LoadCredential=%s:FILE?", server->name, server->secret_credential);
		return ST_CONFIG;
	}
	if ((st = file_read(path, SECRET_SIZE + 1, &text, &len)) != ST_OK) {
		log_error("%s: %s", path, st == ST_SYSTEM ? strerror(errno) : status_text(st));
		return ST_CONFIG;
	}
	line = strcspn(text, "\r\n");
	if (strlcpy(server->secret, text, sizeof(server->secret)) >= sizeof(server->secret) && line >= SECRET_SIZE)
		line = 0;	/* too long: as if there were none */
	if (line < sizeof(server->secret))
		server->secret[line] = '\0';
	secret_wipe(text, len);
	free(text);
	return ST_OK;
}

static enum status
read_secret(const struct options *options, struct server *server)
{
	enum status st;

	if (options->secret_fd != -1)
		return read_line_fd(options->secret_fd, server->secret);
	if (options->ask)
		return ask_terminal(server);
	if (server->secret_credential != NULL)
		return read_credential(server);
	if (server->secret_file == NULL) {
		log_error("[server %s]: no secret: set secret_file, or use --ask or --secret-fd; or "
		    "certificate and key", server->name);
		return ST_CONFIG;
	}
	if ((st = file_read_secret(server->secret_file, server->secret, sizeof(server->secret))) == ST_NOTFOUND)
		log_error("%s: there is no such file; put the secret of %s there, mode 0600", server->secret_file,
		    server->account);
	else if (st == ST_SYSTEM)
		log_error("%s: %s", server->secret_file, strerror(errno));
	return st == ST_OK ? ST_OK : ST_CONFIG;
}

/* A key may be all that the account asks for. */
static bool
does_without(const struct options *options, const struct server *server)
{
	return server->certificate != NULL && server->secret_file == NULL && server->secret_credential == NULL &&
	    !options->ask && options->secret_fd == -1;
}

enum status
credential_get(const struct options *options, struct server *server)
{
	enum status st;

	if (does_without(options, server))
		return ST_OK;
	st = read_secret(options, server);
	if (st == ST_OK && !talk_is_word(server->secret)) {
		log_error("[server %s]: the secret is empty, or holds a blank or something that is not printable ASCII, "
		    "which cannot be sent", server->name);
		st = ST_CONFIG;
	}
	if (st != ST_OK)
		secret_wipe(server->secret, sizeof(server->secret));
	return st;
}
