/* SPDX-License-Identifier: ISC */
/*
 * The publisher "zonefile": our lines in a master file, a reload, and the question whether the server shows them.
 * Whatever was interrupted, the next run finds by comparing the file with the names and the server with the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#include "command.h"
#include "masterfile.h"
#include "publish.h"
#include "serial.h"
#include "zoneclash.h"
#include "zoneconf.h"
#include "zonelook.h"
#include "zonetext.h"

#define ZONE_MAX	((size_t)64 << 20)		/* bytes of a zone file */
#define ZONE_MODE	0644
#define RELOAD_SECONDS	5
#define ASK_SECONDS	1
#define BUDGET		(8500 * (CLOCK_SECOND / 1000))	/* with a last question within the deadline of 10 s */

/* One run of publish(). */
struct run {
	const struct publication	*pub;
	struct zonefile			 conf;
	struct zonelook			 look;
	struct zoneclash		 clash;		/* once the file is read */
	uint64_t			 until;
	bool				 has_answer;	/* the server did say a serial */
	uint32_t			 shown;		/* this one */
	bool				 is_new;	/* there was no file */
	struct timespec			 mtime;		/* of the file as it was found */
	char				*text;
	size_t				 len;
	struct masterfile		 parts;
	char				*block;
	size_t				 blocklen, records;
	char				*why;
};

/* --- the section --- */

static enum status
section_check(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct zonefile zf;
	enum status st;

	if ((st = zoneconf_read(settings, zone, section, &zf)) == ST_OK)
		zoneconf_release(&zf);
	return st;
}

static unsigned
section_lag(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	struct zonefile zf;
	unsigned lag = 0;

	if (zoneconf_read(settings, zone, section, &zf) == ST_OK) {
		lag = zf.lag;
		zoneconf_release(&zf);
	}
	return lag;
}

/* --- the file --- */

static enum status __attribute__((format(printf, 3, 4)))
explain(const struct run *run, enum status st, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->why, PUBLISHER_WHY, fmt, args);
	va_end(args);
	return st;
}

static enum status
make_zone(struct run *run)
{
	const struct zonefile *zf = &run->conf;

	if (zf->nameserver == NULL)
		return explain(run, ST_UNPUBLISHED, "%s does not exist, and is only made when nameserver and "
		    "hostmaster are set", zf->file);
	run->is_new = true;
	return zonetext_new(run->pub->zone, zf->nameserver, zf->hostmaster, &run->text, &run->len, run->why,
	    PUBLISHER_WHY);
}

/* The rest of the file decides which names can be in it, and so which are looked for. */
static enum status
make_block(struct run *run)
{
	const struct dns_server server = run->look.server;
	const struct publication *kept = &run->clash.kept;
	enum status st = zoneclash_leave_out(run->pub, run->text, run->len, &run->clash);

	if (st == ST_OK)
		st = zonetext_block(kept->zone, kept->names, kept->n, &run->block, &run->blocklen, &run->records);
	if (st != ST_OK)
		return explain(run, st, "out of memory");
	zonelook_begin(&run->look, &server, kept);
	return ST_OK;
}

static enum status
read_zone(struct run *run)
{
	char reason[PUBLISHER_WHY];
	struct stat sb;
	enum status st;

	if (lstat(run->conf.file, &sb) == 0)
		run->mtime = sb.st_mtim;
	st = file_read(run->conf.file, ZONE_MAX, &run->text, &run->len);
	if (st == ST_NOTFOUND)
		st = make_zone(run);
	else if (st == ST_INVALID)
		return explain(run, ST_UNPUBLISHED, "%s is larger than %zu bytes", run->conf.file, ZONE_MAX);
	else if (st != ST_OK)
		return explain(run, st, "%s: %s", run->conf.file, strerror(errno));
	if (st != ST_OK)
		return st;
	if (masterfile_parse(run->text, run->len, run->pub->zone->name, &run->parts, reason, sizeof(reason)) != ST_OK)
		return explain(run, ST_UNPUBLISHED, "%s: %s", run->conf.file, reason);
	return make_block(run);
}

static bool
is_block_current(const struct run *run)
{
	return !run->is_new && run->blocklen == run->parts.block_len &&
	    memcmp(run->block, run->text + run->parts.block_at, run->blocklen) == 0;
}

static size_t
count_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Name servers load a file that lacks half its records without a word: its wholeness is proved before it is written. */
static bool
is_whole(const struct run *run, const char *text, size_t len, uint32_t serial)
{
	struct masterfile parts;
	char reason[PUBLISHER_WHY];

	return masterfile_parse(text, len, run->pub->zone->name, &parts, reason, sizeof(reason)) == ST_OK &&
	    parts.serial == serial && parts.block_len == run->blocklen &&
	    memcmp(text + parts.block_at, run->block, run->blocklen) == 0 &&
	    count_lines(text + parts.block_at, parts.block_len) == run->records &&
	    len - parts.block_len - parts.serial_len == run->len - run->parts.block_len - run->parts.serial_len;
}

static uint32_t
choose_serial(const struct run *run)
{
	uint32_t last = run->parts.serial;

	if (run->has_answer && (run->is_new || serial_is_newer(run->shown, last)))
		last = run->shown;
	return serial_next(run->conf.style, last, run->pub->wall);
}

static enum status
write_zone(struct run *run)
{
	const uint32_t serial = choose_serial(run);
	char *text = NULL;
	size_t len;
	enum status st;

	st = masterfile_compose(run->text, run->len, &run->parts, serial, run->block, run->blocklen, &text, &len);
	if (st != ST_OK)
		return explain(run, st, "out of memory");
	if (!is_whole(run, text, len, serial))
		st = explain(run, ST_DAMAGED, "%s: what was composed is not whole; nothing was written",
		    run->conf.file);
	if (st == ST_OK)
		file_remove_leftovers(run->conf.file);
	if (st == ST_OK && (st = file_replace(run->conf.file, text, len, ZONE_MODE)) != ST_OK)
		explain(run, st, "%s cannot be written: %s", run->conf.file, strerror(errno));
	run->parts.serial = serial;
	free(text);
	return st;
}

/* --- the server --- */

static void
begin_look(struct run *run)
{
	const struct dns_server server = { run->conf.server, run->conf.port, ASK_SECONDS };

	zonelook_begin(&run->look, &server, run->pub);
}

/*
 * Name servers pass over a file that is not younger than the one they loaded: after the clock was set back, or when two
 * were written within one tick of the kernel's. Then the file is made younger.
 */
static void
make_younger(const struct run *run)
{
	const struct timespec *old = &run->mtime;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	struct stat sb;

	if (lstat(run->conf.file, &sb) == -1 || sb.st_mtim.tv_sec > old->tv_sec ||
	    (sb.st_mtim.tv_sec == old->tv_sec && sb.st_mtim.tv_nsec > old->tv_nsec))
		return;
	if (clock_wall() <= old->tv_sec)
		times[1] = (struct timespec){ .tv_sec = old->tv_sec + 1 };
	utimensat(AT_FDCWD, run->conf.file, times, AT_SYMLINK_NOFOLLOW);
}

/* Have it loaded, then wait for the server to show it. A reload that fails gets one look: it may be loaded already. */
static enum status
load_zone(struct run *run)
{
	char said[PUBLISHER_WHY] = "", why[PUBLISHER_WHY];
	enum status st = ST_OK;
	uint64_t until;

	make_younger(run);
	if (run->conf.has_reload)
		st = command_run(run->conf.reload.argv, RELOAD_SECONDS, said, sizeof(said));
	until = st == ST_OK ? clock_boot() + run->conf.verify_timeout * CLOCK_SECOND : 0;
	until = until < run->until ? until : run->until;
	if (zonelook_wait(&run->look, run->parts.serial, until, why, sizeof(why)) == ST_OK)
		return ST_OK;
	if (st == ST_OK)
		return explain(run, ST_UNPUBLISHED, "%s", why);
	return explain(run, ST_UNPUBLISHED, "%s: %s; %s", run->conf.reload.argv[0], said, why);
}

/*
 * The server is asked before the file is read, so that nothing that waits stands between reading and replacing: an
 * operator may be editing.
 */
static enum status
publish(struct run *run)
{
	enum status st;

	if (run->pub->boot) {
		st = read_zone(run);
		return st != ST_OK || is_block_current(run) ? st : write_zone(run);
	}
	run->has_answer = zonelook_serial(&run->look, &run->shown, run->why, PUBLISHER_WHY) == ST_OK;
	if ((st = read_zone(run)) != ST_OK)
		return st;
	if (is_block_current(run) && run->has_answer &&
	    zonelook_check(&run->look, run->parts.serial, run->why, PUBLISHER_WHY) == ST_OK)
		return ST_OK;
	/* A server that is ahead of the file would not take it. */
	if (!is_block_current(run) || (run->has_answer && serial_is_newer(run->shown, run->parts.serial)))
		if ((st = write_zone(run)) != ST_OK)
			return st;
	return load_zone(run);
}

static enum status
zonefile_publish(const struct publication *pub, char why[PUBLISHER_WHY])
{
	struct run run = { .pub = pub, .until = clock_boot() + BUDGET, .why = why };
	enum status st;

	why[0] = '\0';
	if ((st = zoneconf_read(pub->settings, pub->zone, pub->section, &run.conf)) != ST_OK)
		return explain(&run, st, "its section of the configuration is wrong");
	begin_look(&run);
	if ((st = publish(&run)) == ST_OK)
		why[0] = '\0';
	if (st == ST_OK && run.clash.name != NULL)
		st = explain(&run, ST_UNPUBLISHED, "%.200s has other records of %.100s, beside which it cannot be a "
		    "CNAME: it is left out, and all else is shown", run.conf.file, run.clash.name);
	zoneclash_free(&run.clash);
	free(run.block);
	free(run.text);
	zoneconf_release(&run.conf);
	return st;
}

static enum status
zonefile_look(const struct publication *pub, char why[PUBLISHER_WHY])
{
	struct run run = { .pub = pub, .why = why };
	enum status st;

	why[0] = '\0';
	if ((st = zoneconf_read(pub->settings, pub->zone, pub->section, &run.conf)) != ST_OK)
		return explain(&run, st, "its section of the configuration is wrong");
	begin_look(&run);
	if (zonelook_serial(&run.look, &run.shown, why, PUBLISHER_WHY) != ST_OK)
		st = ST_UNPUBLISHED;
	zoneconf_release(&run.conf);
	return st;
}

/* --- advice --- */

/* A file that is not there yet, or cannot be read by whoever asks, is no matter for advice. */
static void
section_advise(const struct settings *settings, const struct zone *zone, const struct conf_section *section)
{
	const struct publication pub = { .settings = settings, .zone = zone, .section = section };
	char why[PUBLISHER_WHY], *text = NULL;
	struct masterfile parts;
	struct zonefile zf;
	size_t len;

	if (zoneconf_read(settings, zone, section, &zf) != ST_OK)
		return;
	if (file_read(zf.file, ZONE_MAX, &text, &len) == ST_OK) {
		if (masterfile_parse(text, len, zone->name, &parts, why, sizeof(why)) != ST_OK)
			log_warning("%s: %s", zf.file, why);
		else if (parts.minimum > zone->ttl)
			log_warning("%s: the SOA MINIMUM is %u s and the TTL %u s: a record that comes back may stay "
			    "unseen for longer than one that changes", zf.file, parts.minimum, zone->ttl);
	}
	free(text);
	zoneconf_release(&zf);
	if (zonefile_look(&pub, why) != ST_OK)
		log_warning("zonefile %s: %s", zone->name, why);
}

const struct publisher zonefile_publisher = {
	.kind = "zonefile",
	.deadline = 10,
	.is_file = true,
	.is_whole = true,
	.check = section_check,
	.publish = zonefile_publish,
	.look = zonefile_look,
	.advise = section_advise,
	.lag = section_lag,
};
