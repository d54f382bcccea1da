/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin ca issue: a certificate for a host's account, with a key made here or for that of a request. What is
 * issued is kept before it leaves, so that it can be revoked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "admin.h"
#include "bundle.h"
#include "ca.h"
#include "change.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "options.h"
#include "record.h"
#include "refuse.h"
#include "text.h"

#define DAYS		730
#define DAYS_MOST	3650
#define REQUEST_MAX	(64 * 1024)

struct issue_run {
	const char			*days, *out, *csr;
	struct passphrase_source	 source;
	char				 account[NAME_SIZE];
	uint8_t				 require;	/* enum layer_bit */
	struct work			 hosts;
	bool				 bound;		/* the account did not take it before */
	struct issue			 issue;
	struct certificate_pair		 pair;
	struct certificate_facts	 facts;
	struct bundle			 bundle;
};

/* --- whom it is for --- */

/* The account takes certificates with its own name. */
static enum status
bind_account(struct change *change, const struct settings *set)
{
	struct credential c = { .kind = CREDENTIAL_CERT, .comment = "issued by our CA" };
	struct issue_run *run = change->arg;
	enum status st;

	(void)set;
	snprintf(c.value, sizeof(c.value), "dns:%s", change->old.name);
	if ((st = credentials_add(change->next.credentials, &c)) == ST_EXISTS)
		return ST_OK;
	run->bound = st == ST_OK;
	if (st == ST_FULL)
		log_error("%s: the account has too many credentials to take one more; the certificate is issued all "
		    "the same", change->old.name);
	return st;
}

/* Adding takes nothing from anyone, so no running lease is touched. */
static enum status
add_credential(const struct settings *set, struct issue_run *run)
{
	struct change change = { .name = run->account, .edit = bind_account, .arg = run };
	struct books books = { .lock = -1 };
	enum status st;

	if ((st = books_open(set, &books)) == ST_OK)
		st = change_make(&books, &change);
	books_close(&books);
	secret_wipe(&change, sizeof(change));
	return st;
}

static enum status
find_account(const struct settings *set, const char *text, struct issue_run *run)
{
	struct books books = { .lock = -1 };
	struct account account = { .require = 0 };
	char name[NAME_SIZE];
	enum status st;

	if (name_parse(text, strlen(text), name) != ST_OK)
		return refuse(text, "not a host's name");
	if ((st = books_open(set, &books)) == ST_OK) {
		st = master_owner(books.master, name, run->account);
		if (st == ST_NOTFOUND)
			memcpy(run->account, name, NAME_SIZE);
		if (st == ST_OK || st == ST_NOTFOUND)
			st = master_get(books.master, run->account, &account);
		if (st != ST_OK)
			log_error("%s: %s; nothing was issued", name, st == ST_NOTFOUND ? "no such host" :
			    status_text(st));
	}
	if (st == ST_OK) {
		run->require = account.require;
		st = books_hosts(books.master, run->account, &run->hosts);
		secret_wipe(&account, sizeof(account));
	}
	books_close(&books);
	return st;
}

/* --- all of it --- */

static enum status
sign(struct ca *ca, struct issue_run *run)
{
	const struct ca_root *root = ca_newest(ca);
	const char *why = NULL, *at;
	char until[TIME_TEXT];
	enum status st;

	run->issue.name = run->account;
	if (root->facts.until <= run->issue.now + CA_DAY) {
		time_text(root->facts.until, until);
		log_error("the root %s on %s: " CA_COMMAND "renew-root first; nothing was issued",
		    root->facts.until <= run->issue.now ? "has expired" : "expires", until);
		return ST_INVALID;
	}
	if ((st = issuer_sign(root->issuer, &run->issue, &run->pair, &why)) == ST_INVALID)
		log_error("%s: %s; nothing was issued", run->csr, why);
	if (st != ST_OK)
		return st;
	at = run->pair.certificate;
	if ((st = certificate_next(&at, &run->facts)) == ST_OK)
		st = ca_keep_leaf(ca, &run->facts, run->pair.certificate, 0);
	return st;
}

static void
tell(const struct ca *ca, const struct issue_run *run)
{
	char until[TIME_TEXT];

	record("certificate %s issued to account %s%s", run->facts.serial, run->account, run->csr != NULL ?
	    ", for its own key" : "");
	printf("Issued certificate %s for the account %s, good until %s.\n", run->facts.serial, run->account,
	    time_text(run->facts.until, until));
	printf("In %s, for /etc/dynlease on the host: %s.pem, ", run->bundle.dir, run->account);
	if (run->pair.key != NULL)
		printf("%s.key (keep it secret; it is nowhere else), ", run->account);
	puts("client.conf\nand what it names.");
	if (run->csr != NULL)
		puts("Of the request only the public key was taken: names and extensions in it are ignored.");
	if (run->facts.until < run->issue.until)
		printf("It ends with the root, which is earlier than was asked for: " CA_COMMAND "renew-root, and "
		    "issue again.\n");
	if (ca_published_until(ca->set) < run->issue.now)
		puts("No certificate is accepted until there is a new revocation list: " CA_COMMAND "crl");
}

static void
tell_use(const struct issue_run *run)
{
	char layers[LAYERS_TEXT];

	if (run->bound)
		printf("The account takes certificates with its name from now on.\n");
	if ((run->require & LAYER_CERT) == 0)
		printf("It does not ask for one yet; once the host shows it: dynlease-admin host set %s --require "
		    "%s\n", run->account, layers_text(run->require | LAYER_CERT, layers));
}

static enum status
run_issue(const struct admin *admin, const struct settings *set, struct ca *ca, struct issue_run *run)
{
	char *request = NULL;
	size_t len;
	long days;
	enum status st;

	run->bundle = (struct bundle){ .dir = run->out != NULL ? run->out : admin->argv[0], .account = run->account,
	    .hosts = &run->hosts, .pair = &run->pair };
	if ((st = ca_number("--days", run->days, DAYS_MOST, DAYS, &days)) != ST_OK ||
	    (st = find_account(set, admin->argv[0], run)) != ST_OK ||
	    (st = bundle_judge(&run->bundle)) != ST_OK)
		return st;
	if (run->csr != NULL && (st = file_read(run->csr, REQUEST_MAX, &request, &len)) != ST_OK) {
		log_error("%s: %s; nothing was issued", run->csr, st == ST_INVALID ? "too long" : strerror(errno));
		return st;
	}
	run->issue = (struct issue){ .request = request, .now = clock_wall() };
	run->issue.until = run->issue.now + days * CA_DAY;
	if ((st = ca_open(set, ca)) == ST_OK && (st = ca_unlock(ca, &run->source)) == ST_OK &&
	    (st = sign(ca, run)) == ST_OK) {
		run->bundle.require = run->require | LAYER_CERT;
		if ((st = bundle_write(set, &run->bundle)) == ST_OK) {
			tell(ca, run);
			st = add_credential(set, run);
		} else
			log_error("certificate %s went nowhere; " CA_COMMAND "revoke %s", run->facts.serial,
			    run->facts.serial);
		if (st == ST_OK)
			tell_use(run);
	}
	free(request);
	return st;
}

int
ca_issue(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "days", offsetof(struct issue_run, days), NULL }, { "out", offsetof(struct issue_run, out), NULL },
		{ "csr", offsetof(struct issue_run, csr), NULL }, CA_PASSPHRASE(struct issue_run), { NULL, 0, NULL }
	};
	struct issue_run run = { .days = NULL };
	struct ca ca = { .lock = -1 };
	struct settings *set = NULL;
	enum status st;

	if (options_take(admin, rows, &run) != ST_OK || options_operands(admin, 1, 1) != ST_OK)
		return EX_USAGE;
	umask(022);
	if ((st = settings_load(admin->config, &set)) == ST_OK)
		st = run_issue(admin, set, &ca, &run);
	ca_close(&ca);
	certificate_pair_free(&run.pair);
	work_free(&run.hosts);
	settings_free(set);
	return status_exit(st);
}
