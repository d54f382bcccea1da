/* SPDX-License-Identifier: ISC */
/*
 * The options of one command. getopt_long(3) does the work, silently: what is wrong is said here, in one line.
 */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/log.h"

enum { OPT_JSON = 256, OPT_ROWS };

int
options_wrong(const struct admin *admin, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s (usage: " PROGRAM " %s)", text, admin->usage);
	return EX_USAGE;
}

static int
kind_of(const struct option_row *row)
{
	if (row->otherwise == NULL)
		return required_argument;
	return *row->otherwise == '\0' ? no_argument : optional_argument;
}

/* getopt's table: --json where it is allowed, and the command's rows. */
static void
table_make(const struct admin *admin, const struct option_row *rows, struct option table[OPTIONS_MAX + 2])
{
	size_t n = 0;

	memset(table, 0, (OPTIONS_MAX + 2) * sizeof(*table));
	if ((admin->flags & COMMAND_JSON) != 0)
		table[n++] = (struct option){ "json", no_argument, NULL, OPT_JSON };
	for (int i = 0; rows != NULL && rows[i].name != NULL && i < OPTIONS_MAX; i++)
		table[n++] = (struct option){ rows[i].name, kind_of(&rows[i]), NULL, OPT_ROWS + i };
}

static bool
is_number(const char *word)
{
	return word != NULL && *word != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* In this table each option is given once; a second one would silently win. */
static enum status
take_value(const struct admin *admin, const struct option_row *row, void *values)
{
	const char **value = (const char **)((char *)values + row->offset);

	if (*value != NULL) {
		options_wrong(admin, "--%s is given twice", row->name);
		return ST_INVALID;
	}
	*value = optarg;
	if (row->otherwise != NULL && optarg == NULL)
		*value = kind_of(row) == optional_argument && is_number(admin->argv[optind]) ?
		    admin->argv[optind++] : row->otherwise;
	return ST_OK;
}

enum status
options_take(struct admin *admin, const struct option_row *rows, void *values)
{
	struct option table[OPTIONS_MAX + 2];
	int c;

	table_make(admin, rows, table);
	optind = 0;			/* glibc: begin anew, and forget the "+" of the global options */
	opterr = 0;
	while ((c = getopt_long(admin->argc, admin->argv, ":c:", table, NULL)) != -1) {
		if (c == 'c')
			admin->config = optarg;
		else if (c == OPT_JSON)
			admin->json = true;
		else if (c == ':' || c == '?') {
			options_wrong(admin, c == ':' ? "%s needs a value" : "%s: no such option here",
			    admin->argv[optind - 1]);
			return ST_INVALID;
		} else if (take_value(admin, &rows[c - OPT_ROWS], values) != ST_OK)
			return ST_INVALID;
	}
	admin->argc -= optind;
	admin->argv += optind;
	return ST_OK;
}

enum status
options_operands(const struct admin *admin, int least, int most)
{
	if (admin->argc >= least && admin->argc <= most)
		return ST_OK;
	if (admin->argc < least)
		options_wrong(admin, "something is missing");
	else
		options_wrong(admin, "%s is one word too many", admin->argv[most]);
	return ST_INVALID;
}
