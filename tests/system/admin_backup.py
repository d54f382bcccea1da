#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 120
"""dynlease-admin backup and restore: everything comes back, what was taken away only when that is said, no lease."""
import os
import re
import shutil
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, ok, run, skip_all
from world import World

if os.geteuid() != 0:
	skip_all("needs root")

A, B, C, D = "a.dyn.test", "b.dyn.test", "c.dyn.test", "d.dyn.test"
world = World(hosts=[A, B, C])
world.start_reaper()
world.start_xinetd()
saved = os.path.join(TMP, "saved")


def admin(*args, status=0, name=None):
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args])
	text = (got.stdout + got.stderr).decode()
	ok(got.returncode == status, name or " ".join(args[:2]), "status %d" % got.returncode, text)
	return text


def hosts():
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "host", "list"]).stdout.decode()
	return [line.split()[0] for line in got.splitlines()[1:]]


def live(host):
	return world.leases().get((host, 4), ("", "none", 0))[1]


admin("backup", saved)
equal(stat.S_IMODE(os.stat(saved).st_mode), 0o600, "only root can read it")
admin("backup", saved, name="a second one takes its place")
ok(not os.path.exists(saved + ".new"), "and leaves nothing beside it")

# --- nothing taken away ---

world.renew(A)
said = admin("restore", saved, name="restore what is there")
ok("1 live lease ended" in said and "3 accounts and 3 hosts" in said, "ends the leases", said)
equal(live(A), "ended", "at once")
ok(world.renew(A).startswith("250 "), "the same secret goes on")
equal(live(A), "live", "and the host is back")

# --- what was taken away ---

admin("host", "del", B)
said = admin("host", "secret", C)
fresh = re.search("^token: (.*)$", said, re.M).group(1)
admin("host", "add", D)
world.renew(A)
said = admin("restore", saved, status=65, name="restore what was taken away")
for line in ("account b.dyn.test would come back", "host b.dyn.test of b.dyn.test would come back",
    "account c.dyn.test would have an older secret again", "account d.dyn.test would be deleted"):
	ok(line + "\n" in said, "says: " + line, said)
ok("nothing was changed" in said and "a.dyn.test" not in said, "and asks")
equal((hosts(), live(A)), ([A, C, D], "live"), "nothing was changed")
said = admin("restore", saved, "--yes", name="restore --yes")
equal(hosts(), [A, B, C], "all is as it was")
equal(live(A), "ended", "but for the leases")
equal([world.renew(h).split()[0] for h in (A, B, C)], ["250", "250", "250"], "every secret of the backup is good")
world.tokens[C] = fresh
equal(world.ask(world.login(C))[0], "535 denied", "the one that was made since is not")
equal(world.check().get("faults"), "0", "the table is consistent")

# --- a master that is lost, and a file that is no backup ---

with open(os.path.join(TMP, "text"), "w") as text:
	text.write("accounts\n" * 1000)
with open(saved, "rb") as whole, open(os.path.join(TMP, "cut"), "wb") as cut:
	cut.write(whole.read()[:9000])
for path, status in (("text", 65), ("cut", 65), ("none", 66)):
	said = admin("restore", os.path.join(TMP, path), "--yes", status=status, name="no backup: " + path)
	ok("nothing was changed" in said, "is said", said)
equal(hosts(), [A, B, C], "and nothing was changed")
shutil.rmtree(os.path.join(world.dir, "master"))
admin("restore", saved, "--yes", name="a master that was lost is made anew")
ok(world.renew(A).startswith("250 "), "and the hosts go on")
admin("host", "del", A, name="it can be changed")
os.mkdir(world.snapshot + ".new")
admin("restore", saved, "--yes", status=71, name="a snapshot that cannot be written")
os.rmdir(world.snapshot + ".new")
said = admin("restore", saved, status=65, name="left the master as it was")
ok("account a.dyn.test would come back" in said and "b.dyn.test" not in said, "in all of it", said)

done_testing()
