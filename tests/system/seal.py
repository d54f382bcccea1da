#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
dynlease-admin seal, unlock, lock and unseal: what lies on the disk allows no guessing, logins by password wait while it
is locked and nobody else does, a lost passphrase is recovered, and backups come back.
"""
import os
import pty
import re
import shutil
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, done_testing, equal, ok, run, skip_all
from sealed import ADMIN, answers, check_says, findable, phrase, plain_verifiers
from world import World

if os.geteuid() != 0:
	skip_all("needs root")

A, B, C, D = "a.dyn.test", "b.dyn.test", "c.dyn.test", "d.dyn.test"
FIRST, SECOND, THIRD = "correct horse battery", "staple of the second kind", "a third one, for the road"
CRYPT = "$6$rounds=1000$HMD/Na8l3Tn4PEMU$ZiZ.7TaKGy7wDI9dqmq1bahdOwLSAfvk.kvFGwGV9vL3VMaHJoRUDndMoesAK3b2weAEN6davtGKhI8am3edq/"


def admin(*args, world=None, status=0, name=None, **how):
	got = run([ADMIN, "-c", (world or home).conf, *args], **how)
	text = (got.stdout + got.stderr).decode()
	ok(got.returncode == status, name or " ".join(args[:2]), "status %d" % got.returncode, text)
	return text


def typed(args, answers, status=0, name=None):
	"""Run it on a terminal, and answer what it asks: [(prompt, answer)]; all that the terminal showed."""
	pid, fd = pty.fork()
	if pid == 0:
		os.execv(ADMIN, [ADMIN, "-c", home.conf, *args])
	shown, due = "", list(answers)
	while True:
		try:
			more = os.read(fd, 4096).decode()
		except OSError:
			break
		if not more:
			break
		shown += more
		if due and shown.endswith(due[0][0]):
			os.write(fd, (due.pop(0)[1] + "\n").encode())
	os.close(fd)
	code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	ok(code == status and not due, name or " ".join(args), "status %d" % code, shown)
	return shown


def recovery_of(text):
	found = re.findall(r"^ +([0-9a-f]{4}(?:-[0-9a-f]{4}){9})\r?$", text, re.M)
	return found[0] if len(found) == 1 else ""


def key_of(world):
	with open(os.path.join(world.rundir, "seal.key")) as file:
		return file.read().split()


# Many, so that the accounts have pages that are free after a change, and not at once used again.
home = World(hosts=[A, B] + ["m%d.dyn.test" % number for number in range(80)], publisher="")
home.add_hosts([C], verifier=CRYPT, announce="")
home.add_hosts([D], verifier="-", amend=["require network", "network 127.0.0.0/8"])
home.start_reaper()
home.start_xinetd()
first, second, third = phrase(FIRST), phrase(SECOND), phrase(THIRD)
sealed_file = os.path.join(home.dir, "seal")
old_backup = os.path.join(TMP, "old-backup")
admin("backup", old_backup)

# --- refusals change nothing ---

for name, args, status in (
    ("nothing to unseal", ["unseal", "--passphrase-file", first], 65),
    ("nothing to recover", ["seal", "--recover", "--passphrase-file", first], 65),
    ("a passphrase that is too short", ["seal", "--passphrase-file", phrase("short")], 65),
    ("a file that others can read", ["seal", "--passphrase-file", phrase(FIRST, 0o644)], 65),
    ("no file", ["seal", "--passphrase-file", os.path.join(TMP, "none")], 66),
    ("no terminal", ["seal"], 65),
    ("a word too many", ["seal", "now"], 64)):
	said = admin(*args, status=status, name=name, start_new_session=True)
	equal(len(said.splitlines()), 1, "in one line")
	ok(FIRST not in said and not os.path.exists(sealed_file), "and nothing was changed", said)
ok("nothing to unlock" in admin("unlock", "--passphrase-file", first), "unlock minds nothing when nothing is sealed")
disk = World(hosts=[A], publisher="")
shutil.rmtree(disk.rundir)
disk.rundir = os.path.join(disk.dir, "run")
with open(disk.conf) as file:
	text = re.sub("rundir = .*", "rundir = " + disk.rundir, file.read())
with open(disk.conf, "w") as file:
	file.write(text)
os.mkdir(disk.rundir)
if run(["stat", "-f", "-c", "%T", disk.rundir]).stdout.strip() not in (b"tmpfs", b"ramfs"):
	admin("seal", "--passphrase-file", first, world=disk, status=65, name="a run directory on the disk is refused")
	admin("seal", "--passphrase-file", first, "--no-tmpfs", world=disk, name="unless that is wanted")

# --- sealed ---

before = plain_verifiers(home)
ok(len(before) >= 4, "before, the disk holds what can be guessed against", before)
ok(home.renew(A).startswith("250 "), "a host is live")
said = admin("seal", "--passphrase-file", first)
recovery = recovery_of(said)
ok(recovery != "" and "host secret" in said and sealed_file in said,
    "seal shows a recovery key, and says what older copies hold", said)
needles = before | {b"{token}", b"$6$rounds"}
equal(findable(home, needles), [], "no file of the server holds a salt or digest of before")
new_backup = os.path.join(TMP, "new-backup")
ok("copy it, too" in admin("backup", new_backup), "a backup says that it needs the wrapped key")
equal(findable(home, needles, new_backup), [], "and holds none either")
identity, key = key_of(home)
equal(findable(home, [key.encode(), FIRST.encode(), recovery.encode(), recovery.replace("-", "").encode()], new_backup),
    [], "nor the key, nor what opens it")
for path, mode, gid in ((sealed_file, 0o600, 0), (os.path.join(home.rundir, "seal.key"), 0o640, None)):
	info = os.stat(path)
	ok(stat.S_IMODE(info.st_mode) == mode and info.st_uid == 0 and (gid is None or info.st_gid == gid),
	    "owner and mode of " + os.path.basename(path), oct(info.st_mode), info.st_uid, info.st_gid)
ok(home.leases()[(A, 4)][1] == "live", "no lease was touched")
equal(sorted(answers(home, host)[:3] for host in (A, B)), ["250", "250"], "and everybody goes on")
equal(home.ask(["LOGIN %s correct horse" % C])[0][:3], "501", "(a secret is one word)")
equal(home.ask(["LOGIN %s wrong-one" % A], source="127.0.0.9")[0], "535 denied", "a wrong secret is wrong")
equal(check_says(home), ["OK        the passwords are sealed, and unlocked"], "check says so")
said = admin("host", "add", "e.dyn.test", name="a new host")
home.tokens["e.dyn.test"] = re.search("^token: (.*)$", said, re.M).group(1)
equal((answers(home, "e.dyn.test")[:3], findable(home, [b"{token}"])), ("250", []), "is sealed as well")

# --- locked ---

admin("lock")
equal([answers(home, host)[:3] for host in (A, "e.dyn.test")], ["421", "421"], "locked, passwords have to wait")
equal(home.ask(["LOGIN nobody.dyn.test " + home.tokens[A]])[0][:3], "421", "strangers' as well")
equal({home.ask(["LOGIN %s wrong" % A], source="127.0.0.66")[0][:3] for _ in range(6)}, {"421"}, "wrong ones as well")
equal(home.ask(["LOGIN " + D])[0][:3], "250", "who needs none does not wait")
ok("the passwords are locked: dynlease-admin unlock" in home.helper_log(), "the log says what to do")
ok(any(line.startswith("CRITICAL") and "dynlease-admin unlock" in line for line in check_says(home)), "as does check",
    check_says(home))
for name, args in (("host add", ["host", "add", "f.dyn.test"]), ("host secret", ["host", "secret", A]),
    ("restore of a backup that is not sealed", ["restore", old_backup, "--yes"]),
    ("seal from a file", ["seal", "--passphrase-file", second])):
	said = admin(*args, status=75, name="locked: " + name)
	ok("unlock first" in said and "nothing was changed" in said and "token:" not in said, "says so", said)
for args in (["host", "list"], ["host", "set", A, "--announce", "127.0.0.0/8"], ["host", "del", "e.dyn.test"]):
	admin(*args, name="locked: " + " ".join(args[:2]) + " works")
equal(home.ask(["LOGIN nobody.dyn.test " + home.tokens[A]])[0][:3], "421", "strangers wait as before")

# --- unlocked ---

said = admin("unlock", "--passphrase-file", second, status=77, name="a wrong passphrase")
ok("wrong passphrase" in said and len(said.splitlines()) == 1 and answers(home, A)[:3] == "421", "changes nothing", said)
admin("unlock", "--passphrase-file", first)
equal([home.ask(home.login(A), source="127.0.0.66")[0][:3], answers(home, B)[:3]], ["250", "250"],
    "everybody is back; nothing has been a strike")
ok("already" in admin("unlock", "--passphrase-file", first, name="once more"), "is fine")
admin("lock")
credentials = os.path.join(TMP, "credentials")
os.mkdir(credentials, 0o700)
with open(os.path.join(credentials, "passphrase"), "w") as out:
	out.write(FIRST)
os.chmod(os.path.join(credentials, "passphrase"), 0o440)
env = dict(os.environ, CREDENTIALS_DIRECTORY=credentials)
admin("unlock", "--credential", "none", env=env, status=66, name="a credential that is not there")
admin("unlock", "--credential", "../phrase", env=env, status=78, name="a path is no credential")
admin("unlock", "--credential", "passphrase", status=78, name="no credentials")
admin("unlock", "--credential", "passphrase", env=env, name="a credential of systemd")
equal(answers(home, A)[:3], "250", "unlocks")
admin("lock")
bare = ["setpriv", "--bounding-set=-all", "--groups=" + str(os.stat(home.rundir).st_gid)]
got = run([*bare, ADMIN, "-c", home.conf, "unlock", "--credential", "passphrase"], env=env)
equal((got.returncode, answers(home, A)[:3]), (0, "250"), "root without capabilities can, in the group, as in its unit")
admin("lock")
admin("unlock", "--passphrase-file", "-", input=FIRST.encode() + b"\nrest", name="standard input")
admin("lock")
shown = typed(["unlock"], [("Passphrase: ", FIRST)], name="a terminal")
ok(FIRST not in shown and answers(home, A)[:3] == "250", "unlocks, and does not show it", shown)

# --- another passphrase, and a lost one ---

admin("lock")
typed(["seal"], [("Passphrase: ", SECOND)], status=77, name="locked, seal wants the passphrase")
typed(["seal"], [("Passphrase: ", FIRST), ("New passphrase: ", SECOND), ("The same again: ", THIRD)], status=65,
    name="a new one must be the same twice")
equal((answers(home, A)[:3], findable(home, [identity.encode()]) != []), ("421", True), "nothing was changed")
shown = typed(["seal"], [("Passphrase: ", FIRST), ("New passphrase: ", SECOND), ("The same again: ", SECOND)],
    name="another passphrase")
other = recovery_of(shown)
ok(other not in ("", recovery) and SECOND not in shown, "comes with another recovery key", shown)
equal((answers(home, A)[:3], len(key_of(home))), ("250", 2), "and is in effect, with one key")
equal(findable(home, [identity.encode()]), [], "the old key is nowhere named")
admin("lock")
admin("unlock", "--passphrase-file", first, status=77, name="the old passphrase is none")
typed(["seal", "--recover"], [("Recovery key: ", recovery)], status=77, name="nor the old recovery key")
typed(["seal", "--recover"], [("Recovery key: ", "0123")], status=65, name="nor what cannot be one")
equal(answers(home, A)[:3], "421", "nothing was changed")
shown = typed(["seal", "--recover"], [("Recovery key: ", other.upper().replace("-", " ")), ("New passphrase: ", THIRD),
    ("The same again: ", THIRD)], name="the recovery key seals anew")
ok(recovery_of(shown) not in ("", recovery, other) and answers(home, A)[:3] == "250", "and unlocks", shown)
shutil.copy(sealed_file, sealed_file + ".kept")
os.unlink(sealed_file)
ok(any(line.startswith("CRITICAL") and "next boot" in line for line in check_says(home)), "check misses a lost file",
    check_says(home))
admin("seal", "--passphrase-file", third, name="which unlocked passwords can do without")
equal([line[:9] for line in check_says(home)], ["OK       "], "and all is well")

# --- backups ---

said = admin("restore", new_backup, "--yes", status=66, name="a backup by a key that is gone")
ok("put back the file" in said and "nothing was changed" in said and answers(home, A)[:3] == "250", "is refused", said)
said = admin("restore", old_backup, "--yes", name="a backup that is not sealed")
equal(("are sealed now" in said, findable(home, needles), answers(home, A)[:3]), (True, [], "250"), "is sealed")
ok("older secret" not in said, "its secrets are known to be those of now", said)
kept = os.path.join(TMP, "kept-backup")
admin("backup", kept)
shutil.copy(sealed_file, kept + ".seal")
admin("lock")
admin("restore", kept, name="locked: a backup by the key of now")
admin("unlock", "--passphrase-file", third)
equal(answers(home, A)[:3], "250", "is restored")
ruin = World(hosts=["other.dyn.test"], publisher="")
ruin.tokens[A] = home.tokens[A]
was = plain_verifiers(ruin)
admin("restore", kept, "--yes", world=ruin, status=66, name="another machine without the file of the wrapped key")
equal(plain_verifiers(ruin), was, "keeps what it has")
shutil.copy(kept + ".seal", os.path.join(ruin.dir, "seal"))
said = admin("restore", kept, "--yes", world=ruin, name="and with it")
ok("locked" in said and not findable(ruin, was), "has the accounts, sealed, and nothing else", said)
admin("unlock", "--passphrase-file", third, world=ruin, name="the passphrase of that time opens them")
ruin.start_reaper()
ruin.start_xinetd()
equal((answers(ruin, A)[:3], [line[:9] for line in check_says(ruin)]), ("250", ["OK       "]), "and they are good")

# --- and back ---

admin("unseal", "--passphrase-file", first, status=77, name="unseal wants the passphrase")
admin("unseal", "--passphrase-file", third)
equal((answers(home, A)[:3], os.path.exists(sealed_file), os.path.exists(os.path.join(home.rundir, "seal.key")),
    check_says(home), len(plain_verifiers(home)) >= 4), ("250", False, False, [], True), "all is as it was")
done_testing()
