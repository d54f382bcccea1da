/* SPDX-License-Identifier: ISC */
/*
 * Files as this project handles them: read whole with a bound, replaced atomically (temporary file beside it,
 * fsync, rename, fsync of the directory; owner and mode of the old file kept), locked with flock(2) and a
 * time limit. Opened O_NOFOLLOW|O_CLOEXEC; nothing is ever written under a predictable name in a shared place.
 */
#ifndef DYNLEASE_FILE_H
#define DYNLEASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "status.h"

#define FILE_PATH	4096	/* bytes of a path, with the NUL */

/* The whole file, NUL-terminated, malloc'ed. ST_NOTFOUND; ST_INVALID: over max bytes; ST_SYSTEM. */
enum status	file_read(const char *path, size_t max, char **text, size_t *len);

/*
 * Replace path's content. A new file gets mode; an existing one keeps owner, group and mode.
 * On any failure the old file is untouched and no temporary file is left (a directory that cannot be synced is
 * noticed after the rename: the new file is there, and it is said to have failed). What is there must be a regular
 * file: a symbolic link is not replaced (errno ELOOP). ST_FULL, ST_SYSTEM.
 */
enum status	file_replace(const char *path, const void *bytes, size_t len, mode_t mode);

/*
 * Remove the temporary files that killed file_replace(path) calls of this user have left. Only where nobody else
 * replaces path at the same time. Errors do not matter.
 */
void		file_remove_leftovers(const char *path);

/* fsync the directory that holds path. */
enum status	file_sync_directory(const char *path);

/*
 * A secret in a file: regular, not readable by group or others, first line without its newline, 1 to size-1 bytes.
 * ST_NOTFOUND, ST_INVALID (logged: what to chmod), ST_SYSTEM.
 */
enum status	file_read_secret(const char *path, char *secret, size_t size);

/*
 * Take the exclusive flock of path (made with mode 0660 when missing), waiting at most wait_ms milliseconds;
 * negative waits as long as it takes. ST_BUSY: not in time. *fd is the lock: close it to give it back.
 */
enum status	file_lock(const char *path, int wait_ms, int *fd);

/* The same on a descriptor that is open already; release with file_unlock_fd(), or by closing it. */
enum status	file_lock_fd(int fd, int wait_ms);
void		file_unlock_fd(int fd);

#endif
