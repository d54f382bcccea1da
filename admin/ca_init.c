/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin ca init: a key, sealed with a passphrase, a root for it, and the first revocation list. The root's
 * file makes the CA: what is killed before it is there has made none, and what is killed after it is mended by ca crl.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "ca.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "options.h"
#include "record.h"
#include "refuse.h"
#include "text.h"

#define YEARS		10
#define YEARS_MOST	30
#define NAME_MOST	64	/* of a common name */

struct init {
	const char			*name, *years, *open;
	struct passphrase_source	 source;
};

static bool
is_name(const char *text)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-_";
	const size_t len = strlen(text);

	return len > 0 && len <= NAME_MOST && strspn(text, good) == len && *text != ' ' && text[len - 1] != ' ';
}

/* Asked again with the lock, so that two do not make one each. */
static enum status
judge_fresh(const struct settings *set)
{
	const char *const published[] = { set->client_ca, set->client_crl };
	struct ca ca;
	const enum status st = ca_look(set, &ca);
	struct stat sb;

	ca_close(&ca);
	if (st == ST_OK) {
		refuse(set->ca, "there is a CA already, and init overwrites nothing (" CA_COMMAND
		    "crl gives its root and list to the helpers again)");
		return ST_EXISTS;
	}
	if (st != ST_NOTFOUND)
		return st;
	for (size_t i = 0; i < 2; i++)
		if (lstat(published[i], &sb) == 0) {
			refuse(published[i], "it is there already, of another CA, and init overwrites nothing");
			return ST_EXISTS;
		}
	return ST_OK;
}

static enum status
make_directory(const struct settings *set, struct ca *ca)
{
	char lock[FILE_PATH];
	enum status st;

	if (!ca_path(set, "lock", lock, sizeof(lock)))
		return ST_CONFIG;
	if ((mkdir(set->ca, 0700) != 0 && errno != EEXIST) || chmod(set->ca, 0700) != 0)
		st = ST_SYSTEM;
	else
		st = file_lock(lock, 0, &ca->lock);
	if (st != ST_OK)
		log_error("%s: %s; nothing was changed", set->ca, st == ST_SYSTEM ? strerror(errno) :
		    "another dynlease-admin is using the CA");
	return st;
}

static enum status
make(const char *name, time_t until, struct ca *ca)
{
	struct ca_root *root = &ca->roots[0];
	const char *at;
	enum status st;

	root->number = 1;
	if ((st = issuer_make(name, clock_wall(), until, &root->issuer)) != ST_OK ||
	    (root->pem = issuer_root(root->issuer)) == NULL)
		return st != ST_OK ? st : ST_NOMEM;
	ca->nroots = 1;
	at = root->pem;
	return (st = certificate_next(&at, &root->facts)) == ST_OK && (st = ca_keep_root(ca, root)) == ST_OK ?
	    ca_publish(ca, 0, 0) : st;
}

static void
tell(const struct settings *set, const char *name, const struct init *o, time_t until)
{
	char when[TIME_TEXT];

	record("made the CA \"%s\" in %s", name, set->ca);
	printf("Made the CA \"%s\" in %s, good until %s%s. Its root is in %s,\nand its revocation list, good for %d "
	    "days, in %s.\n", name, set->ca, time_text(until, when), o->open == NULL ? "" :
	    ", its key without a passphrase", set->client_ca, CA_CRL_DAYS, set->client_crl);
	printf("Keep a copy of %s elsewhere. Next: " CA_COMMAND "issue NAME; and before the list runs out:\n"
	    CA_COMMAND "crl. dynlease-admin check warns in time.\n", set->ca);
}

static enum status
run(const struct admin *admin, const struct init *o)
{
	const char *name = o->name != NULL ? o->name : "dynlease CA";
	struct settings *set = NULL;
	struct ca ca = { .lock = -1 };
	time_t until = 0;
	long years;
	enum status st;

	if (!is_name(name))
		return refuse(name, "no name for a CA: 1 to 64 letters, digits, blanks, dots and dashes");
	if (o->open != NULL && o->source.file != NULL)
		return refuse("--no-passphrase", "not together with a passphrase");
	if ((st = ca_number("--years", o->years, YEARS_MOST, YEARS, &years)) != ST_OK ||
	    (st = settings_load(admin->config, &set)) != ST_OK)
		return st;
	ca.set = set;
	until = ca_years(clock_wall(), years);
	if ((st = judge_fresh(set)) == ST_OK && o->open == NULL)
		st = passphrase_get_new(&o->source, ca.passphrase);
	if (st == ST_OK && (st = make_directory(set, &ca)) == ST_OK && (st = judge_fresh(set)) == ST_OK &&
	    (st = make(name, until, &ca)) == ST_OK)
		tell(set, name, o, until);
	ca_close(&ca);
	settings_free(set);
	return st;
}

int
ca_init(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "name", offsetof(struct init, name), NULL }, { "years", offsetof(struct init, years), NULL },
		{ "no-passphrase", offsetof(struct init, open), OPTION_WORD }, CA_PASSPHRASE(struct init),
		{ NULL, 0, NULL }
	};
	struct init o = { .name = NULL };

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	return status_exit(run(admin, &o));
}
