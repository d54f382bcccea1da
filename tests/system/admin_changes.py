#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 120
"""What dynlease-admin changes acts at once: on who may log in, on the leases that run, and on the record."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, ok, run, skip_all, wait_for
from world import World

if os.geteuid() != 0:
	skip_all("needs root")

A, B, C = "a.dyn.test", "b.dyn.test", "c.dyn.test"
world = World(hosts=[A], extra="[class slow]\nlease = 3600\n")
world.start_reaper()
world.start_xinetd()


def admin(*args, status=0, name=None):
	"""Run it; its output and errors as one text. Claims that it ends with status."""
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])
	text = (got.stdout + got.stderr).decode()
	ok(got.returncode == status, name or " ".join(args[:2]), "status %d" % got.returncode, text)
	return text


def token_of(text):
	found = re.search("^token: ([0-9a-f]{40})$", text, re.M)
	return found.group(1) if found else ""


def live(host):
	return world.leases().get((host, 4), ("", "none", 0))[1]


# --- a new secret ---

ok(world.renew(A).startswith("250 "), "a host is live")
said = admin("host", "secret", A)
fresh = token_of(said)
ok("1 live lease ended" in said, "a new secret ends the lease of the old one", said)
equal(live(A), "ended", "at once")
equal(world.ask(world.login(A))[0], "535 denied", "the old token is refused")
world.tokens[A] = fresh
ok(world.renew(A).startswith("250 "), "the new one is taken")
equal(live(A), "live", "and the host is back")

# --- class and networks ---

said = admin("host", "set", A, "--class", "slow")
ok("class slow now, a lease of 3600 s" in said and "1 live lease ended" in said, "another class ends the lease", said)
ok("lease=3600" in world.renew(A), "and the next one is of the new class")
said = admin("host", "set", A, "--class", "slow", name="the same again")
ok("is so already" in said and "No lease was live" in said, "touches nothing", said)
equal(live(A), "live", "and no lease")
ok(world.renew(A, address="127.0.0.77").startswith("250 "), "the host announces another address")
admin("host", "set", A, "--announce", "none")
ok(world.renew(A, address="127.0.0.78").startswith("553 "), "without networks it may not")
admin("host", "set", A, "--announce", "127.0.0.0/8")
ok(world.renew(A, address="127.0.0.78").startswith("250 "), "with them it may again")
admin("host", "set", A, status=64, name="nothing to set is wrong usage")
admin("host", "set", A, "--class", "nonsense", status=65, name="an unknown class")
admin("host", "set", "x.dyn.test", "--class", "slow", status=66, name="an unknown host")
admin("host", "secret", "x.dyn.test", status=66, name="no secret for an unknown host")

# --- accounts of several hosts ---

said = admin("account", "add", "office", "--hosts", "%s, %s" % (B, C), "--show", "cron")
ok("host = %s, %s" % (B, C) in said and "/etc/cron.d/dynlease" in said, "the piece for cron names both hosts", said)
ok("no running lease was touched" in said, "and says that no lease was touched")
equal(live(A), "live", "which is so")
world.tokens["office"] = token_of(said)
ok(world.ask(world.login("office") + ["RENEW " + B, "RENEW " + C])[1:3] != [] and
    (live(B), live(C)) == ("live", "live"), "the account leases both")
said = admin("host", "add", "d.dyn.test", "--account", "office")
ok(token_of(said) == "" and "host = %s, %s, d.dyn.test" % (B, C) in said, "it gets a third one, without a token", said)
ok(world.ask(world.login("office") + ["RENEW d.dyn.test"])[1].startswith("250 "), "and leases it with the old one")
admin("host", "add", "e.dyn.test", "--account", "nobody", status=66, name="no account, no host")
admin("host", "add", "e.dyn.test", "--account", "office", "--class", "slow", status=65, name="no class of its own")
admin("account", "add", "office", status=73, name="the account is there already")
admin("account", "add", "home", "--hosts", A, status=73, name="the host is another's")
admin("account", "add", "home", "--hosts", "x.example.com", status=65, name="a host of no zone")
said = admin("host", "secret", B)
ok("3 live hosts' leases ended" in said and "owns 3 hosts" in said, "a new secret ends the leases of all its hosts", said)
equal({live(h) for h in (B, C, "d.dyn.test")}, {"ended"}, "at once")
world.tokens["office"] = token_of(said)
ok(world.ask(world.login("office") + ["RENEW " + C])[1].startswith("250 "), "the new one is the account's")

# --- pieces ---

said = admin("host", "add", "s.dyn.test", "--show", "systemd")
ok("LoadCredential=dynlease:/etc/dynlease/secret" in said and "secret_credential = dynlease" in said and
    "[Install]" in said, "the piece for systemd is a unit", said)
equal(said.count(token_of(said)), 1, "with the token once")
said = admin("host", "add", "t.dyn.test", "--show", "tunnel")
ok("via = ssh -o BatchMode=yes dynlease@localhost nc localhost 8245" in said and "--announce" in said,
    "the piece for a tunnel says what the account needs", said)
said = admin("host", "add", "u.dyn.test", "--show", "tunnel", "--announce", "198.51.100.0/24")
ok("--announce" not in said, "unless it has it", said)
admin("host", "add", "v.dyn.test", "--show", "router", status=65, name="a piece that is not known")
ok("v.dyn.test" not in admin("host", "list"), "adds nothing")

done_testing()
