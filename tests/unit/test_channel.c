/* SPDX-License-Identifier: ISC */
/*
 * lib/channel.c against itself and against peers that misbehave, each in a child of its own. Certificates are made
 * here; no network but loopback.
 * limit: 120
 */
#include "tap.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/channel.h"
#include "lib/clock.h"

#define NAME	"dyn.example.net"
#define MS	UINT64_C(1000000)
#define DAY	86400L

static char dir[200];

/* A file in our directory; two names may be in use at a time. */
static const char *
path(const char *name)
{
	static char buf[2][300];
	static unsigned turn;

	turn ^= 1;
	snprintf(buf[turn], sizeof(buf[turn]), "%s/%s", dir, name);
	return buf[turn];
}

/* --- certificates --- */

struct identity {
	X509		*cert;
	EVP_PKEY	*key;
};

struct wish {
	const char	*file;
	const char	*alt;		/* subjectAltName */
	long		 from, to;	/* days from now */
	bool		 ca;
};

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* Make FILE.pem and FILE.key; issuer NULL: self-signed. */
static struct identity
make(const struct wish *w, const struct identity *issuer)
{
	static long serial;
	struct identity me = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *name = X509_get_subject_name(me.cert);
	char file[60];
	FILE *f;

	X509_set_version(me.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(me.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(me.cert), w->from * DAY);
	X509_gmtime_adj(X509_getm_notAfter(me.cert), w->to * DAY);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)w->file, -1, -1, 0);
	X509_set_issuer_name(me.cert, issuer == NULL ? name : X509_get_subject_name(issuer->cert));
	X509_set_pubkey(me.cert, me.key);
	add_extension(me.cert, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (w->alt != NULL)
		add_extension(me.cert, NID_subject_alt_name, w->alt);
	X509_sign(me.cert, issuer == NULL ? me.key : issuer->key, EVP_sha256());
	snprintf(file, sizeof(file), "%s.pem", w->file);
	f = fopen(path(file), "w");
	PEM_write_X509(f, me.cert);
	fclose(f);
	snprintf(file, sizeof(file), "%s.key", w->file);
	f = fopen(path(file), "w");
	PEM_write_PrivateKey(f, me.key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	return me;
}

static void
forget(struct identity id)
{
	X509_free(id.cert);
	EVP_PKEY_free(id.key);
}

static struct identity client_identity;

static void
make_all(void)
{
	struct identity ca = make(&(struct wish){ "ca", NULL, -1, 30, true }, NULL);
	FILE *f;

	forget(make(&(struct wish){ "otherca", NULL, -1, 30, true }, NULL));
	forget(make(&(struct wish){ "good", "DNS:" NAME ",IP:192.0.2.1", -1, 30, false }, &ca));
	forget(make(&(struct wish){ "wrong", "DNS:other.example.net", -1, 30, false }, &ca));
	forget(make(&(struct wish){ "expired", "DNS:" NAME, -3, -1, false }, &ca));
	forget(make(&(struct wish){ "future", "DNS:" NAME, 1, 30, false }, &ca));
	forget(make(&(struct wish){ "self", "DNS:" NAME, -1, 30, false }, NULL));
	client_identity = make(&(struct wish){ "client", NULL, -9, -3, false }, NULL);
	f = fopen(path("locked.key"), "w");
	PEM_write_PrivateKey(f, client_identity.key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL);
	fclose(f);
	forget(ca);
}

/* --- peers in children --- */

struct line {
	int	in, out;
};

typedef int (*life)(struct line, const void *);

static pid_t
start(life l, struct line line, int other, int other2, const void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(other);
		if (other2 != other)
			close(other2);
		_exit(l(line, arg));
	}
	close(line.in);
	if (line.out != line.in)
		close(line.out);
	return pid;
}

/* Start a peer at the other end of a socketpair; ours is given back. */
static int
pair(life l, const void *arg, pid_t *pid)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		exit(1);
	*pid = start(l, (struct line){ fds[1], fds[1] }, fds[0], fds[0], arg);
	return fds[0];
}

static int
reap(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A server with the identity arg: answers each line with itself; ends with the status that ended it. */
static int
life_echo(struct line line, const void *arg)
{
	struct channel_context *context;
	struct channel *c;
	enum status st;
	char file[2][300], buf[1000];
	size_t n;

	snprintf(file[0], sizeof(file[0]), "%s/%s.pem", dir, (const char *)arg);
	snprintf(file[1], sizeof(file[1]), "%s/%s.key", dir, (const char *)arg);
	if (channel_serve(file[0], file[1], &context) != ST_OK)
		return 99;
	if ((st = channel_open(context, line.in, line.out, NULL, 0, &c)) == ST_OK)
		while ((st = channel_read(c, buf, sizeof(buf), &n)) == ST_OK && (st = channel_write(c, buf, n)) == ST_OK)
			continue;
	if (*channel_why(c) == '\0')
		st = 98;
	channel_close(c, true);
	return (int)st;
}

/* Answers the first byte, and leaves the rest unread. */
static int
life_curt(struct line line, const void *arg)
{
	struct channel_context *context;
	struct channel *c;
	char buf[1];
	size_t n;

	(void)arg;
	if (channel_serve(path("good.pem"), path("good.key"), &context) != ST_OK ||
	    channel_open(context, line.in, line.out, NULL, 0, &c) != ST_OK || channel_read(c, buf, 1, &n) != ST_OK ||
	    channel_write(c, "answer", 6) != ST_OK)
		return 99;
	channel_close(c, true);
	close(line.in);
	return 0;
}

/* Shakes hands and dies without a word. */
static int
life_die(struct line line, const void *arg)
{
	struct channel_context *context;
	struct channel *c;

	(void)arg;
	if (channel_serve(path("good.pem"), path("good.key"), &context) != ST_OK)
		return 99;
	return channel_open(context, line.in, line.out, NULL, 0, &c) == ST_OK ? 0 : 98;
}

/* Shakes hands and waits for its end. */
static int
life_mute(struct line line, const void *arg)
{
	int st = life_die(line, arg);
	char c;

	while (read(line.in, &c, 1) > 0)
		continue;
	return st;
}

/* Never says anything. */
static int
life_silent(struct line line, const void *arg)
{
	char buf[1000];

	(void)arg;
	while (read(line.in, buf, sizeof(buf)) > 0)
		continue;
	return 0;
}

/* Says one thing in clear and goes. */
static int
life_plain(struct line line, const void *arg)
{
	const char *text = arg;

	if (write(line.out, text, strlen(text)) == -1)
		return 1;
	shutdown(line.out, SHUT_WR);
	return life_silent(line, NULL);
}

/* Takes a few bytes of the handshake and vanishes. */
static int
life_vanish(struct line line, const void *arg)
{
	char buf[100];

	(void)arg;
	return read(line.in, buf, sizeof(buf)) > 0 ? 0 : 1;
}

/* Between a client and an echo: one byte a write, a pause of *arg ms before each one of the server's. */
static int
life_slow(struct line line, const void *arg)
{
	const int *pause = arg;
	struct pollfd p[2];
	pid_t pid;
	char c;
	int i;

	p[0] = (struct pollfd){ .fd = line.in, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = pair(life_echo, "good", &pid), .events = POLLIN };
	while (poll(p, 2, -1) > 0)
		for (i = 0; i < 2; i++) {
			if (p[i].revents == 0)
				continue;
			if (read(p[i].fd, &c, 1) != 1 || write(p[!i].fd, &c, 1) != 1) {
				close(p[1].fd);
				return reap(pid);
			}
			if (i == 1 && *pause > 0)
				poll(NULL, 0, *pause);
		}
	return 1;
}

/* --- our side --- */

struct meeting {
	const char	*ca;		/* file */
	const char	*name;
	uint64_t	 within;	/* 0: no deadline */
};

static const struct meeting well = { "ca.pem", NAME, 5000 * MS };

static enum status
meet(int in, int out, const struct meeting *m, struct channel **c)
{
	struct channel_context *context;
	enum status st;

	if (channel_trust(path(m->ca), &context) != ST_OK)
		return ST_CONFIG;
	st = channel_open(context, in, out, m->name, m->within == 0 ? 0 : clock_boot() + m->within, c);
	channel_context_free(context);	/* the channel keeps what it needs */
	return st;
}

static bool
echoes(struct channel *c, const char *text)
{
	char buf[1000];
	size_t n, have = 0, len = strlen(text);

	if (channel_write(c, text, len) != ST_OK)
		return false;
	while (have < len && channel_read(c, buf + have, sizeof(buf) - have, &n) == ST_OK)
		have += n;
	return have == len && memcmp(buf, text, len) == 0;
}

static void
test_good(uint64_t within, const char *title)
{
	struct meeting m = { "ca.pem", NAME, within };
	uint64_t before = clock_boot();
	struct channel *c;
	pid_t pid;
	int fd = pair(life_echo, "good", &pid), flags = fcntl(fd, F_GETFL);

	printf("# %s\n", title);
	ok(meet(fd, fd, &m, &c) == ST_OK, "a good server is trusted");
	ok(strcmp(channel_version(c), "TLSv1.3") == 0, "over TLS 1.3");
	ok(channel_proved_at(c) > before && channel_proved_at(c) <= clock_boot(), "proved at the handshake's end");
	ok(*channel_why(c) == '\0', "nothing is wrong");
	ok(echoes(c, "hello\n") && echoes(c, "again\n"), "bytes go both ways");
	channel_close(c, false);
	ok(fcntl(fd, F_GETFL) == flags, "the descriptor is as it was");
	close(fd);
	ok(reap(pid) == ST_CLOSED, "and the server sees a goodbye");
}

static void
test_pipes(void)
{
	int to[2], from[2];
	struct channel *c;
	pid_t pid;

	if (pipe(to) == -1 || pipe(from) == -1)
		exit(1);
	pid = start(life_echo, (struct line){ to[0], from[1] }, to[1], from[0], "good");
	ok(meet(from[0], to[1], &well, &c) == ST_OK && echoes(c, "through pipes"), "two pipes do as well as a socket");
	channel_close(c, true);
	close(to[1]);
	close(from[0]);
	ok(reap(pid) == ST_CLOSED, "and are closed alike");
}

static void
test_trust(const char *identity, const struct meeting *m, const char *why)
{
	struct channel *c;
	enum status st, theirs;
	pid_t pid;
	int fd = pair(life_echo, identity, &pid);

	st = meet(fd, fd, m, &c);
	if (why == NULL)
		ok(st == ST_OK, "trusted: %s for %s by %s", identity, m->name, m->ca);
	else
		ok(st == ST_UNTRUSTED && strstr(channel_why(c), why) != NULL, "%s for %s by %s: %s (%s)", identity, m->name,
		    m->ca, why, channel_why(c));
	channel_close(c, false);
	close(fd);
	theirs = (enum status)reap(pid);
	ok(theirs == (why == NULL ? ST_CLOSED : ST_PROTOCOL), "and the server was told so");
}

static void
test_trusts(void)
{
	test_trust("good", &well, NULL);
	test_trust("good", &(struct meeting){ "good.pem", NAME, 5000 * MS }, NULL);
	test_trust("good", &(struct meeting){ "ca.pem", "192.0.2.1", 5000 * MS }, NULL);
	test_trust("self", &(struct meeting){ "self.pem", NAME, 5000 * MS }, NULL);
	test_trust("good", &(struct meeting){ "ca.pem", "192.0.2.2", 5000 * MS }, "IP address mismatch");
	test_trust("good", &(struct meeting){ "ca.pem", "2001:db8::1", 5000 * MS }, "IP address mismatch");
	test_trust("wrong", &well, "ostname mismatch");
	test_trust("expired", &well, "has expired");
	test_trust("future", &well, "not yet valid");
	test_trust("good", &(struct meeting){ "otherca.pem", NAME, 5000 * MS }, "issuer certificate");
	test_trust("self", &well, "self-signed");
	test_trust("good", &(struct meeting){ "wrong.pem", NAME, 5000 * MS }, "issuer certificate");
}

/* The fingerprint made in another way: from the private key, the digits by hand. */
static const char *
fingerprint_of(const char *identity)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char text[FINGERPRINT_SIZE];
	unsigned char digest[33] = { 0 }, *info = NULL;
	char file[60];
	EVP_PKEY *key;
	FILE *f;
	int i, len;

	snprintf(file, sizeof(file), "%s.key", identity);
	f = fopen(path(file), "r");
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	len = i2d_PUBKEY(key, &info);
	EVP_Digest(info, (size_t)len, digest, NULL, EVP_sha256(), NULL);
	OPENSSL_free(info);
	EVP_PKEY_free(key);
	strcpy(text, "SHA256:");
	for (i = 0; i < 43; i++)
		text[7 + i] = digits[((digest[i * 6 / 8] << 8 | digest[i * 6 / 8 + 1]) >> (10 - i * 6 % 8)) & 63];
	text[50] = '\0';
	return text;
}

static void
test_key(const char *identity, const char *name)
{
	char key[FINGERPRINT_SIZE] = "";
	struct channel_context *context;
	struct channel *c;
	enum status st;
	pid_t pid;
	int fd = pair(life_echo, identity, &pid);

	ok(channel_trust_key(&context) == ST_OK, "a context for keys");
	st = channel_open(context, fd, fd, name, clock_boot() + 5000 * MS, &c);
	ok(st == ST_OK && echoes(c, "hello"), "any certificate passes: %s for %s", identity, name);
	ok(channel_key(c, key) == ST_OK && strcmp(key, fingerprint_of(identity)) == 0, "its key: %s", key);
	channel_close(c, false);
	channel_context_free(context);
	close(fd);
	reap(pid);
}

static void
test_keys(void)
{
	test_key("good", NAME);
	test_key("wrong", NAME);
	test_key("expired", NAME);
	test_key("future", "192.0.2.77");
	test_key("self", "another.example.net");
}

static void
test_slow(void)
{
	int pause = 0;
	struct channel *c;
	uint64_t begun;
	pid_t pid;
	int fd = pair(life_slow, &pause, &pid);

	ok(meet(fd, fd, &well, &c) == ST_OK && echoes(c, "slowly"), "a byte at a time is fine");
	channel_close(c, false);
	close(fd);
	reap(pid);
	pause = 5;
	fd = pair(life_slow, &pause, &pid);
	begun = clock_boot();
	ok(meet(fd, fd, &(struct meeting){ "ca.pem", NAME, 300 * MS }, &c) == ST_TIMEOUT, "a drip runs into the deadline");
	ok(clock_boot() - begun >= 300 * MS && clock_boot() - begun < 1000 * MS, "in time");
	channel_close(c, false);
	close(fd);
	reap(pid);
}

static void
test_deadline(void)
{
	struct channel *c;
	uint64_t begun;
	char buf[10];
	size_t n = 7;
	pid_t pid;
	int fd = pair(life_silent, NULL, &pid);

	begun = clock_boot();
	ok(meet(fd, fd, &(struct meeting){ "ca.pem", NAME, 200 * MS }, &c) == ST_TIMEOUT, "silence in the handshake");
	ok(clock_boot() - begun >= 200 * MS && clock_boot() - begun < 900 * MS, "ends at the deadline");
	ok(strcmp(channel_why(c), "timed out") == 0, "and is called so");
	channel_close(c, false);
	close(fd);
	reap(pid);
	fd = pair(life_mute, NULL, &pid);
	begun = clock_boot();
	ok(meet(fd, fd, &(struct meeting){ "ca.pem", NAME, 500 * MS }, &c) == ST_OK, "silence after the handshake");
	ok(channel_read(c, buf, sizeof(buf), &n) == ST_TIMEOUT && n == 0, "ends a read");
	ok(clock_boot() - begun >= 500 * MS && clock_boot() - begun < 1200 * MS, "at the deadline");
	ok(channel_write(c, "x", 1) == ST_TIMEOUT, "and every write after it");
	channel_close(c, false);
	close(fd);
	ok(reap(pid) == 0, "the mute one shook hands");
}

static void
test_ends(void)
{
	struct channel *c;
	char buf[10];
	size_t n;
	pid_t pid;
	int fd = pair(life_vanish, NULL, &pid);

	ok(meet(fd, fd, &well, &c) == ST_CLOSED && *channel_why(c) != '\0', "a server that vanishes in the handshake");
	channel_close(c, true);
	close(fd);
	reap(pid);
	fd = pair(life_die, NULL, &pid);
	ok(meet(fd, fd, &well, &c) == ST_OK && channel_read(c, buf, sizeof(buf), &n) == ST_CLOSED,
	    "one that dies without a goodbye");
	channel_close(c, false);
	close(fd);
	reap(pid);
	fd = pair(life_plain, "220 mail.example.net ESMTP\r\n", &pid);
	ok(meet(fd, fd, &well, &c) == ST_PROTOCOL && strstr(channel_why(c), "does not speak TLS") != NULL,
	    "one that does not speak TLS");
	channel_close(c, true);
	close(fd);
	reap(pid);
}

/* What the echo says to a peer that sends these bytes and ends. */
static int
said_to(const void *bytes, size_t len)
{
	pid_t pid;
	int fd = pair(life_echo, "good", &pid);

	if (len > 0 && write(fd, bytes, len) == -1)
		exit(1);
	shutdown(fd, SHUT_WR);
	life_silent((struct line){ fd, fd }, NULL);
	close(fd);
	return reap(pid);
}

/* A ClientHello as our own client sends it. */
static size_t
record_hello(char *buf, size_t size)
{
	struct channel *c;
	int fds[2];
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		exit(1);
	meet(fds[0], fds[0], &(struct meeting){ "ca.pem", NAME, 50 * MS }, &c);
	channel_close(c, false);
	n = recv(fds[1], buf, size, MSG_DONTWAIT);
	close(fds[0]);
	close(fds[1]);
	return n > 0 ? (size_t)n : 0;
}

static void
test_bad_clients(void)
{
	size_t len, n, wrong = 0;
	char hello[2000];

	ok(said_to("", 0) == ST_CLOSED, "a client that sends nothing");
	ok(said_to("GET / HTTP/1.1\r\n\r\n", 18) == ST_PROTOCOL, "one that speaks HTTP");
	ok(said_to("LOGIN a b\r\n", 11) == ST_PROTOCOL, "one that forgot TLS");
	len = record_hello(hello, sizeof(hello));
	for (n = 1; n <= len; n += 7)
		wrong += said_to(hello, n) != ST_CLOSED;
	ok(len > 150 && wrong == 0, "one that stops anywhere in its hello (%zu bytes, %zu wrong)", len, wrong);
}

/* --- a client of raw OpenSSL, for what ours never does --- */

struct raw {
	int		 least, most;	/* versions */
	const char	*ciphers;
	const char	*alpn;
	int		 chain;		/* certificates beside its own; -1: none at all */
};

static int new_sessions;

static int
count_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	(void)session;
	new_sessions++;
	return 0;
}

static SSL_CTX *
raw_context(const struct raw *raw)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int i;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, raw->least);
	SSL_CTX_set_max_proto_version(ctx, raw->most);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, count_session);
	if (raw->ciphers != NULL)
		SSL_CTX_set_cipher_list(ctx, raw->ciphers);
	if (raw->alpn != NULL)
		SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)raw->alpn, (unsigned)strlen(raw->alpn));
	if (raw->chain >= 0) {
		SSL_CTX_use_certificate(ctx, client_identity.cert);
		SSL_CTX_use_PrivateKey(ctx, client_identity.key);
		for (i = 0; i < raw->chain; i++)
			SSL_CTX_add1_chain_cert(ctx, client_identity.cert);
	}
	return ctx;
}

struct raw_result {
	bool		shook;		/* and echoed */
	bool		renegotiates;
	bool		goodbye;	/* the server said one */
	int		server;		/* its status */
	char		version[16];
	char		alpn[32];
};

static struct raw_result
raw_meet(const struct raw *raw)
{
	struct raw_result result = { .shook = false };
	SSL_CTX *ctx = raw_context(raw);
	SSL *ssl = SSL_new(ctx);
	const unsigned char *alpn;
	unsigned len;
	char c = 0;
	pid_t pid;
	int fd = pair(life_echo, "good", &pid);

	new_sessions = 0;
	SSL_set_fd(ssl, fd);
	result.shook = SSL_connect(ssl) == 1 && SSL_write(ssl, "x", 1) == 1 && SSL_read(ssl, &c, 1) == 1 && c == 'x';
	snprintf(result.version, sizeof(result.version), "%s", SSL_get_version(ssl));
	SSL_get0_alpn_selected(ssl, &alpn, &len);
	snprintf(result.alpn, sizeof(result.alpn), "%.*s", (int)len, (const char *)alpn);
	if (result.shook && raw->most == TLS1_2_VERSION)
		result.renegotiates = SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1 &&
		    SSL_write(ssl, "y", 1) == 1 && SSL_read(ssl, &c, 1) == 1 && SSL_num_renegotiations(ssl) > 0;
	else if (result.shook)
		result.goodbye = SSL_shutdown(ssl) >= 0 && SSL_read(ssl, &c, 1) == 0 &&
		    SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	result.server = reap(pid);
	return result;
}

static void
test_raw(void)
{
	struct raw_result r;

	r = raw_meet(&(struct raw){ TLS1_2_VERSION, TLS1_2_VERSION, NULL, "\012dynlease/1", -1 });
	ok(r.shook && strcmp(r.version, "TLSv1.2") == 0, "TLS 1.2 is spoken");
	ok(!r.renegotiates, "and never negotiated again");
	ok(strcmp(r.alpn, CHANNEL_ALPN) == 0, "our dialect is agreed on");
	ok(new_sessions == 0, "no session to come back with (1.2)");
	r = raw_meet(&(struct raw){ TLS1_3_VERSION, TLS1_3_VERSION, NULL, "\002h2\010http/1.1", -1 });
	ok(r.shook && *r.alpn == '\0', "another one is passed over without an alert");
	ok(new_sessions == 0, "no ticket (1.3)");
	ok(r.goodbye, "and a goodbye at the end");
	r = raw_meet(&(struct raw){ TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, -1 });
	ok(!r.shook && r.server == ST_PROTOCOL, "TLS 1.1 is refused");
	r = raw_meet(&(struct raw){ TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", NULL, -1 });
	ok(!r.shook && r.server == ST_PROTOCOL, "so is CBC");
	r = raw_meet(&(struct raw){ TLS1_2_VERSION, TLS1_3_VERSION, NULL, NULL, 0 });
	ok(r.shook, "a client's certificate, expired and of no known issuer, does not fail the handshake");
	r = raw_meet(&(struct raw){ TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL, 0 });
	ok(r.shook, "nor with TLS 1.2");
	r = raw_meet(&(struct raw){ TLS1_2_VERSION, TLS1_3_VERSION, NULL, NULL, 120 });
	ok(!r.shook && r.server == ST_PROTOCOL, "a chain of over 32 KiB does");
}

/* --- the rest --- */

/* Over TCP, where closing under a client that still sends resets the connection: its writes must not fail. */
static void
test_linger(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd, peer, i;
	socklen_t len = sizeof(a);
	char junk[12000], buf[10];
	struct channel *c;
	size_t n = 0, lost = 0;
	pid_t pid;
	int j;

	if (bind(listener, (struct sockaddr *)&a, len) == -1 || listen(listener, 5) == -1 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) == -1)
		exit(1);
	memset(junk, 'j', sizeof(junk));
	for (i = 0; i < 5; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&a, len) == -1 || (peer = accept(listener, NULL, NULL)) == -1)
			exit(1);
		pid = start(life_curt, (struct line){ peer, peer }, fd, listener, NULL);
		lost += meet(fd, fd, &well, &c) != ST_OK;
		for (j = 0; j < 4; j++) {
			lost += channel_write(c, junk, sizeof(junk)) != ST_OK;
			poll(NULL, 0, 30);	/* so that a reset has time to come */
		}
		lost += channel_read(c, buf, sizeof(buf), &n) != ST_OK || n != 6;
		channel_close(c, false);
		close(fd);
		reap(pid);
	}
	close(listener);
	ok(lost == 0, "nobody is reset who still sends (%zu times)", lost);
}

static void
nothing(int number)
{
	(void)number;
}

static void
test_interrupted(void)
{
	struct sigaction act = { .sa_handler = nothing };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	int pause = 1, i, fd;
	struct channel *c;
	pid_t pid;
	bool good;

	sigaction(SIGALRM, &act, NULL);
	for (i = 0; i < 2; i++) {
		fd = pair(life_slow, &pause, &pid);
		setitimer(ITIMER_REAL, &often, NULL);
		good = meet(fd, fd, &(struct meeting){ "ca.pem", NAME, i == 0 ? 0 : 20000 * MS }, &c) == ST_OK &&
		    echoes(c, "interrupted");
		setitimer(ITIMER_REAL, &never, NULL);
		ok(good, "signals do no harm (%s)", i == 0 ? "blocking" : "with a deadline");
		channel_close(c, false);
		close(fd);
		reap(pid);
	}
}

/* In a child: a server's context is made once in a process's life. */
static int
life_serve_wrong(struct line line, const void *arg)
{
	const char *const *files = arg;
	struct channel_context *context;
	enum status st;

	close(STDERR_FILENO);
	st = channel_serve(path(files[0]), path(files[1]), &context);
	close(line.in);
	return context == NULL ? (int)st : 99;
}

static void
test_files(void)
{
	static const char *const wrong[][2] = { { "missing.pem", "good.key" }, { "good.pem", "missing.key" },
	    { "good.pem", "self.key" }, { "good.key", "good.key" }, { "client.pem", "locked.key" } };
	struct channel_context *context;
	size_t i;
	pid_t pid;
	int fd;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fd = pair(life_serve_wrong, wrong[i], &pid);
		ok(reap(pid) == ST_CONFIG, "refused to serve with %s and %s", wrong[i][0], wrong[i][1]);
		close(fd);
	}
	ok(channel_trust(path("missing.pem"), &context) == ST_CONFIG && context == NULL, "no ca file");
	ok(channel_trust(path("good.key"), &context) == ST_CONFIG && context == NULL, "a ca file without certificates");
	ok(channel_trust(NULL, &context) == ST_OK, "the system's roots");
	channel_context_free(context);
	channel_close(NULL, true);
}

int
main(void)
{
	const char *tmp = getenv("TMP");

	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "%s/channel.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 1;
	make_all();
	test_good(5000 * MS, "with a deadline");
	test_good(0, "blocking");
	test_pipes();
	test_trusts();
	test_keys();
	test_slow();
	test_deadline();
	test_ends();
	test_bad_clients();
	test_raw();
	test_linger();
	test_interrupted();
	test_files();
	forget(client_identity);
	return done_testing();
}
