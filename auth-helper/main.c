/* SPDX-License-Identifier: ISC */
/*
 * dynlease-auth: the life of one connection, from the spawner's hand to the last byte. It never serves a second one.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/fingerprint.h"
#include "lib/log.h"
#include "lib/settings.h"

#include "judge.h"
#include "peer.h"
#include "session.h"
#include "speak_ssh.h"

#define FIRST_DEADLINE	10	/* seconds, until the configuration is read */

struct options {
	const char	*config;
	bool		 foreground;	/* log to stderr */
	bool		 test;		/* only look at the configuration */
	const char	*ssh;		/* sshd has let this account in; NULL: the client has yet to say who it is */
	char		 ssh_key[FINGERPRINT_SIZE];	/* by this key; "": not told */
};

/* All that is opened before a byte of the network is read. */
struct helper {
	uint64_t		 start;
	struct settings		*settings;
	struct channel_context	*context;
	struct accounts		*accounts;
	struct table		*table;
	struct seal		*seal;
	struct evidence		 evidence;
};

static const char usage[] =
    "usage: dynlease-auth [-D] [-c FILE]	serve the connection on descriptor 0\n"
    "       dynlease-auth --ssh ACCOUNT [--ssh-key FINGERPRINT] [-D] [-c FILE]	the same, started by sshd\n"
    "       dynlease-auth -t [-c FILE]	check configuration, certificate and key\n"
    "       dynlease-auth --help | --version\n";

/* A person is told on the terminal; a spawner's mistake goes to syslog, because descriptor 2 may be the client. */
static void
usage_error(void)
{
	struct stat sb;

	if (fstat(2, &sb) == 0 && !S_ISSOCK(sb.st_mode))
		fputs(usage, stderr);
	log_open("dynlease-auth", LOG_PLACE_SYSLOG);
	log_error("started with wrong options");
	exit(EX_USAGE);
}

static void
options_parse(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "ssh", required_argument, NULL, 's' }, { "ssh-key", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 }
	};
	int c;

	*opt = (struct options){ .config = SETTINGS_PATH };
	opterr = 0;
	while ((c = getopt_long(argc, argv, "Dc:t", longs, NULL)) != -1)
		switch (c) {
		case 'D':
			opt->foreground = true;
			break;
		case 'c':
			opt->config = optarg;
			break;
		case 't':
			opt->test = true;
			break;
		case 's':
			opt->ssh = optarg;
			break;
		case 'k':
			if (fingerprint_parse(optarg, strlen(optarg), opt->ssh_key) != ST_OK)
				usage_error();
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EX_OK);
		case 'V':
			puts("dynlease-auth " VERSION);
			exit(EX_OK);
		default:
			usage_error();
		}
	if (optind != argc || (opt->ssh == NULL && opt->ssh_key[0] != '\0'))
		usage_error();
}

/* Nothing of this process is for others to see: no core file, no ptrace by its own user, no new rights. */
static void
close_shutters(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
}

/* What shaking hands takes. Missing files of the CA shut out only those who need them. */
static enum status
open_handshake(struct helper *helper)
{
	const struct authority_plan plan = { helper->settings->client_ca, helper->settings->client_crl,
		helper->settings->client_depth };
	enum status st;

	if ((st = authority_open(&plan, &helper->evidence.authority)) != ST_OK)
		return st;
	return channel_serve(helper->settings->certificate, helper->settings->key, &helper->context);
}

/* What the helper cannot do without; where sshd has shaken hands, that is less, and what it has seen is told. */
static enum status
open_necessities(const struct options *opt, struct helper *helper)
{
	enum status st;

	if ((st = settings_load(opt->config, &helper->settings)) != ST_OK || opt->ssh == NULL)
		return st == ST_OK ? open_handshake(helper) : st;
	helper->evidence.ssh = true;
	memcpy(helper->evidence.ssh_key, opt->ssh_key, sizeof(opt->ssh_key));
	return ST_OK;
}

/* Without accounts or table the client still gets an answer: try later. Locked passwords shut out who needs them. */
static void
open_stores(struct helper *helper)
{
	enum status st;

	if ((st = seal_load(helper->settings->rundir, &helper->seal)) != ST_OK && st != ST_NOTFOUND)
		log_critical("%s: the key of the passwords: %s", helper->settings->rundir, status_text(st));
	if ((st = accounts_open(helper->settings->accounts, &helper->accounts)) != ST_OK)
		log_critical("%s: %s: nobody can log in", helper->settings->accounts, status_text(st));
	if ((st = table_open(helper->settings->rundir, &helper->table)) != ST_OK)
		log_critical("%s: the lease table: %s: nothing is granted until a reaper has made one",
		    helper->settings->rundir, status_text(st));
}

/* What the client has shown in the handshake. */
static enum status
gather(const struct channel *channel, struct evidence *evidence)
{
	const enum status st = channel_key(channel, evidence->key);

	return st == ST_OK || st == ST_NOTFOUND ? channel_certificates(channel, &evidence->certificates) : st;
}

/* The handshake, the conversation, and the farewell. The exit code. */
static int
serve(struct helper *helper, const struct peer *peer, struct judge *judge)
{
	struct channel *channel = NULL;
	enum status st;

	st = channel_open(helper->context, peer->in, peer->out, NULL, 0, &channel);
	if (st == ST_OK && (st = gather(channel, &helper->evidence)) == ST_OK) {
		judge->proved = channel_proved_at(channel);
		st = session_run(channel, judge);
	} else
		log_info("handshake peer=%s %s: %s", peer->text, status_text(st),
		    channel != NULL ? channel_why(channel) : "");
	channel_close(channel, true);
	return st == ST_OK || st == ST_CLOSED ? EX_OK : EX_PROTOCOL;
}

static int
test_configuration(const struct options *opt)
{
	struct helper helper = { 0 };
	const enum status st = open_necessities(opt, &helper);

	if (st == ST_OK)
		printf("%s: fine\n", opt->config);
	channel_context_free(helper.context);
	authority_free(helper.evidence.authority);
	settings_free(helper.settings);
	return st == ST_OK ? EX_OK : status_exit(st);
}

/* Why nobody can be served with what the spawner has handed over. */
static void
complain(const struct options *opt, enum status st)
{
	const char *what = st == ST_INVALID ? "not a connected stream socket" : strerror(errno);

	if (opt->ssh != NULL && st == ST_INVALID)
		log_error("SSH_CONNECTION: no address of a client; --ssh is for a command that sshd starts");
	else
		log_error("descriptor 0: %s; this is started by xinetd, inetd, tcpserver, systemd or sshd", what);
}

int
main(int argc, char **argv)
{
	struct helper helper = { .start = clock_boot() };
	struct environment environment;
	struct options opt;
	struct judge judge;
	struct peer peer;
	enum status st;
	int code;

	options_parse(argc, argv, &opt);
	if (opt.test)
		return test_configuration(&opt);

	environment_clear(&environment);
	st = opt.ssh == NULL ? peer_claim(opt.foreground, &peer) :
	    peer_claim_ssh(environment.ssh_connection, opt.foreground, &peer);
	close_shutters();
	deadline_arm(FIRST_DEADLINE);
	log_open("dynlease-auth", opt.foreground ? LOG_PLACE_STDERR : LOG_PLACE_SYSLOG);
	if (st == ST_CLOSED)
		_exit(EX_OK);
	if (st != ST_OK) {
		complain(&opt, st);
		_exit(EX_USAGE);
	}
	if ((st = open_necessities(&opt, &helper)) != ST_OK)
		_exit(status_exit(st));
	deadline_arm(helper.settings->deadline);
	open_stores(&helper);

	judge = (struct judge){ .settings = helper.settings, .accounts = helper.accounts, .table = helper.table,
		.peer = &peer, .evidence = &helper.evidence, .seal = helper.seal, .proved = helper.start };
	code = opt.ssh == NULL ? serve(&helper, &peer, &judge) :
	    ssh_speak(&(struct ssh_call){ opt.ssh, environment.ssh_command, peer.in, peer.out }, &judge);
	/*
	 * No cleaning up: the store must not be closed by those who leave (store.c), and the rest goes with the
	 * process.
	 */
	_exit(code);
}
