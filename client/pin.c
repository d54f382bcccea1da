/* SPDX-License-Identifier: ISC */
/*
 * Comparing keys, and remembering them when asked to. A name that is known with another key is never trusted again.
 */
#include "pin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/fingerprint.h"
#include "lib/log.h"

#define SEPARATORS	" \t,"
#define BLANKS		" \t\r"
#define FILE_MOST	(1024 * 1024)
#define LOCK_WAIT	2000		/* milliseconds */

static bool
is_fingerprint(const char *text, size_t len)
{
	char fingerprint[FINGERPRINT_SIZE];

	return fingerprint_parse(text, len, fingerprint) == ST_OK;
}

static bool
is_same(const char *text, size_t len, const char *key)
{
	char fingerprint[FINGERPRINT_SIZE];

	return fingerprint_parse(text, len, fingerprint) == ST_OK && strcmp(fingerprint, key) == 0;
}

bool
pin_is_list(const char *text)
{
	size_t len, n = 0;

	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		if (!is_fingerprint(text, len))
			return false;
		text += len;
		n++;
	}
	return n > 0;
}

bool
pin_list_has(const char *text, const char *key)
{
	size_t len;

	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		if (is_same(text, len, key))
			return true;
		text += len;
	}
	return false;
}

/* A line whose name is the server's but whose rest is no fingerprint is of another key: somebody has meant something. */
static enum pin_verdict
look_at_line(const char *line, size_t len, const char *name, const char *key)
{
	const char *end = line + len, *word = line, *rest;
	size_t n;

	while (word < end && strchr(BLANKS, *word) != NULL)
		word++;
	for (rest = word; rest < end && strchr(BLANKS, *rest) == NULL; rest++)
		continue;
	n = (size_t)(rest - word);
	if (n == 0 || *word == '#' || n != strlen(name) || strncasecmp(word, name, n) != 0)
		return PIN_UNKNOWN;
	while (rest < end && strchr(BLANKS, *rest) != NULL)
		rest++;
	while (end > rest && strchr(BLANKS, end[-1]) != NULL)
		end--;
	return is_same(rest, (size_t)(end - rest), key) ? PIN_GOOD : PIN_OTHER;
}

enum pin_verdict
pin_look_up(const char *text, const char *name, const char *key)
{
	enum pin_verdict verdict = PIN_UNKNOWN, one;
	size_t len;

	for (; *text != '\0'; text += text[len] == '\n' ? len + 1 : len) {
		len = strcspn(text, "\n");
		if ((one = look_at_line(text, len, name, key)) == PIN_GOOD)
			return PIN_GOOD;
		if (one == PIN_OTHER)
			verdict = PIN_OTHER;
	}
	return verdict;
}

bool
pin_is_wanted(const struct server *server)
{
	return server->pin != NULL || server->known_servers != NULL;
}

/* A file that is not there knows nobody. */
static enum status
look_in_file(const struct server *server, const char *key, enum pin_verdict *verdict, char why[PIN_WHY])
{
	char *text = NULL;
	enum status st;
	size_t len;

	*verdict = PIN_UNKNOWN;
	st = file_read(server->known_servers, FILE_MOST, &text, &len);
	if (st == ST_OK)
		*verdict = pin_look_up(text, server->name, key);
	else if (st != ST_NOTFOUND)
		snprintf(why, PIN_WHY, "%s cannot be read: %s", server->known_servers,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	free(text);
	return st == ST_NOTFOUND || st == ST_OK ? ST_OK : ST_UNTRUSTED;
}

/* Add a line; what was cut off by a crash, or lacks its newline, must not swallow it. */
static enum status
append(int fd, const char *name, const char *key)
{
	char line[NAME_SIZE + FINGERPRINT_SIZE + 4], last = '\n';
	off_t end = lseek(fd, 0, SEEK_END);
	int len;

	if (end == -1 || (end > 0 && pread(fd, &last, 1, end - 1) != 1))
		return ST_SYSTEM;
	len = snprintf(line, sizeof(line), "%s%s %s\n", last == '\n' ? "" : "\n", name, key);
	return write(fd, line, (size_t)len) == len && fsync(fd) == 0 ? ST_OK : ST_SYSTEM;
}

/* Another attempt may have remembered the server in the meantime, so the file is asked again under its lock. */
static enum status
remember(const struct server *server, const char *key, enum pin_verdict *verdict, char why[PIN_WHY])
{
	enum status st;
	int fd = -1;

	if ((st = file_lock(server->known_servers, LOCK_WAIT, &fd)) == ST_OK &&
	    (st = look_in_file(server, key, verdict, why)) == ST_OK && *verdict == PIN_UNKNOWN &&
	    (st = append(fd, server->name, key)) == ST_OK) {
		log_warning("%s: seen for the first time; its key %s is trusted from now on (%s)", server->name, key,
		    server->known_servers);
		*verdict = PIN_GOOD;
	}
	if (st != ST_OK && st != ST_UNTRUSTED)
		snprintf(why, PIN_WHY, "its key cannot be remembered in %s: %s", server->known_servers,
		    st == ST_SYSTEM ? strerror(errno) : status_text(st));
	if (fd != -1)
		close(fd);
	return st == ST_OK ? ST_OK : ST_UNTRUSTED;
}

enum status
pin_judge(const struct server *server, const char *key, char why[PIN_WHY])
{
	enum pin_verdict verdict = PIN_UNKNOWN;
	enum status st = ST_OK;

	*why = '\0';
	if (server->pin != NULL)
		verdict = pin_list_has(server->pin, key) ? PIN_GOOD : PIN_OTHER;
	if (verdict != PIN_GOOD && server->known_servers != NULL) {
		st = look_in_file(server, key, &verdict, why);
		if (st == ST_OK && verdict == PIN_UNKNOWN && server->trust_first && server->pin == NULL)
			st = remember(server, key, &verdict, why);
	}
	if (st != ST_OK || verdict == PIN_GOOD)
		return st;
	if (verdict == PIN_UNKNOWN)
		snprintf(why, PIN_WHY, "%s does not know it, and its key is %s", server->known_servers, key);
	else
		snprintf(why, PIN_WHY, "its key is another one than is known here: %s", key);
	return ST_UNTRUSTED;
}
