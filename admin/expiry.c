/* SPDX-License-Identifier: ISC */
/*
 * dynlease-admin expiry: what ends within 30 days, for people, for scripts, or as the one line a day that a timer or
 * cron leaves in the log.
 */
#include "expiry.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "expiring.h"
#include "json.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "options.h"
#include "text.h"

#define LINE_SIZE	900

struct expiry_options {
	const char	*log;
};

/* They are in order of time, so these are the first ones. */
static size_t
count_near(const struct expirings *found, time_t now)
{
	size_t n = 0;

	while (n < found->n && expiry_level(found->list[n].until - now) != LEVEL_OK)
		n++;
	return n;
}

static void
log_near(const struct expirings *found, size_t n, time_t now)
{
	char line[LINE_SIZE] = "", one[EXPIRING_WHAT + EXPIRING_WHEN + 8], when[EXPIRING_WHEN], more[32] = "";
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		snprintf(one, sizeof(one), "%s%s %s", i > 0 ? "; " : "", found->list[i].what,
		    expiring_when(&found->list[i], now, when));
		if (len + strlen(one) >= sizeof(line)) {
			snprintf(more, sizeof(more), "; and %zu more", n - i);
			break;
		}
		memcpy(line + len, one, strlen(one) + 1);
		len += strlen(one);
	}
	log_open(PROGRAM, LOG_PLACE_SYSLOG);
	if (n > 0 && expiry_level(found->list[0].until - now) == LEVEL_CRITICAL)
		log_critical("%s%s", line, more);
	else if (n > 0)
		log_warning("%s%s", line, more);
	log_open(PROGRAM, LOG_PLACE_STDERR);
}

static void
print_near(const struct expirings *found, size_t n, time_t now)
{
	char when[EXPIRING_WHEN];

	for (size_t i = 0; i < n; i++)
		printf("%s %s%s%s\n", found->list[i].what, expiring_when(&found->list[i], now, when),
		    found->list[i].remedy != NULL ? ": " : "", found->list[i].remedy != NULL ? found->list[i].remedy : "");
	if (n == 0)
		puts("Nothing expires within 30 days.");
}

static void
print_json(const struct expirings *found, size_t n, time_t now)
{
	static const char *const kinds[] = { "server", "root", "crl", "client", "credential" };
	struct json json = { .out = stdout };
	char until[TIME_TEXT];

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < n; i++) {
		const struct expiring *one = &found->list[i];

		json_open(&json, NULL, '{');
		json_text(&json, "kind", kinds[one->kind]);
		json_text(&json, "what", one->what);
		json_text(&json, "until", time_text(one->until, until));
		json_number(&json, "days", one->until > now ? (uint64_t)((one->until - now) / EXPIRY_DAY) : 0);
		json_bool(&json, "expired", one->until <= now);
		json_close(&json);
	}
	json_close(&json);
}

int
expiry_run(struct admin *admin)
{
	static const struct option_row rows[] = {
		{ "log", offsetof(struct expiry_options, log), OPTION_WORD }, { NULL, 0, NULL }
	};
	struct expiry_options o = { NULL };
	struct expirings found = { 0 };
	struct settings *set = NULL;
	const time_t now = clock_wall();
	enum status st;
	size_t n;

	if (options_take(admin, rows, &o) != ST_OK || options_operands(admin, 0, 0) != ST_OK)
		return EX_USAGE;
	if ((st = settings_load(admin->config, &set)) == ST_OK && (st = expirings_collect(set, &found)) == ST_OK) {
		n = count_near(&found, now);
		if (o.log != NULL)
			log_near(&found, n, now);
		if (admin->json)
			print_json(&found, n, now);
		else if (o.log == NULL)
			print_near(&found, n, now);
		if (found.unread != NULL) {
			log_error("%s: cannot be read, so what expires there is not known", found.unread);
			st = ST_SYSTEM;
		}
	}
	expirings_free(&found);
	settings_free(set);
	return status_exit(st);
}
