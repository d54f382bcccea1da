/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin ca list: the roots, and what they have issued. Needs no passphrase.
 */
#include <stdio.h>
#include <sysexits.h>

#include "admin.h"
#include "ca.h"
#include "json.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "options.h"
#include "text.h"

/* Kept of a root that was retired. */
static bool
is_orphan(const struct ca *ca, const struct ca_leaf *leaf)
{
	for (size_t i = 0; i < ca->nroots; i++)
		if (ca_is_by(&leaf->facts, &ca->roots[i]))
			return false;
	return true;
}

static const char *
state_of(const struct ca *ca, const struct ca_leaf *leaf, time_t now)
{
	return leaf->revoked != 0 ? "revoked" : is_orphan(ca, leaf) ? "retired" : leaf->facts.until <= now ?
	    "expired" : "valid";
}

static void
print_sheet(const struct ca *ca, time_t now)
{
	struct sheet sheet = { .columns = 5 };
	char from[TIME_TEXT], until[TIME_TEXT], when[TIME_TEXT], state[64];

	sheet_add(&sheet, (const char *const []){ "SERIAL", "ACCOUNT", "FROM", "UNTIL", "STATE" });
	for (size_t i = 0; i < ca->nroots; i++)
		sheet_add(&sheet, (const char *const []){ ca->roots[i].facts.serial, ca->roots[i].facts.subject,
		    time_text(ca->roots[i].facts.from, from), time_text(ca->roots[i].facts.until, until),
		    ca->roots[i].facts.until <= now ? "root, expired" : i + 1 < ca->nroots ? "root, to be retired" :
		    "root" });
	for (const struct ca_leaf *leaf = ca->leaves; leaf < ca->leaves + ca->nleaves; leaf++) {
		snprintf(state, sizeof(state), "%s%s%s", state_of(ca, leaf, now), leaf->revoked != 0 ? " " : "",
		    leaf->revoked != 0 ? time_text(leaf->revoked, when) : "");
		sheet_add(&sheet, (const char *const []){ leaf->facts.serial, leaf->facts.name,
		    time_text(leaf->facts.from, from), time_text(leaf->facts.until, until),
		    state });
	}
	sheet_print(&sheet, false);
}

static void
print_facts(struct json *json, const struct certificate_facts *facts, const char *key, const char *value)
{
	char when[TIME_TEXT];

	json_open(json, NULL, '{');
	json_text(json, "serial", facts->serial);
	json_text(json, key, value);
	json_text(json, "from", time_text(facts->from, when));
	json_text(json, "until", time_text(facts->until, when));
}

static void
print_json(const struct ca *ca, time_t now)
{
	struct json json = { .out = stdout };
	const time_t lists = ca_published_until(ca->set);
	char when[TIME_TEXT];

	json_open(&json, NULL, '{');
	json_text(&json, "crl_until", lists != 0 ? time_text(lists, when) : NULL);
	json_open(&json, "roots", '[');
	for (size_t i = 0; i < ca->nroots; i++) {
		print_facts(&json, &ca->roots[i].facts, "name", ca->roots[i].facts.subject);
		json_bool(&json, "issues", i + 1 == ca->nroots);
		json_close(&json);
	}
	json_close(&json);
	json_open(&json, "certificates", '[');
	for (const struct ca_leaf *leaf = ca->leaves; leaf < ca->leaves + ca->nleaves; leaf++) {
		print_facts(&json, &leaf->facts, "account", leaf->facts.name);
		json_text(&json, "state", state_of(ca, leaf, now));
		json_text(&json, "revoked", leaf->revoked != 0 ? time_text(leaf->revoked, when) : NULL);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

int
ca_list(struct admin *admin)
{
	struct settings *set = NULL;
	struct ca ca = { .lock = -1 };
	enum status st;

	if (options_take(admin, NULL, NULL) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = ca_look(set, &ca)) == ST_NOTFOUND)
		log_error("%s: no CA is there; " CA_COMMAND "init makes one", set->ca);
	if (st == ST_OK)
		(admin->json ? print_json : print_sheet)(&ca, clock_wall());
	ca_close(&ca);
	settings_free(set);
	return status_exit(st);
}
