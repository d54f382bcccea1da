/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin ca renew-root and ca retire. The same key again, and nothing that was issued notices; or a new key
 * beside the old one, until the old one is retired.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "ca.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "options.h"
#include "record.h"
#include "text.h"

#define YEARS		10
#define YEARS_MOST	30

struct root_options {
	const char			*years, *new_key, *yes;
	struct passphrase_source	 source;
};

static enum status
extend(struct ca *ca, time_t until)
{
	struct ca_root *root = ca_newest(ca);
	char when[TIME_TEXT];
	enum status st;

	if (until <= root->facts.until) {
		log_error("the root is good until %s as it is; --years makes it longer; nothing was changed",
		    time_text(root->facts.until, when));
		return ST_INVALID;
	}
	if ((st = issuer_renew(root->issuer, clock_wall(), until)) != ST_OK ||
	    (st = ca_keep_root(ca, root)) != ST_OK || (st = ca_publish(ca, 0, 0)) != ST_OK)
		return st;
	record("the root of the CA renewed with the same key, until %s", time_text(until, when));
	printf("The root is good until %s. Its key and its name are the same, so all certificates go on to be good "
	    "until their\nown end, and hosts need nothing new.\n", time_text(until, when));
	return ST_OK;
}

/* Its name tells it from the one before: "NAME 2" after "NAME". */
static enum status
roll(struct ca *ca, time_t until)
{
	struct ca_root *old = ca_newest(ca), *fresh = &ca->roots[ca->nroots];
	const size_t len = strlen(old->facts.subject);
	char name[CERTIFICATE_SUBJECT + 16], end[16], when[TIME_TEXT];
	const char *at;
	enum status st;

	if (ca->nroots == CA_ROOTS) {
		log_error("two roots are accepted already: " CA_COMMAND "retire ends that; nothing was changed");
		return ST_EXISTS;
	}
	fresh->number = old->number + 1;
	snprintf(end, sizeof(end), " %u", old->number);
	snprintf(name, sizeof(name), "%s", old->facts.subject);
	if (len > strlen(end) && strcmp(name + len - strlen(end), end) == 0)
		name[len - strlen(end)] = '\0';
	snprintf(name + strlen(name), sizeof(name) - strlen(name), " %u", fresh->number);
	ca->nroots++;
	if ((st = issuer_make(name, clock_wall(), until, &fresh->issuer)) != ST_OK ||
	    (fresh->pem = issuer_root(fresh->issuer)) == NULL)
		return st != ST_OK ? st : ST_NOMEM;
	at = fresh->pem;
	if ((st = certificate_next(&at, &fresh->facts)) != ST_OK || (st = ca_keep_root(ca, fresh)) != ST_OK ||
	    (st = ca_publish(ca, 0, 0)) != ST_OK)
		return st;
	record("a new key for the CA, \"%s\"", name);
	printf("\"%s\" has a new key, and issues from now on, until %s. \"%s\" is still accepted:\nissue new "
	    "certificates to all hosts, and then " CA_COMMAND "retire.\n", name, time_text(until, when),
	    old->facts.subject);
	return ST_OK;
}

/* --- the end of an overlap --- */

/* Those of the old roots that would still be accepted. leaves has room for all. */
static size_t
find_lost(const struct ca *ca, const struct ca_leaf **leaves)
{
	const time_t now = clock_wall();
	size_t n = 0;

	for (size_t i = 0; i < ca->nleaves; i++)
		if (ca->leaves[i].revoked == 0 && ca->leaves[i].facts.until > now &&
		    !ca_is_by(&ca->leaves[i].facts, &ca->roots[ca->nroots - 1]))
			leaves[n++] = &ca->leaves[i];
	return n;
}

static void
tell_lost(const struct ca *ca, const struct ca_leaf *const *leaves, size_t n)
{
	char until[TIME_TEXT];

	for (size_t i = 0; i < n; i++)
		printf("%s of %s, until %s%s\n", leaves[i]->facts.serial, leaves[i]->facts.name,
		    time_text(leaves[i]->facts.until, until), ca_is_replaced(ca, leaves[i]) ?
		    " (the account has a newer one)" : ": THE ACCOUNT HAS NO OTHER");
}

static enum status
remove_old(const struct ca *ca)
{
	char path[FILE_PATH + 32];

	for (size_t i = 0; i + 1 < ca->nroots; i++) {
		snprintf(path, sizeof(path), "%s/root-%u.pem", ca->set->ca, ca->roots[i].number);
		if (unlink(path) != 0) {
			log_error("%s: %s; give the same command again", path, strerror(errno));
			return ST_SYSTEM;
		}
	}
	return ST_OK;
}

/* The key goes last, so that a command that was killed can be given again. */
static enum status
drop(struct ca *ca, const struct ca_leaf *const *leaves, size_t n)
{
	enum status st;

	if ((st = ca_publish(ca, ca->nroots - 1, 0)) != ST_OK)
		return st;
	record("the root \"%s\" retired, %zu certificates with it", ca->roots[0].facts.subject, n);
	printf("\"%s\" is accepted no more, and what it has issued neither.\n", ca->roots[0].facts.subject);
	if (n > 0 && (st = ca_cut_off(ca->set, leaves, n)) != ST_OK)
		return st;
	return remove_old(ca);
}

static enum status
retire(struct ca *ca, bool yes)
{
	const struct ca_leaf **leaves;
	size_t n;
	enum status st;

	if (ca->nroots < 2) {
		log_error("there is only one root; nothing was changed");
		return ST_INVALID;
	}
	if ((leaves = calloc(ca->nleaves + 1, sizeof(const struct ca_leaf *))) == NULL)
		return ST_NOMEM;
	n = find_lost(ca, leaves);
	tell_lost(ca, leaves, n);
	if (n > 0 && !yes) {
		log_error("%zu certificate%s would be refused from now on; with --yes they are; nothing was changed",
		    n, n == 1 ? "" : "s");
		st = ST_INVALID;
	} else
		st = drop(ca, leaves, n);
	free(leaves);
	return st;
}

/* --- the commands --- */

int
ca_renew_root(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "years", offsetof(struct root_options, years), NULL },
		{ "new-key", offsetof(struct root_options, new_key), OPTION_WORD },
		CA_PASSPHRASE(struct root_options), { NULL, 0, NULL }
	};
	struct root_options o = { .years = NULL };
	struct ca ca = { .lock = -1 };
	struct settings *set = NULL;
	enum status st;
	long years;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = ca_number("--years", o.years, YEARS_MOST, YEARS, &years)) == ST_OK &&
	    (st = settings_load(admin->config, &set)) == ST_OK && (st = ca_open(set, &ca)) == ST_OK &&
	    (st = ca_unlock(&ca, &o.source)) == ST_OK)
		st = (o.new_key != NULL ? roll : extend)(&ca, ca_years(clock_wall(), years));
	ca_close(&ca);
	settings_free(set);
	return status_exit(st);
}

int
ca_retire(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "yes", offsetof(struct root_options, yes), OPTION_WORD }, CA_PASSPHRASE(struct root_options),
		{ NULL, 0, NULL }
	};
	struct root_options o = { .years = NULL };
	struct ca ca = { .lock = -1 };
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = ca_open(set, &ca)) == ST_OK &&
	    (st = ca_unlock(&ca, &o.source)) == ST_OK)
		st = retire(&ca, o.yes != NULL);
	ca_close(&ca);
	settings_free(set);
	return status_exit(st);
}
