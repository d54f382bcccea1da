/* SPDX-License-Identifier: ISC */
/*
 * posix_spawnp(3), which tells when there is no such program. No process group of its own: ssh may ask its user
 * for a passphrase, which only the terminal's foreground group may.
 */
#include "spawn.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#define TICK	10	/* milliseconds between two looks whether it has ended */
#define PATIENCE	50	/* looks */

/* Signals as a program expects them: we ignore SIGPIPE, and a daemon blocks some. */
static int
run(char *const argv[], int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attr)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	if ((error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO)) == 0 &&
	    (error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) == 0 &&
	    (error = posix_spawnattr_setsigdefault(&attr, &all)) == 0 &&
	    (error = posix_spawnattr_setsigmask(&attr, &none)) == 0 &&
	    (error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)) == 0)
		error = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

enum status
spawn_open(char *const argv[], struct spawn *s)
{
	int from[2], to[2], error;

	*s = (struct spawn){ .pid = -1, .in = -1, .out = -1 };
	if (pipe2(from, O_CLOEXEC) == -1)
		return ST_SYSTEM;
	if (pipe2(to, O_CLOEXEC) == -1) {
		error = errno;
	} else {
		if ((error = run(argv, to[0], from[1], &s->pid)) == 0) {
			s->in = from[0];
			s->out = to[1];
		} else {
			s->pid = -1;
			close(to[1]);
		}
		close(to[0]);
	}
	close(from[1]);
	if (s->in == -1)
		close(from[0]);
	errno = error;
	return error == 0 ? ST_OK : ST_SYSTEM;
}

static bool
has_ended(pid_t pid)
{
	const struct timespec tick = { 0, TICK * 1000000 };
	int i;

	for (i = 0; i < PATIENCE; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)	/* -1: it is no child any more */
			return true;
		nanosleep(&tick, NULL);
	}
	return false;
}

void
spawn_close(struct spawn *s)
{
	if (s->in != -1)
		close(s->in);
	if (s->out != -1)
		close(s->out);
	s->in = s->out = -1;
	if (s->pid != -1 && !has_ended(s->pid)) {
		kill(s->pid, SIGTERM);
		if (!has_ended(s->pid)) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, NULL, 0);
		}
	}
	s->pid = -1;
}
