#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 480
"""
Every kind of server at once, each with a zone of its own: one after the other goes away, stays away for minutes
while hosts come, move, fall silent and are deleted, and comes back. `check` names who is away, since when and why; no
other is delayed, no helper refuses, and everything converges without help.
"""
import collections
import json
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import sqlzone  # noqa: E402
from database import PASSWORD, Database, PowerDNS as FrontEnd  # noqa: E402
from lib import BIN, done_testing, equal, note, ok, run, skip_all, wait_for  # noqa: E402
from nameservers import NSD, SECRET, Knot, Named, PowerDNS  # noqa: E402
from secondaries import KNOT, notify_options, start_knot  # noqa: E402
from world import FALLBACK4, FALLBACK6, World, secret_file, zone_section  # noqa: E402

LEASE, INTERVAL, RETRY_MOST = 20, 1, 15
SPACE = 6	# seconds between one going away and the next
AWAY = 122	# seconds that each stays away, at least
NOTICE = 25	# seconds in which a server must be named that is there and does not answer
SOON = 5	# seconds to be published in, once granted: one is promised, a silent server takes eight
BACK = RETRY_MOST + INTERVAL + 4	# seconds in which everything is as it must be, once the server answers again
LABELS = ["stay", "gone", "dead", "late"] + ["m%d" % i for i in range(24)]	# in each zone
KNOWN = {"late": ("127.0.3.1", ""), "gone": (FALLBACK4, FALLBACK6), "dead": ("", "")}	# what they show in the end

for missing in [kind.missing() for kind in (Named, Knot, PowerDNS, NSD)]:
	if missing:
		skip_all("no " + missing)


# --- the world ---

def by_update(server):
	return zone_section(server.zone) + ("[dnsupdate %s]\nserver = %s\nserver_port = %d\nkey_name = k\nkey_file = %s\n"
	    "whole_zone = yes\n" % (server.zone, server.address, server.port, secret_file("tsig", SECRET)))


sqlzone.ZONE = "sql.test"
db = Database()
sqlzone.powerdns_zone(db)
front = FrontEnd(db, "pdns")
front.start("sql.test")
nsd, bind, knot, pdns = (kind(zone=zone).start() for kind, zone in ((NSD, "nsd.test"), (Named, "bind.test"),
    (Knot, "knot.test"), (PowerDNS, "pdns.test")))
world = World(zone="file.test", lease=LEASE, interval=INTERVAL, extra="".join(by_update(server) for server in (bind,
    knot, pdns)) + zone_section("nsd.test") + "[zonefile nsd.test]\nfile = %s\nserver_port = %d\nreload = %s\n" %
    (nsd.path("zone"), nsd.port, nsd.reload()) + zone_section("sql.test") + "[sqlzone sql.test]\nschema = powerdns\n"
    "socket = %s\ndatabase = pdns\nuser = dynlease\npassword_file = %s\ncache = 0\nwhole_zone = yes\n" %
    (db.socket, secret_file("password", PASSWORD)))
with open(world.conf, "a") as conf:
	conf.write("[nameservers file.test]\nservers = %s\nserver_port = %d\nwait = 6\n" % (KNOT, world.dns_port))
PORTS = {"file.test": world.dns_port, "sql.test": front.port}
PORTS.update((server.zone, server.port) for server in (nsd, bind, knot, pdns))
ZONES = sorted(PORTS)
world.add_hosts(["%s.%s" % (label, zone) for zone in ZONES for label in LABELS])
file_server = world.start_named(zone_options=notify_options(world))
secondary = start_knot(world)
reaper = world.start_reaper()
world.start_xinetd()


# --- who goes away ---

class Target:
	"""A server: what is said of it, how it goes, and how it comes back."""

	def __init__(self, places, zone, why, leave, come):
		self.places, self.zone, self.why, self.leave, self.come = places, zone, why, leave, come
		self.left = self.back = None


places = {}	# {place: when the first of its servers went away, and the lines of its log before that}


def kill(program):
	program.kill()
	program.process.wait()


def start_file_server():
	global file_server
	file_server = world.start_named(zone_options=notify_options(world))


def start_secondary():
	global secondary
	secondary = start_knot(world)


def silence(server):
	return "no answer from 127.0.0.1 port %d" % server.port


TARGETS = [
    Target({"dnsupdate knot.test"}, "knot.test", silence(knot), lambda: knot.process.kill(signal.SIGSTOP),
    lambda: knot.process.kill(signal.SIGCONT)),
    Target({"zonefile file.test", "nameservers file.test"}, "file.test", "no answer from 127.0.0.1 port %d" %
    world.dns_port, lambda: kill(file_server), start_file_server),
    Target({"dnsupdate bind.test"}, "bind.test", silence(bind), bind.kill, bind.start),
    Target({"sqlzone sql.test"}, "sql.test", "the database does not answer", lambda: kill(db.server), db.start),
    Target({"dnsupdate pdns.test"}, "pdns.test", silence(pdns), pdns.kill, pdns.start),
    Target({"nameservers file.test"}, None, "no answer from 127.0.0.32 port %d" % world.dns_port, lambda:
    kill(secondary), start_secondary)]


def away():
	return [target for target in TARGETS if target.left and not target.back]


def zones_up():
	return [zone for zone in ZONES if zone not in [target.zone for target in away()]]


# --- looking ---

def shown(zone, labels, address="127.0.0.1"):
	"""{label: (a, aaaa)} as the server of the zone answers; {} when it does not."""
	questions = [word for label in labels for kind in ("A", "AAAA") for word in ("%s.%s" % (label, zone), kind)]
	got = run(["dig", "+noall", "+answer", "+comments", "+time=1", "+tries=1", "+norecurse", "-p", str(PORTS[zone]),
	    "@" + address, *questions])
	text = got.stdout.decode()
	if got.returncode != 0 or len(re.findall("status: (?:NOERROR|NXDOMAIN)", text)) != 2 * len(labels):
		return {}
	found = {label: ["", ""] for label in labels}
	for line in text.splitlines():
		match = re.match(r"([\w-]+)\.%s\.\s+\d+\s+IN\s+(A|AAAA)\s+(\S+)" % re.escape(zone), line)
		if match:
			found[match.group(1)][match.group(2) == "AAAA"] += match.group(3)
	return {label: tuple(pair) for label, pair in found.items()}


def must_show(zone):
	"""{label: (a, aaaa)} by the table."""
	wanted, leases = {}, world.leases()
	for label in LABELS:
		host = "%s.%s" % (label, zone)
		address, state, _ = leases.get((host, 4), ("", "", 0))
		wanted[label] = (("", "") if host not in world.tokens else (address, "") if state == "live" else
		    (FALLBACK4, FALLBACK6))
	return wanted


def agrees(zone, address="127.0.0.1"):
	return shown(zone, LABELS, address) == must_show(zone)


Failure = collections.namedtuple("Failure", "since tries why")


def seconds(text):
	return sum(int(number) * {"s": 1, "min": 60}[unit] for number, unit in re.findall(r"(\d+) (\w+)", text))


def failing():
	"""{place: what check says}"""
	said = json.loads(run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check", "--json"]).stdout)
	found = {}
	for finding in said["findings"]:
		match = re.match(r"(\w+ \w+\.test) has been failing for (.*?) \(tries: (\d+), hosts waiting: \d+\): (.*)",
		    finding["text"])
		if match and finding["level"].lower() == "critical":
			found[match.group(1)] = Failure(seconds(match.group(2)), int(match.group(3)), match.group(4))
	return found


def names_who_is_away(limit):
	wanted = set().union(*(target.places for target in away()))
	said = set()

	def settled():
		nonlocal said
		said = set(failing())
		return said == wanted

	wait_for(limit, settled)
	return equal(sorted(said), sorted(wanted), "check names who is away, and nobody else")


# --- hosts ---

lock = threading.Lock()
refused, slowest, count = [], 0, 0


def renew(label, zone, address):
	global slowest, count
	start = time.monotonic()
	answer = world.renew("%s.%s" % (label, zone), address)
	with lock:
		count += 1
		slowest = max(slowest, time.monotonic() - start)
		if not answer.startswith("250 "):
			refused.append((label, zone, address, answer))


over = threading.Event()
staying = [("stay", zone, "127.0.1.%d" % (i + 1)) for i, zone in enumerate(ZONES)]
steps = iter(LABELS[4:])


def stay():
	"""They never go."""
	while not over.wait(LEASE / 5):
		for host in list(staying):
			renew(*host)


def others_are_not_delayed(what):
	"""One more host comes in each zone: those whose server is there show it soon."""
	label, granted, late = next(steps), {}, {}
	up = zones_up()
	for i, zone in enumerate(ZONES):
		renew(label, zone, "127.0.2.%d" % (i + 1))
		granted[zone] = time.monotonic()
	while len(late) < len(up) and time.monotonic() < min(granted.values()) + 10:
		for zone in up:
			if zone not in late and shown(zone, [label]).get(label) == ("127.0.2.%d" % (ZONES.index(zone) + 1), ""):
				late[zone] = time.monotonic() - granted[zone]
	ok(len(late) == len(up) and max(late.values()) <= SOON, "%s: every other publisher goes on (%d)" % (what, len(up)),
	    late)
	note(" ".join("%s %.2f" % pair for pair in sorted(late.items())))


# --- it goes, and comes back ---

def log_of(place):
	return [line for line in reaper.text().splitlines() if place + ":" in line]


def leave(target):
	what = ", ".join(sorted(target.places))
	note("--- away: " + what)
	target.left = time.monotonic()
	for place in target.places:
		places.setdefault(place, (target.left, len(log_of(place))))
	target.leave()
	others_are_not_delayed(what + " away")
	names_who_is_away(NOTICE)


def before_it_comes(target):
	"""After minutes of trying check says the same, with the time of the beginning."""
	def tells():
		found = failing()
		return found if all(re.search(target.why, found[place].why) for place in target.places if place in found) else None

	what = ", ".join(sorted(target.places))
	# Of a place with two servers the reason changes with the next try, once one of them is back.
	found = wait_for(RETRY_MOST + BACK, tells) or failing()
	ok(time.monotonic() - target.left >= 120, what + ": away for two minutes")
	for place in sorted(target.places):
		fact, gone = found.get(place, Failure(0, 0, "")), time.monotonic() - places[place][0]
		ok(gone - NOTICE <= fact.since <= gone + 1, "%s: since when" % place, gone, fact)
		ok(re.search(target.why, fact.why), "%s: and why" % place, fact)
		ok(AWAY / (RETRY_MOST + NOTICE) <= fact.tries <= 4 + (gone + RETRY_MOST) / RETRY_MOST,
		    "%s: it is tried again, less and less often" % place, gone, fact)
		note("%s: %.0f s, %s" % (place, gone, fact))
	if target.zone:
		staying.append(("late", target.zone, "127.0.3.1"))
		renew(*staying[-1])


def come(target):
	what = ", ".join(sorted(target.places))
	note("--- back: " + what)
	before_it_comes(target)
	target.come()
	target.back = time.monotonic()
	done = target.places - set().union(*(other.places for other in away()))
	zone, address = (target.zone, "127.0.0.1") if target.zone else ("file.test", KNOT)
	ok(wait_for(BACK, agrees, zone, address), what + ": everything converges", shown(zone, LABELS, address),
	    must_show(zone))
	wanted = {**KNOWN, "stay": ("127.0.5.%d" % (ZONES.index(zone) + 1), "")}
	equal(shown(zone, wanted, address), wanted, what + ": who moved, who came, who fell silent, and who was deleted")
	ok(wait_for(target.back + BACK - time.monotonic(), lambda: not done & set(failing())),
	    what + ": check is quiet about it", failing())
	note("after %.1f s" % (time.monotonic() - target.back))
	names_who_is_away(3)
	others_are_not_delayed(what + " back")
	for place in sorted(done):
		lines = log_of(place)[places[place][1]:]
		ok(2 <= len(lines) == len(set(lines)) <= 4 and lines[-1].endswith("shows everything again"),
		    place + ": the log says when it began, why, and when it ended, and does not repeat itself", *lines)


def meanwhile():
	"""A host of each zone moves, another is deleted."""
	staying[:] = [(label, zone, "127.0.5.%d" % (i + 1)) for i, (label, zone, _) in enumerate(staying)]
	for host in staying:
		renew(*host)
	for zone in ZONES:
		host = "dead." + zone
		world.lines = [line for line in world.lines if not line.startswith(host + " ")]
		del world.tokens[host]
	world.publish_accounts()


ok(wait_for(20, lambda: all(agrees(zone) for zone in ZONES) and not failing()), "every server shows every host",
    failing())
threading.Thread(target=stay, daemon=True).start()
for host in staying + [(label, zone, "127.0.4.1") for zone in ZONES for label in ("gone", "dead")]:
	renew(*host)
ok(wait_for(5, lambda: all(agrees(zone) for zone in ZONES)), "and what comes")
began = time.monotonic()
for number, target in enumerate(TARGETS):
	wait_for(60, lambda: time.monotonic() >= began + number * SPACE)
	leave(target)
meanwhile()
others_are_not_delayed("meanwhile")
ok(wait_for(5, lambda: all(agrees(zone) for zone in zones_up())),
    "who is not away shows at once who moved, and not who was deleted")
while time.monotonic() + 2 * SPACE < TARGETS[0].left + AWAY:
	wait_for(2 * SPACE, lambda: time.monotonic() >= TARGETS[0].left + AWAY)
	others_are_not_delayed("a while later")
for target in TARGETS:
	wait_for(AWAY, lambda: time.monotonic() >= target.left + AWAY)
	come(target)
over.set()
ok(wait_for(5, lambda: all(agrees(zone) for zone in ZONES) and agrees("file.test", KNOT)), "all agree with the table")
ok(wait_for(5, lambda: world.check().get("pending") == "0") and not failing(), "nothing is left to show",
    world.check())
equal(refused, [], "no helper has refused any of %d renewals" % count)
ok(slowest < 5, "nor kept one waiting", slowest)
done_testing()
