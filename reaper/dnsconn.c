/* SPDX-License-Identifier: ISC */
/*
 * ldns frames, writes and reads the messages. Writing is blocking within a limit: replies are short, so that a server
 * that still reads is never waited for in a circle.
 */
#include "dnsconn.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "lib/clock.h"

enum {
	MESSAGE_MAX = 65535,
	CONNECT_SECONDS = 3,
	TRANSFER_SECONDS = 5	/* for the rest of a message that has begun */
};

struct slot {
	bool		 is_used;
	bool		 has_reply;
	uint16_t	 id;
	ldns_rdf	*mac;	/* of the request, then of the reply before; NULL: not signed */
	struct dns_task	 task;
};

struct dns_conn {
	const struct dns_server	*server;
	const struct dns_key	*key;
	int			 fd;
	size_t			 flying;
	struct slot		 slots[DNSCONN_FLIGHT];
	ldns_buffer		*wire;
};

enum status
dnsconn_open(const struct dns_server *server, const struct dns_key *key, struct dns_conn **out)
{
	const struct dns_endpoint to = dns_endpoint(server);
	const struct timeval connecting = { .tv_sec = CONNECT_SECONDS }, sending = { .tv_sec = TRANSFER_SECONDS };
	struct dns_conn *conn = calloc(1, sizeof(*conn));
	const int one = 1;

	*out = NULL;
	if (conn == NULL || (conn->wire = ldns_buffer_new(MESSAGE_MAX)) == NULL) {
		free(conn);
		return ST_NOMEM;
	}
	conn->server = server;
	conn->key = key;
	errno = 0;
	if ((conn->fd = ldns_tcp_connect2(&to.storage, to.len, connecting)) == -1) {
		const enum status st = errno == ECONNREFUSED || errno == ECONNRESET ? ST_CLOSED : ST_TIMEOUT;

		dnsconn_close(conn);
		return st;
	}
	setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &sending, sizeof(sending));
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*out = conn;
	return ST_OK;
}

void
dnsconn_close(struct dns_conn *conn)
{
	if (conn == NULL)
		return;
	for (size_t i = 0; i < DNSCONN_FLIGHT; i++)
		ldns_rdf_deep_free(conn->slots[i].mac);
	if (conn->fd != -1)
		close(conn->fd);
	ldns_buffer_free(conn->wire);
	free(conn);
}

size_t
dnsconn_in_flight(const struct dns_conn *conn)
{
	return conn->flying;
}

static struct slot *
find_id(struct dns_conn *conn, uint16_t id)
{
	for (size_t i = 0; i < DNSCONN_FLIGHT; i++)
		if (conn->slots[i].is_used && conn->slots[i].id == id)
			return &conn->slots[i];
	return NULL;
}

static struct slot *
find_free(struct dns_conn *conn)
{
	for (size_t i = 0; i < DNSCONN_FLIGHT; i++)
		if (!conn->slots[i].is_used)
			return &conn->slots[i];
	return NULL;
}

/*
 * For names that a message points back to any order does, but the same names must be the same as in what was signed
 * (RFC 4343). ldns_dname_compare() counts labels each time, which would be half of all that sending costs.
 */
static int
compare_names(const void *a, const void *b)
{
	const uint8_t *x = ldns_rdf_data(a), *y = ldns_rdf_data(b);
	const size_t size = ldns_rdf_size(a);
	int differ = size < ldns_rdf_size(b) ? -1 : size > ldns_rdf_size(b);

	for (size_t i = 0; i < size && differ == 0; i++)
		if (x[i] != y[i])
			differ = tolower(x[i]) - tolower(y[i]);
	return differ;
}

static void
free_name(ldns_rbnode_t *node, void *arg)
{
	(void)arg;
	ldns_rdf_deep_free((ldns_rdf *)(uintptr_t)node->key);
	free(node);
}

static enum status
write_wire(ldns_buffer *wire, const ldns_pkt *pkt)
{
	ldns_rbtree_t *names = ldns_rbtree_create(compare_names);
	ldns_status st = LDNS_STATUS_MEM_ERR;

	ldns_buffer_clear(wire);
	if (names != NULL) {
		st = ldns_pkt2buffer_wire_compress(wire, pkt, names);
		ldns_traverse_postorder(names, free_name, NULL);
		ldns_rbtree_free(names);
	}
	return st == LDNS_STATUS_OK ? ST_OK : ST_NOMEM;
}

static enum status
send_wire(const struct dns_conn *conn)
{
	const struct dns_endpoint to = dns_endpoint(conn->server);

	if (ldns_buffer_position(conn->wire) > MESSAGE_MAX)
		return ST_INVALID;
	errno = 0;
	if (ldns_tcp_send_query(conn->wire, conn->fd, &to.storage, to.len) > 0)
		return ST_OK;
	return errno == EPIPE || errno == ECONNRESET ? ST_CLOSED : ST_TIMEOUT;
}

enum status
dnsconn_send(struct dns_conn *conn, ldns_pkt *pkt, struct dns_task task)
{
	struct slot *slot = find_free(conn);
	enum status st;

	if (slot == NULL)
		return ST_FULL;
	ldns_rdf_deep_free(slot->mac);	/* of one that could not be sent */
	*slot = (struct slot){ .task = task };
	do
		ldns_pkt_set_random_id(pkt);
	while (find_id(conn, ldns_pkt_id(pkt)) != NULL);
	slot->id = ldns_pkt_id(pkt);
	if (conn->key != NULL && (st = dnskey_sign(conn->key, pkt, &slot->mac)) != ST_OK)
		return st;
	if ((st = write_wire(conn->wire, pkt)) != ST_OK)
		return st;
	if ((st = send_wire(conn)) != ST_OK)
		return st;
	slot->is_used = true;
	conn->flying++;
	return ST_OK;
}

/* Hold it against what it answers; what follows it must follow from it. */
static bool
verify(const struct dns_conn *conn, struct slot *slot, ldns_pkt *pkt, const uint8_t *wire, size_t len)
{
	const struct dns_signature to = { slot->mac, !slot->has_reply };

	if (conn->key == NULL || slot->mac == NULL || !dnskey_verify(conn->key, pkt, wire, len, &to))
		return false;
	ldns_rdf_deep_free(slot->mac);
	slot->mac = dnskey_mac(pkt);
	return true;
}

static enum status
take_message(struct dns_conn *conn, const uint8_t *wire, size_t len, struct dns_reply *reply)
{
	struct slot *slot;

	if (ldns_wire2pkt(&reply->pkt, wire, len) != LDNS_STATUS_OK)
		return ST_PROTOCOL;
	slot = ldns_pkt_qr(reply->pkt) ? find_id(conn, ldns_pkt_id(reply->pkt)) : NULL;
	if (slot == NULL) {
		ldns_pkt_free(reply->pkt);
		return ST_PROTOCOL;
	}
	reply->task = slot->task;
	reply->slot = (size_t)(slot - conn->slots);
	reply->is_signed = verify(conn, slot, reply->pkt, wire, len);
	slot->has_reply = true;
	return ST_OK;
}

/*
 * A server that holds back a small answer until its last one is acknowledged (RFC 9293, section 3.7.4) would wait for
 * 40 ms whenever there is nothing to send that carries the acknowledgement. The kernel forgets this, so it is said again.
 */
static void
acknowledge_at_once(const struct dns_conn *conn)
{
	const int one = 1;

	setsockopt(conn->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

enum status
dnsconn_receive(struct dns_conn *conn, uint64_t until, struct dns_reply *reply)
{
	const struct timeval rest = { .tv_sec = TRANSFER_SECONDS };
	struct pollfd pfd = { .fd = conn->fd, .events = POLLIN };
	uint8_t *wire;
	uint64_t now;
	size_t len = 0;
	enum status st;

	acknowledge_at_once(conn);
	do {
		if ((now = clock_boot()) >= until)
			return ST_TIMEOUT;
	} while (poll(&pfd, 1, (int)((until - now) / 1000000) + 1) != 1);
	if ((wire = ldns_tcp_read_wire_timeout(conn->fd, &len, rest)) == NULL)
		return ST_CLOSED;
	st = take_message(conn, wire, len, reply);
	free(wire);
	return st;
}

void
dnsconn_release(struct dns_conn *conn, struct dns_reply *reply, bool more)
{
	struct slot *slot = &conn->slots[reply->slot];

	ldns_pkt_free(reply->pkt);
	reply->pkt = NULL;
	if (more)
		return;
	ldns_rdf_deep_free(slot->mac);
	*slot = (struct slot){ 0 };
	conn->flying--;
}
