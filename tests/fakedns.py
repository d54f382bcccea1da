# SPDX-License-Identifier: ISC
"""
A name server for dynamic updates that can lie: one zone, TSIG by the book (RFC 8945) unless told otherwise, over TCP
and UDP.

	fake = FakeServer("dyn.test", "k", SECRET); fake.start(); fake.reply = unsigned

reply(fake, query, code) makes the messages that answer an update or a transfer; the default is honest().
"""
import base64
import hashlib
import hmac
import ipaddress
import socket
import struct
import threading
import time

from lib import free_port

A, NS, CNAME, SOA, AAAA, TSIG, AXFR, ANY = 1, 2, 5, 6, 28, 250, 252, 255
QUERY, UPDATE = 0, 5
NOERROR, SERVFAIL, REFUSED, NOTAUTH = 0, 2, 5, 9
HASHES = {"hmac-sha256": hashlib.sha256, "hmac-sha512": hashlib.sha512}


def name_wire(name):
	return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def read_name(message, at):
	"""(name, where the rest begins)"""
	labels, end = [], None
	while message[at]:
		if message[at] >= 0xc0:
			end = end or at + 2
			at = struct.unpack(">H", message[at:at + 2])[0] & 0x3fff
			continue
		labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
		at += 1 + message[at]
	return ".".join(labels), end or at + 1


class Message:
	"""A query, taken apart: id, opcode, name, type, and of an update its records (name, type, class, ttl, data)."""

	def __init__(self, wire):
		self.wire = wire
		self.id, flags, *counts = struct.unpack(">HHHHHH", wire[:12])
		self.opcode = flags >> 11 & 15
		self.name, at = read_name(wire, 12)
		self.type, self.question_end = struct.unpack(">H", wire[at:at + 2])[0], at + 4
		self.records, self.mac, at = [], None, at + 4
		for _ in range(sum(counts[1:])):
			name, at = read_name(wire, at)
			kind, cls, ttl, size = struct.unpack(">HHIH", wire[at:at + 10])
			data = wire[at + 10:at + 10 + size]
			at += 10 + size
			if kind == TSIG:
				skipped = read_name(data, 0)[1]
				length = struct.unpack(">H", data[skipped + 8:skipped + 10])[0]
				self.mac = data[skipped + 10:skipped + 10 + length]
			else:
				self.records.append((name, kind, cls, ttl, data))


def sign(fake, wire, mac, first=True, key=None, secret=None, algorithm="hmac-sha256", when=None, error=0, cut=None):
	"""The message with a TSIG that answers mac; and its own MAC."""
	when = int(time.time()) if when is None else when
	timers = struct.pack(">HIH", when >> 32, when & 0xffffffff, 300)
	name, algorithm_wire = name_wire(key or fake.key), name_wire(algorithm)
	variables = name + struct.pack(">HI", ANY, 0) + algorithm_wire + timers + struct.pack(">HH", error, 0)
	digest = hmac.new(base64.b64decode(secret or fake.secret), (struct.pack(">H", len(mac)) + mac if mac else b"") + wire +
	    (variables if first else timers), HASHES[algorithm]).digest()[:cut]
	data = (algorithm_wire + timers + struct.pack(">H", len(digest)) + digest + wire[:2] + struct.pack(">HH", error, 0))
	count = struct.pack(">H", struct.unpack(">H", wire[10:12])[0] + 1)
	return wire[:10] + count + wire[12:] + name + struct.pack(">HHIH", TSIG, ANY, 0, len(data)) + data, digest


def answer(query, code, records=(), ident=None):
	"""The wire of an answer, unsigned. records: (name, type, ttl, data)"""
	return (struct.pack(">HHHHHH", query.id if ident is None else ident, 0x8400 | query.opcode << 11 | code, 1, len(records),
	    0, 0) + query.wire[12:query.question_end] + b"".join(name_wire(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) +
	    data for name, kind, ttl, data in records))


def sequence(fake, query, wires, **how):
	"""Messages signed one after the other."""
	mac, signed = query.mac, []
	for i, wire in enumerate(wires):
		wire, mac = sign(fake, wire, mac, first=i == 0, **how)
		signed.append(wire)
	return signed


def honest(fake, query, code):
	return sequence(fake, query, fake.answers(query, code))


class FakeServer(threading.Thread):
	def __init__(self, zone, key, secret):
		super().__init__(daemon=True)
		self.zone, self.key, self.secret = zone, key, secret
		self.address, self.port = "127.0.0.1", free_port()
		self.names = {}			# {(name, type): (ttl, data)}
		self.serial = 1
		self.updates = []		# the sizes in names, as they came
		self.asked = []			# and the names
		self.refuses = ()		# messages that hold one of these names
		self.code = None		# instead of what would be right
		self.idle = set()		# names for which it says yes and does nothing
		self.reply = honest
		self.hold = 0			# so many updates wait for each other, and are answered in reverse
		self.tcp = socket.create_server((self.address, self.port))
		self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.udp.bind((self.address, self.port))

	def start(self):
		super().start()
		threading.Thread(target=self.serve_udp, daemon=True).start()
		return self

	def serve_udp(self):
		while True:
			wire, peer = self.udp.recvfrom(4096)
			self.udp.sendto(self.look(Message(wire)), peer)

	def run(self):
		while True:
			threading.Thread(target=self.serve, args=self.tcp.accept(), daemon=True).start()

	def serve(self, conn, _peer):
		try:
			self.serve_stream(conn)
		except OSError:
			pass	# who asked has left

	def serve_stream(self, conn):
		held = []
		with conn, conn.makefile("rb") as stream:
			while True:
				length = stream.read(2)
				if len(length) < 2:
					return
				query = Message(stream.read(struct.unpack(">H", length)[0]))
				if query.opcode == QUERY and query.type != AXFR and query.mac is None:
					replies = [self.look(query)]
				else:
					replies = self.reply(self, query, self.do(query))
				if replies is None:
					return
				held.append(replies)
				if query.opcode != UPDATE or len(held) >= self.hold:
					for replies in reversed(held):
						conn.sendall(b"".join(struct.pack(">H", len(reply)) + reply for reply in replies))
					held = []

	def soa(self):
		return (self.zone, SOA, 30, b"\0\0" + struct.pack(">IIIII", self.serial, 1, 1, 1, 30))

	def look(self, query):
		if query.type == SOA:
			return answer(query, NOERROR, [self.soa()])
		have = self.names.get((query.name, query.type))
		return answer(query, NOERROR, [(query.name, query.type, *have)] if have else [])

	def do(self, query):
		"""The code that is right for an update; and it is done."""
		if query.opcode != UPDATE:
			return NOERROR if self.code is None else self.code
		names = {record[0] for record in query.records}
		self.updates.append(len(names))
		self.asked.append(names)
		if self.code is not None:
			return self.code
		if names & set(self.refuses):
			return REFUSED
		for name, kind, cls, ttl, data in query.records:
			if name in self.idle:
				continue
			if cls == ANY:
				self.names.pop((name, kind), None)
			else:
				self.names[(name, kind)] = (ttl, data)
		self.serial += 0 if names <= self.idle else 1
		return NOERROR

	def answers(self, query, code):
		"""Unsigned messages: of a transfer three."""
		if query.type == AXFR and code == NOERROR:
			records = [(name, kind, *have) for (name, kind), have in sorted(self.names.items())]
			half = len(records) // 2
			return [answer(query, code, part) for part in ([self.soa()] + records[:half], records[half:], [self.soa()])]
		return [answer(query, code, [self.soa()] if query.type == SOA and query.opcode == QUERY else [])]

	def set(self, name, address, ttl=30):
		address = ipaddress.ip_address(address)
		self.names[(name, A if address.version == 4 else AAAA)] = (ttl, address.packed)

	def shows(self, name):
		have = [self.names.get((name, kind)) for kind in (A, AAAA)]
		return tuple(str(ipaddress.ip_address(one[1])) if one else "" for one in have)
