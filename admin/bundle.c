/* SPDX-License-Identifier: ISC */
/*
 * Writing what a host gets. Signs nothing.
 */
#include "bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "made.h"
#include "piece.h"
#include "refuse.h"

#define PIECE_NAME	"client.conf"
#define SERVER_NAME	"server.pem"
#define PATH_SIZE	(FILE_PATH + NAME_SIZE + 16)

/* end: ".pem" and the like after the account's name, or a whole name. False: too long. */
static bool
make_path(const struct bundle *bundle, const char *end, char path[PATH_SIZE])
{
	return snprintf(path, PATH_SIZE, "%s/%s%s", bundle->dir, *end == '.' ? bundle->account : "", end) < FILE_PATH;
}

enum status
bundle_judge(const struct bundle *bundle)
{
	static const char *const ends[] = { ".key", ".pem", PIECE_NAME, SERVER_NAME };
	char path[PATH_SIZE];
	struct stat sb;

	if (!make_path(bundle, PIECE_NAME, path))
		return refuse("--out", "too long");
	if (lstat(bundle->dir, &sb) != 0)
		return errno == ENOENT ? ST_OK : refuse(bundle->dir, strerror(errno));
	if (!S_ISDIR(sb.st_mode) || sb.st_uid != geteuid() || (sb.st_mode & 022) != 0)
		return refuse(bundle->dir, "must be a directory of yours that nobody else may write to");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!make_path(bundle, ends[i], path) || lstat(path, &sb) == 0)
			return refuse(path, "it is there already; --out names another directory");
	return ST_OK;
}

static enum status
add_file(const struct bundle *bundle, const char *end, struct made *made, const struct made_file *file)
{
	char path[PATH_SIZE];
	struct made_file one = *file;

	if (!make_path(bundle, end, path))
		return ST_INVALID;
	one.path = path;
	return made_file(made, &one);
}

/* client.conf, and with it the server's certificate where nobody else vouches for that. */
static enum status
add_piece(const struct settings *set, const struct bundle *bundle, struct made *made)
{
	struct certificate server = { .pem = NULL };
	const bool known = certificate_look(set->certificate, clock_wall(), &server) == ST_OK;
	struct piece piece = { .account = bundle->account, .hosts = bundle->hosts, .require = bundle->require,
		.token = "", .ssh_user = set->ssh_user, .port = set->port, .bundled = true,
		.server = known && server.name[0] != '\0' ? server.name : NULL,
		.ca = known && server.self_signed ? server.pem : NULL };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum status st = ST_NOMEM;

	if (out != NULL) {
		piece_print(&piece, out);
		if (fclose(out) == 0)
			st = add_file(bundle, PIECE_NAME, made, &(struct made_file){ .bytes = text, .len = len,
			    .mode = 0644 });
	}
	if (st == ST_OK && piece.ca != NULL)
		st = add_file(bundle, SERVER_NAME, made, &(struct made_file){ .bytes = piece.ca,
		    .len = strlen(piece.ca), .mode = 0644 });
	free(text);
	free(server.pem);
	return st;
}

enum status
bundle_write(const struct settings *set, const struct bundle *bundle)
{
	const struct certificate_pair *pair = bundle->pair;
	struct made *made = calloc(1, sizeof(*made));
	struct stat sb;
	enum status st = ST_OK;

	if (made == NULL)
		return ST_NOMEM;
	if (lstat(bundle->dir, &sb) != 0)
		st = made_directory(made, bundle->dir, 0700, geteuid(), getegid());
	if (st == ST_OK && pair->key != NULL)
		st = add_file(bundle, ".key", made, &(struct made_file){ .bytes = pair->key, .len = pair->keylen,
		    .mode = 0600 });
	if (st == ST_OK)
		st = add_file(bundle, ".pem", made, &(struct made_file){ .bytes = pair->certificate,
		    .len = strlen(pair->certificate), .mode = 0644 });
	if (st == ST_OK)
		st = add_piece(set, bundle, made);
	if (st != ST_OK)
		made_undo(made);
	free(made);
	return st;
}
