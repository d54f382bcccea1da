#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 500
"""A real PowerDNS that answers from the zone that sqlzone keeps: its caches, and DNSSEC as validated by delv."""
import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from database import Database, PowerDNS
from lib import TMP, done_testing, equal, note, ok, run, skip_all, wait_for
from sqlzone import TOOL, UNPUBLISHED, ZONE, cname, conf, powerdns_zone, publish, published, refused, write

for program in ("dig", "delv"):
	if not shutil.which(program):
		skip_all("no " + program)
if not os.path.exists(TOOL[0]):
	skip_all("no " + TOOL[0])
db = Database()
powerdns_zone(db)
PATH = conf(db)
ANCHOR = os.path.join(TMP, "anchor")


def shown(pdns, name):
	return pdns.dig(name + "." + ZONE), pdns.dig(name + "." + ZONE, "AAAA")


# --- answers ---

def test_answers():
	pdns = PowerDNS(db, "pdns")
	pdns.start(ZONE)
	published(publish({"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "x.y": "192.0.2.3"}, PATH),
	    "names")
	equal([shown(pdns, name) for name in ("a", "b", "x.y")], [(["192.0.2.1"], []), (["192.0.2.2"],
	    ["2001:db8::2"]),
	    (["192.0.2.3"], [])], "are answered for")
	published(publish({"a": "192.0.2.11", "b": ("192.0.2.250", "none", "t"), "x.y": ("none", "none", "td")},
	    PATH),
	    "a change, a withdrawal, a deletion")
	equal([shown(pdns, name) for name in ("a", "b", "x.y")], [(["192.0.2.11"], []), (["192.0.2.250"], []), ([],
	    [])],
	    "are answered for at once, without caches")
	pdns.server.stop()


def test_caches():
	cached = PowerDNS(db, "pdns", cache_ttl=2, query_cache_ttl=3, negquery_cache_ttl=1)
	cached.start(ZONE)
	path = conf(db, name="cached", cache=7)		# each may last a second longer
	late = []
	for number in range(3):
		address = "192.0.2.%d" % (100 + number)
		published(publish({"cached": address}, path), "published number %d" % number)
		start = time.monotonic()
		wait_for(10, lambda: shown(cached, "cached")[0] == [address])
		late.append(time.monotonic() - start)
	ok(max(late) <= 7.5, "within the time of its caches a server with caches shows it", late)
	ok(max(late) > 0.5, "and not before, so that they count", late)
	cached.server.stop()
	published(publish({}, PATH, compare=True), "all go")


# --- what PowerDNS keeps for DNSSEC ---

def state():
	return db.query("SELECT name, type, content, ordername, auth FROM records ORDER BY name, type, content, auth",
	    "pdns")


HOSTS = {"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "x.y.b": "192.0.2.3", "p.q.r": "192.0.2.4",
    "n.sub": ("none", "none", "t"), "": "192.0.2.5", "UP.q.r": "192.0.2.6", "b.ent.b": "192.0.2.7", "c": cname("a"),
    "c.e.e": cname("a")}
STEPS = (
    ("all come", HOSTS),
    ("some change", {"a": ("none", "2001:db8::1", "tl"), "p.q.r": "192.0.2.44", "c": cname("a"), "c.e.e": cname("b")}),
    ("a CNAME becomes an address, and an address one", {"c": "192.0.2.10", "c.e.e": cname("x.y.b"), "p.q.r": cname("a")}),
    ("and back", {"c": cname("a"), "c.e.e": "192.0.2.10", "p.q.r": "192.0.2.44"}),
    ("CNAMEs go", {"c": ("none", "none", "td"), "c.e.e": ("none", "none", "td")}),
    ("one in the middle goes", {"b": ("none", "none", "td")}),
    ("the deep ones go", {"x.y.b": ("none", "none", "t"), "UP.q.r": ("none", "none", "td")}),
    ("one comes where only deeper ones were", {"q.r": "192.0.2.8", "ent.b": "192.0.2.9"}),
    ("and goes again", {"q.r": ("none", "none", "td"), "ent.b": ("none", "none", "td")}),
    ("the last ones go", {"p.q.r": ("none", "none", "td"), "b.ent.b": ("none", "none", "td"), "": ("none", "none",
    "t"),
    "a": ("none", "none", "td")}))


def try_order(pdns, mode):
	"""After each step, rectify-zone finds nothing to do."""
	for compare in (False, True):
		for what, names in STEPS:
			names = {name.lower(): value for name, value in names.items()}
			if compare:
				db.script("UPDATE records SET ordername = 'wrong', auth = 1 - auth WHERE type IN ('A', 'AAAA', 'CNAME');"
				    "DELETE FROM records WHERE type IS NULL AND name LIKE 'q%'; UPDATE records SET auth = 0 WHERE type IS NULL",
				    "pdns")
				names = {name: value for name, value in names.items() if name != ""}
			published(publish(names, PATH, compare=compare), "%s: %s%s" % (mode, what, ", compared"
			    if compare else ""))
			before = state()
			pdns.util("rectify-zone", ZONE)
			after = state()
			equal([row for row in before if row not in after], [],
			    "%s: rectify-zone takes nothing away" % mode)
			equal([row for row in after if row not in before], [], "%s: nor adds anything" % mode)
	got = pdns.util("check-zone", ZONE)
	ok(got.returncode == 0 and b" 0 errors, 0 warnings" in got.stdout + got.stderr,
	    mode + ": check-zone is content", got)


def test_order():
	pdns = PowerDNS(db, "pdns")
	db.script("INSERT INTO records (domain_id, name, type, content, ttl, auth) SELECT id, 'sub.{z}', 'NS', 'ns.example.net', "
	    "30, 1 FROM domains; INSERT INTO records (domain_id, name, type, content, ttl, auth) SELECT id, 'h.o.deep.{z}', 'NS', "
	    "'ns.example.net', 30, 1 FROM domains; INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, "
	    "'t.r.{z}', 'TXT', '\"of the administrator\"', 30 FROM domains".format(z=ZONE), "pdns")
	pdns.util("rectify-zone", ZONE)
	try_order(pdns, "unsigned")
	pdns.util("secure-zone", ZONE)
	try_order(pdns, "NSEC")
	for parameters in (("1 0 0 -",), ("1 0 3 ab12",), ("1 0 0 -", "narrow"), ("1 1 0 -",), ("1 1 1 ff",
	    "narrow")):
		pdns.util("set-nsec3", ZONE, *parameters)
		pdns.util("rectify-zone", ZONE)
		try_order(pdns, "NSEC3 " + " ".join(parameters))
	pdns.util("unset-nsec3", ZONE)
	pdns.util("disable-dnssec", ZONE)
	db.script("DELETE FROM records WHERE name <> '%s' OR type IN ('A', 'AAAA', 'CNAME')" % ZONE, "pdns")


# --- answers that are validated ---

def delv(pdns, name, kind="A"):
	"""Addresses, or "no" for a proven denial; None when it is not validated."""
	got = run(["delv", "@127.0.0.1", "-p", str(pdns.port), "-a", ANCHOR, "+root=" + ZONE, "+nocrypto",
	    name + "." + ZONE, kind])
	text = got.stdout.decode() + got.stderr.decode()
	if "; fully validated" in text:
		return re.findall(r"\sIN\s+%s\s+(\S+)" % kind, text)
	return "no" if "negative response, fully validated" in text else None


def try_signed(pdns, mode):
	published(publish({"a": ("192.0.2.1", "2001:db8::1", "tl"), "b": "192.0.2.2", "c": cname("b"), "x.y": "192.0.2.3"},
	    PATH), mode + ": names")
	equal([delv(pdns, "c", "CNAME"), delv(pdns, "c")], [["b.%s." % ZONE], ["192.0.2.2"]],
	    mode + ": a CNAME is validated, and where it leads")
	equal([delv(pdns, "a"), delv(pdns, "a", "AAAA"), delv(pdns, "b"), delv(pdns, "x.y")], [["192.0.2.1"],
	    ["2001:db8::1"],
	    ["192.0.2.2"], ["192.0.2.3"]], mode + ": validated before a withdrawal")
	equal([delv(pdns, "b", "AAAA"), delv(pdns, "y"), delv(pdns, "nobody"), delv(pdns, "z.a")], ["no"] * 4,
	    mode + ": and what is not there is denied with a proof")
	seen, end = [], threading.Event()

	def look(name):
		# PowerDNS puts an answer together from several reads, between which a change may come: a resolver asks again.
		return next(filter(None, (delv(pdns, name) for _ in range(5))), None)

	def watch():
		while not end.is_set():
			seen.append((look("a"), look("b")))

	thread = threading.Thread(target=watch)
	thread.start()
	for number in range(20):
		publish({"a": ("192.0.2.1" if number % 2 else "192.0.2.250", "none", "tl"), "b": ("192.0.2.2"
		    if number % 2 else "none",
		    "none", "tl")}, PATH)
	wait_for(20, lambda: len(seen) > 10)
	end.set()
	thread.join()
	wrong = [pair for pair in seen if pair[0] not in (["192.0.2.1"], ["192.0.2.250"])
	    or pair[1] not in (["192.0.2.2"], "no")]
	equal(wrong, [], mode + ": validated during %d looks at withdrawals" % len(seen))
	published(publish({"a": ("192.0.2.250", "none", "t"), "b": ("none", "none", "t"), "x.y": ("none", "none",
	    "td")}, PATH),
	    mode + ": withdrawn")
	equal([delv(pdns, "a"), delv(pdns, "a", "AAAA"), delv(pdns, "b"), delv(pdns, "x.y"), delv(pdns, "y")],
	    [["192.0.2.250"], "no", "no", "no", "no"], mode + ": validated after it")
	published(publish({"a": cname("b"), "b": "192.0.2.2", "c": ("192.0.2.3", "none", "tl")}, PATH), mode + ": kinds change")
	equal([delv(pdns, "a", "CNAME"), delv(pdns, "c"), delv(pdns, "c", "CNAME")], [["b.%s." % ZONE], ["192.0.2.3"], "no"],
	    mode + ": validated, and that there is no CNAME any more")
	published(publish({"a": ("192.0.2.250", "none", "t"), "b": ("none", "none", "t"), "c": ("none", "none", "td")}, PATH),
	    mode + ": and back")
	equal([delv(pdns, "a"), delv(pdns, "a", "CNAME"), delv(pdns, "c")], [["192.0.2.250"], "no", "no"], mode + ": validated, too")


def test_signed():
	pdns = PowerDNS(db, "pdns")
	pdns.util("secure-zone", ZONE)
	pdns.start(ZONE)
	key = pdns.dig(ZONE, "DNSKEY")[0].split(" ", 3)
	write(ANCHOR, 'trust-anchors { "%s." static-key %s %s %s "%s"; };\n' % (ZONE, key[0], key[1], key[2],
	    key[3].replace(" ", "")))
	try_signed(pdns, "NSEC")
	for parameters in (("1 0 0 -",), ("1 0 0 -", "narrow")):
		pdns.util("set-nsec3", ZONE, *parameters)
		pdns.util("rectify-zone", ZONE)
		pdns.server.stop()
		pdns.start(ZONE)
		try_signed(pdns, "NSEC3 " + " ".join(parameters))
	db.script("UPDATE records SET ordername = NULL, auth = 0 WHERE name = 'a.%s'" % ZONE, "pdns")
	ok(delv(pdns, "a") != ["192.0.2.250"], "what is not kept for DNSSEC would not be validated", delv(pdns, "a"))
	published(publish({"a": ("192.0.2.250", "none", "-")}, PATH, compare=True), "a comparison mends it")
	equal(delv(pdns, "a"), ["192.0.2.250"], "and it is")
	pdns.server.stop()


for test in (test_answers, test_caches, test_order, test_signed):
	note(test.__name__)
	test()
done_testing()
