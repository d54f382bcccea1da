#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 150
"""The publisher that asks every name server of a zone: real secondaries (NSD, Knot) behind a real named."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from fakedns import NS, FakeServer, name_wire  # noqa: E402
from lib import BIN, TMP, TOOLS, done_testing, equal, free_port, ok, run, skip_all, wait_for  # noqa: E402
from nameservers import SECRET  # noqa: E402
from secondaries import KNOT, NSD, notify_options, serial, start_knot, start_nsd  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

for program in ("named", "nsd", "knotd"):
	if not shutil.which(program):
		skip_all("no " + program)

A, B = "a.dyn.test", "b.dyn.test"


def section(world, servers=None, **keys):
	with open(world.conf, "a") as conf:
		conf.write("[nameservers %s]\nserver_port = %d\n%s%s" % (world.zone, world.dns_port,
		    "servers = %s\n" % servers if servers else "", "".join("%s = %s\n" % pair for pair in keys.items())))


def state(world):
	"""{publisher's kind: whether it fails, and why}, as check tells it."""
	found = {}
	for line in run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"]).stdout.decode().splitlines():
		match = re.match(r"(\w+) +(zonefile|nameservers) dyn\.test (.*)", line)
		if match:
			found[match.group(2)] = (match.group(1), match.group(3))
	return found


def shows(world, server, host, address):
	got = run(["dig", "+short", "+time=1", "+tries=1", "+norecurse", "-p", str(world.dns_port), "@" + server, host])
	return got.stdout.decode().split() == [address]


def test_sections():
	for keys, pattern in (({"servers": "ns.example.org"}, b"servers takes addresses"), ({"servers": ","}, b"takes addresses"),
	    ({"primary": "none"}, b"primary needs an address"), ({"wait": "0"}, b"wait")):
		world = World(hosts=[A])
		section(world, **keys)
		got = run([os.path.join(BIN, "dynlease-reaper"), "-t", "-c", world.conf])
		ok(got.returncode == 78 and re.search(pattern, got.stdout + got.stderr), "section refused: %s" % keys, got)


def publish(text, port, servers=None, *more):
	"""By the tool; what it says, after its status."""
	path = os.path.join(TMP, "conf")
	with open(path, "w") as conf:
		conf.write("[zone dyn.test]\nfallback4 = %s\nfallback6 = none\nttl = 30\n[nameservers dyn.test]\nserver_port = %d\n"
		    "wait = 1\n%s" % (FALLBACK4, port, "servers = %s\n" % servers if servers else ""))
	got = run([os.path.join(TOOLS, "publish"), "nameservers", path, "dyn.test", *more], input=text,
	    env={**os.environ, "RES_OPTIONS": "timeout:1 attempts:1"})
	return "%d %s" % (got.returncode, (got.stdout + got.stderr).decode())


def test_words():
	"""What is said of servers that do not show it, and of those that cannot be found."""
	fake = FakeServer("dyn.test", "k", SECRET).start()
	fake.set(A, "203.0.113.1")
	names, gone = b"a.dyn.test 203.0.113.1 none tl\n", free_port()

	def said(name, pattern, *args):
		text = publish(*args)
		ok(re.match(pattern, text), name, text)

	said("a server that shows it", "0 ", names, fake.port, "127.0.0.1")
	said("one that has the serial, and does not show it", "20 .*127.0.0.1 still shows the IPv4 address 203.0.113.1 "
	    "for a.dyn.test", names.replace(b".1 ", b".2 "), fake.port, "127.0.0.1")
	said("two that lag", r"20 .*no answer from 127.0.0.31 port \d+ \(and 1 more lag\)", names, fake.port,
	    NSD + " " + KNOT)
	said("a primary that is away", "20 .*no answer from 127.0.0.1", names, gone, NSD)
	said("which is not asked for them, either", "20 .*does not tell the name servers of dyn.test", names, gone)
	said("as is advised, too", "0 .*does not tell the name servers of dyn.test", b"", gone, None, "check")
	said("a zone that has none", "20 .*dyn.test has no name servers", names, fake.port)
	fake.names[("dyn.test", NS)] = (30, name_wire("ns1.dyn.test"))
	said("one without an address", "20 .*the name server ns1.dyn.test has no address", names, fake.port)
	fake.set("ns1.dyn.test", "::1")
	said("one that has IPv6 only", "20 .*no answer from ::1", names, fake.port)


def advice(world):
	said = run([os.path.join(BIN, "dynlease-reaper"), "-t", "-c", world.conf])
	return (said.stdout + said.stderr).decode()


def test_secondaries():
	world = World(hosts=[A, B], lease=5, interval=1)
	section(world, "%s %s" % (KNOT, NSD), wait=3, lag=7)
	world.start_named(zone_options=notify_options(world))
	reaper = world.start_reaper()
	world.start_xinetd()
	nsd, _ = start_nsd(world), start_knot(world)
	ok(wait_for(30, lambda: [level for level, _ in state(world).values()] == ["OK", "OK"]),
	    "both secondaries show the zone, and check says so", state(world))
	ok(world.stays(A, "127.0.0.5", lambda: shows(world, NSD, A, "127.0.0.5") and shows(world, KNOT, A, "127.0.0.5"), 12),
	    "a grant is on both")
	ok(wait_for(8, lambda: world.check().get("pending") == "0"), "and noted", world.check())

	nsd.stop()
	world.renew(B, "127.0.0.6")
	ok(world.shows(B, "127.0.0.6", seconds=3), "a secondary that is down delays no primary")
	ok(wait_for(20, lambda: state(world)["nameservers"][0] == "CRITICAL"), "check calls it critical", state(world))
	levels = state(world)
	ok(re.search(r"failing for \d+ s .*%s" % re.escape(NSD), levels["nameservers"][1]), "which, since when and why", levels)
	equal(levels["zonefile"][0], "OK", "the primary's publisher is none the worse")
	said = advice(world)
	ok("nameservers dyn.test lag=7" in said, "the reaper tells the lag that is configured", said)
	ok(wait_for(8, lambda: NSD in (said := advice(world)) and KNOT not in said), "its advice names the one that lags",
	    advice(world))
	ok(world.shows(A, FALLBACK4, "2001:db8:ffff::80", 10), "a withdrawal in the meantime is as quick as ever")

	start_nsd(world)
	ok(wait_for(40, lambda: state(world)["nameservers"][0] == "OK"), "when it is back, all converges without help",
	    state(world))
	ok(shows(world, NSD, A, FALLBACK4), "and it shows what it missed")
	ok(wait_for(8, lambda: world.check().get("pending") == "0"), "nothing is left to show", world.check())
	out = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"]).stdout.decode()
	ok(re.search(r"exposure dyn\.test: \d+ s .*publishing \d+", out), "the exposure counts how long it took", out)
	reaper.stop()


def test_ns_records():
	"""Without `servers`, those are asked that the zone's NS records name, by the addresses that it gives them."""
	world = World(hosts=[A], interval=1)
	section(world, wait=10)
	with open(world.zonefile, "w") as out:
		out.write("$TTL 60\n@ IN SOA ns1 root ( 1 60 30 3600 1 )\n@ IN NS ns1\n@ IN NS ns2\n"
		    "ns1 IN A 127.0.0.1\nns2 IN A %s\n;; dynlease: begin\n;; dynlease: end\n" % KNOT)
	world.start_named(zone_options=notify_options(world))
	knot = start_knot(world)
	equal(world.reaper().returncode, 0, "both servers of the zone show it")
	equal(serial(world, KNOT), serial(world, "127.0.0.1"), "by its serial, too")
	knot.stop()
	ok(KNOT in advice(world), "the second one is missed", advice(world))


test_sections()
test_words()
test_secondaries()
test_ns_records()
done_testing()
