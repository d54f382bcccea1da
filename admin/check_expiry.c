/* SPDX-License-Identifier: ISC */
/*
 * Whose certificates count, and what of them ends soon: roots, revocation lists, certificates of clients.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "expiring.h"
#include "expiry.h"
#include "lib/certificate.h"
#include "lib/file.h"

#define PUBLISHED_MAX	(16 * 1024 * 1024)

static bool
has_list(const char *lists, const struct certificate_facts *root)
{
	struct certificate_facts facts;

	while (certificate_next_list(&lists, &facts) == ST_OK)
		if (*facts.by != '\0' ? strcmp(facts.by, root->key) == 0 : strcmp(facts.subject, root->subject) == 0)
			return true;
	return false;
}

/* Roots of an operator's own CA have no list of ours, but need one as well. */
static void
check_lists(struct check *check, const char *roots, const char *lists)
{
	struct certificate_facts facts;

	while (certificate_next(&roots, &facts) == ST_OK)
		if (!has_list(lists, &facts))
			findings_add(check->findings, LEVEL_CRITICAL, "%s holds no revocation list of \"%s\", so "
			    "none of its certificates is accepted: dynlease-admin ca crl", check->set->client_crl,
			    facts.subject);
}

static void
check_authority(struct check *check)
{
	const char *ca = check->set->client_ca, *crl = check->set->client_crl;
	char *roots = NULL, *lists = NULL;
	size_t len;
	enum status st;

	if ((st = file_read(ca, PUBLISHED_MAX, &roots, &len)) == ST_OK &&
	    (st = file_read(crl, PUBLISHED_MAX, &lists, &len)) == ST_OK)
		check_lists(check, roots, lists);
	else if (roots != NULL)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: %s, so no client's certificate is accepted: "
		    "dynlease-admin ca crl", crl, st == ST_INVALID ? "too long" : strerror(errno));
	free(lists);
	free(roots);
}

void
check_expiries(struct check *check)
{
	struct expirings found = { 0 };
	const enum status st = expirings_collect(check->set, &found);
	char when[EXPIRING_WHEN];
	size_t near = 0, all = 0;

	check_authority(check);
	for (size_t i = 0; i < found.n; i++) {
		const struct expiring *one = &found.list[i];
		const enum level level = expiry_level(one->until - check->wall);

		/* check_certificate() and check_credentials() look at these. */
		if (one->kind == EXPIRING_SERVER || one->kind == EXPIRING_CREDENTIAL)
			continue;
		all++;
		if (level == LEVEL_OK)
			continue;
		near++;
		findings_add(check->findings, level, "%s %s%s%s", one->what, expiring_when(one, check->wall, when),
		    one->remedy != NULL ? ": " : "", one->remedy != NULL ? one->remedy : "");
	}
	if (st != ST_OK)
		findings_add(check->findings, LEVEL_UNKNOWN, "what expires: %s", status_text(st));
	else if (found.unread != NULL)
		findings_add(check->findings, geteuid() == 0 ? LEVEL_CRITICAL : LEVEL_UNKNOWN,
		    "%s cannot be read%s, so what expires there is not known", found.unread,
		    geteuid() == 0 ? "" : " by this user");
	else if (all > near)
		findings_add(check->findings, LEVEL_OK, "of the CA, its lists and its certificates %zu expire%s in "
		    "more than 30 days", all - near, all - near == 1 ? "s" : "");
	expirings_free(&found);
}
