/* SPDX-License-Identifier: ISC */
/*
 * Words for people. Decides nothing.
 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE	UINT64_C(60)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

const char *
duration_text(uint64_t seconds, char text[DURATION_TEXT])
{
	static const struct {
		uint64_t	 from, large, small;
		const char	*large_name, *small_name;
	} units[] = {
		{ DAY, DAY, HOUR, "d", "h" },
		{ HOUR, HOUR, MINUTE, "h", "min" },
		{ MINUTE, MINUTE, 1, "min", "s" },
	};
	uint64_t rest;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].from)
			continue;
		rest = seconds % units[i].large / units[i].small;
		if (rest == 0 || (units[i].small == 1 && seconds >= 10 * MINUTE))
			snprintf(text, DURATION_TEXT, "%" PRIu64 " %s", seconds / units[i].large, units[i].large_name);
		else
			snprintf(text, DURATION_TEXT, "%" PRIu64 " %s %" PRIu64 " %s", seconds / units[i].large,
			    units[i].large_name, rest, units[i].small_name);
		return text;
	}
	snprintf(text, DURATION_TEXT, "%" PRIu64 " s", seconds);
	return text;
}

const char *
time_text(time_t when, char text[TIME_TEXT])
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(text, TIME_TEXT, "?");
	return text;
}

static bool
parse_distance(const char *text, time_t now, time_t *when)
{
	static const struct {
		char		unit;
		long long	seconds;
	} units[] = { { 'h', HOUR }, { 'd', DAY }, { 'w', 7 * DAY } };
	char *end;
	const long n = strtol(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].unit && end[1] == '\0' && end > text && n >= 0 && n <= 1000000) {
			*when = now + n * units[i].seconds;
			return true;
		}
	return false;
}

/* What strptime(3) understood must be what was written, so it is written again and compared. */
bool
moment_parse(const char *text, time_t now, time_t *when)
{
	struct tm tm = { 0 };
	char back[TIME_TEXT];
	time_t then;
	size_t len;

	if (*text == '+')
		return text[1] >= '0' && text[1] <= '9' && parse_distance(text + 1, now, when);
	len = strlen(text);
	if (strptime(text, len == strlen("2026-05-01") ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	then = timegm(&tm);
	time_text(then, back);
	if (strncmp(text, back, len) != 0)
		return false;
	*when = then;
	return true;
}

void
sheet_add(struct sheet *sheet, const char *const *cells)
{
	const size_t need = (sheet->rows + 1) * sheet->columns;
	char **grown;

	if (need > sheet->room) {
		if ((grown = reallocarray(sheet->cells, 2 * need, sizeof(*grown))) == NULL) {
			sheet->failed = true;
			return;
		}
		sheet->cells = grown;
		sheet->room = 2 * need;
	}
	for (size_t i = 0; i < sheet->columns; i++)
		if ((sheet->cells[sheet->rows * sheet->columns + i] = strdup(cells[i])) == NULL)
			sheet->failed = true;
	sheet->rows++;
}

static const char *
colour_of(const char *word)
{
	if (strcmp(word, "live") == 0)
		return "\033[32m";
	if (strcmp(word, "offline") == 0)
		return "\033[33m";
	return strstr(word, " failing") != NULL ? "\033[31m" : NULL;
}

static void
print_cell(const char *cell, size_t width, bool colour)
{
	const char *paint = colour ? colour_of(cell) : NULL;

	if (paint != NULL)
		printf("%s%s\033[0m%*s", paint, cell, (int)(width - strlen(cell)), "");
	else
		printf("%-*s", (int)width, cell);
}

void
sheet_print(struct sheet *sheet, bool colour)
{
	size_t width[SHEET_COLUMNS] = { 0 };
	char **cells = sheet->cells;

	for (size_t i = 0; i < sheet->rows * sheet->columns; i++) {
		const size_t len = cells[i] != NULL ? strlen(cells[i]) : 0;

		if (len > width[i % sheet->columns])
			width[i % sheet->columns] = len;
	}
	for (size_t i = 0; i < sheet->rows * sheet->columns; i++) {
		const bool last = i % sheet->columns == sheet->columns - 1;

		print_cell(cells[i] != NULL ? cells[i] : "", last ? 0 : width[i % sheet->columns] + 2, colour);
		if (last)
			putchar('\n');
		free(cells[i]);
	}
	free(cells);
	*sheet = (struct sheet){ .columns = sheet->columns, .failed = sheet->failed };
}

bool
has_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
}
