/* SPDX-License-Identifier: ISC */
/*
 * Reading configuration files. inih splits them into sections, keys and comments; but a Debian inih cuts lines at
 * 199 bytes and section names at 49, both silently, and takes " ;" in a value for a comment. So each line is read
 * and checked here first, and inih is shown a short form of it: a section by its number, a value by a placeholder.
 */
#include "conf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"

#define LINE_MOST	4000	/* bytes, without the newline */
#define BLANKS		" \t"
#define KEY_BYTES	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct reading {
	struct conf	*conf;
	FILE		*file;
	char		*line;		/* of getline(3) */
	size_t		 room;
	char		*value;		/* within line, of the pair that inih is shown */
	int		 number;	/* of the line */
	enum status	 st;		/* the first error; logged */
};

enum status
conf_complain(const struct conf *conf, int line, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("%s:%d: %s", conf->path, line, text);
	return ST_CONFIG;
}

/* Cut blanks at both ends. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	for (len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

/* "[kind]" or "[kind name]". */
static enum status
add_section(struct reading *r, char *text)
{
	struct conf *conf = r->conf;
	struct conf_section *sections, *section;
	char *end = strchr(text, ']'), *kind, *name;

	if (end == NULL || *trim(end + 1) != '\0')
		return conf_complain(conf, r->number, "a section is written [kind] or [kind name]");
	*end = '\0';
	kind = trim(text + 1);
	name = kind + strcspn(kind, BLANKS);
	if (*name != '\0')
		*name++ = '\0';
	name = trim(name);
	if (*kind == '\0' || strlen(kind) >= CONF_KIND)
		return conf_complain(conf, r->number, "a section is written [kind] or [kind name]");
	for (size_t i = 0; i < conf->n; i++)
		if (strcmp(conf->sections[i].kind, kind) == 0 && strcasecmp(conf->sections[i].name, name) == 0)
			return conf_complain(conf, r->number, "this section is there already, in line %d",
			    conf->sections[i].line);
	if ((sections = reallocarray(conf->sections, conf->n + 1, sizeof(*sections))) == NULL)
		return ST_NOMEM;
	conf->sections = sections;
	section = &sections[conf->n];
	*section = (struct conf_section){ .line = r->number };
	snprintf(section->kind, sizeof(section->kind), "%s", kind);
	if ((section->name = strdup(name)) == NULL)
		return ST_NOMEM;
	conf->n++;
	return ST_OK;
}

/* What inih is to see of this line, in at most 49 bytes. */
static enum status
shorten(struct reading *r, char *shown, int size)
{
	char *text = r->line, *equals, *key;
	int n;

	*shown = '\0';
	if (*text != '\0' && strchr(BLANKS, *text) != NULL && *trim(text) != '\0')
		return conf_complain(r->conf, r->number, "a line does not begin with a blank, and goes on in no other");
	text = trim(text);
	if (*text == '\0' || *text == '#' || *text == ';')
		return ST_OK;
	if (*text == '[') {
		n = snprintf(shown, (size_t)size, "[%zu]", r->conf->n);
		return n < size ? add_section(r, text) : ST_NOMEM;
	}
	if ((equals = strchr(text, '=')) == NULL)
		return conf_complain(r->conf, r->number, "this is neither a section, nor key = value, nor a comment");
	*equals = '\0';
	r->value = trim(equals + 1);
	/* inih would end the key at a colon. */
	key = trim(text);
	n = snprintf(shown, (size_t)size, "%s=@", key);
	if (n >= size || n >= 50 || *key == '\0' || key[strspn(key, KEY_BYTES)] != '\0')
		return conf_complain(r->conf, r->number, "this is no key");
	return ST_OK;
}

/* A line ends with LF or CR LF. */
static void
cut_end(char *line)
{
	size_t len = strcspn(line, "\n");

	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
}

/* inih's reader: the next line, or NULL at the end or after the first error. */
static char *
next_line(char *shown, int size, void *arg)
{
	struct reading *r = arg;
	ssize_t len;

	if (r->st != ST_OK || (len = getline(&r->line, &r->room, r->file)) < 0) {
		if (r->st == ST_OK && ferror(r->file))
			r->st = ST_SYSTEM;
		return NULL;
	}
	r->number++;
	if (memchr(r->line, '\0', (size_t)len) != NULL)
		r->st = conf_complain(r->conf, r->number, "there is a NUL in this line");
	else if (len - (r->line[len - 1] == '\n') > LINE_MOST)
		r->st = conf_complain(r->conf, r->number, "this line is longer than %d bytes", LINE_MOST);
	else {
		cut_end(r->line);
		r->st = strchr(r->line, '\r') == NULL ? shorten(r, shown, size) :
		    conf_complain(r->conf, r->number, "there is a carriage return within this line");
	}
	return r->st == ST_OK ? shown : NULL;
}

static enum status
add_pair(struct reading *r, const char *key)
{
	struct conf_section *section = &r->conf->sections[r->conf->n - 1];
	struct conf_pair *pairs, *pair;

	if (conf_value(section, key) != NULL)
		return conf_complain(r->conf, r->number, "%s is given twice", key);
	if ((pairs = reallocarray(section->pairs, section->n + 1, sizeof(*pairs))) == NULL)
		return ST_NOMEM;
	section->pairs = pairs;
	pair = &pairs[section->n];
	*pair = (struct conf_pair){ .key = strdup(key), .value = strdup(r->value), .line = r->number };
	section->n++;
	return pair->key != NULL && pair->value != NULL ? ST_OK : ST_NOMEM;
}

static int
take_pair(void *arg, const char *number, const char *key, const char *placeholder)
{
	struct reading *r = arg;

	(void)number;
	(void)placeholder;
	if (r->conf->n == 0)
		r->st = conf_complain(r->conf, r->number, "this stands before the first section");
	else
		r->st = add_pair(r, key);
	return r->st == ST_OK;
}

enum status
conf_load(const char *path, struct conf **out)
{
	struct reading r = { .st = ST_OK };
	enum status st = ST_OK;
	int wrong;

	*out = NULL;
	if ((r.conf = calloc(1, sizeof(*r.conf))) == NULL || (r.conf->path = strdup(path)) == NULL) {
		st = ST_NOMEM;
		goto out;
	}
	if ((r.file = fopen(path, "re")) == NULL) {
		st = errno == ENOENT ? ST_NOTFOUND : ST_SYSTEM;
		log_error("%s: %s", path, strerror(errno));
		goto out;
	}
	wrong = ini_parse_stream(next_line, &r, take_pair, &r);
	if ((st = r.st) == ST_OK && wrong != 0)
		st = conf_complain(r.conf, wrong > 0 ? wrong : 0, "this cannot be read");
	else if (st == ST_SYSTEM)
		log_error("%s: %s", path, strerror(errno));
out:
	if (r.file != NULL)
		fclose(r.file);
	free(r.line);
	if (st == ST_OK)
		*out = r.conf;
	else
		conf_free(r.conf);
	return st;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->n; i++) {
		struct conf_section *section = &conf->sections[i];

		for (size_t j = 0; j < section->n; j++) {
			free(section->pairs[j].key);
			free(section->pairs[j].value);
		}
		free(section->pairs);
		free(section->name);
	}
	free(conf->sections);
	free(conf->path);
	free(conf);
}

const struct conf_section *
conf_find(const struct conf *conf, const char *kind, const char *name, const struct conf_section *after)
{
	for (size_t i = after == NULL ? 0 : (size_t)(after - conf->sections) + 1; i < conf->n; i++)
		if (strcmp(conf->sections[i].kind, kind) == 0 &&
		    (name == NULL || strcasecmp(conf->sections[i].name, name) == 0))
			return &conf->sections[i];
	return NULL;
}

const struct conf_pair *
conf_pair(const struct conf_section *section, const char *key)
{
	for (size_t i = 0; section != NULL && i < section->n; i++)
		if (strcmp(section->pairs[i].key, key) == 0)
			return &section->pairs[i];
	return NULL;
}

const char *
conf_value(const struct conf_section *section, const char *key)
{
	const struct conf_pair *pair = conf_pair(section, key);

	return pair != NULL ? pair->value : NULL;
}
