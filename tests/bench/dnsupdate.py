#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# alone
# limit: 600
"""
100 000 hosts withdrawn at once into a real BIND: through the publisher, and the same messages made beforehand and only
sent, by turns. The publisher must not need more than 1.3 times what BIND itself does. N=hosts, ROUNDS=3.
"""
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, TOOLS, equal, done_testing, note, ok, run, skip_all  # noqa: E402
from nameservers import Named  # noqa: E402
from updates import FALLBACK, TOOL, ZONE, conf, lines_of, published, publish  # noqa: E402

N, ROUNDS = int(os.environ.get("N", "100000")), int(os.environ.get("ROUNDS", "3"))
PORTION = 25000		# as the reaper has them at first
MOST = 1.3

if Named.missing() or not os.path.exists(TOOL[0]):
	skip_all("no " + (Named.missing() or TOOL[0]))


def host(i):
	return "host%06d" % i


def portions(value):
	return [{host(i): value(i) for i in range(from_, min(from_ + PORTION, N))} for from_ in range(0, N, PORTION)]


def bare(path, value):
	"""Seconds that BIND needs for them."""
	names = "".join("%s.%s %s\n" % (host(i), ZONE, value(i)) for i in range(N))
	got = run([os.path.join(TOOLS, "send_updates"), path, ZONE], input=names.encode(), seconds=300)
	if got.returncode != 0:
		raise RuntimeError(got.stderr.decode())
	return float(got.stdout.split()[0])


def through_publisher(path, names):
	"""Seconds for all portions, one after the other, as the reaper has them."""
	results = [publish(path, portion) for portion in names]
	for result in results:
		if result.status != 0:
			published(result, "published")
	return sum(result.seconds for result in results)


server = Named(zone=ZONE).start()
PATH = conf(server)
granted = portions(lambda i: "203.0.113.%d" % (i % 250 + 1))
withdrawn = portions(lambda i: (FALLBACK, "none", "t"))
times = {"bare": [], "publisher": []}
for _ in range(ROUNDS):
	through_publisher(PATH, granted)
	times["bare"].append(bare(PATH, lambda i: FALLBACK))
	equal(server.shows("%s.%s" % (host(N - 1), ZONE)), (FALLBACK, ""), "sent barely, the last one is withdrawn")
	through_publisher(PATH, granted)
	times["publisher"].append(through_publisher(PATH, withdrawn))
	equal(server.shows("%s.%s" % (host(N - 1), ZONE)), (FALLBACK, ""), "published, the last one is withdrawn")
for way, seconds in times.items():
	note("%d hosts, %s: %s s" % (N, way, " ".join("%.2f" % one for one in seconds)))
ratio = statistics.median(times["publisher"]) / statistics.median(times["bare"])
note("ratio %.2f" % ratio)
ok(ratio <= MOST, "the publisher needs at most %.1f times what BIND needs" % MOST, ratio)
server.stop()
done_testing()
