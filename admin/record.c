/* SPDX-License-Identifier: ISC */
/*
 * Who changed what, into syslog. The login uid comes from the kernel and outlives sudo(8) and su(1); where there is
 * none (a container, a job of cron), the name that sudo left is taken, and then that of the real user.
 */
#include "record.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "admin.h"
#include "lib/file.h"
#include "lib/log.h"

#define WHO_SIZE	64

static bool
name_uid(uid_t uid, char who[WHO_SIZE])
{
	const struct passwd *pw = getpwuid(uid);

	return pw != NULL && strlcpy(who, pw->pw_name, WHO_SIZE) < WHO_SIZE;
}

static bool
name_login(char who[WHO_SIZE])
{
	const char *error = NULL;
	char *text = NULL;
	bool known = false;
	size_t len;
	long long uid;

	if (file_read("/proc/self/loginuid", 32, &text, &len) == ST_OK) {
		uid = strtonum(text, 0, (long long)UINT32_MAX - 1, &error);	/* the largest stands for none */
		known = error == NULL && name_uid((uid_t)uid, who);
	}
	free(text);
	return known;
}

static void
find_who(char who[WHO_SIZE])
{
	const char *sudo = getenv("SUDO_USER");

	if (name_login(who) || (sudo != NULL && *sudo != '\0' && strlcpy(who, sudo, WHO_SIZE) < WHO_SIZE) ||
	    name_uid(getuid(), who))
		return;
	snprintf(who, WHO_SIZE, "uid %u", (unsigned)getuid());
}

void
record(const char *fmt, ...)
{
	char text[900], who[WHO_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	find_who(who);
	log_open(PROGRAM, LOG_PLACE_SYSLOG);
	log_info("%s: %s", who, text);
	log_open(PROGRAM, LOG_PLACE_STDERR);
}
