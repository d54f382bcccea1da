/* SPDX-License-Identifier: ISC */
/*
 * Who is who: the users, and the owners and modes of all files and directories of the server, in one table.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/certificate.h"
#include "check.h"
#include "expiry.h"
#include "lib/file.h"
#include "lib/seal.h"
#include "people.h"
#include "text.h"

enum who { WHO_ANY = 0, WHO_ROOT = 1, WHO_HELPER = 2, WHO_REAPER = 4 };

#define SET(member)	offsetof(struct settings, member)
#define CONFIGURATION	SIZE_MAX

static const struct rule {
	size_t		member;		/* the path in the settings */
	const char	*below;		/* and what follows it */
	mode_t		kind;
	unsigned	owner;		/* enum who, any of them */
	bool		grouped;	/* the group is that of the settings */
	mode_t		must, must_not;	/* bits of the mode */
	bool		optional;	/* it comes later, or never */
} rules[] = {
	{ CONFIGURATION, "", S_IFREG, WHO_ROOT, false, 0400, 022, false },
	{ SET(certificate), "", S_IFREG, WHO_ROOT, false, 0400, 022, false },
	{ SET(key), "", S_IFREG, WHO_ROOT, true, 0440, 0137, false },
	{ SET(client_ca), "", S_IFREG, WHO_ROOT, false, 0444, 022, true },
	{ SET(client_crl), "", S_IFREG, WHO_ROOT, false, 0444, 022, true },
	{ SET(ca), "", S_IFDIR, WHO_ROOT, false, 0700, 077, true },
	{ SET(master), "", S_IFDIR, WHO_ROOT, false, 0700, 077, false },
	{ SET(accounts), "", S_IFREG, WHO_ROOT, true, 0440, 0137, false },
	{ SET(ssh_keys), "", S_IFREG, WHO_ROOT, false, 0444, 022, true },
	{ SET(seal), "", S_IFREG, WHO_ROOT, false, 0600, 077, true },
	{ SET(history), "", S_IFREG, WHO_REAPER, false, 0600, 022, true },
	{ SET(history), ".1", S_IFREG, WHO_REAPER, false, 0600, 022, true },
	{ SET(rundir), "", S_IFDIR, WHO_ROOT | WHO_HELPER | WHO_REAPER, true, 02770, 07, false },
	{ SET(rundir), "/" SEAL_KEY_FILE, S_IFREG, WHO_ROOT, true, 0440, 0137, true },
	{ SET(rundir), "/wake", S_IFREG, WHO_ANY, true, 0660, 07, true },
	{ SET(rundir), "/reaper.lock", S_IFREG, WHO_ANY, true, 0600, 07, true },
	{ SET(rundir), "/table", S_IFDIR, WHO_ANY, true, 02770, 07, true },
	{ SET(rundir), "/table/data.mdb", S_IFREG, WHO_ANY, true, 0660, 07, true },
	{ SET(rundir), "/table/lock.mdb", S_IFREG, WHO_ANY, true, 0660, 07, true },
	{ SET(rundir), "/table/open.lock", S_IFREG, WHO_ANY, true, 0660, 07, true },
	{ SET(rundir), "/table/write.lock", S_IFREG, WHO_ANY, true, 0660, 07, true },
};
#define NRULES	(sizeof(rules) / sizeof(rules[0]))

struct ids {
	uid_t	helper, reaper;
	gid_t	group;
};

static bool
has_owner(const struct rule *rule, const struct ids *ids, uid_t uid)
{
	return rule->owner == WHO_ANY || ((rule->owner & WHO_ROOT) != 0 && uid == 0) ||
	    ((rule->owner & WHO_HELPER) != 0 && uid == ids->helper) ||
	    ((rule->owner & WHO_REAPER) != 0 && uid == ids->reaper);
}

static void
check_stat(struct check *check, const struct rule *rule, const struct ids *ids, const char *path)
{
	const mode_t good = (rule->must | 0600) & ~rule->must_not;
	struct stat sb;

	if (stat(path, &sb) != 0) {
		if (errno == ENOENT && !rule->optional)
			findings_add(check->findings, LEVEL_CRITICAL, "%s is missing", path);
		else if (errno != ENOENT)
			findings_add(check->findings, LEVEL_UNKNOWN, "%s: %s", path, strerror(errno));
	} else if ((sb.st_mode & S_IFMT) != rule->kind)
		findings_add(check->findings, LEVEL_CRITICAL, "%s is not a %s", path,
		    rule->kind == S_IFDIR ? "directory" : "file");
	else if (!has_owner(rule, ids, sb.st_uid))
		findings_add(check->findings, LEVEL_CRITICAL, "%s must not belong to uid %u: chown %s %s", path,
		    (unsigned)sb.st_uid, (rule->owner & WHO_ROOT) != 0 ? "root" : check->set->reaper_user, path);
	else if (rule->grouped && sb.st_gid != ids->group)
		findings_add(check->findings, LEVEL_CRITICAL, "%s must be of the group %s: chgrp %s %s", path,
		    check->set->group, check->set->group, path);
	else if ((sb.st_mode & rule->must) != rule->must || (sb.st_mode & rule->must_not) != 0)
		findings_add(check->findings, LEVEL_CRITICAL, "%s has mode %o: chmod %o %s", path,
		    (unsigned)(sb.st_mode & 07777), (unsigned)good, path);
}

void
check_files(struct check *check)
{
	const size_t before = check->findings->n;
	char path[FILE_PATH];
	struct ids ids;

	if (people_uid(check->set->user, &ids.helper) != ST_OK || people_gid(check->set->group, &ids.group) != ST_OK ||
	    people_uid(check->set->reaper_user, &ids.reaper) != ST_OK)
		return;			/* check_people() has said so */
	for (size_t i = 0; i < NRULES; i++) {
		const char *base = rules[i].member == CONFIGURATION ? check->config :
		    *(char *const *)((const char *)check->set + rules[i].member);

		if (snprintf(path, sizeof(path), "%s%s", base, rules[i].below) < (int)sizeof(path))
			check_stat(check, &rules[i], &ids, path);
	}
	if (check->findings->n == before)
		findings_add(check->findings, LEVEL_OK, "owners and modes are as they must be");
}

void
check_people(struct check *check)
{
	const char *const users[] = { check->set->user, check->set->reaper_user };
	const size_t before = check->findings->n;
	uid_t uid;
	gid_t gid;

	if (people_gid(check->set->group, &gid) != ST_OK) {
		findings_add(check->findings, LEVEL_CRITICAL, "there is no group %s", check->set->group);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		if (people_uid(users[i], &uid) != ST_OK)
			findings_add(check->findings, LEVEL_CRITICAL, "there is no user %s", users[i]);
		else if (uid == 0)
			findings_add(check->findings, LEVEL_CRITICAL, "the user %s is root, which no daemon here "
			    "may be", users[i]);
		else if (!people_is_member(users[i], gid))
			findings_add(check->findings, LEVEL_CRITICAL, "the user %s is not in the group %s", users[i],
			    check->set->group);
	}
	if (check->findings->n == before)
		findings_add(check->findings, LEVEL_OK, "the users %s and %s are in the group %s", users[0], users[1],
		    check->set->group);
}

static void
check_expiry(struct check *check, const struct certificate *c)
{
	const char *path = check->set->certificate;
	char left[DURATION_TEXT];

	duration_text((uint64_t)(c->left < 0 ? -c->left : c->left), left);
	if (c->begun < 0)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: the certificate is not valid yet", path);
	else if (c->left < 0)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: the certificate expired %s ago", path, left);
	else
		findings_add(check->findings, expiry_level(c->left), "%s: the certificate for %s expires in %s", path,
		    c->name[0] != '\0' ? c->name : "no name", left);
	if (c->name[0] == '\0')
		findings_add(check->findings, LEVEL_CRITICAL, "%s: the certificate is for no name that a client could "
		    "ask for", path);
	findings_add(check->findings, LEVEL_OK, "%s: the fingerprint of its key is %s", path, c->fingerprint);
}

void
check_certificate(struct check *check)
{
	struct certificate certificate = { .pem = NULL };
	enum status st;

	if ((st = certificate_look(check->set->certificate, check->wall, &certificate)) == ST_OK)
		check_expiry(check, &certificate);
	else
		findings_add(check->findings, LEVEL_CRITICAL, "%s: %s", check->set->certificate,
		    st == ST_DAMAGED ? "holds no certificate in PEM" : "cannot be read");
	free(certificate.pem);
	if (st != ST_OK)
		return;
	if (access(check->set->key, R_OK) != 0 && geteuid() != 0)
		findings_add(check->findings, LEVEL_UNKNOWN, "%s cannot be read by this user", check->set->key);
	else if ((st = certificate_fits(check->set->certificate, check->set->key)) != ST_OK)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: %s", check->set->key, st == ST_INVALID ?
		    "the key does not fit the certificate" : "holds no readable private key in PEM");
}
