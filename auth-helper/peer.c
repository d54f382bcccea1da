/* SPDX-License-Identifier: ISC */
/*
 * The first acts of a helper, before it knows anything: environment, descriptors, signals, the deadline.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/clock.h"

/* False: it is cut. */
static bool
keep(const char *name, char *to, size_t size)
{
	const char *value = getenv(name);

	return (size_t)snprintf(to, size, "%s", value != NULL ? value : "") < size;
}

void
environment_clear(struct environment *kept)
{
	memset(kept, 0, sizeof(*kept));
	if (!keep("TZ", kept->timezone, sizeof(kept->timezone)))
		kept->timezone[0] = '\0';
	if (!keep("SSH_CONNECTION", kept->ssh_connection, sizeof(kept->ssh_connection)))
		kept->ssh_connection[0] = '\0';
	keep("SSH_ORIGINAL_COMMAND", kept->ssh_command, sizeof(kept->ssh_command));
	clearenv();
	if (kept->timezone[0] != '\0')
		setenv("TZ", kept->timezone, 1);
}

static bool
is_same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum status
silence(bool keep_stderr)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return ST_SYSTEM;
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || (!keep_stderr && dup2(null, 2) < 0))
		return ST_SYSTEM;
	if (null > 2)
		close(null);
	return ST_OK;
}

static bool
is_loopback(const struct address *address)
{
	static const struct networks none;
	const char *why = address_refusal(address, &none);

	return why != NULL && strcmp(why, "loopback") == 0;
}

/* The rest that there is to say of an address. */
static void
describe(struct peer *peer)
{
	peer->shared = peer->address.family == 0 || is_loopback(&peer->address);
	address_text(&peer->address, peer->text);
}

/* Of the socket that is descriptor 0; -1 when it is none. */
static int
socket_option(int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(0, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

enum status
peer_claim(bool keep_stderr, struct peer *peer)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof(name);
	const int on = 1;

	*peer = (struct peer){ .in = -1, .out = -1 };
	if (socket_option(SO_TYPE) != SOCK_STREAM || socket_option(SO_ACCEPTCONN) != 0) {
		silence(keep_stderr);
		return ST_INVALID;
	}
	if (getpeername(0, (struct sockaddr *)&name, &len) != 0) {
		silence(keep_stderr && !is_same_file(2, 0));
		return ST_CLOSED;
	}
	if ((peer->in = peer->out = fcntl(0, F_DUPFD_CLOEXEC, 3)) < 0)
		return ST_SYSTEM;
	address_from_socket((const struct sockaddr *)&name, &peer->address);
	describe(peer);
	/* An answer a line, and the next must not wait for the last one's ACK. No matter where there is no TCP. */
	setsockopt(peer->out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return silence(keep_stderr && !is_same_file(2, peer->out));
}

static bool
is_port(const char *text)
{
	const size_t len = strspn(text, "0123456789");

	return len > 0 && len <= 5 && text[len] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

enum status
peer_parse_ssh(const char *connection, struct address *address)
{
	char copy[sizeof(((struct environment *)NULL)->ssh_connection)], *rest = copy, *words[4];
	struct address client, server;
	size_t n = 0;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", connection) >= sizeof(copy))
		return ST_INVALID;
	while (rest != NULL && n < 4)
		words[n++] = strsep(&rest, " ");
	if (n < 4 || rest != NULL || address_parse(words[0], &client) != ST_OK || !is_port(words[1]) ||
	    address_parse(words[2], &server) != ST_OK || !is_port(words[3]))
		return ST_INVALID;
	*address = client;
	return ST_OK;
}

/* Could it lead to the client? */
static bool
is_stream(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) != 0 || S_ISSOCK(sb.st_mode) || S_ISFIFO(sb.st_mode);
}

enum status
peer_claim_ssh(const char *connection, bool keep_stderr, struct peer *peer)
{
	const bool keep_it = keep_stderr && !is_stream(2);
	enum status st;

	*peer = (struct peer){ .in = fcntl(0, F_DUPFD_CLOEXEC, 3), .out = fcntl(1, F_DUPFD_CLOEXEC, 3) };
	if ((st = silence(keep_it)) != ST_OK || (st = peer_parse_ssh(connection, &peer->address)) != ST_OK)
		return st;
	describe(peer);
	return peer->in >= 0 && peer->out >= 0 ? ST_OK : ST_SYSTEM;
}

/*
 * The handler of the only signal that is waited for: anything more than _exit(2) here has been a remote root hole
 * elsewhere.
 */
static void
expire(int signo)
{
	(void)signo;
	_exit(EX_TEMPFAIL);
}

void
deadline_arm(unsigned seconds)
{
	static uint64_t start;
	const struct sigaction action = { .sa_handler = expire };
	struct itimerval timer = { 0 };
	uint64_t end, left, now = clock_boot();

	if (start == 0)
		start = now;
	end = start + seconds * CLOCK_SECOND;
	left = (end > now ? end - now : 0) / 1000 + 1;		/* microseconds; 0 would disarm */
	timer.it_value.tv_sec = (time_t)(left / 1000000);
	timer.it_value.tv_usec = (suseconds_t)(left % 1000000);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}
