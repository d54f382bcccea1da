/* SPDX-License-Identifier: ISC */
/*
 * What was seen once as it should be is not asked again in the same look: the serial never goes back, and the name
 * cannot change without it.
 */
#include "zonelook.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

#include "serial.h"

#define MILLISECOND	(CLOCK_SECOND / 1000)
#define PAUSE_FIRST	20	/* milliseconds */
#define PAUSE_MOST	200

static bool
is_candidate(const struct publication *pub, size_t i, bool is_live)
{
	return (pub->compare || pub->names[i].touched) && (pub->names[i].live && pub->names[i].owned) == is_live;
}

/* All of them, or as many as there is room for, from the first to the last at equal distances. */
static void
choose(struct zonelook *look, const struct publication *pub, bool is_live)
{
	const size_t room = ZONELOOK_NAMES - look->n;
	size_t all = 0, take, passed = 0;

	for (size_t i = 0; i < pub->n; i++)
		all += is_candidate(pub, i, is_live) ? 1 : 0;
	take = all < room ? all : room;
	for (size_t i = 0; i < pub->n; i++) {
		if (!is_candidate(pub, i, is_live))
			continue;
		passed += take;
		if (passed >= all) {
			passed -= all;
			look->names[look->n++] = &pub->names[i];
		}
	}
}

void
zonelook_begin(struct zonelook *look, const struct dns_server *server, const struct publication *pub)
{
	*look = (struct zonelook){ .server = *server, .zone = pub->zone->name };
	choose(look, pub, false);
	choose(look, pub, true);
}

/* Say what is wrong when the server does not answer as it should. */
static enum status
explain(const struct zonelook *look, enum status st, const char *name, char *why, size_t whysize)
{
	char text[ADDRESS_TEXT];

	address_text(&look->server.address, text);
	if (st == ST_NOTFOUND)
		snprintf(why, whysize, "%s does not answer for %s (did the zone fail to load, or is it delegated?)",
		    text, name);
	else if (st == ST_EXISTS)
		snprintf(why, whysize, "%s shows a CNAME for %s (is it also in another part of the zone?)", text,
		    name);
	else if (st == ST_PROTOCOL)
		snprintf(why, whysize, "%s gives an answer about %s that is none", text, name);
	else
		snprintf(why, whysize, "no answer from %s port %u", text, look->server.port);
	return st;
}

enum status
zonelook_serial(const struct zonelook *look, uint32_t *serial, char *why, size_t whysize)
{
	const enum status st = dns_serial(&look->server, look->zone, serial);

	return st == ST_OK ? ST_OK : explain(look, st, look->zone, why, whysize);
}

static enum status
check_family(const struct zonelook *look, const char *name, uint8_t family, const struct address *wanted, char *why,
    size_t whysize)
{
	char server[ADDRESS_TEXT], shown[ADDRESS_TEXT], desired[ADDRESS_TEXT];
	struct dns_answer answer;
	enum status st;

	if ((st = dns_addresses(&look->server, name, family, &answer)) != ST_OK)
		return explain(look, st, name, why, whysize);
	if (wanted->family == 0 ? answer.n == 0 : answer.n == 1 && address_equal(&answer.list[0], wanted))
		return ST_OK;
	address_text(&look->server.address, server);
	address_text(wanted, desired);
	if (answer.n > 1)
		snprintf(why, whysize, "%s shows %zu IPv%u addresses for %s, not just %s: is it also in another "
		    "part of the file?", server, answer.n, family, name, desired);
	else
		snprintf(why, whysize, "%s still shows the IPv%u address %s for %s, not %s", server, family,
		    answer.n == 0 ? "none" : address_text(&answer.list[0], shown), name, desired);
	return ST_UNPUBLISHED;
}

static enum status
check_cname(const struct zonelook *look, const struct desired *want, char *why, size_t whysize)
{
	char server[ADDRESS_TEXT], shown[NAME_SIZE];
	enum status st;

	if ((st = dns_cname(&look->server, want->name, shown)) != ST_OK)
		return explain(look, st, want->name, why, whysize);
	if (strcmp(shown, want->cname) == 0)
		return ST_OK;
	address_text(&look->server.address, server);
	if (shown[0] == '\0')
		snprintf(why, whysize, "%s still shows no CNAME for %s (has it other records, of whatever type?)",
		    server, want->name);
	else
		snprintf(why, whysize, "%s still shows a CNAME to %s for %s, not to %s", server, shown, want->name,
		    want->cname);
	return ST_UNPUBLISHED;
}

static enum status
check_name(const struct zonelook *look, const struct desired *want, char *why, size_t whysize)
{
	static const struct address none;
	enum status st;

	if (want->cname != NULL)
		return check_cname(look, want, why, whysize);
	st = check_family(look, want->name, 4, want->owned ? &want->a : &none, why, whysize);
	if (st == ST_OK)
		st = check_family(look, want->name, 6, want->owned ? &want->aaaa : &none, why, whysize);
	return st;
}

enum status
zonelook_check(struct zonelook *look, uint32_t serial, char *why, size_t whysize)
{
	char server[ADDRESS_TEXT];
	uint32_t shown;

	if (zonelook_serial(look, &shown, why, whysize) != ST_OK)
		return ST_UNPUBLISHED;
	if (serial_is_newer(serial, shown)) {
		snprintf(why, whysize, "%s still shows serial %u of %s, the file has %u (is the zone frozen, or did it "
		    "fail to load?)", address_text(&look->server.address, server), shown, look->zone, serial);
		return ST_UNPUBLISHED;
	}
	while (look->seen < look->n) {
		if (check_name(look, look->names[look->seen], why, whysize) != ST_OK)
			return ST_UNPUBLISHED;
		look->seen++;
	}
	return ST_OK;
}

enum status
zonelook_wait(struct zonelook *look, uint32_t serial, uint64_t until, char *why, size_t whysize)
{
	int pause = PAUSE_FIRST;
	enum status st;

	while ((st = zonelook_check(look, serial, why, whysize)) != ST_OK) {
		if (clock_boot() + (uint64_t)pause * MILLISECOND >= until)
			break;
		poll(NULL, 0, pause);
		pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
	}
	return st;
}
