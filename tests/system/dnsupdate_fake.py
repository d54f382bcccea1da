#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Dynamic updates to a server that lies, breaks off, or does not like one name of many."""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok, skip_all  # noqa: E402
from fakedns import (AXFR, NOERROR, NOTAUTH, SERVFAIL, SOA, UPDATE, FakeServer, answer, honest, sequence,
    sign)  # noqa: E402
from nameservers import SECRET  # noqa: E402
from updates import (CLOSED, CONFIG, PROTOCOL, TIMEOUT, TOOL, UNPUBLISHED, ZONE, check, conf, failed, publish,
    published)  # noqa: E402

if not os.path.exists(TOOL[0]):
	skip_all("no " + TOOL[0])
OTHER = base64.b64encode(b"another secret of a test only").decode()
MANY = {"n%04d" % i: "203.0.113.%d" % (i % 250 + 1) for i in range(1200)}
NAMES = {"a": "203.0.113.1", "b": ("203.0.113.2", "2001:db8::2", "tl")}


def fake():
	return FakeServer(ZONE, "k", SECRET).start()


def test_section():
	server = fake()
	for what, pattern, keys in (
	    ("no key", "needs the key_name", {"key_name": None}),
	    ("no secret", "needs the key_file", {"key_file": None}),
	    ("no server", "address of a server", {"server": "none"}),
	    ("a weak algorithm", "key_algorithm is hmac-sha256 or hmac-sha512", {"key_algorithm": "hmac-md5"}),
	    ("a transfer that is neither", "transfer is one of auto, yes, no", {"transfer": "maybe"}),
	    ("not a word on the whole zone", "whole_zone must be said", {"whole_zone": None}),
	    ("something else on it", "whole_zone must be said", {"whole_zone": "perhaps"}),
	    ("what to keep where nothing is removed", "keep goes with whole_zone = yes", {"whole_zone": "no"}),
	    ("to keep what is elsewhere", "keep needs names within the zone", {"keep": "www.%s www.example.org" % ZONE}),
	    ("to keep a name with a dot", "keep needs names within the zone", {"keep": "www.%s." % ZONE}),
	    ("a name to keep that is too long", "too long", {"keep": "x" * 300}),
	    ("messages of too many", "batch", {"batch": 501}),
	    ("none in flight", "in_flight", {"in_flight": 0})):
		status, text = check(conf(server, "section", **keys))
		ok(status == CONFIG and pattern in text, "section refused: " + what, status, text)
	equal(check(conf(server, "section", key_algorithm="hmac-sha512", whole_zone="no", keep=None))[0], 0, "section accepted")


def test_honest():
	server = fake()
	path = conf(server)
	equal(check(path), (0, ""), "an honest server: the check has nothing to say")
	published(publish(path, NAMES), "and what is published is shown")
	equal([server.shows(label + "." + ZONE) for label in "ab"], [("203.0.113.1", ""), ("203.0.113.2", "2001:db8::2")],
	    "as it must be")
	server.hold = 4
	server.updates.clear()
	published(publish(conf(server, batch=100), MANY), "four messages are in flight, and answered in any order")
	equal(server.updates, [100] * 12, "each of as many names as are allowed")
	server.hold = 0
	server.updates.clear()
	long = {"%s.%s" % ("x" * 63, ".".join(["y%03d%s" % (i, "y" * 59)] * 2)): "203.0.113.9" for i in range(500)}
	published(publish(path, long), "names that are long")
	ok(len(server.updates) > 1 and sum(server.updates) == 500, "are fewer to a message", server.updates)


def test_order():
	"""Whose address ends is asked for before whose begins."""
	server = fake()
	path = conf(server, batch=10, in_flight=1)
	names = {"%s%d" % (label, i): address for i in range(20) for label, address in (("a", "203.0.113.9"),
	    ("m", ("192.0.2.250", "none", "t")), ("z", ("none", "none", "td")))}
	for what, compare in (("touched", False), ("compared", True)):
		server.names.clear()
		server.asked.clear()
		for i in range(20):
			for label in ("m%d.", "z%d.", "stranger%d."):
				server.set(label % i + ZONE, "203.0.113.66")
		published(publish(path, names, compare=compare), "names that come and go, " + what)
		asked = ["".join(sorted({name[0] for name in message})) for message in server.asked]
		ok("a" in asked[-1] and not any("a" in message for message in asked[:-2]), "those that go are sent first", asked)


def test_answers():
	"""What is not signed as it must be is not believed, whatever it says."""
	def part(change):
		return lambda server, query, code: ([change(server, query, wire) for wire in server.answers(query, code)]
		    if query.opcode == UPDATE else honest(server, query, code))

	def flip(wire, at):
		return wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1:]

	for what, change in (
	    ("without a signature", lambda server, query, wire: wire),
	    ("signed with another secret", lambda server, query, wire: sign(server, wire, query.mac, secret=OTHER)[0]),
	    ("signed with another key", lambda server, query, wire: sign(server, wire, query.mac, key="other")[0]),
	    ("signed with another algorithm", lambda server, query, wire: sign(server, wire, query.mac,
	    algorithm="hmac-sha512")[0]),
	    ("to another question", lambda server, query, wire: sign(server, wire, b"x" * 32)[0]),
	    ("to no question", lambda server, query, wire: sign(server, wire, b"")[0]),
	    ("of an hour ago", lambda server, query, wire: sign(server, wire, query.mac, when=1000000000)[0]),
	    ("with half a signature", lambda server, query, wire: sign(server, wire, query.mac, cut=16)[0]),
	    ("with no bytes of a signature", lambda server, query, wire: sign(server, wire, query.mac, cut=0)[0]),
	    ("that was changed on its way", lambda server, query, wire: flip(sign(server, wire, query.mac)[0], 2)),
	    ("whose code was changed to yes", lambda server, query, wire: flip(sign(server, flip(wire, 3), query.mac)[0], 3)),
	    ("with a signature that was changed", lambda server, query, wire: flip(sign(server, wire, query.mac)[0], -10))):
		server = fake()
		server.reply = part(change)
		got = publish(conf(server), NAMES)
		failed(got, PROTOCOL, "not signed with the key k as it must be", "an answer " + what)
		ok(SECRET not in got.why and len(got.why) < 300, "that is said in one line", got)
	for what, change in (
	    ("with another ID", lambda server, query, wire: sign(server, answer(query, NOERROR, ident=query.id ^ 1), query.mac)[0]),
	    ("that is a question", lambda server, query, wire: query.wire),
	    ("that is cut", lambda server, query, wire: wire[:-5]),
	    ("of eleven bytes", lambda server, query, wire: wire[:11]),
	    ("of no bytes", lambda server, query, wire: b"")):
		server = fake()
		server.reply = part(change)
		got = publish(conf(server), NAMES)
		ok((got.status, got.why.endswith("answers with what is no answer")) in ((PROTOCOL, True), (CLOSED, False)),
		    "an answer " + what, got)


def test_idle():
	server = fake()
	server.set("a." + ZONE, "203.0.113.66")
	server.idle = {"a." + ZONE}
	path = conf(server)
	failed(publish(path, {"a": ("192.0.2.250", "none", "t")}), UNPUBLISHED,
	    r"still shows the IPv4 address 203\.0\.113\.66 for a\.%s" % ZONE, "a server that says yes and does nothing")
	failed(publish(path, {"a": ("192.0.2.250", "none", "t")}, compare=True), UNPUBLISHED, "still shows",
	    "also after a comparison")
	server.idle = set()
	published(publish(path, {"a": ("192.0.2.250", "none", "t")}), "when it does it, it is published")


def test_partly_idle():
	"""Of many names some are looked at: nothing that is larger than what is between them can be left out."""
	gone = {label: ("192.0.2.250", "none", "t") for label in MANY}
	for first in (0, 600, 1189):
		server = fake()
		path = conf(server)
		published(publish(path, MANY), "1200 names")
		server.idle = {"n%04d.%s" % (first + i, ZONE) for i in range(11)}
		got = publish(path, gone)
		failed(got, UNPUBLISHED, r"still shows the IPv4 address 203\.0\.113\.\d+ for n\d",
		    "a server that says yes to all and leaves out 11 from %d on" % first)
		ok(any(" %s, " % name in got.why for name in server.idle), "one of them is named", got)
		server.idle = set()
		published(publish(path, gone), "when it does them, too, all are published")


def test_names():
	server = fake()
	path = conf(server)
	server.refuses = ("n0123." + ZONE,)
	failed(publish(path, MANY), CONFIG, r": n0123\.%s: 127\.0\.0\.1 refuses updates" % ZONE, "one name of 1200 is refused: named")
	equal(len([name for name in server.names if name[0].startswith("n")]), 1199, "all others are shown")
	ok(len(server.updates) < 25, "it was found by halving", server.updates)
	server.refuses = tuple("n%04d.%s" % (i, ZONE) for i in (5, 6, 700))
	server.names.clear()
	failed(publish(path, MANY), CONFIG, r"3 names, as n\d+\.%s: " % ZONE, "three names are refused: counted, and one named")
	equal(len(server.names), 1197, "all others are shown")
	server.refuses = tuple("n%04d.%s" % (i, ZONE) for i in range(1200))
	server.names.clear()
	server.updates.clear()
	failed(publish(path, MANY), CONFIG, "refuses updates", "all are refused")
	ok(len(server.updates) < 20, "which is not asked of each name", len(server.updates))
	server.refuses = ()
	server.code = SERVFAIL
	failed(publish(path, MANY), UNPUBLISHED, r"failed at updates of dyn\.test \(SERVFAIL\)", "a server that fails, passing")
	server.code = NOTAUTH
	failed(publish(path, NAMES), CONFIG, "NOTAUTH to updates of dyn.test: is it the zone's primary", "one that is not primary")
	server.code = 4
	failed(publish(path, NAMES), CONFIG, r"does not know how to do updates \(NOTIMP\)", "one that knows no updates")
	server.code = 10
	failed(publish(path, NAMES), CONFIG, r"not within its zone dyn\.test \(NOTZONE\)", "one that has another zone")
	server.code = None
	published(publish(path, MANY), "and when nothing is wrong any more")


def test_breaks():
	server = fake()
	path = conf(server, batch=100)
	count = []

	def hang_up(fake_server, query, code):
		count.append(query)
		return None if len(count) == 3 else honest(fake_server, query, code)

	server.reply = hang_up
	failed(publish(path, MANY), CLOSED, "takes no connection over TCP, or has closed it", "a connection that breaks")
	server.reply = lambda fake_server, query, code: []
	got = publish(path, NAMES)
	failed(got, TIMEOUT, "no answer over TCP", "a server that never answers")
	ok(7 < got.seconds < 15, "is given up in time", got)
	server.reply = honest
	server.set("old." + ZONE, "203.0.113.8")
	published(publish(path, MANY, compare=True), "and when it is well again everything is compared")
	equal((len(server.names), server.shows("old." + ZONE)), (1200, ("", "")), "and shown")


def test_transfers():
	"""A transfer that is not proved to the end changes nothing."""
	def only(change):
		return lambda server, query, code: (change(server, query, honest(server, query, code)) if query.type == AXFR
		    else honest(server, query, code))

	def changed(server, query, wires):
		at = wires[1].index(b"\xcb\x00\x71")	# 203.0.113
		return [wires[0], wires[1][:at + 2] + b"\x72" + wires[1][at + 3:], wires[2]]

	for what, change, status in (
	    ("that is not signed", lambda server, query, wires: server.answers(query, NOERROR), PROTOCOL),
	    ("with a message that is not signed", lambda server, query, wires: [wires[0], server.answers(query, NOERROR)[1],
	    wires[2]], PROTOCOL),
	    ("with a message left out", lambda server, query, wires: [wires[0], wires[2]], PROTOCOL),
	    ("with a message twice", lambda server, query, wires: [wires[0], wires[1], wires[1], wires[2]], PROTOCOL),
	    ("with an address changed", changed, PROTOCOL),
	    ("that ends before its end", lambda server, query, wires: wires[:2], TIMEOUT),
	    ("signed message by message", lambda server, query, wires: [sign(server, wire, query.mac)[0] for wire in
	    server.answers(query, NOERROR)], PROTOCOL),
	    ("that does not begin with the SOA", lambda server, query, wires: sequence(server, query,
	    server.answers(query, NOERROR)[1:]), PROTOCOL)):
		server = fake()
		for i in range(20):
			server.set("old%d.%s" % (i, ZONE), "203.0.113.8")
		server.reply = only(change)
		got = publish(conf(server), NAMES, compare=True)
		ok(got.status == status, "a transfer " + what, got)
		equal((server.updates, server.serial), ([], 1), "changes nothing")


def test_without_transfers():
	"""A server that gives no transfer is asked for each name."""
	server = fake()
	server.set("a." + ZONE, "203.0.113.66")
	server.reply = lambda fake_server, query, code: None if query.type == AXFR else honest(fake_server, query, code)
	published(publish(conf(server), NAMES, compare=True), "one that hangs up when it is asked for a transfer")
	equal([server.shows(label + "." + ZONE) for label in "ab"], [("203.0.113.1", ""), ("203.0.113.2", "2001:db8::2")],
	    "comes to show all")
	server.updates.clear()

	def without_authority(query):
		wire = FakeServer.look(server, query)
		return wire if query.type == SOA else wire[:2] + bytes([wire[2] & ~4]) + wire[3:]

	server.look = without_authority
	failed(publish(conf(server), {"a": "203.0.113.9"}, compare=True), UNPUBLISHED, r"does not answer for a\.%s" % ZONE,
	    "answers without authority are none")
	equal(server.updates, [], "and nothing is made of them")


test_section()
test_honest()
test_order()
test_answers()
test_idle()
test_partly_idle()
test_names()
test_breaks()
test_transfers()
test_without_transfers()
done_testing()
