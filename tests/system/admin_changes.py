#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 120
"""What dynlease-admin changes acts at once: on who may log in, on the leases that run, and on the record."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, ROOT, done_testing, equal, ok, run, skip_all, spawn, wait_for
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
ok("is so already" in said and "No lease had to end" in said, "touches nothing", said)
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
ok("\nsecret_credential = dynlease\n" in said and "systemctl enable --now dynlease-client\n" in said,
    "the piece for systemd takes the secret as a credential", said)
with open(os.path.join(ROOT, "client", "dynlease-client.service")) as unit:
	ok("\nLoadCredential=dynlease:" in unit.read(), "which the unit hands over")
equal(said.count(token_of(said)), 1, "with the token once")
said = admin("host", "add", "t.dyn.test", "--show", "tunnel")
ok("via = ssh -o BatchMode=yes tunnel@localhost nc -N localhost 8245\nannounce = auto\n" in said and "--announce" in said,
    "the piece for a tunnel says what the account needs", said)
said = admin("host", "add", "u.dyn.test", "--show", "tunnel", "--announce", "198.51.100.0/24")
ok("--announce" not in said, "unless it has it", said)
admin("host", "add", "v.dyn.test", "--show", "router", status=65, name="a piece that is not known")
ok("v.dyn.test" not in admin("host", "list"), "adds nothing")

# --- status: what the publishers show, and the history ---

def past(host):
	"""The words of the host's history."""
	with open(os.path.join(world.dir, "history")) as lines:
		words = [line.split() for line in lines]
	return [(w[3], w[4]) for w in words if len(w) > 4 and w[1] == host]	# the last may be half written


def status(*args):
	return json.loads(run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "status", "--json", *args]).stdout)


shows = lambda host, state: wait_for(20, lambda: status(host)[0]["publishers"][0]["state"] == state)
ok(shows(A, "failing"), "status: a publisher that asks a dead name server is failing", status(A))
ok(re.search(r"live +IPv4 +127\.0\.0\.78 .* zonefile failing \d+", admin("status", A)), "in words, too", admin("status", A))
world.start_named()
world.tool("retry", "zonefile dyn.test")
ok(shows(A, "ok"), "status: with a name server it is ok", status(A))
ok(re.search(r"\d+ s +password +zonefile ok\n", admin("status")), "in words, too")

H, I, J = "h.dyn.test", "i.dyn.test", "j.dyn.test"
for host in (H, I, J):
	world.tokens[host] = token_of(admin("host", "add", host, "--announce", "127.0.0.0/8"))
	world.renew(host)
	ok(wait_for(5, lambda h=host: past(h) == [("granted", "127.0.0.2")]), "history: a grant", past(host))
world.renew(H, "127.0.0.7")
ok(wait_for(15, lambda: past(H)[1:] == [("moved", "127.0.0.7")]), "history: a move", past(H))
world.ask(world.login(H) + ["RELEASE " + H], "127.0.0.7")
ok(wait_for(5, lambda: past(H)[2:] == [("released", "127.0.0.7")]), "history: a release", past(H))
world.tool("expire", I)
ok(wait_for(5, lambda: past(I)[1:] == [("expired", "127.0.0.2")]), "history: a lease that ran out", past(I))
admin("host", "del", J)
ok(wait_for(5, lambda: past(J)[1:] == [("withdrawn", "127.0.0.2")]), "history: a deletion", past(J))
world.reaper()
equal(len(past(H)), 3, "another reaper goes on from there")
with open(os.path.join(world.dir, "history"), "a") as history:
	for second in range(11):
		history.write("2026-01-01T00:00:%02dZ %s 4 granted 127.0.0.2\n" % (second, I))
ok(re.search("\n\n2026-01-01T00:00:01Z  granted    127.0.0.2\n", admin("status", I)),
    "status of one host ends with the last ten lines", admin("status", I))
equal([len(status(I)[0]["history"]), status(I)[0]["history"][9]["time"]], [10, "2026-01-01T00:00:10Z"],
    "in JSON, too")
ok("history" not in status()[0], "status of all has none")
os.rename(os.path.join(world.dir, "history"), os.path.join(world.dir, "history.kept"))
os.mkdir(os.path.join(world.dir, "history"))
world.renew(I)
ok(world.shows(I, "127.0.0.2", seconds=15), "a history that cannot be written delays nothing")
os.rmdir(os.path.join(world.dir, "history"))
with open(os.path.join(world.dir, "history"), "w") as history:
	history.write("x" * (1 << 20) + "\n")
world.ask(world.login(I) + ["RELEASE " + I])
ok(wait_for(5, lambda: os.path.exists(os.path.join(world.dir, "history.1")) and past(I) != []), "a large one is rotated")
equal(os.path.getsize(os.path.join(world.dir, "history.1")), (1 << 20) + 1, "and kept")

watching = spawn("watch", [os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "status", "--watch", "1", A])
ok(wait_for(10, lambda: watching.text().count("HOST ") >= 2), "status --watch goes on", watching.text())
ok("\033" not in watching.text(), "plainly where there is no terminal")
watching.stop()
admin("status", "--watch=0", status=64, name="--watch takes seconds")

done_testing()
