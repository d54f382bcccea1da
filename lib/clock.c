/* SPDX-License-Identifier: ISC */
/*
 * The clocks of this machine and the identity of its boot. Nothing is decided here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

uint64_t
clock_boot(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_SECOND + (uint64_t)ts.tv_nsec;
}

time_t
clock_wall(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

enum status
clock_boot_id(char id[BOOT_ID_SIZE])
{
	ssize_t got;
	int fd;

	memset(id, 0, BOOT_ID_SIZE);
	if ((fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC)) == -1)
		return ST_SYSTEM;
	got = read(fd, id, BOOT_ID_SIZE - 1);
	close(fd);
	id[BOOT_ID_SIZE - 1] = '\0';
	if (got == BOOT_ID_SIZE - 1 && strspn(id, "0123456789abcdef-") == BOOT_ID_SIZE - 1)
		return ST_OK;
	if (got != -1)
		errno = EBADMSG;
	memset(id, 0, BOOT_ID_SIZE);
	return ST_SYSTEM;
}
