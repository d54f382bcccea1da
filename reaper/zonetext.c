/* SPDX-License-Identifier: ISC */
/*
 * Every name comes from name_parse() and every address from its binary form: nothing is copied into a zone as it came.
 */
#include "zonetext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "lib/log.h"

#include "masterfile.h"

#define APEX_TTL	3600
#define SOA_REFRESH	60	/* a secondary that missed a NOTIFY */
#define SOA_RETRY	30
#define SOA_EXPIRE	3600	/* without its primary a secondary shows what nobody withdraws: not for long */

static size_t
print_address(FILE *out, const struct zone *zone, const char *name, const struct address *address)
{
	char text[ADDRESS_TEXT];

	if (address->family == 0)
		return 0;
	fprintf(out, "%s. %u IN %s %s\n", name, zone->ttl, address->family == 6 ? "AAAA" : "A",
	    address_text(address, text));
	return 1;
}

/* End the stream. On failure the text is freed. */
static enum status
finish(FILE *out, char **text)
{
	const int failed = ferror(out);

	if (fclose(out) == 0 && !failed)
		return ST_OK;
	free(*text);
	*text = NULL;
	return ST_NOMEM;
}

enum status
zonetext_block(const struct zone *zone, const struct desired *names, size_t n, char **text, size_t *len,
    size_t *records)
{
	FILE *out;

	*text = NULL;
	*records = 0;
	if ((out = open_memstream(text, len)) == NULL)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!names[i].owned)
			continue;
		if (!name_is_within(names[i].name, zone->name)) {
			log_error("%s is not within the zone %s and is left out", names[i].name, zone->name);
			continue;
		}
		if (names[i].cname != NULL) {
			*records += 1;
			fprintf(out, "%s. %u IN CNAME %s.\n", names[i].name, zone->ttl, names[i].cname);
			continue;
		}
		*records += print_address(out, zone, names[i].name, &names[i].a);
		*records += print_address(out, zone, names[i].name, &names[i].aaaa);
	}
	return finish(out, text);
}

static enum status
parse_hostmaster(const char *text, char name[NAME_SIZE], char *why, size_t whysize)
{
	char copy[NAME_SIZE + 1];
	char *at;

	if (strlcpy(copy, text, sizeof(copy)) < sizeof(copy)) {
		if ((at = strchr(copy, '@')) != NULL && memchr(copy, '.', (size_t)(at - copy)) == NULL)
			*at = '.';
		if (name_parse(copy, strlen(copy), name) == ST_OK)
			return ST_OK;
	}
	snprintf(why, whysize, "hostmaster needs a mailbox without a dot before its @");
	return ST_INVALID;
}

/* The next name of the list; ST_NOTFOUND at its end. */
static enum status
next_nameserver(char **rest, const struct zone *zone, char name[NAME_SIZE], char *why, size_t whysize)
{
	char *word;

	while ((word = strsep(rest, " \t")) != NULL && *word == '\0')
		continue;
	if (word == NULL)
		return ST_NOTFOUND;
	if (name_parse(word, strlen(word), name) != ST_OK) {
		snprintf(why, whysize, "nameserver needs names of hosts");
		return ST_INVALID;
	}
	if (name_is_within(name, zone->name)) {
		snprintf(why, whysize, "a name server within the zone needs an address there: write the file by hand");
		return ST_INVALID;
	}
	return ST_OK;
}

static void
print_head(FILE *out, const struct zone *zone, const char *nameserver, const char *hostmaster)
{
	fprintf(out, "; The zone %s, made by dynlease-reaper. It changes the serial and the lines between the two\n"
	    "; markers at the end; all else is yours to edit.\n"
	    "$TTL %d\n"
	    "%s. %d IN SOA %s. %s. (\n"
	    "\t0\t; serial\n\t%d\t; refresh\n\t%d\t; retry\n\t%d\t; expire\n\t%u )\t; negative answers\n",
	    zone->name, APEX_TTL, zone->name, APEX_TTL, nameserver, hostmaster, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE,
	    zone->ttl);
}

static enum status
print_zone(FILE *out, const struct zone *zone, char *nameservers, const char *hostmaster, char *why, size_t whysize)
{
	char name[NAME_SIZE];
	enum status st;
	int n;

	for (n = 0; (st = next_nameserver(&nameservers, zone, name, why, whysize)) == ST_OK; n++) {
		if (n == 0)
			print_head(out, zone, name, hostmaster);
		fprintf(out, "%s. %d IN NS %s.\n", zone->name, APEX_TTL, name);
	}
	if (st != ST_NOTFOUND)
		return st;
	if (n == 0) {
		snprintf(why, whysize, "nameserver needs names of hosts");
		return ST_INVALID;
	}
	fprintf(out, "\n%s\n%s\n", MASTERFILE_BEGIN, MASTERFILE_END);
	return ST_OK;
}

enum status
zonetext_new(const struct zone *zone, const char *nameservers, const char *hostmaster, char **text, size_t *len,
    char *why, size_t whysize)
{
	char mailbox[NAME_SIZE];
	char *list = NULL;
	FILE *out = NULL;
	enum status st;

	*text = NULL;
	if ((st = parse_hostmaster(hostmaster, mailbox, why, whysize)) != ST_OK)
		return st;
	if ((list = strdup(nameservers)) == NULL || (out = open_memstream(text, len)) == NULL) {
		free(list);
		return ST_NOMEM;
	}
	st = print_zone(out, zone, list, mailbox, why, whysize);
	free(list);
	if (finish(out, text) != ST_OK)
		return ST_NOMEM;
	if (st != ST_OK) {
		free(*text);
		*text = NULL;
	}
	return st;
}
