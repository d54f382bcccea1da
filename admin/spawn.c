/* SPDX-License-Identifier: ISC */
/*
 * One child at a time, with one pipe for all it says. Ends with the child or at the deadline, whichever is first.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"

#define CANNOT_RUN	127
#define SEARCH_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool
become(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		return false;
	if (geteuid() != 0)
		return pw->pw_uid == geteuid();
	return initgroups(user, pw->pw_gid) == 0 && setgid(pw->pw_gid) == 0 && setuid(pw->pw_uid) == 0;
}

static _Noreturn void
child(const struct spawn *spawn, int said)
{
	const int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, 0) < 0 || dup2(said, 1) < 0 || dup2(said, 2) < 0 || setpgid(0, 0) != 0 ||
	    (spawn->user != NULL && !become(spawn->user)) || clearenv() != 0 ||
	    setenv("PATH", SEARCH_PATH, 1) != 0 || setenv("LC_ALL", "C", 1) != 0)
		_exit(CANNOT_RUN);
	execvp(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv);
	_exit(CANNOT_RUN);
}

/* Read until the end or the deadline; what does not fit is read and dropped. */
static enum status
listen_to(int fd, uint64_t until, char *said, size_t size)
{
	char waste[512];
	size_t at = 0;
	ssize_t got;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		const uint64_t now = clock_boot();
		const bool room = at + 1 < size;

		if (now >= until)
			return ST_TIMEOUT;
		if (poll(&wait, 1, (int)((until - now) / 1000000) + 1) <= 0)
			continue;
		got = room ? read(fd, said + at, size - 1 - at) : read(fd, waste, sizeof(waste));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ST_OK;
		if (room)
			said[at += (size_t)got] = '\0';
	}
}

/* It may have closed its end of the pipe and live on. */
static enum status
await_end(pid_t pid, uint64_t until, enum status st, int *wstatus)
{
	const struct timespec pause = { 0, 2000000 };
	pid_t ended = 0;

	while (st == ST_OK && (ended = waitpid(pid, wstatus, WNOHANG)) == 0) {
		if (clock_boot() >= until)
			st = ST_TIMEOUT;
		else
			nanosleep(&pause, NULL);
	}
	if (ended > 0)
		return st;
	kill(-pid, SIGKILL);
	while (waitpid(pid, wstatus, 0) < 0 && errno == EINTR)
		;
	return st;
}

enum status
spawn_run(const struct spawn *spawn, char *said, size_t size, int *code)
{
	const uint64_t until = clock_boot() + spawn->seconds * CLOCK_SECOND;
	int ends[2], wstatus = 0;
	enum status st;
	pid_t pid;

	said[0] = '\0';
	*code = CANNOT_RUN;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ST_SYSTEM;
	if ((pid = fork()) == 0)
		child(spawn, ends[1]);
	close(ends[1]);
	st = pid < 0 ? ST_SYSTEM : listen_to(ends[0], until, said, size);
	close(ends[0]);
	if (pid < 0)
		return st;
	st = await_end(pid, until, st, &wstatus);
	*code = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 128 + WTERMSIG(wstatus);
	if (st == ST_OK && *code == CANNOT_RUN) {
		errno = ENOENT;
		st = ST_SYSTEM;
	}
	return st;
}
