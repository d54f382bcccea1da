/* SPDX-License-Identifier: ISC */
/*
 * Users and groups. useradd(8) and its kin are run by argument vector.
 */
#include "people.h"

#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "spawn.h"

#define SECONDS		20
#define NGROUPS		256

bool
people_is_name(const char *text)
{
	static const char begin[] = "abcdefghijklmnopqrstuvwxyz_", more[] = "abcdefghijklmnopqrstuvwxyz_-0123456789";
	const size_t len = strlen(text);

	return len > 0 && len <= 31 && strchr(begin, *text) != NULL && strspn(text, more) == len;
}

enum status
people_uid(const char *user, uid_t *uid)
{
	const struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		return ST_NOTFOUND;
	*uid = pw->pw_uid;
	return ST_OK;
}

enum status
people_gid(const char *group, gid_t *gid)
{
	const struct group *gr = getgrnam(group);

	if (gr == NULL)
		return ST_NOTFOUND;
	*gid = gr->gr_gid;
	return ST_OK;
}

bool
people_is_member(const char *user, gid_t gid)
{
	const struct passwd *pw = getpwnam(user);
	gid_t list[NGROUPS];
	int n = NGROUPS;

	if (pw == NULL || getgrouplist(user, pw->pw_gid, list, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (list[i] == gid)
			return true;
	return false;
}

/* Is it one of the programs that stand for "no shell"? */
static bool
is_no_shell(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	return strcmp(name, "nologin") == 0 || strcmp(name, "false") == 0;
}

enum status
people_login(const char *user, struct login *login)
{
	const struct passwd *pw = getpwnam(user);
	const struct spwd *shadow = getspnam(user);

	if (pw == NULL)
		return ST_NOTFOUND;
	login->has_shell = *pw->pw_shell == '\0' ||
	    (!is_no_shell(pw->pw_shell) && access(pw->pw_shell, X_OK) == 0);
	login->has_home = access(pw->pw_dir, X_OK) == 0;
	login->is_locked = *(shadow != NULL ? shadow->sp_pwdp : pw->pw_passwd) == '!';
	return ST_OK;
}

static enum status
run(const char *const argv[])
{
	const struct spawn spawn = { .argv = argv, .seconds = SECONDS };
	char said[256];
	enum status st;
	int code;

	st = spawn_run(&spawn, said, sizeof(said), &code);
	if (st == ST_OK && code == 0)
		return ST_OK;
	said[strcspn(said, "\n")] = '\0';
	log_error("%s: %s", argv[0], st == ST_OK ? said : status_text(st));
	return st == ST_OK ? ST_SYSTEM : st;
}

enum status
people_add_group(const char *group)
{
	return run((const char *const []){ "groupadd", "--system", group, NULL });
}

enum status
people_add_user(const char *user, const char *group)
{
	return run((const char *const []){ "useradd", "--system", "--gid", group, "--no-create-home", "--home-dir",
	    "/nonexistent", "--shell", "/usr/sbin/nologin", user, NULL });
}

/*
 * A password of "*" matches nothing. Neither does the usual "!", but that is what sshd without PAM takes for locked. Of
 * a home that does not exist sshd complains to the client; in "/" only root could leave keys.
 */
enum status
people_add_login(const char *user, const char *group)
{
	return run((const char *const []){ "useradd", "--system", "--gid", group, "--no-create-home", "--home-dir",
	    "/", "--shell", "/bin/sh", "--password", "*", user, NULL });
}

void
people_del_user(const char *user)
{
	run((const char *const []){ "userdel", user, NULL });
}

void
people_del_group(const char *group)
{
	run((const char *const []){ "groupdel", group, NULL });
}
