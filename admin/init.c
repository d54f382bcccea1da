/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin init: from nothing to a server that waits for its first host. Overwrites nothing, and takes back what
 * it has made when it cannot finish.
 */
#include <errno.h>
#include <linux/magic.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "admin.h"
#include "lib/account.h"
#include "lib/certificate.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "made.h"
#include "options.h"
#include "people.h"
#include "plan.h"
#include "record.h"

/* The machine's full name, as its resolver knows it. */
static const char *
find_host(char host[NAME_SIZE])
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;

	if (gethostname(host, NAME_SIZE) != 0)
		return NULL;
	host[NAME_SIZE - 1] = '\0';
	if (strchr(host, '.') == NULL && getaddrinfo(host, NULL, &hints, &found) == 0 && found->ai_canonname != NULL)
		strlcpy(host, found->ai_canonname, NAME_SIZE);
	if (found != NULL)
		freeaddrinfo(found);
	return host;
}

/* How the name server that is installed loads a zone; its name follows. */
static const char *
find_reload(void)
{
	static const struct {
		const char	*program, *command;
	} known[] = {
		{ "/usr/sbin/rndc", "/usr/sbin/rndc reload" },
		{ "/usr/sbin/nsd-control", "/usr/sbin/nsd-control reload" },
		{ "/usr/sbin/knotc", "/usr/sbin/knotc zone-reload" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (access(known[i].program, X_OK) == 0)
			return known[i].command;
	return NULL;
}

/* --- before anything is touched --- */

static bool
exists(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0;
}

static enum status
judge_fresh(const struct plan *p)
{
	const char *const fresh[] = { p->config, p->certificate, p->key, p->master, p->accounts };

	for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
		if (exists(fresh[i])) {
			log_error("%s exists already, and init overwrites nothing; nothing was changed", fresh[i]);
			return ST_EXISTS;
		}
	return ST_OK;
}

/* The nearest directory above the run directory that is there tells where it will lie. */
static enum status
judge_rundir(const char *rundir)
{
	char path[FILE_PATH];
	struct statfs fs;
	char *slash;

	strlcpy(path, rundir, sizeof(path));
	while (statfs(path, &fs) != 0 && errno == ENOENT && (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
	if (statfs(path, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC))
		return ST_OK;
	log_error("%s: the run directory must lie on a tmpfs, so that leases end with the machine; nothing was changed",
	    rundir);
	return ST_INVALID;
}

/* --- making --- */

static enum status
make_people(const struct plan *p, struct made *made)
{
	const struct {
		const char	*name;
		enum status	(*add)(const char *user, const char *group);
	} users[] = {
		{ p->user, people_add_user }, { p->reaper_user, people_add_user }, { p->ssh_user, people_add_login },
	};
	enum status st;
	uid_t uid;
	gid_t gid;

	if (people_gid(p->group, &gid) != ST_OK) {
		if ((st = people_add_group(p->group)) != ST_OK)
			return st;
		made_note(made, MADE_GROUP, p->group);
	}
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (people_uid(users[i].name, &uid) != ST_OK) {
			if ((st = users[i].add(users[i].name, p->group)) != ST_OK)
				return st;
			made_note(made, MADE_USER, users[i].name);
		}
	return ST_OK;
}

static enum status
make_certificate(const struct plan *p, gid_t group, struct made *made)
{
	struct certificate_pair pair = { NULL, NULL, 0 };
	enum status st;

	if ((st = certificate_make(p->server, CERTIFICATE_SERVER, clock_wall(), &pair)) == ST_OK &&
	    (st = made_file(made, &(struct made_file){ p->certificate, pair.certificate, strlen(pair.certificate),
	    0644, 0 })) == ST_OK)
		st = made_file(made, &(struct made_file){ p->key, pair.key, pair.keylen, 0640, group });
	certificate_pair_free(&pair);
	return st;
}

/* Both files are the reaper's; their directory is not. */
static enum status
make_history(const struct plan *p, struct made *made)
{
	static const char *const ends[] = { "", ".1" };
	char path[FILE_PATH + 8];
	enum status st = ST_OK;
	uid_t reaper;

	if (people_uid(p->reaper_user, &reaper) != ST_OK)
		return ST_SYSTEM;
	for (size_t i = 0; i < 2 && st == ST_OK; i++) {
		snprintf(path, sizeof(path), "%s%s", p->history, ends[i]);
		if (exists(path))
			continue;
		st = made_file(made, &(struct made_file){ path, "", 0, 0644, 0 });
		if (st == ST_OK && chown(path, reaper, (gid_t)-1) != 0)
			st = ST_SYSTEM;
	}
	return st;
}

/* Directories that are there already stay as they are; check says whether they will do. */
static enum status
make_directories(const struct plan *p, gid_t group, struct made *made)
{
	enum status st = ST_OK;
	uid_t helper, reaper;

	if (people_uid(p->user, &helper) != ST_OK || people_uid(p->reaper_user, &reaper) != ST_OK)
		return ST_SYSTEM;
	if (!exists(p->zones))
		st = made_directory(made, p->zones, 0755, reaper, group);
	if (st == ST_OK && !exists(p->rundir))
		st = made_directory(made, p->rundir, 02770, helper, group);
	return st;
}

static enum status
make_accounts(const struct plan *p, gid_t group, struct made *made)
{
	struct master *master = NULL;
	enum status st;

	made_note(made, MADE_STORE, p->master);
	if ((st = master_open(p->master, true, &master)) == ST_OK) {
		made_note(made, MADE_FILE, p->accounts);
		st = master_publish(master, p->accounts, group);
	}
	if (st != ST_OK)
		log_error("%s: %s", p->master, st == ST_SYSTEM ? strerror(errno) : status_text(st));
	master_close(master);
	return st;
}

/* The configuration comes last: where it is, all is. It is read back before anyone is told that it works. */
static enum status
make_config(const struct plan *p, struct made *made)
{
	struct settings *set = NULL;
	char *text = NULL;
	size_t len;
	enum status st;

	if ((st = plan_config(p, &text, &len)) == ST_OK &&
	    (st = made_file(made, &(struct made_file){ p->config, text, len, 0644, 0 })) == ST_OK)
		st = settings_load(p->config, &set);
	settings_free(set);
	free(text);
	return st;
}

static enum status
make_all(const struct plan *p)
{
	struct made *made = calloc(1, sizeof(*made));
	enum status st = ST_NOMEM;
	gid_t group;

	if (made == NULL)
		return ST_NOMEM;
	if ((st = make_people(p, made)) == ST_OK && (st = people_gid(p->group, &group)) == ST_OK &&
	    (st = make_certificate(p, group, made)) == ST_OK &&
	    (st = make_directories(p, group, made)) == ST_OK &&
	    (st = make_history(p, made)) == ST_OK &&
	    (st = make_accounts(p, group, made)) == ST_OK)
		st = make_config(p, made);
	if (st != ST_OK) {
		made_undo(made);
		log_error("init could not finish (%s); what it had made is removed", status_text(st));
	}
	free(made);
	return st;
}

/* --- the end --- */

static void
print_next(const struct plan *p)
{
	const char *c = strcmp(p->config, SETTINGS_PATH) == 0 ? "" : " -c ", *path = *c == '\0' ? "" : p->config;

	printf("Made %s, the accounts in %s, the run directory %s,\n"
	    "and a self-signed certificate for %s, good for ten years. Next:\n\n", p->config, p->master, p->rundir,
	    p->server);
	printf("1. Firewall: let TCP port 8245 in.\n"
	    "2. Helper: enable the entry dynlease in /etc/xinetd.d (user %s) and start xinetd.\n"
	    "3. Reaper: start as user %s and keep it running: dynlease-reaper --watch%s%s\n", p->user, p->reaper_user,
	    c, path);
	printf("4. Name server: %s\n   %s; it is loaded with: %s\n", p->zone_file, exists(p->zone_file) ?
	    "must be writable by the reaper and hold the two marker lines (dynlease.conf(5))" : p->makes_zone ?
	    "is made by the reaper's first pass" :
	    "does not exist: make it, with the two marker lines (dynlease.conf(5))", p->reload);
	printf("   The reaper must be allowed to give that command.\n"
	    "5. After each boot the run directory is needed again; in /etc/tmpfiles.d/dynlease.conf:\n"
	    "   d %s 2770 %s %s -\n", p->rundir, p->user, p->group);
	if (*c == '\0')	/* the units know no other configuration */
		printf("   Where systemd is to do 2, 3 and 5: systemctl enable --now dynlease-boot.service dynlease.socket "
		    "dynlease-reaper.timer dynlease-reaper.path\n");
	printf("6. The first host: dynlease-admin%s%s host add NAME.%s\n"
	    "7. Is all well? dynlease-admin%s%s check\n", c, path, p->zone, c, path);
}

int
init_run(struct admin *admin)
{
#define ROW(word, member)	{ word, offsetof(struct init_options, member), NULL }
	static const struct option_row rows[] = {
		ROW("zone", zone), ROW("fallback4", fallback4), ROW("fallback6", fallback6), ROW("name", name),
		ROW("zone-file", zone_file), ROW("reload", reload), ROW("user", user), ROW("group", group),
		ROW("reaper-user", reaper_user), ROW("ssh-user", ssh_user), ROW("rundir", rundir),
		ROW("state", state), { NULL, 0, NULL }
	};
#undef ROW
	struct init_options o = { .zone = NULL };
	struct plan *plan = NULL;
	char host[NAME_SIZE];
	enum status st;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if (o.zone == NULL || o.fallback4 == NULL || o.fallback6 == NULL)
		return options_wrong(admin, "--zone, --fallback4 and --fallback6 are needed");
	if ((plan = calloc(1, sizeof(*plan))) == NULL)
		return EX_OSERR;
	umask(022);
	if ((st = plan_make(admin->config, &o, find_host(host), find_reload(), plan)) == ST_OK &&
	    (st = judge_fresh(plan)) == ST_OK && (st = judge_rundir(plan->rundir)) == ST_OK &&
	    (st = make_all(plan)) == ST_OK) {
		record("made the configuration %s for the zone %s", plan->config, plan->zone);
		print_next(plan);
	}
	free(plan);
	return status_exit(st);
}
