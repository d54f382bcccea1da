/* SPDX-License-Identifier: ISC */
/*
 * Telling the service manager how we are: the protocol of sd_notify(3), datagrams to the socket that NOTIFY_SOCKET
 * names. Without a service manager everything here does nothing.
 */
#ifndef DYNLEASE_NOTIFY_H
#define DYNLEASE_NOTIFY_H

/*
 * Find the socket, and take its name out of the environment, which is nobody else's business. -1: there is none.
 * The descriptor is the caller's.
 */
int	notify_open(void);

/* "READY=1", "STATUS=...": lines of variables. What cannot be sent at once is lost. */
void	notify_send(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
