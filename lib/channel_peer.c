/* SPDX-License-Identifier: ISC */
/*
 * What a peer has shown of itself in the handshake. It is taken apart and judged elsewhere.
 */
#include <stdlib.h>

#include <openssl/x509.h>

#include "channel_tls.h"

#define KEY_BITS	112	/* of security; RSA keys of 2048 bits have so many */

enum status
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
