/* SPDX-License-Identifier: ISC */
/*
 * The diagnoses. The words of servers and libraries are passed on as they are; report.c escapes.
 */
#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
	const char	*part;	/* of what OpenSSL says */
	const char	*hint;
} certificate_hints[] = {
	{ "is known here", "if the server's operator has replaced it, replace it here, too" },
	{ "does not know it", "if the server's operator says that this is the one, add it there" },
	{ "not yet valid", "is the clock of this machine right?" },
	{ "has expired", "the server needs a new one (or is the clock of this machine wrong?)" },
	{ "hostname mismatch", "it is for another name than the section says" },
	{ "IP address mismatch", "it is not for that address: call the section by the server's name" },
	{ "self-signed", "its issuer is unknown here: give the issuer's certificate as ca" },
	{ "self signed", "its issuer is unknown here: give the issuer's certificate as ca" },
	{ "issuer certificate", "its issuer is unknown here: give the issuer's certificate as ca" },
	{ "first certificate", "its issuer is unknown here: give the issuer's certificate as ca" },
	{ NULL, NULL }
};

/* "dyn.example.net (192.0.2.1 port 8245)" */
static const char *
place_text(const struct problem_place *place, char *buf, size_t size)
{
	if (place->server->via.argv[0] != NULL)
		snprintf(buf, size, "%s (via %.60s)", place->server->name, place->server->via.argv[0]);
	else if (place->address == NULL)
		snprintf(buf, size, "%s", place->server->name);
	else
		snprintf(buf, size, "%s (%s port %u)", place->server->name, place->address, place->server->port);
	return buf;
}

#define PLACE_TEXT	(NAME_SIZE + ADDRESS_TEXT + 48)
#define HINT_TEXT	(FINGERPRINT_SIZE + 160)

bool
problem_is_no_route(int error)
{
	return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

void
problem_resolve(struct report *r, const struct server *server, enum status st, const char *why)
{
	const char *target = server_target(server);

	switch (st) {
	case ST_NOTFOUND:
		report_add(r, EX_NOHOST, false, "%s: the name does not resolve (%s): is it spelled right?", target, why);
		break;
	case ST_TIMEOUT:
		report_add(r, EX_TEMPFAIL, false, "%s: the name did not resolve within %u s: is the network up?", target,
		    server->timeout);
		break;
	case ST_BUSY:
		report_add(r, EX_TEMPFAIL, false, "%s: the name cannot be resolved now (%s): is the network up?", target,
		    why);
		break;
	default:
		report_add(r, EX_OSERR, false, "%s: resolving the name: %s", target, why);
	}
}

void
problem_connect(struct report *r, const struct problem_place *place, enum status st, int error)
{
	char buf[PLACE_TEXT];
	const char *where = place_text(place, buf, sizeof(buf));

	if (place->server->via.argv[0] != NULL)
		report_add(r, EX_CONFIG, false, "%s: the command cannot be run: %s", where, strerror(error));
	else if (st == ST_TIMEOUT || error == ETIMEDOUT)
		report_add(r, EX_TEMPFAIL, false, "%s: timed out while connecting: is it up, does a firewall drop it?", where);
	else if (problem_is_no_route(error))
		report_add(r, EX_UNAVAILABLE, true, "%s: there is no way to that address from here (%s)", where,
		    strerror(error));
	else if (error == ECONNREFUSED)
		report_add(r, EX_UNAVAILABLE, false, "%s: connection refused: does the server run, and on that port?", where);
	else
		report_add(r, EX_UNAVAILABLE, false, "%s: cannot connect: %s", where, strerror(error));
}

static const char *
certificate_hint(const char *why)
{
	size_t i;

	for (i = 0; certificate_hints[i].part != NULL; i++)
		if (strstr(why, certificate_hints[i].part) != NULL)
			return certificate_hints[i].hint;
	return "ask the server's operator";
}

void
problem_channel(struct report *r, const struct problem_place *place, enum status st, const char *why)
{
	char buf[PLACE_TEXT];
	const char *where = place_text(place, buf, sizeof(buf));

	switch (st) {
	case ST_UNTRUSTED:
		report_add(r, EX_PROTOCOL, false, "%s: its certificate is not accepted: %s; %s", where, why,
		    certificate_hint(why));
		break;
	case ST_TIMEOUT:
		report_add(r, EX_TEMPFAIL, false, "%s: timed out while %s: it will be tried again next time", where,
		    place->doing);
		break;
	case ST_CLOSED:
		report_add(r, EX_TEMPFAIL, false, "%s: %s while %s: %s", where, why, place->doing,
		    place->server->via.argv[0] != NULL ? "did the command get through?" : "it may be busy, try again later");
		break;
	case ST_PROTOCOL:
		report_add(r, EX_PROTOCOL, false, "%s: %s: is that the port of dynlease?", where, why);
		break;
	default:
		report_add(r, EX_OSERR, false, "%s: %s while %s", where, *why != '\0' ? why : status_text(st), place->doing);
	}
}

/* What there is to check after a denial: of all that was sent or shown, the server does not say what it minds. */
static const char *
denied_hint(const struct problem_place *place, char *buf, size_t size)
{
	const bool secret = *place->server->secret != '\0';

	if (!place->identity->shown)
		return "check account and secret, and whether a key or certificate is asked for there";
	snprintf(buf, size, "check account, %scertificate or key %s%s%s", secret ? "secret, " : "",
	    place->identity->fingerprint, secret ? "" : ", and whether a secret is asked for there",
	    place->identity->expired ? "; the certificate has expired" : "");
	return buf;
}

void
problem_login(struct report *r, const struct problem_place *place, int code, const char *text)
{
	const char *account = place->server->account;
	char buf[PLACE_TEXT], hint[HINT_TEXT];
	const char *where = place_text(place, buf, sizeof(buf));

	if (code == 535)
		report_add(r, EX_NOPERM, false, "%s: the login of %s was denied: \"%s\": %s", where, account, text,
		    denied_hint(place, hint, sizeof(hint)));
	else if (code == 421)
		report_add(r, EX_TEMPFAIL, false, "%s: try again later: \"%s\"", where, text);
	else
		report_add(r, EX_PROTOCOL, false, "%s: unexpected answer to the login of %s: \"%d %s\"", where, account, code,
		    text);
}

void
problem_host(struct report *r, const struct problem_place *place, const char *host, int code, const char *text)
{
	char buf[PLACE_TEXT];
	const char *where = place_text(place, buf, sizeof(buf));

	switch (code) {
	case 550:
	case 535:
		report_add(r, EX_NOPERM, false, "%s: %s is not a host of account %s there: \"%s\"", where, host,
		    place->server->account, text);
		break;
	case 553:
		report_add(r, EX_DATAERR, false, "%s: the address for %s was refused: \"%s\"", where, host, text);
		break;
	case 421:
		report_add(r, EX_TEMPFAIL, false, "%s: %s: try again later: \"%s\"", where, host, text);
		break;
	default:
		report_add(r, EX_PROTOCOL, false, "%s: unexpected answer about %s: \"%d %s\"", where, host, code, text);
	}
}
