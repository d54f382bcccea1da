#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The filter for fail2ban, by fail2ban-regex, on what a helper really tells syslog: guessers are found, each by its own
address, and nobody can have another one found.
"""
import os
import re
import shutil
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from wire import in_own_network, is_root  # noqa: E402

OWN_NETWORK = is_root() and in_own_network("route add local 10.77.0.0/16 dev lo",
    "-6 route add local 2001:db8:77::/48 dev lo")

from lib import ROOT, TMP, done_testing, equal, ok, run, skip_all  # noqa: E402
from pki import Pki  # noqa: E402
from wire import SYSLOG, Talk, tcp_pair  # noqa: E402
from world import World, token  # noqa: E402

if not OWN_NETWORK or run(["unshare", "-m", "true"]).returncode != 0:
	skip_all("no namespaces can be made")
if not shutil.which("fail2ban-regex"):
	skip_all("fail2ban is not installed")

A, KEYED, VICTIM = "a.dyn.test", "keyed.dyn.test", "203.0.113.66"
FILTERS = os.path.join(TMP, "filter.d")
pki = Pki()
pki.make("cert key cn=laptop")
world = World(hosts=[A], publisher="")
world.add_hosts([KEYED], amend=["require key+password", "credential key " + pki.fingerprint("key")])
world.start_reaper()
os.mkdir(FILTERS)
shutil.copy(os.path.join(ROOT, "auth-helper", "fail2ban-dynlease.conf"), os.path.join(FILTERS, "dynlease.conf"))
shutil.copy("/etc/fail2ban/filter.d/common.conf", FILTERS)
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(os.path.join(TMP, "log.socket"))
log.settimeout(0.2)


def told(*lines, source, shown=None):
	"""What syslog hears of a conversation, as it would write it to a file; nothing is mended on the way."""
	pair = tcp_pair(source, "2001:db8:77:ffff::1", socket.AF_INET6) if ":" in source else tcp_pair(source,
	    "127.0.0.1" if source.startswith("127.") else "10.77.255.1")
	talk = Talk(world, args=(), wrap=("unshare", "-m", "sh", "-c", SYSLOG, "sh", world.dir, log.getsockname()),
	    source=source, pair=pair, context=pki.context(world, shown))
	talk.shake().say(b"".join(line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines) +
	    b"QUIT\n")
	talk.lines()
	talk.status()
	text = b""
	while True:
		try:
			text += re.sub(rb"^<\d+>(.{15} )", rb"\1server ", log.recv(4000)).rstrip(b"\n") + b"\n"
		except TimeoutError:
			return text


def found(text):
	"""The addresses that fail2ban finds."""
	path = os.path.join(TMP, "syslog")
	with open(path, "wb") as file:
		file.write(text)
	got = run(["fail2ban-regex", "-o", "ip", path, os.path.join(FILTERS, "dynlease.conf")])
	ok(got.returncode in (0, 1) and b"rror" not in got.stderr, "fail2ban-regex likes the filter", got)
	return got.stdout.decode().split()


WRONG = "LOGIN %s %s" % (A, token(999))
text = told(WRONG, source="10.77.0.1")
equal((text.count(b"\n"), found(text)), (1, ["10.77.0.1"]), "a wrong secret is found, by where it came from")
equal(found(told("LOGIN no-such.dyn.test x", source="10.77.0.2")), ["10.77.0.2"], "an unknown account")
equal(found(told("LOGIN ../../.. x", source="10.77.0.3")), ["10.77.0.3"], "what is no account")
equal(found(told(WRONG, source="2001:db8:77::7")), ["2001:db8:77::7"], "over IPv6")
text = b"".join(told(WRONG, source="10.77.0.4") for _ in range(5))
ok(text.count(b"too many failures") == 2, "who is limited", text)
equal(found(text), ["10.77.0.4"] * 5, "is found for each attempt")
good = world.login(A)[0]
text = told(good, "RENEW " + A, "STATUS " + A, "RENEW other.dyn.test", "RENEW %s 198.51.100.1" % A,
    source="10.77.0.5")
ok(text.count(b"\n") == 3, "someone who may log in, and is refused things", text)
equal(found(text), [], "is not found")
equal(found(told("LOGIN %s %s" % (KEYED, token(999)), source="10.77.0.6", shown="key")), [],
    "neither is who holds the account's key: neighbours would suffer")
equal(found(told("LOGIN %s %s" % (KEYED, token(999)), source="10.77.0.7")), ["10.77.0.7"], "who does not is")
equal(found(told(WRONG, source="127.0.0.9")), [], "loopback, where tunnels end, is not")

# --- injection ---

FORGED = "login account=a peer=%s passed=- failed=password denied" % VICTIM
HOSTILE = [
	("an address as the account", "LOGIN %s x" % VICTIM),
	("the log's words as the account", "LOGIN a.peer=%s x" % VICTIM),
	("a blank for a newline", "LOGIN a %s" % FORGED),
	("a line of the log as the account", "LOGIN %s x" % FORGED.replace(" ", "\t")),
	("a carriage return", b"LOGIN a\r%s x\n" % FORGED.encode()),
	("a NUL", b"LOGIN a\0%s x\n" % FORGED.encode()),
	("a newline as bytes of UTF-8 that is too long", b"LOGIN a\xc0\x8a%s x\n" % FORGED.encode()),
	("a line separator", b"LOGIN a\xe2\x80\xa8%s x\n" % FORGED.encode()),
	("an escape", b"LOGIN a\x1b[1A%s x\n" % FORGED.encode()),
	("percent signs", "LOGIN %n%s%0a" + VICTIM + " x"),
	("a verb that is a line of the log", FORGED),
	("a long name", "LOGIN %s.%s x" % ("a" * 200, VICTIM)),
]
for number, (name, line) in enumerate(HOSTILE):
	source = "10.77.1.%d" % (number + 1)
	text = told(line, source=source)
	ok(VICTIM not in found(text) and set(found(text)) <= {source}, "%s: nobody else is found" % name, text)
text = told(good, *["%s %s" % (verb, host) for verb in ("RENEW", "RELEASE", "STATUS") for host in
    (VICTIM, "peer=" + VICTIM, "a" * 60 + ".peer=%s.denied" % VICTIM)], source="10.77.2.1")
ok(text.count(b"\n") == 9, "names of hosts that are none", text)
equal(found(text), [], "have nobody found")
line = told(WRONG, source="10.77.2.2").rstrip(b"\n")
equal(found(line + b" peer=203.0.113.66\n" + b"x " + line + b"\n"), [], "a line with more around it is not ours")
done_testing()
