#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
The limiter, as clients meet it: sources whose addresses are not loopback's, in a network namespace of its own.
What the table keeps, the /64 and the bound are in tests/unit/test_strikes.c.
"""
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from wire import in_own_network, is_root  # noqa: E402

OWN_NETWORK = is_root() and in_own_network("route add local 10.77.0.0/16 dev lo",
    "-6 route add local 2001:db8:77::/48 dev lo")

from lib import done_testing, equal, ok, run, skip_all  # noqa: E402
from wire import Talk, tcp_pair  # noqa: E402
from world import World, token  # noqa: E402

if not OWN_NETWORK:
	skip_all("no network namespace can be made")

A, B, SLOW, HASHED = "a.dyn.test", "b.dyn.test", "slow.dyn.test", "hashed.dyn.test"
PASSWORD = "correct-horse"


def crypt(salt):
	"""The crypt(5) hash of PASSWORD by OpenSSL's own implementation."""
	made = run(["openssl", "passwd", "-6", "-salt", salt, "-stdin"], input=PASSWORD.encode())
	return made.stdout.decode().strip()


world = World(hosts=[A, B], publisher="", deadline=20)
world.add_hosts([HASHED], verifier=crypt("saltsalt"))
world.start_reaper()
SERVER4, SERVER6 = "10.77.255.1", "2001:db8:77:ffff::1"
RIGHT = world.login(A)[0]
WRONG, UNKNOWN = "LOGIN %s %s" % (A, token(999)), "LOGIN nobody.dyn.test " + token(0)
LIMITED = "421 try later: too many failed logins"


def connect(source, **how):
	"""A helper that has a connection from this source."""
	if source.startswith("mapped "):
		pair = mapped_pair(source.split()[1])
	elif ":" in source:
		pair = tcp_pair(source, SERVER6, socket.AF_INET6)
	else:
		pair = tcp_pair(source, "127.0.0.1" if source.startswith("127.") else SERVER4)
	return Talk(world, source=source, pair=pair, **how)


def mapped_pair(source):
	"""An IPv4 client at an IPv6 socket: the server sees ::ffff:source."""
	with socket.socket(socket.AF_INET6) as listener:
		listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
		listener.bind(("::", 0))
		listener.listen(1)
		client = socket.socket()
		client.bind((source, 0))
		client.connect((SERVER4, listener.getsockname()[1]))
		server = listener.accept()[0]
		assert server.getpeername()[0] == "::ffff:" + source
		return client, server


def login(source, line, **how):
	talk = connect(source, **how)
	answer = talk.ask([line, "QUIT"])[0]
	talk.status()
	return answer


def logins(source, *lines):
	return [login(source, line)[:3] for line in lines]


def at_once(source, lines):
	"""All of them in parallel: their codes, sorted."""
	talks = [connect(source).shake() for _ in lines]
	for talk, line in zip(talks, lines):
		talk.say(line + "\nQUIT\n")
	answers = [None] * len(talks)

	def collect(number):
		answers[number] = talks[number].lines()[0][:3]

	threads = [threading.Thread(target=collect, args=(number,)) for number in range(len(talks))]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	for talk in talks:
		talk.status(30)
	return sorted(answers)


def later(seconds):
	"""A helper so many seconds later."""
	return {"wrap": ("unshare", "-T", "--fork", "--boottime", str(seconds))}


# --- three failures ---

equal(logins("10.77.0.2", WRONG, WRONG, WRONG, RIGHT), ["535", "535", "535", "421"],
    "three failures, then the right secret is refused too")
equal(login("10.77.0.2", RIGHT), LIMITED, "in these words")
equal(logins("10.77.0.2", world.login(B)[0], WRONG, "LOGIN"), ["421", "421", "501"], "for every account")
equal(login("10.77.0.3", RIGHT)[:3], "250", "another source is served")
equal(login("mapped 10.77.0.2", RIGHT), LIMITED, "the same address mapped into IPv6 is the same source")
equal(logins("10.77.0.4", WRONG, RIGHT, WRONG, RIGHT, WRONG, RIGHT), ["535", "250", "535", "250", "535", "421"],
    "successes take no failure back")
equal(logins("10.77.0.5", WRONG, UNKNOWN, "LOGIN ../.. x", RIGHT), ["535", "535", "535", "421"],
    "failures of known, unknown and impossible accounts count alike")
equal(logins("10.77.0.6", RIGHT, RIGHT, RIGHT, RIGHT, RIGHT), ["250"] * 5, "successes are never charged")
equal(logins("mapped 10.77.0.7", WRONG, WRONG) + logins("10.77.0.7", WRONG, RIGHT), ["535", "535", "535", "421"],
    "failures over IPv6 and IPv4 sockets add up")
for _ in range(3):
	talk = connect("10.77.0.8").shake()
	talk.say(WRONG + "\n")
	talk.close()
	talk.helper.wait(20)
equal(login("10.77.0.8", RIGHT), LIMITED, "failures of clients that leave at once are counted")
talk = connect("10.77.0.9")
equal(talk.ask([WRONG, RIGHT, RIGHT, RIGHT])[:2], ["535 denied", "503 LOGIN comes first, and once"],
    "one connection, one guess")
talk.status()
talk = connect("10.77.0.2").shake()
talk.say(RIGHT + "\nRENEW %s\nQUIT\n" % A)
equal((talk.lines()[0], world.leases()), (LIMITED, {}), "who is limited leases nothing")
talk.status()

# --- 120 s ---

if run(["unshare", "-T", "--fork", "--boottime", "1", "true"]).returncode == 0:
	equal((login("10.77.0.10", WRONG), *logins("10.77.0.10", WRONG, WRONG, RIGHT)),
	    ("535 denied", "535", "535", "421"), "three failures")
	equal(login("10.77.0.10", RIGHT, **later(100)), LIMITED, "100 s later it is still limited")
	equal(login("10.77.0.10", RIGHT, **later(121))[:3], "250", "121 s later it is served")
	equal(login("10.77.0.10", RIGHT), LIMITED, "which is not the clock of the wall")

# --- IPv6 ---

equal(logins("2001:db8:77:1::1", WRONG) + logins("2001:db8:77:1:2::1", WRONG) + logins("2001:db8:77:1:ffff::",
    WRONG) +
    logins("2001:db8:77:1:5::5", RIGHT), ["535", "535", "535", "421"], "a /64 is one source")
equal(login("2001:db8:77:2::1", RIGHT)[:3], "250", "the next /64 is served")

# --- parallel ---

equal(at_once("10.77.0.20", [WRONG] * 20), ["421"] * 17 + ["535"] * 3, "twenty guesses at once: three are judged")
equal(at_once("10.77.0.21", [RIGHT] * 12), ["250"] * 12, "twelve honest neighbours at once are all served")
good, bad = "LOGIN %s %s" % (HASHED, PASSWORD), "LOGIN %s %s" % (HASHED, PASSWORD + "?")
equal(logins("10.77.0.30", good, bad, bad, good, bad, good), ["250", "535", "535", "250", "535", "421"],
    "a crypt(3) account: the same")
equal(at_once("10.77.0.31", [bad] * 20), ["421"] * 17 + ["535"] * 3,
    "twenty guesses at its hash at once: three are judged")
equal(at_once("10.77.0.32", [good] * 10), ["250"] * 10,
    "ten right ones at once wait for each other and are all served")
got = at_once("10.77.0.33", [bad] * 8 + [WRONG] * 8)
equal((got.count("535"), got.count("421")), (3, 13), "guesses at hashes and tokens together: three are judged")

for _ in range(3):
	world.tool("charge", "10.77.0.34")
began = time.monotonic()
equal(login("10.77.0.34", good), "421 try later", "a source full of checks under way is told to try later")
ok(time.monotonic() - began > 2, "after waiting for two seconds", time.monotonic() - began)
equal(login("10.77.0.34", RIGHT), "421 try later", "a token is not judged beside them either")
equal(login("10.77.0.34", good, **later(121))[:3], "250", "charges of helpers that died end with the window")

# --- loopback and other ends of tunnels ---

equal(logins("127.0.0.40", WRONG, WRONG, WRONG, RIGHT), ["535", "535", "535", "421"],
    "on loopback: three failures of an account")
equal(login("127.0.0.40", world.login(B)[0])[:3], "250", "another account from there is served")
equal(login("127.0.0.41", RIGHT)[:3], "250", "and the account from another address")
got = []
for _ in range(4):
	talk = Talk(world, pair=socket.socketpair())
	got.append(talk.ask([WRONG, "QUIT"])[0][:3])
	talk.status()
talk = Talk(world, pair=socket.socketpair())
got.append(talk.ask([world.login(B)[0], "QUIT"])[0][:3])
talk.status()
equal(got, ["535", "535", "535", "421", "250"], "a peer without an address counts by account")
ok(world.check().get("faults") == "0", "the table is whole", world.check())
done_testing()
