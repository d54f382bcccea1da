/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin unlock and lock: the key of the passwords into the run directory, and out of it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "books.h"
#include "lib/account.h"
#include "lib/log.h"
#include "options.h"
#include "passphrase.h"
#include "record.h"
#include "sealing.h"

struct unlock_options {
	struct passphrase_source source;
	const char	*anywhere;
};

static enum status
open_key(struct books *books, const char *id, const struct passphrase_source *source)
{
	const struct seal_entry *entry;
	char passphrase[SEAL_SECRET] = "";
	struct seal_file file;
	struct seal *seal = NULL;
	enum status st;

	if ((st = sealing_find(books->set, id, &file, &entry)) == ST_OK &&
	    (st = passphrase_get(source, "Passphrase: ", passphrase)) == ST_OK &&
	    (st = sealing_open(&file, entry, false, passphrase, &seal)) == ST_OK) {
		seal_free(books->seal);
		books->seal = seal;
		master_use_seal(books->master, seal);
	}
	secret_wipe(passphrase, sizeof(passphrase));
	return st;
}

static enum status
unlock(struct books *books, const struct unlock_options *o)
{
	char id[SEAL_ID];
	enum status st;

	if ((st = master_seal(books->master, id)) == ST_NOTFOUND) {
		printf("The passwords are not sealed: there is nothing to unlock.\n");
		return master_is_unfinished(books->master) ? sealing_finish(books) : ST_OK;
	}
	if (st != ST_OK) {
		log_error("%s: %s", books->set->master, status_text(st));
		return st;
	}
	if (seal_has(books->seal, id)) {
		printf("The passwords are unlocked already.\n");
		return ST_OK;
	}
	if ((st = open_key(books, id, &o->source)) != ST_OK)
		return st;
	if ((st = seal_keep(books->set->rundir, books->group, books->seal)) != ST_OK) {
		log_error("%s: the key cannot be put there: %s", books->set->rundir,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
		return st;
	}
	record("the passwords are unlocked");
	printf("The passwords are unlocked until this machine stops.\n");
	return master_is_unfinished(books->master) ? sealing_finish(books) : ST_OK;
}

int
unlock_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "passphrase-file", offsetof(struct unlock_options, source.file), NULL },
		{ "credential", offsetof(struct unlock_options, source.credential), NULL },
		{ "no-tmpfs", offsetof(struct unlock_options, anywhere), OPTION_WORD },
		{ NULL, 0, NULL }
	};
	struct unlock_options o = { .anywhere = NULL };
	struct books books = { .lock = -1 };
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if (o.source.file != NULL && o.source.credential != NULL)
		return options_wrong(admin, "--passphrase-file and --credential exclude each other");
	if ((st = settings_load(admin->config, &set)) == ST_OK &&
	    (st = sealing_judge_rundir(set->rundir, o.anywhere != NULL)) == ST_OK &&
	    (st = books_open(set, &books)) == ST_OK)
		st = unlock(&books, &o);
	books_close(&books);
	settings_free(set);
	return status_exit(st);
}

/* Needs no accounts: the key goes, whatever it opens. */
int
lock_run(struct admin *admin)
{
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) != ST_OK)
		return status_exit(st);
	if ((st = seal_drop(set->rundir)) == ST_NOTFOUND) {
		printf("No key is in %s.\n", set->rundir);
		st = ST_OK;
	} else if (st == ST_OK) {
		record("the passwords are locked");
		printf("The passwords, if they are sealed, are locked.\n");
	} else
		log_error("%s/" SEAL_KEY_FILE ": %s", set->rundir, strerror(errno));
	settings_free(set);
	return status_exit(st);
}
