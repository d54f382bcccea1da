/* SPDX-License-Identifier: ISC */
/*
 * One TCP connection to a name server with several messages in flight (RFC 7766 6.2.1.1): replies come in any order
 * and are told by their ID. With a key every message is signed, and every reply is held against it.
 */
#ifndef DYNLEASE_DNSCONN_H
#define DYNLEASE_DNSCONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ldns/ldns.h>

#include "lib/status.h"

#include "dnsask.h"
#include "dnskey.h"

#define DNSCONN_FLIGHT	64	/* messages in flight at most */

struct dns_conn;

/* What a message is about, for who sent it: a range of its list. */
struct dns_task {
	size_t	from, n;
};

struct dns_reply {
	struct dns_task	 task;
	ldns_pkt	*pkt;
	bool		 is_signed;	/* by our key, in answer to this very message */
	size_t		 slot;
};

/*
 * key NULL: nothing is signed. server and key must outlive it. ST_TIMEOUT, ST_CLOSED: nobody listens there;
 * ST_NOMEM.
 */
enum status	dnsconn_open(const struct dns_server *, const struct dns_key *, struct dns_conn **);
void		dnsconn_close(struct dns_conn *);	/* NULL is fine */

size_t		dnsconn_in_flight(const struct dns_conn *);

/*
 * Send a message, which gets an ID and a signature. ST_INVALID: it is longer than a message can be; ST_FULL: too many
 * are in flight; ST_TIMEOUT; ST_CLOSED; ST_NOMEM.
 */
enum status	dnsconn_send(struct dns_conn *, ldns_pkt *, struct dns_task);

/*
 * Wait until a reply is there, or until: CLOCK_BOOTTIME nanoseconds. Give it back with dnsconn_release(); more: it is
 * not the last one to its message. ST_TIMEOUT; ST_CLOSED; ST_PROTOCOL: what came is no reply to what was sent.
 */
enum status	dnsconn_receive(struct dns_conn *, uint64_t until, struct dns_reply *);
void		dnsconn_release(struct dns_conn *, struct dns_reply *, bool more);

#endif
