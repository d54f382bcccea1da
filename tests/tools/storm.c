/* SPDX-License-Identifier: ISC */
/*
 * storm RUNDIR PROCESSES ROUNDS [KILLS]: many helpers at once, as short-lived as they are.
 *
 * Each process has ROUNDS times a child of its own open the table, renew a lease and leave by _exit(2), and waits for
 * it. With KILLS the children go on renewing instead, and each is ended by SIGKILL after a random time, until there
 * were so many; a time in which every other one gets to a renewal, however busy the machine is. A renewal counts as
 * acknowledged as a helper's does: the commit went well and the table is still the current one. In the end the table
 * must have each host as it was acknowledged, or younger.
 *
 * Prints key=value; exits with 1 if anything failed or was lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/table.h"

#define PROCESSES	32
#define HOSTS		8	/* of each process */
#define KILL_FIRST	30000	/* microseconds until a kill at most, in the beginning */
#define KILL_LEAST	200
#define LENGTH		600	/* seconds of a lease */

/* What was acknowledged for a host; written by one child at a time, in the order of these members. */
struct ack {
	struct address	address;
	uint64_t	proved;
};

/* Of one process, in memory that all share. */
struct tally {
	unsigned long	acked, changed, killed, failed;
	enum status	why;			/* of the last failure */
	struct ack	acks[HOSTS];
};

struct storm {
	const char	*rundir;
	unsigned long	 rounds, kills;
	struct tally	*tallies;
};

static void
host_name(unsigned process, unsigned host, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "s%u-%u.dyn.test", process, host);
}

/* A host has another address at one renewal in sixteen. */
static void
choose(unsigned process, unsigned long round, struct lease *want)
{
	const unsigned host = (unsigned)round % HOSTS;
	char text[ADDRESS_TEXT];

	memset(want, 0, sizeof(*want));
	host_name(process, host, want->host);
	host_name(process, host, want->account);
	snprintf(text, sizeof(text), "127.%u.%u.%u", process + 1, host, 1 + (unsigned)(round / (16 * HOSTS) % 250));
	address_parse(text, &want->address);
	want->layers = LAYER_PASSWORD;
	want->length = LENGTH;
	want->proved = clock_boot();
}

static enum status
renew(struct table *table, unsigned process, unsigned long round, struct tally *tally)
{
	struct ack *ack = &tally->acks[round % HOSTS];
	struct table_grant grant;
	struct lease want;
	enum status st;

	choose(process, round, &want);
	if ((st = table_renew(table, &want, 30 * CLOCK_SECOND, clock_boot(), &grant)) != ST_OK)
		return st;
	if (!table_is_current(table))
		return ST_STALE;
	if (grant.changed)
		table_wake(table);
	ack->address = want.address;
	__atomic_store_n(&ack->proved, want.proved, __ATOMIC_SEQ_CST);
	tally->changed += grant.changed;
	tally->acked++;
	return ST_OK;
}

/* A child's life. */
static void
live(const struct storm *storm, unsigned process, unsigned long round)
{
	struct tally *tally = &storm->tallies[process];
	struct table *table;
	enum status st;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if ((st = table_open(storm->rundir, &table)) == ST_OK)
		do
			st = renew(table, process, round++, tally);
		while (st == ST_OK && storm->kills > 0);
	_exit((int)st);
}

static void
pause_randomly(unsigned *seed, unsigned most)
{
	const struct timespec time = { 0, rand_r(seed) % most * 1000L };

	nanosleep(&time, NULL);
}

static void
work(const struct storm *storm, unsigned process)
{
	struct tally *tally = &storm->tallies[process];
	unsigned seed = process, most = KILL_FIRST;
	unsigned long acked;
	pid_t pid;
	int how;

	for (unsigned long i = 0; storm->kills > 0 ? tally->killed < storm->kills : i < storm->rounds; i++) {
		acked = tally->acked;
		if ((pid = fork()) < 0)
			_exit(2);
		if (pid == 0)
			live(storm, process, storm->kills > 0 ? tally->acked : i);
		if (storm->kills > 0) {
			pause_randomly(&seed, most);
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &how, 0) < 0)
			_exit(2);
		most = tally->acked == acked ? most + most / 4 : most - most / 8;
		most = most < KILL_LEAST ? KILL_LEAST : most < 1000000 ? most : 999999;
		if (WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL && storm->kills > 0)
			tally->killed++;
		else if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
			tally->why = WIFEXITED(how) ? (enum status)WEXITSTATUS(how) : ST_SYSTEM;
			if (++tally->failed > 100)
				break;
		}
	}
	_exit(0);
}

static unsigned long
count_lost(struct table *table, unsigned process, const struct tally *tally)
{
	unsigned long lost = 0;
	char name[NAME_SIZE];
	struct lease lease;

	for (unsigned i = 0; i < HOSTS; i++) {
		const struct ack *ack = &tally->acks[i];

		host_name(process, i, name);
		if (ack->proved == 0)
			continue;
		if (table_get(table, name, 4, &lease) != ST_OK || lease.proved < ack->proved ||
		    (lease.flags & LEASE_LIVE) == 0 ||
		    (lease.proved == ack->proved && !address_equal(&lease.address, &ack->address)))
			lost++;
	}
	return lost;
}

static int
judge(const struct storm *storm, unsigned processes)
{
	struct tally sum = { 0 };
	unsigned long lost = 0;
	struct table *table;

	if (table_open(storm->rundir, &table) != ST_OK)
		return 1;
	for (unsigned i = 0; i < processes; i++) {
		const struct tally *one = &storm->tallies[i];

		sum.acked += one->acked;
		sum.changed += one->changed;
		sum.killed += one->killed;
		sum.failed += one->failed;
		sum.why = one->failed > 0 ? one->why : sum.why;
		lost += count_lost(table, i, one);
	}
	table_close(table);
	printf("acked=%lu\nchanged=%lu\nkilled=%lu\nfailed=%lu\nlost=%lu\nwhy=%s\n", sum.acked, sum.changed,
	    sum.killed, sum.failed, lost, status_text(sum.why));
	return sum.failed + lost > 0;
}

int
main(int argc, char **argv)
{
	struct storm storm = { 0 };
	unsigned processes;

	if (argc < 4 || (processes = (unsigned)atoi(argv[2])) == 0 || processes > PROCESSES) {
		fputs("usage: storm RUNDIR PROCESSES ROUNDS [KILLS]\n", stderr);
		return 64;
	}
	storm.rundir = argv[1];
	storm.rounds = strtoul(argv[3], NULL, 10);
	storm.kills = argc > 4 ? (strtoul(argv[4], NULL, 10) + processes - 1) / processes : 0;
	storm.tallies = mmap(NULL, processes * sizeof(*storm.tallies), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm.tallies == MAP_FAILED)
		return 1;
	for (unsigned i = 0; i < processes; i++)
		if (fork() == 0)
			work(&storm, i);
	while (wait(NULL) > 0 || errno == EINTR)
		continue;
	return judge(&storm, processes);
}
