/* SPDX-License-Identifier: ISC */
/*
 * TLS on two descriptors: one loop, attempt(), runs every OpenSSL call, waits for what it wants and turns its
 * errors into our vocabulary. Once a fatal error has been seen no goodbye is sent (SSL_shutdown(3) forbids it); an
 * end without one counts as an end, since the layer above never acts on a line that was cut.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bsd/string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "channel_tls.h"
#include "clock.h"

#define LINGER_BYTES	65536
#define LINGER_TIME	(2 * CLOCK_SECOND)

/* Wait for an event, until the time (0: for ever). ST_TIMEOUT, ST_SYSTEM. */
static enum status
wait_for(int fd, short events, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now;
	int ms = -1, n;

	for (;;) {
		if (until != 0) {
			if ((now = clock_boot()) >= until)
				return ST_TIMEOUT;
			ms = (int)((until - now) / 1000000 % 3600000) + 1;
		}
		if ((n = poll(&p, 1, ms)) > 0)
			return ST_OK;
		if (n == -1 && errno != EINTR)
			return ST_SYSTEM;
	}
}

static enum status
explain(struct channel *c, enum status st, const char *why)
{
	strlcpy(c->why, why, sizeof(c->why));
	return st;
}

static const char *
reason_text(unsigned long error, char *buf, size_t size)
{
	const char *text;

	/* A server does without OpenSSL's strings, which take a millisecond to load; these are what it meets. */
	switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return "no TLS version in common (1.2 or 1.3 is needed)";
	case SSL_R_NO_SHARED_CIPHER:
		return "no TLS cipher in common";
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return "the other side refused the TLS handshake";
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_UNKNOWN_PROTOCOL:
	case SSL_R_BAD_RECORD_TYPE:
		return "the other side does not speak TLS";
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
		return "the other side does not know the certificate's issuer";
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
		return "the other side does not accept the certificate";
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		return "the other side says that the certificate has expired";
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return "a TLS message is too long";
	default:
		break;
	}
	if ((text = ERR_reason_error_string(error)) != NULL)
		return text;
	snprintf(buf, size, "TLS error %lX", error);
	return buf;
}

/* The first error queued is the cause; a failed verification is told apart, as it is what people get wrong. */
static enum status
fail_tls(struct channel *c)
{
	unsigned long error = ERR_peek_error();
	char buf[40];

	c->broken = true;
	if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return explain(c, ST_CLOSED, "the other side closed the connection");
	if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return explain(c, ST_UNTRUSTED, X509_verify_cert_error_string(SSL_get_verify_result(c->ssl)));
	return explain(c, ST_PROTOCOL, reason_text(error, buf, sizeof(buf)));
}

static enum status
fail_system(struct channel *c, int error)
{
	c->broken = true;
	switch (error) {
	case 0:
	case EPIPE:
		return explain(c, ST_CLOSED, "the other side closed the connection");
	case ECONNRESET:
	case ENOTCONN:
		return explain(c, ST_CLOSED, "the other side reset the connection");
	case ETIMEDOUT:
		return explain(c, ST_TIMEOUT, "the connection went dead");
	default:
		return explain(c, ST_SYSTEM, strerror(error));
	}
}

enum step { STEP_HANDSHAKE, STEP_READ, STEP_WRITE };

struct attempt {
	enum step	 step;
	void		*to;
	const void	*from;
	size_t		 len;
	size_t		 done;
};

static int
try_once(struct channel *c, struct attempt *a)
{
	ERR_clear_error();
	errno = 0;
	switch (a->step) {
	case STEP_READ:
		return SSL_read_ex(c->ssl, a->to, a->len, &a->done);
	case STEP_WRITE:
		return SSL_write_ex(c->ssl, a->from, a->len, &a->done);
	case STEP_HANDSHAKE:
	default:
		return SSL_do_handshake(c->ssl);
	}
}

static enum status
attempt(struct channel *c, struct attempt *a)
{
	enum status st = ST_OK;
	int n, error;

	for (;;) {
		if (c->until != 0 && clock_boot() >= c->until)
			st = ST_TIMEOUT;
		if (st == ST_TIMEOUT)
			return explain(c, st, "timed out");
		if (st != ST_OK)
			return fail_system(c, errno);
		n = try_once(c, a);
		error = errno;
		if (n > 0)
			return ST_OK;
		switch (SSL_get_error(c->ssl, n)) {
		case SSL_ERROR_WANT_READ:
			st = wait_for(c->in, POLLIN, c->until);
			break;
		case SSL_ERROR_WANT_WRITE:
			st = wait_for(c->out, POLLOUT, c->until);
			break;
		case SSL_ERROR_ZERO_RETURN:
			return explain(c, ST_CLOSED, "the other side closed the connection");
		case SSL_ERROR_SYSCALL:
			return fail_system(c, error);
		default:
			return fail_tls(c);
		}
	}
}

/* What the peer must prove: a name, or an address, which is never sent as SNI (RFC 6066 section 3). */
static bool
expect_server(SSL *ssl, const char *server)
{
	unsigned char binary[sizeof(struct in6_addr)];
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (inet_pton(AF_INET, server, binary) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, binary, 4) == 1;
	if (inet_pton(AF_INET6, server, binary) == 1)
		return X509_VERIFY_PARAM_set1_ip(param, binary, 16) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return *server != '\0' && X509_VERIFY_PARAM_set1_host(param, server, 0) == 1 &&
	    SSL_set_tlsext_host_name(ssl, server) == 1;
}

static bool
attach(struct channel *c)
{
	BIO *in = BIO_new_fd(c->in, BIO_NOCLOSE), *out = BIO_new_fd(c->out, BIO_NOCLOSE);

	if (in == NULL || out == NULL) {
		BIO_free(in);
		BIO_free(out);
		return false;
	}
	SSL_set_bio(c->ssl, in, out);
	return true;
}

/* Stop a descriptor from blocking; what it was before, or -1 when there was nothing to do. */
static int
unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || (flags & O_NONBLOCK) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return -1;
	return flags;
}

static enum status
channel_new(struct channel_context *context, const char *server, struct channel *c)
{
	if ((c->ssl = SSL_new(context->ctx)) == NULL || !attach(c))
		return ST_NOMEM;
	if (server == NULL) {
		SSL_set_accept_state(c->ssl);
	} else {
		SSL_set_connect_state(c->ssl);
		if (!expect_server(c->ssl, server))
			return explain(c, ST_UNTRUSTED, "no certificate can be for that name");
	}
	if (c->until != 0) {
		c->in_flags = unblock(c->in);
		c->out_flags = unblock(c->out);
	}
	return ST_OK;
}

enum status
channel_open(struct channel_context *context, int in, int out, const char *server, uint64_t until,
    struct channel **channel)
{
	struct attempt shake = { .step = STEP_HANDSHAKE };
	struct channel *c;
	enum status st;

	if ((*channel = c = calloc(1, sizeof(*c))) == NULL)
		return ST_NOMEM;
	c->in = in;
	c->out = out;
	c->in_flags = c->out_flags = -1;
	c->until = until;
	if ((st = channel_new(context, server, c)) == ST_OK && (st = attempt(c, &shake)) == ST_OK) {
		c->proved_at = clock_boot();
		return ST_OK;
	}
	c->broken = true;	/* no goodbye before the handshake is done; OpenSSL has sent its alert */
	if (st == ST_NOMEM) {
		channel_close(c, false);
		*channel = NULL;
	}
	return st;
}

enum status
channel_read(struct channel *c, void *buf, size_t size, size_t *got)
{
	struct attempt a = { .step = STEP_READ, .to = buf, .len = size };
	enum status st = attempt(c, &a);

	*got = st == ST_OK ? a.done : 0;
	return st;
}

enum status
channel_write(struct channel *c, const void *bytes, size_t len)
{
	struct attempt a = { .step = STEP_WRITE, .from = bytes, .len = len };

	return len == 0 ? ST_OK : attempt(c, &a);
}

const char *
channel_why(const struct channel *c)
{
	return c == NULL ? "" : c->why;
}

const char *
channel_version(const struct channel *c)
{
	return SSL_get_version(c->ssl);
}

uint64_t
channel_proved_at(const struct channel *c)
{
	return c->proved_at;
}

/* Swallow what the peer still sends: closing a socket with unread input resets it, and our last words with it. */
static void
drain(int fd)
{
	uint64_t until = clock_boot() + LINGER_TIME;
	size_t left = LINGER_BYTES;
	char buf[4096];
	ssize_t n;

	while (left > 0 && wait_for(fd, POLLIN, until) == ST_OK) {
		n = recv(fd, buf, left < sizeof(buf) ? left : sizeof(buf), MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN))
			return;
		if (n > 0)
			left -= (size_t)n;
	}
}

void
channel_close(struct channel *c, bool linger)
{
	if (c == NULL)
		return;
	ERR_clear_error();
	if (c->ssl != NULL && !c->broken)
		(void)SSL_shutdown(c->ssl);
	/* Pipes know no reset, and shutdown(2) refuses them. */
	if (linger && shutdown(c->out, SHUT_WR) == 0)
		drain(c->in);
	if (c->in_flags != -1)
		(void)fcntl(c->in, F_SETFL, c->in_flags);
	if (c->out_flags != -1)
		(void)fcntl(c->out, F_SETFL, c->out_flags);
	SSL_free(c->ssl);
	free(c);
}
