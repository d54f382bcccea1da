#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 300
# alone
"""
41 000 hosts fall silent at the same moment, which is more than a child is told at once: each is withdrawn once at each of
two places, and noted once. Who comes back while a slow place still shows the first of them is not withdrawn there. A reaper
that is killed in the midst of it is no reason to leave one out, nor are new leases.
"""
import collections
import os
import re
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, done_testing, equal, note, ok, skip_all, wait_for  # noqa: E402
from nameservers import SECRET, Named  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

N, LONG = 41000, 30
RETURNS, LATE = "h000000.dyn.test", "h040998.dyn.test"	# in the first and in the last portion that a place is told

if SANITIZED:
	skip_all("too slow for leases of %d s" % LONG)


def host(i):
	return "h%06d.dyn.test" % i


def address(i):
	return "127.1.%d.%d" % (i // 250, 1 + i % 250)


def make(server):
	key = server.path("secret")
	with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
		out.write(SECRET + "\n")
	shutil.chown(key, "nobody")
	world = World(hosts=[RETURNS, LATE], lease=3600, interval=1, ttl=30, extra="[dnsupdate dyn.test]\nserver = %s\n"
	    "server_port = %d\nkey_name = k\nkey_file = %s\nwhole_zone = yes\n" % (server.address, server.port, key))
	world.lines += ["%s -" % host(i) for i in range(N) if host(i) not in (RETURNS, LATE)]
	world.publish_accounts()
	return world


def updates(since):
	"""How many updates of each host the server was sent since then, from its log."""
	with open(os.path.join(TMP, "named.log"), errors="replace") as log:
		log.seek(since)
		return collections.Counter(re.findall(r"adding an RR at '(h\d+\.dyn\.test)' A 192\.0\.2\.", log.read()))


def log_size():
	return os.path.getsize(os.path.join(TMP, "named.log"))


def expired():
	"""{host: how often} of the history, of which the last two megabytes are kept."""
	count = collections.Counter()
	for name in ("history.1", "history"):
		if os.path.exists(os.path.join(world.dir, name)):
			with open(os.path.join(world.dir, name)) as lines:
				words = [line.split() for line in lines]
			count.update(w[1] for w in words if len(w) == 5 and w[3] == "expired")
	return count


def wait_until(when):
	wait_for(max(0, when - time.monotonic()), lambda: False)


def slow(enough):
	"""The server is given a sixteenth of the time; it answers each question within the second that is waited for it."""
	while not enough.is_set():
		its.process.kill(signal.SIGSTOP)
		time.sleep(0.45)
		its.process.kill(signal.SIGCONT)
		time.sleep(0.03)


def all_lease():
	lines = "".join("%s %s %d\n" % (host(i), address(i), LONG) for i in range(N))
	begun = time.monotonic()
	got = world.tool("renew-all", input=lines.encode(), seconds=60)
	ok(got.returncode == 0, "all of them lease an address", got)
	ok(wait_for(LONG, lambda: world.is_settled(N)), "and show it at both places", world.check())
	left = begun + LONG - time.monotonic()
	ok(left > 0, "before they are over", left)
	return begun + LONG


def withdrawn(live=()):
	shown = {"updates": its.axfr(), "file": {}}
	with open(world.zonefile) as zone:
		for line in zone:
			fields = line.split()
			if len(fields) == 5 and fields[3] == "A":
				shown["file"].setdefault((fields[0].rstrip("."), "A"), []).append(fields[4])
	return {place: [name for name in map(host, range(N)) if name not in live and names.get((name, "A")) != [FALLBACK4]][:5]
	    for place, names in shown.items()}


its = Named(zone="dyn.test").start()
world = make(its)
world.start_named()
world.start_xinetd()
reaper = world.start_reaper()
ok(wait_for(60, lambda: world.is_settled(0)), "%d hosts on the fallback" % N, world.check())
over = all_lease()
size = log_size()
wait_until(over - 0.5)
enough = threading.Event()
threading.Thread(target=slow, args=(enough,), daemon=True).start()
wait_for(10, lambda: updates(size))
begun = time.monotonic()
wait_until(begun + 1.2)		# by now the next of them are prepared
answer = world.renew(LATE, "127.0.0.8")
wait_until(begun + 2.2)		# which is longer than a place takes that is not slow
enough.set()
ok(answer.endswith("changed=yes"), "while the server takes its time with the first of them, one of the last renews", answer)
ok(wait_for(60, lambda: world.is_settled(1)), "they are over: all is shown and noted", world.check())
equal(withdrawn({LATE}), {"updates": [], "file": []}, "each is withdrawn at both places")
count = updates(size)
equal(count.pop(LATE, 0), 0, "but the one that came back never was")
equal((len(count), max(count.values(), default=0)), (N - 1, 1), "the server was told of each of the others, once")
ok(its.shows(LATE)[0] == "127.0.0.8" and world.shows(LATE, "127.0.0.8"), "that one is shown", its.shows(LATE), world.dig(LATE))
ok(wait_for(20, lambda: host(N - 1) in expired()), "so was the history")
equal(max(expired().values(), default=0), 1, "once")

over = all_lease()
wait_until(over + 0.7)	# the first portion may have been shown
reaper.kill()
reaper.process.wait()
size = log_size()
answer = world.renew(RETURNS, "127.0.0.9")
ok(answer.startswith("250 "), "a reaper is killed in the midst of it; a host renews", answer)
world.start_reaper()
ok(wait_for(60, lambda: world.is_settled(1)), "another goes on until all is shown and noted", world.check())
equal(withdrawn({RETURNS}), {"updates": [], "file": []}, "no other is left out")
ok(wait_for(15, lambda: its.shows(RETURNS)[0] == "127.0.0.9" and world.shows(RETURNS, "127.0.0.9", "", 5)),
    "the one that renewed is shown", its.shows(RETURNS))
equal(world.check().get("faults"), "0", "leases and deadlines agree")
done_testing()
