/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin seal and unseal: the verifiers under a new key, or under none.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "books.h"
#include "lib/account.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "passphrase.h"
#include "record.h"
#include "sealing.h"

struct sealing {
	struct passphrase_source source;
	const char	*recover, *anywhere;
	char		 id[SEAL_ID];		/* of the key that holds so far; "": none */
	struct seal	*old, *next;
	struct seal_file before, file;
	char		 passphrase[SEAL_SECRET], recovery[TOKEN_SIZE];
};

static void
sealing_free(struct sealing *s)
{
	seal_free(s->old);
	seal_free(s->next);
	secret_wipe(s, sizeof(*s));
}

static enum status
complain(const char *path, enum status st)
{
	log_error("%s: %s; nothing was changed", path, st == ST_SYSTEM ? strerror(errno) : status_text(st));
	return st;
}

/* The key that holds, by the passphrase or the recovery key. */
static enum status
open_old(const struct settings *set, struct sealing *s)
{
	const struct seal_entry *entry;
	char secret[SEAL_SECRET] = "";
	enum status st;

	if ((st = sealing_find(set, s->id, &s->before, &entry)) != ST_OK)
		return st;
	st = s->recover != NULL ? passphrase_get_recovery(secret) :
	    passphrase_get(&s->source, "Passphrase: ", secret);
	if (st == ST_OK)
		st = sealing_open(&s->before, entry, s->recover != NULL, secret, &s->old);
	secret_wipe(secret, sizeof(secret));
	return st;
}

static enum status
find_old(struct books *books, struct sealing *s)
{
	const struct settings *set = books->set;
	enum status st;

	if ((st = master_seal(books->master, s->id)) == ST_NOTFOUND && s->recover != NULL) {
		log_error("the passwords are not sealed, so that there is nothing to recover; nothing was changed");
		return ST_INVALID;
	}
	if (st == ST_NOTFOUND)
		return ST_OK;
	if (st != ST_OK)
		return complain(set->master, st);
	if (s->recover != NULL || (!seal_has(books->seal, s->id) && s->source.file == NULL))
		return open_old(set, s);
	if ((st = seal_copy(books->seal, s->id, &s->old)) == ST_NOTFOUND) {
		log_error("the passwords are locked: give dynlease-admin unlock first; nothing was changed");
		return ST_LOCKED;
	}
	/* A file that is lost is what this may be given for. */
	if (st == ST_OK)
		seal_file_read(set->seal, &s->before);
	return st;
}

/* The new key, and the file with it and with the one that holds until the accounts say otherwise. */
static enum status
make_next(const struct settings *set, struct sealing *s)
{
	const struct seal_entry *entry = seal_file_find(&s->before, s->id);
	enum status st;

	if (entry != NULL)
		s->file.list[s->file.n++] = *entry;
	if ((st = passphrase_get_new(&s->source, s->passphrase)) != ST_OK)
		return st;
	if ((st = secret_new_token(s->recovery)) != ST_OK || (st = seal_make(&s->next)) != ST_OK ||
	    (st = seal_wrap(s->next, s->passphrase, s->recovery, &s->file.list[s->file.n++])) != ST_OK)
		return complain("no key can be made", st);
	if ((st = seal_file_write(set->seal, &s->file)) != ST_OK)
		complain(set->seal, st);
	return st;
}

/* In one change; without it, what was prepared for it goes. */
static enum status
change(struct books *books, const char *id)
{
	enum status st;

	master_use_seal(books->master, books->seal);
	master_begin(books->master);
	if ((st = master_reseal(books->master, id)) == ST_OK)
		st = master_end(books->master);
	else
		master_cancel(books->master);
	return st != ST_OK ? complain(books->set->master, st) : st;
}

static void
take_back(struct books *books, const struct sealing *s)
{
	if (s->before.n > 0)
		seal_file_write(books->set->seal, &s->before);
	else
		unlink(books->set->seal);
	seal_free(books->seal);
	if (seal_copy(s->old, s->id, &books->seal) == ST_OK)
		seal_keep(books->set->rundir, books->group, books->seal);
	else
		seal_drop(books->set->rundir);
}

/* The helpers that read the accounts meanwhile find both keys. */
static enum status
exchange(struct books *books, struct sealing *s)
{
	struct seal *copy = NULL;
	char id[SEAL_ID];
	enum status st;

	memcpy(id, seal_id(s->next), SEAL_ID);
	if (s->old != NULL && (st = seal_copy(s->old, s->id, &copy)) != ST_OK)
		return st;
	seal_add(s->next, copy);
	seal_free(books->seal);
	books->seal = s->next;
	s->next = NULL;
	if ((st = seal_keep(books->set->rundir, books->group, books->seal)) != ST_OK)
		complain(books->set->rundir, st);
	else
		st = change(books, id);
	if (st != ST_OK)
		take_back(books, s);
	return st;
}

static void
tell(const struct settings *set, const struct sealing *s)
{
	char text[RECOVERY_TEXT];

	printf("The passwords are sealed%s, and unlocked until this machine stops.\n\n"
	    "Recovery key, shown this once:\n\n    %s\n\n",
	    *s->id != '\0' ? " by a new key" : "", recovery_text(s->recovery, text));
	secret_wipe(text, sizeof(text));
	printf("Keep it on paper, away from this machine. If the passphrase is lost, give\n"
	    "dynlease-admin seal --recover, which asks for it and makes a new key, passphrase and recovery key.\n\n"
	    "After each boot, logins by password have to wait (421) until somebody gives\n"
	    "dynlease-admin unlock. dynlease-unlock.service can do it.\n\n"
	    "Backups need %s to be restored: keep a copy of it with them.\n"
	    "Parts of the disk that are free now, and the backups of before, may still hold what passwords can be\n"
	    "guessed by%s. Destroy those backups; and where the disk itself may have been copied, or its free\n"
	    "space may be read, give new secrets: dynlease-admin host secret.\n", set->seal,
	    *s->id != '\0' ? ", sealed by the old key" : "");
	if (fflush(stdout) != 0)
		log_error("the recovery key was not shown (%s): give the command again", strerror(errno));
}

static enum status
seal(const struct settings *set, struct sealing *s)
{
	struct books books = { .lock = -1 };
	enum status st;

	if ((st = sealing_judge_rundir(set->rundir, s->anywhere != NULL)) == ST_OK &&
	    (st = books_open(set, &books)) == ST_OK && (st = find_old(&books, s)) == ST_OK &&
	    (st = make_next(set, s)) == ST_OK && (st = exchange(&books, s)) == ST_OK) {
		record("the passwords are sealed by the key %s", seal_id(books.seal));
		st = sealing_finish(&books);
		tell(set, s);
	}
	books_close(&books);
	return st;
}

int
seal_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "passphrase-file", offsetof(struct sealing, source.file), NULL },
		{ "recover", offsetof(struct sealing, recover), OPTION_WORD },
		{ "no-tmpfs", offsetof(struct sealing, anywhere), OPTION_WORD },
		{ NULL, 0, NULL }
	};
	struct settings *set = NULL;
	struct sealing s = { .id = "" };
	enum status st;

	if (options_take(admin, rows, &s) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK)
		st = seal(set, &s);
	sealing_free(&s);
	settings_free(set);
	return status_exit(st);
}

/* --- and back --- */

/* What an interrupted change has left, when they are not sealed. */
static enum status
clear(struct books *books)
{
	struct seal_file file;
	enum status st;

	if (!master_is_unfinished(books->master) && books->seal == NULL &&
	    seal_file_read(books->set->seal, &file) == ST_NOTFOUND) {
		log_error("the passwords are not sealed; nothing was changed");
		return ST_INVALID;
	}
	if ((st = sealing_finish(books)) == ST_OK)
		printf("The passwords are not sealed. What an interrupted change had left is removed.\n");
	return st;
}

static enum status
unseal(struct books *books, struct sealing *s)
{
	enum status st;

	if ((st = master_seal(books->master, s->id)) == ST_NOTFOUND)
		return clear(books);
	if (st != ST_OK)
		return complain(books->set->master, st);
	if ((st = open_old(books->set, s)) != ST_OK)
		return st;
	seal_free(books->seal);
	books->seal = s->old;
	s->old = NULL;
	if ((st = change(books, NULL)) != ST_OK)
		return st;
	record("the passwords are not sealed any more");
	if ((st = sealing_finish(books)) == ST_OK)
		printf("The passwords are not sealed any more; who gets hold of the disk can guess them.\n");
	return st;
}

int
unseal_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "passphrase-file", offsetof(struct sealing, source.file), NULL }, { NULL, 0, NULL }
	};
	struct books books = { .lock = -1 };
	struct sealing s = { .id = "" };
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, rows, &s) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = books_open(set, &books)) == ST_OK)
		st = unseal(&books, &s);
	books_close(&books);
	sealing_free(&s);
	settings_free(set);
	return status_exit(st);
}
