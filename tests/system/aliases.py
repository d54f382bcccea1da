#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 150
"""
More names for a host: shown, changed and withdrawn together; they cannot be renewed, and go with their host. Those that
are a CNAME follow it without being touched.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, ok, run, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

A, B, WWW, FTP, CN, FAR, FAR_A = ("%s.dyn.test" % label for label in
    ("a", "b", "www", "ftp", "cn", "far.sub", "addr.sub"))

world = World(hosts=[A, B], lease=6, interval=1)
with open(world.conf, "a") as conf:
	conf.write("[zone sub.dyn.test]\nfallback4 = 192.0.2.99\nfallback6 = none\nttl = 1\n[zonefile sub.dyn.test]\nfile = {d}/far\n"
	    "server_port = {p}\nreload = /usr/sbin/rndc -c {d}/rndc.conf reload sub.dyn.test\nnameserver = ns.example.net\n"
	    "hostmaster = hostmaster.example.net\n".format(d=world.dir, p=world.dns_port))
world.start_named(zone_options='}; zone "sub.dyn.test" { type primary; file "%s/far";' % world.dir)
reaper = world.start_reaper()
world.start_xinetd()


def admin(*args):
	return run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])


def refused(name, pattern, *args):
	before = admin("alias", "list").stdout
	got = admin(*args)
	ok(got.returncode != 0 and pattern in got.stderr.decode() and got.stderr.count(b"\n") == 1 and
	    admin("alias", "list").stdout == before, name, got)


def listed():
	return [(one["alias"], one["host"], one["kind"]) for one in json.loads(admin("alias", "list", "--json").stdout)]


def leads(name, alias, host, seconds=4):
	wanted = host + "." if host else ""
	ok(wait_for(seconds, lambda: world.dig(alias, "CNAME") == wanted), name, world.dig(alias, "CNAME"))


def follows(name, alias, address):
	"""A goes on to renew from an address, and its alias comes to show that."""
	ok(world.stays(A, address, lambda: world.dig(alias) == address), name, world.dig(alias))


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
equal(listed(), [(FTP, A, "address"), (WWW, A, "address")], "both are listed")
equal(world.ask(world.login(A) + ["RENEW " + WWW])[1], "550 not your host", "an alias cannot be renewed")
follows("a change is followed", WWW, "127.0.0.6")

refused("no alias of no host", "no such host", "alias", "add", "x.dyn.test", "none.dyn.test")
refused("no alias of an alias", "an alias itself", "alias", "add", "x.dyn.test", WWW)
refused("no alias with the name of a host", "a host of this name", "alias", "add", B, A)
refused("no alias twice", "an alias of this name", "alias", "add", WWW, B)
refused("no alias outside of the zones", "zone", "alias", "add", "www.example.org", A)
refused("no host with the name of an alias", "exists already", "host", "add", WWW)
refused("no deletion of a host as an alias", "no such alias", "alias", "del", B)

refused("no alias with the name of a zone that is a CNAME", "zone's own name cannot be a CNAME", "alias", "add", "dyn.test", A,
    "--cname")

got = admin("alias", "add", CN, A, "--cname")
equal((got.returncode, got.stderr), (0, b""), "one that is a CNAME is added")
leads("and leads to its host", CN, A)
equal(admin("alias", "add", FAR, A, "--cname").returncode, 0, "one in another zone, too")
leads("leads there as well", FAR, A)
equal(listed()[0], (CN, A, "cname"), "they are listed as what they are")
ok(admin("alias", "list").stdout.decode().split()[3:6] == [CN, A, "cname"], "for people, too", admin("alias", "list"))
refused("no alias twice, of whatever kind", "an alias of this name already: delete it first", "alias", "add", CN, B)
refused("no alias of a CNAME", "an alias itself", "alias", "add", "x.dyn.test", CN)
refused("no host with the name of a CNAME", "exists already", "host", "add", CN)
equal(world.ask(world.login(A) + ["RENEW " + CN])[1], "550 not your host", "it cannot be renewed")
serial = world.dig("sub.dyn.test", "SOA")
ok(wait_for(20, lambda: world.renew(A, "127.0.0.8") and world.dig(A) == "127.0.0.8"), "its host moves", world.dig(A))
equal((world.dig(CN), world.dig(FAR)), ("127.0.0.8 %s." % A, A + "."), "and who follows them gets there")
equal(world.dig("sub.dyn.test", "SOA"), serial, "the other zone needs no change")
for kind, option in (("address", []), ("cname", ["--cname"])):
	world.renew(A, "127.0.0.8")
	equal([admin("alias", "del", name).returncode for name in (CN, WWW)], [0, 0], "two are deleted")
	equal([admin("alias", "add", *args).returncode for args in ([CN, A, *option], [WWW, A, *([] if option else ["--cname"])])],
	    [0, 0], "and one is added as %s, the other as what that was" % kind)
	shown("the one shows addresses", WWW if option else CN, "127.0.0.8")
	leads("and no CNAME", WWW if option else CN, "")
	leads("the other one has one", CN if option else WWW, A)
equal(listed()[0] + listed()[-1], (CN, A, "cname", WWW, A, "address"), "they are what they were")

follows("of which the one moves with its host", WWW if world.dig(CN, "CNAME") else CN, "127.0.0.6")
equal(admin("alias", "del", FTP).returncode, 0, "an alias is deleted")
shown("and shows nothing", FTP, "", "")
shown("which touches neither its host", A, "127.0.0.6")
shown("nor the other one", WWW, "127.0.0.6")
ok(wait_for(15, lambda: (world.dig(A), world.dig(WWW), world.dig(CN)) == (FALLBACK4, FALLBACK4,
    FALLBACK4 + " " + A + ".")), "all are withdrawn together", world.dig(A), world.dig(WWW), world.dig(CN))
backup = os.path.join(world.dir, "backup")
equal(admin("backup", backup).returncode, 0, "a backup")
world.renew(A, "127.0.0.7")
equal(admin("host", "del", A).returncode, 0, "the host is deleted")
shown("its alias goes with it", WWW, "", "")
leads("the CNAME, too", CN, "")
leads("also in the other zone", FAR, "")
equal(listed(), [], "also from the list")
got = admin("restore", backup, "--yes")
equal(listed(), [(CN, A, "cname"), (FAR, A, "cname"), (WWW, A, "address")], "and are back with the backup")
shown("to show the fallback", WWW, FALLBACK4, FALLBACK6)
leads("and to lead to their host", CN, A)
equal([admin("alias", "del", CN).returncode, admin("alias", "add", CN, B).returncode], [0, 0], "one is changed to another kind")
shown("and shows another host", CN, FALLBACK4, FALLBACK6)

# A pass that knows nothing of before: what a restore changed must be in the table.
reaper.stop()
world.reaper()
equal(admin("restore", backup, "--yes").returncode, 0, "the backup is restored once more")
world.reaper()
equal(world.dig(CN, "CNAME"), A + ".", "and the next pass makes it the CNAME that it was")


def after_a_pass(name, shown, *args):
	"""What an alias shows, after a change, in the next pass, which finds it in the table or not at all."""
	got = admin(*args) if args else None
	world.reaper()
	ok((not args or got.returncode == 0) and world.dig(FAR_A) == shown, name, got, world.dig(FAR_A))


equal(admin("alias", "del", FAR).returncode, 0, "the other zone loses its only name")
after_a_pass("an alias with addresses in it shows its fallback", "192.0.2.99", "alias", "add", FAR_A, A)
world.renew(A, "127.0.0.9")
after_a_pass("the address of its host", "127.0.0.9")
time.sleep(7)
after_a_pass("and the fallback of its own zone again", "192.0.2.99")
after_a_pass("nothing, when it is deleted", "", "alias", "del", FAR_A)
after_a_pass("it is back", "192.0.2.99", "alias", "add", FAR_A, A)
after_a_pass("and gone with a backup that does not have it", "", "restore", backup, "--yes")
after_a_pass("back once more", "192.0.2.99", "alias", "add", FAR_A, A)
after_a_pass("and gone with the account of its host", "", "account", "del", A)
equal(listed(), [], "as all of that account are")
done_testing()
