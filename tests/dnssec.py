# SPDX-License-Identifier: ISC
"""Answers validated as a resolver does it: by delv, from the zone's own key."""
import os
import re

from lib import TMP, run, wait_for


class Anchor:
	"""The zone's key-signing keys as its server shows them now, as the trust anchor."""

	def __init__(self, zone, server, port):
		self.zone, self.server, self.port = zone, server, port
		self.path = os.path.join(TMP, "anchor.%s.%d" % (server, port))
		keys = wait_for(15, self._keys)
		with open(self.path, "w") as out:
			out.write("trust-anchors {\n%s};\n" % "".join(
			    '\t"%s." static-key %s %s %s "%s";\n' % ((zone,) + key) for key in keys))

	def _keys(self):
		said = run(["dig", "+short", "+time=1", "+tries=1", "-p", str(self.port), "@" + self.server, self.zone,
		    "DNSKEY"]).stdout.decode()
		return re.findall(r"(?m)^(257) (\d+) (\d+) ([A-Za-z0-9+/= ]+)$", said)

	def look(self, name, kind="A"):
		"""(validated, [data]): what delv makes of the server's answer; a proof that there is none is validated, too."""
		said = run(["delv", "-a", self.path, "+root=" + self.zone, "-p", str(self.port), "@" + self.server,
		    name, kind])
		text = (said.stdout + said.stderr).decode()
		data = re.findall(r"(?m)^%s\.\s+\d+\s+IN\s+%s\s+(\S+)$" % (re.escape(name), kind), text)
		return bool(re.search(r"; (fully validated|negative response, fully validated)", text)), data

	def shows(self, name, address, seconds=10):
		"""Does a validated answer come to be this address?"""
		return wait_for(seconds, lambda: self.look(name) == (True, [address]))
