/* SPDX-License-Identifier: ISC */
/*
 * Words for people: durations, times, and tables whose columns line up. Pure but for the printing.
 */
#ifndef DYNLEASE_TEXT_H
#define DYNLEASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define DURATION_TEXT	48
#define TIME_TEXT	32
#define SHEET_COLUMNS	8

/* "87 s", "12 min", "3 h 5 min", "4 d 2 h": the two largest units, rounded down; seconds only below ten minutes. */
const char	*duration_text(uint64_t seconds, char text[DURATION_TEXT]);

/* "2026-05-01T12:00:03Z" (RFC 3339). */
const char	*time_text(time_t, char text[TIME_TEXT]);

/*
 * A moment to come or gone: "2026-05-01", "2026-05-01T12:00:03Z", or from now on "+30d", "+6w", "+12h". False: none of
 * them. Pure.
 */
bool		 moment_parse(const char *text, time_t now, time_t *);

struct sheet {
	size_t	  columns, rows, room;
	char	**cells;
	bool	  failed;	/* out of memory: not all is there */
};

/* Add a row of sheet->columns texts, which are copied. */
void	sheet_add(struct sheet *, const char *const *cells);

/* Print and free. colour: the words live and offline are green and yellow, a cell with " failing" red. */
void	sheet_print(struct sheet *, bool colour);

/* May stdout have colours? A terminal, and no NO_COLOR in the environment (no-color.org). */
bool	has_colour(void);

#endif
