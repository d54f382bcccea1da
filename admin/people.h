/* SPDX-License-Identifier: ISC */
/*
 * The system's users and groups: finding them, and making those that are missing with the system's own tools.
 */
#ifndef DYNLEASE_PEOPLE_H
#define DYNLEASE_PEOPLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/status.h"

/* May text name a user or group to be made? Also keeps what could be an option away from useradd(8). Pure. */
bool		people_is_name(const char *text);

/* ST_NOTFOUND. */
enum status	people_uid(const char *user, uid_t *);
enum status	people_gid(const char *group, gid_t *);

/* Is user in group, as its own or as one of its others? */
bool		people_is_member(const char *user, gid_t);

/* What sshd asks of a user before it lets anyone in as it. */
struct login {
	bool	has_shell;	/* which commands are run by */
	bool	has_home;
	bool	is_locked;	/* by its password; only root can tell */
};

/* ST_NOTFOUND. */
enum status	people_login(const char *user, struct login *);

/* System accounts without password, home or shell. Logged. */
enum status	people_add_user(const char *user, const char *group);

/* One that sshd can let in by its key: without password or home as well, but not locked, and with a shell. Logged. */
enum status	people_add_login(const char *user, const char *group);
enum status	people_add_group(const char *group);
void		people_del_user(const char *user);
void		people_del_group(const char *group);

#endif
