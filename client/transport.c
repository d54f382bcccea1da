/* SPDX-License-Identifier: ISC */
/*
 * Sockets and names. The resolver runs in glibc's own thread (getaddrinfo_a), because it knows no deadline.
 */
#include "transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

/* What a resolver still at work after its time may write to; then it is never freed. */
struct lookup {
	struct gaicb	request;
	struct addrinfo	hints;
	char		host[NAME_SIZE];
	char		port[8];
};

static struct lookup *
lookup_new(const char *host, unsigned port)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	snprintf(l->host, sizeof(l->host), "%s", host);
	snprintf(l->port, sizeof(l->port), "%u", port);
	l->hints.ai_socktype = SOCK_STREAM;
	l->hints.ai_flags = AI_NUMERICSERV;
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	return l;
}

/* The lookup's result as getaddrinfo(3) has it, or EAI_INPROGRESS when the time is over. */
static int
lookup_wait(struct lookup *l, uint64_t until)
{
	struct gaicb *list[1] = { &l->request };
	struct timespec left;
	uint64_t now;
	int error;

	if ((error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL)) != 0)
		return error;
	while ((error = gai_error(&l->request)) == EAI_INPROGRESS && (now = clock_boot()) < until) {
		left.tv_sec = (time_t)((until - now) / CLOCK_SECOND);
		left.tv_nsec = (long)((until - now) % CLOCK_SECOND);
		(void)gai_suspend((const struct gaicb *const *)list, 1, &left);
	}
	return error;
}

static void
take_addresses(const struct addrinfo *ai, struct endpoints *found)
{
	struct endpoint *e;

	found->n = 0;
	for (; ai != NULL && found->n < TRANSPORT_ADDRESSES; ai = ai->ai_next) {
		if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) || ai->ai_addrlen > sizeof(e->address))
			continue;
		e = &found->list[found->n++];
		e->family = ai->ai_family;
		e->len = ai->ai_addrlen;
		memcpy(&e->address, ai->ai_addr, ai->ai_addrlen);
	}
}

enum status
transport_resolve(const char *host, unsigned port, uint64_t until, struct endpoints *found, const char **why)
{
	struct lookup *l = lookup_new(host, port);
	int error;

	*why = "out of memory";
	if (l == NULL)
		return ST_NOMEM;
	error = lookup_wait(l, until);
	*why = gai_strerror(error);
	if (error == EAI_INPROGRESS)
		return ST_TIMEOUT;	/* the resolver's thread still owns l */
	if (error == 0) {
		take_addresses(l->request.ar_result, found);
		freeaddrinfo(l->request.ar_result);
	}
	free(l);
	switch (error) {
	case 0:
		return found->n > 0 ? ST_OK : ST_NOTFOUND;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return ST_NOTFOUND;
	case EAI_AGAIN:
	case EAI_FAIL:
		return ST_BUSY;
	default:
		return ST_SYSTEM;
	}
}

/* Wait until a connection that is being made is there or has failed; errno tells why. */
static enum status
await_connected(int fd, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0, n;
	uint64_t now;

	do {
		if ((now = clock_boot()) >= until)
			return ST_TIMEOUT;
		n = poll(&p, 1, (int)((until - now) / 1000000) + 1);
	} while (n == 0 || (n == -1 && errno == EINTR));
	if (n == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return ST_SYSTEM;
	errno = error;
	return error == 0 ? ST_OK : ST_SYSTEM;
}

static bool
bind_to(int fd, const struct address *source)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (source->family == 0)
		return true;
	memcpy(&four.sin_addr, source->bytes, sizeof(four.sin_addr));
	memcpy(&six.sin6_addr, source->bytes, sizeof(six.sin6_addr));
	return source->family == 4 ? bind(fd, (const struct sockaddr *)&four, sizeof(four)) == 0 :
	    bind(fd, (const struct sockaddr *)&six, sizeof(six)) == 0;
}

static void
transport_clear(struct transport *t)
{
	memset(t, 0, sizeof(*t));
	t->in = t->out = -1;
	t->command = (struct spawn){ .pid = -1, .in = -1, .out = -1 };
}

enum status
transport_connect(struct transport *t, const struct endpoint *e, const struct address *source, uint64_t until)
{
	int on = 1;

	transport_clear(t);
	if ((t->in = t->out = socket(e->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return ST_SYSTEM;
	/* The end of the handshake and the commands are two small writes; the second must not wait for an ACK. */
	(void)setsockopt(t->out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!bind_to(t->out, source))
		return ST_SYSTEM;
	if (connect(t->out, (const struct sockaddr *)&e->address, e->len) == 0)
		return ST_OK;
	if (errno != EINPROGRESS && errno != EINTR)
		return ST_SYSTEM;
	return await_connected(t->out, until);
}

enum status
transport_connect_via(struct transport *t, char *const argv[])
{
	enum status st;

	transport_clear(t);
	if ((st = spawn_open(argv, &t->command)) == ST_OK) {
		t->in = t->command.in;
		t->out = t->command.out;
	}
	return st;
}

void
transport_local(const struct transport *t, struct address *a)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	memset(a, 0, sizeof(*a));
	if (t->command.pid == -1 && getsockname(t->out, (struct sockaddr *)&name, &len) == 0)
		address_from_socket((const struct sockaddr *)&name, a);
}

enum status
transport_secure(struct transport *t, struct channel_context *context, const char *name, uint64_t until)
{
	return channel_open(context, t->in, t->out, name, until, &t->channel);
}

enum status
transport_read_line(struct transport *t, char line[TALK_LINE], size_t *len)
{
	enum status st;
	size_t got, n;
	char *end;

	while ((end = memchr(t->buf, '\n', t->have)) == NULL) {
		if (t->have == sizeof(t->buf))
			return ST_PROTOCOL;
		st = channel_read(t->channel, t->buf + t->have, sizeof(t->buf) - t->have, &got);
		if (st != ST_OK)
			return st == ST_CLOSED && t->have > 0 ? ST_PROTOCOL : st;
		t->have += got;
	}
	*len = (size_t)(end - t->buf);
	memcpy(line, t->buf, *len);
	n = *len + 1;
	t->have -= n;
	memmove(t->buf, t->buf + n, t->have);
	return ST_OK;
}

void
transport_close(struct transport *t)
{
	channel_close(t->channel, false);
	t->channel = NULL;
	if (t->command.pid != -1)
		spawn_close(&t->command);
	else if (t->out != -1)
		close(t->out);
	t->in = t->out = -1;
}
