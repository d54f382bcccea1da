/* SPDX-License-Identifier: ISC */
/*
 * The log: what is escaped and cut, and what arrives on stderr. (What arrives at syslog is libc's affair.)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "tap.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char	*bytes;
	size_t		 len, size;
	const char	*text;
} rows[] = {
	{ TEXT(""), 10, "" },
	{ TEXT("plain ~text"), 100, "plain ~text" },
	{ TEXT("a\nb\r"), 100, "a\\x0ab\\x0d" },
	{ TEXT("\0"), 100, "\\x00" },
	{ TEXT("\x1b[2J"), 100, "\\x1b[2J" },
	{ TEXT("\x7f\x80\xff\x1f"), 100, "\\x7f\\x80\\xff\\x1f" },
	{ TEXT("\\"), 100, "\\x5c" },
	{ TEXT("\\x0a"), 100, "\\x5cx0a" },
	{ TEXT("%s%n"), 100, "%s%n" },
	{ TEXT("abc"), 4, "abc" },
	{ TEXT("abc"), 3, "ab" },
	{ TEXT("abc"), 1, "" },
	{ TEXT("a\nb"), 7, "a\\x0ab" },
	{ TEXT("a\nb"), 6, "a\\x0a" },
	{ TEXT("a\nb"), 5, "a" },
	{ TEXT("a\nb"), 2, "a" },
};

static void
test_escape(void)
{
	char to[128];
	size_t i, n;

	for (i = 0; i < COUNT(rows); i++) {
		memset(to, '#', sizeof(to));
		n = log_escape(to, rows[i].size, rows[i].bytes, rows[i].len);
		ok(n == strlen(rows[i].text) && strcmp(to, rows[i].text) == 0,
		    "row %zu becomes \"%s\"", i, rows[i].text);
		ok(to[rows[i].size] == '#', "row %zu stays within its %zu bytes", i, rows[i].size);
	}
	to[0] = '#';
	ok(log_escape(to, 0, "abc", 3) == 0 && to[0] == '#', "no room: nothing is written");
}

static int pipes[2];

/* What was logged since the last time; stderr is the writing end of the pipe. */
static const char *
logged(void)
{
	static char text[8192];
	ssize_t n = read(pipes[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static bool
says(const char *want)
{
	const char *got = logged();

	if (strcmp(got, want) == 0)
		return true;
	printf("# logged: %s# wanted: %s\n", got, want);
	return false;
}

static void
test_stderr(void)
{
	log_open("prog", LOG_PLACE_STDERR);
	log_info("hello %d", 7);
	ok(says("prog: hello 7\n"), "info has no word");
	log_warning("w");
	ok(says("prog: warning: w\n"), "warning");
	log_error("e");
	ok(says("prog: error: e\n"), "error");
	log_critical("c");
	ok(says("prog: critical: c\n"), "critical");
	log_debug("d");
	ok(says(""), "debug is off at first");
	log_limit(LOG_LEVEL_DEBUG);
	log_debug("d");
	ok(says("prog: debug: d\n"), "and can be had");
	log_limit(LOG_LEVEL_ERROR);
	log_warning("w");
	log_info("i");
	ok(says(""), "what is above the limit is dropped");
	log_error("e");
	ok(says("prog: error: e\n"), "what is at the limit is not");
	log_limit(LOG_LEVEL_INFO);
	log_info("user %s", "eve\nprog: all is well\x1b[0m\\");
	ok(says("prog: user eve\\x0aprog: all is well\\x1b[0m\\x5c\n"), "bytes of the network are escaped");
	log_info("ends\n");
	ok(says("prog: ends\\x0a\n"), "as is a newline of our own");
	errno = ENOSPC;
	log_info("%m");
	ok(errno == ENOSPC && says("prog: No space left on device\n"), "errno is told and kept");
}

static void
test_long_lines(void)
{
	char text[5000], want[1100];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	memset(want, 'a', sizeof(want));
	memcpy(want, "prog: ", 6);
	strcpy(want + 6 + 1000, "\n");
	log_info("%s", text);
	ok(says(want), "a line is cut at 1000 bytes");
	memset(text, '\n', sizeof(text) - 1);
	log_info("%s", text);
	ok(strlen(logged()) == 6 + 1000 + 1, "also when all of it is escaped");
	text[999] = '\0';
	memset(text, 'a', 999);
	text[998] = '\n';
	log_info("%s", text);
	memcpy(want + 6 + 998, "\n", 2);
	ok(says(want), "no escape is cut in the middle");
}

/* On a socket that keeps messages apart: lines of many processes do not mix. */
static void
test_one_write(void)
{
	char text[3000], line[4000] = "";
	int fds[2], before = dup(STDERR_FILENO);
	ssize_t len;

	if (before == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) == -1 ||
	    dup2(fds[1], STDERR_FILENO) == -1)
		exit(1);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
	len = recv(fds[0], line, sizeof(line), 0);
	ok(len == 6 + 7 + 1000 + 1 && memchr(line, '\n', (size_t)len) == line + len - 1, "one long line, one write");
	ok(recv(fds[0], line, sizeof(line), 0) == -1, "and no other");
	log_info("a\nb");
	log_info("c");
	ok(recv(fds[0], line, sizeof(line), 0) == 13 && recv(fds[0], line, sizeof(line), 0) == 8 &&
	    recv(fds[0], line, sizeof(line), 0) == -1, "two calls, two writes");
	dup2(before, STDERR_FILENO);
	close(before);
	close(fds[0]);
	close(fds[1]);
}

static void
test_write_error(void)
{
	close(STDERR_FILENO);
	errno = EEXIST;
	log_info("into nothing");
	ok(errno == EEXIST, "errno is kept when stderr is closed");
}

int
main(void)
{
	if (pipe2(pipes, O_NONBLOCK) == -1 || dup2(pipes[1], STDERR_FILENO) == -1)
		return 1;
	test_escape();
	test_stderr();
	test_long_lines();
	test_one_write();
	test_write_error();
	return done_testing();
}
