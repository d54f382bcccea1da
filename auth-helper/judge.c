/* SPDX-License-Identifier: ISC */
/*
 * What a client asks for, decided: who it is, whose host that is, which address it may lease, and the table told.
 * No byte of the network is parsed here but names and addresses, by the functions that parse them everywhere.
 */
#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define NOBODY	"-"	/* no account can have this name */

/*
 * A verifier for those who have none, and an account for those who are none: the same work is done for it, and it never
 * passes. What known accounts do not need is made for them, too; and as theirs was, its record is decoded.
 */
static void
make_up(struct judge *judge, const char *name, struct account *account, char decoy[VERIFIER_SIZE])
{
	struct account nobody = { .epoch = UINT32_MAX, .require = LAYER_PASSWORD };
	char record[ACCOUNT_RECORD];
	size_t len;

	if (accounts_decoy(judge->accounts, name, decoy) != ST_OK)
		snprintf(decoy, VERIFIER_SIZE, "%s", SECRET_OF_NOBODY);
	memcpy(nobody.secret, decoy, strlen(decoy) + 1);
	len = account_encode(&nobody, record);
	if (account->require == 0 && account_decode(name, record, len, account) != ST_OK)
		*account = nobody;
}

static enum status
identify(struct judge *judge, const struct request *req, const char *name)
{
	char decoy[VERIFIER_SIZE];
	struct candidate candidate = { .account = &judge->account, .decoy = decoy, .evidence = judge->evidence,
		.address = &judge->peer->address, .wall = clock_wall(), .secret = req->secret,
		.secret_len = req->secret_len, .seal = judge->seal, .table = judge->table };
	bool exists;
	enum status st;

	st = accounts_get(judge->accounts, name, &judge->account);
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	exists = st == ST_OK;
	make_up(judge, name, &judge->account, decoy);
	strikes_sources(&judge->peer->address, judge->peer->shared ? name : NULL, &candidate.sources);
	st = layers_judge(&candidate, &judge->layers);
	return st == ST_OK && !exists ? ST_DENIED : st;
}

/* One line for each login: fail2ban and people read it. */
static void
note_login(const struct judge *judge, const struct verdict *verdict)
{
	char passed[LAYERS_TEXT], failed[LAYERS_TEXT];

	layers_text(judge->layers.passed, passed);
	layers_text(judge->layers.failed, failed);
	log_info("login account=%s peer=%s passed=%s failed=%s %s", verdict->name[0] != '\0' ? verdict->name : "-",
	    judge->peer->text, *passed != '\0' ? passed : "-", *failed != '\0' ? failed : "-",
	    status_text(verdict->st));
}

static void
login(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	if (judge->tried) {
		verdict->st = ST_INVALID;
		return;
	}
	judge->tried = true;
	if (judge->accounts == NULL || judge->table == NULL)
		verdict->st = ST_STALE;
	else if (name_parse(req->name, strlen(req->name), verdict->name) != ST_OK)
		verdict->st = identify(judge, req, NOBODY) == ST_LIMITED ? ST_LIMITED : ST_DENIED;
	else
		verdict->st = identify(judge, req, verdict->name);
	judge->known = verdict->st == ST_OK;
	if (!judge->known)
		note_login(judge, verdict);
}

/* Is the host this account's? ST_FORBIDDEN also when there is none. */
static enum status
owns(struct judge *judge, const char *text, char host[NAME_SIZE])
{
	char owner[NAME_SIZE];

	if (name_parse(text, strlen(text), host) != ST_OK || accounts_owner(judge->accounts, host, owner) != ST_OK ||
	    strcmp(owner, judge->account.name) != 0 || settings_zone(judge->settings, host) == NULL)
		return ST_FORBIDDEN;
	return ST_OK;
}

static enum status
refuse(struct verdict *verdict, const char *why)
{
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", why);
	return ST_REFUSED;
}

/* Which address: the peer's, or one that the account may announce. */
static enum status
choose_address(const struct judge *judge, const char *text, struct verdict *verdict)
{
	const char *why;

	if (text[0] == '\0')
		verdict->address = judge->peer->address;
	else if (address_parse(text, &verdict->address) != ST_OK)
		return refuse(verdict, "not an address");
	else if (!address_equal(&verdict->address, &judge->peer->address) &&
	    !networks_have(&judge->account.announce, &verdict->address))
		return refuse(verdict, "not the address you connect from");
	if (verdict->address.family == 0)
		return refuse(verdict, "no address, and the connection has none");
	if ((why = address_refusal(&verdict->address, &judge->settings->allow)) != NULL)
		return refuse(verdict, why);
	return ST_OK;
}

static void
fill_wish(const struct judge *judge, const struct verdict *verdict, struct lease *want)
{
	memset(want, 0, sizeof(*want));
	want->address = verdict->address;
	want->layers = judge->layers.passed;
	want->flags = judge->account.trusted ? LEASE_TRUSTED : 0;
	want->length = settings_lease(judge->settings, judge->account.class);
	want->proved = judge->proved;
	want->epoch = judge->account.epoch;
	memcpy(want->host, verdict->name, sizeof(want->host));
	memcpy(want->account, judge->account.name, sizeof(want->account));
	memcpy(want->class, judge->account.class, sizeof(want->class));
}

/* An acknowledgement stands only when it was written to the table that counts. */
static enum status
confirm(struct judge *judge, bool changed)
{
	if (!table_is_current(judge->table))
		return ST_STALE;
	if (changed)
		table_wake(judge->table);
	return ST_OK;
}

static void
renew(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	struct table_grant grant = { .changed = false };
	char address[ADDRESS_TEXT], layers[LAYERS_TEXT];
	struct lease want;

	if ((verdict->st = owns(judge, req->name, verdict->name)) != ST_OK ||
	    (verdict->st = choose_address(judge, req->address, verdict)) != ST_OK)
		return;
	fill_wish(judge, verdict, &want);
	verdict->st = table_renew(judge->table, &want, settings_patience(judge->settings), clock_boot(), &grant);
	if (verdict->st == ST_OK)
		verdict->st = confirm(judge, grant.changed);
	if (verdict->st == ST_NOREAPER)
		log_critical("no reaper has finished a pass lately: nothing new is granted until one runs");
	if (verdict->st != ST_OK)
		return;
	verdict->lease = grant.lease.length;
	verdict->renew = verdict->lease / 3 > 0 ? verdict->lease / 3 : 1;
	verdict->changed = grant.changed;
	if (grant.changed || judge->settings->log_renewals)
		log_info("renew host=%s account=%s address=%s peer=%s layers=%s lease=%u changed=%s", verdict->name,
		    judge->account.name, address_text(&verdict->address, address), judge->peer->text,
		    layers_text(judge->layers.passed, layers), verdict->lease, grant.changed ? "yes" : "no");
}

static void
release(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	bool changed = false;

	if ((verdict->st = owns(judge, req->name, verdict->name)) != ST_OK)
		return;
	verdict->st = table_release(judge->table, verdict->name, judge->account.name, judge->account.epoch,
	    clock_boot(), &changed);
	if (verdict->st == ST_OK)
		verdict->st = confirm(judge, changed);
	if (verdict->st == ST_OK)
		log_info("release host=%s account=%s peer=%s", verdict->name, judge->account.name, judge->peer->text);
}

static void
status(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	const uint64_t now = clock_boot();
	struct lease lease;
	enum status st;

	if ((verdict->st = owns(judge, req->name, verdict->name)) != ST_OK)
		return;
	for (size_t i = 0; i < 2; i++) {
		if ((st = table_get(judge->table, verdict->name, i == 0 ? 4 : 6, &lease)) == ST_NOTFOUND)
			continue;
		if ((verdict->st = st) != ST_OK)
			return;
		verdict->standing[i].live = lease_is_live(&lease, now);
		verdict->standing[i].address = lease.address;
		verdict->standing[i].left = lease_left(&lease, now);
	}
}

void
judge_request(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	static const struct {
		const char	*name;
		void		(*decide)(struct judge *, const struct request *, struct verdict *);
	} verbs[] = {
		[VERB_LOGIN] = { "login", login },
		[VERB_RENEW] = { "renew", renew },
		[VERB_RELEASE] = { "release", release },
		[VERB_STATUS] = { "status", status },
	};

	memset(verdict, 0, sizeof(*verdict));
	if (req->verb != VERB_LOGIN && !judge->known) {
		verdict->st = ST_INVALID;
		return;
	}
	verbs[req->verb].decide(judge, req, verdict);
	if (verdict->st != ST_OK && verdict->st != ST_INVALID && req->verb != VERB_LOGIN)
		log_info("%s host=%s account=%s peer=%s %s%s%s", verbs[req->verb].name,
		    verdict->name[0] != '\0' ? verdict->name : "-", judge->account.name, judge->peer->text,
		    status_text(verdict->st), verdict->reason[0] != '\0' ? ": " : "", verdict->reason);
}

bool
judge_wants_secret(struct judge *judge, const char *account)
{
	char name[NAME_SIZE];
	struct account found;

	return judge->accounts != NULL && name_parse(account, strlen(account), name) == ST_OK &&
	    accounts_get(judge->accounts, name, &found) == ST_OK && (found.require & LAYER_PASSWORD) != 0;
}

struct search {
	const char	*owner;
	struct hosts	*hosts;
};

static enum status
note_host(void *arg, const char *host, const char *owner)
{
	const struct search *search = arg;

	if (strcmp(owner, search->owner) != 0)
		return ST_OK;
	if (search->hosts->n == HOSTS_MAX)
		return ST_FULL;
	snprintf(search->hosts->name[search->hosts->n++], NAME_SIZE, "%s", host);
	return ST_OK;
}

enum status
judge_hosts(struct judge *judge, struct hosts *hosts)
{
	struct search search = { judge->account.name, hosts };
	enum status st;

	hosts->n = 0;
	if (!judge->known)
		return ST_INVALID;
	st = accounts_each_host(judge->accounts, note_host, &search);
	return st == ST_OK && hosts->n == 0 ? ST_NOTFOUND : st;
}
