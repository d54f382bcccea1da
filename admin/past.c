/* SPDX-License-Identifier: ISC */
/*
 * Reading the reaper's history for one host. Writes none.
 */
#include "past.h"

#include <stdio.h>
#include <string.h>

#include "lib/transition.h"
#include "text.h"

/* A ring of the last ones. */
struct past {
	const char		*host;
	size_t			 n;	/* seen */
	struct transition	 last[PAST_LINES];
};

static void
take(void *arg, const struct transition *t)
{
	struct past *past = arg;

	if (strcmp(t->host, past->host) == 0)
		past->last[past->n++ % PAST_LINES] = *t;
}

static void
print_json(struct json *json, const struct transition *t)
{
	char address[ADDRESS_TEXT], when[TIME_TEXT];

	json_open(json, NULL, '{');
	json_text(json, "time", time_text(t->when, when));
	json_number(json, "family", t->address.family);
	json_text(json, "what", transition_word(t->kind));
	json_text(json, "address", address_text(&t->address, address));
	json_close(json);
}

void
past_print(const char *path, const char *host, struct json *json)
{
	struct past past = { .host = host };
	char address[ADDRESS_TEXT], when[TIME_TEXT];

	transition_each(path, take, &past);
	if (json != NULL)
		json_open(json, "history", '[');
	for (size_t i = past.n > PAST_LINES ? past.n - PAST_LINES : 0; i < past.n; i++) {
		const struct transition *t = &past.last[i % PAST_LINES];

		if (json != NULL)
			print_json(json, t);
		else
			printf("%s%s  %-9s  %s\n", i == 0 || i == past.n - PAST_LINES ? "\n" : "",
			    time_text(t->when, when), transition_word(t->kind), address_text(&t->address, address));
	}
	if (json != NULL)
		json_close(json);
}
