# SPDX-License-Identifier: ISC
"""The helper as the network meets it: a TLS client that keeps every raw byte, and one helper on one socket.

	talk = Talk(world)			# a TCP connection from a source of its own, a helper on the other end
	talk.shake(); talk.say("STATUS a.dyn.test\\n"); print(talk.lines(), talk.status())
"""
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

from lib import BIN, TMP

TLS_TYPES = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}
_sources = 0

# For sh -c, in a mount namespace of its own: DIRECTORY SOCKET COMMAND ..., run with SOCKET in the place of /dev/log.
SYSLOG = """
set -e
mount --make-rprivate /
mkdir -p "$1/dev"
mount -t tmpfs tmpfs "$1/dev"
mkdir "$1/dev/shm"
touch "$1/dev/null" "$1/dev/urandom" "$1/dev/log"
mount --bind /dev/null "$1/dev/null"
mount --bind /dev/urandom "$1/dev/urandom"
mount --bind /dev/shm "$1/dev/shm"
mount --bind "$2" "$1/dev/log"
mount --rbind "$1/dev" /dev
umount -R "$1/dev"
shift 2
exec "$@"
"""


def new_source():
	"""A loopback address that no one has connected from: leases, strikes and pacing start afresh."""
	global _sources
	_sources += 1
	return "127.%d.%d.%d" % (10 + os.getpid() % 200, _sources // 250, 1 + _sources % 250)


def records(raw):
	"""The TLS records in these bytes: [(type, body)] and what is left over or is no record."""
	found, at = [], 0
	while len(raw) - at >= 5:
		kind, major, minor, length = struct.unpack(">BBBH", raw[at:at + 5])
		if kind not in TLS_TYPES or major != 3 or minor not in (1, 2,
		    3) or length == 0 or length > 16384 + 256:
			break
		if len(raw) - at - 5 < length:
			break
		found.append((kind, raw[at + 5:at + 5 + length]))
		at += 5 + length
	return found, raw[at:]


def client_context(world, version=None):
	context = ssl.create_default_context(cafile=world.certificate)
	if version is not None:
		context.minimum_version = context.maximum_version = version
	return context


class Wire:
	"""The client's end of a socket: TLS on memory, so that what came over the wire can be looked at."""

	def __init__(self, world, sock, context=None):
		self.sock, self.raw = sock, b""
		self.reset = False	# the connection was reset
		self.ended = False	# the server ended its direction
		self.goodbye = False	# with close_notify
		self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
		self.tls = (context or client_context(world)).wrap_bio(self.incoming, self.outgoing,
		    server_hostname="localhost")

	def flush(self):
		self.push(self.outgoing.read())

	def push(self, data):
		"""Raw bytes to the server; a reset is noted."""
		if not data:
			return
		try:
			self.sock.sendall(data)
		except (BrokenPipeError, ConnectionResetError):
			self.reset = True

	def pull(self):
		"""Some raw bytes from the server. False at the end."""
		try:
			data = self.sock.recv(65536)
		except ConnectionResetError:
			self.reset = True
			data = b""
		self.raw += data
		if data:
			self.incoming.write(data)
		else:
			self.ended = True
			self.incoming.write_eof()
		return bool(data)

	def hello(self):
		"""The bytes of a ClientHello, which is not sent."""
		try:
			self.tls.do_handshake()
		except ssl.SSLWantReadError:
			pass
		return self.outgoing.read()

	def shake(self):
		while True:
			try:
				self.tls.do_handshake()
				self.flush()
				return self
			except ssl.SSLWantReadError:
				self.flush()
				if not self.pull():
					raise ConnectionError("closed in the handshake")

	def encrypt(self, data):
		"""The records for data, not yet sent."""
		self.tls.write(data)
		return self.outgoing.read()

	def say(self, data):
		self.push(self.encrypt(data.encode("latin-1") if isinstance(data, str) else data))
		return self

	def end(self, goodbye=True):
		"""End our direction: close_notify, unless told not to, and FIN."""
		if goodbye:
			try:
				self.tls.unwrap()
			except ssl.SSLError:
				pass
			self.flush()
		try:
			self.sock.shutdown(socket.SHUT_WR)
		except OSError:
			self.reset = True
		return self

	def read(self, lines=None):
		"""What the server says, until it ends or has said so many lines."""
		got = b""
		while True:
			try:
				more = self.tls.read(65536)
				if not more:
					self.goodbye = True
					return got
				got += more
				if lines is not None and got.count(b"\n") >= lines:
					return got
			except ssl.SSLWantReadError:
				if self.ended:
					return got
				self.pull()
			except ssl.SSLZeroReturnError:
				self.goodbye = True
				self.drain()
				return got
			except ssl.SSLError:
				self.drain()
				return got

	def drain(self):
		"""The rest of the raw bytes."""
		while not self.ended:
			self.pull()
		return self.raw

	def lines(self, count=None):
		return self.read(count).decode("latin-1").splitlines()

	def stray(self):
		"""What came that is no TLS record; only meaningful at the end."""
		return records(self.raw)[1]

	def abort(self):
		"""Close with a reset."""
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		self.sock.close()

	def close(self):
		self.sock.close()


def tcp_pair(source=None, server="127.0.0.1", family=socket.AF_INET, seconds=20):
	"""(client's end, server's end) of a TCP connection."""
	client = socket.socket(family, socket.SOCK_STREAM)
	with socket.socket(family, socket.SOCK_STREAM) as listener:
		if family == socket.AF_INET6:
			for sock in (listener, client):
				sock.setsockopt(socket.IPPROTO_IPV6, 78, 1)	# IPV6_FREEBIND
		listener.bind((server, 0))
		listener.listen(1)
		if source:
			client.bind((source, 0))
		client.connect(listener.getsockname())
		client.settimeout(seconds)
		return client, listener.accept()[0]


class Talk(Wire):
	"""A connection and its helper, which logs to self.log_path."""

	def __init__(self, world, source=None, context=None, pair=None, wrap=(), args=("-D",), **how):
		self.source = source or new_source()
		client, server = pair or tcp_pair(self.source)
		client.settimeout(20)
		super().__init__(world, client, context)
		handle, self.log_path = tempfile.mkstemp(prefix="helper.", dir=TMP)
		how.setdefault("stderr", handle)
		self.began = time.monotonic()
		self.helper = subprocess.Popen([*wrap, os.path.join(BIN, "dynlease-auth"), *args, "-c", world.conf],
		    stdin=server.fileno(), stdout=server.fileno(), **how)
		os.close(handle)
		server.close()

	@property
	def pid(self):
		return self.helper.pid

	def log(self):
		with open(self.log_path, errors="replace") as log:
			return log.read()

	def status(self, seconds=20):
		"""Close our end, wait for the helper's, and give its status as Popen has it."""
		self.close()
		return self.helper.wait(seconds)

	def ask(self, lines):
		"""A whole conversation in one flight: the answers."""
		self.shake().say("".join(line + "\n" for line in lines))
		return self.lines()


def ask(world, lines, **how):
	"""(answers, status) of a helper of its own; QUIT is added."""
	talk = Talk(world, **how)
	got = talk.ask([*lines, "QUIT"])
	return got, talk.status()


def is_root():
	return os.geteuid() == 0


def in_own_network(*commands):
	"""
	Run this script again in a network namespace of its own, where these commands of ip(8) were run and loopback is
	up; to be called before anything else. Returns, in there, True; False when namespaces cannot be had.
	"""
	if os.environ.get("DYNLEASE_TEST_NETWORK"):
		for command in ("link set lo up", *commands):
			subprocess.run(["ip", *command.split()], check=True)
		return True
	if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
		return False
	os.environ["DYNLEASE_TEST_NETWORK"] = "yes"
	if not os.environ.get("TMP"):
		os.rmdir(TMP)
	sys.stdout.flush()
	os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
