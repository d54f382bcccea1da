#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
A helper that is stopped while it writes holds the table. Hosts that fall silent are withdrawn in time all the same;
after half a minute the table is set aside, with its leases, and the stopped one, continued, acknowledges nothing.
"""
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TOOLS, done_testing, ok, wait_for  # noqa: E402
from wire import Talk  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

KEEP, GONE, STUCK, WAIT, NEW, LATE = ("%s.dyn.test" % name for name in ("keep", "gone", "stuck", "wait", "new", "late"))
LEASE, INTERVAL = 8, 1
WITHDRAWN = LEASE + INTERVAL + 1 + 1		# lease, interval, a pass, publishing
KILLAT = os.path.join(TOOLS, "killat")


def renew(world, host):
	"""(answer, address)"""
	talk = Talk(world)
	answers = talk.ask([*world.login(host), "RENEW " + host, "QUIT"])
	return (answers + ["", ""])[1], talk.source


class Asked(threading.Thread):
	"""A renewal whose answer is awaited in the background."""

	def __init__(self, world, host, wrap=()):
		super().__init__(daemon=True)
		self.talk, self.answer = Talk(world, wrap=wrap), None
		self.lines = [*world.login(host), "RENEW " + host, "QUIT"]
		self.talk.sock.settimeout(100)
		self.start()

	def run(self):
		try:
			self.answer = (self.talk.ask(self.lines) + ["", ""])[1]
		except OSError as error:
			self.answer = str(error)

	def wait(self):
		self.join(60)
		return self.answer


class Stopped(Asked):
	"""A helper that is stopped at the nth call of this name; how: -s as it is made, -w before it is made."""

	def __init__(self, world, host, call, nth, how):
		self.report = os.path.join(world.dir, "killat." + host)
		super().__init__(world, host, (KILLAT, how, "-c", call, "-o", self.report, str(nth)))
		wait_for(10, lambda: self.text().startswith("stopped "))
		self.pid = int(self.text().split()[1])
		wait_for(5, self.is_stopped)

	def text(self):
		try:
			with open(self.report) as report:
				return report.read()
		except OSError:
			return ""

	def is_stopped(self):
		with open("/proc/%d/stat" % self.pid) as stat:
			return stat.read().rsplit(")", 1)[1].split()[0] == "T"

	def go_on(self):
		os.kill(self.pid, signal.SIGCONT)


class Holder:
	"""A process that has begun to write and does not end it."""

	def __init__(self, world):
		self.process = subprocess.Popen([os.path.join(TOOLS, "table_tool"), world.rundir, "hold"],
		    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		self.process.stdout.readline()
		self.process.send_signal(signal.SIGSTOP)

	def go_on(self):
		self.process.send_signal(signal.SIGCONT)
		self.process.communicate(b"\n")


class Case(threading.Thread):
	"""One world, and one way to be stopped in it. Claims are kept until all have ended."""

	def __init__(self, name, call=None, nth=0, how="-s"):
		super().__init__()
		self.name, self.call, self.nth, self.how, self.claims = name, call, nth, how, []
		self.world = World(hosts=[GONE], lease=LEASE, interval=INTERVAL, deadline=120, ttl=1,
		    server="[class slow]\nlease = 900\n")
		self.world.add_hosts([KEEP, STUCK, WAIT, NEW, LATE], classname="slow")

	def claim(self, condition, name, *notes):
		self.claims.append((bool(condition), "%s: %s" % (self.name, name), notes))

	def run(self):
		try:
			self.begin()
			self.while_stopped()
			self.afterwards()
		except Exception as error:	# the other cases go on
			self.claim(False, "ended early", repr(error))

	def inode(self):
		try:
			return os.stat(os.path.join(self.world.rundir, "table")).st_ino
		except OSError:
			return None

	def is_locked(self):
		with open(os.path.join(self.world.rundir, "table", "write.lock"), "r+") as lock:
			try:
				fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
				return False
			except BlockingIOError:
				return True

	def begin(self):
		world = self.world
		world.start_named()
		self.reaper = world.start_reaper()
		_, self.keep = renew(world, KEEP)
		self.claim(world.shows(KEEP, self.keep), "a host with a long lease is shown")
		# Between its commit and its answer: it holds nothing, and the table goes away beneath it.
		self.late = Stopped(world, LATE, "flock", 5, "-s") if self.call is None else None
		renew(world, NEW)
		_, self.gone = renew(world, GONE)
		self.renewed = time.monotonic()
		self.claim(world.shows(GONE, self.gone), "a host with a short one is shown")
		self.before = set(world.leases())
		self.old = self.inode()
		self.earliest = time.monotonic()
		self.stuck = Holder(world) if self.call is None else Stopped(world, STUCK, self.call, self.nth, self.how)
		self.since = time.monotonic()
		self.claim(wait_for(5, self.is_locked), "a stopped process holds the table")

	def while_stopped(self):
		world = self.world
		waiting = Asked(world, WAIT)
		shown = world.shows(GONE, FALLBACK4, FALLBACK6, 20)
		took = time.monotonic() - self.renewed
		self.claim(shown and took <= WITHDRAWN and self.inode() == self.old,
		    "the silent host is withdrawn within %d s" % WITHDRAWN, "%.1f s" % took)
		self.claim(world.shows(KEEP, self.keep) and waiting.answer is None, "the other host stays, a client waits",
		    waiting.answer)
		self.claim(wait_for(40, lambda: self.inode() not in (None, self.old)), "the table is set aside",
		    self.reaper.text())
		now = time.monotonic()
		self.claim(now - self.earliest >= 29 and now - self.since <= 36, "after half a minute", "%.1f s" % (now - self.since))
		self.waiting = waiting

	def afterwards(self):
		world = self.world
		now = world.leases()
		self.claim(set(now) - {(STUCK, 4)} == self.before - {(STUCK, 4)}, "all leases were carried over", now)
		self.claim(now[KEEP, 4][:2] == (self.keep, "live") and world.shows(KEEP, self.keep),
		    "and those that were live are", now)
		wait_for(5, lambda: renew(world, NEW)[0].startswith("250 "))
		answer, address = renew(world, NEW)
		self.claim(answer.startswith("250 ") and world.shows(NEW, address, seconds=15),
		    "another client is served and shown", answer)
		self.stuck.go_on()
		if self.call is not None:
			self.claim((self.stuck.wait() or "").startswith("421 "), "the stopped one says: try later",
			    self.stuck.answer)
		if self.late is not None:
			self.late.go_on()
			self.claim((self.late.wait() or "").startswith("421 "),
			    "so does one that was stopped before its answer", self.late.answer)
		self.claim((self.waiting.wait() or "").startswith("421 "), "so does the one that waited", self.waiting.answer)
		now = world.leases()
		committed = self.how == "-w"
		self.claim(committed == ((STUCK, 4) in now) and (WAIT, 4) not in now,
		    "what was not committed is not in the table", now)
		answer, address = renew(world, STUCK)
		self.claim(answer.startswith("250 ") and world.shows(STUCK, address, seconds=15), "until they ask again", answer)
		Talk(world).ask([*world.login(KEEP), "RELEASE " + KEEP, "QUIT"])
		self.claim(world.shows(KEEP, FALLBACK4, FALLBACK6), "a withdrawal from the new table is shown")
		self.claim(world.check().get("faults") == "0" and self.reaper.is_running(), "which is whole", world.check())


cases = [
	Case("holder"),
	Case("at the lock", "flock", 4),
	Case("at the first page", "pwrite64", 1),
	Case("committed", "flock", 5, "-w"),
]
for case in cases:
	case.start()
for case in cases:
	case.join()
	for condition, name, notes in case.claims:
		ok(condition, name, *notes)
done_testing()
