/* SPDX-License-Identifier: ISC */
/*
 * Finds the SOA serial and the two markers of a master file and composes it anew around others. Never looks into a
 * record that is not a SOA.
 */
#include "masterfile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/name.h"
#include "masterscan.h"

enum {
	SOA_FIELDS = 7,
	ORIGIN_SIZE = 4 * NAME_SIZE	/* a byte may be written as \DDD */
};

#define complain(p, line, ...)	scan_complain(&(p)->scan, line, __VA_ARGS__)

struct parse {
	struct scan		 scan;
	unsigned		 soa, begin, end;	/* lines where they stand; 0: not met yet */
	bool			 is_at_apex;		/* the last owner is the zone itself */
	bool			 is_closed;		/* a record with an owner stands after the end marker */
	bool			 has_include;
	const char		*zone;
	char			 origin[ORIGIN_SIZE];	/* with the final dot */
	struct masterfile	*found;
	void			(*each)(void *, const char *owner);	/* or NULL */
	void			*arg;
};

static bool
is_in_block(const struct parse *p)
{
	return p->begin != 0 && p->end == 0;
}

/* False: too long. */
static bool
make_absolute(const struct parse *p, const struct scan_word *w, char name[ORIGIN_SIZE])
{
	const char *text = p->scan.text + w->at;
	const bool is_whole = text[w->len - 1] == '.' && (w->len == 1 || text[w->len - 2] != '\\');
	int n;

	if (w->len >= ORIGIN_SIZE)
		return false;
	if (scan_word_is(&p->scan, w, "@"))
		n = snprintf(name, ORIGIN_SIZE, "%s", p->origin);
	else if (is_whole)
		n = snprintf(name, ORIGIN_SIZE, "%.*s", (int)w->len, text);
	else
		n = snprintf(name, ORIGIN_SIZE, "%.*s.%s", (int)w->len, text,
		    strcmp(p->origin, ".") == 0 ? "" : p->origin);
	return n > 0 && n < ORIGIN_SIZE;
}

static bool
is_apex(const struct parse *p, const struct scan_word *w)
{
	const size_t n = strlen(p->zone);
	char name[ORIGIN_SIZE];

	return make_absolute(p, w, name) && strncasecmp(name, p->zone, n) == 0 && strcmp(name + n, ".") == 0;
}

static void
tell_owner(const struct parse *p, const struct scan_word *w)
{
	char name[ORIGIN_SIZE];
	size_t len;

	if (p->each == NULL || is_in_block(p) || !make_absolute(p, w, name))
		return;
	for (len = 0; name[len] != '\0'; len++)
		name[len] = (char)tolower((unsigned char)name[len]);
	name[len - 1] = '\0';
	p->each(p->arg, name);
}

static bool
is_ttl_or_class(const struct parse *p, const struct scan_word *w)
{
	const char *text = p->scan.text + w->at;

	return (text[0] >= '0' && text[0] <= '9') || scan_word_is(&p->scan, w, "IN") ||
	    scan_word_is(&p->scan, w, "CH") || scan_word_is(&p->scan, w, "HS") ||
	    (w->len > 5 && strncasecmp(text, "CLASS", 5) == 0);
}

static enum status
take_serial(struct parse *p, const struct scan_entry *e, const struct scan_word *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < w->len; i++) {
		const char c = p->scan.text[w->at + i];

		if (c < '0' || c > '9' || (n = n * 10 + (uint64_t)(c - '0')) > UINT32_MAX)
			return complain(p, e->line, "the serial of the SOA is not a number below 4294967296");
	}
	p->found->serial = (uint32_t)n;
	p->found->serial_at = w->at;
	p->found->serial_len = w->len;
	return ST_OK;
}

/* Seconds, or numbers with a unit each, as BIND has them: 1h30m. */
static enum status
take_minimum(struct parse *p, const struct scan_entry *e, const struct scan_word *w)
{
	static const char units[] = "smhdw";
	static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	uint64_t sum = 0, n = 0;
	bool digits = false;

	for (size_t i = 0; i < w->len && sum <= UINT32_MAX && n <= UINT32_MAX; i++) {
		const char c = p->scan.text[w->at + i];
		const char *unit = strchr(units, c | 0x20);

		if (c >= '0' && c <= '9') {
			n = n * 10 + (uint64_t)(c - '0');
			digits = true;
		} else if (unit != NULL && digits) {
			sum += n * seconds[unit - units];
			n = 0;
			digits = false;
		} else
			return complain(p, e->line, "the MINIMUM of the SOA is not a number of seconds");
	}
	if (sum + n > UINT32_MAX)
		return complain(p, e->line, "the MINIMUM of the SOA is not a number of seconds");
	p->found->minimum = (uint32_t)(sum + n);
	return ST_OK;
}

static enum status
take_soa(struct parse *p, const struct scan_entry *e, size_t type)
{
	if (!p->is_at_apex)
		return complain(p, e->line, "this is the SOA of another name than %s", p->zone);
	if (p->soa != 0)
		return complain(p, e->line, "a second SOA; the first is on line %u", p->soa);
	if (is_in_block(p))
		return complain(p, e->line, "the SOA stands between the dynlease markers");
	if (e->n != type + 1 + SOA_FIELDS)
		return complain(p, e->line, "the SOA does not have %d fields", SOA_FIELDS);
	p->soa = e->line;
	if (take_minimum(p, e, &e->words[type + SOA_FIELDS]) != ST_OK)
		return ST_INVALID;
	return take_serial(p, e, &e->words[type + 3]);
}

static enum status
take_record(struct parse *p, const struct scan_entry *e)
{
	size_t i = e->has_owner ? 1 : 0;

	if (e->has_owner) {
		p->is_at_apex = is_apex(p, &e->words[0]);
		tell_owner(p, &e->words[0]);
	}
	if (p->end != 0 && !p->is_closed && !e->has_owner)
		return complain(p, e->line, "the first record after the end marker must begin with its owner, or it "
		    "would become part of the last record before it");
	p->is_closed = p->end != 0;
	while (i < e->n && i < MASTERSCAN_WORDS && is_ttl_or_class(p, &e->words[i]))
		i++;
	if (i < e->n && i < MASTERSCAN_WORDS && scan_word_is(&p->scan, &e->words[i], "SOA"))
		return take_soa(p, e, i);
	return ST_OK;
}

/* Servers let the first record of an included file adopt the last owner, too. */
static enum status
take_directive(struct parse *p, const struct scan_entry *e)
{
	const bool is_include = scan_word_is(&p->scan, &e->words[0], "$INCLUDE");
	char origin[ORIGIN_SIZE];

	if (is_in_block(p))
		return complain(p, e->line, "%.*s stands between the dynlease markers", (int)e->words[0].len,
		    p->scan.text + e->words[0].at);
	if (is_include && p->end != 0 && !p->is_closed)
		return complain(p, e->line, "$INCLUDE must not be the first after the end marker: "
		    "move it before the begin marker");
	p->has_include = p->has_include || is_include;
	if (scan_word_is(&p->scan, &e->words[0], "$ORIGIN")) {
		if (e->n < 2 || !make_absolute(p, &e->words[1], origin))
			return complain(p, e->line, "$ORIGIN needs a name");
		memcpy(p->origin, origin, sizeof(p->origin));
	}
	return ST_OK;
}

static enum status
take_marker(struct parse *p)
{
	const char *newline = memchr(p->scan.text + p->scan.at, '\n', p->scan.len - p->scan.at);

	if (scan_is_marker(&p->scan, MASTERFILE_BEGIN)) {
		if (p->begin != 0)
			return complain(p, p->scan.line, "a second begin marker; the first is on line %u", p->begin);
		p->begin = p->scan.line;
		p->found->block_at = (size_t)(newline + 1 - p->scan.text);
	} else if (scan_is_marker(&p->scan, MASTERFILE_END)) {
		if (p->begin == 0)
			return complain(p, p->scan.line, "an end marker before the begin marker");
		if (p->end != 0)
			return complain(p, p->scan.line, "a second end marker; the first is on line %u", p->end);
		p->end = p->scan.line;
		p->found->block_len = p->scan.at - p->found->block_at;
	}
	return ST_OK;
}

static enum status
judge(const struct parse *p)
{
	const char *hint = p->has_include ? " ($INCLUDE is not followed)" : "";

	if (p->soa == 0)
		return complain(p, 0, "there is no SOA of %s%s", p->zone, hint);
	if (p->begin == 0)
		return complain(p, 0, "there is no line \"%s\"%s", MASTERFILE_BEGIN, hint);
	if (p->end == 0)
		return complain(p, p->begin, "after this begin marker there is no line \"%s\"%s", MASTERFILE_END,
		    hint);
	return ST_OK;
}

/* From where the scan begins to the end. */
static enum status
take_all(struct parse *p)
{
	struct scan_entry e;
	enum status st = ST_OK;

	memset(p->found, 0, sizeof(*p->found));
	snprintf(p->origin, sizeof(p->origin), "%s.", p->zone);
	while (st == ST_OK && scan_has_more(&p->scan)) {
		if ((st = take_marker(p)) != ST_OK || (st = scan_next(&p->scan, &e)) != ST_OK)
			break;
		if (e.n > 0 && e.has_owner && p->scan.text[e.words[0].at] == '$')
			st = take_directive(p, &e);
		else if (e.n > 0)
			st = take_record(p, &e);
	}
	return st;
}

enum status
masterfile_parse(const char *text, size_t len, const char *zone, struct masterfile *found, char *why, size_t whysize)
{
	struct parse p = { .is_at_apex = true, .zone = zone, .found = found };
	enum status st = scan_begin(&p.scan, text, len, why, whysize);

	if (st == ST_OK)
		st = take_all(&p);
	return st == ST_OK ? judge(&p) : st;
}

void
masterfile_each_owner(const char *text, size_t len, const char *zone, void (*each)(void *, const char *), void *arg)
{
	struct masterfile found;
	struct parse p = { .is_at_apex = true, .zone = zone, .found = &found, .each = each, .arg = arg };
	char why[64];

	if (scan_begin(&p.scan, text, len, why, sizeof(why)) == ST_OK)
		take_all(&p);
}

/* --- composing --- */

/* Append to a text whose room was counted before. */
static void
append(char *out, size_t *outlen, const char *bytes, size_t n)
{
	memcpy(out + *outlen, bytes, n);
	*outlen += n;
}

enum status
masterfile_compose(const char *text, size_t len, const struct masterfile *parts, uint32_t serial, const char *block,
    size_t blocklen, char **out, size_t *outlen)
{
	const bool is_serial_first = parts->serial_at < parts->block_at;
	const size_t serial_end = parts->serial_at + parts->serial_len;
	const size_t block_end = parts->block_at + parts->block_len;
	char digits[12];
	const size_t ndigits = (size_t)snprintf(digits, sizeof(digits), "%u", serial);
	char *to;

	*outlen = 0;
	if ((*out = to = malloc(len + blocklen + sizeof(digits) + 1)) == NULL)
		return ST_NOMEM;
	if (is_serial_first) {
		append(to, outlen, text, parts->serial_at);
		append(to, outlen, digits, ndigits);
		append(to, outlen, text + serial_end, parts->block_at - serial_end);
		append(to, outlen, block, blocklen);
		append(to, outlen, text + block_end, len - block_end);
	} else {
		append(to, outlen, text, parts->block_at);
		append(to, outlen, block, blocklen);
		append(to, outlen, text + block_end, parts->serial_at - block_end);
		append(to, outlen, digits, ndigits);
		append(to, outlen, text + serial_end, len - serial_end);
	}
	to[*outlen] = '\0';
	return ST_OK;
}
