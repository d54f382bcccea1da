/* SPDX-License-Identifier: ISC */
/*
 * The directory of the CA: reading it, and replacing a file in it. Nothing here signs.
 */
#include "ca.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "text.h"

#define LOCK_WAIT	10000	/* milliseconds */
#define FILE_MAX	(64 * 1024)
#define REVOKED		"revoked: "
#define ROOT		"root-"
#define PEM		".pem"

bool
ca_path(const struct settings *set, const char *name, char *path, size_t size)
{
	return snprintf(path, size, "%s/%s", set->ca, name) < (int)size;
}

static enum status
complain(const char *path, enum status st)
{
	log_error("%s: %s", path, st == ST_SYSTEM || st == ST_NOTFOUND ? strerror(errno) : status_text(st));
	return st;
}

/* --- reading --- */

static int
compare_roots(const void *a, const void *b)
{
	const struct ca_root *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

static int
compare_leaves(const void *a, const void *b)
{
	const struct ca_leaf *one = a, *other = b;

	return one->facts.from != other->facts.from ? (one->facts.from < other->facts.from ? -1 : 1) :
	    strcmp(one->facts.serial, other->facts.serial);
}

/* "root-2.pem" */
static bool
is_root(const char *name, unsigned *number)
{
	char digits[8] = "";
	const size_t begin = strlen(ROOT), len = strlen(name), end = strlen(PEM);
	const char *error = NULL;

	if (strncmp(name, ROOT, begin) != 0 || len <= begin + end || strcmp(name + len - end, PEM) != 0 ||
	    len - begin - end >= sizeof(digits))
		return false;
	memcpy(digits, name + begin, len - begin - end);
	*number = (unsigned)strtonum(digits, 1, 1000000, &error);
	return error == NULL;
}

static enum status
read_root(struct ca *ca, const char *path, const char *name)
{
	struct ca_root root = { 0 };
	const char *at;
	size_t len;
	enum status st;

	if (!is_root(name, &root.number))
		return ST_OK;
	if (ca->nroots == CA_ROOTS) {
		log_error("%s: there are more than two roots, which no command makes", ca->set->ca);
		return ST_DAMAGED;
	}
	if ((st = file_read(path, FILE_MAX, &root.pem, &len)) == ST_OK) {
		at = root.pem;
		st = certificate_next(&at, &root.facts) == ST_OK ? ST_OK : ST_DAMAGED;
	}
	ca->roots[ca->nroots++] = root;
	return st == ST_OK ? ST_OK : complain(path, st);
}

/* False: there is such a line, and it makes no sense. */
static bool
take_revoked(const char *text, time_t *revoked)
{
	char moment[TIME_TEXT];
	const size_t len = strcspn(text, "\n");

	if (strncmp(text, REVOKED, strlen(REVOKED)) != 0)
		return true;
	strlcpy(moment, text + strlen(REVOKED), len - strlen(REVOKED) + 1 < sizeof(moment) ?
	    len - strlen(REVOKED) + 1 : sizeof(moment));
	return moment_parse(moment, 0, revoked) && *revoked > 0;
}

/* One that is not readable may be revoked, so nothing goes on without it. */
static enum status
read_leaf(struct ca *ca, const char *path, const char *name)
{
	const size_t end = strcspn(name, ".");
	struct ca_leaf leaf = { 0 }, *grown;
	const char *at;
	size_t len;
	enum status st;

	if (end == 0 || strcmp(name + end, PEM) != 0)
		return ST_OK;
	if ((st = file_read(path, FILE_MAX, &leaf.pem, &len)) == ST_OK) {
		at = leaf.pem;
		if (!take_revoked(at, &leaf.revoked) || certificate_next(&at, &leaf.facts) != ST_OK ||
		    strlen(leaf.facts.serial) != end || strncmp(name, leaf.facts.serial, end) != 0)
			st = ST_DAMAGED;
	}
	if (st == ST_OK && (grown = reallocarray(ca->leaves, ca->nleaves + 1, sizeof(*grown))) != NULL) {
		ca->leaves = grown;
		ca->leaves[ca->nleaves++] = leaf;
		return ST_OK;
	}
	free(leaf.pem);
	return complain(path, st == ST_OK ? ST_NOMEM : st);
}

/* Each file; with the lock, what killed programs have left half written is removed. */
static enum status
walk(struct ca *ca, const char *dir, enum status (*each)(struct ca *, const char *, const char *))
{
	char path[FILE_PATH];
	struct dirent *entry;
	enum status st = ST_OK;
	DIR *list;

	if ((list = opendir(dir)) == NULL)
		return errno == ENOENT ? ST_NOTFOUND : complain(dir, ST_SYSTEM);
	while (st == ST_OK && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.') {
			if (ca->lock >= 0 && entry->d_type == DT_REG)
				unlinkat(dirfd(list), entry->d_name, 0);
		} else if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) < (int)sizeof(path))
			st = each(ca, path, entry->d_name);
	}
	closedir(list);
	return st;
}

static enum status
load(struct ca *ca)
{
	char issued[FILE_PATH];
	enum status st;

	if (!ca_path(ca->set, "issued", issued, sizeof(issued)))
		return ST_CONFIG;
	if ((st = walk(ca, ca->set->ca, read_root)) == ST_OK && ca->nroots == 0)
		st = ST_NOTFOUND;
	if (st == ST_OK && (st = walk(ca, issued, read_leaf)) == ST_NOTFOUND)
		st = ST_OK;
	qsort(ca->roots, ca->nroots, sizeof(*ca->roots), compare_roots);
	if (ca->nleaves > 0)
		qsort(ca->leaves, ca->nleaves, sizeof(*ca->leaves), compare_leaves);
	return st;
}

enum status
ca_look(const struct settings *set, struct ca *ca)
{
	*ca = (struct ca){ .set = set, .lock = -1 };
	return load(ca);
}

enum status
ca_open(const struct settings *set, struct ca *ca)
{
	char lock[FILE_PATH];
	enum status st;

	*ca = (struct ca){ .set = set, .lock = -1 };
	if (!ca_path(set, "lock", lock, sizeof(lock)))
		return ST_CONFIG;
	if (access(set->ca, F_OK) != 0)
		st = ST_NOTFOUND;
	else if ((st = file_lock(lock, LOCK_WAIT, &ca->lock)) == ST_BUSY)
		log_error("another dynlease-admin is using the CA");
	else if (st != ST_OK)
		return complain(lock, ST_SYSTEM);
	if (st == ST_OK)
		st = load(ca);
	if (st == ST_NOTFOUND)
		log_error("%s: no CA is there; " CA_COMMAND "init makes one", set->ca);
	return st;
}

void
ca_close(struct ca *ca)
{
	for (size_t i = 0; i < ca->nroots; i++) {
		if (ca->roots[i].pem != NULL)
			secret_wipe(ca->roots[i].pem, strlen(ca->roots[i].pem));
		free(ca->roots[i].pem);
		issuer_free(ca->roots[i].issuer);
	}
	for (size_t i = 0; i < ca->nleaves; i++)
		free(ca->leaves[i].pem);
	free(ca->leaves);
	if (ca->lock >= 0)
		close(ca->lock);
	secret_wipe(ca, sizeof(*ca));
	ca->lock = -1;
}

enum status
ca_unlock(struct ca *ca, const struct passphrase_source *source)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < ca->nroots && st == ST_OK; i++) {
		struct ca_root *root = &ca->roots[i];

		if (issuer_is_sealed(root->pem) && *ca->passphrase == '\0' &&
		    (st = passphrase_get(source, "Passphrase of the CA: ", ca->passphrase)) != ST_OK)
			return st;
		st = issuer_open(root->pem, *ca->passphrase != '\0' ? ca->passphrase : NULL, &root->issuer);
		if (st == ST_DENIED)
			log_error("this is not the passphrase of the CA; nothing was changed");
		else if (st != ST_OK)
			log_error("%s/root-%u.pem: %s; nothing was changed", ca->set->ca, root->number,
			    status_text(st));
	}
	return st;
}

/* --- keeping --- */

struct ca_root *
ca_newest(struct ca *ca)
{
	return &ca->roots[ca->nroots - 1];
}

enum status
ca_keep_root(const struct ca *ca, const struct ca_root *root)
{
	char path[FILE_PATH + 32], *text = NULL;
	size_t len;
	enum status st;

	snprintf(path, sizeof(path), "%s/root-%u.pem", ca->set->ca, root->number);
	if ((st = issuer_text(root->issuer, *ca->passphrase != '\0' ? ca->passphrase : NULL, &text, &len)) != ST_OK)
		return st;
	st = file_replace(path, text, len, 0600);
	secret_wipe(text, len);
	free(text);
	return st == ST_OK ? ST_OK : complain(path, st);
}

enum status
ca_keep_leaf(const struct ca *ca, const struct certificate_facts *facts, const char *pem, time_t revoked)
{
	char path[FILE_PATH + 64], when[TIME_TEXT], *text = NULL;
	const char *begin = strstr(pem, "-----BEGIN");
	enum status st;
	int len;

	snprintf(path, sizeof(path), "%s/issued", ca->set->ca);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return complain(path, ST_SYSTEM);
	snprintf(path, sizeof(path), "%s/issued/%s.pem", ca->set->ca, facts->serial);
	len = revoked == 0 ? asprintf(&text, "%s", begin) :
	    asprintf(&text, REVOKED "%s\n%s", time_text(revoked, when), begin);
	if (len < 0)
		return complain(path, ST_NOMEM);
	st = file_replace(path, text, (size_t)len, 0600);
	free(text);
	return st == ST_OK ? ST_OK : complain(path, st);
}

bool
ca_is_by(const struct certificate_facts *facts, const struct ca_root *root)
{
	return strcmp(facts->by, root->facts.key) == 0;
}

bool
ca_is_replaced(const struct ca *ca, const struct ca_leaf *leaf)
{
	for (const struct ca_leaf *other = ca->leaves; other < ca->leaves + ca->nleaves; other++)
		if (compare_leaves(leaf, other) < 0 && other->revoked == 0 &&
		    strcmp(other->facts.name, leaf->facts.name) == 0)
			return true;
	return false;
}
