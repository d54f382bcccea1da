/* SPDX-License-Identifier: ISC */
/*
 * What the client tells people: problems, one line each on stderr, and the exit status they lead to; leases on
 * stdout. Problems are held until it is known whether they matter, because what one address or family cannot
 * do another may. They go out through the log, which escapes: servers' words end up on terminals.
 */
#ifndef DYNLEASE_REPORT_H
#define DYNLEASE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/name.h"
#include "talk.h"

#define REPORT_HELD	32
#define REPORT_TEXT	1024

struct report_problem {
	int	code;			/* sysexits(3) */
	bool	soft;			/* of no account when another family works */
	char	text[REPORT_TEXT];
};

struct report_row {
	char			server[NAME_SIZE];
	char			host[NAME_SIZE];
	struct talk_state	state;
};

struct report {
	bool			 verbose;
	bool			 json;
	bool			 silent;	/* say nothing: the problem that counts is kept in worst */
	int			 code;	/* the worst so far of what was flushed */
	size_t			 nheld;
	struct report_problem	 held[REPORT_HELD];
	struct report_problem	 worst;	/* of what was flushed */
	unsigned		 granted;	/* leases */
	struct talk_lease	 lease;	/* the last of them, with the shortest times of all */
	size_t			 nrows;
	struct report_row	*rows;
};

/* Which of two exit codes asks more of a person: 78 77 65 76 68 69 75 and last 0. Pure. */
int	report_worse(int, int);

/* Hold a problem. soft: see above. */
void	report_add(struct report *, int code, bool soft, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Forget those held since there were n, or make them soft, or forget all soft ones. */
void	report_forget(struct report *, size_t n);
void	report_soften(struct report *, size_t n);
void	report_forget_soft(struct report *);

/* Print what is held, and take it into the exit code. */
void	report_flush(struct report *);

/* A lease was had. */
void		report_grant(struct report *, const struct talk_lease *);

/* A host's state, for report_states(), which prints them all: a table or JSON. */
void	report_keep(struct report *, const char *server, const char *host, const struct talk_state *);
void	report_states(const struct report *);
void	report_free(struct report *);

#endif
