/* SPDX-License-Identifier: ISC */
/*
 * The steps that the commands of the seal share.
 */
#include "sealing.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"

static const char *
why(enum status st)
{
	return st == ST_SYSTEM ? strerror(errno) : status_text(st);
}

enum status
sealing_judge_rundir(const char *rundir, bool anywhere)
{
	struct statfs fs;

	if (statfs(rundir, &fs) != 0) {
		log_error("%s: %s; nothing was changed", rundir, strerror(errno));
		return ST_SYSTEM;
	}
	if (anywhere || fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		return ST_OK;
	log_error("%s is not on a tmpfs, so that the key would come to lie on the disk; nothing was changed", rundir);
	return ST_INVALID;
}

enum status
sealing_find(const struct settings *set, const char *id, struct seal_file *file, const struct seal_entry **entry)
{
	enum status st = seal_file_read(set->seal, file);

	*entry = st == ST_OK ? seal_file_find(file, id) : NULL;
	if (st != ST_OK)
		log_error("%s: %s; the passwords are sealed by the key %s, which must be there; nothing was changed",
		    set->seal, why(st), id);
	else if (*entry == NULL) {
		log_error("%s does not hold the key %s, by which the passwords are sealed; put back the file that "
		    "belongs to these accounts; nothing was changed", set->seal, id);
		st = ST_NOTFOUND;
	}
	return st;
}

enum status
sealing_open(const struct seal_file *file, const struct seal_entry *entry, bool by_recovery, const char *secret,
    struct seal **seal)
{
	const enum status st = seal_unwrap(entry, by_recovery, secret, seal);
	const char *hint = "";

	if (file->n > 1)
		hint = entry == &file->list[0] ?
		    "; the last change of it was interrupted, and the one of before holds" :
		    "; the last change of it was interrupted, but the new one holds";
	if (st == ST_DENIED)
		log_error("wrong %s%s; nothing was changed", by_recovery ? "recovery key" : "passphrase", hint);
	else if (st != ST_OK)
		log_error("the key cannot be unwrapped: %s; nothing was changed", status_text(st));
	return st;
}

/* Each step of finishing says what it is at. Only the entry of the accounts' key stays in the file. */
static enum status
trim_file(const struct settings *set, const char *id, const char **what)
{
	struct seal_file file;
	const struct seal_entry *entry;

	*what = set->seal;
	file_remove_leftovers(set->seal);
	if (*id == '\0')
		return unlink(set->seal) == 0 || errno == ENOENT ? file_sync_directory(set->seal) : ST_SYSTEM;
	if (seal_file_read(set->seal, &file) != ST_OK || file.n == 1 || (entry = seal_file_find(&file, id)) == NULL)
		return ST_OK;
	file = (struct seal_file){ 1, { *entry } };
	return seal_file_write(set->seal, &file);
}

static enum status
trim_key(const struct books *books, const char *id, const char **what)
{
	struct seal *only = NULL;
	enum status st;

	*what = books->set->rundir;
	if ((st = seal_copy(books->seal, id, &only)) == ST_OK)
		st = seal_keep(books->set->rundir, books->group, only);
	else if (st == ST_NOTFOUND && (st = seal_drop(books->set->rundir)) == ST_NOTFOUND)
		st = ST_OK;
	seal_free(only);
	return st;
}

/* The one before is kept, too, and it must be none of before the change. */
static enum status
publish_twice(struct books *books, const char **what)
{
	enum status st = master_publish(books->master, books->set->accounts, books->group);

	*what = books->set->accounts;
	return st != ST_OK ? st : master_publish(books->master, books->set->accounts, books->group);
}

static enum status
rewrite(struct books *books, const char **what)
{
	*what = books->set->master;
	return master_rewrite(books->master, books->set->master, BOOKS_LOCK);
}

enum status
sealing_finish(struct books *books)
{
	const struct settings *set = books->set;
	const char *what = set->master;
	char id[SEAL_ID];
	enum status st = master_seal(books->master, id);

	if (st == ST_OK || st == ST_NOTFOUND)
		st = publish_twice(books, &what);
	if (st == ST_OK)
		st = rewrite(books, &what);
	if (st == ST_OK)
		st = trim_file(set, id, &what);
	if (st == ST_OK)
		st = trim_key(books, id, &what);
	if (st == ST_OK)
		st = master_finished(books->master);
	if (st != ST_OK)
		log_error("%s: %s; the passwords are %s, but older ones still lie on the disk: give the command again",
		    what, why(st), *id != '\0' ? "sealed" : "not sealed any more");
	return st;
}
