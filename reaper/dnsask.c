/* SPDX-License-Identifier: ISC */
/*
 * One question, one answer. The UDP socket is connected: the kernel drops what comes from elsewhere, and a server
 * that is down is known at once. ldns writes and reads the packets and speaks TCP.
 */
#include "dnsask.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "lib/clock.h"

enum {
	UDP_TRIES = 2,		/* within the one time limit */
	UDP_SIZE = 4096
};

struct dns_endpoint
dns_endpoint(const struct dns_server *server)
{
	struct dns_endpoint to;

	memset(&to, 0, sizeof(to));
	if (server->address.family == 6) {
		to.in6.sin6_family = AF_INET6;
		to.in6.sin6_port = htons((uint16_t)server->port);
		memcpy(&to.in6.sin6_addr, server->address.bytes, 16);
		to.len = sizeof(to.in6);
	} else {
		to.in.sin_family = AF_INET;
		to.in.sin_port = htons((uint16_t)server->port);
		memcpy(&to.in.sin_addr, server->address.bytes, 4);
		to.len = sizeof(to.in);
	}
	return to;
}

static enum status
status_of_errno(void)
{
	if (errno == EAGAIN || errno == EINTR)
		return ST_TIMEOUT;
	return errno == ECONNREFUSED || errno == ECONNRESET ? ST_CLOSED : ST_SYSTEM;
}

static bool
is_answer_to(const ldns_pkt *answer, const ldns_pkt *query)
{
	const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(query), 0);
	const ldns_rr *told = ldns_rr_list_rr(ldns_pkt_question(answer), 0);

	return ldns_pkt_qr(answer) && ldns_pkt_id(answer) == ldns_pkt_id(query) && told != NULL &&
	    ldns_rr_get_type(told) == ldns_rr_get_type(asked) &&
	    ldns_dname_compare(ldns_rr_owner(told), ldns_rr_owner(asked)) == 0;
}

/* Receive until an answer to the query is there: a late one to an earlier question may be among them. */
static enum status
udp_receive(int fd, const ldns_pkt *query, uint64_t until, ldns_pkt **answer)
{
	uint8_t bytes[UDP_SIZE];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now;
	ssize_t n;

	while ((now = clock_boot()) < until) {
		if (poll(&pfd, 1, (int)((until - now) / 1000000) + 1) != 1)
			continue;
		if ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) == -1) {
			if (status_of_errno() != ST_TIMEOUT)
				return status_of_errno();
			continue;
		}
		if (ldns_wire2pkt(answer, bytes, (size_t)n) != LDNS_STATUS_OK)
			continue;
		if (is_answer_to(*answer, query))
			return ST_OK;
		ldns_pkt_free(*answer);
		*answer = NULL;
	}
	return ST_TIMEOUT;
}

static enum status
udp_ask(const struct dns_server *server, const ldns_pkt *query, ldns_buffer *wire, ldns_pkt **answer)
{
	const struct dns_endpoint to = dns_endpoint(server);
	const int fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	enum status st = ST_TIMEOUT;

	if (fd == -1)
		return ST_SYSTEM;
	if (connect(fd, &to.any, to.len) == -1)
		st = status_of_errno();
	for (int i = 0; i < UDP_TRIES && st == ST_TIMEOUT; i++) {
		if (send(fd, ldns_buffer_begin(wire), ldns_buffer_position(wire), 0) == -1)
			st = status_of_errno();
		else
			st = udp_receive(fd, query, clock_boot() + server->timeout * CLOCK_SECOND / UDP_TRIES,
			    answer);
	}
	close(fd);
	return st;
}

static enum status
tcp_ask(const struct dns_server *server, const ldns_pkt *query, ldns_buffer *wire, ldns_pkt **answer)
{
	const struct dns_endpoint to = dns_endpoint(server);
	struct timeval limit = { .tv_sec = server->timeout };
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum status st = ST_OK;

	if (ldns_tcp_send(&bytes, wire, &to.storage, to.len, limit, &n) != LDNS_STATUS_OK)
		return ST_TIMEOUT;
	if (ldns_wire2pkt(answer, bytes, n) != LDNS_STATUS_OK || !is_answer_to(*answer, query))
		st = ST_PROTOCOL;
	free(bytes);
	return st;
}

static ldns_pkt *
make_query(const char *name, ldns_rr_type type)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	ldns_pkt *query = owner == NULL ? NULL : ldns_pkt_query_new(owner, type, LDNS_RR_CLASS_IN, 0);

	if (query == NULL)
		ldns_rdf_deep_free(owner);
	else
		ldns_pkt_set_random_id(query);
	return query;
}

/* What kind of answer is it? One without authority is of a server that has the zone no more, or never had. */
static enum status
judge(const ldns_pkt *answer)
{
	switch (ldns_pkt_get_rcode(answer)) {
	case LDNS_RCODE_NOERROR:
	case LDNS_RCODE_NXDOMAIN:
		return ldns_pkt_aa(answer) ? ST_OK : ST_NOTFOUND;
	case LDNS_RCODE_SERVFAIL:
	case LDNS_RCODE_REFUSED:
	case LDNS_RCODE_NOTAUTH:
		return ST_NOTFOUND;
	default:
		return ST_PROTOCOL;
	}
}

/* Free the answer with ldns_pkt_free(), whatever is returned. */
static enum status
ask(const struct dns_server *server, const char *name, ldns_rr_type type, ldns_pkt **answer)
{
	ldns_pkt *query = make_query(name, type);
	ldns_buffer *wire = ldns_buffer_new(UDP_SIZE);
	enum status st = ST_NOMEM;

	*answer = NULL;
	if (query == NULL || wire == NULL || ldns_pkt2buffer_wire(wire, query) != LDNS_STATUS_OK)
		goto out;
	st = udp_ask(server, query, wire, answer);
	if (st == ST_OK && ldns_pkt_tc(*answer)) {
		ldns_pkt_free(*answer);
		*answer = NULL;
		st = tcp_ask(server, query, wire, answer);
	}
	if (st == ST_OK)
		st = judge(*answer);
out:
	ldns_buffer_free(wire);
	ldns_pkt_free(query);
	return st;
}

enum status
dns_serial(const struct dns_server *server, const char *zone, uint32_t *serial)
{
	ldns_pkt *answer;
	const ldns_rr *soa;
	const ldns_rdf *field;
	enum status st;

	if ((st = ask(server, zone, LDNS_RR_TYPE_SOA, &answer)) != ST_OK)
		goto out;
	soa = ldns_rr_list_rr(ldns_pkt_answer(answer), 0);
	field = soa == NULL || ldns_rr_get_type(soa) != LDNS_RR_TYPE_SOA ? NULL : ldns_rr_rdf(soa, 2);
	if (field == NULL)
		st = ST_NOTFOUND;
	else
		*serial = ldns_rdf2native_int32(field);
out:
	ldns_pkt_free(answer);
	return st;
}

/* Take one record of the answer section that is of the name itself. */
static enum status
take_address(const ldns_rr *rr, uint8_t family, struct dns_answer *to)
{
	const size_t size = family == 6 ? 16 : 4;
	const ldns_rdf *data = ldns_rr_rdf(rr, 0);

	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME)
		return ST_EXISTS;
	if (ldns_rr_get_type(rr) != (family == 6 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A))
		return ST_OK;
	if (data == NULL || ldns_rdf_size(data) != size)
		return ST_PROTOCOL;
	if (to->n < DNSASK_ADDRESSES) {
		to->list[to->n].family = family;
		memcpy(to->list[to->n].bytes, ldns_rdf_data(data), size);
	}
	to->n++;
	return ST_OK;
}

enum status
dns_addresses(const struct dns_server *server, const char *name, uint8_t family, struct dns_answer *to)
{
	ldns_pkt *answer;
	const ldns_rr_list *rrs;
	const ldns_rdf *owner;
	enum status st;

	memset(to, 0, sizeof(*to));
	st = ask(server, name, family == 6 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A, &answer);
	if (st == ST_OK) {
		owner = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(answer), 0));
		rrs = ldns_pkt_answer(answer);
		for (size_t i = 0; i < ldns_rr_list_rr_count(rrs) && st == ST_OK; i++)
			if (ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(rrs, i)), owner) == 0)
				st = take_address(ldns_rr_list_rr(rrs, i), family, to);
	}
	ldns_pkt_free(answer);
	return st;
}

/* The name that a record of this type holds. ST_NOTFOUND: it is of another; ST_PROTOCOL: none of ours to spell. */
static enum status
name_within(const ldns_rr *rr, ldns_rr_type type, char name[NAME_SIZE])
{
	char *text;
	enum status st;

	if (rr == NULL || ldns_rr_get_type(rr) != type || ldns_rr_rdf(rr, 0) == NULL)
		return ST_NOTFOUND;
	text = ldns_rdf2str(ldns_rr_rdf(rr, 0));
	st = text != NULL && name_parse(text, strlen(text), name) == ST_OK ? ST_OK : ST_PROTOCOL;
	free(text);
	return st;
}

enum status
dns_cname(const struct dns_server *server, const char *name, char target[NAME_SIZE])
{
	const ldns_rr *first;
	ldns_pkt *answer;
	enum status st;

	target[0] = '\0';
	if ((st = ask(server, name, LDNS_RR_TYPE_CNAME, &answer)) == ST_OK) {
		first = ldns_rr_list_rr(ldns_pkt_answer(answer), 0);
		if ((st = name_within(first, LDNS_RR_TYPE_CNAME, target)) == ST_NOTFOUND)
			st = ST_OK;
	}
	ldns_pkt_free(answer);
	return st;
}

enum status
dns_nameservers(const struct dns_server *server, const char *zone, char names[DNSASK_NAMES][NAME_SIZE], size_t *n)
{
	const ldns_rr_list *rrs;
	ldns_pkt *answer;
	enum status st;

	*n = 0;
	if ((st = ask(server, zone, LDNS_RR_TYPE_NS, &answer)) == ST_OK) {
		rrs = ldns_pkt_answer(answer);
		for (size_t i = 0; i < ldns_rr_list_rr_count(rrs) && *n < DNSASK_NAMES; i++)
			*n += name_within(ldns_rr_list_rr(rrs, i), LDNS_RR_TYPE_NS, names[*n]) == ST_OK ? 1 : 0;
	}
	ldns_pkt_free(answer);
	return st;
}
