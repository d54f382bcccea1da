/* SPDX-License-Identifier: ISC */
/*
 * The child and its end. It is the leader of a process group, so that a command it speaks through ends with it.
 */
#include "attempt.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "credential.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "run.h"
#include "talk.h"

_Static_assert(sizeof(struct outcome) <= PIPE_BUF, "an outcome is written in one piece");

const struct attempt ATTEMPT_NONE = { .pid = 0, .fd = -1 };

/* Resolving, and every connection of every family, have the server's timeout each. */
static unsigned
deadline(const struct attempt_wish *wish)
{
	unsigned connections = (unsigned)((wish->server->nhosts + TALK_HOSTS - 1) / TALK_HOSTS);

	return wish->server->timeout * (1 + connections * (wish->families == FAMILY_BOTH ? 2 : 1)) + 2;
}

/* The secret stays in this process, whose copy of the server it is. */
static void
work(const struct attempt_wish *wish, struct outcome *said)
{
	struct options options = { .families = wish->families, .secret_fd = -1 };
	struct report report = { .silent = true };
	struct server server = *wish->server;

	memset(said, 0, sizeof(*said));
	if (credential_get(&options, &server) != ST_OK) {
		said->code = EX_CONFIG;
		snprintf(said->why, sizeof(said->why), "%s: the secret is not to be had", server.name);
		return;
	}
	run_server(&options, wish->verb, &server, &report);
	secret_wipe(server.secret, sizeof(server.secret));
	said->code = report.code;
	said->soft = report.worst.soft;
	said->granted = report.granted;
	said->lease = report.lease;
	strlcpy(said->why, report.worst.text, sizeof(said->why));
}

static void __attribute__((noreturn))
child_run(const struct attempt_wish *wish, int report, pid_t parent)
{
	struct outcome said;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(EX_OSERR);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(deadline(wish));
	if (wish->quiet)
		log_limit(LOG_LEVEL_CRITICAL);
	work(wish, &said);
	_exit(write(report, &said, sizeof(said)) == sizeof(said) ? EX_OK : EX_OSERR);
}

enum status
attempt_start(struct attempt *a, const struct attempt_wish *wish, uint64_t now)
{
	pid_t parent = getpid();
	int fds[2], error;

	*a = ATTEMPT_NONE;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return ST_SYSTEM;
	if ((a->pid = fork()) == 0)
		child_run(wish, fds[1], parent);
	error = errno;
	close(fds[1]);
	if (a->pid == -1) {
		close(fds[0]);
		*a = ATTEMPT_NONE;
		errno = error;
		return ST_SYSTEM;
	}
	setpgid(a->pid, a->pid);	/* here, too, so that the group is there before it can be killed */
	a->fd = fds[0];
	a->kill_at = now + (deadline(wish) + 1) * CLOCK_SECOND;
	return ST_OK;
}

bool
attempt_finish(struct attempt *a, uint64_t now, struct outcome *outcome)
{
	ssize_t n;

	if (a->pid == 0)
		return false;
	n = read(a->fd, outcome, sizeof(*outcome));
	if (n == -1 && (errno == EAGAIN || errno == EINTR) && now < a->kill_at)
		return false;
	if (n != (ssize_t)sizeof(*outcome)) {
		memset(outcome, 0, sizeof(*outcome));
		outcome->code = EX_TEMPFAIL;
		strlcpy(outcome->why, n == -1 ? "not done in time" : "its process died, or took too long",
		    sizeof(outcome->why));
	}
	attempt_stop(a);
	return true;
}

void
attempt_stop(struct attempt *a)
{
	if (a->pid != 0) {
		kill(-a->pid, SIGKILL);		/* with what it runs */
		waitpid(a->pid, NULL, 0);
		close(a->fd);
	}
	*a = ATTEMPT_NONE;
}
