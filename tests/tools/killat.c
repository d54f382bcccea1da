/* SPDX-License-Identifier: ISC */
/*
 * killat [-afsw] [-c CALL] [-o FILE] N PROGRAM [ARG ...]
 *
 * Runs PROGRAM, and ends it with SIGKILL as it enters its Nth system call.
 *
 *	-f	count over its children too, until they execute another program; what makes the Nth call is killed
 *	-a	with -f: kill all of them
 *	-s	stop it with SIGSTOP instead, and let it go; it may be continued by anyone
 *	-w	hold it before that call instead: killat stops itself, and lets it go when it is continued
 *	-c	count only calls of this name (those in call_name() below)
 *	-o	what happened, into FILE: "call NUMBER NAME" for each system call if N is 0, then "killed PID",
 *		"stopped PID" (of what to continue) or "ended CALLS"
 *
 * Exits with 0 when it killed something, else as PROGRAM did. The calls are counted from after the exec.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES	64

struct run {
	bool	 all, follow, stop, hold;
	FILE	*out;
	char	*call;			/* NULL: all */
	long	 target, calls;		/* 0: none; so far */
	bool	 hit;
	pid_t	 first;
	pid_t	 tracee[TRACEES];	/* 0: free */
};

static void
die(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(125);
}

static const char *
call_name(unsigned long long number)
{
	static char text[24];
	static const struct {
		unsigned long long	 number;
		const char		*name;
	} known[] = {
		{ SYS_flock, "flock" }, { SYS_pwrite64, "pwrite64" }, { SYS_writev, "writev" },
		{ SYS_openat, "openat" }, { SYS_execve, "execve" }, { SYS_connect, "connect" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].number == number)
			return known[i].name;
	snprintf(text, sizeof(text), "%llu", number);
	return text;
}

static size_t
find(struct run *run, pid_t pid)
{
	size_t i, free_at = TRACEES;

	for (i = 0; i < TRACEES && run->tracee[i] != pid; i++)
		if (run->tracee[i] == 0)
			free_at = i;
	if (i < TRACEES)
		return i;
	if (free_at == TRACEES) {
		errno = ENOSPC;
		die("too many processes");
	}
	run->tracee[free_at] = pid;
	return free_at;
}

static void
strike(struct run *run, pid_t pid)
{
	run->hit = true;
	if (run->out != NULL) {
		fprintf(run->out, "%s %ld\n", run->stop ? "stopped" : "killed", (long)(run->hold ? getpid() : pid));
		fflush(run->out);
	}
	if (run->stop) {
		kill(run->hold ? getpid() : pid, SIGSTOP);
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	} else if (run->all) {
		for (size_t i = 0; i < TRACEES; i++)
			if (run->tracee[i] != 0)
				kill(run->tracee[i], SIGKILL);
	} else
		kill(pid, SIGKILL);
}

/* It stands before or behind a system call. False: it is not ours any more. */
static bool
pass_call(struct run *run, pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return true;
	if (run->call != NULL && strcmp(run->call, call_name(info.entry.nr)) != 0)
		return true;
	run->calls++;
	if (run->target == 0 && run->out != NULL)
		fprintf(run->out, "call %ld %s\n", run->calls, call_name(info.entry.nr));
	if (run->calls != run->target)
		return true;
	strike(run, pid);
	return !run->stop;
}

/* Deal with one that stopped; the signal to go on with, or -1: it was let go. */
static int
pass_stop(struct run *run, pid_t pid, int how)
{
	const size_t at = find(run, pid);
	const int signo = WSTOPSIG(how);

	if (signo == (SIGTRAP | 0x80))
		return pass_call(run, pid) ? 0 : -1;
	if (how >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		run->tracee[at] = 0;
		return -1;
	}
	if (how >> 16 != 0 || (signo == SIGSTOP && pid != run->first))
		return 0;		/* a child begins, or its parent tells of it */
	return signo;
}

/* Until the first one has ended; how it did. */
static int
trace(struct run *run)
{
	int how, signo;
	pid_t pid;

	for (;;) {
		if ((pid = waitpid(-1, &how, __WALL)) < 0)
			die("waitpid");
		if (!WIFSTOPPED(how)) {
			if (pid == run->first)
				return how;
			run->tracee[find(run, pid)] = 0;
			continue;
		}
		signo = pass_stop(run, pid, how);
		if (signo >= 0)		/* one that is dying says ESRCH */
			ptrace(run->hit && !run->stop ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, (long)signo);
	}
}

static void
begin(struct run *run, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
	    (run->follow ? PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE : 0);
	int how;

	if ((run->first = fork()) < 0)
		die("fork");
	if (run->first == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(run->first, &how, 0) < 0 || !WIFSTOPPED(how))
		die("not started");
	find(run, run->first);
	if (ptrace(PTRACE_SETOPTIONS, run->first, NULL, options) != 0 ||
	    ptrace(PTRACE_SYSCALL, run->first, NULL, NULL) != 0)
		die("ptrace");
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	int c, how;

	while ((c = getopt(argc, argv, "+ac:fo:sw")) != -1)
		switch (c) {
		case 'a':
			run.all = true;
			break;
		case 'c':
			run.call = optarg;
			break;
		case 'f':
			run.follow = true;
			break;
		case 'w':
			run.hold = true;
			/* FALLTHROUGH */
		case 's':
			run.stop = true;
			break;
		case 'o':
			if ((run.out = fopen(optarg, "we")) == NULL)
				die(optarg);
			break;
		default:
			return 125;
		}
	if (argc - optind < 2)
		return 125;
	run.target = atol(argv[optind]);
	begin(&run, argv + optind + 1);
	how = trace(&run);
	if (run.out != NULL && !run.hit)
		fprintf(run.out, "ended %ld\n", run.calls);
	if (run.out != NULL)
		fclose(run.out);
	if (run.hit && !run.stop)
		return 0;
	return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}
