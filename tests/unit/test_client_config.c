/* SPDX-License-Identifier: ISC */
/*
 * What client.conf says of who we are: secrets, certificates and keys.
 * links: client/config.c client/pin.c
 */
#include "tap.h"

#include <string.h>
#include <unistd.h>

#include "client/config.h"

#define HEAD	"[server dyn.example.net]\naccount = a.dyn.example.net\n"

static char path[] = "/tmp/test_client_config.XXXXXX";

static enum status
load(const char *text, struct servers **servers)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		exit(1);
	fputs(text, file);
	fclose(file);
	return servers_load(path, servers);
}

static void
test_good(void)
{
	static const struct { const char *what, *text; } rows[] = {
		{ "nothing at all", HEAD },
		{ "a secret", HEAD "secret_file = /s\n" },
		{ "a secret as a credential", HEAD "secret_credential = s\n" },
		{ "a certificate", HEAD "certificate = /c.pem\nkey = /c.key\n" },
		{ "a certificate whose key is a credential", HEAD "certificate = /c.pem\nkey_credential = k\n" },
		{ "a certificate and a secret", HEAD "certificate = /c.pem\nkey = /c.key\nsecret_file = /s\n" },
		{ "credentials for both", HEAD "certificate = /c.pem\nkey_credential = k\nsecret_credential = s\n" },
		{ "a certificate and a pin",
		    HEAD "certificate = /c\nkey = /k\npin = SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" },
		{ "a certificate, ca and known_servers",
		    HEAD "certificate = /c\nkey = /k\nca = /a\nknown_servers = /f\n" },
	};
	struct servers *servers;

	for (size_t i = 0; i < COUNT(rows); i++) {
		servers = NULL;
		ok(load(rows[i].text, &servers) == ST_OK && servers != NULL, "taken: %s", rows[i].what);
		servers_free(servers);
	}
	if (!ok(load(rows[3].text, &servers) == ST_OK, "the certificate again"))
		return;
	ok(strcmp(servers->list[0].certificate, "/c.pem") == 0 && strcmp(servers->list[0].key, "/c.key") == 0 &&
	    servers->list[0].key_credential == NULL && servers->list[0].secret[0] == '\0', "as the file has it");
	servers_free(servers);
}

static void
test_bad(void)
{
	static const struct { const char *what, *text; } rows[] = {
		{ "a certificate without key", HEAD "certificate = /c.pem\n" },
		{ "a key without certificate", HEAD "key = /c.key\n" },
		{ "a key's credential without certificate", HEAD "key_credential = k\n" },
		{ "a key twice", HEAD "certificate = /c.pem\nkey = /c.key\nkey_credential = k\n" },
		{ "a path as a key's credential", HEAD "certificate = /c.pem\nkey_credential = /k\n" },
		{ "the directory above", HEAD "certificate = /c.pem\nkey_credential = ..\n" },
		{ "a key that is no whole path", HEAD "certificate = /c.pem\nkey = c.key\n" },
		{ "a certificate that is no whole path", HEAD "certificate = c.pem\nkey = /c.key\n" },
		{ "an empty certificate", HEAD "certificate =\nkey = /c.key\n" },
		{ "a secret twice", HEAD "secret_file = /s\nsecret_credential = s\n" },
		{ "a path as a secret's credential", HEAD "secret_credential = a/b\n" },
	};
	struct servers *servers;

	for (size_t i = 0; i < COUNT(rows); i++) {
		servers = NULL;
		ok(load(rows[i].text, &servers) == ST_CONFIG && servers == NULL, "refused: %s", rows[i].what);
		servers_free(servers);
	}
}

int
main(void)
{
	const int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	close(fd);
	test_good();
	test_bad();
	unlink(path);
	return done_testing();
}
