/* SPDX-License-Identifier: ISC */
/*
 * What a helper keeps of its environment, and how it takes the socket off descriptors 0 to 2.
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

	return peer_claim(false, &peer) == ST_OK && peer.in > 2 && peer.out == peer.in && is_null(0) && is_null(1) && is_null(2) &&
	    peer.address.family == 4 && peer.shared && strcmp(peer.text, "127.0.0.1") == 0;
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

int
main(void)
{
	test_environment();
	test_claim();
	return done_testing();
}
