/* SPDX-License-Identifier: ISC */
/*
 * systemctl(1) knows about systemd. Where it does not answer, or another init runs, /run/nologin has to do: it is
 * made when a shutdown begins (and some minutes before one that was announced).
 */
#include "machine.h"

#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "spawn.h"

#define NOLOGIN	"/run/nologin"
#define SECONDS	2

bool
machine_judge(const char *said, bool nologin)
{
	static const char *const others[] = { "initializing", "starting", "running", "degraded", "maintenance" };
	size_t i, len = strcspn(said, "\r\n");

	if (len == strlen("stopping") && strncmp(said, "stopping", len) == 0)
		return true;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (len == strlen(others[i]) && strncmp(said, others[i], len) == 0)
			return false;
	return nologin;
}

bool
machine_is_stopping(void)
{
	char *argv[] = { (char[]){ "systemctl" }, (char[]){ "is-system-running" }, NULL };
	uint64_t until = clock_boot() + SECONDS * CLOCK_SECOND, now;
	struct pollfd p = { .events = POLLIN };
	char said[64] = "";
	struct spawn s;
	size_t len = 0;
	ssize_t n = 1;

	if (spawn_open(argv, &s) == ST_OK) {
		p.fd = s.in;
		while (n > 0 && len + 1 < sizeof(said) && (now = clock_boot()) < until)
			if (poll(&p, 1, (int)((until - now) / 1000000) + 1) > 0 &&
			    (n = read(s.in, said + len, sizeof(said) - 1 - len)) > 0)
				len += (size_t)n;
		said[len] = '\0';
		spawn_close(&s);
	}
	return machine_judge(said, access(NOLOGIN, F_OK) == 0);
}
