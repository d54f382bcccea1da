/* SPDX-License-Identifier: ISC */
/*
 * What a helper keeps of its environment, how it takes the socket off descriptors 0 to 2, and what sshd tells it.
 * links: auth-helper/peer.c
 */
#include "tap.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth-helper/peer.h"

extern char **environ;

static void
test_kept_of_ssh(void)
{
	char longest[2000];
	struct environment kept;

	setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22", 1);
	setenv("SSH_ORIGINAL_COMMAND", "renew", 1);
	environment_clear(&kept);
	ok(strcmp(kept.ssh_connection, "192.0.2.7 50000 192.0.2.1 22") == 0 && strcmp(kept.ssh_command, "renew") == 0,
	    "what sshd says is kept");
	ok(getenv("SSH_CONNECTION") == NULL && getenv("SSH_ORIGINAL_COMMAND") == NULL, "and not in the environment");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("SSH_CONNECTION", longest, 1);
	setenv("SSH_ORIGINAL_COMMAND", longest, 1);
	environment_clear(&kept);
	ok(kept.ssh_connection[0] == '\0', "too long a connection is none");
	ok(strlen(kept.ssh_command) == sizeof(kept.ssh_command) - 1, "too long a command is still too long");
}

static void
test_environment(void)
{
	static const char *const lies[] = { "FOO_LEAK", "OPENSSL_CONF", "OPENSSL_MODULES", "SSL_CERT_FILE",
		"SSL_CERT_DIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "MALLOC_CHECK_", "REMOTE_HOST", "TCPREMOTEIP", "PATH",
		"HOME", "LANG", "TMPDIR", "RES_OPTIONS" };
	struct environment kept;
	char longest[80];

	for (size_t i = 0; i < COUNT(lies); i++)
		setenv(lies[i], "lie", 1);
	setenv("TZ", "Europe/Berlin", 1);
	environment_clear(&kept);
	for (size_t i = 0; i < COUNT(lies); i++)
		ok(getenv(lies[i]) == NULL, "%s is cleared", lies[i]);
	ok(strcmp(kept.timezone, "Europe/Berlin") == 0, "TZ is kept");
	ok(environ != NULL && environ[0] != NULL && strcmp(environ[0], "TZ=Europe/Berlin") == 0 && environ[1] == NULL,
	    "and is all that is left");

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("TZ", longest, 1);
	environment_clear(&kept);
	ok(kept.timezone[0] == '\0' && getenv("TZ") == NULL, "a TZ too long is not kept");
	test_kept_of_ssh();
	environment_clear(&kept);
	ok(kept.timezone[0] == '\0' && (environ == NULL || environ[0] == NULL), "an empty environment stays empty");
}

/* Run a check in a child with these descriptors as 0 and 2; its exit status says whether it was good. */
static bool
holds(int in, int err, bool (*check)(void))
{
	int how = 1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		dup2(err, 2);
		dup2(in, 0);
		dup2(in, 1);
		_exit(check() ? 0 : 1);
	}
	waitpid(pid, &how, 0);
	return how == 0;
}

static bool
is_null(int fd)
{
	struct stat got, null;

	return fstat(fd, &got) == 0 && stat("/dev/null", &null) == 0 && got.st_rdev == null.st_rdev &&
	    S_ISCHR(got.st_mode);
}

static bool
claims_tcp(void)
{
	struct peer peer;

	return peer_claim(false, &peer) == ST_OK && peer.in > 2 && peer.out == peer.in &&
	    is_null(0) && is_null(1) && is_null(2) && peer.address.family == 4 && peer.shared &&
	    strcmp(peer.text, "127.0.0.1") == 0;
}

static bool
claims_tcp_keeping(void)
{
	struct peer peer;

	return peer_claim(true, &peer) == ST_OK && is_null(0) && is_null(1) && !is_null(2);
}

static bool
claims_tcp_not_keeping(void)
{
	struct peer peer;

	return peer_claim(true, &peer) == ST_OK && is_null(2);
}

static bool
claims_unix(void)
{
	struct peer peer;

	return peer_claim(false, &peer) == ST_OK && peer.address.family == 0 && peer.shared &&
	    strcmp(peer.text, "none") == 0;
}

static bool
claims_nothing(void)
{
	struct peer peer;

	return peer_claim(false, &peer) == ST_INVALID && is_null(0) && is_null(1) && is_null(2);
}

static bool
claims_gone(void)
{
	struct peer peer;

	return peer_claim(false, &peer) == ST_CLOSED && is_null(0) && is_null(1) && is_null(2);
}

/* A connected TCP socket on loopback; *client is its other end. */
static int
tcp(int listener, int *client)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	getsockname(listener, (struct sockaddr *)&name, &len);
	*client = socket(name.ss_family, SOCK_STREAM, 0);
	if (connect(*client, (struct sockaddr *)&name, len) != 0)
		exit(1);
	return accept(listener, NULL, NULL);
}

static void
test_claim(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct linger reset = { 1, 0 };
	int listener = socket(AF_INET, SOCK_STREAM, 0), pair[2], pipes[2], client, server, udp;

	if (bind(listener, (const struct sockaddr *)&any, sizeof(any)) != 0 || listen(listener, 5) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(pipes) != 0)
		exit(1);
	server = tcp(listener, &client);
	ok(holds(server, server, claims_tcp), "a TCP socket is taken, and 0 to 2 are /dev/null");
	ok(holds(server, pipes[1], claims_tcp_keeping), "stderr is kept when that is wanted");
	ok(holds(server, server, claims_tcp_not_keeping), "but never when it is the socket");
	ok(holds(pair[0], pair[0], claims_unix), "a UNIX socket has no address");
	ok(holds(pipes[0], pipes[1], claims_nothing), "a pipe is no connection");
	ok(holds(listener, listener, claims_nothing), "nor is a listening socket");
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(udp, (const struct sockaddr *)&any, sizeof(any)) != 0)
		perror("connect");
	ok(holds(udp, udp, claims_nothing), "nor a datagram socket");
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client);
	ok(holds(server, server, claims_gone), "a client that has reset the connection already is no mistake of the spawner");
}

/* --- sshd's --- */

static void
test_connections(void)
{
	static const struct { const char *words, *address; } good[] = {
		{ "192.0.2.7 50000 192.0.2.1 22", "192.0.2.7" },
		{ "2001:db8::7 1 2001:DB8::1 65535", "2001:db8::7" },
		{ "::ffff:192.0.2.7 50000 ::ffff:192.0.2.1 22", "192.0.2.7" },
		{ "0000:0000:0000:0000:0000:ffff:255.255.255.255 65535 "
		    "0000:0000:0000:0000:0000:ffff:255.255.255.255 65535", "255.255.255.255" },
	};
	static const char *const bad[] = { "", " ", "192.0.2.7", "192.0.2.7 50000", "192.0.2.7 50000 192.0.2.1",
		"192.0.2.7 50000 192.0.2.1 ", "192.0.2.7 50000 192.0.2.1 22 ", "192.0.2.7 50000 192.0.2.1 22 22",
		" 192.0.2.7 50000 192.0.2.1 22", "192.0.2.7  50000 192.0.2.1 22", "192.0.2.7\t50000 192.0.2.1 22",
		"192.0.2.7 50000 192.0.2.1 22\n", "192.0.2.7 65536 192.0.2.1 22", "192.0.2.7 50000 192.0.2.1 999999",
		"192.0.2.7 -1 192.0.2.1 22", "192.0.2.7 +1 192.0.2.1 22", "192.0.2.7 0x1 192.0.2.1 22",
		"192.0.2.7 1e3 192.0.2.1 22", "192.0.2.7 50000 host 22", "host 50000 192.0.2.1 22",
		"192.0.2.07 50000 192.0.2.1 22", "192.0.2.7/32 50000 192.0.2.1 22",
		"[2001:db8::7] 50000 2001:db8::1 22", "fe80::1%eth0 50000 fe80::2%eth0 22",
		"fe80::1%2 50000 2001:db8::1 22", "2001:db8::7 50000 fe80::2%eth0 22",
		"UNKNOWN 65535 UNKNOWN 65535", "3221225991 50000 192.0.2.1 22",
		("192.0.2.7 50000 192.0.2.1 22 192.0.2.7 50000 192.0.2.1 22 192.0.2.7 50000 192.0.2.1 22 "
		"192.0.2.7 50000 192.0.2.1 22 192.0.2.7 50000 192.0.2.1 22") };
	struct address address;
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < COUNT(good); i++)
		ok(peer_parse_ssh(good[i].words, &address) == ST_OK &&
		    strcmp(address_text(&address, text), good[i].address) == 0, "%s", good[i].words);
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(peer_parse_ssh(bad[i], &address) == ST_INVALID, "not sshd's: %s", bad[i]);
}

static bool
claims_ssh(void)
{
	struct peer peer;

	return peer_claim_ssh("127.0.0.9 50000 127.0.0.1 22", false, &peer) == ST_OK && is_null(0) && is_null(1) &&
	    is_null(2) && peer.in > 2 && peer.out > 2 && peer.in != peer.out && write(peer.out, "x", 1) == 1 &&
	    peer.shared && strcmp(peer.text, "127.0.0.9") == 0;
}

static bool
claims_ssh_from_far(void)
{
	struct peer peer;

	return peer_claim_ssh("192.0.2.7 50000 192.0.2.1 22", true, &peer) == ST_OK && !peer.shared && is_null(2);
}

static bool
claims_ssh_keeping(void)
{
	struct peer peer;

	return peer_claim_ssh("192.0.2.7 50000 192.0.2.1 22", true, &peer) == ST_OK && is_null(0) && is_null(1) &&
	    !is_null(2);
}

static bool
claims_no_ssh(void)
{
	struct peer peer;

	return peer_claim_ssh("", false, &peer) == ST_INVALID && is_null(0) && is_null(1) && is_null(2);
}

static void
test_claim_ssh(void)
{
	FILE *file = tmpfile();
	int pair[2], pipes[2];

	if (file == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(pipes) != 0)
		exit(1);
	ok(holds(pair[0], pair[0], claims_ssh), "sshd's descriptors are taken, and 0 to 2 are /dev/null");
	ok(holds(pair[0], pipes[1], claims_ssh_from_far), "stderr is not kept when it is a pipe");
	ok(holds(pair[0], pair[1], claims_ssh_from_far), "nor when it is a socket");
	ok(holds(pair[0], fileno(file), claims_ssh_keeping), "but when it is a file");
	ok(holds(pair[0], pair[0], claims_no_ssh), "without sshd's words there is no client");
}

int
main(void)
{
	test_connections();
	test_claim_ssh();
	test_environment();
	test_claim();
	return done_testing();
}
