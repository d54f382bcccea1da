/* SPDX-License-Identifier: ISC */
/*
 * The accounts, the lease table and what the reaper has written there of itself and its publishers.
 */
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "check.h"
#include "hosts.h"
#include "lib/account.h"
#include "lib/clock.h"
#include "lib/secret.h"
#include "lib/table.h"
#include "publishers.h"
#include "sshkeys.h"
#include "text.h"

#define FAULTS_SHOWN	5
#define MAP_WARNING	70	/* per cent */
#define MAP_CRITICAL	90

static const char *
ago(const struct check *check, uint64_t then, char text[DURATION_TEXT])
{
	return duration_text(then < check->now ? (check->now - then) / CLOCK_SECOND : 0, text);
}

/* --- the accounts --- */

static void
check_zones(struct check *check, struct accounts *accounts, const struct hosts *hosts)
{
	struct account account;
	size_t stray = 0;

	for (size_t i = 0; i < hosts->n; i++) {
		if (settings_zone(check->set, hosts->list[i].name) == NULL && ++stray <= FAULTS_SHOWN)
			findings_add(check->findings, LEVEL_CRITICAL, "the host %s lies in no zone of the "
			    "configuration, so nothing publishes it", hosts->list[i].name);
		if (accounts_get(accounts, hosts->list[i].owner, &account) != ST_OK)
			findings_add(check->findings, LEVEL_CRITICAL, "the account of the host %s is missing "
			    "or damaged", hosts->list[i].name);
	}
	secret_wipe(&account, sizeof(account));
	if (stray > FAULTS_SHOWN)
		findings_add(check->findings, LEVEL_CRITICAL, "%zu more hosts lie in no zone", stray - FAULTS_SHOWN);
}

/* A change that was interrupted between the two. */
static void
check_master(struct check *check, struct accounts *accounts, const struct hosts *hosts)
{
	struct hosts masters = { 0 };
	struct account mine, shown;
	struct master *master = NULL;
	size_t differ = 0;

	if (master_open(check->set->master, false, &master) != ST_OK ||
	    hosts_collect_master(master, &masters) != ST_OK)
		findings_add(check->findings, LEVEL_CRITICAL, "%s: the master of the accounts cannot be read",
		    check->set->master);
	else {
		differ = masters.n != hosts->n ? 1 : 0;
		for (size_t i = 0; i < masters.n && differ == 0; i++)
			if (hosts_find(hosts, masters.list[i].name) == NULL ||
			    master_get(master, masters.list[i].owner, &mine) != ST_OK ||
			    accounts_get(accounts, masters.list[i].owner, &shown) != ST_OK ||
			    !account_equal(&mine, &shown))
				differ++;
		if (differ > 0)
			findings_add(check->findings, LEVEL_WARNING, "the snapshot %s is not what the master says: a "
			    "change was interrupted; give it again", check->set->accounts);
		if (!sshkeys_are_kept(check->set, master))
			findings_add(check->findings, LEVEL_WARNING, "%s is not what the accounts say: host set NAME "
			    "--class CLASS, as it is, writes it anew", check->set->ssh_keys);
	}
	secret_wipe(&mine, sizeof(mine));
	secret_wipe(&shown, sizeof(shown));
	hosts_free(&masters);
	master_close(master);
}

void
check_accounts(struct check *check)
{
	struct accounts *accounts = NULL;
	struct hosts hosts = { 0 };
	enum status st;

	if ((st = accounts_open(check->set->accounts, &accounts)) == ST_OK &&
	    (st = hosts_collect(accounts, &hosts)) == ST_OK) {
		findings_add(check->findings, LEVEL_OK, "the snapshot of the accounts has %zu hosts", hosts.n);
		check_zones(check, accounts, &hosts);
		check_credentials(check, accounts);
		if (geteuid() == 0)
			check_master(check, accounts, &hosts);
	} else
		findings_add(check->findings, geteuid() != 0 && access(check->set->accounts, R_OK) != 0 ?
		    LEVEL_UNKNOWN : LEVEL_CRITICAL, "%s: the snapshot of the accounts cannot be read (%s): nothing is "
		    "granted", check->set->accounts, status_text(st));
	hosts_free(&hosts);
	accounts_close(accounts);
}

/* --- the table --- */

static void
check_tmpfs(struct check *check)
{
	struct statfs fs;

	if (statfs(check->set->rundir, &fs) != 0)
		return;			/* check_files() has said so */
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
		findings_add(check->findings, LEVEL_CRITICAL, "%s is not on a tmpfs", check->set->rundir);
	else if (fs.f_blocks > 0 && fs.f_bavail < fs.f_blocks / 20)
		findings_add(check->findings, LEVEL_CRITICAL, "the tmpfs of %s is nearly full", check->set->rundir);
}

static void
add_fault(void *arg, const char *line)
{
	struct check *check = arg;
	size_t n = 0;

	for (size_t i = 0; i < check->findings->n; i++)
		n += strncmp(check->findings->list[i].text, "lease table: ", strlen("lease table: ")) == 0 ? 1 : 0;
	if (n < FAULTS_SHOWN)
		findings_add(check->findings, LEVEL_CRITICAL, "lease table: %s", line);
}

static void
check_alive(struct check *check, uint64_t alive)
{
	const uint64_t patience = settings_patience(check->set);
	char text[DURATION_TEXT];

	if (alive == 0)
		findings_add(check->findings, LEVEL_CRITICAL, "no reaper has finished a pass yet: nothing new is "
		    "granted; start dynlease-reaper");
	else if (check->now >= alive + patience)
		findings_add(check->findings, LEVEL_CRITICAL, "no reaper has finished a pass for %s: nothing new is "
		    "granted, and nothing withdraws what runs out; start dynlease-reaper", ago(check, alive, text));
	else if (check->now >= alive + 2 * check->set->interval * CLOCK_SECOND)
		findings_add(check->findings, LEVEL_WARNING, "the last pass of a reaper was %s ago, and there should "
		    "be one every %u s", ago(check, alive, text), check->set->interval);
	else
		findings_add(check->findings, LEVEL_OK, "the last pass of a reaper was %s ago",
		    ago(check, alive, text));
}

static void
check_summary(struct check *check, const struct table_summary *sum)
{
	const size_t percent = sum->map > 0 ? sum->used * 100 / sum->map : 0;

	if (sum->faults > 0)
		findings_add(check->findings, LEVEL_CRITICAL, "the lease table has %zu faults", sum->faults);
	else
		findings_add(check->findings, LEVEL_OK, "the lease table is consistent: %zu live of %zu leases, "
		    "%zu sources with strikes", sum->live, sum->leases, sum->strikes);
	findings_add(check->findings, percent >= MAP_CRITICAL ? LEVEL_CRITICAL :
	    percent >= MAP_WARNING ? LEVEL_WARNING : LEVEL_OK, "the map of the lease table is used to %zu %%", percent);
}

/* --- the publishers --- */

/* It may have been asked since whether it is there. */
static void
tell_well(struct check *check, const struct publisher *p)
{
	char shown[DURATION_TEXT], there[DURATION_TEXT], since[DURATION_TEXT + 32] = "";

	if (p->state.looked > p->state.verified)
		snprintf(since, sizeof(since), ", was there %s ago", ago(check, p->state.looked, there));
	findings_add(check->findings, LEVEL_OK, "%s showed all it was asked for %s ago%s (hosts waiting: %zu)", p->name,
	    ago(check, p->state.verified, shown), since, p->pending.n);
}

static void
check_publisher(struct check *check, const struct publisher *p)
{
	char text[DURATION_TEXT];

	if (!p->known)
		findings_add(check->findings, LEVEL_UNKNOWN, "%s: its state cannot be read", p->name);
	else if (p->state.failing_since != 0)
		findings_add(check->findings, LEVEL_CRITICAL, "%s has been failing for %s (tries: %u, hosts waiting: "
		    "%zu): %s", p->name, ago(check, p->state.failing_since, text), p->state.failures, p->pending.n,
		    p->state.why);
	else if (p->state.verified == 0)
		findings_add(check->findings, LEVEL_WARNING, "%s has not published anything since this table was made",
		    p->name);
	else
		tell_well(check, p);
}

static void
check_publishers(struct check *check, struct table *table)
{
	struct publishers publishers;

	if (publishers_load(check->set, table, check->now, &publishers) != ST_OK)
		check->findings->lost = true;
	for (size_t i = 0; i < publishers.n; i++)
		check_publisher(check, &publishers.list[i]);
	publishers_free(&publishers);
}

void
check_table(struct check *check)
{
	struct table_summary sum;
	struct table *table = NULL;
	enum status st;

	check_tmpfs(check);
	for (size_t i = 0; i < check->set->nzones; i++)
		if (!publishers_has_zone(check->set->conf, check->set->zones[i].name))
			findings_add(check->findings, LEVEL_WARNING, "nothing publishes the zone %s",
			    check->set->zones[i].name);
	if ((st = table_open(check->set->rundir, &table)) == ST_OK &&
	    (st = table_check(table, check->now, add_fault, check, &sum)) == ST_OK) {
		check_summary(check, &sum);
		check_alive(check, sum.alive);
		check_publishers(check, table);
	} else if (geteuid() != 0 && st == ST_SYSTEM)
		findings_add(check->findings, LEVEL_UNKNOWN, "%s: the lease table cannot be read by this user",
		    check->set->rundir);
	else
		findings_add(check->findings, LEVEL_CRITICAL, "%s: %s: nothing is granted; start dynlease-reaper",
		    check->set->rundir, st == ST_NOTFOUND ? "there is no lease table" : st == ST_STALE ?
		    "the lease table is of another boot" : "the lease table cannot be read");
	table_close(table);
}
