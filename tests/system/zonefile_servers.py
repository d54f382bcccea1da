#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 200
"""
The publisher of zone files with every server that reads them: BIND that signs inline, Knot plain and signing, NSD. The
same grant, change and withdrawal on each, and a name that leads to the host; where there are signatures, delv validates
every answer before, during and after.
"""
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from dnssec import Anchor  # noqa: E402
from lib import BIN, TMP, done_testing, equal, ok, run, skip, spawn, wait_for  # noqa: E402
from nameservers import nsd_conf  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

A, B, C = "a.dyn.test", "b.dyn.test", "c.dyn.test"


def set_reload(world, *command):
	with open(world.conf) as conf:
		text = conf.read().splitlines()
	with open(world.conf, "w") as conf:
		for line in text:
			conf.write((line if not line.startswith("reload = ") else "reload = " + " ".join(command)) + "\n")


def folder(world, name):
	path = os.path.join(world.dir, name)
	os.makedirs(path, exist_ok=True)
	return path


def answers(world):
	return wait_for(15, lambda: run(["dig", "+time=1", "+tries=1", "-p", str(world.dns_port), "@127.0.0.1", world.zone,
	    "SOA"]).returncode == 0)


def start_bind(world):
	return world.start_named(options='key-directory "%s";' % folder(world, "keys"),
	    zone_options="dnssec-policy default; inline-signing yes;")


def start_knot(world, signing=False):
	path = folder(world, "knot")
	conf = os.path.join(path, "knot.conf")
	with open(conf, "w") as out:
		out.write("""server:
    rundir: "{d}"
    listen: 127.0.0.1@{p}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{d}"
log:
  - target: stderr
    any: info
zone:
  - domain: {z}
    file: "{f}"
    zonefile-sync: -1
    zonefile-load: {load}
    {sign}
""".format(d=path, p=world.dns_port, z=world.zone, f=world.zonefile, load="difference" if signing else "whole",
		    sign="dnssec-signing: on" if signing else ""))
	set_reload(world, "/usr/sbin/knotc", "-c", conf, "zone-reload", world.zone)
	server = spawn("knotd", ["/usr/sbin/knotd", "-c", conf])
	wait_for(10, lambda: run(["/usr/sbin/knotc", "-c", conf, "status"]).returncode == 0)
	return server


def start_nsd(world):
	path = folder(world, "nsd")
	conf = os.path.join(path, "nsd.conf")
	with open(conf, "w") as out:
		out.write(nsd_conf(path, "127.0.0.1", world.dns_port, ["name: " + world.zone, 'zonefile: "%s"' % world.zonefile]))
	set_reload(world, "/usr/sbin/nsd-control", "-c", conf, "reload", world.zone)
	server = spawn("nsd", ["/usr/sbin/nsd", "-d", "-c", conf])
	wait_for(10, lambda: run(["/usr/sbin/nsd-control", "-c", conf, "status"]).returncode == 0)
	return server


def through_its_life(what, start, signed):
	"""Grant, withdrawal, a change while the server is stopped; everything converges."""
	world = World(hosts=[A, B], lease=6, interval=1)
	server = start(world)
	world.start_reaper()
	world.start_xinetd()
	ok(answers(world) and world.shows(A, FALLBACK4, "2001:db8:ffff::80", 10), what + ": the fallback before the first renewal",
	    world.dig(A))
	anchor = Anchor(world.zone, "127.0.0.1", world.dns_port) if signed else None

	def shown(host, address, name, seconds=5):
		if anchor:
			ok(anchor.shows(host, address, seconds + 5), "%s: %s, validated" % (what, name), anchor.look(host))
		else:
			ok(wait_for(seconds, lambda: world.dig(host) == address), "%s: %s" % (what, name), world.dig(host))

	def stays(host, address, name):
		"""It goes on to renew, and is shown."""
		look = (lambda: anchor.look(host) == (True, [address])) if anchor else lambda: world.dig(host) == address
		ok(world.stays(host, address, look), "%s: %s%s" % (what, name, ", validated" if anchor else ""), world.dig(host))

	def leads(target, name):
		wanted = (True, [target + "."] if target else [])
		look = (lambda: anchor.look(C, "CNAME")) if anchor else lambda: (True, world.dig(C, "CNAME").split())
		ok(wait_for(15, lambda: look() == wanted), "%s: %s%s" % (what, name, ", validated" if anchor else ""), look())

	def alias(*args):
		got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])
		ok(got.returncode == 0, "%s: %s" % (what, " ".join(args)), got)

	alias("alias", "add", C, A, "--cname")
	leads(A, "a CNAME leads to its host")
	shown(A, FALLBACK4, "before")
	world.renew(A, "127.0.0.5")
	world.renew(B, "127.0.0.6")
	shown(A, "127.0.0.5", "a grant")
	if anchor:
		equal(anchor.look(A, "AAAA"), (True, []), what + ": and the proof that there is no AAAA")
	looks = []
	wait_for(12, lambda: looks.append(anchor.look(A) if anchor else (True, [world.dig(A)])) or looks[-1][1] == [FALLBACK4])
	ok(all(valid and data in (["127.0.0.5"], [FALLBACK4]) for valid, data in looks),
	    what + ": every answer during the withdrawal is one of the two" + (", and validated" if signed else ""), looks)
	shown(A, FALLBACK4, "after the withdrawal")
	stays(A, "127.0.0.7", "and it comes back")
	server.stop()
	world.renew(A, "127.0.0.8")
	start(world)
	ok(wait_for(25, lambda: world.renew(A, "127.0.0.8").startswith("250 ") and world.dig(A) == "127.0.0.8"),
	    what + ": stopped and started again, it comes to show what changed meanwhile", world.dig(A))
	shown(A, "127.0.0.8", "that change")
	leads(A, "all the while the CNAME leads there")
	ok(world.stays(A, "127.0.0.8", lambda: "127.0.0.8" in world.dig(C).split()),
	    what + ": following it gives the host's address", world.dig(C))
	alias("alias", "del", C)
	alias("alias", "add", C, A)
	ok(world.stays(A, "127.0.0.8", lambda: world.dig(C) == "127.0.0.8"), what + ": it becomes an address", world.dig(C))
	shown(C, "127.0.0.8", "that address")
	leads(None, "and is no CNAME")
	alias("alias", "del", C)
	alias("alias", "add", C, A, "--cname")
	leads(A, "and back")
	alias("host", "del", A)
	leads(None, "it goes with its host")
	ok(wait_for(5, lambda: (world.dig(C), world.dig(C, "AAAA")) == ("", "")), what + ": without a trace", world.dig(C))


for what, program, start, signed in (
    ("BIND signing inline", "named", start_bind, True),
    ("Knot", "knotd", start_knot, False),
    ("Knot signing", "knotd", lambda world: start_knot(world, True), True),
    ("NSD", "nsd", start_nsd, False)):
	if shutil.which(program):
		through_its_life(what, start, signed)
	else:
		skip(what, "no " + program)
done_testing()
