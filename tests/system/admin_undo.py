#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 120
"""
A change of the accounts whose snapshot cannot be written is taken back, whatever the command: nothing of it is there for
the next change to publish. When the snapshot can be written, the same command makes it.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, TOOLS, done_testing, equal, ok, run, skip_all  # noqa: E402
from world import World  # noqa: E402

if os.geteuid() != 0:
	skip_all("needs root")

A, B, OFFICE, X, Y = "a.dyn.test", "b.dyn.test", "office", "x.dyn.test", "y.dyn.test"
CN, WWW, FTP, NEW = ("%s.dyn.test" % label for label in ("cn", "www", "ftp", "new"))
PINS = ["SHA256:" + letter * 43 for letter in "AE"]	# the last of 43 characters has four bits

world = World(hosts=[A, B])
blocked = world.snapshot + ".new"


def admin(*args):
	return run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])


def must(*args):
	got = admin(*args)
	if got.returncode != 0:
		raise RuntimeError((args, got.stderr))


def state():
	"""All accounts, hosts and aliases that the master holds, to the last byte."""
	must("backup", now)
	got = run([os.path.join(TOOLS, "store_dump"), now, "account", "host"])
	if got.returncode != 0 or not got.stdout:
		raise RuntimeError(got.stderr)
	return got.stdout


now = os.path.join(TMP, "now")
must("account", "add", OFFICE, "--hosts", X + "," + Y)
must("key", "add", B, PINS[0])
for args in ([CN, A, "--cname"], [WWW, A], [FTP, X], [NEW, Y, "--cname"]):
	must("alias", "add", *args)
saved = os.path.join(TMP, "saved")
must("backup", saved)
must("host", "del", B)
must("alias", "del", WWW)
must("alias", "add", WWW, A, "--cname")
must("alias", "add", "more.dyn.test", A)
for args in (
    ["host", "add", "z.dyn.test"],
    ["host", "set", A, "--announce", "198.51.100.0/24"],
    ["host", "secret", A],
    ["key", "add", A, PINS[1]],
    ["cert", "add", A, "dns:" + A],
    ["key", "del", A, PINS[1]],
    ["alias", "add", "last.dyn.test", A],
    ["alias", "add", "next.dyn.test", A, "--cname"],
    ["alias", "del", CN],
    ["alias", "del", "last.dyn.test"],
    ["host", "del", Y],
    ["account", "del", OFFICE],
    ["restore", saved, "--yes"],
    ["host", "del", A],
    ["account", "add", "home", "--hosts", "h.dyn.test,i.dyn.test"],
):
	what, before = " ".join(args[:3]).replace(TMP + "/", ""), state()
	os.mkdir(blocked)
	got = admin(*args)
	os.rmdir(blocked)
	ok(got.returncode == 71 and got.stderr.endswith(b"nothing was changed\n"), what + ": without a snapshot it fails",
	    got.returncode, got.stderr.decode())
	equal(state(), before, what + ": nothing is changed")
	got = admin(*args)
	ok(got.returncode == 0 and state() != before, what + ": it can be done again", got.returncode, got.stderr.decode())
done_testing()
