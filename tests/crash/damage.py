#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
A table of another boot, no table, a foreign one, a damaged one: the first pass leaves nothing shown that is not
provably alive, and a table in which the next client is served. Helpers that meet it acknowledge nothing.
"""
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, done_testing, note, ok, run, skip  # noqa: E402
from wire import Talk  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402
from zone import Zone, publish_to_file  # noqa: E402

# In a sanitizer build, too, a damaged map ends its reader with the signal that it ends it with in any other.
os.environ["ASAN_OPTIONS"] = "handle_segv=0:handle_sigbus=0:handle_abort=0"
PAGE = 4096
HOSTS = ["h%d.dyn.test" % number for number in range(6)]
NEW = "new.dyn.test"
LIVE = {host: ("127.90.0.%d" % (number + 1), None) for number, host in enumerate(HOSTS)}
DARK = (FALLBACK4, FALLBACK6)
TEMPLATE = os.path.join(TMP, "template")
chance = random.Random(int(os.environ.get("SEED", "20261120")))
unserved = []

world = World(hosts=[*HOSTS, NEW], publisher="", lease=3000)
publish_to_file(world)
TABLE = os.path.join(world.rundir, "table")
DATA = os.path.join(TABLE, "data.mdb")


# --- what is damaged, and how ---

def ask(host, address):
	try:
		return (Talk(world).ask([*world.login(host), "RENEW %s %s" % (host, address), "QUIT"]) + ["", ""])[:2]
	except OSError:
		return ["", ""]


def prepare():
	"""A table with all hosts live and published, and so a zone file: kept as the template."""
	world.reaper()
	for host in HOSTS:
		if not ask(host, LIVE[host][0])[1].startswith("250 "):
			return False
	done = world.reaper()
	zone = Zone.read(world)
	shutil.copytree(TABLE, TEMPLATE)
	shutil.copy(world.zonefile, TEMPLATE + ".zone")
	return done.returncode == 0 and zone is not None and all(zone.names[host] == LIVE[host] for host in HOSTS)


def restore():
	for path in os.listdir(world.rundir):
		if path.startswith("table"):
			path = os.path.join(world.rundir, path)
			shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
	shutil.copytree(TEMPLATE, TABLE)
	shutil.copy(TEMPLATE + ".zone", world.zonefile)


def put(data, path=DATA):
	with open(path, "wb") as out:
		out.write(data)


def good():
	with open(os.path.join(TEMPLATE, "data.mdb"), "rb") as data:
		return bytearray(data.read())


def truncate(size):
	return lambda: os.truncate(DATA, size)


def flip(places):
	def damage():
		data = good()
		for at, bits in places:
			data[at] ^= bits
		put(data)
	return damage


def page(number, content):
	def damage():
		data = good()
		data[number * PAGE:(number + 1) * PAGE] = content(data)
		put(data)
	return damage


def another_application():
	dump = "VERSION=3\nformat=print\ntype=btree\nHEADER=END\n %s\n %s\nDATA=END\n" % ("customer", "4711")
	shutil.rmtree(TABLE)
	os.mkdir(TABLE)
	run(["mdb_load", TABLE], input=dump.encode()).check_returncode()


def as_a_file():
	shutil.rmtree(TABLE)
	put(b"table\n", TABLE)


def with_strangers():
	put(bytes(PAGE))
	os.makedirs(os.path.join(TABLE, "lost+found", "x"))


def strangers_twice():
	"""What was set aside the last time cannot be removed."""
	os.makedirs(os.path.join(world.rundir, "table.aside", "lost+found"))
	put(bytes(PAGE))


def meta(key, text):
	return lambda: world.tool("meta", key, text).check_returncode()


def hopeless():
	"""(name, how): none of it is a table of ours."""
	yield "another boot", meta("boot", "00000000-0000-0000-0000-000000000000")
	yield "another format", meta("format", "dynlease-table 0")
	yield "no table", lambda: shutil.rmtree(TABLE)
	yield "an empty directory", lambda: (shutil.rmtree(TABLE), os.mkdir(TABLE))
	yield "only locks", lambda: os.unlink(DATA)
	yield "a file where the directory should be", as_a_file
	yield "an empty file", lambda: put(b"")
	yield "a byte", lambda: put(b"\0")
	yield "zeros", lambda: put(bytes(16 * PAGE))
	yield "garbage", lambda: put(chance.randbytes(16 * PAGE))
	yield "a text", lambda: put(b"What is this?\n" * 5000)
	yield "garbage with strangers' files", with_strangers
	yield "garbage, and the last one cannot be removed", strangers_twice
	if shutil.which("mdb_load"):
		yield "another application's", another_application
	else:
		skip("another application's", "no mdb_load")


def damaged():
	"""(name, how): part of the table is still there."""
	size = len(good())
	pages = size // PAGE
	for at in sorted({1, 100, PAGE - 1, PAGE, 2 * PAGE - 1, 2 * PAGE, size - 1, size - PAGE // 2,
	    *(number * PAGE for number in range(3, pages, max(1, pages // 12)))}):
		yield "cut to %d of %d bytes" % (at, size), truncate(at)
	for number in range(24):	# headers of the two meta pages: magic, version, map, roots, last page, transaction
		at = chance.randrange(2) * PAGE + 16 + 8 * (number % 17) + chance.randrange(8)
		both = (at, at ^ PAGE)[:1 + number % 2]
		yield "meta page, flipped at %s" % (both,), flip([(place, 1 << chance.randrange(8)) for place in both])
	for number in range(30):
		count = 1 << number % 8
		yield "flipped in %d places, %d" % (count, number), flip([(chance.randrange(size),
		    1 + chance.randrange(255)) for _ in range(count)])
	for number in range(2, pages, max(1, pages // 8)):
		yield "page %d is zeros" % number, page(number, lambda data: bytes(PAGE))
		yield "page %d is garbage" % number, page(number, lambda data: chance.randbytes(PAGE))
		other = chance.randrange(pages)
		yield "page %d is page %d" % (number, other), page(number,
		    lambda data, other=other: data[other * PAGE:(other + 1) * PAGE])
	yield "the lock file is garbage", lambda: put(chance.randbytes(PAGE), os.path.join(TABLE, "lock.mdb"))
	yield "the lock file is empty", lambda: put(b"", os.path.join(TABLE, "lock.mdb"))


# --- what must hold ---

def pass_once():
	try:
		return world.reaper(seconds=100)
	except subprocess.TimeoutExpired:
		return subprocess.CompletedProcess([], -1, b"", b"did not end within 100 s")


def faults(may_live, helper_first):
	"""What is wrong after the first pass; the table is damaged already."""
	answers = ask(HOSTS[0], LIVE[HOSTS[0]][0]) if helper_first else ["", ""]
	if not may_live and any(line.startswith("250 ") for line in answers):
		yield "a helper has said %s" % answers
	done = pass_once()
	zone = Zone.read(world)
	if zone is None or set(zone.names) < set(HOSTS):
		yield "the zone file is not whole"
		return
	leases = world.leases()
	alive = [host for host in HOSTS if zone.names[host] != DARK]
	for host in alive:
		if not may_live or zone.names[host] != LIVE[host] or leases.get((host, 4), ("", ""))[:2] != (LIVE[host][0], "live"):
			yield "%s is shown as %s, leases are %s" % (host, zone.names[host], leases)
	text = done.stderr.decode()
	if "SANITIZER" in text.upper():
		yield text
	yield from next_client(text, may_live)


def next_client(text, may_live):
	if world.check().get("faults") != "0":
		yield "the table after it: %s; %s" % (world.tool("check").stdout.decode()[:400], text)
	answers = ask(NEW, "127.91.0.1")
	if may_live and not answers[1]:	# damage that only writing brings to light: in the list of free pages
		text += pass_once().stderr.decode()
		answers = ask(NEW, "127.91.0.1")
	if may_live and not answers[1].startswith("250 "):
		unserved.append(answers)
		return
	if not answers[1].startswith("250 "):
		yield "the next client is told %s; %s" % (answers, text)
	again = pass_once()
	zone = Zone.read(world)
	shown = zone.names.get(NEW) if zone else None
	late = may_live and shown == DARK and b"everything is withdrawn" in again.stderr
	if again.returncode != 0 or not (shown == ("127.91.0.1", None) or late):
		yield "the next pass: %d %s" % (again.returncode, again.stderr.decode())


def judge(variants, may_live):
	bad, n = [], 0
	for number, (name, damage) in enumerate(variants):
		for helper_first in (False, True) if not may_live else (number % 2 == 0,):
			restore()
			damage()
			n += 1
			found = list(faults(may_live, helper_first))
			if not may_live:
				ok(not found, "%s: everything is withdrawn, and there is a table%s" % (name,
				    ", after a helper met it" if helper_first else ""), *found)
			elif found:
				bad.append(name)
				note(name + (", after a helper: " if helper_first else ": "), *found)
	return bad, n


if not ok(prepare(), "six hosts are shown"):
	done_testing()
judge(hopeless(), False)
variants = list(damaged())
bad, n = judge(variants[::5] if SANITIZED else variants, True)
ok(n >= (15 if SANITIZED else 60) and not bad,
    "%d kinds of damage: only what is alive is shown, and the next pass ends well" % n, *bad)

# Accounts that cannot be read are no fault of the table's.
restore()
before = world.check().get("live")
for path in (world.snapshot, world.snapshot + ".previous"):
	with open(path, "wb") as out:
		out.write(b"no accounts" * 1000)
done = world.reaper()
ok(done.returncode != 0 and before != "0" and world.check().get("live") == before,
    "damaged accounts, also those of before: a pass fails, and the leases stay", done, before, world.check())
# A list of free pages that is wrong shows nothing that is not alive, and nobody but a writer can see it.
ok(len(unserved) <= 3, "clients are served after all but %d of them" % len(unserved), *unserved)
done_testing()
