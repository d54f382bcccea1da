/* SPDX-License-Identifier: ISC */
/* links: reaper/command.c */
/*
 * Commands that work, fail, print too much, never end, cannot be run or leave something behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "reaper/command.h"
#include "tests/unit/tap.h"

#define SH(script)	(char *const[]){ (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ script }, NULL }

static char said[200];

static enum status
run(char *const argv[], unsigned seconds)
{
	memset(said, 'x', sizeof(said) - 1);
	return command_run(argv, seconds, said, sizeof(said));
}

static bool
says(const char *text)
{
	if (strcmp(said, text) != 0)
		printf("# said: %s\n", said);
	return strcmp(said, text) == 0;
}

static void
test_ends(void)
{
	ok(run(SH("exit 0"), 5) == ST_OK && says(""), "exit 0");
	ok(run(SH("echo one; echo two"), 5) == ST_OK && says("one"), "the first line it prints");
	ok(run(SH("echo; echo two >&2"), 5) == ST_OK && says("two"), "an empty line does not count, stderr does");
	ok(run(SH("echo no such zone >&2; exit 3"), 5) == ST_PROTOCOL && says("exit code 3: no such zone"), "exit 3");
	ok(run(SH("exit 1"), 5) == ST_PROTOCOL && says("exit code 1"), "exit 1 without a word");
	ok(run(SH("kill -9 $$"), 5) == ST_PROTOCOL && says("ended by signal 9"), "a signal");
	ok(run(SH("printf 'a\\033[2J\\377\\nb'"), 5) == ST_OK && says("a\\x1b[2J\\xff"), "what it prints is escaped");
	ok(run((char *const[]){ (char[]){ "/nonexistent" }, NULL }, 5) == ST_SYSTEM &&
	    says("could not be run: No such file or directory"), "no such program");
	ok(run((char *const[]){ (char[]){ "/" }, NULL }, 5) == ST_SYSTEM && strstr(said, "denied") != NULL,
	    "no program");
	ok(command_run(SH("echo 0123456789"), 5, said, 5) == ST_OK && says("0123"), "what it prints is cut");
}

static void
test_surroundings(void)
{
	int fd = open("/dev/null", O_RDONLY);	/* not close-on-exec, and must not be seen */
	const int high = fcntl(fd, F_DUPFD, 100);

	setenv("SECRET", "s", 1);
	setenv("PATH", "/nonexistent", 1);
	ok(run(SH("env | grep -c ."), 5) == ST_OK && atoi(said) <= 5, "few variables (sh adds its own)");
	ok(run(SH("echo \"$SECRET\""), 5) == ST_OK && says(""), "none of ours");
	ok(run(SH("ls /proc/self/fd | wc -l"), 5) == ST_OK && says("4"), "no descriptor but three and that of ls");
	ok(run(SH("cat; echo end"), 5) == ST_OK && says("end"), "no input");
	ok(run((char *const[]){ (char[]){ "echo" }, (char[]){ "$HOME; `id` *" }, NULL }, 5) == ST_OK &&
	    says("$HOME; `id` *"), "no shell");
	signal(SIGPIPE, SIG_IGN);
	ok(run(SH("yes | head -n 1"), 5) == ST_OK && says("y"), "SIGPIPE is at its default");
	ok(run(SH("kill -PIPE $$; echo alive"), 5) == ST_PROTOCOL && says("ended by signal 13"), "and really is");
	close(fd);
	close(high);
}

static bool
is_gone(pid_t pid)
{
	for (int i = 0; i < 200; i++) {
		if (kill(pid, 0) == -1 && errno == ESRCH)
			return true;
		usleep(10000);
	}
	return false;
}

static void
test_time(void)
{
	uint64_t start = clock_boot();

	ok(run(SH("echo $$; exec sleep 60"), 1) == ST_TIMEOUT && strstr(said, "killed after 1 s: ") == said,
	    "never ends: killed");
	ok(is_gone(atoi(said + strlen("killed after 1 s: "))), "and is gone");
	ok(clock_boot() - start < 3 * CLOCK_SECOND, "in time");
	ok(run(SH("trap '' TERM INT HUP; sleep 60 & echo $!; wait"), 1) == ST_TIMEOUT &&
	    is_gone(atoi(said + strlen("killed after 1 s: "))), "its own children are killed, too");
	start = clock_boot();
	ok(run(SH("exec yes"), 1) == ST_TIMEOUT && strcmp(said, "killed after 1 s: y") == 0, "prints for ever: killed");
	ok(clock_boot() - start < 3 * CLOCK_SECOND, "in time");
	ok(run(SH("exec >&- 2>&-; sleep 0.3; exit 4"), 5) == ST_PROTOCOL && says("exit code 4"), "closes its output");
	ok(run(SH("dd if=/dev/zero bs=65536 count=16 2>/dev/null; exit 5"), 5) == ST_PROTOCOL && said[0] == 'e',
	    "prints a megabyte");
	start = clock_boot();
	ok(run(SH("sleep 60 & echo $!"), 30) == ST_OK && clock_boot() - start < 3 * CLOCK_SECOND,
	    "leaves something behind that holds its output: not waited for");
	kill(atoi(said), SIGKILL);
}

/* A caller that is killed takes its command with it. */
static void
test_orphan(void)
{
	char text[32] = "";
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) == -1 || (pid = fork()) == -1)
		return;
	if (pid == 0) {
		char script[64];

		snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; exec sleep 60", getpid(), fds[1]);
		run((char *const[]){ (char[]){ "sh" }, (char[]){ "-c" }, script, NULL }, 60);
		_exit(0);
	}
	ok(read(fds[0], text, sizeof(text) - 1) > 0 && kill(atoi(text), 0) == 0, "a command runs");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(is_gone(atoi(text)), "and is gone with the one who called");
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	test_ends();
	test_surroundings();
	test_time();
	test_orphan();
	return done_testing();
}
