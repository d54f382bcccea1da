/* SPDX-License-Identifier: ISC */
/*
 * A command of the line dialect, given to ssh in the place of a shell's. Without a host it is for all hosts of the
 * account. The words are in line.c; nothing of them reaches a shell.
 */
#include "speak_ssh.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/secret.h"

#include "line.h"

#define TEXT_OF(number)	#number
#define NUMBER(macro)	TEXT_OF(macro)

static const char usage[] =
    "usage: ssh USER@SERVER renew [HOST [ADDRESS]]\n"
    "       ssh USER@SERVER release [HOST]\n"
    "       ssh USER@SERVER status [HOST]\n"
    "without HOST: all hosts of the account\n";

_Static_assert(sizeof(((struct environment *)NULL)->ssh_command) > LINE_SIZE + 1, "too long could not be told");

/* EX_OK, EX_IOERR. */
static int
put(const struct ssh_call *call, const char *text, size_t len)
{
	ssize_t done;

	while (len > 0) {
		if ((done = write(call->out, text, len)) < 0 && errno != EINTR)
			return EX_IOERR;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return EX_OK;
}

/* A line, and what the client's ssh is to end with because of it. */
static int
say(const struct ssh_call *call, const char *text, int code)
{
	char line[LINE_SIZE + 1];
	const int len = snprintf(line, sizeof(line), "%s\n", text);
	const int written = put(call, line, (size_t)len);

	return written == EX_OK ? code : written;
}

static int
code_of(enum status st)
{
	switch (st) {
	case ST_OK:
		return EX_OK;
	case ST_DENIED:
	case ST_FORBIDDEN:
	case ST_REFUSED:
		return EX_NOPERM;
	case ST_INVALID:
		return EX_USAGE;
	default:
		return EX_TEMPFAIL;
	}
}

/* *all: it names no host, and req->name is still to be filled in. */
static int
read_command(const struct ssh_call *call, struct request *req, bool *all)
{
	char command[LINE_SIZE + 2], *words[LINE_WORDS] = { NULL };
	const size_t len = strnlen(call->command, sizeof(command));
	char nobody[] = "";
	const char *wrong;
	size_t n;

	if (len > LINE_SIZE || !line_is_plain(call->command, len))
		return say(call, "500 not a line: too long, or not plain ASCII", EX_USAGE);
	memcpy(command, call->command, len + 1);
	n = line_split(command, words);
	if (n == 0)
		return put(call, usage, strlen(usage)) == EX_OK ? EX_USAGE : EX_IOERR;
	if ((*all = n == 1))
		words[n++] = nobody;
	if ((wrong = line_request(words, n, req)) == NULL && req->verb == VERB_LOGIN)
		wrong = "500 unknown command";
	return wrong == NULL ? EX_OK : say(call, wrong, EX_USAGE);
}

/* The first line that there is to read, or all there is if that has no end. ST_INVALID: it can be no secret. */
static enum status
read_secret(int fd, struct request *req)
{
	char buf[SECRET_SIZE + 1];	/* with CR and LF */
	enum status st = ST_INVALID;
	char *end = NULL;
	size_t len = 0;
	ssize_t got = 1;

	while (end == NULL && len < sizeof(buf) && got > 0) {
		while ((got = read(fd, buf + len, sizeof(buf) - len)) < 0 && errno == EINTR)
			;
		if (got > 0) {
			end = memchr(buf + len, '\n', (size_t)got);
			len += (size_t)got;
		}
	}
	if (end != NULL)
		len = (size_t)(end - buf);
	if (end != NULL && len > 0 && buf[len - 1] == '\r')
		len--;
	if (len < sizeof(req->secret) && line_is_plain(buf, len)) {
		memcpy(req->secret, buf, len);
		req->secret_len = len;
		st = ST_OK;
	}
	secret_wipe(buf, sizeof(buf));
	return st;
}

/* What sshd's word is worth, and a secret for accounts that need one as well: success has no answer of its own. */
static int
log_in(const struct ssh_call *call, struct judge *judge)
{
	struct request req = { .verb = VERB_LOGIN };
	char text[LINE_SIZE];
	struct verdict verdict;

	if (judge_wants_secret(judge, call->account) && read_secret(call->in, &req) != ST_OK)
		return say(call, "501 no secret in the first line of standard input: too long, or not plain ASCII",
		    EX_USAGE);
	if ((size_t)snprintf(req.name, sizeof(req.name), "%s", call->account) >= sizeof(req.name))
		req.name[0] = '\0';
	judge_request(judge, &req, &verdict);
	secret_wipe(&req, sizeof(req));
	if (verdict.st == ST_OK)
		return EX_OK;
	return say(call, line_answer(VERB_LOGIN, &verdict, text), code_of(verdict.st));
}

static int
ask(const struct ssh_call *call, struct judge *judge, const struct request *req)
{
	char text[LINE_SIZE];
	struct verdict verdict;

	judge_request(judge, req, &verdict);
	return say(call, line_answer(req->verb, &verdict, text), code_of(verdict.st));
}

static int
ask_for_all(const struct ssh_call *call, struct judge *judge, struct request *req)
{
	struct hosts hosts = { .n = 0 };
	const enum status st = judge_hosts(judge, &hosts);
	int code = EX_OK, one = EX_OK;

	if (st == ST_NOTFOUND)
		return say(call, "550 the account has no host", EX_NOPERM);
	if (st == ST_FULL)
		return say(call, "501 more than " NUMBER(HOSTS_MAX) " hosts: give the command a host, one at a time",
		    EX_USAGE);
	if (st != ST_OK)
		return say(call, "421 try later", EX_TEMPFAIL);
	for (size_t i = 0; i < hosts.n && one != EX_IOERR; i++) {
		snprintf(req->name, sizeof(req->name), "%s", hosts.name[i]);
		one = ask(call, judge, req);
		if (code == EX_OK || one == EX_IOERR)
			code = one;
	}
	return code;
}

int
ssh_speak(const struct ssh_call *call, struct judge *judge)
{
	struct request req;
	bool all = false;
	int code;

	if ((code = read_command(call, &req, &all)) != EX_OK || (code = log_in(call, judge)) != EX_OK)
		return code;
	return all ? ask_for_all(call, judge, &req) : ask(call, judge, &req);
}
