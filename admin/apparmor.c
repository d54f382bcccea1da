/* SPDX-License-Identifier: ISC */
/*
 * Matching paths against the rules of an AppArmor profile. Reads no file.
 */
#include "apparmor.h"

#include <stdio.h>
#include <string.h>

#define RULE_SIZE	1024

/* Each word of a list in braces, with what follows it. */
static bool
fits_list(const char *list, const char *path)
{
	const char *end = strchr(list, '}'), *word = list + 1;
	char joined[RULE_SIZE];
	size_t len;

	if (end == NULL)
		return false;
	for (; word <= end; word += len + 1) {
		len = strcspn(word, ",}");
		if (snprintf(joined, sizeof(joined), "%.*s%s", (int)len, word, end + 1) < (int)sizeof(joined) &&
		    apparmor_fits(joined, path))
			return true;
	}
	return false;
}

/* pattern is what follows the stars. */
static bool
fits_stars(const char *pattern, bool deep, const char *path)
{
	for (;; path++) {
		if (apparmor_fits(pattern, path))
			return true;
		if (*path == '\0' || (*path == '/' && !deep))
			return false;
	}
}

bool
apparmor_fits(const char *pattern, const char *path)
{
	for (; *pattern != '\0'; pattern++, path++) {
		if (*pattern == '{')
			return fits_list(pattern, path);
		if (*pattern == '*')
			return fits_stars(pattern + (pattern[1] == '*' ? 2 : 1), pattern[1] == '*', path);
		if (*path == '\0' || (*pattern != *path && (*pattern != '?' || *path == '/')))
			return false;
	}
	return *path == '\0';
}

/* "[owner] PATH ACCESS," */
static bool
rule_allows(char *line, const char *path)
{
	char *word, *pattern = NULL, *access = NULL;

	while (access == NULL && (word = strsep(&line, " \t")) != NULL) {
		if (*word == '\0' || (pattern == NULL && strcmp(word, "owner") == 0))
			continue;
		if (pattern == NULL)
			pattern = word;
		else
			access = word;
	}
	return access != NULL && *pattern == '/' && strchr(access, 'r') != NULL && apparmor_fits(pattern, path);
}

bool
apparmor_allows(const char *profile, const char *path)
{
	char line[RULE_SIZE];
	size_t len;

	for (; *profile != '\0'; profile += len + (profile[len] != '\0' ? 1 : 0)) {
		len = strcspn(profile, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, profile);
		if (rule_allows(line, path))
			return true;
	}
	return false;
}
