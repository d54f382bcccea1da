/* SPDX-License-Identifier: ISC */
/*
 * Making files and directories, and taking them back. Never removes a directory with anything else in it.
 */
#include "made.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "lib/file.h"
#include "lib/log.h"
#include "people.h"

void
made_note(struct made *made, enum made_kind kind, const char *what)
{
	if (made->n == MADE_MAX || strlcpy(made->list[made->n].what, what, FILE_PATH) >= FILE_PATH)
		return;
	made->list[made->n++].kind = kind;
}

static enum status
complain(const char *path)
{
	log_error("%s: %s", path, strerror(errno));
	return ST_SYSTEM;
}

/* The directories above path, as they are wanted on any system: root's, for all to pass. */
static enum status
make_above(struct made *made, const char *path)
{
	char above[FILE_PATH];
	char *slash;
	struct stat sb;

	if (strlcpy(above, path, sizeof(above)) >= sizeof(above) || (slash = strrchr(above, '/')) == NULL ||
	    slash == above)
		return ST_OK;
	*slash = '\0';
	return stat(above, &sb) == 0 ? ST_OK : made_directory(made, above, 0755, 0, 0);
}

enum status
made_directory(struct made *made, const char *path, mode_t mode, uid_t owner, gid_t group)
{
	enum status st;

	if ((st = make_above(made, path)) != ST_OK)
		return st;
	if (mkdir(path, 0700) != 0)
		return complain(path);
	made_note(made, MADE_DIRECTORY, path);
	if (chown(path, owner, group) != 0 || chmod(path, mode) != 0)
		return complain(path);
	return ST_OK;
}

enum status
made_file(struct made *made, const struct made_file *file)
{
	enum status st;
	struct stat sb;

	if ((st = make_above(made, file->path)) != ST_OK)
		return st;
	if (lstat(file->path, &sb) == 0) {
		errno = EEXIST;
		return complain(file->path);
	}
	if ((st = file_replace(file->path, file->bytes, file->len, 0600)) != ST_OK)
		return complain(file->path);
	made_note(made, MADE_FILE, file->path);
	if (chown(file->path, 0, file->group) != 0 || chmod(file->path, file->mode) != 0)
		return complain(file->path);
	return ST_OK;
}

static void
remove_store(const char *dir)
{
	static const char *const files[] = { "data.mdb", "lock.mdb" };
	char path[FILE_PATH + 16];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		if (unlink(path) != 0 && errno != ENOENT)
			complain(path);
	}
	if (rmdir(dir) != 0 && errno != ENOENT)
		complain(dir);
}

void
made_undo(struct made *made)
{
	while (made->n > 0) {
		const char *what = made->list[--made->n].what;

		switch (made->list[made->n].kind) {
		case MADE_FILE:
			if (unlink(what) != 0 && errno != ENOENT)
				complain(what);
			break;
		case MADE_DIRECTORY:
			if (rmdir(what) != 0 && errno != ENOENT)
				complain(what);
			break;
		case MADE_STORE:
			remove_store(what);
			break;
		case MADE_USER:
			people_del_user(what);
			break;
		case MADE_GROUP:
			people_del_group(what);
			break;
		}
	}
}
