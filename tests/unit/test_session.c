/* SPDX-License-Identifier: ISC */
/* links: auth-helper/session.c auth-helper/speak_line.c auth-helper/line.c */
/*
 * The conversation with a channel, a judge and a wiping function that are made up here: how bytes become lines and
 * lines requests, however they arrive; what is answered to each verdict; and that secrets do not stay.
 */
#include <string.h>

#include "auth-helper/session.h"
#include "tests/unit/tap.h"

#define TEXT(s)	s, sizeof(s) - 1
#define A10	"aaaaaaaaaa"
#define A50	A10 A10 A10 A10 A10
#define A250	A50 A50 A50 A50 A50
#define A500	A250 A250
#define SECRET	"open-sesame"
#define JUDGED	20

/* What a client sends, at most step bytes a read, and what it is told. */
struct channel {
	const char	*sends;
	size_t		 len, step, at;
	enum status	 ends;		/* after the last byte */
	enum status	 refuses;	/* to be written to */
	char		 told[4096];
	size_t		 ntold;
	char		*first;		/* where the first read put its bytes */
	unsigned	 seen;		/* reads and writes at which the buffer still held SECRET */
};

static struct session session;		/* of those conversations that do not make their own */
static struct verdict verdict;		/* the next ones */
static struct request judged[JUDGED];
static size_t njudged;
static const struct request *request;	/* where the last one was */
static bool request_wiped;
static void *wiped;			/* the last time */
static size_t wiped_len;

static void
look_for_secret(struct channel *c)
{
	if (memmem(session.buf, sizeof(session.buf), SECRET, strlen(SECRET)) != NULL)
		c->seen++;
}

enum status
channel_read(struct channel *c, void *buf, size_t size, size_t *got)
{
	size_t n = c->len - c->at;

	look_for_secret(c);
	*got = 0;
	if (c->first == NULL)
		c->first = buf;
	if (n == 0)
		return c->ends;
	n = n < c->step ? n : c->step;
	n = n < size ? n : size;
	memcpy(buf, c->sends + c->at, n);
	c->at += n;
	*got = n;
	return ST_OK;
}

enum status
channel_write(struct channel *c, const void *bytes, size_t len)
{
	look_for_secret(c);
	if (c->refuses != ST_OK)
		return c->refuses;
	if (len >= sizeof(c->told) - c->ntold)
		return ST_FULL;
	memcpy(c->told + c->ntold, bytes, len);
	c->ntold += len;
	c->told[c->ntold] = '\0';
	return ST_OK;
}

void
judge_request(struct judge *judge, const struct request *req, struct verdict *out)
{
	(void)judge;
	request = req;
	request_wiped = false;
	if (njudged < JUDGED)
		judged[njudged] = *req;
	njudged++;
	*out = verdict;
}

void
secret_wipe(void *bytes, size_t len)
{
	if (bytes == request && len == sizeof(*request))
		request_wiped = true;
	wiped = bytes;
	wiped_len = len;
	memset(bytes, 0, len);
}

static void
forget_all(void)
{
	memset(judged, 0, sizeof(judged));
	njudged = 0;
	request = NULL;
	request_wiped = false;
	wiped = NULL;
	wiped_len = 0;
}

static struct channel
client(const char *sends, size_t len, size_t step)
{
	return (struct channel){ .sends = sends, .len = len, .step = step, .ends = ST_CLOSED };
}

/* A whole conversation. */
static enum status
talk(struct channel *c)
{
	forget_all();
	return session_run(c, NULL);
}

/* A whole conversation in a session that can be looked at. */
static enum status
talk_openly(struct channel *c)
{
	forget_all();
	memset(&session, 0, sizeof(session));
	session.channel = c;
	return line_speak(&session);
}

static bool
told(const struct channel *c, const char *want)
{
	if (strcmp(c->told, want) == 0)
		return true;
	printf("# told: %s# wanted: %s", c->told, want);
	return false;
}

static void
set_verdict(enum status st)
{
	verdict = (struct verdict){ .st = st, .name = "h.test", .address = { 4, { 192, 0, 2, 7 } }, .lease = 120,
		.renew = 40, .changed = true, .reason = "because" };
}

/* --- lines --- */

static const struct {
	const char	*bytes;
	size_t		 len;
	const char	*line;		/* NULL: ST_INVALID */
	const char	*what;
} lines[] = {
	{ TEXT("word\n"), "word", "LF" },
	{ TEXT("word\r\n"), "word", "CR LF" },
	{ TEXT("\n"), "", "nothing" },
	{ TEXT("\r\n"), "", "nothing but its end" },
	{ TEXT(" ~\n"), " ~", "the first and the last plain byte" },
	{ TEXT("a\r\r\n"), NULL, "two CR" },
	{ TEXT("a\rb\n"), NULL, "a bare CR" },
	{ TEXT("\ra\n"), NULL, "a CR first" },
	{ TEXT("a\0b\n"), NULL, "a NUL" },
	{ TEXT("\0\n"), NULL, "nothing but a NUL" },
	{ TEXT("a\0\r\n"), NULL, "a NUL before its end" },
	{ TEXT("a\tb\n"), NULL, "a tab" },
	{ TEXT("a\x1f\n"), NULL, "the byte before the blank" },
	{ TEXT("a\x7f\n"), NULL, "DEL" },
	{ TEXT("a\x80\n"), NULL, "the first byte that is not ASCII" },
	{ TEXT("a\xff\n"), NULL, "the last byte" },
	{ TEXT("\303\244\n"), NULL, "UTF-8" },
	{ TEXT(A500 A10 "a\n"), A500 A10 "a", "512 bytes" },
	{ TEXT(A500 A10 "\r\n"), A500 A10, "512 bytes with CR LF" },
};

static void
test_lines(void)
{
	static const size_t steps[] = { 1, 2, 511, 2000 };
	char sends[600], *line;
	enum status st;

	for (size_t i = 0; i < COUNT(lines) * COUNT(steps); i++) {
		const size_t row = i / COUNT(steps), step = steps[i % COUNT(steps)];
		struct channel c = client(sends, lines[row].len + 5, step);
		struct session s = { .channel = &c };

		memcpy(sends, lines[row].bytes, lines[row].len);
		memcpy(sends + lines[row].len, "next\n", 5);
		st = session_line(&s, &line);
		if (lines[row].line == NULL)
			ok(st == ST_INVALID, "no line, %zu a read: %s", step, lines[row].what);
		else
			ok(st == ST_OK && strcmp(line, lines[row].line) == 0, "a line, %zu a read: %s", step,
			    lines[row].what);
		ok(session_line(&s, &line) == ST_OK && strcmp(line, "next") == 0, "the next line follows it");
		ok(session_line(&s, &line) == ST_CLOSED && session_line(&s, &line) == ST_CLOSED, "and no third");
	}
}

/* Any byte in a line: 95 are plain, LF ends it. */
static void
test_bytes(void)
{
	unsigned good = 0;
	char *line;

	for (unsigned byte = 0; byte < 256; byte++) {
		const char sends[] = { 'a', (char)byte, 'b', '\n' };
		struct channel c = client(sends, sizeof(sends), 4);
		struct session s = { .channel = &c };

		good += session_line(&s, &line) == ST_OK && strlen(line) == 3 && byte >= 0x20 && byte <= 0x7e;
		if (byte == '\n')
			ok(strcmp(line, "a") == 0, "LF ends a line");
	}
	ok(good == 95, "95 bytes may stand in a line: %u", good);
}

static void
test_long_lines(void)
{
	static const size_t steps[] = { 1, 500, 512, 513, 2000 };
	char *line;

	for (size_t i = 0; i < COUNT(steps); i++) {
		struct channel c = client(TEXT(A500 A10 "aa\nnext\n"), steps[i]);
		struct session s = { .channel = &c };

		ok(session_line(&s, &line) == ST_INVALID, "513 bytes are too long, %zu a read", steps[i]);
		c = client(TEXT(A500 A10 "a\r\nnext\n"), steps[i]);
		s = (struct session){ .channel = &c };
		ok(session_line(&s, &line) == ST_INVALID, "513 bytes with CR LF, %zu a read", steps[i]);
		c = client(TEXT(A500 A500 A500), steps[i]);
		s = (struct session){ .channel = &c };
		ok(session_line(&s, &line) == ST_INVALID && c.at <= sizeof(s.buf), "1500 bytes without end, %zu a read",
		    steps[i]);
		c = client(TEXT(A500 A10 "aa"), steps[i]);
		c.ends = ST_TIMEOUT;
		s = (struct session){ .channel = &c };
		ok(session_line(&s, &line) == ST_INVALID, "512 bytes without end: no other is waited for, %zu a read",
		    steps[i]);
		c = client(TEXT(A500), steps[i]);
		s = (struct session){ .channel = &c };
		ok(session_line(&s, &line) == ST_CLOSED, "a cut line, %zu a read", steps[i]);
		c.ends = ST_TIMEOUT;
		ok(session_line(&s, &line) == ST_TIMEOUT, "what ended the channel is told");
	}
}

/* --- conversations that must not depend on how the bytes arrive --- */

static const struct {
	const char	*sends;
	size_t		 len;
	size_t		 asks;		/* how many requests are judged */
	enum status	 st;
	const char	*told;
	const char	*what;
} talks[] = {
#define LOGIN		"LOGIN h.test " SECRET "\n"
#define WELCOME		"250 h.test\n"
#define RENEWED		"250 h.test address=192.0.2.7 family=4 lease=120 renew=40 changed=yes\n"
#define RELEASED	"250 h.test released\n"
#define WRONG		"501 wrong words for this command\n"
#define UNKNOWN		"500 unknown command\n"
#define NO_LINE		"500 not a line: too long, or not plain ASCII\n"
#define BYE		"221 bye\n"
	{ TEXT(LOGIN "RENEW h.test\nRELEASE h.test\nQUIT\n"), 3, ST_OK, WELCOME RENEWED RELEASED BYE, "a life" },
	{ TEXT("login h.test x\r\n  rEnew   h.test  192.0.2.7 \r\nquit\r\n"), 2, ST_OK, WELCOME RENEWED BYE,
	    "small letters, blanks and CR LF" },
	{ TEXT("QUIT\nRENEW h.test\n"), 0, ST_OK, BYE, "nothing is read after QUIT" },
	{ TEXT("RENEW h.test"), 0, ST_CLOSED, "", "a cut command" },
	{ TEXT(LOGIN "RENEW h.test 192.0.2.1"), 1, ST_CLOSED, WELCOME, "a command cut in its address" },
	{ TEXT(LOGIN "RENEW h.test\r"), 1, ST_CLOSED, WELCOME, "a command cut before its LF" },
	{ TEXT(LOGIN), 1, ST_CLOSED, WELCOME, "no farewell" },
	{ TEXT(LOGIN "RENEW h\0.test\nRENEW h.test\n"), 1, ST_PROTOCOL, WELCOME NO_LINE, "a NUL ends it" },
	{ TEXT(LOGIN "RENEW h.test\rRENEW h.test\nQUIT\n"), 1, ST_PROTOCOL, WELCOME NO_LINE, "so does a bare CR" },
	{ TEXT(LOGIN A500 A10 "aa\nRENEW h.test\n"), 1, ST_PROTOCOL, WELCOME NO_LINE, "and a line of 513 bytes" },
	{ TEXT(LOGIN A500 A500 A500 "\nRENEW h.test\n"), 1, ST_PROTOCOL, WELCOME NO_LINE, "and of 1501" },
	{ TEXT(A500 A10 "a\nQUIT\n"), 0, ST_OK, UNKNOWN BYE, "a line of 512 bytes is one" },
	{ TEXT("\n  \nQUIT\n"), 0, ST_OK, "500 no command\n500 no command\n" BYE, "lines without a word" },
	{ TEXT("HELO\nLOGINS h x\nLOGI h x\nQUIT\n"), 0, ST_PROTOCOL, UNKNOWN UNKNOWN UNKNOWN, "three errors" },
	{ TEXT("LOGIN\nRENEW\nQUIT\n"), 0, ST_OK, WRONG WRONG BYE, "too few words" },
	{ TEXT("LOGIN a b c\nRENEW a b c\nQUIT\n"), 0, ST_OK, WRONG WRONG BYE, "too many words" },
	{ TEXT("RELEASE a b\nSTATUS a b\nQUIT\n"), 0, ST_OK, WRONG WRONG BYE, "one word too many" },
	{ TEXT("STATUS a b c d e f g h\nSTATUS\nQUIT\n"), 0, ST_OK, WRONG WRONG BYE, "many too many, and none" },
	{ TEXT("RELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\n"
	    "RELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nQUIT\n"), 15, ST_OK,
	    RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED
	    RELEASED RELEASED RELEASED BYE, "16 commands" },
	{ TEXT("RELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\n"
	    "RELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nRELEASE a\nQUIT\n"), 16,
	    ST_PROTOCOL, RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED
	    RELEASED RELEASED RELEASED RELEASED RELEASED RELEASED "421 too many commands\n", "17 commands" },
};

static bool
same_requests(const struct request *before, size_t n)
{
	return n == njudged && memcmp(before, judged, sizeof(judged)) == 0;
}

static void
test_talks(void)
{
	struct request once[JUDGED];
	size_t nonce;

	set_verdict(ST_OK);
	for (size_t i = 0; i < COUNT(talks); i++) {
		struct channel c = client(talks[i].sends, talks[i].len, talks[i].len);
		unsigned differ = 0;

		ok(talk(&c) == talks[i].st && told(&c, talks[i].told) && njudged == talks[i].asks, "%s", talks[i].what);
		memcpy(once, judged, sizeof(once));
		nonce = njudged;
		for (size_t step = 1; step < talks[i].len; step++) {
			c = client(talks[i].sends, talks[i].len, step);
			differ += talk(&c) != talks[i].st || !told(&c, talks[i].told) || !same_requests(once, nonce);
		}
		ok(differ == 0, "%s: the same from 1 to %zu bytes a read", talks[i].what, talks[i].len - 1);
	}
}

/* Cut after each byte: whole lines are judged, and nothing else. */
static void
test_cuts(void)
{
	static const char life[] = LOGIN "RENEW h.test 192.0.2.10\nRELEASE h.test\nSTATUS h.test\n";
	unsigned bad = 0;

	set_verdict(ST_OK);
	for (size_t len = 0; len < sizeof(life); len++) {
		struct channel c = client(life, len, 7);
		size_t whole = 0;

		for (size_t i = 0; i < len; i++)
			whole += life[i] == '\n';
		bad += talk(&c) != ST_CLOSED || njudged != whole;
	}
	ok(bad == 0, "a conversation cut after any byte asks for what was whole");
}

/* --- requests --- */

static bool
asks(const char *line, enum verb verb, const char *name, const char *address, const char *secret)
{
	struct channel c = client(line, strlen(line), 100);
	const struct request *req = &judged[0];

	talk(&c);
	return njudged == 1 && req->verb == verb && strcmp(req->name, name) == 0 &&
	    strcmp(req->address, address) == 0 && req->secret_len == strlen(secret) &&
	    memcmp(req->secret, secret, req->secret_len) == 0;
}

static bool
is_wrong(const char *line)
{
	struct channel c = client(line, strlen(line), 100);

	talk(&c);
	return njudged == 0 && told(&c, WRONG);
}

static void
test_requests(void)
{
	set_verdict(ST_OK);
	ok(asks("LOGIN H.test Se;cr#et=\n", VERB_LOGIN, "H.test", "", "Se;cr#et="), "LOGIN, as it was written");
	ok(asks("LOGIN h.test\n", VERB_LOGIN, "h.test", "", ""), "LOGIN without a secret");
	ok(asks("RENEW h.test\n", VERB_RENEW, "h.test", "", ""), "RENEW");
	ok(asks("RENEW h.test 2001:db8::1\n", VERB_RENEW, "h.test", "2001:db8::1", ""), "RENEW with an address");
	ok(asks("RELEASE h.test\n", VERB_RELEASE, "h.test", "", ""), "RELEASE");
	ok(asks("STATUS h.test\n", VERB_STATUS, "h.test", "", ""), "STATUS");
	ok(asks("LOGIN " A250 "aaa s\n", VERB_LOGIN, A250 "aaa", "", "s"), "a name of 253 bytes");
	ok(is_wrong("LOGIN " A250 "aaaaa s\n"), "a name that is longer than any");
	ok(asks("LOGIN h " A250 "aaaaaa\n", VERB_LOGIN, "h", "", A250 "aaaaaa"), "a secret of 256 bytes");
	ok(is_wrong("LOGIN h " A250 "aaaaaaa\n"), "a secret of 257 bytes");
	ok(asks("RENEW h 0000:0000:0000:0000:0000:ffff:255.255.255.255\n", VERB_RENEW, "h",
	    "0000:0000:0000:0000:0000:ffff:255.255.255.255", ""), "the longest address");
	ok(is_wrong("RENEW h " A50 "\n"), "an address that is longer than any");
}

/* --- answers --- */

static const struct {
	enum status	 st;
	const char	*told;
} refusals[] = {
	{ ST_DENIED, "535 denied\n" },
	{ ST_FORBIDDEN, "550 not your host\n" },
	{ ST_REFUSED, "553 address refused: because\n" },
	{ ST_INVALID, "503 LOGIN comes first, and once\n" },
	{ ST_LIMITED, "421 try later: too many failed logins\n" },
	{ ST_NOREAPER, "421 try later: nothing new is granted now\n" },
	{ ST_FULL, "421 try later: full\n" },
	{ ST_BUSY, "421 try later\n" },
	{ ST_STALE, "421 try later\n" },
	{ ST_SUPERSEDED, "421 try later\n" },
	{ ST_DAMAGED, "421 try later\n" },
	{ ST_NOTFOUND, "421 try later\n" },
	{ ST_SYSTEM, "421 try later\n" },
	{ ST_NOMEM, "421 try later\n" },
};

static void
test_refusals(void)
{
	static const char *const sends[] = { "LOGIN who.test x\n", "RENEW who.test\n", "RELEASE who.test\n",
		"STATUS who.test\n" };

	for (size_t i = 0; i < COUNT(refusals); i++) {
		set_verdict(refusals[i].st);
		for (size_t j = 0; j < COUNT(sends); j++) {
			struct channel c = client(sends[j], strlen(sends[j]), 100);

			ok(talk(&c) == ST_CLOSED && told(&c, refusals[i].told), "%.5s: %.*s", sends[j],
			    (int)strcspn(refusals[i].told, "\n"), refusals[i].told);
		}
	}
	set_verdict(ST_INVALID);
	struct channel c = client(TEXT("RENEW a\nRENEW a\nRENEW a\nRENEW a\n"), 9);
	ok(talk(&c) == ST_PROTOCOL && njudged == 3, "what comes before LOGIN counts as an error");
	set_verdict(ST_FORBIDDEN);
	c = client(TEXT("RENEW a\nRENEW a\nRENEW a\nRENEW a\nQUIT\n"), 9);
	ok(talk(&c) == ST_OK && njudged == 4, "a refusal does not");
}

static bool
status_says(const char *want)
{
	struct channel c = client(TEXT("STATUS h.test\n"), 100);

	talk(&c);
	return told(&c, want);
}

static void
test_answers(void)
{
	struct channel c;

	set_verdict(ST_OK);
	verdict.changed = false;
	verdict.address = (struct address){ 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	c = client(TEXT("RENEW h.test\n"), 100);
	talk(&c);
	ok(told(&c, "250 h.test address=2001:db8::1 family=6 lease=120 renew=40 changed=no\n"), "RENEW, unchanged");
	ok(status_says("250 h.test state=offline\n"), "STATUS of a host that is not there");
	verdict.standing[1] = (struct standing){ true, { 6, { [0] = 0xff, [15] = 1 } }, 4294967295U };
	ok(status_says("250 h.test state=live address=ff00::1 left=4294967295\n"), "of one that is there on IPv6");
	verdict.standing[0] = (struct standing){ true, { 4, { 192, 0, 2, 1 } }, 9 };
	ok(status_says("250 h.test state=live address=192.0.2.1 left=9 address=ff00::1 left=4294967295\n"),
	    "on both, IPv4 first");
	verdict.standing[1].live = false;
	ok(status_says("250 h.test state=live address=192.0.2.1 left=9\n"), "on IPv4");
	memset(verdict.name, 'n', sizeof(verdict.name) - 1);
	for (size_t i = 0; i < 2; i++) {
		verdict.standing[i] = (struct standing){ true, { 6, { 0 } }, 4294967295U };
		memset(verdict.standing[i].address.bytes, 0xff, 16);
	}
	c = client(TEXT("STATUS h.test\nQUIT\n"), 100);
	ok(talk(&c) == ST_OK && c.ntold == 4 + 253 + 11 + 2 * (9 + 39 + 6 + 10) + 1 + strlen(BYE),
	    "the longest answer fits: %zu", c.ntold);
}

static void
test_say(void)
{
	struct channel c = client("", 0, 1);
	struct session s = { .channel = &c };

	ok(session_say(&s, "%d %s", 250, "x") == ST_OK && told(&c, "250 x\n"), "an answer is a line");
	c = client("", 0, 1);
	ok(session_say(&s, "%s", A500 A10) == ST_OK && c.ntold == 511, "of 511 bytes");
	c = client("", 0, 1);
	ok(session_say(&s, "%s", A500 A10 A10) == ST_INVALID && c.ntold == 0, "and never a cut one");
}

/* A channel that is broken in one direction. */
static void
test_broken(void)
{
	struct channel c = client("", 0, 1);

	set_verdict(ST_OK);
	ok(talk(&c) == ST_CLOSED && c.ntold == 0, "who says nothing is told nothing");
	c.ends = ST_PROTOCOL;
	ok(talk(&c) == ST_PROTOCOL && c.ntold == 0, "nor who breaks off");
	c = client(TEXT(LOGIN "RENEW h.test\n"), 100);
	c.refuses = ST_CLOSED;
	ok(talk(&c) == ST_CLOSED && njudged == 1, "who does not take an answer is not asked for more");
	c = client(TEXT("a\tb\n"), 100);
	c.refuses = ST_TIMEOUT;
	ok(talk(&c) == ST_TIMEOUT, "not even to be told off");
}

/* --- secrets --- */

static void
test_secrets(void)
{
	static const size_t steps[] = { 1, 3, 100 };
	struct channel c;

	for (size_t i = 0; i < COUNT(steps) * 2; i++) {
		set_verdict(i % 2 == 0 ? ST_OK : ST_DENIED);
		c = client(TEXT(LOGIN "STATUS h.test\nQUIT\n"), steps[i / 2]);
		/* One byte a read: seen at no read but those before its line is whole. */
		ok(talk_openly(&c) == ST_OK && njudged == 2 && c.seen <= 1,
		    "used up before it is answered, %zu a read%s", steps[i / 2], i % 2 == 0 ? "" : ", denied");
		ok(memmem(judged, sizeof(judged[0]), TEXT(SECRET)) != NULL, "it was judged");
		ok(memmem(&judged[1], sizeof(judged[1]), TEXT(SECRET)) == NULL && judged[1].secret[0] == 0,
		    "the next request does not have it");
		ok(memmem(session.buf, sizeof(session.buf), TEXT(SECRET)) == NULL, "nor the buffer at the end");
		ok(request_wiped, "the request is wiped");
	}
	set_verdict(ST_OK);
	c = client(TEXT("STATUS h.test\n" LOGIN "STATUS h.test\nQUIT\n"), 200);
	ok(talk_openly(&c) == ST_OK && c.seen == 1, "sent in advance, it is there until its turn and no longer");
	ok(talk_openly(&(struct channel){ .sends = LOGIN, .len = strlen(LOGIN), .step = 100, .ends = ST_CLOSED }) ==
	    ST_CLOSED && memmem(session.buf, sizeof(session.buf), TEXT(SECRET)) == NULL, "cut off after it");
	for (size_t step = 1; step <= 30; step += 29) {	/* a byte, or the line */
		c = client(TEXT("LOGIN h.test " SECRET " word\nQUIT\n"), step);
		talk_openly(&c);
		ok(memmem(session.buf, sizeof(session.buf), TEXT(SECRET)) == NULL,
		    "in a wrong command, it is gone with the next read, %zu a read", step);
	}
}

static void
test_wiped_end(void)
{
	static const char *const ends[] = { (LOGIN "QUIT\n"), LOGIN, ("LOGIN h.test " SECRET), "\t\n", "a\nb\nc\n" };

	set_verdict(ST_OK);
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct channel c = client(ends[i], strlen(ends[i]), 100);

		talk(&c);
		ok(c.first != NULL && wiped == c.first && wiped_len == sizeof(session.buf),
		    "the last act is to wipe the whole buffer, row %zu", i);
	}
}

static void
test_dialects(void)
{
	const struct dialect *last = dialects;

	while (last->name != NULL && last[1].name != NULL)
		last++;
	ok(last->name != NULL && last->recognise("\xff", 1) && last->recognise("", 0),
	    "the last row takes whatever comes");
}

int
main(void)
{
	test_lines();
	test_bytes();
	test_long_lines();
	test_talks();
	test_cuts();
	test_requests();
	test_refusals();
	test_answers();
	test_say();
	test_broken();
	test_secrets();
	test_wiped_end();
	test_dialects();
	return done_testing();
}
