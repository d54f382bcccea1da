/* SPDX-License-Identifier: ISC */
/*
 * One connected datagram socket. A service manager that does not listen must hold up nothing.
 */
#include "notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

#define MESSAGE	1024

int
notify_open(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name == NULL ? 0 : strlen(name);
	int fd = -1;

	/* A path, or a name in the abstract space, which starts with a NUL that is written as "@". */
	if (len > 1 && len < sizeof(to.sun_path) && (name[0] == '/' || name[0] == '@')) {
		memcpy(to.sun_path, name, len);
		if (name[0] == '@')
			to.sun_path[0] = '\0';
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		len += offsetof(struct sockaddr_un, sun_path);
		if (fd == -1 || connect(fd, (const struct sockaddr *)&to, (socklen_t)len) == -1) {
			log_warning("NOTIFY_SOCKET: %s: %s", name, strerror(errno));
			if (fd != -1)
				close(fd);
			fd = -1;
		}
	}
	unsetenv("NOTIFY_SOCKET");
	return fd;
}

void
notify_send(int fd, const char *fmt, ...)
{
	char text[MESSAGE];
	va_list args;
	int len;

	if (fd == -1)
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len > 0)
		(void)send(fd, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, MSG_NOSIGNAL);
}
