/* SPDX-License-Identifier: ISC */
/*
 * Contexts, then TLS on two descriptors: one loop, attempt(), runs every OpenSSL call, waits for what it wants and
 * turns its errors into our vocabulary. Once a fatal error has been seen no goodbye is sent (SSL_shutdown(3)
 * forbids it); an end without one counts as an end, since the layer above never acts on a line that was cut.
 */
#include "channel.h"

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
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "clock.h"
#include "log.h"

#define LINGER_BYTES	65536
#define LINGER_TIME	(2 * CLOCK_SECOND)

#define CIPHERS_TLS12	"ECDHE+AESGCM:ECDHE+CHACHA20"
#define CHAIN_BYTES	32768	/* of a peer's certificates */
#define CHAIN_DEPTH	3
#define KEY_BITS	112	/* of security; RSA keys of 2048 bits have so many */

struct channel_context {
	SSL_CTX	*ctx;
	bool	(*may)(const void *arg, const char *key);	/* be shown our certificate */
	const void *arg;
};

struct channel {
	SSL		*ssl;
	int		 in, out;
	int		 in_flags, out_flags;	/* as they were; -1: left alone */
	uint64_t	 until;
	uint64_t	 proved_at;
	bool		 broken;		/* a fatal error: nothing more may be sent */
	char		 why[CHANNEL_WHY];
};

/* The dialects we speak, as ALPN has them (RFC 7301): a length and a name each, the preferred one first. */
static const unsigned char dialects[] = "\x0a" CHANNEL_ALPN;

/* A peer that asks for something else gets no alert: the first line it sends tells what it speaks. */
static int
choose_dialect(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
    void *arg)
{
	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, outlen, dialects, sizeof(dialects) - 1, in,
	    inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

/* No chain fails the handshake: OpenSSL keeps its verdict, and whoever authenticates, or knows the key, judges. */
static int
pass_any(int good, X509_STORE_CTX *store)
{
	(void)good;
	(void)store;
	return 1;
}

/* A key with a passphrase is refused; nobody is there to be asked. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES);
	SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_read_ahead(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_TLS12) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Wrap ctx, which is freed with the context; or free it now, after a failure. */
static enum status
context_wrap(enum status st, SSL_CTX *ctx, struct channel_context **context)
{
	if (st == ST_OK && (*context = calloc(1, sizeof(**context))) == NULL)
		st = ST_NOMEM;
	if (st != ST_OK) {
		SSL_CTX_free(ctx);
		*context = NULL;
		return st;
	}
	(*context)->ctx = ctx;
	return ST_OK;
}

/* Log why a PEM file will not do: the system's reason if there is one, else ours. */
static enum status
complain_file(const char *path, const char *otherwise)
{
	unsigned long error = ERR_peek_error();

	log_error("%s: %s", path, ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : otherwise);
	ERR_clear_error();
	return ST_CONFIG;
}

static enum status
load_pair(SSL_CTX *ctx, const char *certificate, const char *key)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return complain_file(certificate, "no certificate in PEM form, or its key is too weak");
	/* This also compares the key with the certificate. */
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return complain_file(key, "no private key in PEM form without a passphrase that fits the certificate");
	return ST_OK;
}

enum status
channel_serve(const char *certificate, const char *key, struct channel_context **context)
{
	SSL_CTX *ctx;

	*context = NULL;
	/* A process a connection: what OpenSSL would read and prepare for others, and undo at exit, is left out. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_SSL_STRINGS |
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
	if ((ctx = context_new(TLS_server_method())) == NULL)
		return ST_NOMEM;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, pass_any);
	SSL_CTX_set_alpn_select_cb(ctx, choose_dialect, NULL);
	SSL_CTX_set_max_early_data(ctx, 0);
	return context_wrap(load_pair(ctx, certificate, key), ctx, context);
}

static enum status
load_roots(SSL_CTX *ctx, const char *ca)
{
	/* So that the server's own certificate may stand in the file, whoever issued it. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	ERR_clear_error();
	if (ca == NULL)
		return SSL_CTX_set_default_verify_paths(ctx) == 1 ? ST_OK : ST_NOMEM;
	if (SSL_CTX_load_verify_file(ctx, ca) != 1)
		return complain_file(ca, "no certificates in PEM form");
	return ST_OK;
}

static SSL_CTX *
context_new_client(SSL_verify_cb verify)
{
	SSL_CTX *ctx = context_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, verify);
	if (SSL_CTX_set_alpn_protos(ctx, dialects, sizeof(dialects) - 1) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

enum status
channel_trust(const char *ca, struct channel_context **context)
{
	SSL_CTX *ctx = context_new_client(NULL);

	*context = NULL;
	return ctx == NULL ? ST_NOMEM : context_wrap(load_roots(ctx, ca), ctx, context);
}

enum status
channel_trust_key(struct channel_context **context)
{
	SSL_CTX *ctx = context_new_client(pass_any);

	*context = NULL;
	return ctx == NULL ? ST_NOMEM : context_wrap(ST_OK, ctx, context);
}

enum status
channel_identify(struct channel_context *context, const char *certificate, const char *key)
{
	return load_pair(context->ctx, certificate, key);
}

static enum status
peer_key(const SSL *ssl, char key[FINGERPRINT_SIZE])
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);
	const EVP_PKEY *public = cert == NULL ? NULL : X509_get0_pubkey(cert);
	unsigned char *info = NULL;
	const int len = public == NULL || EVP_PKEY_get_security_bits(public) < KEY_BITS ? 0 :
	    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &info);
	const enum status st = len > 0 ? fingerprint_make(info, (size_t)len, key) : ST_NOTFOUND;

	OPENSSL_free(info);
	return st;
}

/* Called when the server has asked for a certificate, which in both versions is after it has signed with its key. */
static int
withhold(SSL *ssl, void *arg)
{
	const struct channel_context *context = arg;
	char key[FINGERPRINT_SIZE];

	if (peer_key(ssl, key) != ST_OK || !context->may(context->arg, key))
		SSL_certs_clear(ssl);
	return 1;
}

void
channel_identify_to(struct channel_context *context, bool (*may)(const void *arg, const char *key), const void *arg)
{
	context->may = may;
	context->arg = arg;
	SSL_CTX_set_cert_cb(context->ctx, withhold, context);
}

void
channel_context_free(struct channel_context *context)
{
	if (context == NULL)
		return;
	SSL_CTX_free(context->ctx);
	free(context);
}

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

enum status
channel_key(const struct channel *c, char key[FINGERPRINT_SIZE])
{
	return peer_key(c->ssl, key);
}

static enum status
add_certificate(const X509 *cert, struct certificates *shown)
{
	struct certificate_der *der = &shown->list[shown->n];
	const int len = i2d_X509(cert, NULL);
	unsigned char *end;

	if (len <= 0 || (end = der->bytes = malloc((size_t)len)) == NULL)
		return ST_NOMEM;
	der->len = (size_t)i2d_X509(cert, &end);
	shown->n++;
	return ST_OK;
}

enum status
channel_certificates(const struct channel *c, struct certificates *shown)
{
	const X509 *own = SSL_get0_peer_certificate(c->ssl);
	STACK_OF(X509) *rest = SSL_get_peer_cert_chain(c->ssl);
	enum status st = own == NULL ? ST_OK : add_certificate(own, shown);

	for (int i = 0; own != NULL && st == ST_OK && i < sk_X509_num(rest) && shown->n < CHAIN_MOST; i++)
		st = add_certificate(sk_X509_value(rest, i), shown);
	return st;
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
