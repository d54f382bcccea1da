/* SPDX-License-Identifier: ISC */
/*
 * Where a program's words go: syslog (daemon facility) or stderr, chosen once. Every line that is logged is
 * escaped here, so a caller may pass bytes from the network with %s: all outside 0x20-0x7e, and the backslash,
 * come out as \xNN, and a line is cut at 1000 bytes. Secrets are never passed to it.
 */
#ifndef DYNLEASE_LOG_H
#define DYNLEASE_LOG_H

#include <stddef.h>

enum log_place { LOG_PLACE_STDERR, LOG_PLACE_SYSLOG };
enum log_level { LOG_LEVEL_CRITICAL, LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Choose the place; ident must stay valid. Until then lines go to stderr. Connects to syslog at once. */
void	log_open(const char *ident, enum log_place);

/* Lines above this level are dropped; the default is LOG_LEVEL_INFO. */
void	log_limit(enum log_level);

void	log_critical(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Escape len bytes into to (size bytes, always terminated; cut at a whole escape when it does not fit).
 * Returns the length written. Pure.
 */
size_t	log_escape(char *to, size_t size, const void *bytes, size_t len);

#endif
