/* SPDX-License-Identifier: ISC */
/*
 * dynlease: renews, releases and shows leases. One run, one exit code: the worst of what happened (report.h).
 * Keeps its secrets out of core files and other processes' reach from the first line on.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "credential.h"
#include "daemon.h"
#include "expiry.h"
#include "keygen.h"
#include "lib/log.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "verb.h"

#ifndef VERSION
#define VERSION	"unknown"
#endif

static void
harden(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__		/* whose search for leaks attaches to the process */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	signal(SIGPIPE, SIG_IGN);
	/* A missing stderr must not become the number of the connection. */
	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
		continue;
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
usage(FILE *to)
{
	const struct verb *v;

	fprintf(to, "usage: dynlease [-46v] [-c FILE] [--via COMMAND] [--ask | --secret-fd N] [--json] COMMAND [HOST ...]\n"
	    "       dynlease [-46Dv] [-c FILE] [--via COMMAND] daemon\n"
	    "       dynlease [-c FILE] [--out DIR | -o BASE] [--name NAME] [--force | --show] keygen\n");
	for (v = verbs; v->command != NULL; v++)
		fprintf(to, "  %-8s %s\n", v->command, v->help);
	fprintf(to, "  %-8s %s\n", "daemon", "keep the leases, and stay");
	fprintf(to, "  %-8s %s\n", "keygen", "make a key that the server can know this machine by");
}

/* Servers keep only the hosts that were asked for; a host of no server is a mistake. */
static int
restrict_hosts(const struct options *options, struct servers *servers)
{
	const char (*wanted)[NAME_SIZE] = (const char (*)[NAME_SIZE])options->hosts;
	size_t i, j, k;
	bool found;

	for (i = 0; i < options->nhosts; i++) {
		found = false;
		for (j = 0; j < servers->n && !found; j++)
			for (k = 0; k < servers->list[j].nhosts && !found; k++)
				found = strcmp(servers->list[j].hosts[k], wanted[i]) == 0;
		if (!found) {
			log_error("%s is a host of no server in %s", wanted[i], options->conf);
			return EX_USAGE;
		}
	}
	for (j = 0; j < servers->n && options->nhosts > 0; j++)
		server_restrict(&servers->list[j], wanted, options->nhosts);
	return EX_OK;
}

/* One descriptor holds one secret, and it is not for a second server to see. */
static int
check_secret_fd(const struct options *options, const struct servers *servers)
{
	size_t i, n = 0;

	for (i = 0; i < servers->n; i++)
		n += servers->list[i].nhosts > 0;
	if (options->secret_fd == -1 || n == 1)
		return EX_OK;
	log_error("--secret-fd is for one server; name hosts of one of them");
	return EX_USAGE;
}

static int
run_all(const struct options *options, const struct verb *verb, struct servers *servers)
{
	struct report report = { .verbose = options->verbose, .json = options->json };
	struct server *server;
	size_t i;
	int code;

	for (i = 0; i < servers->n; i++) {
		server = &servers->list[i];
		if (server->nhosts == 0)
			continue;
		if (credential_get(options, server) == ST_OK)
			run_server(options, verb, server, &report);
		else
			report.code = report_worse(report.code, EX_CONFIG);
		secret_wipe(server->secret, sizeof(server->secret));
	}
	if (verb->finish != NULL)
		verb->finish(&report);
	report_flush(&report);
	expiry_warn(servers, false);
	code = report.code;
	report_free(&report);
	return code;
}

/* The one who starts a daemon may be gone when it wants a secret, and it keeps all hosts. */
static int
run_daemon(const struct options *options)
{
	if (options->nhosts == 0 && !options->ask && options->secret_fd == -1 && !options->json)
		return daemon_run(options);
	log_error("daemon: takes no hosts, and no --ask, --secret-fd or --json");
	return EX_USAGE;
}

static int
use_via(const struct options *options, struct servers *servers)
{
	size_t i;

	for (i = 0; options->via != NULL && i < servers->n; i++) {
		if (server_use_via(&servers->list[i], options->via) == ST_OK)
			continue;
		log_error("--via: not a command: %s", options->via);
		return EX_USAGE;
	}
	return EX_OK;
}

static int
run(const struct options *options)
{
	const struct verb *verb = verb_find(options->command);
	struct servers *servers = NULL;
	int code = EX_CONFIG;

	if (strcmp(options->command, "keygen") == 0)
		return keygen_run(options);
	if (keygen_has_options(options)) {
		log_error("--out, -o, --name, --force and --show are for keygen");
		return EX_USAGE;
	}
	if (strcmp(options->command, "daemon") == 0)
		return run_daemon(options);
	if (options->to_stderr) {
		log_error("-D is for daemon");
		return EX_USAGE;
	}
	if (verb == NULL) {
		log_error("no such command: %s", options->command);
		usage(stderr);
		return EX_USAGE;
	}
	if (servers_load(options->conf, &servers) == ST_OK && (code = use_via(options, servers)) == EX_OK &&
	    (code = restrict_hosts(options, servers)) == EX_OK && (code = check_secret_fd(options, servers)) == EX_OK)
		code = run_all(options, verb, servers);
	servers_free(servers);
	return code;
}

int
main(int argc, char **argv)
{
	struct options options;
	int code = EX_OK;

	harden();
	log_open("dynlease", LOG_PLACE_STDERR);
	options_parse(argc, argv, &options);
	switch (options.todo) {
	case OPTIONS_HELP:
		usage(stdout);
		break;
	case OPTIONS_VERSION:
		puts("dynlease " VERSION);
		break;
	case OPTIONS_RUN:
		code = run(&options);
		break;
	case OPTIONS_WRONG:
	default:
		usage(stderr);
		code = EX_USAGE;
	}
	free(options.hosts);
	return code;
}
