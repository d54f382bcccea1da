/* SPDX-License-Identifier: ISC */
/*
 * One child at a time, watched until it has ended or its time is over. Keeps only the first bytes of what it prints
 * and throws the rest away, so that a child that prints much is not held up.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>
#include <bsd/unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

enum {
	OUTPUT_KEPT = 512,
	TICK = 10		/* milliseconds between two looks whether it has ended */
};

struct child {
	pid_t		pid;
	int		output;			/* -1: at its end */
	int		failure;		/* tells errno of an execvp(3) that failed */
	uint64_t	until;
	bool		has_ended;
	int		code;			/* as waitpid(2) has it */
	size_t		len;
	char		text[OUTPUT_KEPT];
};

static char *const fixed_environment[] = {
	(char[]){ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
	(char[]){ "LC_ALL=C" },
	NULL
};

static void
reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork(2) and exec. The parent may have died before prctl(2) was there to notice. */
static void __attribute__((noreturn))
become(char *const argv[], int output, int failure, pid_t parent)
{
	const int nothing = open("/dev/null", O_RDONLY);
	int error;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (nothing != -1 && getppid() == parent && dup2(nothing, STDIN_FILENO) != -1 &&
	    dup2(output, STDOUT_FILENO) != -1 && dup2(output, STDERR_FILENO) != -1 &&
	    dup2(failure, STDERR_FILENO + 1) != -1 && fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC) != -1) {
		closefrom(STDERR_FILENO + 2);
		failure = STDERR_FILENO + 1;
		reset_signals();
		environ = (char **)fixed_environment;
		execvp(argv[0], argv);
	}
	error = errno;
	if (write(failure, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	_exit(127);
}

/* Descriptors below 4 are moved up first: become() makes those its own. */
static enum status
make_pipe(int fds[2])
{
	int low[2];
	enum status st = ST_OK;

	if (pipe2(low, O_CLOEXEC) == -1)
		return ST_SYSTEM;
	for (int i = 0; i < 2; i++) {
		fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 2);
		close(low[i]);
		if (fds[i] == -1)
			st = ST_SYSTEM;
	}
	return st;
}

static void
close_if_open(int fd)
{
	if (fd != -1)
		close(fd);
}

static enum status
start(char *const argv[], struct child *c)
{
	int output[2] = { -1, -1 }, failure[2] = { -1, -1 };
	const pid_t parent = getpid();
	enum status st = ST_SYSTEM;

	if (make_pipe(output) != ST_OK || make_pipe(failure) != ST_OK || (c->pid = fork()) == -1)
		goto out;
	if (c->pid == 0)
		become(argv, output[1], failure[1], parent);
	setpgid(c->pid, c->pid);	/* here, too, so that the group is there before it can be killed */
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	c->output = output[0];
	c->failure = failure[0];
	output[0] = failure[0] = -1;
	st = ST_OK;
out:
	for (int i = 0; i < 2; i++) {
		close_if_open(output[i]);
		close_if_open(failure[i]);
	}
	return st;
}

/* Take all that is there to read. */
static void
take_output(struct child *c)
{
	char chunk[4096];
	ssize_t n;
	size_t room;

	while (c->output != -1 && (n = read(c->output, chunk, sizeof(chunk))) != -1) {
		room = sizeof(c->text) - c->len;
		room = (size_t)n < room ? (size_t)n : room;
		memcpy(c->text + c->len, chunk, room);
		c->len += room;
		if (n == 0) {
			close(c->output);
			c->output = -1;
		}
		if (clock_boot() >= c->until)
			return;
	}
}

/* Has it ended? What it left running may still hold its output, so the end of that is not waited for. */
static void
look(struct child *c)
{
	const pid_t pid = waitpid(c->pid, &c->code, WNOHANG);

	if (pid == -1 && errno == ECHILD)
		c->code = -1;	/* somebody else has taken it: nothing is known */
	c->has_ended = pid == c->pid || (pid == -1 && errno == ECHILD);
}

static void
watch(struct child *c)
{
	while (!c->has_ended && clock_boot() < c->until) {
		struct pollfd pfd = { .fd = c->output, .events = POLLIN };

		poll(&pfd, 1, TICK);
		take_output(c);
		look(c);
	}
	if (!c->has_ended) {
		kill(-c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	take_output(c);
}

static void
copy_first_line(const struct child *c, char *said, size_t size)
{
	size_t at = 0, end;

	while (at < c->len && strchr("\r\n", c->text[at]) != NULL && c->text[at] != '\0')
		at++;
	for (end = at; end < c->len && c->text[end] != '\n' && c->text[end] != '\r'; end++)
		continue;
	log_escape(said, size, c->text + at, end - at);
}

/* How it ended, before what it said. */
static enum status
judge(const struct child *c, unsigned seconds, char *said, size_t size)
{
	char line[OUTPUT_KEPT], how[64];
	enum status st = ST_PROTOCOL;
	int error = 0;

	copy_first_line(c, line, sizeof(line));
	if (!c->has_ended) {
		snprintf(how, sizeof(how), "killed after %u s", seconds);
		st = ST_TIMEOUT;
	} else if (read(c->failure, &error, sizeof(error)) == sizeof(error)) {
		snprintf(said, size, "could not be run: %s", strerror(error));
		return ST_SYSTEM;
	} else if (c->code == 0) {
		strlcpy(said, line, size);
		return ST_OK;
	} else if (c->code != -1 && WIFSIGNALED(c->code)) {
		snprintf(how, sizeof(how), "ended by signal %d", WTERMSIG(c->code));
	} else {
		snprintf(how, sizeof(how), "exit code %d", c->code == -1 ? -1 : WEXITSTATUS(c->code));
	}
	snprintf(said, size, "%s%s%s", how, line[0] == '\0' ? "" : ": ", line);
	return st;
}

enum status
command_run(char *const argv[], unsigned seconds, char *said, size_t size)
{
	struct child c = { .output = -1, .failure = -1 };
	enum status st;

	if ((st = start(argv, &c)) != ST_OK) {
		snprintf(said, size, "could not be run: %s", strerror(errno));
		return st;
	}
	c.until = clock_boot() + seconds * CLOCK_SECOND;
	watch(&c);
	st = judge(&c, seconds, said, size);
	close_if_open(c.output);
	close_if_open(c.failure);
	return st;
}
