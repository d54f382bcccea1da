#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""No room left, on the disk or in the map: clients are told to try later, everything is readable, withdrawals go on."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TOOLS, defer, done_testing, equal, ok, run, skip_all, wait_for  # noqa: E402
from wire import Talk  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

KEEP, GONE, AFTER = "keep.dyn.test", "gone.dyn.test", "after.dyn.test"
CROWD = ["c%d.dyn.test" % number for number in range(60)]
LEASE = 4


def ask(world, host, *lines):
	return (Talk(world).ask([*world.login(host), *lines, "QUIT"]) + [""] * len(lines))[1:]


def crowd_out(world):
	"""Renew one host after the other until one is refused: (those who were not, the refusal)."""
	granted = []
	for _ in range(40):
		for number, host in enumerate(CROWD):
			answer = ask(world, host, "RENEW %s 127.80.0.%d" % (host, number + 1))[0]
			if not answer.startswith("250 "):
				return granted, answer
			granted.append(host)
	return granted, None


def renews(world, host):
	return ask(world, host, "RENEW " + host)[0].startswith("250 ")


class Lack:
	"""A world where something runs out."""

	def __init__(self, name, size=None):
		self.name = name
		self.world = World(hosts=[GONE], lease=LEASE, server="[class slow]\nlease = 900\n")
		if size:
			self.mount(size)
		self.world.add_hosts([KEEP, AFTER, *CROWD], classname="slow")
		self.world.start_named()
		self.reaper = self.world.start_reaper()

	def told(self):
		"""LMDB finds pages of its own to write to for long when only the disk is full."""
		return self.name == "full disk" or "cannot be written" in self.reaper.text()

	def mount(self, size):
		world = self.world
		if run(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", world.rundir]).returncode != 0:
			skip_all("no file system can be mounted here")
		defer(run, ["umount", "-l", world.rundir])
		world._modes()

	def claim(self, condition, name, *notes):
		ok(condition, "%s: %s" % (self.name, name), *notes)

	def through(self, fill, relieve):
		world = self.world
		keep = ask(world, KEEP, "RENEW " + KEEP)[0].split()[2].split("=")[1]
		self.claim(world.shows(KEEP, keep), "a host with a long lease is shown")
		self.claim(wait_for(10, lambda: renews(world, GONE)), "one with a short lease, too")
		fill()
		granted, refusal = crowd_out(world)
		self.claim(refusal is not None and refusal.startswith("421 "), "a client is told to try later", refusal)
		leases = world.leases()
		self.claim(set(granted) <= {host for host, _ in leases} and leases[KEEP, 4][:2] == (keep, "live"),
		    "what was acknowledged before is in the table", granted, leases)
		equal(world.check().get("faults"), "0", self.name + ": all of it is readable")
		self.claim(ask(world, KEEP, "STATUS " + KEEP)[0].startswith("250 %s state=live" % KEEP), "by a client, too")
		self.claim(world.shows(GONE, FALLBACK4, FALLBACK6, LEASE + 4), "the silent host is withdrawn")
		self.claim(world.shows(KEEP, keep), "the other one stays")
		self.claim(wait_for(5, self.told) and self.reaper.is_running(), "the reaper says what is wrong", self.reaper.text())
		lines = self.reaper.text().count("\n")
		ended = time.monotonic() + 3
		wait_for(3, lambda: time.monotonic() >= ended)
		lines = self.reaper.text().count("\n") - lines
		self.claim(lines <= 3 * 8, "but does not shout", "%d lines in 3 s" % lines)
		relieve()
		self.claim(wait_for(10, lambda: renews(world, AFTER)), "with room again a client is served")
		self.claim(world.shows(AFTER, world.leases()[AFTER, 4][0], seconds=15), "and shown")
		self.claim(wait_for(10, world.is_settled),
		    "nothing is left undone", world.check())
		self.claim(world.check().get("faults") == "0", "the table is whole", world.check())
		self.reaper.stop()


disk = Lack("full disk", "2m")
ballast = os.path.join(disk.world.rundir, "ballast")


def fill_disk():
	with open(ballast, "wb", buffering=0) as out:
		try:
			while True:
				out.write(bytes(4096))
		except OSError:
			pass


disk.through(fill_disk, lambda: os.unlink(ballast))

# A reader that lives, and never ends, holds on to all that was there when it began.
full_map = Lack("full map")
reader = []


def fill_map():
	world = full_map.world
	reader.append(subprocess.Popen([os.path.join(TOOLS, "table_tool"), world.rundir, "read"], stdin=subprocess.PIPE,
	    stdout=subprocess.PIPE))
	reader[0].stdout.readline()
	run([os.path.join(TOOLS, "storm"), world.rundir, "2", "4000"])


full_map.through(fill_map, lambda: reader[0].communicate(b"\n"))
done_testing()
