/* SPDX-License-Identifier: ISC */
/*
 * Configuration files: what is read from one, each way to get one wrong, and the types a table may ask for.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/address.h"
#include "lib/conf.h"
#include "tap.h"

#define FILE_NAME "test.conf"
#define TEXT(s) s, sizeof(s) - 1
#define L10 "abcdefghij"
#define L60 L10 L10 L10 L10 L10 L10
#define LONG_NAME L60 "abc." L60 "abc." L60 "abc." L60 "a"	/* 253 bytes */

static int pipes[2];

/* What was logged since the last time; stderr is the writing end of the pipe. */
static const char *
logged(void)
{
	static char text[8192];
	ssize_t n = read(pipes[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static enum status
load(const char *text, size_t len, struct conf **conf)
{
	FILE *file = fopen(FILE_NAME, "w");

	if (file == NULL || fwrite(text, 1, len, file) != len || fclose(file) != 0)
		exit(1);
	logged();
	return conf_load(FILE_NAME, conf);
}

static bool
is_value(const struct conf *conf, const char *kind, const char *name, const char *key, const char *want)
{
	const char *value = conf_value(conf_find(conf, kind, name, NULL), key);

	if (value == NULL || want == NULL)
		return value == want;
	return strcmp(value, want) == 0;
}

static void
test_reading(void)
{
	const struct conf_section *section;
	struct conf *conf;

	ok(load(TEXT("# comment\n; comment\n\n[server]\nport = 1\n  \t\nuser=x y  \nempty =\r\n"
	    "signs = a ; b # c = d: e\n[zone " LONG_NAME "]\nttl\t=\t30\n[zone  b ]\n[none]\nlast = no newline"),
	    &conf) == ST_OK, "a file");
	if (conf == NULL)
		exit(1);
	ok(strcmp(logged(), "") == 0, "nothing is logged");
	ok(conf->n == 4 && strcmp(conf->path, FILE_NAME) == 0, "four sections");
	ok(is_value(conf, "server", "", "port", "1"), "a value");
	ok(is_value(conf, "server", NULL, "user", "x y"), "a value with a blank inside and blanks cut at its end");
	ok(is_value(conf, "server", NULL, "empty", ""), "an empty value, and a carriage return at the end of a line");
	ok(is_value(conf, "server", NULL, "signs", "a ; b # c = d: e"), "a value is not cut at signs");
	ok(is_value(conf, "server", NULL, "nosuch", NULL), "a key that is not there");
	ok(is_value(conf, "zone", LONG_NAME, "ttl", "30"), "a section with a long name");
	ok(is_value(conf, "none", NULL, "last", "no newline"), "a last line without its end");
	section = conf_find(conf, "zone", NULL, NULL);
	ok(section != NULL && strcmp(section->name, LONG_NAME) == 0 && section->line == 10 &&
	    section->pairs[0].line == 11, "lines are counted");
	section = conf_find(conf, "zone", NULL, section);
	ok(section != NULL && strcmp(section->name, "b") == 0 && section->n == 0, "the next of that kind");
	ok(conf_find(conf, "zone", NULL, section) == NULL, "and no third");
	ok(conf_find(conf, "zon", NULL, NULL) == NULL && conf_find(conf, "zone", "c", NULL) == NULL, "others are none");
	ok(conf_value(NULL, "port") == NULL, "no section has no value");
	conf_free(conf);
	conf_free(NULL);
}

static const struct {
	const char	*text;
	size_t		 len;
	int		 line;
	const char	*what;
} wrong[] = {
	{ TEXT("[a]\nx = 1\nx = 2\n"), 3, "a key given twice" },
	{ TEXT("[a]\n[b]\n[a]\n"), 3, "a section given twice" },
	{ TEXT("[a b]\n[a b]\n"), 2, "a section with a name given twice" },
	{ TEXT("[a]\n[zone x.test]\n[b]\n[zone X.Test]\n"), 4, "a section with a name given twice in other letters" },
	{ TEXT("[zone " LONG_NAME "]\n[zone " LONG_NAME "]\n"), 2, "a section with a long name given twice" },
	{ TEXT("x = 1\n[a]\n"), 1, "a key before the first section" },
	{ TEXT("[a]\nx = 1\n y = 2\n"), 3, "a continuation line" },
	{ TEXT("[a]\n\tx = 1\n"), 2, "a line that starts with a tab" },
	{ TEXT("[a]\n\n x\n"), 3, "a blank and a word" },
	{ TEXT("[a]\nx\n"), 2, "a key without a value" },
	{ TEXT("[a]\nx: 1\n"), 2, "a colon" },
	{ TEXT("[a]\nx: y = 1\n"), 2, "a colon, and an equals sign after it" },
	{ TEXT("[a]\nx:y = 1\n"), 2, "a colon in a key" },
	{ TEXT("[a]\nx ; y = 1\n"), 2, "a semicolon in a key" },
	{ TEXT("[a]\nx y = 1\n"), 2, "a blank in a key" },
	{ TEXT("[a]\n= 1\n"), 2, "no key" },
	{ TEXT("[a]\n" L60 " = 1\n"), 2, "a key that is too long" },
	{ TEXT("[a]\nx = 1\ry = 2\n"), 2, "a carriage return within a line" },
	{ TEXT("[a]\nx = 1\0\n"), 2, "a NUL" },
	{ TEXT("\0"), 1, "nothing but a NUL" },
	{ TEXT("[a]\nx = 1\n\0\n"), 3, "a NUL on a line of its own" },
	{ TEXT("# \0\n"), 1, "a NUL in a comment" },
	{ TEXT("[a\n"), 1, "a section without its end" },
	{ TEXT("[]\n"), 1, "a section without a kind" },
	{ TEXT("[ ]\n"), 1, "a section with a blank for a kind" },
	{ TEXT("[a] x\n"), 1, "words after a section" },
	{ TEXT("[a] x = 1\n"), 1, "a pair after a section" },
	{ TEXT("[" L10 L10 L10 "ab]\n"), 1, "a kind of 32 bytes" },
	{ TEXT("\xef\xbb\xbfx = 1\n"), 1, "a byte order mark" },
	{ TEXT("\xef\xbb\xbf[a]\nx = 1\n"), 1, "a byte order mark before a section" },
	{ TEXT("\xef\xbb\xbf# a\n"), 1, "a byte order mark before a comment" },
	{ TEXT("[a]\nx = 1\nx = 1\n"), 3, "a key given twice, to the same end" },
	{ TEXT("[a]\nx =\nx =\n"), 3, "a key given twice, empty" },
};

/* Files with nothing in them, and names that differ in little. */
static void
test_small(void)
{
	static const char *const empty[] = { "", "\n", "\r\n", "# only a comment", "  \t\n;\n" };
	struct conf *conf;

	for (size_t i = 0; i < COUNT(empty); i++) {
		ok(load(empty[i], strlen(empty[i]), &conf) == ST_OK && conf->n == 0 &&
		    conf_find(conf, "a", NULL, NULL) == NULL && *logged() == '\0', "an empty file, row %zu", i);
		conf_free(conf);
	}
	ok(load(TEXT("[zone " LONG_NAME "]\na=1\n[zone " LONG_NAME "b]\na=2\n[zone]\na=3\n[Zone]\na=4\nA=5\n"),
	    &conf) == ST_OK && conf->n == 4, "names of 253 and 254 bytes, none, and another kind");
	ok(is_value(conf, "zone", LONG_NAME, "a", "1") && is_value(conf, "zone", LONG_NAME "b", "a", "2"),
	    "long names are not cut");
	ok(is_value(conf, "zone", "", "a", "3") && is_value(conf, "Zone", "", "a", "4") &&
	    is_value(conf, "Zone", "", "A", "5"), "kinds and keys have their case");
	conf_free(conf);
	ok(load(TEXT("[zone x.test]\na=1\n"), &conf) == ST_OK && is_value(conf, "zone", "X.TEST", "a", "1"),
	    "the case of a name does not count");
	conf_free(conf);
}

static void
test_wrong(void)
{
	struct conf *conf;
	char where[64], *text;
	const char *log;
	size_t i, len = strlen("[a]\nx = ");

	for (i = 0; i < COUNT(wrong); i++) {
		snprintf(where, sizeof(where), ": error: " FILE_NAME ":%d: ", wrong[i].line);
		ok(load(wrong[i].text, wrong[i].len, &conf) == ST_CONFIG && conf == NULL, "refused: %s", wrong[i].what);
		log = logged();
		ok(strstr(log, where) != NULL && strchr(log, '\n') == strrchr(log, '\n'), "one line says where: %s",
		    wrong[i].what);
		conf_free(conf);
	}
	if ((text = malloc(10000)) == NULL)
		exit(1);
	memset(text, 'v', 10000);
	memcpy(text, "[a]\nx = ", len);
	text[4 + 4000] = '\n';
	ok(load(text, 4 + 4001, &conf) == ST_OK && strlen(conf_value(conf_find(conf, "a", NULL, NULL), "x")) == 3996,
	    "a line of 4000 bytes is read whole");
	conf_free(conf);
	text[4 + 4000] = 'v';
	text[4 + 4001] = '\n';
	ok(load(text, 4 + 4002, &conf) == ST_CONFIG && strstr(logged(), FILE_NAME ":2: ") != NULL,
	    "refused: one of 4001 bytes");
	conf_free(conf);
	ok(load(text, 4 + 4001, &conf) == ST_CONFIG, "refused: the same at the end of a file");
	conf_free(conf);
	text[4 + 4001] = 'v';
	ok(load(text, 10000, &conf) == ST_CONFIG && strstr(logged(), FILE_NAME ":2: ") != NULL,
	    "refused: a longer one");
	conf_free(conf);
	memset(text, '#', 10000);
	ok(load(text, 10000, &conf) == ST_CONFIG && strstr(logged(), FILE_NAME ":1: ") != NULL, "even as a comment");
	conf_free(conf);
	free(text);
	unlink(FILE_NAME);
	ok(conf_load(FILE_NAME, &conf) == ST_NOTFOUND && conf == NULL && *logged() != '\0', "a file that is missing");
	ok(conf_load(".", &conf) == ST_SYSTEM && conf == NULL && *logged() != '\0', "a directory");
}

static const char secret_like[] = "[s]\nname = hunter2 hunter2\n";

struct filled {
	char			*text, *file;
	unsigned		 number;
	bool			 flag;
	char			 name[NAME_SIZE];
	struct address		 address;
	struct networks		 networks;
	struct conf_command	 command;
};

#define AT(member) offsetof(struct filled, member)

static const struct conf_key keys[] = {
	{ "text", CONF_TEXT, AT(text), "preset", 0, 0 },
	{ "file", CONF_FILE, AT(file), NULL, 0, 0 },
	{ "number", CONF_NUMBER, AT(number), "7", 5, 4000000000 },
	{ "flag", CONF_BOOL, AT(flag), "yes", 0, 0 },
	{ "name", CONF_NAME, AT(name), NULL, 0, 0 },
	{ "address", CONF_ADDRESS, AT(address), "192.0.2.1", 0, 0 },
	{ "networks", CONF_NETWORKS, AT(networks), NULL, 0, 0 },
	{ "command", CONF_COMMAND, AT(command), NULL, 0, 0 },
	{ NULL, CONF_TEXT, 0, NULL, 0, 0 }
};

static const struct {
	const char	*line;
	bool		 good;
} values[] = {
	{ "text = two words", true },
	{ "text = \"quoted\" ; and all", true },
	{ "file = /a/b", true },
	{ "file = a/b", false },
	{ "file =", false },
	{ "number = 5", true },
	{ "number = 4000000000", true },
	{ "number = 4", false },
	{ "number = 4000000001", false },
	{ "number = 4294967303", false },
	{ "number = 18446744073709551623", false },
	{ "number = 99999999999999999999999", false },
	{ "number = -7", false },
	{ "number = +7", false },
	{ "number = 7s", false },
	{ "number = 7 7", false },
	{ "number = 0x7", false },
	{ "number =", false },
	{ "flag = yes", true },
	{ "flag = no", true },
	{ "flag = true", false },
	{ "flag = YES", false },
	{ "flag =", false },
	{ "name = Host.example.", true },
	{ "name = a_b", false },
	{ "name =", false },
	{ "address = none", true },
	{ "address = 2001:db8::1", true },
	{ "address = 192.0.2.1/32", false },
	{ "address =", false },
	{ "networks = 10.0.0.0/8, 2001:db8::/32", true },
	{ "networks =", true },
	{ "networks = 10.0.0.1/8", false },
	{ "command = rndc reload", true },
	{ "command = \"unclosed", false },
	{ "command = a b\"", false },
	{ "command = a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", true },
	{ "command = a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", false },
	{ "nosuch = 1", false },
	{ "texts = 1", false },
	{ "tex = 1", false },
	{ "Text = 1", false },
};

static bool
is_empty(const struct filled *f)
{
	return f->text == NULL && f->file == NULL && f->command.words == NULL && f->command.argv[0] == NULL;
}

static void
test_values(void)
{
	struct filled f;
	struct conf *conf;
	char text[200];
	enum status st;
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		memset(&f, 0, sizeof(f));
		snprintf(text, sizeof(text), "[s]\n\n%s\n", values[i].line);
		if (load(text, strlen(text), &conf) != ST_OK)
			exit(1);
		st = conf_fill(conf, conf_find(conf, "s", NULL, NULL), keys, &f);
		ok(st == (values[i].good ? ST_OK : ST_CONFIG), "%s: %s", values[i].good ? "taken" : "refused",
		    values[i].line);
		if (!values[i].good) {
			ok(strstr(logged(), FILE_NAME ":3: ") != NULL, "the log says where");
			ok(is_empty(&f), "nothing is left behind");
		}
		conf_release(keys, &f);
		ok(is_empty(&f), "released");
		conf_free(conf);
	}
	memset(&f, 0, sizeof(f));
	if (load(TEXT(secret_like), &conf) != ST_OK)
		exit(1);
	ok(conf_fill(conf, conf_find(conf, "s", NULL, NULL), keys, &f) == ST_CONFIG &&
	    strstr(logged(), "hunter2") == NULL, "a wrong value is not repeated in the log");
	conf_free(conf);
}

static void
test_filled(void)
{
	struct filled f = { .text = NULL };
	char spelt[ADDRESS_TEXT];
	struct conf *conf;

	ok(load(TEXT("[s]\ntext = t\nfile = /f\nnumber = 9\nflag = no\nname = N.example.\naddress = ::1\n"
	    "networks = 10.0.0.0/8\ncommand = /bin/x  -a \"two  words\" \"\" $HOME;ls\n"), &conf) == ST_OK,
	    "all types");
	ok(conf_fill(conf, conf_find(conf, "s", NULL, NULL), keys, &f) == ST_OK, "are filled in");
	ok(strcmp(f.text, "t") == 0 && strcmp(f.file, "/f") == 0 && f.number == 9 && !f.flag &&
	    strcmp(f.name, "n.example") == 0 && strcmp(address_text(&f.address, spelt), "::1") == 0 &&
	    f.networks.n == 1, "as they were written");
	ok(strcmp(f.command.argv[0], "/bin/x") == 0 && strcmp(f.command.argv[1], "-a") == 0 &&
	    strcmp(f.command.argv[2], "two  words") == 0 && strcmp(f.command.argv[3], "") == 0 &&
	    strcmp(f.command.argv[4], "$HOME;ls") == 0 && f.command.argv[5] == NULL, "a command is split into words");
	conf_release(keys, &f);
	memset(&f, 0, sizeof(f));
	ok(conf_fill(conf, NULL, keys, &f) == ST_OK && strcmp(f.text, "preset") == 0 && f.number == 7 && f.flag &&
	    f.file == NULL && strcmp(address_text(&f.address, spelt), "192.0.2.1") == 0 && f.networks.n == 0 &&
	    f.command.argv[0] == NULL, "presets");
	conf_release(keys, &f);
	conf_free(conf);
}

static void
test_complain(void)
{
	struct conf conf = { .path = (char[]){ "p" } };

	logged();
	ok(conf_complain(&conf, 7, "%s %d", "x", 1) == ST_CONFIG && strstr(logged(), "error: p:7: x 1\n") != NULL,
	    "a complaint says where");
}

int
main(void)
{
	int before, after;
	char dir[] = "/tmp/test_conf.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1 || pipe2(pipes, O_NONBLOCK) == -1 ||
	    dup2(pipes[1], STDERR_FILENO) == -1)
		return 1;
	before = dup(STDIN_FILENO);
	close(before);
	test_reading();
	test_small();
	test_wrong();
	test_values();
	test_filled();
	test_complain();
	after = dup(STDIN_FILENO);
	close(after);
	ok(before >= 0 && before == after, "every file was closed");
	unlink(FILE_NAME);
	if (chdir("/") == -1 || rmdir(dir) == -1)
		return 1;
	return done_testing();
}
