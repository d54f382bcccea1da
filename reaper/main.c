/* SPDX-License-Identifier: ISC */
/*
 * dynlease-reaper: options, one reaper at a time, and a guard that outlives whatever a damaged or stuck table does to
 * the process that sweeps.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "lib/account.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/table.h"

#include "places.h"
#include "sweep.h"

#define LOCK_WAIT	10000	/* milliseconds for another reaper to finish its pass */
#define TRIES		3	/* of a single pass, each on a fresher table */
#define CARRY_ALARM	20	/* seconds to read what is left of a table */
#define LARGE		131072	/* bytes from which on a list has pages of its own: none that a child has yet to copy */

enum mode {
	ONE_PASS,
	WATCH,
	BOOT
};

struct options {
	const char	*config;
	enum mode	 mode;
	bool		 foreground, test, verbose;
};

static const char usage[] =
    "usage: dynlease-reaper [-Dv] [-c FILE] [--boot | --watch]\n"
    "       dynlease-reaper -t [-c FILE]\n"
    "       dynlease-reaper --help | --version\n";

static void
options_parse(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "boot", no_argument, NULL, 'b' }, { "watch", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 }
	};
	int c;

	*opt = (struct options){ .config = SETTINGS_PATH };
	while ((c = getopt_long(argc, argv, "Dc:tvw", longs, NULL)) != -1)
		switch (c) {
		case 'D':
			opt->foreground = true;
			break;
		case 'b':
			opt->mode = BOOT;
			break;
		case 'c':
			opt->config = optarg;
			break;
		case 't':
			opt->test = true;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'w':
			opt->mode = WATCH;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EX_OK);
		case 'V':
			puts("dynlease-reaper " VERSION);
			exit(EX_OK);
		default:
			fputs(usage, stderr);
			exit(EX_USAGE);
		}
	if (optind != argc) {
		fputs(usage, stderr);
		exit(EX_USAGE);
	}
}

static int
test_configuration(const struct settings *settings)
{
	struct places places;
	enum status st;

	if ((st = places_make(settings, &places)) != ST_OK)
		return status_exit(st);
	for (size_t i = 0; i < places.n; i++) {
		const struct place *place = &places.list[i];

		place->publisher->advise(settings, place->zone, place->section);
		printf("%s lag=%u\n", place->name, place->publisher->lag(settings, place->zone, place->section));
	}
	places_free(&places);
	return EX_OK;
}

/* --- the process that sweeps --- */

static enum status
sweep(const struct settings *settings, enum mode mode)
{
	static enum status (*const ways[])(struct sweep *) = {
		[ONE_PASS] = sweep_once, [WATCH] = sweep_watch, [BOOT] = sweep_boot
	};
	struct sweep *s = NULL;
	enum status st;

	if ((st = sweep_open(settings, &s)) != ST_OK)
		return st;
	return ways[mode](s);
}

/* How a child ended: its status, or what a signal means. */
static enum status
reap(pid_t pid)
{
	int how = 0;

	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return ST_SYSTEM;
	if (WIFEXITED(how))
		return (enum status)WEXITSTATUS(how);
	log_critical("the sweeping process was ended by signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
	return WTERMSIG(how) == SIGALRM ? ST_TIMEOUT : ST_DAMAGED;
}

static pid_t
fork_child(unsigned seconds)
{
	const pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
		signal(SIGALRM, SIG_DFL);
		alarm(seconds);
	}
	return pid;
}

static enum status
sweep_in_child(const struct settings *settings, enum mode mode)
{
	const pid_t pid = fork_child(SWEEP_ALARM);

	if (pid == 0)
		_exit((int)sweep(settings, mode));
	return pid < 0 ? ST_SYSTEM : reap(pid);
}

/* In a child too: reading what is left of a table may crash or hang as the sweep did. */
static enum status
set_aside(const struct settings *settings, bool carry)
{
	const struct group *group = getgrnam(settings->group);
	const pid_t pid = fork_child(CARRY_ALARM);
	struct accounts *accounts = NULL;
	size_t hosts = 0;

	if (pid != 0)
		return pid < 0 ? ST_SYSTEM : reap(pid);
	if (accounts_open(settings->accounts, &accounts) == ST_OK)
		hosts = accounts_count_hosts(accounts);
	_exit((int)table_set_aside(settings->rundir, group != NULL ? group->gr_gid : (gid_t)-1, 2 * hosts, carry));
}

/*
 * What to do about the way a sweep ended. True: sweep again. A table that is only stuck is taken over as far as it
 * can be read; one that kills its reader is tried once more, and then left behind.
 */
static bool
recover(const struct settings *settings, enum status st, int tries)
{
	switch (st) {
	case ST_STALE:
		return true;
	case ST_BUSY:
	case ST_TIMEOUT:
		log_critical("the lease table is stuck: it is set aside, and its leases are carried over");
		if (set_aside(settings, true) != ST_OK)
			set_aside(settings, false);
		return true;
	case ST_DAMAGED:
		if (tries > 0) {
			log_critical("the lease table is damaged: it is set aside, and everything is withdrawn");
			set_aside(settings, false);
		}
		return true;
	default:
		return false;
	}
}

static enum status
guard(const struct settings *settings, enum mode mode)
{
	const struct timespec second = { 1, 0 };
	const bool watch = mode == WATCH;
	enum status st;
	int tries = 0;

	for (;;) {
		st = sweep_in_child(settings, mode);
		if (!recover(settings, st, tries) && (!watch || st == ST_CONFIG))
			return st;
		tries = st == ST_STALE ? 0 : tries + 1;
		if (tries == TRIES && !watch)
			return st;
		if (watch && st != ST_STALE)
			nanosleep(&second, NULL);
	}
}

/* One at a time: the lock lives as long as this process. */
static enum status
take_turn(const struct settings *settings, bool watch)
{
	char path[FILE_PATH];
	int lock;

	snprintf(path, sizeof(path), "%s/reaper.lock", settings->rundir);
	return file_lock(path, watch ? -1 : LOCK_WAIT, &lock);
}

static int
run(const struct settings *settings, const struct options *opt)
{
	enum status st;

	if (opt->test)
		return test_configuration(settings);
	if ((st = take_turn(settings, opt->mode == WATCH)) == ST_BUSY) {
		log_info("another reaper is at work");
		return EX_OK;
	}
	if (st != ST_OK) {
		log_error("%s/reaper.lock: %s (%s)", settings->rundir, status_text(st), strerror(errno));
		return status_exit(st);
	}
	return status_exit(guard(settings, opt->mode));
}

int
main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	struct settings *settings = NULL;
	struct options opt;
	enum status st;
	int code;

	options_parse(argc, argv, &opt);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_MMAP_THRESHOLD, LARGE);
	log_open("dynlease-reaper", opt.foreground || opt.test ? LOG_PLACE_STDERR : LOG_PLACE_SYSLOG);
	if (opt.verbose)
		log_limit(LOG_LEVEL_DEBUG);
	if ((st = settings_load(opt.config, &settings)) != ST_OK)
		return status_exit(st);
	code = run(settings, &opt);
	settings_free(settings);
	return code;
}
