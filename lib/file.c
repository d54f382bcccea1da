/* SPDX-License-Identifier: ISC */
/*
 * Reading, replacing and locking files. errno is kept for the caller whenever ST_SYSTEM or ST_FULL is returned.
 * Nothing is logged here but what is wrong with a secret's file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "clock.h"
#include "file.h"
#include "log.h"

#define READ_CHUNK	 4096
#define LOCK_MODE	 0660
#define MILLISECOND	 INT64_C(1000000)	/* nanoseconds */
#define LOCK_SLEEP_MAX	 (10 * MILLISECOND)
#define LOCK_OPEN_TRIES	 10

static enum status
status_of_errno(void)
{
	if (errno == ENOENT)
		return ST_NOTFOUND;
	if (errno == ENOMEM)
		return ST_NOMEM;
	return errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_SYSTEM;
}

static void
close_quietly(int fd)
{
	int saved = errno;

	if (fd != -1)
		close(fd);
	errno = saved;
}

static enum status
open_for_reading(const char *path, int *fd)
{
	if ((*fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)) != -1)
		return ST_OK;
	return status_of_errno();
}

/* Read to the end of the file or until size bytes are there. */
static enum status
read_bytes(int fd, char *buf, size_t size, size_t *len)
{
	ssize_t got;

	for (*len = 0; *len < size; *len += (size_t)got) {
		while ((got = read(fd, buf + *len, size - *len)) == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return ST_SYSTEM;
		if (got == 0)
			break;
	}
	return ST_OK;
}

enum status
file_read(const char *path, size_t max, char **text, size_t *len)
{
	char *buf = NULL, *bigger;
	size_t size = 0, used = 0, got = 0;
	enum status st;
	int fd;

	*text = NULL;
	*len = 0;
	if ((st = open_for_reading(path, &fd)) != ST_OK)
		return st;
	/* The size that fstat(2) tells is not believed: the file may grow meanwhile, and /proc says 0. */
	while (used == size) {
		if (used > max) {
			st = ST_INVALID;
			goto out;
		}
		size = size == 0 ? READ_CHUNK : size * 2;
		if ((bigger = realloc(buf, size + 1)) == NULL) {
			st = ST_NOMEM;
			goto out;
		}
		buf = bigger;
		if ((st = read_bytes(fd, buf + used, size - used, &got)) != ST_OK)
			goto out;
		used += got;
	}
	if (used > max) {
		st = ST_INVALID;
		goto out;
	}
	buf[used] = '\0';
	*text = buf;
	*len = used;
	buf = NULL;
out:
	free(buf);
	close_quietly(fd);
	return st;
}

/* The directory part of path, "." when it has none, and where the name begins. */
static enum status
split_path(const char *path, char dir[PATH_MAX], const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	*name = slash == NULL ? path : slash + 1;
	if (len >= PATH_MAX || **name == '\0') {
		errno = **name == '\0' ? EISDIR : ENAMETOOLONG;
		return ST_SYSTEM;
	}
	if (slash == NULL || len == 0) {
		strlcpy(dir, slash == NULL ? "." : "/", PATH_MAX);
		return ST_OK;
	}
	memcpy(dir, path, len);
	dir[len] = '\0';
	return ST_OK;
}

enum status
file_sync_directory(const char *path)
{
	char dir[PATH_MAX];
	const char *name;
	enum status st = ST_OK;
	int fd;

	if (split_path(path, dir, &name) != ST_OK)
		return ST_SYSTEM;
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return ST_SYSTEM;
	/* Some file systems cannot sync a directory and say EINVAL: there is nothing more to be had. */
	if (fsync(fd) == -1 && errno != EINVAL)
		st = status_of_errno();
	close_quietly(fd);
	return st;
}

static enum status
write_bytes(int fd, const void *bytes, size_t len)
{
	const char *from = bytes;
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, from, len)) == -1) {
			if (errno == EINTR)
				continue;
			return status_of_errno();
		}
		from += n;
		len -= (size_t)n;
	}
	return ST_OK;
}

/* Give the new file owner, group and mode of the one at path, or mode when there is none. */
static enum status
take_over_rights(int fd, const char *path, mode_t mode)
{
	struct stat old, new;

	if (lstat(path, &old) == -1) {
		if (errno != ENOENT)
			return ST_SYSTEM;
		return fchmod(fd, mode) == -1 ? ST_SYSTEM : ST_OK;
	}
	if (!S_ISREG(old.st_mode)) {
		errno = S_ISLNK(old.st_mode) ? ELOOP : EINVAL;
		return ST_SYSTEM;
	}
	if (fstat(fd, &new) == -1)
		return ST_SYSTEM;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	    fchown(fd, old.st_uid == new.st_uid ? (uid_t)-1 : old.st_uid, old.st_gid) == -1)
		return status_of_errno() == ST_FULL ? ST_FULL : ST_SYSTEM;
	/* After fchown(2), which may clear bits. */
	return fchmod(fd, old.st_mode & 07777) == -1 ? ST_SYSTEM : ST_OK;
}

enum status
file_replace(const char *path, const void *bytes, size_t len, mode_t mode)
{
	char dir[PATH_MAX], temporary[PATH_MAX];
	const char *name;
	enum status st;
	int fd, saved, n;

	if (split_path(path, dir, &name) != ST_OK)
		return ST_SYSTEM;
	n = snprintf(temporary, sizeof(temporary), "%s/.%s.XXXXXX", dir, name);
	if (n < 0 || (size_t)n >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return ST_SYSTEM;
	}
	if ((fd = mkostemp(temporary, O_CLOEXEC)) == -1)
		return status_of_errno() == ST_FULL ? ST_FULL : ST_SYSTEM;
	if ((st = take_over_rights(fd, path, mode)) == ST_OK)
		st = write_bytes(fd, bytes, len);
	if (st == ST_OK && fsync(fd) == -1)
		st = status_of_errno();
	close_quietly(fd);
	if (st == ST_OK && rename(temporary, path) == 0)
		return file_sync_directory(path);
	if (st == ST_OK)
		st = status_of_errno() == ST_FULL ? ST_FULL : ST_SYSTEM;
	saved = errno;
	unlink(temporary);
	errno = saved;
	return st;
}

/* Is it ".NAME." and the six characters that mkostemp(3) chooses? */
static bool
is_temporary_of(const char *entry, const char *name)
{
	const size_t len = strlen(name);

	return strlen(entry) == len + 8 && entry[0] == '.' && memcmp(entry + 1, name, len) == 0 &&
	    entry[len + 1] == '.' && strspn(entry + len + 2,
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == 6;
}

void
file_remove_leftovers(const char *path)
{
	char dir[PATH_MAX];
	const char *name;
	struct dirent *entry;
	struct stat sb;
	DIR *list;

	if (split_path(path, dir, &name) != ST_OK || (list = opendir(dir)) == NULL)
		return;
	while ((entry = readdir(list)) != NULL)
		if (is_temporary_of(entry->d_name, name) &&
		    fstatat(dirfd(list), entry->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(sb.st_mode) &&
		    sb.st_uid == geteuid())
			unlinkat(dirfd(list), entry->d_name, 0);
	closedir(list);
}

static enum status
complain_secret(const char *path, const char *why)
{
	log_error("%s: %s", path, why);
	return ST_INVALID;
}

/* Cut what was read down to its first line, if that may be a secret. whole: all of the file is there. */
static enum status
take_first_line(const char *path, char *secret, size_t len, bool whole)
{
	char *end = memchr(secret, '\n', len);
	size_t keep = end == NULL ? len : (size_t)(end - secret);

	if (end == NULL && !whole)
		return complain_secret(path, "the first line is too long for a secret");
	if (keep == 0)
		return complain_secret(path, "the first line is empty, a secret is expected there");
	if (memchr(secret, '\0', keep) != NULL)
		return complain_secret(path, "the first line holds a NUL byte");
	explicit_bzero(secret + keep, len - keep);
	return ST_OK;
}

enum status
file_read_secret(const char *path, char *secret, size_t size)
{
	struct stat sb;
	size_t len = 0;
	enum status st;
	int fd;

	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	explicit_bzero(secret, size);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) == -1)
		return status_of_errno();
	if (fstat(fd, &sb) == -1)
		st = ST_SYSTEM;
	else if (!S_ISREG(sb.st_mode))
		st = complain_secret(path, "not a regular file");
	else if ((sb.st_mode & 077) != 0)
		st = complain_secret(path, "others than the owner may use this secret; do: chmod 600");
	else
		st = read_bytes(fd, secret, size, &len);
	if (st == ST_OK)
		st = take_first_line(path, secret, len, len < size);
	if (st != ST_OK)
		explicit_bzero(secret, size);
	close_quietly(fd);
	return st;
}

/* Open path, and make it when it is missing, with a mode that does not depend on the umask. */
static enum status
open_lock(const char *path, int *fd)
{
	int i;

	for (i = 0; i < LOCK_OPEN_TRIES; i++) {
		if ((*fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)) != -1)
			return ST_OK;
		if (errno != ENOENT)
			return ST_SYSTEM;
		*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, LOCK_MODE);
		if (*fd != -1) {
			if (fchmod(*fd, LOCK_MODE) == 0)
				return ST_OK;
			close_quietly(*fd);
			*fd = -1;
			return ST_SYSTEM;
		}
		if (errno != EEXIST)
			return status_of_errno();
	}
	return ST_SYSTEM;
}

enum status
file_lock(const char *path, int wait_ms, int *fd)
{
	enum status st;

	if ((st = open_lock(path, fd)) != ST_OK)
		return st;
	if ((st = file_lock_fd(*fd, wait_ms)) != ST_OK) {
		close_quietly(*fd);
		*fd = -1;
	}
	return st;
}

/* flock(2) has no time limit and a timer would be the whole program's, so the lock is asked for again and again. */
static enum status
poll_lock(int fd, uint64_t until)
{
	int64_t pause = MILLISECOND, left;
	struct timespec ts = { 0, 0 };

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return ST_SYSTEM;
		if ((left = (int64_t)(until - clock_boot())) <= 0)
			return ST_BUSY;
		ts.tv_nsec = (long)(pause < left ? pause : left);
		nanosleep(&ts, NULL);
		pause = pause * 2 < LOCK_SLEEP_MAX ? pause * 2 : LOCK_SLEEP_MAX;
	}
	return ST_OK;
}

enum status
file_lock_fd(int fd, int wait_ms)
{
	if (wait_ms >= 0)
		return poll_lock(fd, clock_boot() + (uint64_t)(wait_ms * MILLISECOND));
	while (flock(fd, LOCK_EX) == -1)
		if (errno != EINTR)
			return ST_SYSTEM;
	return ST_OK;
}

void
file_unlock_fd(int fd)
{
	int saved = errno;

	(void)flock(fd, LOCK_UN);
	errno = saved;
}
