/* SPDX-License-Identifier: ISC */
/*
 * Findings. Judges nothing; only counts and prints.
 */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "lib/log.h"

static const enum level order[] = { LEVEL_CRITICAL, LEVEL_UNKNOWN, LEVEL_WARNING, LEVEL_OK };
#define NLEVELS	(sizeof(order) / sizeof(order[0]))

const char *
level_text(enum level level)
{
	static const char *const texts[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

	return texts[level];
}

enum level
level_worse(enum level a, enum level b)
{
	for (size_t i = 0; i < NLEVELS; i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return LEVEL_UNKNOWN;
}

void
findings_add(struct findings *findings, enum level level, const char *fmt, ...)
{
	struct finding *grown;
	char text[FINDING_TEXT];
	va_list ap;
	size_t room;

	if (findings->n == findings->room) {
		room = findings->room == 0 ? 32 : 2 * findings->room;
		if ((grown = reallocarray(findings->list, room, sizeof(*grown))) == NULL) {
			findings->lost = true;
			return;
		}
		findings->list = grown;
		findings->room = room;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings->list[findings->n].level = level;
	log_escape(findings->list[findings->n++].text, FINDING_TEXT, text, strlen(text));
}

enum level
findings_worst(const struct findings *findings)
{
	enum level worst = findings->lost ? LEVEL_UNKNOWN : LEVEL_OK;

	for (size_t i = 0; i < findings->n; i++)
		worst = level_worse(worst, findings->list[i].level);
	return worst;
}

static size_t
count(const struct findings *findings, enum level level)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->n; i++)
		n += findings->list[i].level == level ? 1 : 0;
	return n;
}

/* The gravest finding stands in the summary, because that is all a pager shows. */
static void
summarise(const struct findings *findings, char *line, size_t size)
{
	const enum level worst = findings_worst(findings);
	const size_t n = count(findings, worst);
	size_t i;

	for (i = 0; i < findings->n && findings->list[i].level != worst; i++)
		;
	if (worst == LEVEL_OK || i == findings->n)
		snprintf(line, size, "%zu checks passed", findings->n);
	else if (n == 1)
		snprintf(line, size, "%s", findings->list[i].text);
	else
		snprintf(line, size, "%s (and %zu more)", findings->list[i].text, n - 1);
}

void
findings_print(const struct findings *findings)
{
	char line[FINDING_TEXT + 32];

	summarise(findings, line, sizeof(line));
	printf("DYNLEASE %s: %s\n", level_text(findings_worst(findings)), line);
	for (size_t o = 0; o < NLEVELS; o++)
		for (size_t i = 0; i < findings->n; i++)
			if (findings->list[i].level == order[o])
				printf("%-8s  %s\n", level_text(order[o]), findings->list[i].text);
}

void
findings_print_json(const struct findings *findings)
{
	struct json json = { .out = stdout };
	char line[FINDING_TEXT + 32];

	summarise(findings, line, sizeof(line));
	json_open(&json, NULL, '{');
	json_text(&json, "state", level_text(findings_worst(findings)));
	json_text(&json, "summary", line);
	json_open(&json, "findings", '[');
	for (size_t i = 0; i < findings->n; i++) {
		json_open(&json, NULL, '{');
		json_text(&json, "level", level_text(findings->list[i].level));
		json_text(&json, "text", findings->list[i].text);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

void
findings_free(struct findings *findings)
{
	free(findings->list);
	*findings = (struct findings){ 0 };
}
