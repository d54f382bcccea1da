/* SPDX-License-Identifier: ISC */
/*
 * The lease's rules and its record. Pure: no clock, no store; lease.h has the format.
 */
#include "lease.h"

#include <endian.h>
#include <string.h>

#define RECORD_VERSION	1
#define RECORD_FIXED	80
#define RECORD_NETWORK	18

bool
lease_is_live(const struct lease *lease, uint64_t now)
{
	return (lease->flags & LEASE_LIVE) != 0 && now < lease->deadline;
}

unsigned
lease_left(const struct lease *lease, uint64_t now)
{
	if (!lease_is_live(lease, now))
		return 0;
	return (unsigned)((lease->deadline - now + CLOCK_SECOND - 1) / CLOCK_SECOND);
}

/*
 * A change is published at once, but not within LEASE_PACE of the one before; of several that wait the last wins, at
 * the time of the first. Nor is it held back until after the lease of the address that it replaces would have been
 * over.
 */
static void
pace(const struct lease *old, bool live, uint64_t now, struct lease_verdict *verdict)
{
	uint64_t at = now;

	if (old != NULL && old->paced > now)
		at = old->paced > now + LEASE_PACE ? old->paced - LEASE_PACE : old->paced;
	if (live && old->deadline < at)
		at = old->deadline;
	verdict->publish_at = at;
	verdict->next.paced = at + LEASE_PACE;
}

enum status
lease_decide(const struct lease *old, const struct lease *want, bool may_grant, uint64_t now,
    struct lease_verdict *verdict)
{
	const bool live = old != NULL && lease_is_live(old, now);
	const bool same = live && address_equal(&old->address, &want->address);
	struct lease *next = &verdict->next;

	memset(verdict, 0, sizeof(*verdict));
	*next = *want;
	next->flags = (uint8_t)((want->flags & LEASE_TRUSTED) | LEASE_LIVE);
	next->deadline = want->proved + want->length * CLOCK_SECOND;
	if (next->deadline <= now)
		return ST_STALE;
	if (old != NULL && old->proved > want->proved) {
		if (!same)
			return ST_SUPERSEDED;	/* also: released since by someone who proved it later */
		*next = *old;			/* the younger proof of the same address stands */
		return ST_OK;
	}
	if (same) {
		next->since = old->since;
		next->paced = old->paced;
		next->generation = old->generation;
		next->renewals = old->renewals + 1;
		return ST_OK;
	}
	if (!may_grant)
		return ST_NOREAPER;
	next->since = now;
	verdict->changed = true;
	pace(old, live, now, verdict);
	return ST_OK;
}

void
lease_end(struct lease *lease, uint64_t now)
{
	lease->flags &= (uint8_t)~LEASE_LIVE;
	lease->since = lease->deadline < now ? lease->deadline : now;
	lease->deadline = lease->since;
	lease->renewals = 0;
}

size_t
lease_key(const char *host, uint8_t family, uint8_t key[LEASE_KEY])
{
	size_t len = strlen(host) + 1;

	memcpy(key, host, len);
	key[len] = (uint8_t)('0' + family);
	return len + 1;
}

static void
put64(uint8_t *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

static uint64_t
get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return be64toh(value);
}

static uint8_t *
put_text(uint8_t *to, const char *text)
{
	size_t len = strlen(text) + 1;

	memcpy(to, text, len);
	return to + len;
}

/* The eight-byte fields of the record, in their order from offset 20. */
#define RECORD_TIMES	6
static void
record_times(struct lease *lease, uint64_t *field[RECORD_TIMES])
{
	field[0] = &lease->deadline;
	field[1] = &lease->proved;
	field[2] = &lease->since;
	field[3] = &lease->paced;
	field[4] = &lease->generation;
	field[5] = &lease->epoch;
}

size_t
lease_encode(const struct lease *lease, uint8_t record[LEASE_RECORD])
{
	struct lease copy = *lease;
	uint64_t *field[RECORD_TIMES];
	const uint32_t length = htobe32(lease->length);
	uint8_t *at;

	record[0] = RECORD_VERSION;
	record[1] = lease->flags;
	record[2] = lease->layers;
	record[3] = (uint8_t)lease->nnetworks;
	memcpy(record + 4, lease->address.bytes, 16);
	record_times(&copy, field);
	for (size_t i = 0; i < RECORD_TIMES; i++)
		put64(record + 20 + 8 * i, *field[i]);
	memcpy(record + 68, &length, sizeof(length));
	put64(record + 72, lease->renewals);
	at = put_text(record + RECORD_FIXED, lease->account);
	at = put_text(at, lease->class);
	for (size_t i = 0; i < lease->nnetworks; i++, at += RECORD_NETWORK) {
		at[0] = lease->networks[i].base.family;
		at[1] = lease->networks[i].bits;
		memcpy(at + 2, lease->networks[i].base.bytes, 16);
	}
	return (size_t)(at - record);
}

enum status
lease_decode_key(const void *key, size_t len, char host[NAME_SIZE], uint8_t *family)
{
	const char *text = key;
	char last;

	if (len < 3 || text[len - 2] != '\0')
		return ST_DAMAGED;
	last = text[len - 1];
	if ((last != '4' && last != '6') || name_parse(text, len - 2, host) != ST_OK)
		return ST_DAMAGED;
	if (strlen(host) != len - 2 || memcmp(host, text, len - 2) != 0)
		return ST_DAMAGED;
	*family = (uint8_t)(last - '0');
	return ST_OK;
}

/* Take a NUL-terminated name, or nothing when empty_ok, from *at on. */
static enum status
get_name(const uint8_t **at, const uint8_t *end, bool empty_ok, char name[NAME_SIZE])
{
	const uint8_t *stop = memchr(*at, '\0', (size_t)(end - *at));
	const char *text = (const char *)*at;

	if (stop == NULL)
		return ST_DAMAGED;
	*at = stop + 1;
	if (*text == '\0' && empty_ok) {
		name[0] = '\0';
		return ST_OK;
	}
	return name_parse(text, (size_t)((const char *)stop - text), name) == ST_OK ? ST_OK : ST_DAMAGED;
}

/* Of a family, with a length that it has, and no bits beyond it. */
static bool
is_network(const struct network *net)
{
	struct network around;

	if ((net->base.family != 4 && net->base.family != 6) || net->bits > (net->base.family == 4 ? 32 : 128))
		return false;
	network_around(&net->base, net->bits, &around);
	return address_equal(&around.base, &net->base) && memcmp(around.base.bytes, net->base.bytes, 16) == 0;
}

static enum status
get_networks(const uint8_t *at, const uint8_t *end, struct lease *lease)
{
	if ((size_t)(end - at) != lease->nnetworks * RECORD_NETWORK)
		return ST_DAMAGED;
	for (size_t i = 0; i < lease->nnetworks; i++, at += RECORD_NETWORK) {
		struct network *net = &lease->networks[i];

		net->base.family = at[0];
		net->bits = at[1];
		memcpy(net->base.bytes, at + 2, 16);
		if (!is_network(net))
			return ST_DAMAGED;
	}
	return ST_OK;
}

enum status
lease_decode(const void *key, size_t keylen, const void *bytes, size_t len, struct lease *lease)
{
	static const uint8_t zero[16];
	const uint8_t *record = bytes, *at, *end = record + len;
	uint64_t *field[RECORD_TIMES];
	uint32_t length;

	memset(lease, 0, sizeof(*lease));
	if (lease_decode_key(key, keylen, lease->host, &lease->address.family) != ST_OK ||
	    len < RECORD_FIXED + 2 || record[0] != RECORD_VERSION || record[3] > LEASE_NETWORKS)
		return ST_DAMAGED;
	lease->flags = record[1];
	lease->layers = record[2];
	lease->nnetworks = record[3];
	memcpy(lease->address.bytes, record + 4, 16);
	if (lease->address.family == 4 && memcmp(lease->address.bytes + 4, zero, 12) != 0)
		return ST_DAMAGED;
	record_times(lease, field);
	for (size_t i = 0; i < RECORD_TIMES; i++)
		*field[i] = get64(record + 20 + 8 * i);
	memcpy(&length, record + 68, sizeof(length));
	lease->length = be32toh(length);
	lease->renewals = get64(record + 72);
	at = record + RECORD_FIXED;
	if (get_name(&at, end, false, lease->account) != ST_OK || get_name(&at, end, true, lease->class) != ST_OK)
		return ST_DAMAGED;
	return get_networks(at, end, lease);
}
