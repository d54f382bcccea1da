# SPDX-License-Identifier: ISC
"""
A zone file in the publisher's own form, and a name server that shows it: for tests where the reaper passes hundreds of
times, and the real one is not what is looked at.
"""
import re
import socket
import struct
import threading


class Zone:
	"""A zone file, taken apart without mercy: None unless it is whole to the last byte."""

	RECORD = re.compile(r"(\S+)\. 1 IN (A|AAAA|CNAME) (\S+)")

	@classmethod
	def read(cls, world):
		try:
			with open(world.zonefile) as file:
				text = file.read()
		except OSError:
			return None
		parts = re.fullmatch(r"(?s)(.*\n);; dynlease: begin\n(.*);; dynlease: end\n(.*)", text)
		soa = re.search(r"SOA\s+\S+\s+\S+\s+\(?\s*(\d+)", parts.group(1)) if parts else None
		if not soa or not text.endswith("\n"):
			return None
		zone = cls()
		zone.serial = int(soa.group(1))
		zone.rest = parts.group(1)[:soa.start(1)], parts.group(1)[soa.end(1):], parts.group(3)
		zone.names, zone.cnames = {}, {}
		for line in parts.group(2).splitlines():
			record = cls.RECORD.fullmatch(re.sub(r"\s+", " ", line))
			if not record:
				return None
			if record.group(2) == "CNAME":
				zone.cnames[record.group(1)] = record.group(3)
				continue
			a, aaaa = zone.names.get(record.group(1), (None, None))
			zone.names[record.group(1)] = ((record.group(3), aaaa) if record.group(2) == "A" else
			    (a, record.group(3)))
		return zone


class FileServer(threading.Thread):
	"""A name server that shows what the zone file holds at this moment; just enough for the question whether it does."""

	TYPES = {1: "A", 28: "AAAA", 5: "CNAME", 6: "SOA"}

	def __init__(self, world):
		super().__init__(daemon=True)
		self.world = world
		self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.sock.bind(("127.0.0.1", world.dns_port))

	def run(self):
		while True:
			query, peer = self.sock.recvfrom(4096)
			self.sock.sendto(self.answer(query), peer)

	def answer(self, query):
		at, labels = 12, []
		while query[at]:
			labels.append(query[at + 1:at + 1 + query[at]].decode())
			at += 1 + query[at]
		name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
		records = self.records(name, self.TYPES.get(kind))
		return (query[:2] + b"\x84\x00" + struct.pack(">HHHH", 1, len(records), 0, 0) + query[12:at + 5] +
		    b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(data)) + data for data in records))

	def records(self, name, kind):
		zone = Zone.read(self.world)
		if kind == "SOA":
			return [b"\0\0" + struct.pack(">IIIII", zone.serial, 1, 1, 1, 1)] if zone else []
		if kind == "CNAME":
			target = zone.cnames.get(name) if zone else None
			return [b"".join(bytes([len(label)]) + label.encode() for label in target.split("."))] if target else []
		pack = {"A": (socket.AF_INET, 0), "AAAA": (socket.AF_INET6, 1)}.get(kind)
		have = zone.names.get(name, (None, None)) if zone and pack else (None, None)
		return [socket.inet_pton(pack[0], have[pack[1]])] if pack and have[pack[1]] else []


def publish_to_file(world, reload="none"):
	"""A world without a publisher gets a zone file, and a server that shows it."""
	with open(world.conf, "a") as conf:
		conf.write("[zonefile %s]\nfile = %s\nserver = 127.0.0.1\nserver_port = %d\nreload = %s\n"
		    "nameserver = ns.example.org\nhostmaster = root.example.org\n" %
		    (world.zone, world.zonefile, world.dns_port, reload))
	FileServer(world).start()
