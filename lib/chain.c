/* SPDX-License-Identifier: ISC */
/*
 * Judging by OpenSSL's verifier, in two passes: first the chain, then, for one that is good, the CRLs. Whatever fails
 * in the second pass but a revocation is our own trouble and not the peer's.
 */
#include "chain.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define FILE_MOST	(16 * 1024 * 1024L)
#define AUTH_LEVEL	2	/* 112 bits of security: no SHA-1, no RSA below 2048 bits */

#define GET_CA		"put your CA's certificate there, or let dynlease-admin ca init make one"
#define GET_CRL		"put your CA's there, or let dynlease-admin ca crl make one"

struct source {
	char	*path;
	int	 fd;		/* -1: could not be opened, for this reason: */
	int	 error;
};

struct authority {
	struct source	ca;
	struct source	crl;
	unsigned	depth;
};

void
certificates_free(struct certificates *shown)
{
	for (size_t i = 0; i < shown->n; i++)
		free(shown->list[i].bytes);
	*shown = (struct certificates){ 0 };
}

/* --- the files --- */

/* A FIFO in the place of a file must not hold up everybody. */
static bool
source_open(const char *path, struct source *source)
{
	source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	source->error = source->fd == -1 ? errno : 0;
	return (source->path = strdup(path)) != NULL;
}

static void
source_close(struct source *source)
{
	if (source->fd != -1)
		close(source->fd);
	free(source->path);
}

enum status
authority_open(const struct authority_plan *plan, struct authority **authority)
{
	struct authority *a;
	bool ca, crl;

	*authority = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return ST_NOMEM;
	a->depth = plan->depth;
	ca = source_open(plan->ca, &a->ca);
	crl = source_open(plan->crl, &a->crl);
	if (!ca || !crl) {
		authority_free(a);
		return ST_NOMEM;
	}
	*authority = a;
	return ST_OK;
}

void
authority_free(struct authority *authority)
{
	if (authority == NULL)
		return;
	source_close(&authority->ca);
	source_close(&authority->crl);
	free(authority);
}

static enum status
explain(enum status st, const struct source *source, const char *what, char why[CHAIN_WHY])
{
	snprintf(why, CHAIN_WHY, "%s: %s", source->path, what);
	return st;
}

/* The whole file as it is now, malloc'ed. */
static enum status
source_read(struct source *source, char **bytes, size_t *len, char why[CHAIN_WHY])
{
	struct stat sb;
	ssize_t n;

	*bytes = NULL;
	*len = 0;
	if (source->fd == -1)
		return explain(ST_CONFIG, source, strerror(source->error), why);
	if (fstat(source->fd, &sb) == -1 || !S_ISREG(sb.st_mode) || sb.st_size > FILE_MOST)
		return explain(ST_CONFIG, source, "no file, or one that is too long", why);
	if ((*bytes = malloc((size_t)sb.st_size + 1)) == NULL)
		return explain(ST_NOMEM, source, "out of memory", why);
	while (*len < (size_t)sb.st_size) {
		n = pread(source->fd, *bytes + *len, (size_t)sb.st_size - *len, (off_t)*len);
		if (n <= 0)
			return explain(ST_CONFIG, source, n == 0 ? "cut while it was read" : strerror(errno), why);
		*len += (size_t)n;
	}
	return ST_OK;
}

/* The next object of a PEM file to the store. ST_NOTFOUND: there is none; ST_DAMAGED. */
typedef enum status (*add_next)(BIO *, X509_STORE *);

/* What follows the last object, and may be any text, is told from an object that is cut by OpenSSL's reason. */
static enum status
pem_end(void)
{
	const unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE ? ST_NOTFOUND :
	    ST_DAMAGED;
}

static enum status
add_root(BIO *bio, X509_STORE *store)
{
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	const enum status st = x == NULL ? pem_end() : X509_STORE_add_cert(store, x) == 1 ? ST_OK : ST_NOMEM;

	X509_free(x);
	return st;
}

static enum status
add_crl(BIO *bio, X509_STORE *store)
{
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	const enum status st = crl == NULL ? pem_end() : X509_STORE_add_crl(store, crl) == 1 ? ST_OK : ST_NOMEM;

	X509_CRL_free(crl);
	return st;
}

static enum status
load(struct source *source, X509_STORE *store, add_next add, char why[CHAIN_WHY])
{
	char *bytes = NULL;
	BIO *bio = NULL;
	size_t len, n = 0;
	enum status st;

	if ((st = source_read(source, &bytes, &len, why)) != ST_OK)
		goto out;
	if ((bio = BIO_new_mem_buf(bytes, (int)len)) == NULL) {
		st = explain(ST_NOMEM, source, "out of memory", why);
		goto out;
	}
	ERR_clear_error();
	while ((st = add(bio, store)) == ST_OK)
		n++;
	if (st == ST_NOTFOUND && n > 0)
		st = ST_OK;
	else if (st != ST_NOMEM)
		st = explain(ST_CONFIG, source, n > 0 || st == ST_DAMAGED ? "cut, or damaged" : "empty", why);
out:
	BIO_free(bio);
	free(bytes);
	return st;
}

/* What to do about it. */
static enum status
advise(enum status st, const char *remedy, char why[CHAIN_WHY])
{
	if (st == ST_CONFIG)
		snprintf(why + strlen(why), CHAIN_WHY - strlen(why), ": %s", remedy);
	return st;
}

/* --- the verdict --- */

static X509 *
decode(const struct certificate_der *der)
{
	const unsigned char *at = der->bytes;

	return d2i_X509(NULL, &at, (long)der->len);
}

/* The peer's own, and what may stand between it and a root. */
static bool
decode_all(const struct certificates *shown, X509 **own, STACK_OF(X509) **others)
{
	X509 *x;

	if ((*others = sk_X509_new_null()) == NULL || shown->n == 0 || (*own = decode(&shown->list[0])) == NULL)
		return false;
	for (size_t i = 1; i < shown->n; i++)
		if ((x = decode(&shown->list[i])) == NULL || sk_X509_push(*others, x) == 0) {
			X509_free(x);
			return false;
		}
	return true;
}

static bool
is_for_clients(X509 *x)
{
	return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(x) & XKU_SSL_CLIENT) != 0;
}

struct trial {
	X509_STORE	*store;
	X509		*own;
	STACK_OF(X509)	*others;
	unsigned	 depth;
	time_t		 now;
};

/* OpenSSL's error, or X509_V_OK. */
static int
verify(const struct trial *trial, unsigned long flags)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int error = X509_V_ERR_OUT_OF_MEM;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, trial->store, trial->own, trial->others) != 1)
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
	X509_VERIFY_PARAM_set_depth(param, (int)trial->depth);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_time(param, trial->now);
	if (X509_verify_cert(ctx) == 1)
		error = X509_V_OK;
	else if ((error = X509_STORE_CTX_get_error(ctx)) == X509_V_OK)
		error = X509_V_ERR_UNSPECIFIED;
out:
	X509_STORE_CTX_free(ctx);
	return error;
}

static enum status
deny(int error, char why[CHAIN_WHY])
{
	snprintf(why, CHAIN_WHY, "%s", X509_verify_cert_error_string(error));
	return ST_DENIED;
}

/* CRLs may be long: whoever shows just anything shall not have them read. */
static enum status
judge(const struct trial *trial, struct source *crl, char why[CHAIN_WHY])
{
	int error = verify(trial, 0);
	enum status st;

	if (error == X509_V_OK && !is_for_clients(trial->own))
		error = X509_V_ERR_INVALID_PURPOSE;
	if (error != X509_V_OK)
		return deny(error, why);
	if ((st = load(crl, trial->store, add_crl, why)) != ST_OK)
		return advise(st, GET_CRL, why);
	error = verify(trial, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	if (error == X509_V_OK)
		return ST_OK;
	if (error == X509_V_ERR_CERT_REVOKED)
		return deny(error, why);
	return advise(explain(ST_CONFIG, crl, X509_verify_cert_error_string(error), why), GET_CRL, why);
}

enum status
authority_judge(struct authority *authority, const struct certificates *shown, time_t now, char why[CHAIN_WHY])
{
	struct trial trial = { .store = X509_STORE_new(), .depth = authority->depth, .now = now };
	enum status st = ST_NOMEM;

	snprintf(why, CHAIN_WHY, "out of memory");
	if (trial.store == NULL)
		goto out;
	if ((st = load(&authority->ca, trial.store, add_root, why)) != ST_OK) {
		st = advise(st, GET_CA, why);
		goto out;
	}
	st = decode_all(shown, &trial.own, &trial.others) ? judge(&trial, &authority->crl, why) :
	    deny(X509_V_ERR_UNSPECIFIED, why);
	if (st == ST_OK)
		why[0] = '\0';
out:
	sk_X509_pop_free(trial.others, X509_free);
	X509_free(trial.own);
	X509_STORE_free(trial.store);
	ERR_clear_error();
	return st;
}
