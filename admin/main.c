/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin: the table of commands, and finding the one that is meant. What a command does is in the file of its
 * noun.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "lib/log.h"

#define PASSPHRASE	" [--passphrase-file FILE]"
#define TERMS	" [--comment TEXT] [--expires MOMENT] [--from NETWORKS]"

static const struct command {
	const char	*noun, *verb;	/* verb NULL: the noun alone */
	const char	*usage;
	int		(*run)(struct admin *);
	unsigned	 flags;
} commands[] = {
	{ "init", NULL, "init --zone ZONE --fallback4 ADDRESS|none --fallback6 ADDRESS|none [--name SERVER]"
	    " [--zone-file FILE] [--reload COMMAND] [--user USER] [--group GROUP] [--reaper-user USER]"
	    " [--ssh-user USER] [--rundir DIR] [--state DIR]", init_run, COMMAND_ROOT },
	{ "host", "add", "host add NAME [--show client|cron|systemd|tunnel] [--class CLASS] [--announce NETWORKS]"
	    " [--require LAYERS] [--network NETWORKS] [--hash VERIFIER] [--account ACCOUNT]", host_add, COMMAND_ROOT },
	{ "host", "set", "host set NAME [--class CLASS] [--announce NETWORKS|none] [--require LAYERS]"
	    " [--network NETWORKS|none]", host_set, COMMAND_ROOT },
	{ "host", "secret", "host secret NAME [--hash VERIFIER]", host_secret, COMMAND_ROOT },
	{ "host", "del", "host del NAME", host_del, COMMAND_ROOT },
	{ "host", "list", "host list [--json]", host_list, COMMAND_JSON },
	{ "account", "add", "account add NAME [--hosts HOSTS] [--show client|cron|systemd|tunnel] [--class CLASS]"
	    " [--announce NETWORKS] [--require LAYERS] [--network NETWORKS] [--hash VERIFIER]", account_add,
	    COMMAND_ROOT },
	{ "account", "del", "account del NAME", account_del, COMMAND_ROOT },
	{ "key", "add", "key add NAME FINGERPRINT" TERMS, key_add, COMMAND_ROOT },
	{ "key", "del", "key del NAME FINGERPRINT", key_del, COMMAND_ROOT },
	{ "key", "list", "key list [--json] [NAME]", key_list, COMMAND_JSON },
	{ "cert", "add", "cert add NAME TYPE:VALUE" TERMS, key_add, COMMAND_ROOT },
	{ "cert", "del", "cert del NAME TYPE:VALUE", key_del, COMMAND_ROOT },
	{ "cert", "list", "cert list [--json] [NAME]", key_list, COMMAND_JSON },
	{ "ssh-key", "add", "ssh-key add NAME 'TYPE BASE64 COMMENT'|FILE|-" TERMS, key_add, COMMAND_ROOT },
	{ "ssh-key", "del", "ssh-key del NAME FINGERPRINT", key_del, COMMAND_ROOT },
	{ "ssh-key", "list", "ssh-key list [--json] [NAME]", key_list, COMMAND_JSON },
	{ "ssh-key", "lines", "ssh-key lines [FINGERPRINT]", key_lines, 0 },
	{ "alias", "add", "alias add ALIAS HOST [--cname]", alias_add, COMMAND_ROOT },
	{ "alias", "del", "alias del ALIAS", alias_del, COMMAND_ROOT },
	{ "alias", "list", "alias list [--json]", alias_list, COMMAND_JSON },
	{ "status", NULL, "status [--json] [--watch [SECONDS]] [HOST]", status_run, COMMAND_JSON },
	{ "check", NULL, "check [--json] [--at MOMENT]", check_run, COMMAND_JSON },
	{ "expiry", NULL, "expiry [--json] [--log]", expiry_run, COMMAND_JSON },
	{ "ca", "init", "ca init [--name NAME] [--years NUMBER] [--no-passphrase]" PASSPHRASE, ca_init, COMMAND_ROOT },
	{ "ca", "issue", "ca issue NAME [--days NUMBER] [--out DIR] [--csr FILE]" PASSPHRASE, ca_issue, COMMAND_ROOT },
	{ "ca", "revoke", "ca revoke SERIAL|FILE" PASSPHRASE, ca_revoke, COMMAND_ROOT },
	{ "ca", "crl", "ca crl [--days NUMBER]" PASSPHRASE, ca_crl, COMMAND_ROOT },
	{ "ca", "list", "ca list [--json]", ca_list, COMMAND_ROOT | COMMAND_JSON },
	{ "ca", "renew-root", "ca renew-root [--years NUMBER] [--new-key]" PASSPHRASE, ca_renew_root, COMMAND_ROOT },
	{ "ca", "retire", "ca retire [--yes]" PASSPHRASE, ca_retire, COMMAND_ROOT },
	{ "backup", NULL, "backup FILE", backup_run, COMMAND_ROOT },
	{ "restore", NULL, "restore FILE [--yes]", restore_run, COMMAND_ROOT },
	{ "seal", NULL, "seal [--passphrase-file FILE] [--recover] [--no-tmpfs]", seal_run, COMMAND_ROOT },
	{ "unseal", NULL, "unseal [--passphrase-file FILE]", unseal_run, COMMAND_ROOT },
	{ "unlock", NULL, "unlock [--passphrase-file FILE] [--credential NAME] [--no-tmpfs]", unlock_run,
	    COMMAND_ROOT },
	{ "lock", NULL, "lock", lock_run, COMMAND_ROOT },
	{ NULL, NULL, NULL, NULL, 0 }
};

static void
help(void)
{
	puts("usage: " PROGRAM " [-c FILE] COMMAND");
	for (const struct command *command = commands; command->noun != NULL; command++)
		printf("       %s\n", command->usage);
	puts("       --help | --version\n-c FILE: the configuration, instead of " SETTINGS_PATH);
}

/* The command that the words name; *words is how many of them do. */
static const struct command *
find_command(int argc, char **argv, int *words)
{
	for (const struct command *command = commands; command->noun != NULL && argc > 0; command++) {
		*words = command->verb == NULL ? 1 : 2;
		if (strcmp(argv[0], command->noun) == 0 && (command->verb == NULL ||
		    (argc > 1 && strcmp(argv[1], command->verb) == 0)))
			return command;
	}
	return NULL;
}

static int
run(struct admin *admin)
{
	const struct command *command;
	int words, code;

	if ((command = find_command(admin->argc, admin->argv, &words)) == NULL) {
		log_error("%s%s (" PROGRAM " --help names the commands)", admin->argc == 0 ? "which command?" :
		    "no such command: ", admin->argc == 0 ? "" : admin->argv[0]);
		return EX_USAGE;
	}
	if ((command->flags & COMMAND_ROOT) != 0 && geteuid() != 0) {
		log_error("%s%s%s: only root may do this", command->noun, command->verb == NULL ? "" : " ",
		    command->verb == NULL ? "" : command->verb);
		return EX_NOPERM;
	}
	admin->noun = command->noun;
	admin->usage = command->usage;
	admin->flags = command->flags;
	admin->argc -= words - 1;	/* the last word of the command stands where getopt wants a program's name */
	admin->argv += words - 1;
	if ((code = command->run(admin)) == EX_OK && (fflush(stdout) != 0 || ferror(stdout))) {
		log_error("the output could not be written: %s", strerror(errno));
		return EX_IOERR;
	}
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct admin admin = { .config = SETTINGS_PATH };
	int c;

	log_open(PROGRAM, LOG_PLACE_STDERR);
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:c:", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			admin.config = optarg;
			break;
		case 'h':
			return help(), EX_OK;
		case 'V':
			return puts(PROGRAM " " VERSION), EX_OK;
		default:
			log_error("%s: %s (" PROGRAM " --help tells more)", argv[optind - 1],
			    c == ':' ? "needs a value" : "no such option");
			return EX_USAGE;
		}
	admin.argc = argc - optind;
	admin.argv = argv + optind;
	return run(&admin);
}
