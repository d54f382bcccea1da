#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
The whole service with a name server that takes dynamic updates, and a zone file beside it: hosts come and go, the name
server goes down and comes back, and everything is lost.
"""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, note, ok, run, skip_all, wait_for  # noqa: E402
from nameservers import SECRET, Knot, Named, PowerDNS  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402
from zone import Zone, publish_to_file  # noqa: E402

A, B, C, D, E = ("%s.dyn.test" % label for label in "abcde")
CN = "cn.dyn.test"
LEASE = 4
FALLBACK = (FALLBACK4, FALLBACK6)


def make(server):
	key = server.path("secret")
	with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
		out.write(SECRET + "\n")
	if os.geteuid() == 0:
		shutil.chown(key, "nobody")
	world = World(hosts=[A, B, C, D, E], lease=LEASE, publisher=None, extra="[dnsupdate dyn.test]\nserver = %s\nserver_port = %d\n"
	    "key_name = k\nkey_file = %s\nwhole_zone = yes\nlag = 7\n" % (server.address, server.port, key))
	publish_to_file(world)
	world.start_xinetd()
	return world


def come_to_show(server, name, wanted, seconds=5):
	return wait_for(seconds, lambda: server.shows(name) == wanted)


def in_file(world, name):
	zone = Zone.read(world)
	return zone and zone.names.get(name)


def check(world):
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"])
	return [line for line in (got.stdout + got.stderr).decode().splitlines() if "dnsupdate dyn.test" in line]


def test_life(world, server):
	ok(come_to_show(server, A, FALLBACK), "a host that never came shows the fallback", server.shows(A))
	equal(world.renew(A, "127.0.0.5").split()[-1], "changed=yes", "it comes")
	ok(come_to_show(server, A, ("127.0.0.5", ""), 3), "and is shown", server.shows(A))
	equal(world.renew(B, "127.0.0.6", "2001:db8::6").split()[-1], "changed=yes", "another one, by IPv6")
	ok(come_to_show(server, B, ("", "2001:db8::6"), 3), "is shown", server.shows(B))
	ok(come_to_show(server, A, FALLBACK, LEASE + 5), "silent, the name shows the fallback", server.shows(A))
	ok(come_to_show(server, B, FALLBACK, LEASE + 5), "so does the other", server.shows(B))
	said = check(world)
	ok(not any("failing" in line for line in said), "the check finds nothing wrong", said)
	said = run([os.path.join(BIN, "dynlease-reaper"), "-t", "-c", world.conf]).stdout
	ok(b"dnsupdate dyn.test lag=7" in said, "the time until its secondaries follow is told", said)


def test_alias(world, server):
	"""A name that leads to a host, changed to addresses and back; the reaper is not told of anything between."""
	def alias(*args):
		got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "alias", *args])
		return got.returncode == 0 or note(got)

	def leads():
		return wait_for(5, lambda: server.dig(CN, "CNAME") == A + ".")

	ok(alias("add", CN, A, "--cname") and leads(), "a CNAME leads to its host", server.dig(CN, "CNAME"))
	ok(alias("del", CN) and alias("add", CN, A) and come_to_show(server, CN, FALLBACK), "it becomes addresses", server.shows(CN))
	ok(alias("del", CN) and alias("add", CN, A, "--cname") and leads(), "and a CNAME again", server.dig(CN, "CNAME"))
	world.renew(A, "127.0.0.5")
	ok(wait_for(20, lambda: world.renew(A, "127.0.0.5") and server.dig(CN).split(" ") == ["127.0.0.5", A + "."]),
	    "that leads to where the host is", server.dig(CN))
	ok(alias("del", CN) and come_to_show(server, CN, ("", "")) and server.dig(CN, "CNAME") == "", "deleted, it shows nothing")


def test_down(world, server):
	world.renew(A, "127.0.0.5")
	world.renew(C, "127.0.0.7")
	come_to_show(server, C, ("127.0.0.7", ""))
	server.kill()
	equal(world.renew(B, "127.0.0.8").split()[-1], "changed=yes", "the name server is down: a host is granted all the same")
	start = time.monotonic()
	ok(wait_for(3, lambda: in_file(world, B) == ("127.0.0.8", None)), "and is in the zone file at once")
	note("after %.2f s" % (time.monotonic() - start))
	ok(wait_for(LEASE + 5, lambda: in_file(world, A) == FALLBACK), "what is silent is withdrawn from the file")
	said = wait_for(10, lambda: [line for line in check(world) if "failing" in line and "127.0.0.1" in line])
	ok(said, "the check says which publisher fails, since when and why", check(world))
	note(*said)
	world.lines = [line for line in world.lines if not line.startswith(C + " ")]
	world.publish_accounts()
	ok(wait_for(5, lambda: in_file(world, C) is None), "a host is deleted meanwhile")
	server.start()
	ok(come_to_show(server, A, FALLBACK, 25) and come_to_show(server, B, FALLBACK, LEASE + 5) and
	    come_to_show(server, C, ("", ""), 5), "when it is back all of them show what they must",
	    [server.shows(name) for name in (A, B, C)])
	ok(wait_for(20, lambda: not any("failing" in line for line in check(world))), "and the check is content", check(world))


def test_all_lost(world, server, reaper):
	answers = [world.renew(D, "127.0.0.5"), world.renew(E, "127.0.0.6")]
	ok(all(answer.endswith("changed=yes") for answer in answers), "two hosts come", answers)
	come_to_show(server, D, ("127.0.0.5", ""))
	equal((come_to_show(server, E, ("127.0.0.6", "")), server.shows(E)), (True, ("127.0.0.6", "")), "two hosts are shown")
	reaper.kill()
	server.kill()
	shutil.rmtree(os.path.join(world.rundir, "table"))
	world.lines = [line for line in world.lines if not line.startswith(E + " ")]
	world.publish_accounts()
	server.start()
	equal(server.shows(E), ("127.0.0.6", ""), "everything is killed, the table and a host deleted: the zone still has it")
	world.start_reaper()
	ok(come_to_show(server, E, ("", "")) and come_to_show(server, D, FALLBACK),
	    "started again, no name shows an address that nobody leases", server.shows(E), server.shows(D))


ran = False
for kind in [kind for kind in (Named, Knot, PowerDNS) if not sys.argv[1:] or kind.name in sys.argv[1:]]:
	if kind.missing():
		note("no " + kind.missing())
		continue
	ran = True
	note("--- " + kind.name)
	its = kind(zone="dyn.test").start()
	service = make(its)
	watcher = service.start_reaper()
	test_life(service, its)
	test_alias(service, its)
	ok("zonefile dyn.test: not published" not in watcher.text(), "the zone file followed all of it", watcher.text())
	test_down(service, its)
	test_all_lost(service, its, watcher)
	its.stop()
if not ran:
	skip_all("no name server")
done_testing()
