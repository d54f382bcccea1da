/* SPDX-License-Identifier: ISC */
/*
 * Values go into statements, and rows come out of them, by the letters of their schema.
 */
#include "sqlsession.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serial.h"

static const char row_letters[SQLFIELDS + 1] = "intclxoa";

static enum status __attribute__((format(printf, 3, 4)))
explain(struct sqlsession *s, enum status st, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->why, PUBLISHER_WHY, fmt, args);
	va_end(args);
	return st;
}

/* A statement failed. */
static enum status
failed(struct sqlsession *s, enum status st)
{
	return explain(s, st, "%s", st == ST_NOMEM ? "out of memory" : sql_why(s->sql));
}

/* --- values --- */

static const char *
value_of(const struct sqlsession *s, char letter, const struct sqlrow *row)
{
	const char *at = strchr(row_letters, letter);

	if (at != NULL)
		return row->field[at - row_letters];
	return letter == 'z' ? s->zone->name : letter == 'd' ? s->domain : letter == 'p' ? s->pattern : s->soa;
}

static void
fill_in(const struct sqlsession *s, const char *takes, const struct sqlrow *row, const char **values)
{
	for (size_t i = 0; takes[i] != '\0'; i++)
		values[i] = value_of(s, takes[i], row);
}

/* What a statement of the schema takes and gives. */
static struct sqltext
letters_of(const struct sqlsession *s, enum sqldeed deed)
{
	char text[SQLSCHEMA_TEXT];
	struct sqltext result = { NULL, "", "" };

	sqlschema_text(s->conf, deed, text, &result);
	result.text = NULL;
	return result;
}

static enum status
read_rows(struct sqlsession *s, enum sqldeed deed, const struct sqlrow *row, sql_take *take, void *arg)
{
	const char *values[SQL_COLUMNS];
	enum status st;

	fill_in(s, letters_of(s, deed).takes, row, values);
	st = sql_read(s->statements[deed], values, take, arg);
	return st == ST_OK ? ST_OK : failed(s, st);
}

/* --- what the zone is --- */

static enum status
take_domain(void *arg, const char *const *values)
{
	struct sqlsession *s = arg;
	const char *id = values[0] == NULL ? "" : values[0], *type = values[1] == NULL ? "" : values[1];

	snprintf(s->domain, sizeof(s->domain), "%s", id);
	if (strcasecmp(type, "SLAVE") == 0 || strcasecmp(type, "SECONDARY") == 0 || strcasecmp(type, "CONSUMER") == 0)
		snprintf(s->domain, sizeof(s->domain), "-");
	return ST_OK;
}

static enum status
take_metadata(void *arg, const char *const *values)
{
	struct sqlsession *s = arg;
	const char *kind = values[0] == NULL ? "" : values[0], *content = values[1] == NULL ? "" : values[1];
	unsigned flags = 0;

	if (strcmp(kind, "NSEC3NARROW") == 0)
		s->order.is_narrow = strcmp(content, "1") == 0;
	else if (strcmp(kind, "PRESIGNED") == 0 && strcmp(content, "1") == 0)
		s->fault = "is presigned: the database does not have what could sign a change";
	else if (strcmp(kind, "NSEC3PARAM") == 0) {
		if (dnshash_parse(content, &s->order.hash, &flags) != ST_OK)
			s->fault = "has an NSEC3PARAM in `domainmetadata` that makes no sense";
		s->order.is_hashed = true;
		s->order.is_opt_out = (flags & 1) != 0;
	}
	return ST_OK;
}

static enum status
take_keys(void *arg, const char *const *values)
{
	struct sqlsession *s = arg;

	s->order.is_signed = values[0] != NULL && strcmp(values[0], "0") != 0;
	return ST_OK;
}

static enum status
take_one(void *arg, const char *const *values)
{
	(void)values;
	*(bool *)arg = true;
	return ST_OK;
}

static enum status
take_soa(void *arg, const char *const *values)
{
	struct sqlsession *s = arg;

	s->has_soa = true;
	return snprintf(s->soa, SQLSESSION_SOA, "%s", values[0] == NULL ? "" : values[0]) < SQLSESSION_SOA ? ST_OK :
	    ST_DAMAGED;
}

#define SERIAL	2		/* the third word of an SOA */

bool
sqlsession_soa_number(const char *soa, unsigned word, uint32_t *number, size_t *at)
{
	const char *text = soa + strspn(soa, " ");
	size_t len;

	for (; word > 0; word--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	len = strspn(text, "0123456789");
	if (len == 0 || len > 10 || (text[len] != ' ' && text[len] != '\0'))
		return false;
	*number = (uint32_t)strtoull(text, NULL, 10);
	if (at != NULL)
		*at = (size_t)(text - soa);
	return true;
}

static enum status
read_soa(struct sqlsession *s, enum sqldeed deed)
{
	enum status st;

	s->has_soa = false;
	if (s->statements[deed] == NULL)
		return ST_OK;
	if ((st = read_rows(s, deed, NULL, take_soa, s)) != ST_OK && st != ST_DAMAGED)
		return st;
	if (!s->has_soa)
		return explain(s, ST_CONFIG, "the database has no SOA for %s", s->zone->name);
	if (st == ST_DAMAGED || !sqlsession_soa_number(s->soa, SERIAL, &s->serial, NULL))
		return explain(s, ST_CONFIG, "the SOA of %s in the database has no serial as its third word",
		    s->zone->name);
	return ST_OK;
}

/* PowerDNS's zones have a number, and metadata. */
static enum status
learn_domain(struct sqlsession *s)
{
	enum status st;

	if (s->statements[SQL_DOMAIN] == NULL)
		return ST_OK;
	s->order.is_kept = true;
	if ((st = read_rows(s, SQL_DOMAIN, NULL, take_domain, s)) != ST_OK)
		return st;
	if (s->domain[0] == '\0')
		return explain(s, ST_CONFIG, "there is no %s in `domains`", s->zone->name);
	if (s->domain[0] == '-')
		return explain(s, ST_CONFIG, "%s is a secondary's zone in `domains`: PowerDNS would overwrite it "
		    "from its primary", s->zone->name);
	if ((st = read_rows(s, SQL_METADATA, NULL, take_metadata, s)) != ST_OK ||
	    (st = read_rows(s, SQL_KEYS, NULL, take_keys, s)) != ST_OK)
		return st;
	return s->fault == NULL ? ST_OK : explain(s, ST_CONFIG, "%s %s", s->zone->name, s->fault);
}

static enum status
prepare_all(struct sqlsession *s)
{
	char text[SQLSCHEMA_TEXT];
	struct sqltext t;
	enum status st;

	for (enum sqldeed deed = 0; deed < SQLSTATEMENTS; deed++)
		if (sqlschema_text(s->conf, deed, text, &t) && (st = sql_prepare(s->sql, t.text, strlen(t.takes),
		    strlen(t.gives), &s->statements[deed])) != ST_OK)
			return failed(s, st);
	return ST_OK;
}

enum status
sqlsession_open(struct sqlsession *s, const struct sqlconf *conf, const struct zone *zone, char *why)
{
	enum status st;

	*s = (struct sqlsession){ .conf = conf, .zone = zone, .why = why };
	snprintf(s->pattern, sizeof(s->pattern), "%%.%%.%s", zone->name);
	if ((st = sql_open(&conf->login, &s->sql, why, PUBLISHER_WHY)) != ST_OK)
		return st;
	if ((st = prepare_all(s)) == ST_OK && (st = learn_domain(s)) == ST_OK)
		st = read_soa(s, SQL_SOA);
	return st;
}

void
sqlsession_close(struct sqlsession *s)
{
	sql_close(s->sql);
	s->sql = NULL;
}

/* --- what it has --- */

enum status
sqlsession_has_deep(struct sqlsession *s, bool *has)
{
	*has = false;
	return s->statements[SQL_DEEP] == NULL ? ST_OK : read_rows(s, SQL_DEEP, NULL, take_one, has);
}

struct reading {
	const char	*gives;
	const char	*name;		/* that was asked for */
	struct sqlrows	*rows;
};

static enum status
take_row(void *arg, const char *const *values)
{
	const struct reading *reading = arg;
	const char *field[SQLFIELDS] = { [SQL_NAME] = reading->name };

	for (size_t i = 0; reading->gives[i] != '\0'; i++)
		field[strchr(row_letters, reading->gives[i]) - row_letters] = values[i];
	return field[SQL_NAME] == NULL ? ST_OK : sqlrows_add(reading->rows, field);
}

enum status
sqlsession_read(struct sqlsession *s, const char *name, struct sqlrows *rows)
{
	const enum sqldeed deed = name == NULL ? SQL_LIST : SQL_SELECT;
	const struct sqlrow row = { .field = { [SQL_NAME] = name } };
	struct reading reading = { letters_of(s, deed).gives, name, rows };

	return read_rows(s, deed, &row, take_row, &reading);
}

/* --- changes --- */

static enum status
change_rows(struct sqlsession *s, enum sqldeed deed, const struct sqlrow *const *rows, size_t n)
{
	const char *takes = letters_of(s, deed).takes;
	const size_t width = strlen(takes);
	const char **values = calloc(n * width + 1, sizeof(const char *));
	uint64_t changed;
	enum status st = ST_NOMEM;

	if (values == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		fill_in(s, takes, rows[i], values + i * width);
	st = sql_change(s->statements[deed], values, n, &changed);
out:
	free(values);
	return st == ST_OK ? ST_OK : failed(s, st);
}

static enum status
add_rows(struct sqlsession *s, const struct sqlrow *list, size_t n)
{
	const struct sqlrow **rows = calloc(n + 1, sizeof(const struct sqlrow *));
	enum status st = ST_NOMEM;

	for (size_t i = 0; rows != NULL && i < n; i++)
		rows[i] = &list[i];
	if (rows != NULL)
		st = change_rows(s, SQL_INSERT, rows, n);
	free(rows);
	return st;
}

static enum status
raise_serial(struct sqlsession *s, time_t wall)
{
	const struct sqlrow none = { .bytes = NULL }, *rows[] = { &none };
	char rest[SQLSESSION_SOA];
	size_t at;

	if (s->statements[SQL_RAISE] == NULL)
		return ST_OK;
	if (s->has_soa && sqlsession_soa_number(s->soa, SERIAL, &s->serial, &at)) {
		snprintf(rest, sizeof(rest), "%s", s->soa + at + strspn(s->soa + at, "0123456789"));
		s->serial = serial_next(s->conf->style, s->serial, wall);
		if (snprintf(s->soa + at, SQLSESSION_SOA - at, "%u%s", s->serial, rest) >= (int)(SQLSESSION_SOA - at))
			return explain(s, ST_CONFIG, "the SOA of %s in the database is too long", s->zone->name);
	}
	return change_rows(s, SQL_RAISE, rows, 1);
}

/* The lock on the SOA keeps others who change the zone as they should out of the way. */
static enum status
change_all(struct sqlsession *s, const struct sqlplan *plan, struct sqlstep from, struct sqlstep to, time_t wall)
{
	enum status st = read_soa(s, SQL_LOCK);

	if (st == ST_OK && to.drop > from.drop)
		st = change_rows(s, SQL_DELETE, plan->drop + from.drop, to.drop - from.drop);
	if (st == ST_OK && to.add > from.add)
		st = add_rows(s, plan->add.list + from.add, to.add - from.add);
	return st == ST_OK ? raise_serial(s, wall) : st;
}

enum status
sqlsession_apply(struct sqlsession *s, const struct sqlplan *plan, struct sqlstep from, struct sqlstep to,
    time_t wall)
{
	enum status st;

	if ((st = sql_begin(s->sql)) != ST_OK)
		return failed(s, st);
	if ((st = change_all(s, plan, from, to, wall)) != ST_OK) {
		sql_roll_back(s->sql);
		return st;
	}
	st = sql_commit(s->sql);
	return st == ST_OK ? ST_OK : failed(s, st);
}
