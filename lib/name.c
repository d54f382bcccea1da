/* SPDX-License-Identifier: ISC */
/*
 * The one parser of names. Everything that is kept, compared, looked up or published went through it.
 */
#include <string.h>

#include "name.h"

#define LABEL_MAX 63

/* ASCII only, whatever the locale says. Returns 0 for a byte that no label holds. */
static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
		return c;
	return '\0';
}

static bool
label_is_good(const char *label, size_t len)
{
	return len >= 1 && len <= LABEL_MAX && label[0] != '-' && label[len - 1] != '-';
}

enum status
name_parse(const char *text, size_t len, char name[NAME_SIZE])
{
	size_t i, start = 0;

	name[0] = '\0';
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len >= NAME_SIZE)
		return ST_INVALID;
	for (i = 0; i < len; i++) {
		if (text[i] != '.') {
			if ((name[i] = fold(text[i])) == '\0')
				goto bad;
			continue;
		}
		if (!label_is_good(name + start, i - start))
			goto bad;
		name[i] = '.';
		start = i + 1;
	}
	if (!label_is_good(name + start, len - start))
		goto bad;
	name[len] = '\0';
	return ST_OK;
bad:
	name[0] = '\0';
	return ST_INVALID;
}

bool
name_is_within(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	if (n == z)
		return memcmp(name, zone, z) == 0;
	return n > z && name[n - z - 1] == '.' && memcmp(name + n - z, zone, z) == 0;
}
