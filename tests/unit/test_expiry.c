/* SPDX-License-Identifier: ISC */
/*
 * When the client speaks of its own certificate's end.
 * links: client/expiry.c
 */
#include "tap.h"

#include "client/expiry.h"

#define DAY	((time_t)24 * 60 * 60)
#define BEGIN	((time_t)1700000000)

/* How many days ahead of its end the certificate of that many days was spoken of last; -1: never. */
static int
last(int life, time_t left)
{
	const time_t end = BEGIN + life * DAY, due = expiry_due(BEGIN, end, end - left);

	return due == 0 ? -1 : (int)((end - due) / DAY);
}

int
main(void)
{
	static const struct { int life; time_t left; int wanted; } rows[] = {
		{ 365, 365 * DAY, -1 }, { 365, 30 * DAY + 1, -1 }, { 365, 30 * DAY, 30 }, { 365, 14 * DAY + 1, 30 },
		{ 365, 14 * DAY, 14 }, { 365, 7 * DAY + 1, 14 }, { 365, 7 * DAY, 7 }, { 365, DAY + 1, 7 }, { 365, DAY, 1 },
		{ 365, 1, 1 }, { 365, 0, 0 }, { 365, -1, 0 }, { 365, -400 * DAY, 0 },
		{ 60, 30 * DAY, 30 }, { 59, 29 * DAY, -1 }, { 30, 15 * DAY, -1 }, { 30, 14 * DAY, 14 },
		{ 7, 7 * DAY, -1 }, { 7, 2 * DAY, -1 }, { 7, DAY, 1 }, { 1, DAY / 2, -1 }, { 1, -1, 0 },
		{ 365, 366 * DAY, -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(last(rows[i].life, rows[i].left) == rows[i].wanted, "of %d days, %lld s left: %d", rows[i].life,
		    (long long)rows[i].left, rows[i].wanted);
	return done_testing();
}
