#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 60
"""The client dynlease against the real helper on a real xinetd, and what the name server shows of it."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, free_port, ok, run, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

A, B, FOREIGN = "a.dyn.test", "b.dyn.test", "foreign.dyn.test"
OK, UNAVAILABLE, TEMPFAIL, PROTOCOL, NOPERM = 0, 69, 75, 76, 77

world = World(hosts=[A, B, FOREIGN], lease=4, interval=5)	# whoever is not woken takes five seconds
world.start_named()
world.start_reaper()
world.start_xinetd()


def conf_of(account, secret=None, name="localhost", **keys):
	"""A client.conf; returns its path."""
	path = os.path.join(TMP, "client.conf")
	keys = {"account": account, "secret_file": path + ".secret", "ca": world.certificate, "address": "127.0.0.1",
	    "port": world.port, "source": "127.0.0.5", "timeout": 5, **keys}
	with open(path, "w") as out:
		out.write("[server %s]\n" % name + "".join("%s = %s\n" % pair for pair in keys.items() if pair[1] is not None))
	with open(path + ".secret", "w") as out:
		os.fchmod(out.fileno(), 0o600)
		out.write((secret or world.tokens[account]) + "\n")
	return path


def client(conf, *args):
	return run([os.path.join(BIN, "dynlease"), "-c", conf, *args])


def expect(got, code, name, said=""):
	"""The exit code; something is said on stderr exactly when it failed."""
	text = got.stderr.decode()
	ok(got.returncode == code and said in text and bool(text) == (code != OK), name + ": exit %d" % code,
	    "exit: %d" % got.returncode, got.stdout.decode(), text)
	ok(not any(token in text + got.stdout.decode() for token in world.tokens.values()), name + ": shows no secret")


def claim(host, a, aaaa, name, seconds=2):
	ok(world.shows(host, a, aaaa, seconds), name, world.dig(host), world.dig(host, "AAAA"))


# --- what it is for ---

conf = conf_of(A)
got = client(conf, "renew")
expect(got, OK, "renew")
equal(got.stdout, b"", "and is silent")
claim(A, "127.0.0.5", "", "its address is published soon", 3)
got = client(conf, "-v", "renew")
expect(got, OK, "renew -v")
ok(A in got.stdout.decode() and "127.0.0.5" in got.stdout.decode(), "tells the lease", got.stdout.decode())
got = client(conf, "status")
expect(got, OK, "status")
ok("live" in got.stdout.decode() and "127.0.0.5" in got.stdout.decode(), "tells that it is live", got.stdout.decode())
status = json.loads(client(conf, "--json", "status").stdout)
ok(status[0]["host"] == A and status[0]["state"] == "live" and status[0]["leases"][0]["address"] == "127.0.0.5" and
    0 < status[0]["leases"][0]["left"] <= 4, "and so for programs", status)
expect(client(conf, "release"), OK, "release")
claim(A, FALLBACK4, FALLBACK6, "withdraws at once", 3)
equal(json.loads(client(conf, "--json", "status").stdout)[0]["state"], "offline", "and the server knows")
expect(client(conf_of(B, source="127.0.0.6"), "renew"), OK, "another host")
claim(B, "127.0.0.6", "", "with its own address")
claim(B, FALLBACK4, FALLBACK6, "until it falls silent", 8)

# --- refusals ---

expect(client(conf_of(FOREIGN, "0" * 40), "renew"), NOPERM, "a wrong secret", "denied")
expect(client(conf_of("nobody.dyn.test", "0" * 40), "renew"), NOPERM, "an unknown account", "denied")
expect(client(conf_of(A, host=FOREIGN), "renew"), NOPERM, "a host of another account")
got = client(conf_of(A, host=A + ", " + FOREIGN), "-v", "renew")
ok(got.returncode == NOPERM and A in got.stdout.decode(), "of two hosts the good one is renewed all the same", got)
expect(client(conf_of(A, name="other.example.net"), "renew"), PROTOCOL, "a server with another name")
expect(client(conf_of(A, ca=None), "renew"), PROTOCOL, "a server that nobody we trust vouches for")
expect(client(conf_of(A, port=free_port()), "renew"), UNAVAILABLE, "nobody there")
equal(world.leases().get((FOREIGN, 4)), None, "nobody else's lease was touched")

# --- a server in trouble ---

conf = conf_of(B)
os.rename(world.snapshot, world.snapshot + ".away")
expect(client(conf, "renew"), TEMPFAIL, "no accounts: try later")
os.rename(world.snapshot + ".away", world.snapshot)
os.rename(os.path.join(world.rundir, "table"), os.path.join(world.rundir, "away"))
got = client(conf, "renew")
ok(got.returncode in (OK, TEMPFAIL), "no table: try later, unless there is a new one already", got.returncode)
ok(wait_for(5, lambda: client(conf, "renew").returncode == OK), "soon it works again")
claim(B, "127.0.0.5", "", "and is published")
done_testing()
