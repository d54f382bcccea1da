#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 600
# alone
"""Many short-lived processes on one table: none fails, none of what they were told is lost, however they are killed."""
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, TOOLS, done_testing, equal, note, ok, run, wait_for  # noqa: E402
from wire import Talk, new_source  # noqa: E402
from world import World  # noqa: E402

A = "a.dyn.test"
PROCESSES = 8
ROUNDS = 400 if SANITIZED else 4000
KILLS = 200 if SANITIZED else 2000
CONVERSATIONS = 40 if SANITIZED else 240


def facts(text):
	return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def storm(world, *args):
	got = run([os.path.join(TOOLS, "storm"), world.rundir, str(PROCESSES), *map(str, args)], 250)
	return got.returncode, facts(got.stdout.decode())


def whole(world, name):
	return equal(world.check().get("faults"), "0", name)


def served(world, name):
	answers = Talk(world).ask([*world.login(A), "RENEW " + A, "QUIT"])
	return ok(len(answers) == 3 and answers[1].startswith("250 "), name, answers)


# --- open, renew, exit, while the reaper holds the table ---

world = World(hosts=[A], publisher="")
reaper = world.start_reaper()
status, got = storm(world, ROUNDS)
after = world.check()
equal((status, got.get("failed"), got.get("acked")), (0, "0", str(PROCESSES * ROUNDS)),
    "%d processes open, renew and exit %d times each, and none fails" % (PROCESSES, ROUNDS))
equal(got.get("lost"), "0", "every host is in the table as it was last acknowledged, or younger")
equal(int(after["renewals"]) + int(got["changed"]), PROCESSES * ROUNDS, "the table has counted every one of them")
equal((after["faults"], after["leases"], after["live"]), ("0", "64", "64"), "leases and deadlines agree")
ok(reaper.is_running() and "ended by signal" not in reaper.text(), "the reaper has not minded")
served(world, "the next client is served")
reaper.stop()

# --- the same without anyone who keeps the table open: each process is the first and the last ---

world.tool("alive", "0")
status, got = storm(world, ROUNDS // 8)
equal((status, got.get("failed"), got.get("lost")), (0, "0", "0"), "nor without a reaper that holds the table")
whole(world, "leases and deadlines agree then, too")


# --- kills at random times ---

def killed_storm(kills, when):
	status, got = storm(world, 0, kills)
	note(str(got))
	ok(int(got.get("killed", "0")) >= kills and got["failed"] == "0",
	    "after %d kills in a loop of renewals%s the next one always works" % (kills, when), got)
	equal(got.get("lost"), "0", "no acknowledged renewal is lost by them")
	whole(world, "leases and deadlines agree")
	ok(int(got.get("acked", "0")) > kills // 4, "and they were at work when they were killed", got)


world.tool("alive", "0")
killed_storm(KILLS // 4, ", the table being held by nobody")
reaper = world.start_reaper()
killed_storm(KILLS, "")
served(world, "the next client is served")


# --- kills of whole helpers in their conversations ---

class Host(threading.Thread):
	"""One host that renews over TCP again and again; its helpers die at random times."""

	def __init__(self, number, rounds):
		super().__init__()
		self.host, self.rounds, self.random = "k%d.dyn.test" % number, rounds, random.Random(number)
		self.last, self.tried, self.acked, self.died, self.bad = None, set(), 0, 0, []

	def run(self):
		usual = 60.0
		for _ in range(3):
			began = time.monotonic()
			Talk(world, source=new_source()).ask([*world.login(self.host), "RENEW " + self.host, "QUIT"])
			usual = min(usual, time.monotonic() - began)
		for number in range(self.rounds):
			address = "127.77.%d.%d" % (number // 250, 1 + number % 250)
			talk = Talk(world, source=new_source())
			killer = threading.Timer(self.random.uniform(0, 1.5 * usual), talk.helper.kill)
			killer.start()
			answers = []
			try:
				answers = talk.ask([*world.login(self.host), "RENEW %s %s" % (self.host, address), "QUIT"])
			except OSError:
				pass
			status = talk.status()
			killer.cancel()
			killer.join()
			self.note(address, answers, status, talk)

	def note(self, address, answers, status, talk):
		self.died += status == -9
		if len(answers) > 1 and answers[1].startswith("250 "):
			self.last, self.tried, self.acked = address, set(), self.acked + 1
			return
		self.tried.add(address)		# it may have been committed, and not been acknowledged
		if status != -9:
			self.bad.append("%s %s %s" % (status, answers, talk.log()))


hosts = [Host(number, CONVERSATIONS // PROCESSES) for number in range(PROCESSES)]
world.add_hosts([host.host for host in hosts])
for host in hosts:
	host.start()
for host in hosts:
	host.join()
leases = world.leases()
note("killed %d, acknowledged %d" % (sum(h.died for h in hosts), sum(h.acked for h in hosts)))
ok(sum(h.died for h in hosts) >= CONVERSATIONS // 8 and sum(h.acked for h in hosts) >= CONVERSATIONS // 8,
    "of %d conversations some were killed, and some were not" % CONVERSATIONS)
equal([line for h in hosts for line in h.bad], [], "who was not killed got its answer")
lost = [(h.host, h.last, leases.get((h.host, 4))) for h in hosts if h.last is not None and
    (leases.get((h.host, 4)) is None or leases[h.host, 4][0] not in {h.last} | h.tried or
    leases[h.host, 4][1] != "live")]
equal(lost, [], "what was acknowledged is in the table")
whole(world, "leases and deadlines agree")
served(world, "the next client is served")
ok(reaper.is_running(), "the reaper is still there", reaper.text())


# --- readers that are killed, while the process that sweeps the table is stopped and clears nothing away ---

def readers(count):
	"""Start so many that stand in a read transaction, and kill them all."""
	started = [subprocess.Popen([os.path.join(TOOLS, "table_tool"), world.rundir, "read"], stdin=subprocess.PIPE,
	    stdout=subprocess.PIPE) for _ in range(count)]
	said = [reader.stdout.readline() for reader in started]
	for reader in started:
		reader.kill()
		reader.wait()
		reader.stdin.close()
		reader.stdout.close()
	return said.count(b"reading\n")


def stop_sweeper():
	"""Stop it between two turns; its pid."""
	with open("/proc/%d/task/%d/children" % (reaper.pid, reaper.pid)) as children:
		pid = int(children.read().split()[0])
	while True:
		os.kill(pid, signal.SIGSTOP)
		try:
			run([os.path.join(TOOLS, "table_tool"), world.rundir, "expire", "none.dyn.test"], 1)
			return pid
		except subprocess.TimeoutExpired:
			os.kill(pid, signal.SIGCONT)


sweeper = stop_sweeper()
done = readers(126)
served(world, "126 killed readers block nobody")
for _ in range(10):
	done += readers(100)
equal(done, 1126, "more of them than the table has slots for do not block a reader")
world.tool("alive", "0")	# as the stopped reaper would, however long it took
served(world, "nor a client")
whole(world, "nor whoever looks into the table")

# The reaper clears them away by itself, in one pass or several.
def given_back():
	return sum(map(int, re.findall(r"the slots of (\d+) dead readers", reaper.text())))


before = given_back()
os.kill(sweeper, signal.SIGCONT)
equal(readers(50), 50, "fifty more are killed")
ok(wait_for(20, lambda: given_back() >= before + 50), "a pass gives back their slots", reaper.text())
stop_sweeper()

# One that died holds on to the pages of its time; what is written since must not fill the map.
equal(readers(1), 1, "one more is killed")
said = set()
for _ in range(8):
	world.tool("alive", "0")
	status, got = storm(world, 50)
	said.add((status, got.get("failed"), got.get("why")))
equal(said, {(0, "0", "done")}, "no reader that was killed fills the table")
ok(int(world.check()["used"]) < 48 << 20, "its pages are given back", world.check())
os.kill(sweeper, signal.SIGCONT)

done_testing()
