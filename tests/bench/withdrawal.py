#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# alone
# limit: 900
"""
The whole service while 100 000 hosts fall silent at once: how long a real BIND takes to show the last of them, through
dynamic updates, and what renewals cost meanwhile: their p99 beside that of an idle server in the same run. N=hosts.
"""
import os
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, note, ok, skip_all, wait_for  # noqa: E402
from nameservers import SECRET, Named  # noqa: E402
from wire import Talk  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

N, LONG, IDLE = int(os.environ.get("N", "100000")), 60, 300
ALIVE = "alive.dyn.test"

if Named.missing():
	skip_all("no " + Named.missing())


def host(i):
	return "h%06d.dyn.test" % i


def make(server):
	key = server.path("secret")
	with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
		out.write(SECRET + "\n")
	shutil.chown(key, "nobody")
	world = World(hosts=[ALIVE], lease=3600, interval=5, ttl=30, publisher=None, extra="[dnsupdate dyn.test]\n"
	    "server = %s\nserver_port = %d\nkey_name = k\nkey_file = %s\nwhole_zone = yes\n" % (server.address, server.port, key))
	world.lines += ["%s -" % host(i) for i in range(N)]
	world.publish_accounts()
	return world


def renewal(world):
	"""Seconds of a whole connection that renews, the helper's start among them."""
	start = time.monotonic()
	talk = Talk(world, source="127.0.0.5")
	answers = talk.ask(world.login(ALIVE) + ["RENEW " + ALIVE, "QUIT"])
	talk.status()
	if not answers[1].startswith("250 "):
		raise RuntimeError(answers)
	return time.monotonic() - start


def p99(seconds):
	return sorted(seconds)[max(0, len(seconds) * 99 // 100 - 1)]


its = Named(zone="dyn.test").start()
world = make(its)
reaper = world.start_reaper()


def settled(seconds):
	return wait_for(seconds, lambda: (world.check().get("pending"), world.check().get("changed")) == ("0", "0"))


renewal(world)
equal(settled(300), True, "%d hosts on the fallback" % N)
lines = "".join("%s 127.1.%d.%d %d\n" % (host(i), i // 250 % 250, 1 + i % 250, LONG) for i in range(N))
began = time.monotonic()
equal(world.tool("renew-all", input=lines.encode(), seconds=300).returncode, 0, "all of them lease an address")
equal(settled(300), True, "and are shown")
note("after %.1f s" % (time.monotonic() - began))
idle = [renewal(world) for _ in range(IDLE)]

# From the moment that the first is over until the last is shown, renewals go on.
over = began + LONG
while time.monotonic() < over - 0.5:
	time.sleep(0.1)
busy, stop = [], threading.Event()


def keep_renewing():
	while not stop.is_set():
		busy.append(renewal(world))


renewing = threading.Thread(target=keep_renewing)
renewing.start()
ok(wait_for(120, lambda: its.shows(host(0))[0] == FALLBACK4 and its.shows(host(N - 1))[0] == FALLBACK4), "both ends are withdrawn")
equal(settled(300), True, "and all that is between")
took = time.monotonic() - over
stop.set()
renewing.join()
note("%d hosts: the last was withdrawn %.1f s after the first was over" % (N, took))
note("renewals: idle p50 %.1f ms, p99 %.1f ms; during the withdrawal p50 %.1f ms, p99 %.1f ms (%d of them)" % (
    1000 * p99(sorted(idle)[:len(idle) // 2]), 1000 * p99(idle), 1000 * p99(sorted(busy)[:len(busy) // 2]), 1000 * p99(busy),
    len(busy)))
note("ratio of p99: %.2f" % (p99(busy) / p99(idle)))
ok(len(busy) > 20, "renewals went on", len(busy))
done_testing()
