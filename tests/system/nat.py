#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 120
# alone
"""
Two hosts with daemons on networks of their own, one behind a real NAT, through all that happens to networks: addresses
that change, links that go down, a server that reboots. What dig and status said is recorded all the time, and held
against what the hosts proved and when, as the kernel has stamped the lines of their daemons' logs.
"""
import collections
import json
import os
import re
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, ok, run, skip_all, wait_for  # noqa: E402
import net  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

LEASE, INTERVAL, PASS, PUBLISH = 9, 1, 1, 1
EXPOSURE = LEASE + INTERVAL + PASS + PUBLISH
SOON = 2	# seconds to be published in, once granted: one is promised, and the machine may be busy
BEAT = 3	# seconds between two renewals of a daemon, give or take a tenth
AT_ONCE, APART = 0.5, 2	# seconds from a change of addresses to an attempt, but that much after the one before
TIMEOUT, RETRY = 2, 10	# seconds of an attempt in vain, and at most from the second failure to the next attempt
SLACK = 0.5	# seconds of a busy machine
AWAY = "unreachable|No route to host|timed out|connection refused"	# what a daemon may say of the server
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

world = World(lease=LEASE, interval=INTERVAL, allow="10.77.0.0/16", server="log_renewals = yes")
world.add_hosts([HOME, OFFICE], announce="")
world.start_named()
reaper = world.start_reaper()
xinetd = world.start_xinetd(bind=SERVER)

SO_TIMESTAMPNS = 35	# <asm-generic/socket.h>; the module has no name for it
Said = collections.namedtuple("Said", "since until host shown live")	# asked within this time; live: by status
Proof = collections.namedtuple("Proof", "since until address")		# a renewal that was acknowledged


class Host(threading.Thread):
	"""A machine with a daemon; what the log of that says is kept."""

	def __init__(self, name, machine):
		super().__init__(daemon=True)
		self.host, self.machine, self.conf = name, machine, os.path.join(TMP, name)
		self.asked, self.proofs, self.leased, self.troubles = [], [], [], []
		self.asking = False
		with open(self.conf + ".secret", "w") as out:
			os.fchmod(out.fileno(), 0o600)
			out.write(world.tokens[name] + "\n")
		with open(self.conf, "w") as out:
			out.write("[server localhost]\naddress = %s\nport = %d\naccount = %s\nsecret_file = %s.secret\nca = %s\n"
			    "family = 4\ntimeout = %d\n" % (SERVER, world.port, name, self.conf, world.certificate, TIMEOUT))

	def start(self):
		self.lines, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		self.lines.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
		self.service = self.machine.spawn("daemon-" + self.host, [os.path.join(BIN, "dynlease"), "-Dv", "-c", self.conf,
		    "daemon"], stderr=theirs)
		theirs.close()
		super().start()

	def run(self):
		with open(self.service.log, "a") as log:
			while True:
				text, extra, _, _ = self.lines.recvmsg(4096, 256)
				if not text:
					break
				when = stamp(extra)
				print("%.3f" % when, text.decode(), end="", file=log, flush=True)
				self.take(when, text.decode())

	def take(self, when, text):
		level, what = re.fullmatch(r"dynlease: (?:(\w+): )?(?:localhost IPv4: )?(.*)\n", text).groups()
		got = re.match(r"(leased|renewed) (\S+) for %d s" % LEASE, what)
		if what == "asking for a lease":
			self.asked.append(when)
			self.asking = True
		elif got:
			self.proofs.append(Proof(self.asked[-1], when, got.group(2)))
			self.leased += [got.group(2)] if got.group(1) == "leased" else []
			self.asking = False
		elif "localhost" in text:
			self.troubles.append((when, level, what))
			self.asking = False


def stamp(extra):
	"""When a line was written, by the kernel's note, on the monotonic clock."""
	(seconds, nanoseconds), = [struct.unpack("@ll", data) for _, kind, data in extra if kind == SO_TIMESTAMPNS]
	return time.monotonic() - (time.time() - seconds - nanoseconds / 1e9)


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
			self.said += [Said(since, until, host, shown[host], live.get(host, "?")) for host in shown
			    if shown[host] != "?"]


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
outages = {HOME: [], OFFICE: []}	# when they began


def claim(name, address, what, seconds):
	"""The name comes to show the address, and the status agrees."""
	wanted = "offline" if address == FALLBACK4 else address
	came = wait_for(seconds, lambda: world.dig(name) == address and status().get(name) == wanted)
	ok(came, what, "dig: %s, status: %s" % (world.dig(name), status()))
	let_witness_see()


def let_witness_see():
	"""Wait until it has asked after this moment, so that nothing passes too quickly for it."""
	now = time.monotonic()
	wait_for(5, lambda: witness.said and witness.said[-1].since > now)


def between_attempts(names, least=0.0, most=0.7 * BEAT):
	"""Wait for a moment when the last attempts began so many seconds ago, all is answered and none is due."""
	wait_for(60, lambda: not any(hosts[name].asking for name in names) and
	    all(least <= time.monotonic() - hosts[name].asked[-1] < most for name in names))


def asks_at_once(name, since, seconds, what):
	asked = hosts[name].asked
	wait_for(seconds + 5, lambda: asked[-1] > since)
	ok(since < asked[-1] <= since + seconds, what, "changed: %.3f" % since, asked[-3:])


def falls_silent(names, what):
	"""It is an outage; the fallback comes within the exposure of the last renewal."""
	for name in names:
		claim(name, FALLBACK4, "%s: the fallback for %s" % (what, name), EXPOSURE + 1)


def outage(*names):
	"""One begins now, at a moment that cuts no answer off."""
	between_attempts(names)
	for name in names:
		outages[name].append(time.monotonic())


def settle():
	"""Let the pace of grants pass, so that the next change is published at once, and has to be."""
	end = time.monotonic() + PACE + SOON
	wait_for(PACE + SOON + 1, lambda: time.monotonic() >= end)


# --- they come ---

witness.start()
claim(HOME, FALLBACK4, "nobody has come yet: the fallback for one host", 5)
claim(OFFICE, FALLBACK4, "and for the other", 5)
for host in hosts.values():
	host.start()
claim(HOME, NAT, "the host behind the NAT is known by the address of the NAT", 1 + SOON)
claim(OFFICE, DESK, "the other one by its own", SOON)
settle()

# --- addresses change ---

between_attempts([OFFICE], APART - AT_ONCE, APART - AT_ONCE + 0.2)
changed = time.monotonic()
office.move(office_wire, DESK2 + "/24", "10.77.2.1")
asks_at_once(OFFICE, changed, AT_ONCE + SLACK, "the office gets another address: its daemon asks at once")
claim(OFFICE, DESK2, "and its name follows", SLACK + SOON)
between_attempts([HOME])
router.move(street, NAT2 + "/24", SERVER)
claim(HOME, NAT2, "the NAT gets another address, and the name of the host behind it follows", 1.1 * BEAT + SLACK + SOON)

# --- a link goes down and comes up ---

outage(HOME)
home.ip("link", "set", home_wire, "down")
falls_silent([HOME], "the host behind the NAT loses its link")
equal(world.dig(OFFICE), DESK2, "the other one is there all the time")
home.ip("link", "set", home_wire, "up")
changed = time.monotonic()
home.ip("route", "replace", "default", "via", "10.77.1.1")
asks_at_once(HOME, changed, APART + SLACK, "its link is back: its daemon asks at once")
claim(HOME, NAT2, "and so is its name", SLACK + SOON)

# The server's own links: packets are lost on the way, and nobody is told.
outage(HOME, OFFICE)
for end in (uplink, office_port):
	net.ip("link", "set", end, "down")
falls_silent([HOME, OFFICE], "the server is cut off")
for end in (uplink, office_port):
	net.ip("link", "set", end, "up")
claim(HOME, NAT2, "the links are back: one host returns", TIMEOUT + RETRY + SLACK + SOON)
claim(OFFICE, DESK2, "and so does the other", TIMEOUT + RETRY + SLACK + SOON)

# --- the server reboots ---

outage(HOME, OFFICE)
xinetd.stop()
reaper.stop()
rebooted.append(time.monotonic())	# before anything is lost, as the witness may look at any moment
world.tool("meta", "boot", "00000000-0000-0000-0000-000000000000")
first = world.reaper()
ok(world.dig(HOME) == world.dig(OFFICE) == FALLBACK4, "the server reboots: its first pass withdraws everybody",
    world.dig(HOME), world.dig(OFFICE), first.stderr.decode())
equal(status(), {HOME: "offline", OFFICE: "offline"}, "and the status says so")
let_witness_see()
ok(wait_for(2 * BEAT, lambda: all(hosts[name].troubles[-1][0] > rebooted[0] for name in hosts)), "both daemons notice")
rebooted.append(time.monotonic())
world.start_reaper()
world.start_xinetd(bind=SERVER, port=world.port)
claim(HOME, NAT2, "one host returns by itself", RETRY + SLACK + SOON)
claim(OFFICE, DESK2, "and so does the other", RETRY + SLACK + SOON)

# --- what was said at each moment ---

between_attempts(hosts)
over.set()
equal([host.service.stop() for host in hosts.values()], [0, 0], "the daemons end when they are told to")
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

# --- what the logs say ---

for name, leased in ((HOME, [NAT] + 4 * [NAT2]), (OFFICE, [DESK] + 3 * [DESK2])):
	host = hosts[name]
	equal(host.leased, leased, "%s: its log has a lease for each address, and one after each outage" % name)
	spans = [(since, min(proof.until for proof in host.proofs if proof.since > since)) for since in outages[name]]
	errors = [when for when, level, _ in host.troubles if level == "error"]
	ok(all(any(since < when < until for when in errors) for since, until in spans), "%s: it tells of each outage" % name,
	    spans, host.troubles)
	none_of([one for one in host.troubles if not any(since < one[0] < until for since, until in spans)],
	    "%s: and of no other trouble" % name)
	none_of([one for one in host.troubles if not re.search(AWAY, one[2])],
	    "%s: which is never anything but a server that is away" % name)

log = world.helper_log()
for host, addresses in ((HOME, (NAT, NAT2)), (OFFICE, (DESK, DESK2))):
	ok(all("renew host=%s account=%s address=%s peer=%s layers=password lease=%d changed=yes" % (host, host, a, a, LEASE) in log
	    for a in addresses), "the log has each address that %s had" % host, log)
ok(INSIDE not in log, "and none from behind the NAT", log)
ok("boot" in first.stderr.decode() + reaper.text(), "the reaper has said that the table was of another boot",
    first.stderr.decode())
for name, host in hosts.items():
	logged = collections.Counter(re.findall(r"renew host=%s account=\S+ address=(\S+)" % name, log))
	proved = collections.Counter(proof.address for proof in host.proofs)
	equal(logged, proved, "the log has each renewal that %s was told of, and no other" % name)
equal(world.check().get("faults"), "0", "the table is whole")
done_testing()
