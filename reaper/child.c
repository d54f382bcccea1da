/* SPDX-License-Identifier: ISC */
/*
 * Children that publish.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

static void
run(child_work work, const struct publication *pub, unsigned deadline, int report)
{
	struct report said = { .st = ST_OK };
	ssize_t n;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGALRM, SIG_DFL);
	alarm(deadline);
	said.st = work(pub, said.why);
	n = write(report, &said, sizeof(said));
	_exit(n == sizeof(said) ? EXIT_SUCCESS : EXIT_FAILURE);
}

enum status
child_start(struct child *child, child_work work, const struct publication *pub, unsigned deadline, uint64_t now)
{
	int pipefd[2];
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC | O_NONBLOCK) != 0)
		return ST_SYSTEM;
	if ((pid = fork()) < 0) {
		close(pipefd[0]);
		close(pipefd[1]);
		return ST_SYSTEM;
	}
	if (pid == 0)
		run(work, pub, deadline, pipefd[1]);
	setpgid(pid, pid);	/* also here, so that it is its own group before it can be killed */
	close(pipefd[1]);
	*child = (struct child){ .pid = pid, .report = pipefd[0], .deadline = deadline,
		.kill_at = now + (deadline + 1) * CLOCK_SECOND };
	return ST_OK;
}

/* Is there a report, or must there be none any more? */
static bool
take_report(const struct child *child, uint64_t now, struct report *report)
{
	const ssize_t n = read(child->report, report, sizeof(*report));

	if (n == (ssize_t)sizeof(*report)) {
		report->why[sizeof(report->why) - 1] = '\0';
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && now < child->kill_at)
		return false;
	*report = (struct report){ .st = n < 0 ? ST_TIMEOUT : ST_UNPUBLISHED };
	snprintf(report->why, sizeof(report->why), n < 0 ? "not done within %u s" :
	    "its process died, or was still at it after %u s", child->deadline);
	return true;
}

bool
child_finish(struct child *child, uint64_t now, struct report *report)
{
	if (child->pid == 0 || !take_report(child, now, report))
		return false;
	kill(-child->pid, SIGKILL);	/* it has said all; whatever it started ends with it */
	waitpid(child->pid, NULL, 0);
	close(child->report);
	*child = (struct child){ 0 };
	return true;
}
