/* SPDX-License-Identifier: ISC */
/*
 * The publisher "nameservers": changes nothing, and asks every name server of the zone until all of them show what
 * they must. What has been given to a primary is published when the slowest of its secondaries has it.
 */
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/log.h"

#include "dnsask.h"
#include "publish.h"
#include "serial.h"
#include "zonelook.h"

#define SERVERS_MOST	32
#define ASK_SECONDS	1
#define PAUSE		100	/* milliseconds between two rounds */
#define BLANKS		" \t,"

struct nameservers {
	char		*servers;	/* addresses, or NULL: those of the zone's NS records */
	struct address	 primary;	/* is asked for them, and for the serial */
	unsigned	 port;
	unsigned	 wait;		/* seconds for all of them to show it */
	unsigned	 lag;
};

#define KEY(member)	offsetof(struct nameservers, member)

static const struct conf_key nameservers_keys[] = {
	{ "servers", CONF_TEXT, KEY(servers), NULL, 0, 0 },
	{ "primary", CONF_ADDRESS, KEY(primary), "127.0.0.1", 0, 0 },
	{ "server_port", CONF_NUMBER, KEY(port), "53", 1, 65535 },
	{ "wait", CONF_NUMBER, KEY(wait), "10", 1, 20 },
	{ "lag", CONF_NUMBER, KEY(lag), "1", 0, 86400 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

/* One of the zone's servers, and how far the look at it has come. */
struct watched {
	struct address	 address;
	bool		 shows;
	struct zonelook	 look;
	char		 why[PUBLISHER_WHY];
};

struct watch {
	struct nameservers		 conf;
	const struct publication	*pub;
	size_t				 n;
	struct watched			*list;	/* SERVERS_MOST */
	char				*why;
};

static enum status __attribute__((format(printf, 3, 4)))
explain(const struct watch *watch, enum status st, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(watch->why, PUBLISHER_WHY, fmt, args);
	va_end(args);
	return st;
}

/* --- which servers --- */

static void
add_server(struct watch *watch, const struct address *address)
{
	for (size_t i = 0; i < watch->n; i++)
		if (address_equal(&watch->list[i].address, address))
			return;
	if (address->family != 0 && watch->n < SERVERS_MOST)
		watch->list[watch->n++] = (struct watched){ .address = *address };
}

/* The addresses as they are written. ST_INVALID: one is none. */
static enum status
add_written(struct watch *watch)
{
	char word[ADDRESS_TEXT];
	struct address address;
	size_t len;

	for (const char *at = watch->conf.servers + strspn(watch->conf.servers, BLANKS); *at != '\0';
	    at += strspn(at, BLANKS)) {
		len = strcspn(at, BLANKS);
		if (len >= sizeof(word))
			return ST_INVALID;
		memcpy(word, at, len);
		word[len] = '\0';
		if (address_parse(word, &address) != ST_OK)
			return ST_INVALID;
		add_server(watch, &address);
		at += len;
	}
	return watch->n > 0 ? ST_OK : ST_INVALID;
}

/* As the primary has them (glue, and names of its own zones), else as the system resolves them. */
static size_t
add_addresses_of(struct watch *watch, const struct dns_server *primary, const char *name)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	const size_t before = watch->n;
	struct dns_answer answer;
	struct address address;

	for (unsigned family = 4; family <= 6; family += 2)
		if (dns_addresses(primary, name, (uint8_t)family, &answer) == ST_OK)
			for (size_t i = 0; i < answer.n && i < DNSASK_ADDRESSES; i++)
				add_server(watch, &answer.list[i]);
	if (watch->n == before && getaddrinfo(name, NULL, &hints, &found) == 0) {
		for (const struct addrinfo *one = found; one != NULL; one = one->ai_next) {
			address_from_socket(one->ai_addr, &address);
			add_server(watch, &address);
		}
		freeaddrinfo(found);
	}
	return watch->n - before;
}

static enum status
find_servers(struct watch *watch)
{
	const struct dns_server primary = { watch->conf.primary, watch->conf.port, ASK_SECONDS };
	char names[DNSASK_NAMES][NAME_SIZE], text[ADDRESS_TEXT];
	enum status st;
	size_t n;

	if (watch->conf.servers != NULL)
		return add_written(watch) == ST_OK ? ST_OK : explain(watch, ST_CONFIG, "servers are addresses");
	if ((st = dns_nameservers(&primary, watch->pub->zone->name, names, &n)) != ST_OK)
		return explain(watch, ST_UNPUBLISHED, "%s does not tell the name servers of %s: %s",
		    address_text(&primary.address, text), watch->pub->zone->name, status_text(st));
	for (size_t i = 0; i < n; i++)
		if (add_addresses_of(watch, &primary, names[i]) == 0)
			return explain(watch, ST_UNPUBLISHED, "the name server %s has no address", names[i]);
	return watch->n > 0 ? ST_OK : explain(watch, ST_UNPUBLISHED, "%s has no name servers", watch->pub->zone->name);
}

/* --- looking --- */

/* One round over those that do not show it yet; how many are left. */
static size_t
look_around(struct watch *watch, uint32_t serial)
{
	size_t left = 0;

	for (size_t i = 0; i < watch->n; i++) {
		struct watched *one = &watch->list[i];

		if (!one->shows)
			one->shows = zonelook_check(&one->look, serial, one->why, sizeof(one->why)) == ST_OK;
		left += one->shows ? 0 : 1;
	}
	return left;
}

static enum status
explain_laggards(const struct watch *watch, size_t left)
{
	size_t i;

	for (i = 0; watch->list[i].shows; i++)
		continue;
	if (left == 1)
		return explain(watch, ST_UNPUBLISHED, "%s", watch->list[i].why);
	return explain(watch, ST_UNPUBLISHED, "%s (and %zu more lag)", watch->list[i].why, left - 1);
}

static enum status
look(struct watch *watch, uint64_t until)
{
	const struct dns_server primary = { watch->conf.primary, watch->conf.port, ASK_SECONDS };
	struct zonelook asked;
	uint32_t serial;
	size_t left;
	enum status st;

	if ((st = find_servers(watch)) != ST_OK)
		return st;
	zonelook_begin(&asked, &primary, watch->pub);
	if (zonelook_serial(&asked, &serial, watch->why, PUBLISHER_WHY) != ST_OK)
		return ST_UNPUBLISHED;
	for (size_t i = 0; i < watch->n; i++)
		zonelook_begin(&watch->list[i].look,
		    &(struct dns_server){ watch->list[i].address, watch->conf.port, ASK_SECONDS }, watch->pub);
	while ((left = look_around(watch, serial)) > 0 && clock_boot() < until)
		poll(NULL, 0, PAUSE);
	return left == 0 ? ST_OK : explain_laggards(watch, left);
}

static enum status
nameservers_publish(const struct publication *pub, char why[PUBLISHER_WHY])
{
	struct watched list[SERVERS_MOST] = { 0 };
	struct watch watch = { .pub = pub, .why = why };
	enum status st;

	why[0] = '\0';
	if (conf_fill(pub->settings->conf, pub->section, nameservers_keys, &watch.conf) != ST_OK)
		return explain(&watch, ST_CONFIG, "its section of the configuration is wrong");
	watch.list = list;
	st = look(&watch, clock_boot() + watch.conf.wait * CLOCK_SECOND);
	if (st == ST_OK)
		why[0] = '\0';
	conf_release(nameservers_keys, &watch.conf);
	return st;
}

/* --- the section --- */

static enum status
nameservers_check(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct watched list[SERVERS_MOST] = { 0 };
	struct watch watch = { .list = list };
	enum status st;

	(void)zone;
	if ((st = conf_fill(settings->conf, section, nameservers_keys, &watch.conf)) != ST_OK)
		return st;
	if (watch.conf.primary.family == 0)
		st = conf_complain(settings->conf, section->line, "[nameservers %s]: primary needs an address",
		    section->name);
	else if (watch.conf.servers != NULL && add_written(&watch) != ST_OK)
		st = conf_complain(settings->conf, section->line, "[nameservers %s]: servers takes addresses",
		    section->name);
	conf_release(nameservers_keys, &watch.conf);
	return st;
}

/* Each server that does not have what the primary has, now. */
static void
nameservers_advise(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	const struct publication pub = { .settings = settings, .zone = zone, .section = section };
	struct watched list[SERVERS_MOST] = { 0 };
	char why[PUBLISHER_WHY] = "";
	struct watch watch = { .pub = &pub, .why = why };
	size_t laggards = 0;
	enum status st;

	if (conf_fill(settings->conf, section, nameservers_keys, &watch.conf) != ST_OK)
		return;
	watch.list = list;
	st = look(&watch, 0);
	for (size_t i = 0; i < watch.n; i++)
		if (!list[i].shows && list[i].why[0] != '\0') {
			log_warning("[nameservers %s]: %s", zone->name, list[i].why);
			laggards++;
		}
	if (st != ST_OK && laggards == 0)	/* it did not come to that */
		log_warning("[nameservers %s]: %s", zone->name, why);
	conf_release(nameservers_keys, &watch.conf);
}

static unsigned
nameservers_lag(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct nameservers conf = { 0 };
	unsigned lag = 0;

	(void)zone;
	if (conf_fill(settings->conf, section, nameservers_keys, &conf) == ST_OK) {
		lag = conf.lag;
		conf_release(nameservers_keys, &conf);
	}
	return lag;
}

const struct publisher nameservers_publisher = {
	.kind = "nameservers",
	.deadline = 25,
	.check = nameservers_check,
	.publish = nameservers_publish,
	.look = nameservers_publish,		/* it never changes anything */
	.advise = nameservers_advise,
	.lag = nameservers_lag,
};
