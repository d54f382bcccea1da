#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 85
"""
Two hosts on networks of their own, one behind a real NAT, through all that happens to networks: addresses that change,
links that go down, a server that reboots. What dig and status said is recorded all the time, and held against what
the hosts proved and when.
"""
import collections
import json
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, ok, run, skip_all, wait_for  # noqa: E402
import net  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

LEASE, INTERVAL, PASS, PUBLISH = 4, 1, 1, 1
EXPOSURE = LEASE + INTERVAL + PASS + PUBLISH
SOON = 2	# seconds to be published in, once granted: one is promised, and the machine may be busy
BEAT = 1	# seconds between two renewals
PACE = 10	# seconds between two grants of one host that are published at once
HOME, OFFICE = "home.dyn.test", "office.dyn.test"
SERVER, NAT, NAT2, INSIDE = "10.77.0.1", "10.77.0.2", "10.77.0.12", "10.77.1.2"
DESK, DESK2 = "10.77.2.2", "10.77.2.3"

if not net.own_network():
	skip_all("no network namespaces")
router, home, office = net.Machine("router"), net.Machine("home"), net.Machine("office")
uplink, street = net.cable(None, SERVER + "/24", router, NAT + "/24")
_, home_wire = net.cable(router, "10.77.1.1/24", home, INSIDE + "/24")
office_port, office_wire = net.cable(None, "10.77.2.1/24", office, DESK + "/24")
try:
	router.forward(nat="10.77.1.0/24")
except RuntimeError as error:
	skip_all("no NAT: %s" % error)
home.move(home_wire, INSIDE + "/24", "10.77.1.1")
office.move(office_wire, DESK + "/24", "10.77.2.1")

world = World(lease=LEASE, interval=INTERVAL, allow="10.77.0.0/16")
world.add_hosts([HOME, OFFICE], announce="")
world.start_named()
reaper = world.start_reaper()
xinetd = world.start_xinetd(bind=SERVER)

Said = collections.namedtuple("Said", "since until host shown live")	# asked within this time; live: by status
Proof = collections.namedtuple("Proof", "since until address")		# a renewal that was acknowledged


class Host(threading.Thread):
	"""A machine whose cron renews; what was acknowledged is kept."""

	def __init__(self, name, machine):
		super().__init__(daemon=True)
		self.host, self.machine, self.proofs, self.wrong = name, machine, [], []
		self.conf = os.path.join(TMP, name)
		with open(self.conf + ".secret", "w") as out:
			os.fchmod(out.fileno(), 0o600)
			out.write(world.tokens[name] + "\n")
		with open(self.conf, "w") as out:
			out.write("[server localhost]\naddress = %s\nport = %d\naccount = %s\nsecret_file = %s.secret\nca = %s\n"
			    "timeout = 2\n" % (SERVER, world.port, name, self.conf, world.certificate))

	def run(self):
		while not over.wait(BEAT):
			since = time.monotonic()
			got = self.machine.run([os.path.join(BIN, "dynlease"), "-v", "-c", self.conf, "renew"])
			address = re.search(r"address=(\S+)", got.stdout.decode())
			if got.returncode == 0 and address:
				self.proofs.append(Proof(since, time.monotonic(), address.group(1)))
			elif got.returncode not in (69, 75):	# unreachable, try later
				self.wrong.append((got.returncode, got.stderr))


class Witness(threading.Thread):
	"""Asks the name server and dynlease-admin all the time."""

	def __init__(self):
		super().__init__(daemon=True)
		self.said = []

	def run(self):
		while not over.wait(0.1):
			since = time.monotonic()
			live = status()
			shown = {host: world.dig(host) for host in (HOME, OFFICE)}
			until = time.monotonic()
			self.said += [Said(since, until, host, shown[host], live.get(host, "?")) for host in shown]


def status():
	"""{host: its live address, or "offline"}; nothing when there is no table."""
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "status", "--json"])
	try:
		return {h["host"]: " ".join(lease["address"] for lease in h["leases"]) if h["state"] == "live" else h["state"]
		    for h in json.loads(got.stdout)}
	except ValueError:
		return {}


over = threading.Event()
hosts = {HOME: Host(HOME, home), OFFICE: Host(OFFICE, office)}
witness = Witness()
rebooted = []


def claim(name, address, what, seconds=BEAT + 2 + SOON):
	"""The name comes to show the address, and the status agrees."""
	wanted = "offline" if address == FALLBACK4 else address
	came = wait_for(seconds, lambda: world.dig(name) == address and status().get(name) == wanted)
	ok(came, what, "dig: %s, status: %s" % (world.dig(name), status()))
	let_witness_see()


def let_witness_see():
	"""Wait until it has asked after this moment, so that nothing passes too quickly for it."""
	now = time.monotonic()
	wait_for(5, lambda: not witness.is_alive() or (witness.said and witness.said[-1].since > now))


def falls_silent(name, what):
	"""The fallback comes within the exposure of the last renewal; the witness knows when it came."""
	other = OFFICE if name == HOME else HOME
	claim(name, FALLBACK4, what, EXPOSURE + 1)
	return hosts[other].proofs[-1].address == world.dig(other)


def settle():
	"""Let the pace of grants pass, so that the next change is published at once, and has to be."""
	end = time.monotonic() + PACE + SOON
	wait_for(PACE + SOON + 1, lambda: time.monotonic() >= end)


# --- they come ---

claim(HOME, FALLBACK4, "nobody has come yet: the fallback", 5)
for thread in (*hosts.values(), witness):
	thread.start()
claim(HOME, NAT, "the host behind the NAT is known by the address of the NAT")
claim(OFFICE, DESK, "the other one by its own")
settle()

# --- addresses change ---

office.move(office_wire, DESK2 + "/24", "10.77.2.1")
claim(OFFICE, DESK2, "the office gets another address, and its name follows")
router.move(street, NAT2 + "/24", SERVER)
claim(HOME, NAT2, "the NAT gets another address, and the name of the host behind it follows")
settle()

# --- a link goes down and comes up ---

home.ip("link", "set", home_wire, "down")
ok(falls_silent(HOME, "the host behind the NAT loses its link: the fallback"), "the other one is there all the time")
home.ip("link", "set", home_wire, "up")
home.ip("route", "replace", "default", "via", "10.77.1.1")
claim(HOME, NAT2, "its link is back, and so is its name")

# The server's own links: packets are lost on the way, and nobody is told.
for end in (uplink, office_port):
	net.ip("link", "set", end, "down")
claim(HOME, FALLBACK4, "the server is cut off: one host falls back", EXPOSURE + 1)
claim(OFFICE, FALLBACK4, "and so does the other", 1)
for end in (uplink, office_port):
	net.ip("link", "set", end, "up")
claim(HOME, NAT2, "the links are back: one host returns", PACE + SOON)
claim(OFFICE, DESK2, "and so does the other")

# --- the server reboots ---

xinetd.stop()
reaper.stop()
world.tool("meta", "boot", "00000000-0000-0000-0000-000000000000")
rebooted.append(time.monotonic())
first = world.reaper()
ok(world.dig(HOME) == world.dig(OFFICE) == FALLBACK4, "the server reboots: its first pass withdraws everybody",
    world.dig(HOME), world.dig(OFFICE), first.stderr.decode())
equal(status(), {HOME: "offline", OFFICE: "offline"}, "and the status says so")
let_witness_see()
rebooted.append(time.monotonic())
world.start_reaper()
world.start_xinetd(bind=SERVER, port=world.port)
claim(HOME, NAT2, "one host returns by itself", PACE + SOON)
claim(OFFICE, DESK2, "and so does the other")

# --- what was said at each moment ---

over.set()
for thread in (*hosts.values(), witness):
	thread.join(5)


def said_too_long(said, address, bound):
	"""Was this said of a host that had not proved it for longer than bound?"""
	last = max((proof.until for proof in hosts[said.host].proofs if proof.address == address and
	    proof.since <= said.until), default=0)
	return said.since - last > bound


def due(said, soon):
	"""What must be said of a host: the address of its last proof that is older than soon, or of a later one."""
	proofs = [proof for proof in hosts[said.host].proofs if proof.since <= said.until]
	old = [proof for proof in proofs if proof.until <= said.since - soon]
	if not old or said.until >= old[-1].since + LEASE or any(old[-1].since <= moment <= said.until for moment in rebooted):
		return None
	return {proof.address for proof in proofs[len(old) - 1:]}


def withdrawn_early(one, two):
	"""Did the host fall back between the two, with its lease still running?"""
	proofs = [proof for proof in hosts[one.host].proofs if proof.until <= one.since]
	return one.shown != FALLBACK4 == two.shown and proofs and two.until < proofs[-1].since + LEASE and \
	    not any(proofs[-1].since <= moment <= two.until for moment in rebooted)


def none_of(found, what):
	ok(not found, what, *found[:5])


for name, granted in ((HOME, 5), (OFFICE, 4)):
	said = [one for one in witness.said if one.host == name]
	pairs = list(zip(said, said[1:]))
	grants = [two.until for one, two in pairs if two.shown not in (FALLBACK4, one.shown)]
	ok(len(said) > 100 and len(grants) == granted, "%s: the witness has asked often (%d times) and seen %d grants" %
	    (name, len(said), granted), *[pair for pair in pairs if pair[0].shown != pair[1].shown])
	none_of([one for one in said if one.shown != FALLBACK4 and said_too_long(one, one.shown, EXPOSURE)],
	    "%s: dig never said an address for more than %d s after it was proved" % (name, EXPOSURE))
	none_of([one for one in said if one.live not in ("offline", "?") and said_too_long(one, one.live, LEASE)],
	    "%s: status never said live beyond the lease" % name)
	none_of([one for one in said if one.live not in (due(one, 0) or {one.live})],
	    "%s: status said each lease as soon as it was acknowledged" % name)
	none_of([one for one in said if one.shown not in (due(one, SOON) or {one.shown}) and
	    not any(one.since - PACE - SOON < grant <= one.since for grant in grants)],
	    "%s: dig said it soon, or when the pace of grants let it" % name)
	none_of([pair for pair in pairs if withdrawn_early(*pair)], "%s: never withdrawn before the lease was over" % name)

equal([{proof.address for proof in hosts[host].proofs} for host in (HOME, OFFICE)], [{NAT, NAT2}, {DESK, DESK2}],
    "the hosts were told the same addresses")
equal(hosts[HOME].wrong + hosts[OFFICE].wrong, [], "and never heard of anything but a server that is away")

log = world.helper_log()
for host, addresses in ((HOME, (NAT, NAT2)), (OFFICE, (DESK, DESK2))):
	ok(all("renew host=%s account=%s address=%s peer=%s lease=%d changed=yes" % (host, host, a, a, LEASE) in log
	    for a in addresses), "the log has each address that %s had" % host, log)
ok(INSIDE not in log, "and none from behind the NAT", log)
ok("boot" in first.stderr.decode() + reaper.text(), "the reaper has said that the table was of another boot",
    first.stderr.decode())
equal(world.check().get("faults"), "0", "the table is whole")
done_testing()
