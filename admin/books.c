/* SPDX-License-Identifier: ISC */
/*
 * Opening, changing and publishing the accounts. Knows nothing of the lease table.
 */
#include "books.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "people.h"
#include "sshkeys.h"

#define LOCK_WAIT	10000	/* milliseconds */

/* Without the key, what needs it fails when it is needed. */
static void
open_seal(struct books *books)
{
	const enum status st = seal_load(books->set->rundir, &books->seal);

	if (st != ST_OK && st != ST_NOTFOUND)
		log_warning("%s/" SEAL_KEY_FILE ": %s", books->set->rundir,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	master_use_seal(books->master, books->seal);
}

enum status
books_open(const struct settings *set, struct books *books)
{
	char lock[FILE_PATH + 16];
	enum status st;

	*books = (struct books){ .set = set, .lock = -1 };
	if ((st = people_gid(set->group, &books->group)) != ST_OK) {
		log_error("there is no group %s", set->group);
		return ST_CONFIG;
	}
	if (access(set->master, F_OK) != 0) {
		log_error("%s: %s; dynlease-admin init makes it", set->master, strerror(errno));
		return ST_NOTFOUND;
	}
	snprintf(lock, sizeof(lock), "%s/" BOOKS_LOCK, set->master);
	if ((st = file_lock(lock, LOCK_WAIT, &books->lock)) == ST_BUSY)
		log_error("another dynlease-admin is changing the accounts");
	else if (st != ST_OK)
		log_error("%s: %s", lock, strerror(errno));
	else if ((st = master_open(set->master, false, &books->master)) != ST_OK)
		log_error("%s: %s", set->master, status_text(st));
	else
		open_seal(books);
	return st;
}

enum status
books_close(struct books *books)
{
	const enum status behind = books->behind;

	master_close(books->master);
	seal_free(books->seal);
	if (books->lock >= 0)
		close(books->lock);
	*books = (struct books){ .lock = -1 };
	return behind;
}

enum status
books_commit(struct books *books, void (*undo)(struct master *, const void *), const void *arg)
{
	enum status st, back;
	int error;

	if ((st = master_end(books->master)) == ST_LOCKED) {
		log_error("the passwords are locked, so that no new one can be kept: give dynlease-admin unlock first; "
		    "nothing was changed");
		return st;
	}
	if (st != ST_OK) {
		log_error("%s: %s; nothing was changed", books->set->master, status_text(st));
		return st;
	}
	if ((st = master_publish(books->master, books->set->accounts, books->group)) == ST_OK) {
		books->behind = sshkeys_keep(books->set, books->master);
		return ST_OK;	/* the change is in effect: leases are still to be ended */
	}
	error = errno;
	master_begin(books->master);
	undo(books->master, arg);
	back = master_end(books->master);
	log_error("%s: the snapshot cannot be written (%s); %s", books->set->accounts,
	    st == ST_SYSTEM ? strerror(error) : status_text(st), back == ST_OK ? "nothing was changed" :
	    "it stays as it was, but the master has the change, which takes effect with the next one");
	return st;
}

struct hunt {
	const char	*account, *but;
	struct work	*found;
};

static enum status
take_host(void *arg, const char *host, const char *owner)
{
	struct hunt *hunt = arg;

	if (strcmp(owner, hunt->account) != 0 || (hunt->but != NULL && strcmp(host, hunt->but) == 0))
		return ST_OK;
	return work_add(hunt->found, host, 0);
}

enum status
books_hosts(struct master *master, const char *account, struct work *hosts)
{
	return master_each_host(master, take_host, &(struct hunt){ account, NULL, hosts });
}

enum status
books_count_others(struct master *master, const char *account, const char *host, size_t *n)
{
	struct work found = { 0 };
	enum status st = master_each_host(master, take_host, &(struct hunt){ account, host, &found });

	*n = found.n;
	work_free(&found);
	return st;
}

struct alias_hunt {
	const struct work	*hosts;
	struct hosts		*found;
};

static enum status
take_alias(void *arg, const struct alias *alias)
{
	const struct alias_hunt *hunt = arg;

	return work_has(hunt->hosts, alias->host) ? hosts_add_alias(hunt->found, alias) : ST_OK;
}

enum status
books_del_aliases(struct master *master, const struct work *hosts, struct hosts *gone)
{
	const enum status st = master_each_alias(master, take_alias, &(struct alias_hunt){ hosts, gone });

	for (size_t i = 0; i < gone->n && st == ST_OK; i++)
		master_del_host(master, gone->list[i].name);
	return st;
}
