#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 90
"""The main job: hosts renew through xinetd, fall silent, and their names fall back; a name server is asked."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

LEASE, INTERVAL = 4, 5
SOON = 3	# seconds: one is promised, the machine may be busy, and whoever is not woken takes five
WITHDRAWN = LEASE + SOON	# the reaper wakes for a deadline, whatever its interval
A, B = "a.dyn.test", "b.dyn.test"

world = World(hosts=[A, B], lease=LEASE, interval=INTERVAL)
world.start_named()
world.start_reaper()
world.start_xinetd()


def within(seconds, name, address, aaaa=""):
	"""How long did it take until the name server showed exactly this? None: too long."""
	start = time.monotonic()
	return time.monotonic() - start if world.shows(name, address, aaaa, seconds) else None


def claim(seconds, what, name, address, aaaa=""):
	took = within(seconds, name, address, aaaa)
	ok(took is not None, what + ("" if took is None else " (%.2f s)" % took), "shown: %s %s" % (world.dig(name),
	    world.dig(name, "AAAA")))


class Beating:
	"""B renews all the time; is it ever shown with another address?"""

	def __init__(self):
		self.last, self.others, self.answers = 0.0, [], set()

	def beat(self):
		if time.monotonic() - self.last >= 1:
			self.last = time.monotonic()
			self.answers.add(world.renew(B, "127.0.0.9").split()[-1])
		shown = world.dig(B)
		if shown not in ("127.0.0.9", "?"):
			self.others.append(shown)
		return False


# --- before anyone has come ---

claim(5, "a host that never came shows the fallback", A, FALLBACK4, FALLBACK6)

# --- grants ---

answer = world.renew(A, "127.0.0.5")
claim(SOON, "a host that renews is published soon", A, "127.0.0.5")
equal(answer, "250 %s address=127.0.0.5 family=4 lease=4 renew=1 changed=yes" % A, "and was told so")
world.renew(B, "127.0.0.9")
claim(SOON, "so is the next one", B, "127.0.0.9")
equal(world.renew(A, "127.0.0.5").split()[-1], "changed=no", "renewing changes nothing")
equal(world.dig(A), "127.0.0.5", "and the name stays")

# --- silence ---

others = Beating()
last = time.monotonic()
equal(world.renew(A, "127.0.0.5").split()[-1], "changed=no", "the last renewal")
gone = wait_for(WITHDRAWN + 3, lambda: others.beat() or (world.dig(A) == FALLBACK4 and time.monotonic()))
ok(gone and gone - last <= WITHDRAWN, "silence: the fallback within %d s%s" % (WITHDRAWN,
    " (%.2f s)" % (gone - last) if gone else ""))
ok(gone and gone - last >= LEASE - 0.05, "and not before the lease was over")
equal(world.dig(A, "AAAA"), FALLBACK6, "on both families")
ok(not others.others and others.answers == {"changed=no"}, "the other host was shown all the time", others.others,
    others.answers)

# --- return, another address, release ---

wait_for(6, lambda: others.beat())	# beyond the pace of grants
equal(world.renew(A, "127.0.0.5").split()[-1], "changed=yes", "the host comes back")
claim(SOON, "and is published soon", A, "127.0.0.5")
start = time.monotonic()
while time.monotonic() - start < 10.2:	# beyond the pace again
	world.renew(A, "127.0.0.5")
	others.beat()
	time.sleep(0.5)
equal(world.renew(A, "127.0.0.6").split()[-1], "changed=yes", "it comes from another address")
claim(SOON, "and that is published soon", A, "127.0.0.6")
equal(world.ask(world.login(A) + ["RELEASE " + A], "127.0.0.6")[1], "250 %s released" % A, "it says goodbye")
claim(SOON, "and is withdrawn soon", A, FALLBACK4, FALLBACK6)
others.beat()
ok(not others.others, "the other host never noticed", others.others)
equal(world.check().get("faults"), "0", "the table is whole")

done_testing()
