/* SPDX-License-Identifier: ISC */
/*
 * IPv4 and IPv6 addresses and networks in binary, their one spelling, and which addresses nobody may lease.
 * An IPv4-mapped IPv6 address is IPv4 from the moment it is parsed (RFC 4291 2.5.5.2). Pure.
 */
#ifndef DYNLEASE_ADDRESS_H
#define DYNLEASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "status.h"

#define ADDRESS_TEXT	46	/* longest spelling and the NUL */
#define NETWORK_TEXT	50
#define NETWORKS_MAX	16

struct address {
	uint8_t	family;		/* 4, 6, or 0: none */
	uint8_t	bytes[16];	/* network order; IPv4 in the first four, the rest zero */
};

struct network {
	struct address	base;	/* host bits zero */
	uint8_t		bits;
};

struct networks {
	size_t		n;
	struct network	list[NETWORKS_MAX];
};

/* Strict inet_pton(3) spelling, no zone index, no leading zeros. ST_INVALID otherwise. */
enum status	 address_parse(const char *text, struct address *);

/* The address of a socket's name; family 0 when it is neither AF_INET nor AF_INET6. */
void		 address_from_socket(const struct sockaddr *, struct address *);

/* The spelling of RFC 5952 (inet_ntop(3)); "none" for family 0. Returns text. */
const char	*address_text(const struct address *, char text[ADDRESS_TEXT]);
bool		 address_equal(const struct address *, const struct address *);

/* "address/bits", or an address alone for all its bits. ST_INVALID: no network, or host bits set. */
enum status	 network_parse(const char *text, struct network *);

/* A list separated by blanks or commas; empty is fine. ST_INVALID: a wrong one, or over NETWORKS_MAX. */
enum status	 networks_parse(const char *text, struct networks *);
const char	*network_text(const struct network *, char text[NETWORK_TEXT]);
bool		 network_has(const struct network *, const struct address *);
bool		 networks_equal(const struct networks *, const struct networks *);	/* in the same order */
bool		 networks_have(const struct networks *, const struct address *);

/* The first bits of a as a network: what the limiter counts. bits beyond the family's length mean all. */
void		 network_around(const struct address *a, unsigned bits, struct network *);

/*
 * Why a must not be leased ("loopback", "private", ...: the special-purpose registries of RFC 6890, and
 * multicast, 64:ff9b::/96, 6to4 and Teredo, which carry other people's IPv4), or NULL when it may be.
 * An address within allowed may, except the unspecified one, multicast and the IPv4 broadcast.
 */
const char	*address_refusal(const struct address *a, const struct networks *allowed);

#endif
