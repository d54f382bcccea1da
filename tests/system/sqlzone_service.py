#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 200
"""
The whole service with a zone in MariaDB, from which a real PowerDNS answers, beside a zone file: the database stopped and
started again, everything killed, the table and a host deleted.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import sqlzone
from database import PASSWORD, Database, PowerDNS
from lib import BIN, TMP, done_testing, equal, note, ok, run, skip_all, wait_for
from world import FALLBACK4, FALLBACK6, World

for program in ("named", "dig"):
	if not shutil.which(program):
		skip_all("no " + program)

A, B, C = "a.dyn.test", "b.dyn.test", "c.d.dyn.test"
sqlzone.ZONE = "dyn.test"
db = Database()
sqlzone.powerdns_zone(db)
pdns = PowerDNS(db, "pdns")
pdns.util("secure-zone", "dyn.test")
secret = os.path.join(TMP, "password")
sqlzone.write(secret, PASSWORD + "\n", 0o600)
if os.geteuid() == 0:
	shutil.chown(secret, "nobody")
world = World(hosts=[A, B, C], lease=5, interval=1, extra="[sqlzone dyn.test]\nschema = powerdns\nsocket = %s\n"
    "database = pdns\nuser = dynlease\npassword_file = %s\ncache = 0\nwhole_zone = yes\n" % (db.socket, secret))


def state():
	"""{publisher's kind: (level, what check says)}"""
	found = {}
	for line in run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf,
	    "check"]).stdout.decode().splitlines():
		match = re.match(r"(\w+) +(zonefile|sqlzone) dyn\.test (.*)", line)
		if match:
			found[match.group(2)] = (match.group(1), match.group(3))
	return found


def shows(host, a, aaaa="", seconds=8):
	"""Does PowerDNS come to show exactly these?"""
	return wait_for(seconds, lambda: (" ".join(pdns.dig(host)), " ".join(pdns.dig(host, "AAAA"))) == (a, aaaa))


def stays(host, address):
	return world.stays(host, address, lambda: pdns.dig(host) == [address])


def test_life():
	ok(shows(A, FALLBACK4, FALLBACK6) and shows(C, FALLBACK4, FALLBACK6),
	    "hosts that never came show the fallback")
	ok(wait_for(20, lambda: [state().get(kind, ("",))[0] for kind in ("sqlzone", "zonefile")] == ["OK", "OK"]),
	    "check says that all is well", state())
	world.renew(A, "127.0.0.5")
	world.renew(C, "127.0.0.6", "2001:db8::6")
	ok(shows(A, "127.0.0.5") and shows(C, "", "2001:db8::6"), "who renews is shown, by either family")
	ok(shows(A, FALLBACK4, FALLBACK6, 12) and shows(C, FALLBACK4, FALLBACK6), "who is silent is withdrawn")
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"]).stdout.decode()
	ok(re.search(r"exposure dyn\.test: \d+ s .*publishing \d+ \+", got), "check tells the exposure", got)
	slow = world.conf + ".slow"
	with open(world.conf) as old:
		sqlzone.write(slow, old.read().replace("cache = 0", "cache = 17"))
	got = run([os.path.join(BIN, "dynlease-reaper"), "-t", "-c", slow])
	ok(b"sqlzone dyn.test lag=17" in got.stdout, "to which the time of its caches belongs", got)
	ok(b"keep an old address for 17 s, longer than its TTL of 1 s" in got.stderr, "and which is warned of", got)


def test_stopped():
	ok(stays(A, "127.0.0.5"), "a host is there")
	db.stop()
	ok(world.shows(A, FALLBACK4, FALLBACK6, 12), "with the database down, the other place withdraws in time")
	ok(wait_for(20, lambda: state().get("sqlzone", ("",))[0] == "CRITICAL"), "check calls it critical", state())
	found = state()
	ok(re.search(r"failing for \d+ s .*the database does not answer", found["sqlzone"][1]),
	    "which, since when and why", found)
	equal(found["zonefile"][0], "OK", "the other is none the worse")
	answer = world.renew(B, "127.0.0.7")
	ok(answer.startswith("250 ") and world.shows(B, "127.0.0.7", seconds=3),
	    "nobody is refused, and the other goes on", answer)
	db.start()
	ok(shows(A, FALLBACK4, FALLBACK6, 30), "when it is back, what had gone is withdrawn")
	ok(stays(B, "127.0.0.8"), "and what comes is shown")
	ok(wait_for(20, lambda: state().get("sqlzone", ("",))[0] == "OK"), "check is content", state())
	ok(wait_for(8, lambda: world.check().get("pending") == "0"), "and nothing is pending", world.check())


def test_killed(reaper):
	"""Everything, with the table and a host deleted meanwhile: nobody remembers what is in the database."""
	ok(world.stays(A, "127.0.0.5", lambda: stays(B, "127.0.0.7") and pdns.dig(A) == ["127.0.0.5"]),
	    "two hosts are there")
	reaper.kill()
	db.server.kill()
	reaper.process.wait()
	db.server.process.wait()
	for name in os.listdir(world.rundir):
		path = os.path.join(world.rundir, name)
		shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
	world.lines = [line for line in world.lines if not line.startswith(B)]
	world.publish_accounts()
	db.start()
	new = world.start_reaper()
	ok(shows(B, "", "", 30), "a host that nobody remembers is gone", pdns.dig(B))
	ok(shows(A, FALLBACK4, FALLBACK6), "and the other withdrawn")
	got = pdns.util("check-zone", "dyn.test")
	ok(b" 0 errors, 0 warnings" in got.stdout + got.stderr, "the zone is whole", got)
	new.stop()


world.start_named()
first = world.start_reaper()
world.start_xinetd()
pdns.start("dyn.test")
for test, arguments in ((test_life, ()), (test_stopped, ()), (test_killed, (first,))):
	note(test.__name__)
	test(*arguments)
done_testing()
