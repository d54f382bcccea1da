# SPDX-License-Identifier: ISC
"""The claims about the publisher dnsupdate that hold with every name server: a file for each calls claims(Server)."""
import collections
import os
import re
import shutil
import signal
import threading
import time

from lib import SANITIZED, TMP, TOOLS, done_testing, equal, note, ok, run, skip, skip_all, spawn, wait_for
from nameservers import SECRET

ZONE = "dyn.test"
FALLBACK = "192.0.2.250"
OK, CONFIG, TIMEOUT, CLOSED, PROTOCOL, UNPUBLISHED = 0, 15, 16, 17, 18, 20
TOOL = [os.path.join(TOOLS, "publish"), "dnsupdate"]
STATIC = ["WWW A 192.0.2.80", "@ A 192.0.2.81", "@ MX 10 mail", "mail A 192.0.2.25", "_sip._tcp SRV 0 0 5060 voip",
    "voip AAAA 2001:db8::50", "left A 192.0.2.66", "*.left AAAA 2001:db8::66", "_x A 192.0.2.67", "text TXT nothing"]

Result = collections.namedtuple("Result", "status why seconds")


def key_file(name="secret", secret=SECRET):
	path = os.path.join(TMP, name)
	with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
		out.write(secret + "\n")
	return path


def conf(server, name="conf", /, **keys):
	path = os.path.join(TMP, name)
	keys = {"server": server.address, "server_port": server.port, "key_name": server.key, "key_file": key_file(),
	    "whole_zone": "yes", "keep": "Www." + ZONE, **keys}
	with open(path, "w") as out:
		out.write("[zone %s]\nfallback4 = %s\nfallback6 = none\nttl = 30\n[dnsupdate %s]\n%s" % (ZONE, FALLBACK, ZONE,
		    "".join("%s = %s\n" % pair for pair in keys.items() if pair[1] is not None)))
	return path


def lines_of(names):
	"""{label: "a"} or {label: ("a", "aaaa", "flags")} as the tool reads it; cname() makes an a of a label."""
	text = ""
	for label, value in sorted(names.items()):
		a, aaaa, flags = value if isinstance(value, tuple) else (value, "none", "tl")
		text += "%s.%s %s %s %s\n" % (label, ZONE, a, aaaa, flags or "-")
	return text.encode()


def cname(label, flags="tl"):
	return "@%s.%s" % (label, ZONE), "none", flags


def publish(path, names, compare=False, wrap=()):
	start = time.monotonic()
	env = {**os.environ, "COMPARE": "1"} if compare else {key: os.environ[key] for key in os.environ if key != "COMPARE"}
	got = run([*wrap, *TOOL, path, ZONE], input=lines_of(names), env=env)
	return Result(got.returncode, (got.stdout + got.stderr).decode("utf-8", "replace").strip(), time.monotonic() - start)


def check(path, wrap=()):
	"""What the check says: (status, text)."""
	got = run([*wrap, *TOOL, path, ZONE, "check"])
	return got.returncode, (got.stdout + got.stderr).decode("utf-8", "replace").strip()


def published(result, name):
	return ok(result.status == OK, name, result)


def failed(result, status, pattern, name):
	return ok(result.status == status and re.search(pattern, result.why), name, "wanted: %d %s" % (status, pattern), result)


def shown(server, label):
	return server.shows(label + "." + ZONE)


def test_names(server):
	path = conf(server)
	equal(check(path), (OK, ""), "the check has nothing to say")
	with open(path) as old, open(path + ".short", "w") as new:
		new.write(old.read().replace("ttl = 30", "ttl = 20"))
	status, text = check(path + ".short")
	ok(status == OK and "the SOA MINIMUM is 30 s and the TTL 20 s" in text,
	    "but of a TTL shorter than the SOA's minimum", text)
	published(publish(path, {"a": "203.0.113.1", "b": ("203.0.113.2", "2001:db8::2", "tl"), "c": (FALLBACK, "none", "t"),
	    "d": ("none", "2001:db8::4", "tl")}), "four hosts, published")
	equal([shown(server, label) for label in "abcd"], [("203.0.113.1", ""), ("203.0.113.2", "2001:db8::2"),
	    (FALLBACK, ""), ("", "2001:db8::4")], "and shown, by both families")
	published(publish(path, {"a": "203.0.113.11", "b": ("203.0.113.2", "none", "tl"), "c": ("none", "2001:db8::3", "tl")}),
	    "changes, published")
	equal([shown(server, label) for label in "abc"], [("203.0.113.11", ""), ("203.0.113.2", ""), ("", "2001:db8::3")],
	    "and shown: a family without a lease has no record")
	published(publish(path, {"b": (FALLBACK, "none", "t"), "c": (FALLBACK, "none", "t")}), "withdrawals, published")
	equal([shown(server, label) for label in "bc"], [(FALLBACK, "")] * 2, "and shown")
	published(publish(path, {"c": ("203.0.113.1", "2001:db8::3", "td")}), "a deleted host, published")
	equal(shown(server, "c"), ("", ""), "shows nothing")
	serial = server.serial()
	equal([shown(server, label)[0] for label in ("www", "left")], ["192.0.2.80", "192.0.2.66"],
	    "names that are not ours are left alone when only what changed is published")
	names = {"a": ("203.0.113.11", "none", "l"), "b": (FALLBACK, "none", ""), "d": ("none", "2001:db8::4", "l")}
	published(publish(conf(server, "no", whole_zone="no", keep=None), names, compare=True),
	    "all that is there, compared without whole_zone")
	equal((server.serial(), shown(server, "left")[0]), (serial, "192.0.2.66"), "changes nothing")
	return path, names


def test_whole(server, path, names):
	published(publish(path, names, compare=True), "all that is there, compared with whole_zone")
	zone = server.axfr()
	equal(sorted(name[:-len(ZONE) - 1] for name, kind in zone if kind in ("A", "AAAA")),
	    ["", "a", "b", "d", "mail", "ns", "voip", "www"],
	    "removes addresses of names that are nobody's, but not those to keep, of servers, and of the zone")
	equal(zone.get(("text." + ZONE, "TXT")), ["\"nothing\""], "and no other records")
	serial = server.serial()
	published(publish(path, names, compare=True), "once more")
	equal(server.serial(), serial, "changes nothing")
	published(publish(path, {"b": (FALLBACK, "none", ""), "d": ("none", "2001:db8::4", "l")}, compare=True),
	    "a host that was deleted and forgotten")
	equal(shown(server, "a"), ("", ""), "shows nothing after a comparison")


def drift(server):
	"""Somebody else changes what is ours."""
	server.nsupdate("update delete n0005.%s" % ZONE, "update add n0005.%s 30 CNAME www.%s." % (ZONE, ZONE),
	    "update delete n0000.%s A" % ZONE, "update add n0001.%s 30 A 192.0.2.99" % ZONE,
	    "update delete n0002.%s A" % ZONE, "update add n0002.%s 30 A 192.0.2.98" % ZONE,
	    "update add n0003.%s 30 AAAA 2001:db8::99" % ZONE, "update delete n0004.%s A" % ZONE,
	    "update add n0004.%s 7777 A 203.0.113.5" % ZONE, "update add other.%s 30 A 192.0.2.97" % ZONE,
	    "update add www.%s 30 AAAA 2001:db8::80" % ZONE)


def is_mended(server, many):
	got = [shown(server, "n%04d" % i) for i in range(6)]
	ttl = run(["dig", "+noall", "+answer", "-p", str(server.port), "@" + server.address, "n0004." + ZONE]).stdout.split()[1]
	return (equal(got, [(many["n%04d" % i][0], "") for i in range(6)], "what others changed of ours is as it must be") and
	    equal(ttl, b"30", "its TTL, too"))


def leads(server, label):
	"""Where a CNAME leads, and what is found by following it."""
	return server.dig(label + "." + ZONE, "CNAME"), shown(server, label)[0].split(" ")[0]


def test_cnames(server, path):
	"""A name that leads to a host: it comes, is followed, changes its kind, and goes; all that is there is ours."""
	to_h, none = "h.%s." % ZONE, ("", "")
	published(publish(path, {"c": cname("h"), "h": "203.0.113.1", "i": "203.0.113.2"}), "a CNAME, published")
	equal(leads(server, "c"), (to_h, "203.0.113.1"), "it leads to its host")
	published(publish(path, {"h": "203.0.113.3"}), "a change of the host alone")
	equal(leads(server, "c"), (to_h, "203.0.113.3"), "is followed")
	published(publish(path, {"c": ("203.0.113.3", "2001:db8::3", "tls"), "i": cname("h")}),
	    "addresses become a CNAME, and it them")
	equal((shown(server, "c"), leads(server, "c")[0], leads(server, "i")), (("203.0.113.3", "2001:db8::3"), "",
	    (to_h, "203.0.113.3")), "and are shown in one go")
	published(publish(path, {"c": cname("i"), "i": ("203.0.113.4", "none", "tls")}), "and back")
	equal((leads(server, "c"), shown(server, "i")), (("i.%s." % ZONE, "203.0.113.4"), ("203.0.113.4", "")), "are shown, too")
	published(publish(path, {"c": cname("h"), "i": ("none", "none", "td")}), "to another host")
	equal((leads(server, "c"), shown(server, "i")), ((to_h, "203.0.113.3"), none), "it leads there")
	for way, how in (("by transfer", {}), ("name by name", {"transfer": "no"})):
		server.nsupdate("update delete c." + ZONE, "update add c.%s 30 CNAME www.%s." % (ZONE, ZONE), "update delete h." + ZONE,
		    "update delete i." + ZONE, "update add h.%s 30 CNAME c.%s." % (ZONE, ZONE),
		    "update add i.%s 30 A 192.0.2.9" % ZONE, "update delete j." + ZONE,
		    "update add j.%s 30 CNAME c.%s." % (ZONE, ZONE), "update add k.%s 30 CNAME c.%s." % (ZONE, ZONE))
		names = {"c": cname("h", "l"), "h": ("203.0.113.3", "none", "l"), "i": cname("h", "l"), "j": ("none", "none", "")}
		changed = conf(server, "changed", **how)
		published(publish(changed, names, compare=True), way + ": what others made of it is compared")
		equal([leads(server, label) for label in "chij"] + [shown(server, "j")], [(to_h, "203.0.113.3"), ("", "203.0.113.3"),
		    (to_h, "203.0.113.3"), none, none], way + ": and is as it must be")
		equal(server.dig("k." + ZONE, "CNAME"), "c.%s." % ZONE, way + ": a CNAME of nobody's is left alone")
		serial = server.serial()
		published(publish(changed, names, compare=True), way + ": once more")
		equal(server.serial(), serial, way + ": changes nothing")
	got = publish(path, {"text": cname("h"), "j": "203.0.113.5"})
	ok(got.status in (CONFIG, UNPUBLISHED) and re.search(r"still shows no CNAME for text\.%s \(has it other records|text\.%s: .*"
	    "refuses updates" % (ZONE, ZONE), got.why), "a CNAME beside other records is reported", got)
	equal((server.dig("text." + ZONE, "TXT"), shown(server, "j")[0]), ('"nothing"', "203.0.113.5"),
	    "they stay, and the rest is shown")
	published(publish(path, {"c": ("none", "none", "td"), "h": ("none", "none", "td"), "i": ("none", "none", "td"),
	    "j": ("none", "none", "td"), "k": ("none", "none", "td"), "text": ("none", "none", "td")}), "all deleted")
	equal([(shown(server, label), server.dig(label + "." + ZONE, "CNAME")) for label in "chijk"], [(none, "")] * 5,
	    "they show nothing")


def test_many(server, path):
	many = {"n%04d" % i: ("203.0.113.%d" % (i % 250 + 1), "none", "tl") for i in range(1200)}
	serial = server.serial()
	got = publish(path, many)
	note("1200 names in %.2f s" % got.seconds)
	published(got, "1200 names in one go")
	ok(1 <= server.serial() - serial <= 3, "in three messages at most", serial, server.serial())
	zone = server.axfr()
	equal({name[:5]: data for (name, kind), data in zone.items() if kind == "A" and re.match(r"n\d{4}\.", name)},
	    {label: [value[0]] for label, value in many.items()}, "the zone has each of them")
	drift(server)
	published(publish(path, many, compare=True), "after others had changed the zone, it is compared")
	is_mended(server, many)
	equal((shown(server, "other"), shown(server, "www")), (("", ""), ("192.0.2.80", "2001:db8::80")),
	    "an address of nobody's is gone, one to keep is not")
	return many


def test_no_transfer(server, path, many):
	server.stop()
	server.transfer = False
	server.start()
	status, text = check(path)
	ok(status == OK and "compared name by name, and addresses in it that are nobody's are not found" in text,
	    "a transfer that is refused: the check says what that means", text)
	drift(server)
	published(publish(path, many, compare=True), "the zone is compared name by name")
	is_mended(server, many)
	server.nsupdate("update delete n0007.%s" % ZONE, "update add n0007.%s 30 CNAME other.%s." % (ZONE, ZONE))
	got = publish(path, {"n0007": many["n0007"]})
	ok(got.status in (CONFIG, UNPUBLISHED), "a CNAME that somebody has put at a host's name is not looked for", got)
	published(publish(path, many, compare=True), "before the zone is compared")
	equal((server.dig("n0007." + ZONE, "CNAME"), shown(server, "n0007")[0]), ("", many["n0007"][0]), "and then replaced")
	equal(shown(server, "other")[0], "192.0.2.97", "and what it leads to is not held against anybody")
	got = publish(conf(server, "transfer", transfer="yes"), many, compare=True)
	failed(got, CONFIG, "transfers of|BADKEY", "with transfer = yes it is a mistake")
	server.nsupdate("update delete n0005.%s A" % ZONE)
	got = check(conf(server, "transfer", transfer="no"))
	ok(got[0] == OK and "without transfers" in got[1], "transfer = no and whole_zone = yes: the check says that it is in vain",
	    got)
	published(publish(conf(server, "transfer", transfer="no"), many, compare=True), "with transfer = no none is asked for")
	equal(shown(server, "n0005")[0], many["n0005"][0], "and the names are mended")
	server.stop()
	server.transfer = True
	server.start()
	server.nsupdate("update add other.%s 30 A 192.0.2.97" % ZONE)
	published(publish(conf(server, "transfer", transfer="no"), many, compare=True), "nor where it would be granted")
	equal(shown(server, "other")[0], "192.0.2.97", "so that nobody's address is not found")
	published(publish(path, many, compare=True), "as it is by one")
	equal(shown(server, "other")[0], "", "which removes it")


# What is said of a key that is not the server's, a secret, a time, and of updates that it does not allow.
Words = collections.namedtuple("Words", "key secret time update")
CLOCKS = r"clocks are too far apart \(BADTIME\): here it is \d{4}-.*UTC, at 127\.0\.0\.1 \d{4}-.*UTC"


def test_mistakes(server, told, checked):
	"""A wrong configuration is told from a server that is down, by publishing and by the check."""
	names, before = {"a": "203.0.113.77"}, shown(server, "a")
	for what, keys, i in (
	    ("another secret", {"key_file": key_file("other", "YW5vdGhlciBzZWNyZXQgb2YgYSB0ZXN0IG9ubHk=")}, 1),
	    ("a key that it does not know", {"key_name": "nobody"}, 0),
	    ("another algorithm", {"key_algorithm": "hmac-sha512"}, 0)):
		path = conf(server, "wrong", **keys)
		got = publish(path, names)
		failed(got, CONFIG, told[i], what)
		ok("REFUSED" in got.why or "a." + ZONE not in got.why, what + " is not blamed on a name", got)
		ok(re.search(checked[i], check(path)[1]), what + ": the check says so, too", check(path))
	path = conf(server)
	if SANITIZED or not shutil.which("faketime"):
		skip("another time", "needs faketime, and no sanitizer")
	else:
		wrap = ("faketime", "-f", "+1h")
		failed(publish(path, names, wrap=wrap), CONFIG, told.time, "another time, with both clocks if the server tells")
		ok(re.search(checked.time, check(path, wrap)[1]), "another time: the check says so, too", check(path, wrap))
	for what, secret, mode in (("no base64", "%%%", 0o600), ("too short", "c2hvcnQ=", 0o600), ("for all to read", SECRET,
	    0o644)):
		file = key_file("bad", secret)
		os.chmod(file, mode)
		got = publish(conf(server, "wrong", key_file=file), names)
		ok(got.status == CONFIG and "key_file " + file in got.why and secret not in got.why, "a secret %s" % what, got)
	server.stop()
	server.update = False
	server.start()
	failed(publish(path, names), CONFIG, told.update, "updates that are not allowed")
	ok(re.search(checked.update, check(path)[1]), "updates that are not allowed: the check says so, too", check(path))
	server.stop()
	server.update = True
	server.start()
	equal(shown(server, "a"), before, "all that changed nothing")


def test_other_zone(server, path):
	"""The server is there, the zone is not."""
	other = path + ".zone"
	with open(path) as old, open(other, "w") as new:
		new.write(old.read().replace(ZONE, "no.test"))
	got = run([*TOOL, other, "no.test"], input=b"a.no.test 203.0.113.1 none tl\n")
	ok(got.returncode == UNPUBLISHED and b"does not answer for no.test" in got.stdout, "a zone that it does not have", got)
	got = run([*TOOL, other, "no.test", "check"])
	ok(re.search(rb"no.test \(REFUSED\)|NOTAUTH to", got.stdout + got.stderr), "the check says so, too", got)


def test_down(server, path, many):
	server.process.kill(signal.SIGSTOP)
	got = publish(path, many)
	ok(got.status in (TIMEOUT, UNPUBLISHED) and "no answer" in got.why and got.seconds < 15, "a server that is stopped", got)
	server.process.kill(signal.SIGCONT)
	wait_for(10, server.answers)
	server.stop()
	got = publish(path, many)
	ok(got.status == UNPUBLISHED and "no answer" in got.why and got.seconds < 5, "a server that is down", got)
	server.start()
	published(publish(path, many, compare=True), "when it is back everything is compared")
	soa = server.dig(ZONE, "SOA")
	victim = spawn("killed-in-between", [*TOOL, conf(server, "small", batch=1, in_flight=1), ZONE],
	    stdin=open(write_names(many, "203.0.114."), "rb"))
	wait_for(10, lambda: server.dig(ZONE, "SOA") not in (soa, "?"))
	server.kill()
	victim.process.wait()
	ok(victim.process.returncode != OK, "a server that is killed in the middle: not published", victim.text())
	server.start()
	moved = {label: (value[0].replace("203.0.113.", "203.0.114."), *value[1:]) for label, value in many.items()}
	published(publish(path, moved, compare=True), "when it is back everything is compared")
	zone = server.axfr()
	equal({name[:5]: data for (name, kind), data in zone.items() if kind == "A" and re.match(r"n\d{4}\.", name)},
	    {label: [value[0]] for label, value in moved.items()}, "and the zone has each name")


def write_names(many, prefix):
	path = os.path.join(TMP, "names")
	with open(path, "wb") as out:
		out.write(lines_of({label: (prefix + value[0].split(".")[-1], *value[1:]) for label, value in many.items()}))
	return path


def test_signed(make):
	"""A zone that the server signs: validated before, during and after withdrawals."""
	server = make(signed=True, records=["www A 192.0.2.80"])
	server.start()
	anchor = wait_for(30, server.anchor)
	path = conf(server)
	many = {"n%04d" % i: "203.0.113.%d" % (i % 250 + 1) for i in range(1200)}
	published(publish(path, many), "a signed zone: 1200 names, published")
	name = "n0600." + ZONE
	valid = wait_for(10, lambda: server.delv(name)[:2] == (True, "203.0.113.101"))
	ok(anchor and valid, "delv validates one", server.delv(name))
	published(publish(path, {"c": cname("n0600")}), "a CNAME, published")
	valid = wait_for(10, lambda: server.delv("c." + ZONE)[:2] == (True, "203.0.113.101"))
	ok(valid and "CNAME" in server.delv("c." + ZONE)[2], "delv validates it, and where it leads", server.delv("c." + ZONE))
	seen, over = [], threading.Event()

	def watch():
		while not over.is_set():
			seen.append(server.delv(name))

	watcher = threading.Thread(target=watch, daemon=True)
	watcher.start()
	wait_for(10, lambda: len(seen) > 2)
	got = publish(conf(server, "slow", batch=10, in_flight=1), {label: (FALLBACK, "none", "t") for label in many})
	count = len(seen)
	wait_for(10, lambda: len(seen) > count + 2)
	over.set()
	watcher.join()
	published(got, "all withdrawn")
	equal(server.delv("c." + ZONE)[:2], (True, FALLBACK), "what leads to it shows that, validated")
	published(publish(path, {"c": (FALLBACK, "none", "ts")}), "it becomes an address")
	equal(server.delv("c." + ZONE)[:2], (True, FALLBACK), "which is validated")
	published(publish(path, {"c": ("none", "none", "td")}), "and is deleted")
	equal([answer for answer in seen if not answer[0] or answer[1] not in ("203.0.113.101", FALLBACK)], [],
	    "delv validated it all the while (%d times)" % len(seen))
	equal((seen[0][1], server.delv(name)[:2]), ("203.0.113.101", (True, FALLBACK)), "with the old address, then the fallback")
	published(publish(path, {"n0600": ("none", "none", "td")}), "a deleted host")
	got = server.delv(name)
	ok("negative response, fully validated" in got[2], "its absence is validated", got)
	published(publish(path, {label: (FALLBACK, "none", "") for label in many if label != "n0600"}, compare=True),
	    "compared by transfer, signatures and all")
	server.stop()


def claims(make, told, checked=None, more=lambda: None):
	"""told, checked: what is said of mistakes when publishing, and by the check; more: claims about this one only."""
	missing = make.missing() or (None if os.path.exists(TOOL[0]) else TOOL[0])
	if missing:
		skip_all("no " + missing)
	server = make(zone=ZONE, records=STATIC).start()
	path, names = test_names(server)
	test_whole(server, path, names)
	test_cnames(server, path)
	many = test_many(server, path)
	test_no_transfer(server, path, many)
	test_mistakes(server, told, checked or told)
	test_other_zone(server, path)
	test_down(server, path, many)
	server.stop()
	test_signed(make)
	more()
	done_testing()
