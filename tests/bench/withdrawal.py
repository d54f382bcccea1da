#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# alone
# limit: 900
"""
100 000 hosts fall silent at the same moment: the time until a real BIND shows the last of them withdrawn, through the
whole service with dynamic updates, beside what BIND itself needs for the same batches, made beforehand and only sent, by
turns. Meanwhile other hosts renew, twenty times a second; their p99 beside that of an idle server. Clients that renew use
the same cores here: what BIND needs beside them is told too, and the service is held to what it needs by itself.
N=hosts, ROUNDS=5, LONG=seconds of a lease, which must do for publishing all of them.
"""
import multiprocessing
import os
import shutil
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, TOOLS, done_testing, equal, note, ok, run, skip_all, wait_for  # noqa: E402
from nameservers import SECRET, Named  # noqa: E402
from wire import Talk, tcp_pair  # noqa: E402
from world import FALLBACK4, World  # noqa: E402

N, ROUNDS = int(os.environ.get("N", "100000")), int(os.environ.get("ROUNDS", "5"))
LONG, IDLE, EVERY, SAMPLES = int(os.environ.get("LONG", "40")), 200, 0.05, 200
ALIVE = "alive.dyn.test"
MOST, MOST_P99 = 1.3, 3

if Named.missing():
	skip_all("no " + Named.missing())


def host(i):
	return "h%06d.dyn.test" % i


def address(i):
	return "127.1.%d.%d" % (i // 250 % 250, 1 + i % 250)


class Asker:
	"""One question over UDP without a process for it: looking must cost nothing beside what is looked at."""

	def __init__(self, server):
		self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.sock.connect((server.address, server.port))
		self.sock.settimeout(1)

	def shows(self, name):
		labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
		self.sock.send(b"\0\1\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1")
		answer = self.sock.recv(4096)
		if struct.unpack(">H", answer[6:8])[0] != 1:
			return None
		data = 12 + len(labels) + 5 + 12
		return ".".join(str(byte) for byte in answer[data:data + 4])

	def wait(self, wanted, seconds):
		"""Until every sample shows what it must; the seconds that it took, or None."""
		begun = time.monotonic()
		left = [min(i, N - 1) for i in range(0, N + N // SAMPLES, max(1, N // SAMPLES))]
		while left and time.monotonic() < begun + seconds:
			if self.shows(host(left[0])) == wanted(left[0]):
				left.pop(0)
			else:
				time.sleep(0.005)
		return None if left else time.monotonic() - begun


def service(server):
	key = server.path("secret")
	with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
		out.write(SECRET + "\n")
	shutil.chown(key, "nobody")
	world = World(hosts=[ALIVE], lease=3600, interval=5, ttl=30, publisher=None, fallback6="none",
	    extra="[dnsupdate dyn.test]\nserver = %s\nserver_port = %d\nkey_name = k\nkey_file = %s\nwhole_zone = yes\n" %
	    (server.address, server.port, key))
	world.lines += ["%s -" % host(i) for i in range(N)]
	world.publish_accounts()
	return world


def bare(server, beside=False):
	"""Seconds that BIND needs for the same messages; beside: while others renew."""
	renewing = Renewing() if beside else None
	conf = os.path.join(TMP, "bare.conf")
	with open(world.conf) as service_conf, open(conf, "w") as out:
		out.write(service_conf.read().replace("server_port = %d" % its.port, "server_port = %d" % server.port))
	send = [os.path.join(TOOLS, "send_updates"), conf, "dyn.test"]
	seconds = []
	for value in (address, lambda i: FALLBACK4):
		names = "".join("%s %s\n" % (host(i), value(i)) for i in range(N))
		got = run(send, input=names.encode(), seconds=300)
		if got.returncode != 0:
			raise RuntimeError(got.stderr.decode())
		seconds.append(float(got.stdout.split()[0]))
	if renewing:
		renewing.end()
	return seconds[1]


def settled(seconds):
	return wait_for(seconds, lambda: world.is_settled(1))


def renewal():
	"""Seconds of a whole renewal, from the connection to its answer, the helper's start among them."""
	start = time.monotonic()
	pair = tcp_pair("127.0.0.5")
	pair[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)	# or 40 ms of it are the client's
	talk = Talk(world, source="127.0.0.5", pair=pair)
	answers = talk.ask(world.login(ALIVE) + ["RENEW " + ALIVE, "QUIT"])
	took = time.monotonic() - start
	talk.status()
	if not answers[1].startswith("250 "):
		raise RuntimeError(answers)
	return took


def renew_until(stop, out):
	took = []
	while not stop.is_set():
		took.append(renewal())
		time.sleep(max(0, EVERY - took[-1]))
	out.send(took)


class Renewing:
	"""A process of its own: reading a whole zone in this one would delay what is measured."""

	def __init__(self):
		fork = multiprocessing.get_context("fork")
		self.stop, (self.took, out) = fork.Event(), fork.Pipe(False)
		self.process = fork.Process(target=renew_until, args=(self.stop, out))
		self.process.start()
		out.close()

	def end(self):
		"""The seconds of each."""
		self.stop.set()
		took = self.took.recv()
		self.process.join()
		return took


def withdrawal(idle, busy):
	"""Seconds from the moment that all of them are over until the last one is withdrawn."""
	lines = "".join("%s %s %d\n" % (host(i), address(i), LONG) for i in range(N))
	over = time.monotonic() + LONG
	equal(world.tool("renew-all", input=lines.encode(), seconds=300).returncode, 0, "all of them lease an address")
	ok(asker.wait(address, LONG) is not None and wait_for(LONG, lambda: world.check().get("changed") == "0"), "and show it")
	for _ in range(IDLE // ROUNDS):
		idle.append(renewal())
		time.sleep(max(0, EVERY - idle[-1]))
	ok(time.monotonic() < over, "before they are over", time.monotonic() - over)
	while time.monotonic() < over - 0.1:
		time.sleep(0.01)
	renewing = Renewing()
	ok(asker.wait(lambda i: FALLBACK4, 120) is not None, "they are withdrawn")
	took = time.monotonic() - over
	shown = its.axfr()
	equal(sum(shown.get((host(i), "A")) != [FALLBACK4] for i in range(N)), 0, "all of them")
	ok(settled(120), "and that is noted")
	note("noted %.1f s after they were over" % (time.monotonic() - over))
	busy += renewing.end()
	return took


def p99(seconds):
	return sorted(seconds)[max(0, len(seconds) * 99 // 100 - 1)]


its, other = Named(zone="dyn.test").start(), Named(zone="dyn.test").start()
world = service(its)
asker = Asker(its)
world.start_reaper()
renewal()
ok(settled(300), "%d hosts on the fallback" % N)
times, idle, busy = {"bare": [], "bare, others renew": [], "service": []}, [], []
for _ in range(ROUNDS):
	times["bare"].append(bare(other))
	times["bare, others renew"].append(bare(other, True))
	times["service"].append(withdrawal(idle, busy))
for way, seconds in times.items():
	note("%d hosts, %s: %s s" % (N, way, " ".join("%.2f" % one for one in seconds)))
ratio, beside = (statistics.median(times["service"]) / statistics.median(times[way]) for way in ("bare",
    "bare, others renew"))
note("ratio %.2f; to BIND beside renewals %.2f" % (ratio, beside))
ok(ratio <= MOST, "the service needs at most %.1f times what BIND needs" % MOST, ratio)
note("renewals: idle p50 %.1f ms, p99 %.1f ms (%d); during the withdrawals p50 %.1f ms, p99 %.1f ms (%d)" % (
    1000 * statistics.median(idle), 1000 * p99(idle), len(idle), 1000 * statistics.median(busy), 1000 * p99(busy), len(busy)))
note("ratio of p99 %.2f" % (p99(busy) / p99(idle)))
ok(p99(busy) <= MOST_P99 * p99(idle), "renewals keep a p99 within %d times that of an idle server" % MOST_P99, p99(busy))
done_testing()
