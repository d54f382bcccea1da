/* SPDX-License-Identifier: ISC */
/*
 * Asking a name server what it shows, over DNS. Plain queries without recursion to one server, UDP and then TCP when
 * truncated; nothing here changes anything.
 */
#ifndef DYNLEASE_DNSASK_H
#define DYNLEASE_DNSASK_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/address.h"
#include "lib/name.h"
#include "lib/status.h"

#define DNSASK_ADDRESSES	8
#define DNSASK_NAMES		16

struct dns_server {
	struct address	address;
	unsigned	port;
	unsigned	timeout;	/* seconds for one question */
};

struct dns_endpoint {
	union {
		struct sockaddr		any;
		struct sockaddr_storage	storage;
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
	};
	socklen_t	len;
};

/* Where to connect to. Pure. */
struct dns_endpoint	dns_endpoint(const struct dns_server *);

struct dns_answer {
	size_t		n;			/* may be larger than the list: then there were more */
	struct address	list[DNSASK_ADDRESSES];
};

/*
 * The zone's SOA serial, from an authoritative answer. ST_NOTFOUND: it does not serve the zone, or failed to load it;
 * ST_TIMEOUT; ST_CLOSED: nobody listens there; ST_PROTOCOL: an answer that makes no sense.
 */
enum status	dns_serial(const struct dns_server *, const char *zone, uint32_t *serial);

/*
 * All addresses of one family (4 or 6) at the name itself; no record and no such name are answers: n is 0. Otherwise
 * as above. ST_EXISTS: there is a CNAME.
 */
enum status	dns_addresses(const struct dns_server *, const char *name, uint8_t family, struct dns_answer *);

/* The name that a CNAME at the name itself leads to, in lower case; "" when there is none. Otherwise as above. */
enum status	dns_cname(const struct dns_server *, const char *name, char target[NAME_SIZE]);

/* The names in the zone's NS records; of more than DNSASK_NAMES the rest is left out, as are no hosts'. As above. */
enum status	dns_nameservers(const struct dns_server *, const char *zone, char names[DNSASK_NAMES][NAME_SIZE],
		    size_t *n);

#endif
