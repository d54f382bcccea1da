/* SPDX-License-Identifier: ISC */
/*
 * Makes the two files and says what to do with them. The key is nowhere else, and is replaced only when that is asked
 * for: whoever has lost it is not let in any more.
 */
#include "keygen.h"

#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config.h"
#include "lib/certificate.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define KEY_MODE		0600
#define CERTIFICATE_MODE	0644

struct place {
	char	key[FILE_PATH];
	char	certificate[FILE_PATH];
};

static int
complain(const char *path, int code)
{
	log_error("%s: %s", path, strerror(errno));
	return code;
}

/* --- where, and for whom --- */

/* The paths are whole ones, since that is what client.conf takes. */
static int
choose_place(const struct options *o, struct place *place)
{
	const struct keygen *k = &o->keygen;
	const char *slash = k->base == NULL ? NULL : strrchr(k->base, '/');
	const char *base = k->base == NULL ? "client" : slash == NULL ? k->base : slash + 1;
	char given[PATH_MAX], dir[PATH_MAX];

	errno = ENAMETOOLONG;
	if (strlcpy(given, k->base != NULL ? k->base : o->conf, sizeof(given)) >= sizeof(given))
		return complain(given, EX_CANTCREAT);
	if (realpath(k->dir != NULL ? k->dir : dirname(given), dir) == NULL)
		return complain(k->dir != NULL ? k->dir : given, EX_CANTCREAT);
	errno = *base == '\0' ? EISDIR : ENAMETOOLONG;
	if (*base == '\0' || snprintf(place->key, FILE_PATH, "%s/%s.key", dir, base) >= FILE_PATH ||
	    snprintf(place->certificate, FILE_PATH, "%s/%s.pem", dir, base) >= FILE_PATH)
		return complain(dir, EX_CANTCREAT);
	return EX_OK;
}

/* Whose it is, an account's name: as told, as client.conf has it, or as this machine is called. */
static int
choose_name(const struct options *o, char name[NAME_SIZE])
{
	char own[NAME_SIZE] = "";
	const char *wanted = o->keygen.name;
	struct servers *servers;

	if (wanted == NULL && access(o->conf, F_OK) == 0) {
		if (servers_load(o->conf, &servers) != ST_OK)
			return EX_CONFIG;
		strlcpy(name, servers->list[0].account, NAME_SIZE);
		servers_free(servers);
		return EX_OK;
	}
	if (wanted == NULL && gethostname(own, sizeof(own) - 1) == 0)
		wanted = own;
	if (wanted != NULL && name_parse(wanted, strlen(wanted), name) == ST_OK)
		return EX_OK;
	log_error("not an account's name: %s: say another one with --name", wanted != NULL ? wanted : "");
	return EX_USAGE;
}

/* --- making --- */

/* Is the way free, or may what is there go? What takes its place takes its mode over, too. */
static int
check_free(const char *path, bool force, mode_t mode)
{
	struct stat sb;

	if (lstat(path, &sb) == -1)
		return errno == ENOENT ? EX_OK : complain(path, EX_CANTCREAT);
	if (!force) {
		log_error("%s is there already, and stays: --force makes a new key in its place, which the server "
		    "does not know", path);
		return EX_CANTCREAT;
	}
	if (!S_ISREG(sb.st_mode)) {
		log_error("%s: not a regular file", path);
		return EX_CANTCREAT;
	}
	return chmod(path, mode) == 0 ? EX_OK : complain(path, EX_CANTCREAT);
}

/* Both or none; with --force the new key may be left without its certificate, and a second try is due. */
static int
write_pair(const struct place *place, const struct certificate_pair *pair, bool force)
{
	if (file_replace(place->key, pair->key, pair->keylen, KEY_MODE) != ST_OK)
		return complain(place->key, EX_CANTCREAT);
	if (file_replace(place->certificate, pair->certificate, strlen(pair->certificate), CERTIFICATE_MODE) == ST_OK)
		return EX_OK;
	(void)complain(place->certificate, EX_CANTCREAT);
	if (!force)
		unlink(place->key);
	return EX_CANTCREAT;
}

static int
make(const struct place *place, const char *name, bool force)
{
	struct certificate_pair pair;
	int code;

	if ((code = check_free(place->key, force, KEY_MODE)) != EX_OK ||
	    (code = check_free(place->certificate, force, CERTIFICATE_MODE)) != EX_OK)
		return code;
	if (certificate_make(name, CERTIFICATE_CLIENT, clock_wall(), &pair) != ST_OK)
		return EX_OSERR;
	code = write_pair(place, &pair, force);
	certificate_pair_free(&pair);
	return code;
}

/* --- telling --- */

static int
read_fingerprint(const struct place *place, char fingerprint[FINGERPRINT_SIZE])
{
	struct certificate c;
	enum status st;

	if ((st = certificate_look(place->certificate, clock_wall(), &c)) != ST_OK) {
		log_error("%s: %s", place->certificate, st == ST_SYSTEM ? "cannot be read" :
		    "holds no certificate in PEM form");
		return EX_CONFIG;
	}
	memcpy(fingerprint, c.fingerprint, FINGERPRINT_SIZE);
	free(c.pem);
	return EX_OK;
}

static void
tell(const struct options *o, const struct place *place, const char *name, const char *fingerprint)
{
	printf("Made %s and %s. The fingerprint of the key:\n\n%s\n\n"
	    "On the server, so that it knows this machine by the key, with the account's name:\n\n"
	    "dynlease-admin key add %s %s\n\n"
	    "And in the server's section of %s:\n\n"
	    "certificate = %s\nkey = %s\n",
	    place->key, place->certificate, fingerprint, name, fingerprint, o->conf, place->certificate, place->key);
}

bool
keygen_has_options(const struct options *o)
{
	const struct keygen *k = &o->keygen;

	return k->dir != NULL || k->base != NULL || k->name != NULL || k->force || k->show;
}

static int
check_options(const struct options *o)
{
	const struct keygen *k = &o->keygen;

	if (o->nhosts > 0 || (k->dir != NULL && k->base != NULL) || (k->show && (k->force || k->name != NULL))) {
		log_error("keygen: takes no hosts; --out and -o exclude each other, and --show excludes --name and --force");
		return EX_USAGE;
	}
	return EX_OK;
}

int
keygen_run(const struct options *o)
{
	char name[NAME_SIZE], fingerprint[FINGERPRINT_SIZE];
	struct place place;
	int code;

	if ((code = check_options(o)) != EX_OK || (code = choose_place(o, &place)) != EX_OK)
		return code;
	if (!o->keygen.show && ((code = choose_name(o, name)) != EX_OK ||
	    (code = make(&place, name, o->keygen.force)) != EX_OK))
		return code;
	if ((code = read_fingerprint(&place, fingerprint)) != EX_OK)
		return code;
	if (o->keygen.show)
		puts(fingerprint);
	else
		tell(o, &place, name, fingerprint);
	return EX_OK;
}
