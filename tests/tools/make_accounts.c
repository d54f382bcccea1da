/* SPDX-License-Identifier: ISC */
/*
 * Makes a master and a snapshot of accounts for tests: make_accounts MASTER SNAPSHOT GROUP <lines
 * Each line: host, token or crypt(5) verifier ("-" for none), then optionally class ("-" for none) and announce
 * networks. A line "+ KEY VALUE" after it changes the account: require, network, credential.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account.h"

static void
die(const char *what)
{
	fprintf(stderr, "make_accounts: %s\n", what);
	exit(1);
}

static bool
amend(struct account *account, char *line)
{
	char *rest = NULL, *key, *value;
	struct credential c;

	strtok_r(line, " ", &rest);
	key = strtok_r(NULL, " ", &rest);
	if (key == NULL || (value = strtok_r(NULL, "\n", &rest)) == NULL)
		return false;
	if (strcmp(key, "require") == 0)
		return layers_parse(value, &account->require) == ST_OK;
	if (strcmp(key, "network") == 0)
		return networks_parse(value, &account->network) == ST_OK;
	return strcmp(key, "credential") == 0 && credential_parse(value, strlen(value), &c) == ST_OK &&
	    credentials_add(account->credentials, &c) == ST_OK;
}

static void
take(struct master *master, struct account *last, char *line)
{
	struct account account = { .require = LAYER_PASSWORD };
	char *rest = NULL, *name, *secret, *class, *announce;

	if (*line == '+') {
		if (!amend(last, line))
			die("cannot amend");
		master_put(master, last);
		return;
	}
	name = strtok_r(line, " \n", &rest);
	secret = strtok_r(NULL, " \n", &rest);
	class = strtok_r(NULL, " \n", &rest);
	announce = strtok_r(NULL, "\n", &rest);
	if (secret == NULL || name_parse(name, strlen(name), account.name) != ST_OK)
		die("a line needs a host and a secret");
	if (strcmp(secret, "-") == 0)
		account.secret[0] = '\0';
	else if (secret_is_verifier(secret))
		snprintf(account.secret, sizeof(account.secret), "%s", secret);
	else if (secret_keep_token(secret, account.secret) != ST_OK)
		die("not a token");
	if (class != NULL && strcmp(class, "-") != 0 && name_parse(class, strlen(class), account.class) != ST_OK)
		die("not a class");
	if (announce != NULL && networks_parse(announce, &account.announce) != ST_OK)
		die("not networks");
	account.epoch = master_next_epoch(master, 1);
	master_put(master, &account);
	master_put_host(master, account.name, account.name);
	*last = account;
}

int
main(int argc, char **argv)
{
	struct master *master;
	struct group *group;
	struct account last = { .require = 0 };
	char line[4096];

	if (argc != 4 || (group = getgrnam(argv[3])) == NULL)
		die("usage: make_accounts MASTER SNAPSHOT GROUP");
	if (master_open(argv[1], true, &master) != ST_OK)
		die("the master cannot be opened");
	master_begin(master);
	while (fgets(line, sizeof(line), stdin) != NULL)
		take(master, &last, line);
	if (master_end(master) != ST_OK || master_publish(master, argv[2], group->gr_gid) != ST_OK)
		die("not written");
	master_close(master);
	return 0;
}
