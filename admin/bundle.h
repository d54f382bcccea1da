/* SPDX-License-Identifier: ISC */
/*
 * What a host gets with its certificate: a directory with the certificate, its key, a client.conf, and the server's
 * certificate if the host can trust nothing else. Nothing that is there is overwritten, and what cannot be finished
 * is taken back.
 */
#ifndef DYNLEASE_BUNDLE_H
#define DYNLEASE_BUNDLE_H

#include <stdint.h>

#include "lib/certificate.h"
#include "lib/settings.h"
#include "lib/status.h"
#include "lib/work.h"

struct bundle {
	const char			*dir;		/* made 0700 if it is missing */
	const char			*account;	/* whose name the files have */
	uint8_t				 require;	/* layers, enum layer_bit */
	const struct work		*hosts;
	const struct certificate_pair	*pair;		/* key NULL: the host has it */
};

/* May the files go there? ST_INVALID: logged. */
enum status	bundle_judge(const struct bundle *);

/* Logged. */
enum status	bundle_write(const struct settings *, const struct bundle *);

#endif
