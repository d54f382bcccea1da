/* SPDX-License-Identifier: ISC */
/*
 * The CA as the admin keeps it, for ca*.c and who looks at it. Its directory is all the state there is:
 *
 *	root-N.pem		a key and its root; that of the highest number issues, one before it is still accepted
 *	issued/SERIAL.pem	a certificate, after a line "revoked: TIME" when it is
 *
 * Each is replaced as a whole. What helpers read, the roots and a revocation list of each, is derived from them.
 */
#ifndef DYNLEASE_CA_H
#define DYNLEASE_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "lib/certificate_issuer.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "passphrase.h"

#define CA_ROOTS	2
#define CA_CRL_DAYS	90
#define CA_DAY		(24 * 60 * 60L)
#define CA_COMMAND	"dynlease-admin ca "

struct ca_root {
	unsigned			 number;
	char				*pem;		/* key and root */
	struct certificate_facts	 facts;
	struct issuer			*issuer;	/* once it is unlocked */
};

struct ca_leaf {
	char				*pem;		/* the certificate */
	struct certificate_facts	 facts;
	time_t				 revoked;	/* 0: it is not */
};

struct ca {
	const struct settings	*set;
	int			 lock;			/* -1: only looked at */
	char			 passphrase[SEAL_SECRET];	/* of the keys, once they are unlocked, or "" */
	size_t			 nroots, nleaves;
	struct ca_root		 roots[CA_ROOTS];	/* the last one issues */
	struct ca_leaf		*leaves;		/* in order of time */
};

/* Read what is there; nobody is kept from changing it. ST_NOTFOUND: no CA is here, not logged; others are. */
enum status	ca_look(const struct settings *, struct ca *);

/* The same to change it, one admin at a time. All is logged. ca_close() is due whatever comes out. */
enum status	ca_open(const struct settings *, struct ca *);
void		ca_close(struct ca *);		/* wipes */

/* Open the keys of all roots. Asks for the passphrase when they are sealed. ST_DENIED: a wrong one. Logged. */
enum status	ca_unlock(struct ca *, const struct passphrase_source *);

/* The root that issues. */
struct ca_root *ca_newest(struct ca *);

/* Keep the root's key and certificate as they are now. Logged. */
enum status	ca_keep_root(const struct ca *, const struct ca_root *);

/* Keep a certificate as issued, and since when it is revoked (0: it is not). Logged. */
enum status	ca_keep_leaf(const struct ca *, const struct certificate_facts *, const char *pem, time_t revoked);

/* The directory's file or directory of this name. False: too long. */
bool		ca_path(const struct settings *, const char *name, char *path, size_t size);

/* Has this root's key signed it, by what it says? */
bool		ca_is_by(const struct certificate_facts *, const struct ca_root *);

/* Has the account a certificate that was issued later and is not revoked? */
bool		ca_is_replaced(const struct ca *, const struct ca_leaf *);

/* --- ca_publish.c --- */

/*
 * Give the helpers the roots from this one on, and a revocation list of each: for days, or when that is 0, for the
 * usual time but no shorter than the one that is there. The keys are unlocked. Logged.
 */
enum status	ca_publish(const struct ca *, size_t first, long days);

/* Until when the shortest of the published lists is good; 0: there is none, or it is not readable. */
time_t		ca_published_until(const struct settings *);

/* --- ca_cutoff.c --- */

/*
 * Those certificates count no more: shut out whoever logged in to an account that takes one of them, and end its
 * leases. Says what it did; errors are logged.
 */
enum status	ca_cut_off(const struct settings *, const struct ca_leaf *const *leaves, size_t n);

/* --- ca_number.c: options --- */

/* The row of the option for a passphrase, of a struct that has a source. */
#define CA_PASSPHRASE(type)	{ "passphrase-file", offsetof(type, source.file), NULL }

/* A number between least and most, or otherwise when the text is NULL. ST_INVALID: logged. */
enum status	ca_number(const char *option, const char *text, long most, long otherwise, long *);

/* So many years from now on. */
time_t		ca_years(time_t now, long years);

#endif
