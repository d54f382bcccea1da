# SPDX-License-Identifier: ISC
"""What the tests of the publisher sqlzone share: a section, and the tool that publishes by it."""
import collections
import os
import time

import database
from lib import TMP, TOOLS, ok, run

ZONE = "dyn.example.org"
WALL = 1795205045		# the clock that the serials are made from
OK, CONFIG, UNPUBLISHED = 0, 15, 20
TOOL = [os.path.join(TOOLS, "publish"), "sqlzone"]
SOA = "ns.example.org hostmaster.example.org %d 3600 600 604800 30"

Result = collections.namedtuple("Result", "status why seconds")


def write(path, text, mode=0o644):
	with open(path, "w") as file:
		file.write(text)
	os.chmod(path, mode)


def conf(db, base="pdns", name="conf", ttl=30, fallback4="192.0.2.250", fallback6="none", extra="", **keys):
	"""A configuration; a key that is None is left out."""
	path, secret = os.path.join(TMP, name), os.path.join(TMP, "password")
	write(secret, database.PASSWORD + "\n", 0o600)
	all_keys = {"schema": "powerdns", "socket": db.socket, "database": base, "user": "dynlease",
	    "password_file": secret, "cache": 0, "whole_zone": "yes"}
	all_keys.update(keys)
	write(path, "[zone %s]\nfallback4 = %s\nfallback6 = %s\nttl = %d\n[sqlzone %s]\n%s%s" % (ZONE, fallback4,
	    fallback6,
	    ttl, ZONE, "".join("%s = %s\n" % pair for pair in all_keys.items() if pair[1] is not None), extra))
	return path


def lines_of(names):
	"""
	{name: "a"} or {name: ("a", "aaaa", "flags")} as the tool reads it; {"": ...} is the zone's own name; cname() makes an a
	of a name.
	"""
	whole = {(name + "." + ZONE).lstrip("."): value for name, value in names.items()}
	text = ""
	for name in sorted(whole):
		value = whole[name]
		a, aaaa, flags = value if isinstance(value, tuple) else (value, "none", "tl")
		text += "%s %s %s %s\n" % (name, a, aaaa, flags)
	return text.encode()


def cname(name, flags="tl"):
	return "@%s.%s" % (name, ZONE), "none", flags


def publish(names, path, compare=False, wall=WALL, wrap=()):
	environment = dict(os.environ)
	environment.pop("COMPARE", None)
	if compare:
		environment["COMPARE"] = "1"
	start = time.monotonic()
	got = run([*wrap, *TOOL, path, ZONE, str(wall)], input=lines_of(names), env=environment)
	return Result(got.returncode, (got.stdout + got.stderr).decode("utf-8", "replace").strip(),
	    time.monotonic() - start)


def published(result, name):
	return ok(result.status == OK, name, result)


def refused(result, status, pattern, name):
	return ok(result.status == status and pattern in result.why, name, result)


def check(path):
	"""Of the section: the status, and what is advised."""
	got = run([*TOOL, path, ZONE, "check"])
	return Result(got.returncode, (got.stdout + got.stderr).decode(), 0)


def powerdns_zone(db, base="pdns", serial=7):
	"""PowerDNS's tables with an empty zone."""
	db.load(base, "powerdns.sql")
	db.script("INSERT INTO domains (name, type) VALUES ('%s', 'NATIVE'); SET @d = LAST_INSERT_ID();\n"
	    "INSERT INTO records (domain_id, name, type, content, ttl, auth) VALUES (@d, '%s', 'SOA', '%s', 3600, 1), "
	    "(@d, '%s', 'NS', 'ns.example.org', 3600, 1);" % (ZONE, ZONE, SOA % serial, ZONE), base)
	db.grant("grants-powerdns.sql", base)


def rows(db, base="pdns", where="type IN ('A', 'AAAA', 'CNAME')"):
	"""Records without the zone's name at the end."""
	got = db.query("SELECT name, type, content, ttl FROM records WHERE %s" % where, base)
	return sorted([row[0][:-len(ZONE) - 1] or "@"] + row[1:] for row in got)


def serial(db, base="pdns"):
	return int(db.query("SELECT content FROM records WHERE type = 'SOA'", base)[0][0].split(" ")[2])
