/* SPDX-License-Identifier: ISC */
/*
 * Inside of check, for check*.c only: each looks at one part and adds what it finds, good or bad. Nothing is changed.
 */
#ifndef DYNLEASE_CHECK_H
#define DYNLEASE_CHECK_H

#include <stdint.h>
#include <time.h>

#include "finding.h"
#include "lib/account.h"
#include "lib/settings.h"

#define REAPER_SAID	4096

struct check {
	const char		*config;
	const struct settings	*set;
	struct findings		*findings;
	uint64_t		 now;			/* CLOCK_BOOTTIME nanoseconds */
	time_t			 wall;
	char			 reaper[REAPER_SAID];	/* what dynlease-reaper -t said */
};

/* check_files.c */
void	check_people(struct check *);
void	check_files(struct check *);
void	check_certificate(struct check *);

/* check_ssh.c */
void	check_ssh(struct check *);

/* check_expiry.c */
void	check_expiries(struct check *);

/* check_profile.c */
void	check_profile(struct check *);

/* check_credentials.c */
void	check_credentials(struct check *, struct accounts *);

/* check_seal.c */
void	check_seal(struct check *);

/* check_state.c */
void	check_accounts(struct check *);
void	check_table(struct check *);

#endif
