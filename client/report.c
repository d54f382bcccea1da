/* SPDX-License-Identifier: ISC */
/*
 * The words for people. Nothing here decides what is a problem. What goes to stdout was checked before: host names
 * and addresses are letters, digits, dots, colons and hyphens.
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "lib/log.h"

static int
weight(int code)
{
	static const int rising[] = { EX_OK, EX_TEMPFAIL, EX_UNAVAILABLE, EX_NOHOST, EX_PROTOCOL, EX_DATAERR, EX_NOPERM,
	    EX_CONFIG };
	size_t i;

	for (i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
		if (rising[i] == code)
			return (int)i;
	return (int)i;
}

int
report_worse(int a, int b)
{
	return weight(a) >= weight(b) ? a : b;
}

void
report_add(struct report *r, int code, bool soft, const char *fmt, ...)
{
	struct report_problem *p;
	va_list ap;

	if (r->nheld == REPORT_HELD)
		report_flush(r);
	p = &r->held[r->nheld++];
	p->code = code;
	p->soft = soft;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
}

void
report_forget(struct report *r, size_t n)
{
	if (n < r->nheld)
		r->nheld = n;
}

void
report_soften(struct report *r, size_t n)
{
	for (; n < r->nheld; n++)
		r->held[n].soft = true;
}

void
report_forget_soft(struct report *r)
{
	size_t i, kept = 0;

	for (i = 0; i < r->nheld; i++)
		if (!r->held[i].soft)
			r->held[kept++] = r->held[i];
	r->nheld = kept;
}

void
report_flush(struct report *r)
{
	size_t i;

	for (i = 0; i < r->nheld; i++) {
		if (!r->silent)
			log_error("%s", r->held[i].text);	/* which escapes */
		if (*r->worst.text == '\0' || report_worse(r->worst.code, r->held[i].code) != r->worst.code)
			r->worst = r->held[i];
		r->code = report_worse(r->code, r->held[i].code);
	}
	r->nheld = 0;
}

void
report_grant(struct report *r, const struct talk_lease *lease)
{
	struct talk_lease last = r->lease;

	r->lease = *lease;
	if (r->granted++ == 0)
		return;
	r->lease.changed = lease->changed || last.changed;
	if (last.lease < lease->lease)
		r->lease.lease = last.lease;
	if (last.renew < lease->renew)
		r->lease.renew = last.renew;
}

void
report_keep(struct report *r, const char *server, const char *host, const struct talk_state *state)
{
	struct report_row *rows = reallocarray(r->rows, r->nrows + 1, sizeof(*rows));

	if (rows == NULL) {
		report_add(r, EX_OSERR, false, "out of memory");
		return;
	}
	r->rows = rows;
	rows += r->nrows++;
	strlcpy(rows->server, server, sizeof(rows->server));
	strlcpy(rows->host, host, sizeof(rows->host));
	rows->state = *state;
}

static void
print_json_row(const struct report_row *row, bool last)
{
	const struct talk_state *s = &row->state;
	char text[ADDRESS_TEXT];
	size_t i;

	printf("  {\"server\": \"%s\", \"host\": \"%s\", \"state\": \"%s\", \"leases\": [", row->server, row->host,
	    s->live ? "live" : "offline");
	for (i = 0; i < s->n; i++)
		printf("%s{\"address\": \"%s\", \"left\": %u}", i > 0 ? ", " : "",
		    address_text(&s->leases[i].address, text), s->leases[i].left);
	printf("]}%s\n", last ? "" : ",");
}

/* Addresses are as wide as the widest; the host's column fits the longest name. */
static void
print_row(const struct report_row *row, int width)
{
	const char *host = row->host, *state = row->state.live ? "live" : "offline";
	char text[ADDRESS_TEXT];
	size_t i;

	if (row->state.n == 0)
		printf("%-*s  %-7s  %-39s  %s\n", width, host, state, "-", "-");
	for (i = 0; i < row->state.n; i++) {
		printf("%-*s  %-7s  %-39s  %u s\n", width, host, state,
		    address_text(&row->state.leases[i].address, text), row->state.leases[i].left);
		host = state = "";
	}
}

void
report_states(const struct report *r)
{
	size_t i, len, width = strlen("HOST");

	for (i = 0; i < r->nrows; i++)
		if ((len = strlen(r->rows[i].host)) > width)
			width = len;
	if (r->json)
		puts("[");
	else if (r->nrows > 0)
		printf("%-*s  %-7s  %-39s  %s\n", (int)width, "HOST", "STATE", "ADDRESS", "LEFT");
	for (i = 0; i < r->nrows; i++) {
		if (r->json)
			print_json_row(&r->rows[i], i + 1 == r->nrows);
		else
			print_row(&r->rows[i], (int)width);
	}
	if (r->json)
		puts("]");
}

void
report_free(struct report *r)
{
	free(r->rows);
	r->rows = NULL;
	r->nrows = 0;
}
