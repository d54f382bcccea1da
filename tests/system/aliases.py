#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 90
"""More names for a host: shown, changed and withdrawn together; they cannot be renewed, and go with their host."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, ok, run, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

A, B, WWW, FTP = "a.dyn.test", "b.dyn.test", "www.dyn.test", "ftp.dyn.test"

world = World(hosts=[A, B], lease=6, interval=1)
world.start_named()
world.start_reaper()
world.start_xinetd()


def admin(*args):
	return run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])


def refused(name, pattern, *args):
	before = admin("alias", "list").stdout
	got = admin(*args)
	ok(got.returncode != 0 and pattern in got.stderr.decode() and got.stderr.count(b"\n") == 1 and
	    admin("alias", "list").stdout == before, name, got)


def shown(name, host, a, aaaa="", seconds=4):
	ok(world.shows(host, a, aaaa, seconds), name, world.dig(host), world.dig(host, "AAAA"))


shown("a host's fallback", A, FALLBACK4, FALLBACK6)
got = admin("alias", "add", WWW, A)
equal((got.returncode, got.stderr), (0, b""), "an alias is added")
shown("it shows the fallback, too", WWW, FALLBACK4, FALLBACK6)
world.renew(A, "127.0.0.5")
shown("its host's address when that has one", WWW, "127.0.0.5")
shown("as its host does", A, "127.0.0.5")
equal(admin("alias", "add", FTP, A).returncode, 0, "another one, of a host that is live")
shown("shows the address at once", FTP, "127.0.0.5")
equal(json.loads(admin("alias", "list", "--json").stdout), [{"alias": FTP, "host": A}, {"alias": WWW, "host": A}],
    "both are listed")
equal(world.ask(world.login(A) + ["RENEW " + WWW])[1], "550 not your host", "an alias cannot be renewed")
world.renew(A, "127.0.0.6")
shown("a change is followed", WWW, "127.0.0.6", seconds=14)

refused("no alias of no host", "no such host", "alias", "add", "x.dyn.test", "none.dyn.test")
refused("no alias of an alias", "an alias itself", "alias", "add", "x.dyn.test", WWW)
refused("no alias with the name of a host", "a host of this name", "alias", "add", B, A)
refused("no alias twice", "an alias of this name", "alias", "add", WWW, B)
refused("no alias outside of the zones", "zone", "alias", "add", "www.example.org", A)
refused("no host with the name of an alias", "exists already", "host", "add", WWW)
refused("no deletion of a host as an alias", "no such alias", "alias", "del", B)

world.renew(A, "127.0.0.6")
equal(admin("alias", "del", FTP).returncode, 0, "an alias is deleted")
shown("and shows nothing", FTP, "", "")
shown("which touches neither its host", A, "127.0.0.6")
shown("nor the other one", WWW, "127.0.0.6")
ok(wait_for(15, lambda: (world.dig(A), world.dig(WWW)) == (FALLBACK4, FALLBACK4)), "all are withdrawn together",
    world.dig(A), world.dig(WWW))
backup = os.path.join(world.dir, "backup")
equal(admin("backup", backup).returncode, 0, "a backup")
world.renew(A, "127.0.0.7")
equal(admin("host", "del", A).returncode, 0, "the host is deleted")
shown("its alias goes with it", WWW, "", "")
equal(json.loads(admin("alias", "list", "--json").stdout), [], "also from the list")
got = admin("restore", backup, "--yes")
equal(json.loads(admin("alias", "list", "--json").stdout), [{"alias": WWW, "host": A}], "and is back with the backup")
shown("to show the fallback", WWW, FALLBACK4, FALLBACK6)
done_testing()
