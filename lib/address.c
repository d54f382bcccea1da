/* SPDX-License-Identifier: ISC */
/*
 * Addresses and networks: parsing, spelling, comparing, and the table of what nobody may lease.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "address.h"

#define SEPARATORS " \t\r\n,"

/*
 * The IANA special-purpose registries (RFC 6890) and what else is not one host's own address. The first row that
 * holds the address gives the reason; rows marked never cannot be allowed by the configuration.
 */
static const struct refusal {
	struct network	 net;
	bool		 never;
	const char	*reason;
} refusals[] = {
#define V4(a, b, c, d, bits)	{ { 4, { a, b, c, d } }, bits }
#define V6(bits, ...)		{ { 6, { __VA_ARGS__ } }, bits }
	{ V4(0, 0, 0, 0, 32), true, "unspecified" },
	{ V4(0, 0, 0, 0, 8), false, "this network" },
	{ V4(10, 0, 0, 0, 8), false, "private" },
	{ V4(100, 64, 0, 0, 10), false, "shared" },
	{ V4(127, 0, 0, 0, 8), false, "loopback" },
	{ V4(169, 254, 0, 0, 16), false, "link-local" },
	{ V4(172, 16, 0, 0, 12), false, "private" },
	{ V4(192, 0, 0, 0, 24), false, "protocol assignments" },
	{ V4(192, 0, 2, 0, 24), false, "documentation" },
	{ V4(192, 31, 196, 0, 24), false, "AS112" },
	{ V4(192, 52, 193, 0, 24), false, "AMT" },
	{ V4(192, 88, 99, 0, 24), false, "6to4 relay" },
	{ V4(192, 168, 0, 0, 16), false, "private" },
	{ V4(192, 175, 48, 0, 24), false, "AS112" },
	{ V4(198, 18, 0, 0, 15), false, "benchmarking" },
	{ V4(198, 51, 100, 0, 24), false, "documentation" },
	{ V4(203, 0, 113, 0, 24), false, "documentation" },
	{ V4(224, 0, 0, 0, 4), true, "multicast" },
	{ V4(255, 255, 255, 255, 32), true, "broadcast" },
	{ V4(240, 0, 0, 0, 4), false, "reserved" },
	{ V6(128, 0), true, "unspecified" },
	{ V6(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), false, "loopback" },
	{ V6(96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), true, "IPv4-mapped" },
	{ V6(96, 0), false, "IPv4-compatible" },
	{ V6(96, 0, 0x64, 0xff, 0x9b), false, "NAT64" },
	{ V6(48, 0, 0x64, 0xff, 0x9b, 0, 1), false, "NAT64" },
	{ V6(64, 0x01), false, "discard-only" },
	{ V6(32, 0x20, 0x01, 0, 0), false, "Teredo" },
	{ V6(23, 0x20, 0x01), false, "protocol assignments" },
	{ V6(32, 0x20, 0x01, 0x0d, 0xb8), false, "documentation" },
	{ V6(16, 0x20, 0x02), false, "6to4" },
	{ V6(48, 0x26, 0x20, 0, 0x4f, 0x80, 0), false, "AS112" },
	{ V6(20, 0x3f, 0xff), false, "documentation" },
	{ V6(7, 0xfc), false, "private" },
	{ V6(10, 0xfe, 0x80), false, "link-local" },
	{ V6(10, 0xfe, 0xc0), false, "site-local" },
	{ V6(8, 0xff), true, "multicast" },
	/* Only 2000::/3 is given out as unicast addresses. */
	{ V6(3, 0x00), false, "not global unicast" },
	{ V6(2, 0x40), false, "not global unicast" },
	{ V6(1, 0x80), false, "not global unicast" },
#undef V4
#undef V6
};

static void
set_v4(struct address *a, const uint8_t bytes[4])
{
	memset(a, 0, sizeof(*a));
	a->family = 4;
	memcpy(a->bytes, bytes, 4);
}

static void
set_v6(struct address *a, const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		set_v4(a, bytes + sizeof(mapped));
		return;
	}
	a->family = 6;
	memcpy(a->bytes, bytes, 16);
}

enum status
address_parse(const char *text, struct address *a)
{
	uint8_t bytes[16];

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, bytes) == 1)
		set_v4(a, bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		set_v6(a, bytes);
	else
		return ST_INVALID;
	return ST_OK;
}

void
address_from_socket(const struct sockaddr *sa, struct address *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		set_v4(a, (const uint8_t *)&in.sin_addr);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		set_v6(a, in6.sin6_addr.s6_addr);
	}
}

const char *
address_text(const struct address *a, char text[ADDRESS_TEXT])
{
	int af = a->family == 4 ? AF_INET : AF_INET6;

	if ((a->family != 4 && a->family != 6) || inet_ntop(af, a->bytes, text, ADDRESS_TEXT) == NULL)
		strlcpy(text, "none", ADDRESS_TEXT);
	return text;
}

static unsigned
family_bytes(const struct address *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, family_bytes(a)) == 0;
}

/* One to three digits without a leading zero, at most max. */
static bool
parse_bits(const char *text, unsigned max, uint8_t *bits)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 3)
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	if (i == 0 || (i > 1 && text[0] == '0') || n > max)
		return false;
	*bits = (uint8_t)n;
	return true;
}

enum status
network_parse(const char *text, struct network *net)
{
	char copy[NETWORK_TEXT];
	struct address given;
	struct network masked;
	char *slash;
	bool has_bits;
	uint8_t bits = 0;

	memset(net, 0, sizeof(*net));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return ST_INVALID;
	has_bits = (slash = strchr(copy, '/')) != NULL;
	if (has_bits)
		*slash++ = '\0';
	if (address_parse(copy, &given) != ST_OK)
		return ST_INVALID;
	/* The length of a mapped network counts from the wrong end of the address: not guessed at. */
	if (has_bits && given.family == 4 && strchr(copy, ':') != NULL)
		return ST_INVALID;
	bits = (uint8_t)(family_bytes(&given) * 8);
	if (has_bits && !parse_bits(slash, bits, &bits))
		return ST_INVALID;
	network_around(&given, bits, &masked);
	if (!address_equal(&masked.base, &given))
		return ST_INVALID;
	*net = masked;
	return ST_OK;
}

enum status
networks_parse(const char *text, struct networks *nets)
{
	char word[NETWORK_TEXT];
	size_t len;

	memset(nets, 0, sizeof(*nets));
	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		if (nets->n == NETWORKS_MAX || len >= sizeof(word))
			goto bad;
		memcpy(word, text, len);
		word[len] = '\0';
		if (network_parse(word, &nets->list[nets->n]) != ST_OK)
			goto bad;
		nets->n++;
		text += len;
	}
	return ST_OK;
bad:
	memset(nets, 0, sizeof(*nets));
	return ST_INVALID;
}

const char *
network_text(const struct network *net, char text[NETWORK_TEXT])
{
	char address[ADDRESS_TEXT];

	address_text(&net->base, address);
	if (net->base.family == 0)
		strlcpy(text, address, NETWORK_TEXT);
	else
		snprintf(text, NETWORK_TEXT, "%s/%u", address, net->bits);
	return text;
}

void
network_around(const struct address *a, unsigned bits, struct network *net)
{
	unsigned i, size = family_bytes(a);

	memset(net, 0, sizeof(*net));
	net->base.family = a->family;
	net->bits = (uint8_t)(bits < size * 8 ? bits : size * 8);
	for (i = 0; i < size && i * 8 < net->bits; i++)
		net->base.bytes[i] = a->bytes[i];
	if (net->bits % 8 != 0)
		net->base.bytes[net->bits / 8] &= (uint8_t)(0xff << (8 - net->bits % 8));
}

bool
network_has(const struct network *net, const struct address *a)
{
	struct network around;

	if (a->family == 0 || a->family != net->base.family)
		return false;
	network_around(a, net->bits, &around);
	return address_equal(&around.base, &net->base);
}

bool
networks_equal(const struct networks *a, const struct networks *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (a->list[i].bits != b->list[i].bits || !address_equal(&a->list[i].base, &b->list[i].base))
			return false;
	return a->n == b->n;
}

bool
networks_have(const struct networks *nets, const struct address *a)
{
	size_t i;

	for (i = 0; i < nets->n; i++)
		if (network_has(&nets->list[i], a))
			return true;
	return false;
}

const char *
address_refusal(const struct address *a, const struct networks *allowed)
{
	const struct refusal *row;
	size_t i;

	if (family_bytes(a) == 0)
		return "no address";
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		row = &refusals[i];
		if (!network_has(&row->net, a))
			continue;
		if (!row->never && allowed != NULL && networks_have(allowed, a))
			return NULL;
		return row->reason;
	}
	return NULL;
}
