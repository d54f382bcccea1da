/* SPDX-License-Identifier: ISC */
/*
 * What confines the name server: a zone that BIND may not read is loaded by nobody, and its log says so where few look.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apparmor.h"
#include "check.h"
#include "lib/file.h"

#define PROFILE		"/etc/apparmor.d/usr.sbin.named"
#define PROFILE_LOCAL	"/etc/apparmor.d/local/usr.sbin.named"
#define PROFILE_OFF	"/etc/apparmor.d/disable/usr.sbin.named"
#define KERNEL		"/sys/module/apparmor/parameters/enabled"
#define PROFILE_MOST	((size_t)1 << 20)

static bool
is_confined(void)
{
	char *text = NULL;
	bool on;
	size_t len;

	on = file_read(KERNEL, 64, &text, &len) == ST_OK && *text == 'Y' && access(PROFILE, F_OK) == 0 &&
	    access(PROFILE_OFF, F_OK) != 0;
	free(text);
	return on;
}

static bool
allows(const char *profile, const char *path)
{
	char *text = NULL;
	bool yes;
	size_t len;

	yes = file_read(profile, PROFILE_MOST, &text, &len) == ST_OK && apparmor_allows(text, path);
	free(text);
	return yes;
}

/* The zones that BIND is told to load. */
void
check_profile(struct check *check)
{
	const struct conf_section *section = NULL;
	const char *file, *reload;

	while ((section = conf_find(check->set->conf, "zonefile", NULL, section)) != NULL) {
		file = conf_value(section, "file");
		reload = conf_value(section, "reload");
		if (file == NULL || reload == NULL || strstr(reload, "rndc") == NULL || !is_confined())
			continue;
		if (allows(PROFILE, file) || allows(PROFILE_LOCAL, file))
			findings_add(check->findings, LEVEL_OK, "AppArmor lets named read %s", file);
		else
			findings_add(check->findings, LEVEL_WARNING, "AppArmor does not let named read %s: add the "
			    "line \"%s r,\" to " PROFILE_LOCAL " and reload the profile with apparmor_parser -r "
			    PROFILE, file, file);
	}
}
