#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 90
"""A busy time with hosts that come, move, leave and fall silent: the zone file is whole at every moment and after."""
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, note, ok, run, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

SECONDS, HOSTS = 20, ["h%d.dyn.test" % i for i in range(12)]
END = ";; dynlease: end"
# What an operator has in the same file, before and after our part.
ABOVE = """$TTL 300
@	IN	SOA	ns.example.net. hostmaster.example.net. (
			5 ; serial
			3600 600 86400 30 )
	IN	NS	ns.example.net.
www	IN	A	192.0.2.1
;; dynlease: begin
"""
BELOW = """;; dynlease: end
mail	IN	A	192.0.2.2
	IN	TXT	"the last line"
"""
RECORD = re.compile(r"^(h\d+\.dyn\.test)\.\s+(\d+)\s+IN\s+(A|AAAA)\s+(\S+)$")

world = World(hosts=HOSTS, lease=2)
with open(world.zonefile, "w") as out:
	out.write(ABOVE + BELOW)
world.start_named()
world.start_reaper()
world.start_xinetd()


def read():
	with open(world.zonefile) as file:
		return file.read()


def fault_of(text):
	"""What is wrong with this zone file, or None."""
	digits = re.sub(r"\d+ ; serial", "5 ; serial", text)
	if not digits.startswith(ABOVE) or not digits.endswith(BELOW):
		return "something outside the markers has changed"
	shown = {}
	for line in digits[len(ABOVE):-len(BELOW)].splitlines():
		record = RECORD.match(line)
		if record is None:
			return "this line is none of ours: " + line
		shown.setdefault(record.group(1), {})[record.group(3)] = record.group(4)
	if sorted(shown) != sorted(HOSTS):
		return "a host is missing: %s" % (set(HOSTS) - set(shown))
	for host, has in shown.items():
		if has != {"A": FALLBACK4, "AAAA": FALLBACK6} and not ("AAAA" not in has and has["A"].startswith("127.0.1.")):
			return "%s shows %s" % (host, has)
	return None


def serial_of_file(text):
	return int(re.search(r"(\d+) ; serial", text).group(1))


def serial_of_server():
	words = world.dig(world.zone, "SOA").split()
	return max((int(word) for word in words if word.isdigit()), default=None)


class Watch(threading.Thread):
	"""Looks at file and server all the time."""

	def __init__(self):
		super().__init__()
		self.over, self.faults, self.texts, self.file, self.server = False, [], set(), [], []

	def run(self):
		while not self.over:
			text = read()
			if text not in self.texts:
				self.texts.add(text)
				fault = fault_of(text)
				if fault:
					self.faults.append(fault)
				self.file.append(serial_of_file(text))
			serial = serial_of_server()
			if serial is not None and self.server[-1:] != [serial]:
				self.server.append(serial)


def is_increasing(serials):
	return all(0 < (b - a) % 2**32 < 2**31 for a, b in zip(serials, serials[1:]))


def be_busy(worker, results):
	rng = random.Random(worker)
	while time.monotonic() < until:
		host = rng.choice(HOSTS)
		source = "127.0.1.%d" % rng.randint(1, 20)
		if rng.random() < 0.2:
			answer = world.ask(world.login(host) + ["RELEASE " + host], source)[1]
		else:
			answer = world.renew(host, source)
		results.append(answer[:4])
		time.sleep(rng.random() * 0.05)


ok(wait_for(5, lambda: fault_of(read()) is None), "the zone begins whole", fault_of(read()))
watch, results = Watch(), []
until = time.monotonic() + SECONDS
workers = [threading.Thread(target=be_busy, args=(i, results)) for i in range(3)]
for thread in (watch, *workers):
	thread.start()
for thread in workers:
	thread.join()
ok(len(results) > 100, "%d requests in %d s" % (len(results), SECONDS))
equal(sorted(set(results) - {"250 ", "421 "}), [], "each was answered well")
ok(results.count("250 ") > len(results) * 0.9, "and hardly any has to try later", results.count("250 "), len(results))


ok(wait_for(15, lambda: world.is_settled(0)), "all is settled in the end", world.check())
watch.over = True
watch.join()
note("%d versions of the file, %d seen at the server" % (len(watch.texts), len(watch.server)))
ok(len(watch.texts) > 20, "the zone was changed many times", len(watch.texts))
equal(watch.faults, [], "each version was whole: every host, our markers, the operator's lines")
ok(is_increasing(watch.file), "each version has a newer serial than the one before (RFC 1982)", watch.file)
ok(is_increasing(watch.server), "and the server's only grew", watch.server)
equal(serial_of_server(), serial_of_file(read()), "and they are the same in the end")

text = read()
equal(text.count("\n" + END + "\n"), 1, "one end marker")
records = len(RECORD.findall(text)) or sum(1 for line in text.splitlines() if RECORD.match(line))
equal(records, 2 * len(HOSTS), "two records for each host")
for argv in (["named-checkzone", "dyn.test", world.zonefile], ["kzonecheck", "-o", "dyn.test", world.zonefile]):
	got = run(argv)
	ok(got.returncode == 0 and b"warning" not in got.stderr.lower(), argv[0] + " has nothing to say", got.stdout.decode(),
	    got.stderr.decode())
equal(sorted(name for name in os.listdir(world.dir) if name.startswith("zone") or name.startswith(".zone")), ["zone"],
    "nothing is left beside it")
equal({world.dig(host) + " " + world.dig(host, "AAAA") for host in HOSTS}, {FALLBACK4 + " " + FALLBACK6},
    "all show the fallback")
equal(world.check().get("faults"), "0", "the table is whole")
done_testing()
