/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin backup and restore: the accounts as one file, and back. A restore brings back what was taken away
 * since, so it says what that is and wants to be told twice; and it ends every login and lease of before.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "difference.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "record.h"
#include "roll.h"
#include "running.h"
#include "sealing.h"

struct restore {
	struct roll	now, then;
	struct work	accounts;	/* of both */
	struct work	gone;		/* hosts that are no more, and aliases that are not what they were */
	char		seal_now[SEAL_ID], seal_then[SEAL_ID];	/* what they are sealed by; "": they are not */
	bool		reseal;		/* by another key from now on */
	struct accounts	*backup;
	const struct seal *seal;
	uint64_t	epoch;
};

static void
restore_free(struct restore *r)
{
	roll_free(&r->now);
	roll_free(&r->then);
	work_free(&r->accounts);
	work_free(&r->gone);
	accounts_close(r->backup);
}

int
backup_run(struct admin *admin)
{
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	char id[SEAL_ID];
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if (strlen(admin->argv[0]) >= FILE_PATH)
		return EX_DATAERR;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = books_open(set, &books)) == ST_OK &&
	    (st = master_backup(books.master, admin->argv[0])) != ST_OK)
		log_error("%s: %s", admin->argv[0], st == ST_SYSTEM ? strerror(errno) : status_text(st));
	if (st == ST_OK) {
		record("accounts backed up to %s", admin->argv[0]);
		if (master_seal(books.master, id) == ST_OK)
			printf("The passwords in it are sealed. To be restored it needs the passphrase, and %s as it "
			    "is now: copy it, too.\n", set->seal);
	}
	books_close(&books);
	settings_free(set);
	return status_exit(st);
}

/* --- what a restore would do --- */

/* True: it gives somebody something that was taken away. */
static bool
tell_account(const struct restore *r, const char *name)
{
	struct account now, then;
	bool any = false;

	if (roll_get(&r->then, name, &then) == ST_OK)
		any = difference_tell(r->seal, roll_get(&r->now, name, &now) == ST_OK ? &now : NULL, &then);
	secret_wipe(&now, sizeof(now));
	secret_wipe(&then, sizeof(then));
	return any;
}

static bool
tell_differences(const struct restore *r)
{
	bool any = false;

	for (size_t i = 0; i < r->then.n; i++)
		any = tell_account(r, r->then.list[i].name) || any;
	for (size_t i = 0; i < r->then.hosts.n; i++)
		if (hosts_find(&r->now.hosts, r->then.hosts.list[i].name) == NULL) {
			printf("host %s of %s would come back\n", r->then.hosts.list[i].name,
			    r->then.hosts.list[i].owner);
			any = true;
		}
	for (size_t i = 0; i < r->now.n; i++)
		if (!roll_has(&r->then, r->now.list[i].name)) {
			printf("account %s would be deleted\n", r->now.list[i].name);
			any = true;
		}
	return any;
}

/* --- doing it --- */

static enum status
read_backup(const char *path, struct restore *r)
{
	struct stat sb;
	enum status st = ST_DAMAGED;

	if (stat(path, &sb) != 0)
		st = errno == ENOENT ? ST_NOTFOUND : ST_SYSTEM;
	else if (S_ISREG(sb.st_mode) && (st = accounts_open(path, &r->backup)) == ST_OK &&
	    ((st = accounts_seal(r->backup, r->seal_then)) == ST_OK || st == ST_NOTFOUND))
		st = roll_read(r->backup, &r->then);
	if (st != ST_OK)
		log_error("%s: no backup of accounts can be read (%s); nothing was changed", path,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	return st;
}

/* A master that is lost is made anew: that is what backups are for. */
static enum status
open_books(const struct settings *set, struct books *books)
{
	struct master *master = NULL;
	enum status st;

	if ((st = master_open(set->master, true, &master)) != ST_OK)
		log_error("%s: %s; if it is damaged, move it away and try again", set->master,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	master_close(master);
	return st != ST_OK ? st : books_open(set, books);
}

static void
undo_restore(struct master *master, const void *arg)
{
	const struct restore *r = arg;

	if (r->reseal)
		master_set_seal(master, *r->seal_now != '\0' ? r->seal_now : NULL);
	roll_exchange(master, &r->then, &r->now, 0);
}

static enum status
restore_books(struct books *books, struct restore *r)
{
	uint64_t least = (uint64_t)clock_wall();

	if (roll_epoch(&r->now) >= least)
		least = roll_epoch(&r->now) + 1;
	if (roll_epoch(&r->then) >= least)
		least = roll_epoch(&r->then) + 1;
	master_begin(books->master);
	r->epoch = master_next_epoch(books->master, least);
	if (r->reseal) {
		master_set_seal(books->master, r->seal_then);
		master_take_decoys(books->master, r->backup);
	}
	roll_exchange(books->master, &r->now, &r->then, r->epoch);
	return books_commit(books, undo_restore, r);
}

/*
 * A backup that is not sealed is sealed by the key of now; one by another key brings that with it, if the file of the
 * wrapped key holds it. ST_LOCKED, ST_NOTFOUND, ST_DAMAGED; logged.
 */
static enum status
judge_seal(struct books *books, struct restore *r)
{
	const struct seal_entry *entry;
	struct seal_file file;
	enum status st;

	if ((st = master_seal(books->master, r->seal_now)) != ST_OK && st != ST_NOTFOUND) {
		log_error("%s: %s; nothing was changed", books->set->master, status_text(st));
		return st;
	}
	if (strcmp(r->seal_now, r->seal_then) == 0)
		return ST_OK;
	r->reseal = *r->seal_then != '\0';
	if (r->reseal)
		return sealing_find(books->set, r->seal_then, &file, &entry);
	if (seal_has(books->seal, r->seal_now))
		return ST_OK;
	log_error("this backup is not sealed, and what comes of it must be: give dynlease-admin unlock first; nothing "
	    "was changed");
	return ST_LOCKED;
}

/* Aliases that the others do not have, or not of this host and kind. */
static enum status
add_differing(const struct hosts *aliases, const struct hosts *others, struct work *to)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < aliases->n && st == ST_OK; i++) {
		const struct hosts_entry *alias = &aliases->list[i], *other = hosts_find(others, alias->name);

		if (other == NULL || other->is_cname != alias->is_cname || strcmp(other->owner, alias->owner) != 0)
			st = work_add(to, alias->name, 0);
	}
	return st;
}

static enum status
collect(struct books *books, const char *path, struct restore *r)
{
	enum status st;

	r->seal = books->seal;
	if ((st = read_backup(path, r)) != ST_OK || (st = judge_seal(books, r)) != ST_OK)
		return st;
	if ((st = roll_read_master(books->master, &r->now)) == ST_OK &&
	    (st = roll_names(&r->now, &r->accounts)) == ST_OK)
		st = roll_names(&r->then, &r->accounts);
	work_tidy(&r->accounts);
	for (size_t i = 0; i < r->now.hosts.n && st == ST_OK; i++)
		if (hosts_find(&r->then.hosts, r->now.hosts.list[i].name) == NULL)
			st = work_add(&r->gone, r->now.hosts.list[i].name, 0);
	if (st == ST_OK && (st = add_differing(&r->now.aliases, &r->then.aliases, &r->gone)) == ST_OK)
		st = add_differing(&r->then.aliases, &r->now.aliases, &r->gone);
	work_tidy(&r->gone);
	if (st != ST_OK)
		log_error("%s: %s; nothing was changed", books->set->master, status_text(st));
	return st;
}

static enum status
finish_seal(struct books *books, const struct restore *r)
{
	const enum status st = sealing_finish(books);

	printf("Their passwords are sealed by the key %s%s\n", r->seal_then, seal_has(books->seal, r->seal_then) ? "." :
	    ", and locked: dynlease-admin unlock takes the passphrase of that time.");
	return st;
}

static enum status
restore(struct books *books, const char *path, bool sure)
{
	struct restore r = { .epoch = 0 };
	enum status st, finished = ST_OK;

	if ((st = collect(books, path, &r)) == ST_OK && tell_differences(&r) && !sure) {
		log_error("nothing was changed; give --yes, too, if all of this is wanted");
		st = ST_INVALID;
	}
	if (st == ST_OK && (st = restore_books(books, &r)) == ST_OK) {
		record("accounts restored from %s: %zu accounts, %zu hosts", path, r.then.n, r.then.hosts.n);
		printf("%zu accounts and %zu hosts are restored.\n", r.then.n, r.then.hosts.n);
		if (r.reseal)
			finished = finish_seal(books, &r);
		else if (strcmp(r.seal_now, r.seal_then) != 0)
			printf("The backup was not sealed; its passwords are sealed now as all are.\n");
		st = running_revoke(books->set, &(struct revocation){ .account = "restored", .others = &r.accounts,
		    .epoch = r.epoch, .all_gone = &r.gone,
		    .returning = "; hosts come back with their next renewal" });
		st = st == ST_OK ? finished : st;
	}
	restore_free(&r);
	return st;
}

struct restore_options {
	const char	*yes;
};

int
restore_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "yes", offsetof(struct restore_options, yes), OPTION_WORD }, { NULL, 0, NULL }
	};
	struct restore_options o = { NULL };
	struct settings *set = NULL;
	struct books books = { .lock = -1 };
	enum status st;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = open_books(set, &books)) == ST_OK)
		st = restore(&books, admin->argv[0], o.yes != NULL);
	if (books_close(&books) != ST_OK && st == ST_OK)
		st = ST_SYSTEM;
	settings_free(set);
	return status_exit(st);
}
