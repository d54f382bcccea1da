#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 200
"""
Nothing happens: no host comes, moves or goes. Each place's server is taken away all the same, and named by `check`, at
once and then with the time since when; it comes back, and all is well without help. To be asked changes nothing.
"""
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import sqlzone  # noqa: E402
from database import PASSWORD, Database  # noqa: E402
from lib import BIN, done_testing, equal, note, ok, run, skip_all, wait_for  # noqa: E402
from nameservers import SECRET, Named  # noqa: E402
from secondaries import KNOT, notify_options, start_knot  # noqa: E402
from world import World, secret_file, zone_section  # noqa: E402

LOOK = 30	# seconds between two looks at a place that has nothing to do

if Named.missing() or not shutil.which("knotd"):
	skip_all("no name server")


sqlzone.ZONE = "sql.test"
db = Database()
sqlzone.powerdns_zone(db)
bind = Named(zone="bind.test").start()
world = World(zone="file.test", lease=3600, interval=1, hosts=["a.file.test", "a.bind.test", "a.sql.test"],
    extra=zone_section("bind.test") + "[dnsupdate bind.test]\nserver = %s\nserver_port = %d\nkey_name = k\nkey_file = %s\n"
    "whole_zone = yes\n" % (bind.address, bind.port, secret_file("tsig", SECRET)) + zone_section("sql.test") +
    "[sqlzone sql.test]\nschema = powerdns\nsocket = %s\ndatabase = pdns\nuser = dynlease\npassword_file = %s\n"
    "cache = 0\nwhole_zone = yes\n" % (db.socket, secret_file("password", PASSWORD)))
with open(world.conf, "a") as conf:
	conf.write("[nameservers file.test]\nservers = %s\nserver_port = %d\nwait = 2\n" % (KNOT, world.dns_port))
FILE, UPDATE, SQL = "127.0.0.1 port %d" % world.dns_port, "127.0.0.1 port %d" % bind.port, "the database does not answer"
PLACES = {"zonefile file.test": "no answer from " + FILE, "dnsupdate bind.test": "no answer from " + UPDATE,
    "sqlzone sql.test": SQL, "nameservers file.test": "no answer from " + FILE}
AT_ONCE = {**PLACES, "dnsupdate bind.test": UPDATE + " takes no connection over TCP"}


def check():
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"])
	return [line for line in got.stdout.decode().splitlines() if re.search("|".join(PLACES), line)]


def levels():
	"""{place: level}, as the table has it."""
	found = {}
	for line in check():
		match = re.match(r"(OK|CRITICAL) +(\w+ \w+\.test) (showed|has been failing)", line)
		if match:
			found[match.group(2)] = match.group(1)
	return found


def serials():
	return (world.dig("file.test", "SOA"), bind.dig("bind.test", "SOA"), db.query("SELECT content FROM records WHERE "
	    "type = 'SOA'", "pdns"), os.path.getmtime(world.zonefile))


def looked():
	"""How many places were asked since they last had something to show?"""
	return sum("was there" in line for line in check())


server = world.start_named(zone_options=notify_options(world))
secondary = start_knot(world)
reaper = world.start_reaper()
all_of = dict.fromkeys(PLACES, "OK")
ok(wait_for(30, lambda: levels() == all_of), "four places show all they must", check())
before = serials()
ok(wait_for(LOOK + 15, lambda: looked() == len(PLACES)), "nothing happens, and they are asked again", check())
equal(serials(), before, "which changes nothing")

for program in (server, bind.process, db.server, secondary):
	program.kill()
	program.process.wait()
went = time.monotonic()
said = check()
missed = [place for place, why in AT_ONCE.items() if not any(line.startswith("WARNING") and re.search(
    r"%s\W* .*%s" % (place, re.escape(why)), line) for line in said)]
equal(missed, [], "their servers go away: each is named at once")
note(*said)
ok(wait_for(LOOK + 15, lambda: levels() == dict.fromkeys(PLACES, "CRITICAL")), "and before long the reaper misses them, too",
    check())
said = check()
for place, why in PLACES.items():
	line = next((line for line in said if re.match("CRITICAL +%s has" % place, line)), "")
	match = re.search(r"failing for (\d+) s .*?: (.*)", line)
	ok(match and why in match.group(2) and int(match.group(1)) <= time.monotonic() - went + 1, place + ": since when, and why",
	    said)

world.start_named(zone_options=notify_options(world))
bind.start()
db.start()
start_knot(world)
ok(wait_for(40, lambda: levels() == all_of), "they come back: all is well without help", check())
ok("error" not in "".join(line for line in reaper.text().splitlines() if "not published" not in line),
    "nothing else was amiss", reaper.text())
done_testing()
