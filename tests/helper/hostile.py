#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
What arrives at a port: garbage, halves, floods, clients that stall. Each gets an error or a close within the deadline;
no lease comes or moves, the zone stays whole, and the next client is served.
"""
import os
import random
import re
import shutil
import socket
import ssl
import sys
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, done_testing, equal, ok, run, skip, wait_for  # noqa: E402
from wire import Talk, Wire, client_context, new_source, records, tcp_pair  # noqa: E402
from world import World, served  # noqa: E402

DEADLINE = 2
LATE = DEADLINE + (6 if SANITIZED else 2)	# what a busy machine may add
AT_ONCE = 16
KZONECHECK = shutil.which("kzonecheck")
STATUSES = (0, 75, 76)		# held to its end or left; the deadline; not our protocol

HOSTS = ["h%02d.dyn.test" % i for i in range(20)]
A = HOSTS[0]
world = World(hosts=HOSTS, lease=600, deadline=DEADLINE)
world.start_named()
world.start_reaper()
world.start_xinetd()
for number, host in enumerate(HOSTS[:10]):
	world.renew(host, source="127.0.1.%d" % (number + 1))
ok(world.shows(HOSTS[9], "127.0.1.10"), "ten hosts are published to begin with")


def zone():
	with open(world.zonefile, encoding="ascii") as file:
		return file.read()


def addresses():
	return {key: lease[:2] for key, lease in world.leases().items()}


wait_for(15, world.is_settled)
the_zone, the_leases = zone(), addresses()


def unharmed(name):
	"""Nothing moved, and the zone is whole."""
	text = zone()
	own = [line for line in text.splitlines() if re.match(r"\S+\.dyn\.test\.\s+\d+\s+IN\s+A+\s", line)]
	checkers = [run(["named-checkzone", world.zone, world.zonefile]).returncode]
	if KZONECHECK:
		checkers.append(run([KZONECHECK, "-o", world.zone, world.zonefile]).returncode)
	facts = world.check()
	ok(addresses() == the_leases and text == the_zone and
	    text.rstrip("\n").split("\n")[-1].startswith(";; dynlease: end") and len(own) == 30 and
	    not any(checkers) and facts.get("faults") == "0" and facts.get("pending") == "0",
	    "%s: no lease came or moved, the zone is whole" % name, addresses(), checkers, len(own), facts, text)


class Raw(Talk):
	"""Bytes that are no TLS, or not yet."""

	def finish(self, data=b"", half=True):
		"""Send them, end our direction, and read to the end."""
		self.push(data)
		if half:
			try:
				self.sock.shutdown(socket.SHUT_WR)
			except OSError:
				pass
		self.drain()
		self.took = time.monotonic() - self.began
		return self


def all_of(inputs, half=True):
	"""Each input to a helper of its own, some at once: those that ended badly, as (number, status, ...)."""
	bad = []
	for at in range(0, len(inputs), AT_ONCE):
		talks = [Raw(world) for _ in inputs[at:at + AT_ONCE]]
		for talk, data in zip(talks, inputs[at:at + AT_ONCE]):
			talk.push(data)
			if half:
				talk.sock.shutdown(socket.SHUT_WR)
		for number, talk in enumerate(talks, at):
			talk.finish(half=False)
			status = talk.status()
			if status not in STATUSES or talk.took > LATE or talk.stray() or talk.reset:
				bad.append((number, status, talk.took, talk.stray(), talk.reset))
	return bad


# --- before and instead of TLS ---

def old_hello(version):
	context = client_context(world)
	context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
	context.set_ciphers("ALL:@SECLEVEL=0")
	tls_only = Wire(world, None, context)
	return tls_only.hello()


random.seed(8245)
warnings.simplefilter("ignore", DeprecationWarning)
hello = Wire(world, None).hello()
ok(len(hello) > 150 and records(hello)[0][0][0] == 22, "a ClientHello to damage")
login = ("\n".join([*world.login(A), "RENEW %s 127.9.9.9" % A, "QUIT"]) + "\n").encode()
GARBAGE = [
	("nothing", b""), ("a newline", b"\n"), ("NULs", b"\0" * 4096), ("0xff", b"\xff" * 4096),
	("noise", random.randbytes(60000)),
	("noise behind a record's head", b"\x16\x03\x01\x02\x00" + random.randbytes(512)),
	("the dialect without TLS", login),
	("HTTP", b"GET /nic/update?hostname=h00.dyn.test&myip=127.9.9.9 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
	("HTTP CONNECT", b"CONNECT localhost:443 HTTP/1.1\r\n\r\n"), ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"), ("a PROXY header", b"PROXY TCP4 127.9.9.9 127.0.0.1 1 2\r\n" + hello),
	("SSL 2", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80" + b"x" * 30),
	("SSL 3", b"\x16\x03\x00" + hello[3:]),
	("an alert", b"\x15\x03\x01\x00\x02\x02\x28"), ("application data first",
	b"\x17\x03\x03\x00\x20" + b"x" * 32),
	("an empty record", b"\x16\x03\x01\x00\x00"), ("empty records", b"\x16\x03\x01\x00\x00" * 2000),
	("a record too long", b"\x16\x03\x01\xff\xff" + b"x" * 65535),
	("a message of 16 MiB", b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + b"x" * 16380),
	("two hellos", hello + hello), ("a hello and the dialect in clear", hello + login),
	("a hello and noise", hello + random.randbytes(3000)),
	("TLS 1.0", old_hello(ssl.TLSVersion.TLSv1)), ("TLS 1.1", old_hello(ssl.TLSVersion.TLSv1_1)),
]
for name, data in GARBAGE:
	talk = Raw(world).finish(data)
	status = talk.status()
	ok(status in STATUSES and talk.took < LATE and talk.stray() == b"" and not talk.reset and
	    (hello[3:] in data or {kind for kind, _ in records(talk.raw)[0]} <= {21}),
	    "%s: closed, and nothing comes back but TLS" % name, status, talk.took, talk.raw, talk.log())
old = Raw(world).finish(old_hello(ssl.TLSVersion.TLSv1_1))
equal(old.raw, b"\x15\x03\x02\x00\x02\x02\x46", "TLS 1.1 is told that it is too old")
ok("no TLS version in common" in old.log(), "and so is the log", old.log())
web = Raw(world).finish(b"GET / HTTP/1.1\r\n\r\n")
ok("does not speak TLS" in web.log() and web.log().count("\n") == 1, "plain HTTP gives one line in the log",
    web.log())
unharmed("garbage")

# --- a hello, damaged and cut ---

step = 3 if SANITIZED else 1
flipped = []
for at in range(0, len(hello), step):
	damaged = bytearray(hello)
	damaged[at] ^= 1 << random.randrange(8)
	flipped.append(bytes(damaged))
equal(all_of(flipped), [], "one bit flipped at each of %d offsets of a ClientHello" % len(flipped))
equal(all_of([hello[:n] for n in range(0, len(hello), step)]), [], "a ClientHello cut at each length")
unharmed("damaged hellos")

# --- within TLS ---

def damaged_speech(version, change):
	"""What comes of the lines when the records that carry them are changed."""
	talk = Talk(world, context=client_context(world, version))
	talk.shake()
	talk.push(change(talk.encrypt(login)))
	talk.sock.shutdown(socket.SHUT_WR)
	said = talk.read()
	talk.drain()
	return said, talk.status(), talk.stray()


def flip(offset):
	def change(data):
		data = bytearray(data)
		data[offset] ^= 0x40
		return bytes(data)
	return change


for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
	results = [damaged_speech(version, flip(at)) for at in (0, 1, 2, 3, 4, 5, 6, 13, 20, 40, -17, -16, -1)]
	ok(all(said == b"" and status in STATUSES and stray == b"" for said, status, stray in results),
	    "%s: a damaged record is not understood" % version.name, *results)
	cut = [damaged_speech(version, lambda data, n=n: data[:n]) for n in (1, 4, 5, 6, 20, 60, -20, -1)]
	ok(all(said == b"" and status in STATUSES and stray == b"" for said, status, stray in cut),
	    "%s: a record cut short is not understood" % version.name, *cut)
	said, status, stray = damaged_speech(version, lambda data: data + random.randbytes(400))
	ok(b"221 bye" in said or said == b"", "%s: noise behind the last record" % version.name, said, status)
	world.renew(A, source="127.0.1.1")
wait_for(15, lambda: world.is_settled() and zone().count("127.0.1.1\n") == 1)
the_zone, the_leases = zone(), addresses()

talk = Talk(world)
talk.shake().say(b"A" * 65536)
equal((talk.lines(), talk.status(), talk.reset), (["500 not a line: too long, or not plain ASCII"], 76, False),
    "64 KiB without a newline")
talk = Talk(world)
talk.shake().say(b"\n" * 65536)
got = talk.lines()
equal((len(got), talk.status(), talk.reset), (3, 76, False), "64 KiB of newlines")
talk = Talk(world)
talk.shake().say(random.randbytes(3000))
equal((len(talk.lines()), talk.status()), (1, 76), "noise within TLS")


def certificate(name, count):
	"""A client's certificate with so many names."""
	path = os.path.join(TMP, name)
	conf = os.path.join(TMP, name + ".conf")
	with open(conf, "w", encoding="ascii") as out:
		out.write("[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=%s\n[ext]\n"
		    "subjectAltName=@alt\n[alt]\n" % name)
		out.writelines("DNS.%d=%s%06d.dyn.test\n" % (i, "n" * 40, i) for i in range(count))
	run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
	    "30",
	    "-config", conf, "-keyout", path, "-out", path + ".pem"]).check_returncode()
	context = client_context(world)
	context.load_cert_chain(path + ".pem", path)
	return context


got = Talk(world, context=certificate("large", 350)).ask(["QUIT"])
equal(got, ["221 bye"], "a client certificate of 22 KiB is looked past")
talk = Talk(world, context=certificate("huge", 2000))
talk.shake().say(login)
equal((talk.read(), talk.status(), talk.stray()), (b"", 76, b""), "one of 120 KiB is refused")
ok("a TLS message is too long" in talk.log(), "and the log says why", talk.log())
unharmed("damaged records and floods")

# --- a byte a second, or none ---

class Slow:
	"""One stalling client: bytes to drip, one at a time, after a preparation."""

	def __init__(self, name, drip, talk, read=True):
		self.name, self.drip, self.talk, self.read = name, list(drip), talk, read
		self.next = time.monotonic()

	def step(self):
		if time.monotonic() >= self.next and self.drip:
			self.talk.push(bytes([self.drip.pop(0)]))
			self.next += 1


def small_pair():
	"""A connection with buffers so small that 16 answers fill them."""
	with socket.socket() as listener:
		listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
		listener.bind(("127.0.0.1", 0))
		listener.listen(1)
		client = socket.socket()
		client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
		client.bind((new_source(), 0))
		client.connect(listener.getsockname())
		return client, listener.accept()[0]


def slow_clients():
	yield Slow("a silent connection", b"", Raw(world))
	yield Slow("a byte a second of the hello", hello, Raw(world))
	yield Slow("half a hello, then silence", b"", Raw(world))
	yield Slow("the hello, then silence", b"", Raw(world))
	yield Slow("the hello, then a byte a second", b"\x14\x03\x03\x00\x01\x01", Raw(world))
	yield Slow("silence after the handshake", b"", Talk(world).shake())
	line = Talk(world).shake()
	yield Slow("a byte a second within a record", line.encrypt(login), line)
	lines = Talk(world).shake()
	yield Slow("a byte a second, each a record", b"", lines)
	yield Slow("a command without its end", b"", Talk(world).shake().say(world.login(A)[0]))
	yield Slow("silence after LOGIN", b"", Talk(world).shake().say(world.login(A)[0] + "\n"))
	full = Talk(world, pair=small_pair()).shake()
	full.say(world.login(A)[0] + "\n" + ("STATUS " + A + "\n") * 15 + "QUIT\n")
	yield Slow("the answers are never read", b"", full, read=False)
	unread = Talk(world).shake().say("QUIT\n")
	yield Slow("QUIT, and the connection stays open", b"", unread, read=False)


slow = list(slow_clients())
slow[2].talk.push(hello[:100])
slow[3].talk.push(hello)
slow[4].talk.push(hello)
one = time.monotonic()
said = list(login)
while any(not hasattr(client, "took") for client in slow) and time.monotonic() < one + LATE + 3:
	for client in slow:
		client.step()
		alive = client.talk.helper.poll() is None
		if client.name.endswith("each a record") and time.monotonic() >= one and alive:
			client.talk.say(bytes([said.pop(0)]))
			one += 1
		if not alive and not hasattr(client, "took"):
			client.took = time.monotonic() - client.talk.began
	time.sleep(0.02)	# between two looks
for client in slow:
	took = getattr(client, "took", 99)
	status = client.talk.helper.poll()
	client.talk.drain()
	ok(took < LATE and status in STATUSES and not client.talk.stray(),
	    "%s: over within the deadline" % client.name, took, status,
	    client.talk.stray())
	client.talk.close()
equal([client.name for client in slow if client.talk.helper.poll() != 75 and client.read], [],
    "by the deadline, exit 75")
unharmed("slow clients")

# --- many at once, through the super-server ---

idle = [world.connect(source="127.0.2.%d" % (1 + i % 200)) for i in range(100)]
for number, sock in enumerate(idle):
	sock.sendall((b"", hello[:50], hello, b"GET / HTTP/1.0\r\n\r\n")[number % 4])
served(world, "a hundred connections that lead nowhere: the next client is served")
started = time.monotonic()
reset = 0
for sock in idle:
	sock.settimeout(30)
	try:
		while sock.recv(65536):
			pass
	except ConnectionResetError:
		reset += 1
	sock.close()
ok(time.monotonic() - started < 3 * LATE, "and all are over soon", time.monotonic() - started)
equal(reset, 0, "none of them by a reset")
world.renew(A, source="127.0.1.1")
wait_for(15, lambda: world.is_settled() and world.dig(A) == "127.0.1.1")
equal(world.dig(HOSTS[9]), "127.0.1.10", "the name server shows what it showed")
served(world, "the next client is served")
if not KZONECHECK:
	skip("kzonecheck says that the zone is whole", "it is not installed")
done_testing()
