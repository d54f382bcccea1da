/* SPDX-License-Identifier: ISC */
/*
 * The pieces of configuration for a host. Knows nothing of accounts and tables.
 */
#include "piece.h"

#include <string.h>

#ifndef BINDIR
#define BINDIR		"/usr/local/bin"
#endif
#define CLIENT		BINDIR "/dynlease"
#define CLIENT_CONF	"/etc/dynlease/client.conf"
#define CLIENT_SECRET	"/etc/dynlease/client.secret"
#define CLIENT_CERTIFICATE "/etc/dynlease/client.pem"
#define CLIENT_KEY	"/etc/dynlease/client.key"
#define CLIENT_CA	"/etc/dynlease/server.pem"
#define CLIENT_PLACE	"/etc/dynlease"
#define CREDENTIAL	"dynlease"
#define DEFAULT_PORT	8245

static const char cron[] =
    "# and these lines as /etc/cron.d/dynlease:\n"
    "* * * * *	root	sleep $(shuf -i 0-9 -n 1); " CLIENT " renew\n"
    "* * * * *	root	sleep $(shuf -i 30-39 -n 1); " CLIENT " renew\n";

static const char daemon_start[] =
    "# and then, with the unit that comes with dynlease(1): systemctl enable --now dynlease-client\n";

bool
piece_parse(const char *word, enum piece_kind *kind)
{
	static const char *const words[] = { "client", "cron", "systemd", "tunnel" };

	*kind = PIECE_CLIENT;
	for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*kind = (enum piece_kind)i;
			return true;
		}
	return word == NULL;
}

/* Without the line, the account's name is the host's. */
static void
print_hosts(const struct piece *piece, FILE *out)
{
	if (piece->hosts->n == 1 && strcmp(piece->hosts->hosts[0].name, piece->account) == 0)
		return;
	fputs(piece->hosts->n == 0 ? "# No host is its yet. host = NAME" : "host =", out);
	for (size_t i = 0; i < piece->hosts->n; i++)
		fprintf(out, "%s %s", i > 0 ? "," : "", piece->hosts->hosts[i].name);
	fputc('\n', out);
}

static void
print_tunnel(const struct piece *piece, const char *server, FILE *out)
{
	fprintf(out, "via = ssh -o BatchMode=yes tunnel@%s nc -N localhost %u\nannounce = auto\n", server, piece->port);
	if (!piece->announces)
		fputs("# The server sees the end of the tunnel as the peer: the account must be allowed to announce\n"
		    "# its address (on the server: dynlease-admin host set, --announce).\n", out);
}

static void
print_conf(const struct piece *piece, FILE *out)
{
	const char *server = piece->server != NULL ? piece->server : "NAME.OF.THIS.SERVER";

	fprintf(out, "[server %s]\n", server);
	if (piece->kind == PIECE_TUNNEL)
		print_tunnel(piece, server, out);
	else if (piece->port != DEFAULT_PORT)
		fprintf(out, "port = %u\n", piece->port);
	fprintf(out, "account = %s\n", piece->account);
	print_hosts(piece, out);
	if ((piece->require & LAYER_PASSWORD) != 0)
		fputs(piece->kind == PIECE_SYSTEMD ? "secret_credential = " CREDENTIAL "\n" :
		    "secret_file = " CLIENT_SECRET "\n", out);
	if (piece->bundled)
		fprintf(out, "certificate = " CLIENT_PLACE "/%s.pem\nkey = " CLIENT_PLACE "/%s.key\n", piece->account,
		    piece->account);
	else if ((piece->require & (LAYER_KEY | LAYER_CERT)) != 0)
		fprintf(out, "certificate = " CLIENT_CERTIFICATE "\n%s\n", piece->kind == PIECE_SYSTEMD ?
		    "key_credential = " CREDENTIAL "-key" : "key = " CLIENT_KEY);
	if (piece->ca != NULL)
		fputs("ca = " CLIENT_CA "\n", out);
}

/* What is still to be done for the layers that need more than a secret. */
static void
print_steps(const struct piece *piece, FILE *out)
{
	if ((piece->lacks & LAYER_KEY) != 0)
		fprintf(out, "# It logs in by its key. On that machine, dynlease keygen makes one and shows its "
		    "fingerprint;\n# then here: dynlease-admin key add %s FINGERPRINT\n", piece->account);
	if ((piece->lacks & LAYER_CERT) != 0)
		fprintf(out, "# It logs in by a certificate. Here, dynlease-admin ca issue %s makes one; for one of "
		    "another CA:\n# dynlease-admin cert add %s TYPE:VALUE\n", piece->account, piece->account);
	if ((piece->lacks & LAYER_SSH) != 0)
		fprintf(out, "# It comes through ssh. On that machine, ssh-keygen -t ed25519 makes a key; then here:\n"
		    "# dynlease-admin ssh-key add %s 'ssh-ed25519 ...' (the line of its .pub file)\n", piece->account);
}

static void
print_ssh(const struct piece *piece, FILE *out)
{
	fprintf(out, "# It renews with this command, which needs no dynlease there, only ssh and cron:\n"
	    "ssh -o BatchMode=yes %s@%s renew\n", piece->ssh_user,
	    piece->server != NULL ? piece->server : "NAME.OF.THIS.SERVER");
}

void
piece_print(const struct piece *piece, FILE *out)
{
	const bool password = (piece->require & LAYER_PASSWORD) != 0;

	if (*piece->token != '\0')
		fprintf(out, "token: %s\n\n", piece->token);
	print_steps(piece, out);
	if ((piece->require & LAYER_SSH) != 0) {
		print_ssh(piece, out);
		return;
	}
	fprintf(out, "# On the machine of %s, as " CLIENT_CONF "%s%s%s\n", piece->account, !password ? ":" : "; the ",
	    !password ? "" : *piece->token != '\0' ? "token above, which is shown only now," : "password",
	    !password ? "" : " goes into\n# " CLIENT_SECRET " (mode 0600):");
	print_conf(piece, out);
	if (piece->kind == PIECE_CRON)
		fprintf(out, "\n%s", cron);
	else if (piece->kind == PIECE_SYSTEMD)
		fprintf(out, "\n%s", daemon_start);
	if (piece->ca != NULL && !piece->bundled)
		fprintf(out, "\n# and this as " CLIENT_CA ":\n%s", piece->ca);
}
