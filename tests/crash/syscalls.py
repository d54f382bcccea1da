#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 900
"""
Killed at every system call: the helper in a conversation, the reaper in a pass that withdraws one host. Whatever was
acknowledged is there, lease and index agree, the next client is served, the zone file is the old or the new one and
whole, and the next pass brings everything to where it should be.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, TOOLS, done_testing, equal, note, ok, run  # noqa: E402
from wire import Talk, new_source  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402
from zone import Zone, publish_to_file  # noqa: E402

os.environ["ASAN_OPTIONS"] = "detect_leaks=0"	# which cannot be done to who is traced
A = "a.dyn.test"
STRIDE = 9 if SANITIZED else 1
KILLAT = os.path.join(TOOLS, "killat")
REPORT = os.path.join(TMP, "killat.out")


def report():
	with open(REPORT) as lines:
		return lines.read().split("\n")


class Faults(list):
	"""What was not as it must be, for one claim about many runs."""

	def claim(self, name):
		ok(not self, name, *self[:8], "%d in all" % len(self))

	def expect(self, condition, *what):
		if not condition:
			self.append(" ".join(map(str, what)))


# --- the helper ---

def helper_part():
	world = World(hosts=[A], publisher="")
	reaper = world.start_reaper()
	whole, kept, served, answered = Faults(), Faults(), Faults(), Faults()

	def talk(number, address):
		"""The answers to LOGIN and RENEW with a kill at system call `number` (0: none)."""
		one = Talk(world, source=new_source(), wrap=(KILLAT, "-o", REPORT, str(number)))
		try:
			answers = one.ask([*world.login(A), "RENEW %s %s" % (A, address), "QUIT"])
		except OSError:
			answers = []
		return answers, one.status()

	talk(0, "127.50.0.1")
	calls = int(report()[-2].split()[1])
	killed = acked = 0
	held = None		# the last acknowledged address
	for number in range(1, calls + 1, STRIDE):
		address = "127.51.%d.%d" % (number // 250, 1 + number % 250)
		answers, status = talk(number, address)
		killed += report()[0].startswith("killed")
		leased = world.leases().get((A, 4), (None, None))
		if len(answers) > 1 and answers[1].startswith("250 "):
			held = address
			acked += 1
			kept.expect(leased[:2] == (address, "live"), number, answers, leased)
		else:
			kept.expect(held is None or leased[:2] in ((held, "live"), (address, "live")), number, leased)
			held = leased[0]
		answered.expect(all(line[:3] in ("250", "221") for line in answers), number, answers)
		whole.expect(world.check().get("faults") == "0", number, world.check())
		if answers[-1:] != ["221 bye"]:
			next_one = Talk(world).ask([*world.login(A), "RENEW %s %s" % (A, address), "QUIT"])
			served.expect(next_one[-1:] == ["221 bye"] and next_one[1].startswith("250 "), number, next_one)
			held = address
	note("%d system calls, killed at %d, %d acknowledged" % (calls, killed, acked))
	ok(killed > 0.9 * calls / STRIDE and (0 < acked < killed or SANITIZED),
	    "a helper is killed at each of its system calls, before its answer and after")
	kept.claim("what it acknowledged is in the table")
	answered.claim("it never says anything else than without")
	whole.claim("leases and deadlines agree after each kill")
	served.claim("the next client is served after each kill")
	ok(reaper.is_running() and "ended by signal" not in reaper.text(), "the reaper has not minded", reaper.text())
	reaper.stop()


# --- the reaper ---

def fill(world, hosts):
	"""All hosts live on an address each; {name: (A, AAAA)}."""
	shown = {}
	for number, host in enumerate(hosts):
		address = "127.60.%d.%d" % (number // 250, 1 + number % 250)
		run([os.path.join(TOOLS, "table_tool"), world.rundir, "renew", host, address, "3000"]).check_returncode()
		shown[host] = (address, None)
	return shown


def reaper_part(options, what):
	hosts = ["h%d.dyn.test" % number for number in range(900 // STRIDE)]
	world = World(publisher="", lease=3000)
	publish_to_file(world, reload="/bin/true")
	world.add_hosts(hosts + [A])
	world.reaper()
	shown = fill(world, hosts)
	shown[A] = (FALLBACK4, FALLBACK6)
	first = world.reaper()
	zone = Zone.read(world)
	if not ok(first.returncode == 0 and zone and zone.names == shown, "a pass shows all hosts", first.stderr.decode()):
		return
	rest, serial = zone.rest, zone.serial

	def kill_pass(number, host):
		world.tool("expire", host).check_returncode()
		return world.reaper(wrap=(KILLAT, *options, "-o", REPORT, str(number)))

	kill_pass(0, hosts.pop())
	shown["h%d.dyn.test" % len(hosts)] = (FALLBACK4, FALLBACK6)
	calls = int(report()[-2].split()[1])
	whole, file_whole, others, converged, served = Faults(), Faults(), Faults(), Faults(), Faults()
	killed = old = 0
	for number in range(1, calls + 1, STRIDE):
		if not hosts:
			break
		host = hosts.pop()
		before = shown[host]
		kill_pass(number, host)
		killed += report()[0].startswith("killed")
		zone = Zone.read(world)
		file_whole.expect(zone is not None and zone.rest == rest, number)
		after = dict(shown)
		after[host] = (FALLBACK4, FALLBACK6)
		old += zone is not None and zone.names[host] == before
		others.expect(zone is None or zone.names in (shown, after), number)
		whole.expect(world.check().get("faults") == "0", number, world.check())
		shown = after
		world.tool("retry", "zonefile dyn.test").check_returncode()	# a killed publisher has one second of rest
		again = world.reaper()
		zone = Zone.read(world)
		converged.expect(again.returncode == 0 and zone is not None and zone.names == shown and
		    world.check().get("pending") == "0" and zone.serial >= serial and
		    not [name for name in os.listdir(world.dir) if name.startswith(".zone")],
		    number, again.returncode, again.stderr.decode(), os.listdir(world.dir))
		serial = zone.serial if zone else serial
		if number % 10 == 1:
			answers = Talk(world).ask([*world.login(A), "STATUS " + A, "RENEW " + A, "RELEASE " + A, "QUIT"])
			served.expect([line[:3] for line in answers] == ["250", "250", "250", "250", "221"], number, answers)
	note("%d system calls, killed at %d, old zone file after %d" % (calls, killed, old))
	ok(killed >= 0.9 * calls / STRIDE and 0 < old < killed, "%s is killed at each system call of a pass" % what)
	file_whole.claim("the zone file is whole after each kill")
	others.claim("it is the old one or the new one")
	whole.claim("leases and deadlines agree after each kill")
	converged.claim("the next pass converges")
	served.claim("the next client is served")


helper_part()
reaper_part(["-f"], "one process of the reaper")
reaper_part(["-fa"], "the whole reaper")
done_testing()
