/* SPDX-License-Identifier: ISC */
/* links: reaper/[a-l]*.c reaper/ma[a-hj-z]*.c reaper/[n-z]*.c */
/*
 * send_updates CONF ZONE: what a name server itself needs for the updates of [dnsupdate ZONE]. Makes and signs the
 * messages for the names on stdin ("NAME ADDRESS" a line, "none" for no address) and then only sends them, as many in
 * flight as the section says, and reads the answers. Prints the seconds of that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/texts.h"
#include "reaper/dnsjob.h"
#include "reaper/dnsmessage.h"

enum { NAMES = 200000, MESSAGES = 20000 };

struct wire {
	uint8_t	*bytes;		/* with the length before it, as over TCP */
	size_t	 len;
};

static struct desired names[NAMES];
static const struct desired *list[NAMES];
static struct wire wires[MESSAGES];
static struct texts texts;

static void
die(const char *what)
{
	fprintf(stderr, "send_updates: %s\n", what);
	exit(1);
}

static size_t
read_names(void)
{
	char name[NAME_SIZE + 1], parsed[NAME_SIZE], address[ADDRESS_TEXT];
	size_t n = 0;

	while (n < NAMES && scanf("%254s %45s", name, address) == 2) {
		struct desired *to = &names[n];

		if (name_parse(name, strlen(name), parsed) != ST_OK ||
		    (to->name = texts_keep(&texts, parsed)) == NULL ||
		    (strcmp(address, "none") != 0 && address_parse(address, &to->a) != ST_OK))
			die("a bad line");
		to->owned = true;
		list[n++] = to;
	}
	return n;
}

static struct wire
make_wire(const struct dns_job *job, const struct desired *const *some, size_t n)
{
	ldns_pkt *pkt = dnsmessage_update(job->zone, some, n);
	struct wire wire = { 0 };
	ldns_rdf *mac = NULL;
	uint8_t *bytes = NULL;

	if (pkt == NULL)
		die("no memory");
	ldns_pkt_set_random_id(pkt);
	if (dnskey_sign(&job->key, pkt, &mac) != ST_OK || ldns_pkt2wire(&bytes, pkt, &wire.len) != LDNS_STATUS_OK ||
	    wire.len > 65535 || (wire.bytes = malloc(wire.len + 2)) == NULL)
		die("a message cannot be made");
	wire.bytes[0] = (uint8_t)(wire.len >> 8);
	wire.bytes[1] = (uint8_t)wire.len;
	memcpy(wire.bytes + 2, bytes, wire.len);
	wire.len += 2;
	free(bytes);
	ldns_rdf_deep_free(mac);
	ldns_pkt_free(pkt);
	return wire;
}

static size_t
make_wires(const struct dns_job *job, size_t n)
{
	size_t count = 0;

	for (size_t from = 0, some; from < n; from += some) {
		some = n - from < job->conf.batch ? n - from : job->conf.batch;
		some = dnsmessage_fit(job->zone, list + from, some);
		wires[count++] = make_wire(job, list + from, some);
	}
	return count;
}

static void
write_all(int fd, const struct wire *wire)
{
	ssize_t n;

	for (size_t at = 0; at < wire->len; at += (size_t)n)
		if ((n = write(fd, wire->bytes + at, wire->len - at)) <= 0)
			die("the server does not take it");
}

static void
read_all(int fd, uint8_t *to, size_t len)
{
	ssize_t n;

	for (size_t at = 0; at < len; at += (size_t)n)
		if ((n = read(fd, to + at, len - at)) <= 0)
			die("the server does not answer");
}

static void
read_answer(int fd)
{
	uint8_t head[2], message[65535];
	size_t len;

	read_all(fd, head, sizeof(head));
	len = (size_t)head[0] << 8 | head[1];
	read_all(fd, message, len);
	if (len < 12 || (message[3] & 15) != 0)
		die("the server refuses");
}

static void
send_all(int fd, size_t n, size_t flight)
{
	size_t sent = 0;

	for (size_t read = 0; read < n; read++) {
		while (sent < n && sent - read < flight)
			write_all(fd, &wires[sent++]);
		read_answer(fd);
	}
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct settings *set = NULL;
	const struct conf_section *section;
	struct dns_endpoint to;
	struct dns_job job;
	double start;
	size_t n;
	int fd;

	if (argc != 3 || settings_load(argv[1], &set) != ST_OK ||
	    (section = conf_find(set->conf, "dnsupdate", argv[2], NULL)) == NULL ||
	    dnsjob_begin(&job, set, settings_zone(set, argv[2]), section) != ST_OK)
		die("usage: send_updates CONF ZONE");
	n = make_wires(&job, read_names());
	to = dns_endpoint(&job.server);
	fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	start = now();
	if (connect(fd, &to.any, to.len) != 0)
		die("nobody listens");
	send_all(fd, n, job.conf.in_flight);
	printf("%.3f %zu\n", now() - start, n);
	dnsjob_end(&job);
	settings_free(set);
	texts_free(&texts);
	return 0;
}
