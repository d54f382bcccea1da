/* SPDX-License-Identifier: ISC */
/*
 * What a unit test needs, and no more: ok() prints one line a check, done_testing() the plan and ends the program.
 * The name is a printf(3) format, so that a table of inputs gives each row its own name.
 */
#ifndef DYNLEASE_TAP_H
#define DYNLEASE_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned tap_run, tap_failed;

static bool __attribute__((format(printf, 4, 5), unused))
tap_check(bool good, const char *where, const char *what, const char *name, ...)
{
	va_list args;

	tap_run++;
	printf("%sok %u - ", good ? "" : "not ", tap_run);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# %s: not true: %s\n", where, what);
	}
	fflush(stdout);
	return good;
}

/* Exit status 0 when every check was good and there was at least one; may be "returned" from main(). */
static int __attribute__((noreturn, unused))
done_testing(void)
{
	printf("1..%u\n", tap_run);
	if (tap_failed != 0)
		printf("# %u of %u failed\n", tap_failed, tap_run);
	exit(tap_run == 0 || tap_failed != 0);
}

#define TAP_STRING_(x)	 #x
#define TAP_STRING(x)	 TAP_STRING_(x)
#define ok(cond, ...)	 tap_check((cond), __FILE__ ":" TAP_STRING(__LINE__), #cond, __VA_ARGS__)
#define COUNT(array)	 (sizeof(array) / sizeof((array)[0]))

#endif
