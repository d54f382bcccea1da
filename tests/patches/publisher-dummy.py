#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The dummy publisher at work, in programs that were built with it: tests/system/patches.sh."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, ok, run  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

A, B = "a.dyn.test", "b.dyn.test"
world = World(hosts=[A, B], publisher="")
written = os.path.join(world.dir, "dummy")
with open(world.conf, "a") as conf:
	conf.write("[dummy dyn.test]\nfile = %s\n" % written)


def told():
	"""What the publisher was told since the last time."""
	with open(written) as file:
		lines = file.read().splitlines()
	os.unlink(written)
	return lines


equal(world.reaper().returncode, 0, "a pass")
equal(told(), ["%s %s" % (A, FALLBACK4), "%s %s" % (B, FALLBACK4)], "at first it is told everything")
world.tool("renew-all", input=("%s 127.0.0.7 3600\n" % A).encode()).check_returncode()
equal(world.reaper().returncode, 0, "a pass after a renewal")
equal(told(), ["%s 127.0.0.7" % A], "it is told what changed, and no more")
said = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"]).stdout.decode()
ok("dummy dyn.test showed all it was asked for" in said, "check knows it", said)
os.mkdir(written)
world.tool("renew-all", input=("%s 127.0.0.8 3600\n" % B).encode()).check_returncode()
ok(world.reaper().returncode != 0, "a place that fails fails the pass")
said = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"]).stdout.decode()
ok("dummy dyn.test has been failing for" in said and "cannot be opened" in said, "and check names it", said)
done_testing()
