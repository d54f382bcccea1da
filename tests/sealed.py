# SPDX-License-Identifier: ISC
"""Looking at a server whose passwords are sealed, or are not: what its disk holds, and what check says."""
import os
import re

from lib import BIN, TMP, run

ADMIN = os.path.join(BIN, "dynlease-admin")


def phrase(text, mode=0o600):
	"""A file that holds it."""
	path = os.path.join(TMP, "phrase.%d" % (abs(hash((text, mode))) % 10**6))
	with open(path, "w") as out:
		out.write(text + "\n")
	os.chmod(path, mode)
	return path


def files(world, *more):
	"""Every file of the server on the disk: all but what is in the run directory."""
	for top, _, names in os.walk(world.dir):
		for name in names:
			yield os.path.join(top, name)
	yield from more


def findable(world, needles, *more):
	"""The files that hold one of these."""
	found = []
	for path in files(world, *more):
		with open(path, "rb") as file:
			data = file.read()
		found += ["%s: %s" % (path, needle) for needle in needles if needle in data]
	return found


def plain_verifiers(world):
	"""Salts and digests in the clear, as bytes, wherever they are."""
	found = set()
	for path in files(world):
		with open(path, "rb") as file:
			for salt, digest in re.findall(rb"\{token\}([0-9a-f]{32})\$([0-9a-f]{64})", file.read()):
				found |= {salt, digest} - {b"0" * 64}
	return found


def answers(world, host):
	return world.ask(world.login(host))[0]


def check_says(world):
	"""What check says of the seal."""
	text = run([ADMIN, "-c", world.conf, "check"]).stdout.decode()
	return [line for line in text.splitlines()[1:] if "seal" in line or "passwords" in line]
