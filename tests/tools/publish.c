/* SPDX-License-Identifier: ISC */
/* links: reaper/[a-l]*.c reaper/ma[a-hj-z]*.c reaper/[n-z]*.c */
/*
 * publish KIND CONF ZONE [WALL]: publish the names on stdin, in order, to [KIND ZONE]. A line is "NAME A AAAA FLAGS":
 * an address or "none", or in place of A "@HOST" for a CNAME; flags t (touched), l (live), d (deleted), s (sheds a CNAME). Prints why not;
 * exits with the status. Of a kind that need not be told all names it is told the touched ones; with COMPARE=1 in the
 * environment all, to be compared. "check" as WALL only checks the section, and prints what there is to advise.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/texts.h"
#include "reaper/publish.h"

enum { NAMES = 200000 };

static const struct publisher *publisher;
static struct texts texts;

static bool
read_name(struct desired *to)
{
	char name[NAME_SIZE + 1], parsed[NAME_SIZE], a[NAME_SIZE + 2], aaaa[ADDRESS_TEXT], flags[8];

	if (scanf("%254s %255s %45s %7s", name, a, aaaa, flags) != 4)
		return false;
	if (name_parse(name, strlen(name), parsed) != ST_OK ||
	    (strcmp(a, "none") != 0 && *a != '@' && address_parse(a, &to->a) != ST_OK) ||
	    (strcmp(aaaa, "none") != 0 && address_parse(aaaa, &to->aaaa) != ST_OK)) {
		fprintf(stderr, "bad line of %s\n", name);
		exit(64);
	}
	if ((to->name = texts_keep(&texts, parsed)) == NULL ||
	    (*a == '@' && (to->cname = texts_keep(&texts, a + 1)) == NULL))
		return false;
	to->touched = strchr(flags, 't') != NULL;
	to->live = strchr(flags, 'l') != NULL;
	to->owned = strchr(flags, 'd') == NULL;
	to->sheds_cname = !to->owned || strchr(flags, 's') != NULL;
	return true;
}

static enum status
publish(const struct settings *set, const struct conf_section *section, const struct zone *zone, time_t wall)
{
	struct desired *names = calloc(NAMES, sizeof(*names));
	struct publication pub = { .settings = set, .zone = zone, .section = section, .names = names, .wall = wall,
		.compare = getenv("COMPARE") != NULL };
	char why[PUBLISHER_WHY] = "unset";
	enum status st;

	if (names == NULL)
		return ST_NOMEM;
	pub.all = publisher->is_whole || pub.compare;
	while (pub.n < NAMES && read_name(&names[pub.n]))
		pub.n += pub.all || names[pub.n].touched ? 1 : 0;
	st = publisher->publish(&pub, why);
	printf("%s%s%s\n", status_text(st), *why == '\0' ? "" : ": ", why);
	free(names);
	texts_free(&texts);
	return st;
}

int
main(int argc, char **argv)
{
	const struct conf_section *section;
	const struct zone *zone;
	struct settings *set = NULL;
	enum status st;

	signal(SIGPIPE, SIG_IGN);	/* as the reaper does */
	if (argc < 4 || (publisher = publisher_find(argv[1])) == NULL)
		return 64;
	if ((st = settings_load(argv[2], &set)) != ST_OK)
		return (int)st;
	section = conf_find(set->conf, argv[1], argv[3], NULL);
	zone = settings_zone(set, argv[3]);
	if (section == NULL || zone == NULL)
		return 64;
	if (argc > 4 && strcmp(argv[4], "check") == 0) {
		if ((st = publisher->check(set, zone, section)) == ST_OK)
			publisher->advise(set, zone, section);
	} else
		st = publish(set, section, zone, argc > 4 ? (time_t)atoll(argv[4]) : clock_wall());
	settings_free(set);
	return (int)st;
}
