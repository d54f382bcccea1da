/* SPDX-License-Identifier: ISC */
/*
 * lib/lease.c: the rules of a renewal, one by one, and the record, byte by byte.
 */
#include "tap.h"

#include <string.h>

#include "lib/lease.h"

#define S	CLOCK_SECOND
#define NOW	(1000 * S)

static struct lease
lease_of(const char *address, uint64_t proved)
{
	struct lease lease = { .host = "h", .account = "h", .layers = LAYER_PASSWORD, .length = 120, .proved = proved };

	address_parse(address, &lease.address);
	return lease;
}

/* One that was granted at `proved`. */
static struct lease
granted(const char *address, uint64_t proved)
{
	struct lease lease = lease_of(address, proved);

	lease.flags = LEASE_LIVE;
	lease.deadline = proved + 120 * S;
	lease.since = proved;
	lease.paced = proved + LEASE_PACE;
	lease.generation = 5;
	lease.renewals = 3;
	return lease;
}

/* --- rules --- */

static void
test_life(void)
{
	struct lease lease = granted("203.0.113.7", NOW);

	ok(lease_is_live(&lease, NOW + 120 * S - 1), "live until just before its deadline");
	ok(!lease_is_live(&lease, NOW + 120 * S), "over at its deadline");
	ok(lease_left(&lease, NOW + 119 * S + 1) == 1 && lease_left(&lease, NOW) == 120, "seconds left are rounded up");
	ok(lease_left(&lease, NOW + 120 * S) == 0, "nothing left when over");
	lease_end(&lease, NOW + 60 * S);
	ok(!lease_is_live(&lease, NOW + 60 * S) && !lease_is_live(&lease, NOW) && lease.since == NOW + 60 * S,
	    "ended: over from then on, and since then");
	ok(lease.deadline == NOW + 60 * S && lease.renewals == 0, "ended: its deadline is that moment");
	lease = granted("203.0.113.7", NOW);
	lease_end(&lease, NOW + 500 * S);
	ok(lease.since == NOW + 120 * S, "expired: offline since its deadline, however late that was noticed");
}

static void
test_first_grant(void)
{
	struct lease want = lease_of("203.0.113.7", NOW);
	struct lease_verdict v;

	want.flags = 0xff;
	want.renewals = 77;
	want.paced = 1;
	ok(lease_decide(NULL, &want, true, NOW + S, &v) == ST_OK && v.changed, "a first lease is granted");
	ok(v.publish_at == NOW + S, "and published at once");
	ok(v.next.deadline == NOW + 120 * S, "its deadline counts from the proof, not from the commit");
	ok(v.next.since == NOW + S && v.next.paced == NOW + S + LEASE_PACE, "since and pace count from the commit");
	ok(v.next.flags == (LEASE_LIVE | LEASE_TRUSTED), "flags that mean nothing are not taken over");
	want.flags = 0;
	lease_decide(NULL, &want, true, NOW, &v);
	ok(v.next.flags == LEASE_LIVE, "trusted only if it was wanted so");
	ok(lease_decide(NULL, &want, false, NOW, &v) == ST_NOREAPER, "no first lease without a reaper");
}

static void
test_renewal(void)
{
	const struct lease old = granted("203.0.113.7", NOW);
	struct lease want = lease_of("203.0.113.7", NOW + 40 * S);
	struct lease_verdict v;

	ok(lease_decide(&old, &want, true, NOW + 40 * S, &v) == ST_OK && !v.changed, "a renewal changes nothing");
	ok(v.next.deadline == NOW + 160 * S && v.next.renewals == 4, "but the deadline and the count");
	ok(v.next.since == old.since && v.next.paced == old.paced && v.next.generation == old.generation,
	    "since, pace and generation stay");
	ok(lease_decide(&old, &want, false, NOW + 40 * S, &v) == ST_OK && !v.changed, "it goes on without a reaper");
	want.length = 60;
	lease_decide(&old, &want, true, NOW + 40 * S, &v);
	ok(v.next.deadline == NOW + 100 * S && v.next.length == 60, "a class with a shorter lease holds at once");
}

static void
test_change(void)
{
	struct lease old = granted("203.0.113.7", NOW);
	struct lease want = lease_of("203.0.113.8", NOW + 40 * S);
	struct lease_verdict v;

	ok(lease_decide(&old, &want, true, NOW + 40 * S, &v) == ST_OK && v.changed && v.publish_at == NOW + 40 * S,
	    "another address is a change, published at once");
	ok(v.next.since == NOW + 40 * S && v.next.renewals == 0, "and begins anew");
	ok(lease_decide(&old, &want, false, NOW + 40 * S, &v) == ST_NOREAPER, "no change of address without a reaper");
	want = lease_of("203.0.113.7", NOW + 120 * S);
	ok(lease_decide(&old, &want, true, NOW + 120 * S, &v) == ST_OK && v.changed,
	    "the same address after the deadline is a grant");
	ok(lease_decide(&old, &want, false, NOW + 120 * S, &v) == ST_NOREAPER, "and none without a reaper");
	want = lease_of("203.0.113.7", NOW + 50 * S);
	lease_end(&old, NOW + 45 * S);
	ok(lease_decide(&old, &want, true, NOW + 50 * S, &v) == ST_OK && v.changed,
	    "the same address after a release is a grant");
}

static void
test_order(void)
{
	struct lease old = granted("203.0.113.7", NOW);
	struct lease want = lease_of("203.0.113.8", NOW - 1);
	struct lease_verdict v;

	ok(lease_decide(&old, &want, true, NOW + S, &v) == ST_SUPERSEDED, "an older proof elsewhere comes too late");
	want = lease_of("203.0.113.7", NOW - 1);
	ok(lease_decide(&old, &want, true, NOW + S, &v) == ST_OK && !v.changed && v.next.deadline == old.deadline &&
	    v.next.proved == NOW, "an older proof of the same address leaves the younger one standing");
	lease_end(&old, NOW + S);
	ok(lease_decide(&old, &want, true, NOW + 2 * S, &v) == ST_SUPERSEDED,
	    "a proof from before a release does not bring the lease back");
	want = lease_of("203.0.113.8", NOW);
	ok(lease_decide(&old, &want, true, NOW + 2 * S, &v) == ST_OK, "a proof of the same moment is not older");
	want.length = 120;
	ok(lease_decide(NULL, &want, true, NOW + 120 * S, &v) == ST_STALE, "a proof that is as old as the lease is long");
	ok(lease_decide(NULL, &want, true, NOW + 120 * S - 1, &v) == ST_OK, "but not just before");
}

/* A host that changes its address at these seconds: when is each published? */
static void
test_pace(void)
{
	static const struct { unsigned at, published; const char *name; } changes[] = {
		{ 0, 0, "the first change at once" },
		{ 1, 10, "the next after the pace" },
		{ 2, 10, "the one after that takes its place in time" },
		{ 9, 10, "so does the last before" },
		{ 10, 20, "the next period" },
		{ 11, 20, "and again" },
		{ 40, 40, "at once after some peace" },
	};
	struct lease old = lease_of("203.0.113.7", NOW), want;
	struct lease_verdict v;
	char address[20];
	enum status st;

	for (size_t i = 0; i < COUNT(changes); i++) {
		const uint64_t now = NOW + changes[i].at * S;

		snprintf(address, sizeof(address), "203.0.113.%zu", i + 8);
		want = lease_of(address, now);
		st = lease_decide(i > 0 ? &old : NULL, &want, true, now, &v);
		ok(st == ST_OK && v.changed && v.publish_at == NOW + changes[i].published * S,
		    "change at %u s: %s (%u s)", changes[i].at, changes[i].name, changes[i].published);
		old = v.next;
	}
}

static void
test_pace_and_deadline(void)
{
	struct lease old = granted("203.0.113.7", NOW), want = lease_of("203.0.113.8", NOW + S);
	struct lease_verdict v;

	old.deadline = NOW + 4 * S;
	lease_decide(&old, &want, true, NOW + S, &v);
	ok(v.publish_at == NOW + 4 * S, "the pace never keeps an address longer than its lease");
	old = granted("203.0.113.7", NOW);
	lease_end(&old, NOW + S);
	lease_decide(&old, &want, true, NOW + 2 * S, &v);
	ok(v.publish_at == NOW + LEASE_PACE, "a grant after a release keeps the pace");
}

/* --- the record --- */

static const uint8_t example_key[] = { 'h', 0, '4' };
static const uint8_t example[] = {		/* as the head of lease.h has it */
	0x01, 0x01, 0x01, 0x00,
	0xcb, 0x00, 0x71, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x00, 0x00, 0x01, 0x04, 0xc5, 0x33, 0xc0, 0x00,
	0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00,
	0x00, 0x00, 0x00, 0xe8, 0xd4, 0xb4, 0x52, 0x40,
	0x00, 0x00, 0x00, 0xeb, 0x28, 0xc0, 0x36, 0x40,
	0, 0, 0, 0, 0, 0, 0, 0x01,
	0, 0, 0, 0, 0, 0, 0, 0x07,
	0x00, 0x00, 0x00, 0x78,
	0, 0, 0, 0, 0, 0, 0, 0x02,
	0x68, 0x00, 0x00
};

static void
test_example(void)
{
	uint8_t record[LEASE_RECORD], key[LEASE_KEY];
	struct lease lease;
	char text[ADDRESS_TEXT];

	ok(lease_decode(example_key, sizeof(example_key), example, sizeof(example), &lease) == ST_OK,
	    "the example of lease.h decodes");
	ok(strcmp(lease.host, "h") == 0 && strcmp(lease.account, "h") == 0 && lease.class[0] == '\0', "its names");
	ok(strcmp(address_text(&lease.address, text), "203.0.113.7") == 0, "its address");
	ok(lease.flags == LEASE_LIVE && lease.layers == LAYER_PASSWORD && lease.nnetworks == 0, "its flags");
	ok(lease.proved == NOW && lease.deadline == NOW + 120 * S && lease.since == NOW + S / 1000 &&
	    lease.paced == lease.since + LEASE_PACE, "its times");
	ok(lease.generation == 1 && lease.epoch == 7 && lease.length == 120 && lease.renewals == 2, "its numbers");
	ok(lease_encode(&lease, record) == sizeof(example) && memcmp(record, example, sizeof(example)) == 0,
	    "and encodes to the same bytes");
	ok(lease_key("h", 4, key) == 3 && memcmp(key, example_key, 3) == 0, "and its key");
}

/* The largest: both names of 253 bytes, four networks. */
static struct lease
largest(void)
{
	static const char *const nets[LEASE_NETWORKS] = { "2001:db8::/32", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::1/128" };
	struct lease lease = granted("2001:db8::7", NOW);

	memset(lease.account, 'a', NAME_SIZE - 1);
	for (size_t i = 63; i < NAME_SIZE - 1; i += 64)
		lease.account[i] = '.';
	memcpy(lease.class, lease.account, NAME_SIZE);
	memcpy(lease.host, lease.account, NAME_SIZE);
	lease.nnetworks = LEASE_NETWORKS;
	for (size_t i = 0; i < LEASE_NETWORKS; i++)
		network_parse(nets[i], &lease.networks[i]);
	return lease;
}

static void
test_largest(void)
{
	const struct lease lease = largest();
	uint8_t record[LEASE_RECORD], key[LEASE_KEY];
	const size_t len = lease_encode(&lease, record), keylen = lease_key(lease.host, 6, key);
	struct lease back;

	ok(len == LEASE_RECORD && keylen == LEASE_KEY, "the largest record and key just fit");
	ok(lease_decode(key, keylen, record, len, &back) == ST_OK && memcmp(&back, &lease, sizeof(back)) == 0,
	    "and come back the same");
}

/* What decodes must be worth it: encodes again, and every text in it parses. */
static bool
is_valid(const struct lease *lease)
{
	uint8_t record[LEASE_RECORD];
	char name[NAME_SIZE], text[NETWORK_TEXT];
	struct address address;
	struct network net;

	if (name_parse(lease->host, strlen(lease->host), name) != ST_OK ||
	    name_parse(lease->account, strlen(lease->account), name) != ST_OK || strcmp(name, lease->account) != 0 ||
	    (lease->class[0] != '\0' && name_parse(lease->class, strlen(lease->class), name) != ST_OK) ||
	    address_parse(address_text(&lease->address, text), &address) != ST_OK || lease->nnetworks > LEASE_NETWORKS)
		return false;
	for (size_t i = 0; i < lease->nnetworks; i++)
		if (network_parse(network_text(&lease->networks[i], text), &net) != ST_OK)
			return false;
	return lease_encode(lease, record) <= LEASE_RECORD;
}

static void
test_truncation(const struct lease *lease, const char *name)
{
	uint8_t record[LEASE_RECORD + 1], key[LEASE_KEY];
	const size_t keylen = lease_key(lease->host, lease->address.family, key), len = lease_encode(lease, record);
	struct lease back;
	size_t good = 0;

	for (size_t i = 0; i < len; i++)
		good += lease_decode(key, keylen, record, i, &back) == ST_DAMAGED;
	ok(good == len, "%s: damaged at every length that is too short", name);
	record[len] = 0;
	ok(lease_decode(key, keylen, record, len + 1, &back) == ST_DAMAGED, "%s: damaged when a byte too long", name);
	for (good = 0; good < keylen && lease_decode(key, good, record, len, &back) == ST_DAMAGED; good++)
		continue;
	ok(good == keylen, "%s: damaged with any shorter key", name);
}

static void
test_mutation(const struct lease *lease, const char *name)
{
	uint8_t record[LEASE_RECORD], key[LEASE_KEY];
	const size_t keylen = lease_key(lease->host, lease->address.family, key), len = lease_encode(lease, record);
	struct lease back;
	enum status st;
	unsigned bad = 0, damaged = 0;

	for (size_t i = 0; i < len + keylen; i++) {
		uint8_t *at = i < len ? &record[i] : &key[i - len], was = *at;

		for (unsigned value = 0; value < 256; value++) {
			*at = (uint8_t)value;
			st = lease_decode(key, keylen, record, len, &back);
			damaged += st == ST_DAMAGED;
			bad += st != ST_DAMAGED && (st != ST_OK || !is_valid(&back));
		}
		*at = was;
	}
	ok(bad == 0, "%s: with any byte changed it is damaged or still makes sense", name);
	ok(damaged > 0, "%s: %u of them are damaged", name, damaged);
}

/* A count of networks that is more than there may be, with all of them there. */
static void
test_too_many(void)
{
	uint8_t record[sizeof(example) + (LEASE_NETWORKS + 1) * 18] = { 0 };
	struct lease back;

	memcpy(record, example, sizeof(example));
	record[3] = LEASE_NETWORKS + 1;
	for (size_t i = 0; i < LEASE_NETWORKS + 1; i++)
		record[sizeof(example) + i * 18] = 4;
	ok(lease_decode(example_key, 3, record, sizeof(record), &back) == ST_DAMAGED, "more networks than there may be");
	record[3] = LEASE_NETWORKS;
	ok(lease_decode(example_key, 3, record, sizeof(record) - 18, &back) == ST_OK, "but not one less");
}

static void
test_versions(void)
{
	uint8_t record[sizeof(example)];
	struct lease back;

	for (unsigned version = 0; version < 256; version++) {
		memcpy(record, example, sizeof(record));
		record[0] = (uint8_t)version;
		if (version != 1 && lease_decode(example_key, 3, record, sizeof(record), &back) != ST_DAMAGED) {
			ok(false, "version %u is taken", version);
			return;
		}
	}
	ok(true, "no other version is taken");
	memcpy(record, example, sizeof(record));
	record[4 + 15] = 1;
	ok(lease_decode(example_key, 3, record, sizeof(record), &back) == ST_DAMAGED, "IPv4 with more than four bytes");
	ok(lease_decode("H\0" "4", 3, example, sizeof(example), &back) == ST_DAMAGED, "a key that is not in lower case");
	ok(lease_decode("h.\0" "4", 4, example, sizeof(example), &back) == ST_DAMAGED, "a key with a final dot");
	ok(lease_decode("h\0" "5", 3, example, sizeof(example), &back) == ST_DAMAGED, "a family that is none");
}

int
main(void)
{
	const struct lease small = granted("203.0.113.7", NOW), large = largest();

	test_life();
	test_first_grant();
	test_renewal();
	test_change();
	test_order();
	test_pace();
	test_pace_and_deadline();
	test_example();
	test_largest();
	test_truncation(&small, "a small record");
	test_truncation(&large, "the largest record");
	test_mutation(&small, "a small record");
	test_mutation(&large, "the largest record");
	test_too_many();
	test_versions();
	return done_testing();
}
