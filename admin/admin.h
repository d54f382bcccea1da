/* SPDX-License-Identifier: ISC */
/*
 * What every command of dynlease-admin gets, and the commands. Each is one function that returns the program's exit
 * code (sysexits(3); check: Nagios'). Errors are logged, which here means stderr; changes are recorded in syslog, too.
 */
#ifndef DYNLEASE_ADMIN_H
#define DYNLEASE_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/settings.h"
#include "lib/status.h"

#define PROGRAM	"dynlease-admin"

#ifndef LOCALSTATEDIR
#define LOCALSTATEDIR	"/var"
#endif
#ifndef RUNDIR
#define RUNDIR		"/run"
#endif
#ifndef VERSION
#define VERSION		"unknown"
#endif

enum command_flag {
	COMMAND_ROOT = 1,	/* only root may */
	COMMAND_JSON = 2	/* takes --json */
};

struct admin {
	const char	*config;	/* dynlease.conf */
	const char	*noun;		/* the first word of the command */
	const char	*usage;		/* of the command, for messages */
	unsigned	 flags;		/* enum command_flag */
	bool		 json;
	int		 argc;		/* argv[0] is the command; after options_take() only operands are left */
	char		**argv;
};

int	init_run(struct admin *);
int	host_add(struct admin *);
int	host_set(struct admin *);
int	host_secret(struct admin *);
int	host_del(struct admin *);
int	host_list(struct admin *);
int	account_add(struct admin *);
int	account_del(struct admin *);
int	key_add(struct admin *);	/* also of cert and ssh-key */
int	key_del(struct admin *);
int	key_list(struct admin *);
int	key_lines(struct admin *);
int	alias_add(struct admin *);
int	alias_del(struct admin *);
int	alias_list(struct admin *);
int	status_run(struct admin *);
int	check_run(struct admin *);
int	expiry_run(struct admin *);
int	ca_init(struct admin *);
int	ca_issue(struct admin *);
int	ca_revoke(struct admin *);
int	ca_crl(struct admin *);
int	ca_list(struct admin *);
int	ca_renew_root(struct admin *);
int	ca_retire(struct admin *);
int	backup_run(struct admin *);
int	restore_run(struct admin *);
int	seal_run(struct admin *);
int	unseal_run(struct admin *);
int	unlock_run(struct admin *);
int	lock_run(struct admin *);

#endif
