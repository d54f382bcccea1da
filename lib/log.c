/* SPDX-License-Identifier: ISC */
/*
 * The log. A line is put together, escaped once as a whole, and handed over in one piece: one syslog(3) message or
 * one write(2). It never allocates and leaves errno alone, so it may be called on every error path.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"

#define LINE_SIZE 1001	/* bytes of a line, with the NUL */

static const struct {
	const char	*word;
	int		 priority;
} levels[] = {
	[LOG_LEVEL_CRITICAL] = { "critical: ", LOG_CRIT },
	[LOG_LEVEL_ERROR] = { "error: ", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning: ", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug: ", LOG_DEBUG },
};

static const char *log_ident = "dynlease";
static enum log_place log_where = LOG_PLACE_STDERR;
static enum log_level log_most = LOG_LEVEL_INFO;

void
log_open(const char *ident, enum log_place place)
{
	log_ident = ident;
	log_where = place;
	if (place == LOG_PLACE_SYSLOG)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_limit(enum log_level level)
{
	log_most = level;
}

size_t
log_escape(char *to, size_t size, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	size_t i, n = 0;

	if (size == 0)
		return 0;
	for (i = 0; i < len; i++) {
		bool plain = from[i] >= 0x20 && from[i] <= 0x7e && from[i] != '\\';

		if (size - n <= (plain ? 1U : 4U))
			break;
		if (plain) {
			to[n++] = (char)from[i];
			continue;
		}
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = digits[from[i] >> 4];
		to[n++] = digits[from[i] & 15];
	}
	to[n] = '\0';
	return n;
}

static void
write_stderr(enum log_level level, const char *text)
{
	char line[LINE_SIZE + 128];
	int len;

	len = snprintf(line, sizeof(line), "%.100s: %s%s\n", log_ident, levels[level].word, text);
	if (len < 0 || (size_t)len >= sizeof(line))
		return;
	while (write(STDERR_FILENO, line, (size_t)len) == -1 && errno == EINTR)
		continue;
}

static void __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *fmt, va_list args)
{
	char raw[LINE_SIZE], text[LINE_SIZE];
	int saved = errno;
	int len;

	if (level > log_most)
		return;
	if ((len = vsnprintf(raw, sizeof(raw), fmt, args)) < 0)
		len = 0;
	if ((size_t)len >= sizeof(raw))
		len = (int)sizeof(raw) - 1;
	log_escape(text, sizeof(text), raw, (size_t)len);
	if (log_where == LOG_PLACE_SYSLOG)
		syslog(levels[level].priority, "%s", text);
	else
		write_stderr(level, text);
	errno = saved;
}

#define LOG_FUNCTION(name, level)			\
	void						\
	name(const char *fmt, ...)			\
	{						\
		va_list args;				\
							\
		va_start(args, fmt);			\
		log_line(level, fmt, args);		\
		va_end(args);				\
	}

LOG_FUNCTION(log_critical, LOG_LEVEL_CRITICAL)
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
