/* SPDX-License-Identifier: ISC */
/*
 * Configuration files (INI, read by inih): sections "[kind]" or "[kind name]" with "key = value" lines; a comment
 * is a line of its own that starts with # or ; (a value may hold both). This file knows the form; which keys there
 * are says the module that owns the section, in a table. Strict: an unknown key, a key given twice, a section given
 * twice, a line over 4000 bytes, a continuation line (or any that starts with a blank), "key: value", a NUL: one
 * logged error with file and line, and nothing is taken.
 */
#ifndef DYNLEASE_CONF_H
#define DYNLEASE_CONF_H

#include <stddef.h>

#include "name.h"
#include "status.h"

#define CONF_KIND	32
#define CONF_ARGS	32	/* words of a command, with the final NULL */

struct conf_pair {
	char	*key;
	char	*value;
	int	 line;
};

struct conf_section {
	char			 kind[CONF_KIND];
	char			*name;		/* "" for "[kind]" */
	int			 line;
	size_t			 n;
	struct conf_pair	*pairs;
};

struct conf {
	char			*path;		/* for messages */
	size_t			 n;
	struct conf_section	*sections;	/* in the order of the file */
};

/* A command as an argument vector: words split at blanks, "double quotes" keep blanks; never given to a shell. */
struct conf_command {
	char	 *argv[CONF_ARGS];	/* NULL-terminated; argv[0] is NULL when none is configured */
	char	 *words;		/* owns the bytes */
};

enum conf_type {
	CONF_TEXT,	/* char **, malloc'ed */
	CONF_FILE,	/* char **, an absolute path */
	CONF_NUMBER,	/* unsigned *, within min and max */
	CONF_BOOL,	/* bool *: yes or no */
	CONF_NAME,	/* char[NAME_SIZE], name_parse() */
	CONF_ADDRESS,	/* struct address *; "none" gives family 0 */
	CONF_NETWORKS,	/* struct networks * */
	CONF_COMMAND	/* struct conf_command * */
};

struct conf_key {
	const char	*key;
	enum conf_type	 type;
	size_t		 offset;	/* of the member in the struct that conf_fill() fills */
	const char	*preset;	/* as if the file said so when it does not; NULL: left zero */
	unsigned	 min, max;	/* CONF_NUMBER */
};

/* Read path. ST_NOTFOUND, ST_SYSTEM, ST_CONFIG (all logged). The caller frees with conf_free(); NULL is fine. */
enum status	 conf_load(const char *path, struct conf **);
void		 conf_free(struct conf *);

/* The first section of that kind and name (NULL: any name) after `after` (NULL: from the start), or NULL. */
const struct conf_section *conf_find(const struct conf *, const char *kind, const char *name,
		    const struct conf_section *after);

/* What is written for this key in this section, and where; NULL: nothing. A section that is NULL has nothing. */
const struct conf_pair *conf_pair(const struct conf_section *, const char *key);
const char	*conf_value(const struct conf_section *, const char *key);

/*
 * Fill the zeroed struct at out from section (NULL: presets only) by a table that ends with key NULL.
 * ST_CONFIG: logged with path and line; out is then released already. conf_release() frees what was filled.
 */
enum status	 conf_fill(const struct conf *, const struct conf_section *, const struct conf_key *, void *out);
void		 conf_release(const struct conf_key *, void *out);

/* Split text as a CONF_COMMAND. Free words, also after ST_INVALID (no command, or too many words); ST_NOMEM. */
enum status	 conf_split_command(const char *text, struct conf_command *);

/* Log "path:line: text" as an error and return ST_CONFIG, for rules that a table cannot say. */
enum status	 conf_complain(const struct conf *, int line, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

#endif
