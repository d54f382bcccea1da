/* SPDX-License-Identifier: ISC */
/*
 * Contexts: what is agreed on with every peer, and the files that are read for it.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "channel_tls.h"
#include "log.h"

#define CIPHERS_TLS12	"ECDHE+AESGCM:ECDHE+CHACHA20"
#define CHAIN_BYTES	32768	/* of a peer's certificates */
#define CHAIN_DEPTH	3

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
