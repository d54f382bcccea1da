/* SPDX-License-Identifier: ISC */
/* links: auth-helper/speak_ssh.c auth-helper/line.c */
/*
 * Commands given to ssh, with a judge and a wiping function that are made up here: what they ask for, what is
 * answered, what ssh ends with, and that secrets do not stay.
 */
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth-helper/line.h"
#include "auth-helper/speak_ssh.h"
#include "tests/unit/tap.h"

#define A10	"aaaaaaaaaa"
#define A50	A10 A10 A10 A10 A10
#define A250	A50 A50 A50 A50 A50
#define A500	A250 A250
#define JUDGED	20

static struct request judged[JUDGED];
static size_t njudged;
static enum status answers[JUDGED];	/* the first is that to LOGIN */
static bool wants_secret;
static enum status hosts_status;
static struct hosts hosts;
static const void *request;		/* where the last LOGIN was */
static bool request_wiped;
static char told[8192];

void
judge_request(struct judge *judge, const struct request *req, struct verdict *verdict)
{
	(void)judge;
	if (req->verb == VERB_LOGIN)
		request = req;
	if (njudged == JUDGED)
		exit(1);
	*verdict = (struct verdict){ .st = answers[njudged], .address = { 4, { 192, 0, 2, 7 } }, .lease = 120,
		.renew = 40, .changed = true, .reason = "because" };
	snprintf(verdict->name, sizeof(verdict->name), "%s", req->name);
	judged[njudged++] = *req;
}

bool
judge_wants_secret(struct judge *judge, const char *account)
{
	(void)judge;
	return wants_secret && strcmp(account, "acct") == 0;
}

enum status
judge_hosts(struct judge *judge, struct hosts *found)
{
	(void)judge;
	*found = hosts;
	return hosts_status;
}

void
secret_wipe(void *bytes, size_t len)
{
	if (bytes == request && len == sizeof(struct request))
		request_wiped = true;
	memset(bytes, 0, len);
}

/* What ssh ends with after a command, when the client sends so much. */
static int
run(const char *account, const char *command, const char *sends, size_t len)
{
	struct ssh_call call = { account, command, -1, -1 };
	int in[2], out[2], code;
	ssize_t got;

	if (pipe(in) != 0 || pipe(out) != 0 || write(in[1], sends, len) != (ssize_t)len)
		exit(1);
	close(in[1]);
	call.in = in[0];
	call.out = out[1];
	memset(judged, 0, sizeof(judged));
	njudged = 0;
	request_wiped = false;
	code = ssh_speak(&call, NULL);
	close(out[1]);
	got = read(out[0], told, sizeof(told) - 1);
	told[got > 0 ? got : 0] = '\0';
	close(in[0]);
	close(out[0]);
	return code;
}

static int
say(const char *command)
{
	return run("acct", command, "", 0);
}

static void
reset(void)
{
	memset(answers, 0, sizeof(answers));
	wants_secret = false;
	hosts_status = ST_OK;
	hosts = (struct hosts){ 2, { "a.test", "b.test" } };
}

/* --- commands --- */

static void
test_commands(void)
{
	static const struct { const char *command; enum verb verb; const char *name, *address, *told; } rows[] = {
		{ "renew h.test", VERB_RENEW, "h.test", "",
		    "250 h.test address=192.0.2.7 family=4 lease=120 renew=40 changed=yes\n" },
		{ "  ReNeW   H.test  192.0.2.9 ", VERB_RENEW, "H.test", "192.0.2.9",
		    "250 H.test address=192.0.2.7 family=4 lease=120 renew=40 changed=yes\n" },
		{ "RELEASE h.test", VERB_RELEASE, "h.test", "", "250 h.test released\n" },
		{ "status h.test", VERB_STATUS, "h.test", "", "250 h.test state=offline\n" },
	};

	reset();
	for (size_t i = 0; i < COUNT(rows); i++) {
		ok(say(rows[i].command) == EX_OK && strcmp(told, rows[i].told) == 0 && njudged == 2,
		    "\"%s\" is answered", rows[i].command);
		ok(judged[0].verb == VERB_LOGIN && strcmp(judged[0].name, "acct") == 0 && judged[0].secret_len == 0,
		    "after a login");
		ok(judged[1].verb == rows[i].verb && strcmp(judged[1].name, rows[i].name) == 0 &&
		    strcmp(judged[1].address, rows[i].address) == 0, "and asks for what was meant");
	}
}

static void
test_no_commands(void)
{
#define WRONG	"501 wrong words for this command\n"
#define UNKNOWN	"500 unknown command\n"
#define NO_LINE	"500 not a line: too long, or not plain ASCII\n"
	static const struct { const char *command, *told; } rows[] = {
		{ "sh", UNKNOWN }, { "sh -c id", UNKNOWN }, { "renews", UNKNOWN }, { "quit", UNKNOWN },
		{ "login", UNKNOWN }, { "login other.test", UNKNOWN }, { "LOGIN other.test secret", UNKNOWN },
		{ "renew;id", UNKNOWN }, { "$(id)", UNKNOWN }, { "internal-sftp", UNKNOWN },
		{ "/usr/lib/openssh/sftp-server", UNKNOWN }, { "scp -t /tmp", UNKNOWN }, { "-h", UNKNOWN },
		{ "renew a b c", WRONG }, { "release a b", WRONG }, { "status a b c d e f g", WRONG },
		{ "renew " A250 "aaaa", WRONG }, { "renew h " A50, WRONG }, { "status h;id x", WRONG },
		{ "renew\nrelease", NO_LINE }, { "renew h\n", NO_LINE }, { "renew\th", NO_LINE },
		{ "renew \x7f", NO_LINE }, { "renew \xc3\xa4", NO_LINE }, { "\x1b[31m", NO_LINE },
		{ "renew\r", NO_LINE },
		{ A500 A10 "aa", UNKNOWN }, { A500 A10 "aaa", NO_LINE }, { A500 A500, NO_LINE },
	};

	reset();
	for (size_t i = 0; i < COUNT(rows); i++)
		ok(say(rows[i].command) == EX_USAGE && njudged == 0 && strcmp(told, rows[i].told) == 0,
		    "row %zu asks for nothing: %.3s", i, rows[i].told);
	for (size_t blanks = 0; blanks < 3; blanks++)
		ok(say(&"  "[blanks]) == EX_USAGE && njudged == 0 && strncmp(told, "usage: ssh ", 11) == 0 &&
		    strlen(told) < 250, "%zu blanks: how it is used", 2 - blanks);
}

/* --- for all hosts --- */

static void
test_all_hosts(void)
{
	reset();
	ok(say("status") == EX_OK && njudged == 3 &&
	    strcmp(told, "250 a.test state=offline\n250 b.test state=offline\n") == 0, "one after the other");
	ok(say("Renew") == EX_OK && judged[1].verb == VERB_RENEW && strcmp(judged[1].name, "a.test") == 0 &&
	    judged[2].address[0] == '\0', "renewed for the peer's address");
	answers[1] = ST_REFUSED;
	ok(say("renew") == EX_NOPERM && njudged == 3 &&
	    strstr(told, "553 address refused: because\n250 b.test ") == told,
	    "one that is refused does not stop the next");
	answers[2] = ST_BUSY;
	ok(say("renew") == EX_NOPERM && strcmp(told, "553 address refused: because\n421 try later\n") == 0,
	    "the first failure is the end");
	answers[1] = ST_OK;
	ok(say("renew") == EX_TEMPFAIL && njudged == 3, "also of a later one");
	hosts.n = 0;
	hosts_status = ST_NOTFOUND;
	ok(say("renew") == EX_NOPERM && njudged == 1 && strcmp(told, "550 the account has no host\n") == 0, "none");
	hosts_status = ST_FULL;
	ok(say("renew") == EX_USAGE && njudged == 1 &&
	    strcmp(told, "501 more than 16 hosts: give the command a host, one at a time\n") == 0, "too many");
	hosts_status = ST_DAMAGED;
	ok(say("renew") == EX_TEMPFAIL && njudged == 1 && strcmp(told, "421 try later\n") == 0, "none to be read");
}

/* --- what ssh ends with --- */

static void
test_codes(void)
{
	static const struct { enum status st; int code; const char *told; } rows[] = {
		{ ST_DENIED, EX_NOPERM, "535 denied\n" },
		{ ST_LIMITED, EX_TEMPFAIL, "421 try later: too many failed logins\n" },
		{ ST_STALE, EX_TEMPFAIL, "421 try later\n" }, { ST_LOCKED, EX_TEMPFAIL, NULL },
		{ ST_FORBIDDEN, EX_NOPERM, "550 not your host\n" }, { ST_REFUSED, EX_NOPERM, NULL },
		{ ST_NOREAPER, EX_TEMPFAIL, NULL }, { ST_FULL, EX_TEMPFAIL, NULL }, { ST_SYSTEM, EX_TEMPFAIL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		reset();
		answers[i % 2] = rows[i / 2].st;
		ok(say("renew h") == rows[i / 2].code && njudged == 1 + i % 2 &&
		    (rows[i / 2].told == NULL || strcmp(told, rows[i / 2].told) == 0), "%d: %s, to %s",
		    rows[i / 2].code, status_text(rows[i / 2].st), i % 2 == 0 ? "LOGIN" : "RENEW");
	}
	reset();
	ok(ssh_speak(&(struct ssh_call){ "acct", "renew h", -1, -1 }, NULL) == EX_IOERR, "nobody takes the answer");
	ok(run(A250 "aaaa", "renew h", "", 0) == EX_OK && judged[0].name[0] == '\0', "an account too long is none");
}

/* --- secrets --- */

static bool
sends(const char *text, size_t len, const char *secret)
{
	const int code = run("acct", "renew h", text, len);

	return code == EX_OK && judged[0].secret_len == strlen(secret) &&
	    memcmp(judged[0].secret, secret, strlen(secret)) == 0 && request_wiped;
}
#define SENDS(text, secret)	sends(text, sizeof(text) - 1, secret)

static bool
is_no_secret(const char *text, size_t len)
{
	return run("acct", "renew h", text, len) == EX_USAGE && njudged == 0 &&
	    strcmp(told, "501 no secret in the first line of standard input: too long, or not plain ASCII\n") == 0;
}
#define NO_SECRET(text)		is_no_secret(text, sizeof(text) - 1)

static void
test_secrets(void)
{
	reset();
	ok(SENDS("sesame\n", ""), "an account that needs none is asked for none");
	wants_secret = true;
	ok(SENDS("sesame\n", "sesame") && SENDS("sesame\r\n", "sesame"), "the first line");
	ok(SENDS("sesame\nopen\n", "sesame"), "and no more");
	ok(SENDS("sesame", "sesame"), "or all there is");
	ok(SENDS("two words\n", "two words"), "with a blank inside");
	ok(SENDS("", "") && SENDS("\n", "") && SENDS("\r\n", "") && SENDS("\nsesame\n", ""), "none");
	ok(SENDS(A250 "aaaaaa\r\n", A250 "aaaaaa") && SENDS(A250 "aaaaaa", A250 "aaaaaa"), "of 256 bytes");
	ok(NO_SECRET(A250 "aaaaaaa\n") && NO_SECRET(A250 "aaaaaaa") && NO_SECRET(A500 A500 "\n"),
	    "not of 257 and more");
	ok(NO_SECRET("se\0same\n") && NO_SECRET("se\rsame\n") && NO_SECRET("s\xc3\xa4same\n") && NO_SECRET("\t\n"),
	    "nor with other bytes than plain ones");
	answers[0] = ST_DENIED;
	ok(run("acct", "renew h", "guess\n", 6) == EX_NOPERM && request_wiped, "wiped when it was wrong");
}

int
main(void)
{
	test_commands();
	test_no_commands();
	test_all_hosts();
	test_codes();
	test_secrets();
	return done_testing();
}
