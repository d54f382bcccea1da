#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The line dialect: each verb, each code, and what must not be understood. One helper on one TCP connection each."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok  # noqa: E402
from wire import Talk, ask, new_source  # noqa: E402
from world import World, token  # noqa: E402

A, B, CLASSY, V6 = "a.dyn.test", "b.dyn.test", "long.dyn.test", "six.dyn.test"
LONG = ".".join(["x" * 63, "y" * 63, "z" * 63, "w" * 52, "dyn.test"])
OUTSIDE = "a.elsewhere.test"

world = World(hosts=[A, B, V6, LONG, OUTSIDE], publisher="", server="[class slow]\nlease = 900\n")
world.add_hosts(["mute.dyn.test"], announce="")
world.add_hosts([CLASSY], classname="slow")
reaper = world.start_reaper()
LOGIN = world.login(A)[0]
DENIED, FOREIGN = "535 denied", "550 not your host"
UNSPOKEN = "500 not a line: too long, or not plain ASCII"


def raw(data, **how):
	"""(answers, status, talk) to these bytes, sent at once; our direction stays open."""
	talk = Talk(world, **how)
	talk.shake().say(data)
	return talk.lines(), talk.status(), talk


def codes(answers):
	return " ".join(answer[:3] for answer in answers)


# --- what works, and its words ---

source = new_source()
got, status = ask(world, [LOGIN, "RENEW " + A, "RENEW " + A, "STATUS " + A, "RELEASE " + A, "STATUS " + A,
    "RELEASE " + A], source=source)
equal(got[0], "250 " + A, "LOGIN answers with the account")
equal(got[1], "250 %s address=%s family=4 lease=120 renew=40 changed=yes" % (A, source),
    "RENEW grants the peer's address")
equal(got[2], got[1].replace("changed=yes", "changed=no"), "RENEW again changes nothing")
ok(re.fullmatch(r"250 %s state=live address=%s left=(120|119)" % (re.escape(A), re.escape(source)), got[3]),
    "STATUS tells address and seconds left", got[3])
equal(got[4:], ["250 %s released" % A, "250 %s state=offline" % A, "250 %s released" % A, "221 bye"],
    "RELEASE ends the lease, and may be repeated")
equal(status, 0, "a conversation held to its end exits with 0")

got, _ = ask(world, world.login(V6) + ["RENEW %s 127.9.9.9" % V6, "RENEW %s 2001:DB8:0:0::5" % V6, "STATUS " + V6])
ok(re.fullmatch(r"250 %s state=live address=127.9.9.9 left=\d+ address=2001:db8::5 left=\d+" % re.escape(V6), got[3]),
    "both families are leased side by side, the address in its one spelling", *got)
equal(got[2].split()[3], "family=6", "RENEW tells the family")
got, _ = ask(world, world.login(CLASSY) + ["RENEW " + CLASSY])
ok(got[1].endswith("lease=900 renew=300 changed=yes"), "the lease of the account's class", *got)

# --- a table of conversations: name, lines, codes ---

TABLE = [
	("verbs in any case", ["login %s %s" % (A, world.tokens[A]), "ReNeW " + A, "sTATUS " + A, "release " + A],
	"250 250 250 250 221"),
	("names in any case, with a final dot", ["LOGIN A.Dyn.TEST. " + world.tokens[A], "RENEW a.DYN.test.",
	"STATUS " + A.upper()],
	    "250 250 250 221"),
	("words between several blanks", ["  LOGIN   %s   %s  " % (A, world.tokens[A]), " RENEW  " + A],
	"250 250 221"),
	("RENEW before LOGIN", ["RENEW " + A], "503 221"),
	("RELEASE and STATUS before LOGIN", ["RELEASE " + A, "STATUS " + A], "503 503 221"),
	("a second LOGIN", [LOGIN, LOGIN, "STATUS " + A], "250 503 250 221"),
	("a second LOGIN after a failed one", ["LOGIN %s %s" % (A, token(999)), LOGIN, "STATUS " + A],
	"535 503 503 221"),
	("an unknown verb", ["HELO"], "500 221"),
	("a verb cut short, or too long", ["LOGI", "LOGINS"], "500 500 221"),
	("an empty line", [""], "500 221"),
	("a line of blanks", ["   "], "500 221"),
	("LOGIN without an account", ["LOGIN"], "501 221"),
	("LOGIN with a word too many", [LOGIN + " x"], "501 221"),
	("LOGIN without a secret", ["LOGIN " + A], "535 221"),
	("LOGIN with a secret of 257 bytes", ["LOGIN %s %s" % (A, "s" * 257)], "501 221"),
	("LOGIN with a secret of 256 bytes", ["LOGIN %s %s" % (A, "s" * 256)], "535 221"),
	("RENEW without a host, or with too much", [LOGIN, "RENEW", "RENEW %s 127.0.0.1 x" % A], "250 501 501 221"),
	("STATUS and RELEASE with too much", [LOGIN, "STATUS %s x" % A, "RELEASE %s x" % A], "250 501 501 221"),
	("QUIT with words is QUIT", ["QUIT now"], "221"),
	("nothing is read after QUIT", ["QUIT", LOGIN, "STATUS " + A], "221"),
	("the third error closes", ["X", "X", "X", LOGIN], "500 500 500"),
	("errors of all kinds are counted", ["RENEW " + A, "LOGIN", "X", LOGIN], "503 501 500"),
	("refusals are no errors", [LOGIN] + ["STATUS " + B] * 8 + ["STATUS " + A], "250" + " 550" * 8 + " 250 221"),
	("sixteen commands", [LOGIN] + ["STATUS " + A] * 14, "250" + " 250" * 14 + " 221"),
	("the seventeenth", [LOGIN] + ["STATUS " + A] * 16, "250" + " 250" * 15 + " 421"),
	("somebody else's host", [LOGIN, "RENEW " + B, "RELEASE " + B, "STATUS " + B], "250 550 550 550 221"),
	("a host of no configured zone", world.login(OUTSIDE) + ["RENEW " + OUTSIDE], "250 550 221"),
	("the longest name", world.login(LONG) + ["RENEW " + LONG, "STATUS " + LONG], "250 250 250 221"),
]
for name, lines, wanted in TABLE:
	got, _ = ask(world, lines)
	equal(codes(got), wanted, name)

got, status = ask(world, ["X", "X", "X"])
equal(status, 76, "who does not speak as agreed makes it exit with 76")
foreign = ask(world, [LOGIN, "STATUS " + B, "STATUS no-such.dyn.test", "STATUS dyn.test",
    "STATUS " + OUTSIDE])[0][1:-1]
equal(set(foreign), {FOREIGN}, "one text for foreign and for unknown hosts")
denied = [ask(world, [line])[0][0] for line in ("LOGIN %s %s" % (A, token(999)), "LOGIN no-such.dyn.test " + token(0),
    "LOGIN ../etc/passwd " + token(0), "LOGIN " + A, "LOGIN %s wrong" % A, "LOGIN %s %s" % (A, world.tokens[B]),
    "LOGIN %s %s" % (A, world.tokens[A].upper()), "LOGIN %s %s" % (A, world.tokens[A] + "0"),
    "LOGIN %s %s" % (A, world.tokens[A][:-1]))]
equal(set(denied), {DENIED}, "one text for every denial")

# --- lines ---

pad = "STATUS " + A
LINES = [
	("LF and CRLF, mixed", LOGIN + "\r\nSTATUS " + A + "\nSTATUS " + A + "\r\nQUIT\r\n", "250 250 250 221"),
	("512 bytes with LF", LOGIN + "\n" + pad.ljust(511) + "\nQUIT\n", "250 250 221"),
	("512 bytes with CRLF", LOGIN + "\n" + pad.ljust(510) + "\r\nQUIT\n", "250 250 221"),
	("513 bytes", LOGIN + "\n" + pad.ljust(512) + "\nQUIT\n", "250 500"),
	("513 bytes with CRLF", LOGIN + "\n" + pad.ljust(511) + "\r\nQUIT\n", "250 500"),
	("700 bytes", pad.ljust(700) + "\n", "500"),
	("512 bytes of nothing", " " * 511 + "\nQUIT\n", "500 221"),
	("512 bytes and no end", "A" * 512, "500"),
]
for what, bad in (("a NUL", "\0"), ("a bare CR", "\r"), ("two CRs", "\r\r"), ("a tab", "\t"), ("ESC", "\x1b[2J"),
    ("DEL", "\x7f"),
    ("8 bits", "\xe9"), ("UTF-8", "\xc3\xa9"), ("a vertical tab", "\v")):
	LINES.append(("%s within a line" % what, LOGIN + "\nSTATUS " + A + bad + "x\nSTATUS %s\nQUIT\n" % A,
	    "250 500"))
	LINES.append(("%s at the start" % what, bad + LOGIN + "\nQUIT\n", "500"))
LINES.append(("a NUL behind a whole command", LOGIN + "\0\nQUIT\n", "500"))
for name, data, wanted in LINES:
	got, status, talk = raw(data)
	equal((codes(got), talk.reset), (wanted, False), name)
got = raw("A" * 512)[0]
equal(got, [UNSPOKEN], "what is no line gets one clear error")

talk = Talk(world)
talk.shake()
for byte in LOGIN + "\r\nSTATUS " + A + "\r\nQUIT\r\n":
	talk.say(byte)
equal((codes(talk.lines()), talk.status()), ("250 250 221", 0), "a byte a record")
talk = Talk(world)
talk.shake().say(LOGIN + "\r")
talk.say("\nQUIT\n")
equal(codes(talk.lines()), "250 221", "a CRLF cut in two")
answers = raw(LOGIN + "\nRENEW " + A + " 127.1.1.1\nX\x1b]0;evil\x07\n")[0]
ok(all(byte in range(0x20, 0x7f) for line in answers for byte in line.encode("latin-1")),
    "answers hold nothing but plain ASCII")
got = ask(world, ["%s%n%s", "NOSUCHWORD secretword", "STATUS"])[0]
ok(not any(word in line for line in got for word in ("%", "NOSUCH", "secretword")),
    "what a client wrote is never repeated to it", *got)

# --- cut commands ---

def address_of(host):
	return world.leases().get((host, 4), ("none",))[0]


ask(world, [LOGIN, "RENEW %s 127.2.2.2" % A])
before = world.leases()[(A, 4)]
equal(before[:2], ("127.2.2.2", "live"), "a lease to begin with")
CUT = LOGIN + "\nRENEW %s 127.2.2.20" % A
for name, data in (("RENEW", CUT), ("RENEW with its CR", CUT + "\r"), ("RENEW cut in the address", CUT[:-1]),
    ("RELEASE", LOGIN + "\nRELEASE " + A)):
	for how, goodbye in (("FIN", False), ("close_notify and FIN", True)):
		talk = Talk(world)
		talk.shake().say(data).end(goodbye)
		got = talk.lines()
		status = talk.status()
		ok(codes(got) == "250" and status == 0 and address_of(A) == "127.2.2.2" and
		    world.leases()[(A, 4)][1] == "live", "%s without its newline, then %s: not executed" % (name,
		    how), got, status)
talk = Talk(world)
talk.shake().say(CUT)
talk.lines(1)
talk.abort()
equal((talk.helper.wait(20), address_of(A)), (0, "127.2.2.2"),
    "RENEW without its newline, then a reset: not executed")
talk = Talk(world)
talk.shake().say(CUT + "\n").end()
equal((codes(talk.lines()), talk.status(), address_of(A)), ("250 250", 0, "127.2.2.20"),
    "the whole command and an end without QUIT: executed")
talk = Talk(world)
talk.shake().end()
equal((talk.lines(), talk.status()), ([], 0), "a client that says nothing at all")

# --- names ---

HOSTILE = ["x" * 64 + ".dyn.test", "x" * 254, "." * 10, ".", "a..dyn.test", ".a.dyn.test", "a.dyn.test..",
    "-a.dyn.test", "a-.dyn.test",
    "../../etc/passwd", "/", "a.dyn.test/", "*", "*.dyn.test", "@", "%61.dyn.test", "%s%s%n", "'a.dyn.test'",
    '"a.dyn.test"',
    "a.dyn.test;b.dyn.test", "a.dyn.test\\n", "\\097.dyn.test", "$INCLUDE", "$(id)", "`id`", "a_b.dyn.test",
    "a.dyn.test:53", "a,b", "a=b",
    "[a]", "(a", "a)", "{a}", "<a>", "a|b", "a&b", "a!b", "~a", "a^b", "a?b", "-", "--help", "127.0.0.1", "::1"]
for verb in ("RENEW", "RELEASE", "STATUS"):
	wrong = []
	for at in range(0, len(HOSTILE), 12):
		names = HOSTILE[at:at + 12]
		got = ask(world, [LOGIN] + ["%s %s" % (verb, name) for name in names])[0]
		for name, answer in zip(names, got[1:-1]):
			wanted = ("501 wrong words for this command",) if len(name) > 253 else (FOREIGN,)
			if answer not in wanted:
				wrong.append((name, answer))
		if len(got) != len(names) + 2 and not any(len(name) > 253 for name in names):
			wrong.append((names, got))
	equal(wrong, [], "%s of hostile names" % verb)
equal([name for name in HOSTILE if codes(ask(world, ["LOGIN %s %s" % (name, world.tokens[A])])[0]) not in
    (("501 221",) if len(name) > 253 else ("535 221",))], [], "LOGIN of hostile names")
ok(world.check().get("leases") == "5" and world.check().get("faults") == "0", "no lease came of it", world.leases())

# --- addresses ---

REFUSED = [("0.0.0.0", "unspecified"), ("0.1.2.3", "this network"), ("10.0.0.1", "private"), ("100.64.0.1", "shared"),
    ("169.254.1.1", "link-local"), ("172.16.0.1", "private"), ("192.0.0.1", "protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay"), ("192.168.0.1", "private"), ("198.18.0.1", "benchmarking"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"), ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"), ("::", "unspecified"), ("::1", "loopback"), ("::10.0.0.1", "IPv4-compatible"),
    ("64:ff9b::a00:1", "NAT64"), ("64:ff9b:1::1", "NAT64"), ("100::1", "discard-only"), ("2001::1", "Teredo"),
    ("2001:10::1", "protocol assignments"),
    ("2002:a00:1::1", "6to4"), ("3fff::1", "documentation"), ("fc00::1", "private"), ("fd00::1", "private"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("4000::1", "not global unicast"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:0.0.0.0", "unspecified"), ("::ffff:a00:1", "private"), ("::ffff:224.0.0.1", "multicast")]
ANY = "any.dyn.test"
world.add_hosts([ANY], announce="0.0.0.0/0 ::/0")
wrong = []
for at in range(0, len(REFUSED), 14):
	part = REFUSED[at:at + 14]
	got = ask(world, world.login(ANY) + ["RENEW %s %s" % (ANY, address) for address, _ in part])[0]
	wrong += [(address, answer) for (address, why), answer in zip(part, got[1:])
	    if answer != "553 address refused: " + why]
equal(wrong, [], "each kind of address that nobody may lease, announced by one who may announce all")

MISSPELT = ["127.0.0.01", "127.0.0.010", "0177.0.0.1", "0x7f.0.0.1", "127.1", "2130706433", "127.0.0.1.1",
    "127.0.0.256", "127.0.0.1/32",
    "127.0.0.1:80", "2001:db8::1%1", "fe80::1%lo", "2001:db8::1/64", "[2001:db8::1]", "2001:db8:::1",
    "2001:db8::1::2", "2001:db8::12345",
    "::ffff:127.0.0.01", "+127.0.0.1", "1" * 46, "1" * 300, "localhost", "none", "*", "127.0.0.1,127.0.0.2",
    "2001:db8::g"]
wrong = []
for at in range(0, len(MISSPELT), 2):
	got = ask(world, world.login(ANY) + ["RENEW %s %s" % (ANY, address) for address in MISSPELT[at:at + 2]])[0]
	wrong += [(address, answer) for address, answer in zip(MISSPELT[at:at + 2], got[1:])
	    if answer not in ("553 address refused: not an address",) and
	    not (len(address) > 45 and answer[:3] == "501")]
equal(wrong, [], "addresses in spellings that are not the one")
equal(world.leases().get((ANY, 4)), None, "nothing of that was leased")

source = new_source()
got = ask(world, world.login(ANY) + ["RENEW %s ::ffff:%s" % (ANY, source), "RENEW %s ::FFFF:7f01:0203" % ANY],
    source=source)[0]
ok(got[1].startswith("250 %s address=%s family=4 " % (ANY, source)) and " address=127.1.2.3 family=4 " in got[2],
    "a mapped address is the IPv4 address", *got)
mute = world.login("mute.dyn.test")
source = new_source()
got = ask(world, mute + ["RENEW mute.dyn.test 127.3.3.3", "RENEW mute.dyn.test 2001:db8::1",
    "RENEW mute.dyn.test " + source,
    "RENEW mute.dyn.test ::ffff:" + source], source=source)[0]
equal((got[1:3], codes(got[3:])), (["553 address refused: not the address you connect from"] * 2, "250 250 221"),
    "who may not announce leases the address it connects from, and may say it")

# --- try later ---

source = new_source()
ask(world, [LOGIN, "RENEW " + A], source=source)
reaper.stop()
world.tool("alive", "60")
got = ask(world, [LOGIN, "RENEW " + A, "RENEW %s 127.4.4.4" % A, "RENEW %s 2001:db8::4" % A, "STATUS " + A,
    "RELEASE " + A], source=source)[0]
equal((codes(got), got[2]), ("250 250 421 421 250 250 221", "421 try later: nothing new is granted now"),
    "without a reaper renewals go on, and nothing new is granted")
bare = World(hosts=[A], publisher="")
got = ask(bare, [LOGIN, "RENEW " + A])[0]
equal(got, ["421 try later", "503 LOGIN comes first, and once", "221 bye"], "without a table everything is for later")
done_testing()
