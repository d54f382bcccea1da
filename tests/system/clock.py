#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 90
"""The wall clock jumps a day forth and back under helper and reaper: no lease notices, and serials only grow."""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, done_testing, equal, ok, run, skip_all, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
if SANITIZED:
	skip_all("a sanitizer must be the first library")
if LIBRARY is None:
	skip_all("there is no libfaketime")

SOON, LATER = "soon.dyn.test", "later.dyn.test"
STEP = os.path.join(TMP, "step")
FAKE = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": STEP, "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}


def step(offset):
	"""From now on the wall clock of all that runs with FAKE is off by this much."""
	with open(STEP + ".new", "w") as out:
		out.write(offset + "\n")
	os.chmod(STEP + ".new", 0o644)
	os.rename(STEP + ".new", STEP)


def fake_clock(name):
	"""A clock as a program run with FAKE sees it."""
	code = "import time; print(time.clock_gettime(time.%s))" % name
	return float(run([sys.executable, "-c", code], env={**os.environ, **FAKE}).stdout)


def serial():
	words = world.dig(world.zone, "SOA").split()
	return max((int(word) for word in words if word.isdigit()), default=0) if len(words) > 5 else None


def is_newer(a, b):
	return 0 < (a - b) % 2**32 < 2**31


def left(host):
	return world.leases()[(host, 4)][2]


step("+0")
world = World(hosts=[SOON, LATER], lease=300, server="", extra="[class quick]\nlease = 6\n")
world.lines[0] = world.lines[0].replace(" - ", " quick ")
world.publish_accounts()
wall, boot = fake_clock("CLOCK_REALTIME"), fake_clock("CLOCK_BOOTTIME")
step("+1d")
ok(fake_clock("CLOCK_REALTIME") - wall > 80000 and fake_clock("CLOCK_BOOTTIME") - boot < 100,
    "the trick moves the wall clock and not the one since boot")
step("+0")

world.start_named()
world.start_reaper(wrap=["env", *("%s=%s" % item for item in FAKE.items())])
script = world.helper_script()
with open(script) as old:
	text = old.read().replace("exec ", "exec env %s " % " ".join("'%s=%s'" % item for item in FAKE.items()))
world.helper_script = lambda args="-D": script
with open(script, "w") as out:
	out.write(text)
world.start_xinetd()

world.shows(SOON, FALLBACK4, FALLBACK6)
first = serial()
world.renew(SOON, "127.0.0.5")
world.renew(LATER, "127.0.0.6")
ok(world.shows(SOON, "127.0.0.5") and world.shows(LATER, "127.0.0.6"), "two hosts are live")
serials = [first, serial()]

for offset, name in (("+1d", "a day forth"), ("-1d", "a day back")):
	before = left(LATER)
	step(offset)
	equal(world.renew(LATER, "127.0.0.6").split()[-1], "changed=no", name + ": a renewal is a renewal")
	ok(before - 3 <= left(LATER) <= 300 and left(LATER) > 290, "%s: the lease is as long as ever" % name, left(LATER))
	world.renew(SOON, "127.0.0.5")
	ok(world.dig(SOON) == "127.0.0.5" and world.dig(LATER) == "127.0.0.6", name + ": both are shown")
	gone = wait_for(10, lambda: world.dig(SOON) == FALLBACK4)
	ok(gone, name + ": the one that falls silent is withdrawn")
	equal(world.dig(LATER), "127.0.0.6", name + ": the other one is not")
	serials.append(serial())
	if offset == "+1d":
		ok(serials[-1] - serials[-2] > 80000, "the reaper's serial shows that its clock was moved", serials)
	world.renew(SOON, "127.0.0.5")
	ok(world.shows(SOON, "127.0.0.5", "", 12), name + ": it comes back")
	serials.append(serial())

ok(all(is_newer(b, a) for a, b in zip(serials, serials[1:])), "each serial is newer than the one before (RFC 1982)",
    serials)
equal(world.check().get("faults"), "0", "the table is whole")
done_testing()
