#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
# alone
"""dynlease daemon against the real helper on a real xinetd, in a network namespace of its own."""
import os
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

if os.environ.get("DAEMON_TEST_NETNS") is None and subprocess.call(["unshare", "-nm", "true"],
    stderr=subprocess.DEVNULL) == 0:
	os.environ["DAEMON_TEST_NETNS"] = "yes"
	os.execvp("unshare", ["unshare", "-nm", sys.executable, *sys.argv])

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, ok, run, skip_all, spawn, wait_for  # noqa: E402
from world import World  # noqa: E402

if os.environ.get("DAEMON_TEST_NETNS") is None:
	skip_all("a network namespace cannot be made here")

HOSTS = A, B, C = ["%s.dyn.test" % name for name in "abc"]
PUBLIC = "11.0.0.1"
_n = 0


def ip(*words):
	run(["ip", *words]).check_returncode()


with open(os.path.join(TMP, "hosts"), "w") as hosts:
	hosts.write("127.0.0.1 localhost\n::1 localhost\n")
run(["mount", "--bind", os.path.join(TMP, "hosts"), "/etc/hosts"]).check_returncode()
ip("link", "set", "lo", "up")
ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
for link in ("v0", "v1"):
	ip("link", "set", link, "up")
ip("addr", "add", PUBLIC + "/24", "dev", "v0")

fast = World(hosts=HOSTS, lease=6, publisher="")	# renewed every 2 s
slow = World(hosts=HOSTS, lease=120, publisher="")	# every 40 s
for world in (fast, slow):
	world.start_reaper()
	world.start_xinetd()


class Relay:
	"""A port in front of a server. It notes when it was connected to, and forwards, hangs up, or says nothing."""

	def __init__(self, world, how="forward", address="127.0.0.1", port=0):
		self.world, self.how, self.times = world, how, []
		self.listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
		self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		self.listener.bind((address, port))
		self.listener.listen(50)
		self.port = self.listener.getsockname()[1]
		self.held = []
		threading.Thread(target=self._accept, daemon=True).start()

	def _accept(self):
		while True:
			client = self.listener.accept()[0]
			self.times.append(time.monotonic())
			if self.how == "forward":
				threading.Thread(target=self._forward, args=(client,), daemon=True).start()
			elif self.how == "hang up":
				client.close()
			else:
				self.held.append(client)

	def _forward(self, client):
		with client, socket.create_connection(("127.0.0.1", self.world.port)) as server:
			while True:
				for one in select.select([client, server], [], [])[0]:
					try:
						data = one.recv(65536)
						(server if one is client else client).sendall(data)
					except OSError:
						return
					if not data:
						return

	def pauses(self, since=0.0):
		times = [t for t in self.times if t >= since]
		return [b - a for a, b in zip(times, times[1:])]

	def connected(self, seconds, since):
		"""Is there a connection after that time? Waits for it."""
		return wait_for(seconds, lambda: any(t > since for t in self.times))


def section(world, host, name="localhost", secret=None, **keys):
	path = os.path.join(TMP, "secret." + host)
	with open(path, "w") as out:
		os.fchmod(out.fileno(), 0o600)
		out.write((secret or world.tokens[host]) + "\n")
	keys = {"account": host, "secret_file": path, "ca": world.certificate, "address": "127.0.0.1", "port": world.port,
	    "timeout": 3, "family": 4, **keys}
	return "[server %s]\n" % name + "".join("%s = %s\n" % pair for pair in keys.items() if pair[1] is not None)


class Daemon:
	def __init__(self, text, *args, env=None):
		global _n
		_n += 1
		self.conf = os.path.join(TMP, "client.conf.%d" % _n)
		self.write(text)
		name = os.path.join(TMP, "notify.%d" % _n)
		self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		self.socket.bind(name)
		self.socket.setblocking(False)
		self.heard = []
		self.program = spawn("daemon.%d" % _n, [os.path.join(BIN, "dynlease"), "-Dv", "-c", self.conf, *args, "daemon"],
		    env={**os.environ, "NOTIFY_SOCKET": name, **(env or {})})

	def write(self, text):
		with open(self.conf, "w") as out:
			out.write(text)

	def messages(self):
		while True:
			try:
				self.heard.append(self.socket.recv(4096).decode())
			except BlockingIOError:
				return self.heard

	def notified(self, text, seconds=5):
		return wait_for(seconds, lambda: any(text in line for line in self.messages()))

	def logs(self, text, seconds=5):
		return wait_for(seconds, lambda: text in self.program.text())

	def count(self, text):
		return self.program.text().count(text)


def lease(world, host, family=4):
	return world.leases().get((host, family))


def is_live(world, host):
	got = lease(world, host)
	return got is not None and got[1] == "live" and got[2] > 0


# --- renewing, telling the service manager; a server that says nothing holds up nobody ---

ok(run([os.path.join(BIN, "dynlease"), "daemon", "a.dyn.test"]).returncode == 64, "the daemon takes no hosts")
ok(run([os.path.join(BIN, "dynlease"), "-c", os.path.join(TMP, "none"), "-D", "daemon"]).returncode == 78,
    "nor does it start without a configuration")

good, hole = Relay(fast), Relay(fast, how="silence")
begun = time.monotonic()
both = Daemon(section(fast, B, name="hole.example.net", port=hole.port, timeout=5) +
    section(fast, A, port=good.port))
ok(both.notified("READY=1"), "it is ready", both.heard)
ok(wait_for(3, is_live, fast, A), "a host is leased at once", fast.leases())
ok(both.notified("STATUS=1 of 2 leases run: 127.0.0.1 at localhost IPv4"), "and the service manager is told", both.heard)
ok(both.notified("hole.example.net IPv4: hole.example.net (127.0.0.1 port %d): timed out while shaking hands" % hole.port, 8),
    "also of the one that does not answer", both.heard)
wait_for(10, lambda: time.monotonic() > begun + 10)
pauses = good.pauses()
ok(len(pauses) >= 3 and all(1.7 < p < 5 for p in pauses) and statistics.median(pauses) < 2.7, "renewed at a third of the lease, whatever the other does",
    pauses)
ok(len({round(p, 2) for p in pauses}) > 1, "with jitter", pauses)
ok(is_live(fast, A), "so the lease never runs out", fast.leases())
equal(both.count("leased"), 1, "which is told once")
ok(len(hole.times) >= 2, "the other is tried again", hole.times)

# --- a server that goes and comes back ---

gone = time.monotonic()
good.how = "hang up"
good.connected(4, gone)
first = good.times[-1]
ok(wait_for(9, lambda: len(good.pauses(first)) >= 1) and 0.9 < good.pauses(first)[0] < 7,
    "the server hangs up: the first retry after 1 to 5 s", good.pauses(first))
ok(wait_for(17, lambda: len(good.pauses(first)) >= 2) and 7.9 < good.pauses(first)[1] < 15,
    "the second after 8 to 10 s", good.pauses(first))
ok(not is_live(fast, A), "the lease has run out meanwhile", fast.leases())
ok(both.notified("STATUS=0 of 2 leases run"), "which is told", both.heard[-1:])
equal(both.count("error: localhost IPv4"), 1, "the trouble is logged once")
good.how = "forward"
ok(wait_for(21, is_live, fast, A), "the server is back: so is the lease")
ok(wait_for(3, lambda: both.count("leased") == 2), "which is told")

# --- leaving ---

equal(both.program.stop(), 0, "SIGTERM: it ends")
ok(both.notified("STOPPING=1"), "and says so", both.heard[-1:])
ok(is_live(fast, A), "the lease stays: it may only be an upgrade", fast.leases())

fake = os.path.join(TMP, "bin")
os.mkdir(fake)


def leave(says, name, released, **keys):
	"""Start and stop with a systemctl that says so."""
	with open(os.path.join(fake, "systemctl"), "w") as out:
		os.fchmod(out.fileno(), 0o755)
		out.write("#!/bin/sh\n[ $# = 1 ] && [ \"$1\" = is-system-running ] || exit 1\n%s\n" % says)
	daemon = Daemon(section(slow, C, **keys), env={"PATH": fake + ":" + os.environ["PATH"]})
	daemon.logs("leased")
	equal(daemon.program.stop(), 0, name + ": it ends")
	equal(is_live(slow, C), not released, name + ": released: %s" % released)
	equal(daemon.count("localhost: released"), int(released), name + ": and this is logged")


leave("echo running", "a machine that goes on", False)
leave("echo stopping; exit 1", "a machine that shuts down", True)
leave("echo running", "release_on_exit", True, release_on_exit="yes")
begun = time.monotonic()
leave("exec sleep 60", "a service manager that does not answer", False)
ok(time.monotonic() - begun < 6, "which is not waited for long")

# --- addresses that change ---

relay = Relay(slow)
daemon = Daemon(section(slow, A, port=relay.port))
daemon.logs("leased")
equal(len(relay.times), 1, "a long lease: one attempt")
wait_for(2, lambda: time.monotonic() > relay.times[0] + 2)
begun = time.monotonic()
run(["ip", "-batch", "-"], input="".join("addr add 11.0.0.%d/24 dev v0\n" % last for last in range(2, 12)).encode())
ok(relay.connected(3, begun), "new addresses: renewed at once")
ok(0.4 < relay.times[-1] - begun < 5, "when they have come to rest", relay.times[-1] - begun)
for happens in (["addr", "change", "11.0.0.11/24", "dev", "v0", "valid_lft", "3600", "preferred_lft", "3600"],
    ["addr", "add", "fe80::77/64", "dev", "v0", "nodad"], ["route", "add", "11.1.0.0/16", "dev", "v0"]):
	ip(*happens)
wait_for(3, lambda: len(relay.times) > 2)
equal(len(relay.times), 2, "once for all of them, and not for what leads nowhere or is known")
for happens in (["addr", "del", "11.0.0.11/24", "dev", "v0"], ["route", "add", "default", "via", "11.0.0.77", "dev", "v0"],
    ["-6", "addr", "add", "2001:db8:5::1/64", "dev", "v0", "nodad"]):
	begun = time.monotonic()
	ip(*happens)
	ok(relay.connected(4, begun), "renewed after ip " + " ".join(happens))
relay.how = "silence"
ip("addr", "add", "11.0.0.12/24", "dev", "v0")
wait_for(5, lambda: len(relay.held) == 1)
relay.how = "forward"
wait_for(2, lambda: time.monotonic() > relay.times[-1] + 1)
begun = time.monotonic()
ip("addr", "add", "11.0.0.13/24", "dev", "v0")
ok(relay.connected(2.8, begun), "an attempt from an address of yesterday is given up for a new one",
    relay.times[-1] - begun)

# --- the configuration, anew ---

equal(daemon.count("read again"), 0, "the configuration was read once")
daemon.write(section(slow, B, port=relay.port))
daemon.program.kill(signal.SIGHUP)
ok(wait_for(4, is_live, slow, B), "SIGHUP: the new host is leased", slow.leases())
ok(daemon.notified("RELOADING=1") and [m for m in daemon.messages() if "READY=1" in m or "RELOADING=1" in m] ==
    ["READY=1", "RELOADING=1", "READY=1"], "and the service manager was told", daemon.heard)
daemon.write("[server x]\nnonsense = 1\n")
daemon.program.kill(signal.SIGHUP)
ok(daemon.logs("not taken") and daemon.program.is_running(), "a wrong one is not taken", daemon.program.text()[-500:])
begun = time.monotonic()
ip("addr", "add", "11.0.0.14/24", "dev", "v0")
ok(relay.connected(4, begun), "and it goes on as before")
equal(daemon.program.stop(), 0, "to its end")

# --- families, secrets, refusals ---

port = Relay(fast).port
two = Daemon(section(fast, A, address=None, port=port, family="both"))
ok(two.logs("localhost IPv4: leased") and two.logs("localhost IPv6: localhost (::1 port %d): connection refused" % port),
    "IPv4 is leased, IPv6 does not get through", two.program.text())
six = Relay(fast, address="::1", port=port)
ok(two.logs("localhost IPv6: leased", 12), "until it does, by itself", two.program.text())
equal(two.count("localhost IPv4: leased"), 1, "which IPv4 took no notice of")
ok(two.logs("localhost IPv4: renewed") and two.notified("STATUS=2 of 2 leases run"), "both are kept", two.heard[-1:])
two.program.stop()

credentials = os.path.join(TMP, "credentials")
os.mkdir(credentials)
with open(os.path.join(credentials, "dynlease"), "w") as out:
	out.write(slow.tokens[B] + "\n")
	os.fchmod(out.fileno(), 0o440)
keys = {"secret_file": None, "secret_credential": "dynlease", "send_address": "no"}
daemon = Daemon(section(slow, B, **keys), env={"CREDENTIALS_DIRECTORY": credentials})
ok(daemon.logs("leased"), "a secret from the service manager", daemon.program.text())
daemon.program.stop()
daemon = Daemon(section(slow, B, **keys))
ok(daemon.logs("there are no credentials"), "which is not to be had: it says so", daemon.program.text())
ok(daemon.program.is_running(), "and goes on")
daemon.program.stop()

denied, relay = Daemon(section(fast, C, secret="0" * 40, port=(relay := Relay(fast)).port)), relay
ok(denied.logs("denied"), "a wrong secret: denied")
section(fast, C)
ok(denied.logs("leased", 20), "it is put right: leased, without being told", denied.program.text())
ok(11.5 < relay.pauses()[0] < 20, "after 12 to 15 s: the server shall not lock us out", relay.pauses())
denied.program.stop()

# --- whose address it is ---

# The server must not take 11.0.0.1 for the relay's.
relay = Relay(slow)
own = Daemon(section(slow, A, source=PUBLIC))
ok(own.logs("leased " + PUBLIC), "a public address is sent, and leased", own.program.text())
own.program.stop()
own = Daemon(section(slow, A, source=PUBLIC, port=relay.port))
ok(own.logs("the address for %s was refused" % A), "somebody on the way cannot put himself in its place",
    own.program.text())
own.program.stop()
own = Daemon(section(slow, A, source=PUBLIC, port=relay.port, send_address="no"))
ok(own.logs("leased 127.0.0.1"), "unless it is not sent", own.program.text())
own.program.stop()
own = Daemon(section(slow, A, announce="2001:db8::9 127.0.0.9", family="both", address="127.0.0.1"))
ok(own.logs("IPv4: leased 127.0.0.9"), "what is to be announced is announced", own.program.text())
own.program.stop()

every = "".join(open(os.path.join(TMP, name)).read() for name in os.listdir(TMP) if name.startswith("daemon."))
ok(not re.search("|".join(list(fast.tokens.values()) + ["0" * 40]), every), "no log shows a secret")
done_testing()
