#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 200
"""dynlease-reaper: not there, twice there, in a hurry, alone with a damaged file or a dead name server."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, done_testing, equal, ok, run, skip, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

A, B, C = "a.dyn.test", "b.dyn.test", "c.dyn.test"
OK, TEMPFAIL, CONFIG = 0, 75, 78


def start(reaper=True, named=True, **how):
	world = World(**how)
	world.named = world.start_named() if named else None
	world.watcher = world.start_reaper() if reaper else None
	world.start_xinetd()
	return world


def claim(world, host, a, aaaa, name, seconds=5):
	ok(world.shows(host, a, aaaa, seconds), name, "shown: A %s, AAAA %s" % (world.dig(host), world.dig(host, "AAAA")))


def replace(path, content):
	with open(path + ".tmp", "wb") as out:
		out.write(content)
	os.chmod(path + ".tmp", 0o644)
	os.rename(path + ".tmp", path)


def content(path):
	with open(path, "rb") as file:
		return file.read()


# --- a long interval, begun here and looked at when its reaper has waited for more than a minute ---

def stops_once(world):
	"""A reload command that stops the process which publishes, once, when the file "stop" is there."""
	path = os.path.join(world.dir, "reload")
	with open(path, "w") as out:
		out.write("#!/bin/sh\nif rm %s/stop 2>/dev/null; then kill -STOP $PPID; exit 1; fi\nexec /usr/sbin/rndc \"$@\"\n" %
		    world.dir)
	os.chmod(path, 0o755)
	replace(world.conf, content(world.conf).replace(b"/usr/sbin/rndc -c", path.encode() + b" -c"))


patient = start(hosts=[A], interval=300, reaper=False)
stops_once(patient)
patient.watcher = patient.start_reaper()
patient_table = os.stat(os.path.join(patient.rundir, "table")).st_ino
patient_since = time.monotonic()


def test_patience():
	time.sleep(max(0, patient_since + 63 - time.monotonic()))
	equal(("Alarm clock" in patient.watcher.text(), os.stat(os.path.join(patient.rundir, "table")).st_ino),
	    (False, patient_table), "a reaper that has nothing to do for a minute is not taken for a stuck one")
	with open(os.path.join(patient.dir, "stop"), "w"):
		pass
	equal(patient.renew(A, "127.0.0.5").split()[-1], "changed=yes", "an address while its publisher is stopped")
	ok(wait_for(5, lambda: not os.path.exists(os.path.join(patient.dir, "stop"))), "which it is")
	claim(patient, A, "127.0.0.5", "", "it is killed when its time is over, long before the interval is", 20)


# --- no reaper, begun here and looked at when its 30 s are over ---

orphan = start(hosts=[A, B])
orphan.renew(A, "127.0.0.5")
claim(orphan, A, "127.0.0.5", "", "with a reaper a host is published")
orphan.watcher.stop(signal.SIGKILL)
orphan_since = time.monotonic()
equal(orphan.renew(B, "127.0.0.6").split()[-1], "changed=yes", "just after its reaper is gone the helper grants")


def test_no_reaper():
	wait_for(60, lambda: time.monotonic() - orphan_since > 30.5)
	equal(orphan.renew(A, "127.0.0.5").split()[-1], "changed=no", "no reaper for 30 s: a published host is renewed")
	ok(orphan.leases()[(A, 4)][2] > 118, "for its full time")
	for name, answer in (("a host that comes back", orphan.renew(A, "127.0.0.5", "2001:db8::5")),
	    ("a change of address", orphan.renew(A, "127.0.0.7"))):
		ok(answer.startswith("421 "), "no reaper for 30 s: refused: " + name, answer)
	orphan.add_hosts([C])
	ok(orphan.renew(C, "127.0.0.8").startswith("421 "), "no reaper for 30 s: refused: a new host")
	equal(orphan.leases()[(A, 4)][0], "127.0.0.5", "the lease is what it was")
	ok("critical: no reaper" in orphan.helper_log(), "the log says so, as critical")
	admin = os.path.join(BIN, "dynlease-admin")
	if os.path.exists(admin):
		check = run([admin, "-c", orphan.conf, "check"])
		said = (check.stdout + check.stderr).decode()
		ok(check.returncode == 2 and "reaper" in said, "dynlease-admin check says why", check.returncode, said)
	else:
		skip("dynlease-admin check says why", "there is no dynlease-admin")
	orphan.start_reaper()
	equal(orphan.renew(C, "127.0.0.8").split()[-1], "changed=yes", "with a reaper again it is granted")
	claim(orphan, C, "127.0.0.8", "", "and published")
	claim(orphan, B, "127.0.0.6", "", "and so is what was granted while there was none")


# --- from nothing ---

def test_zero_hosts():
	world = start(hosts=[], lease=4)
	claim(world, A, "", "", "zero hosts: a zone without names")
	world.add_hosts([A])
	equal(world.renew(A, "127.0.0.5").split()[-1], "changed=yes", "the first host that is added is granted")
	claim(world, A, "127.0.0.5", "", "and published")
	return world


# --- a snapshot that cannot be read ---

def test_snapshot(world):
	claim(world, A, FALLBACK4, FALLBACK6, "a host that is silent", 6)
	world.add_hosts([B])
	claim(world, B, FALLBACK4, FALLBACK6, "and another that never came")
	world.renew(A, "127.0.0.5")
	claim(world, A, "127.0.0.5", "", "which comes back", 12)
	whole = content(world.snapshot)
	replace(world.snapshot, whole[:len(whole) // 2])
	ok(wait_for(3, lambda: "accounts as they were" in world.watcher.text()), "a snapshot that is cut is noticed")
	ok(world.ask(world.login(A))[0].startswith("421 "), "nobody can log in, but may try later")
	claim(world, A, FALLBACK4, FALLBACK6, "what is live runs out by itself, and falls back", 7)
	equal(world.dig(B), FALLBACK4, "what is not stays as it was")
	world.watcher.stop()
	got = world.reaper()
	ok(got.returncode == OK and world.dig(A) == FALLBACK4 and b"critical" in got.stderr,
	    "a reaper that is started then goes by the snapshot before, and says so", got.returncode, got.stderr.decode())
	zone = content(world.zonefile)
	replace(world.snapshot + ".previous", b"")
	got = world.reaper()
	ok(got.returncode not in (OK, CONFIG) and content(world.zonefile) == zone,
	    "without that one either it touches nothing, and fails", got.returncode)
	replace(world.snapshot, whole)
	got = world.reaper()
	ok(got.returncode == OK and world.dig(B) == FALLBACK4, "with a good one all is well", got.stderr.decode())


# --- one pass ---

def test_one_shot():
	world = start(reaper=False, hosts=[A, B], lease=3)
	ok(world.ask(world.login(A))[0].startswith("421 "), "no table yet: try later")
	got = world.reaper()
	equal(got.returncode, OK, "one pass makes the table")
	equal(world.dig(A), FALLBACK4, "and has published when it ends")
	equal(world.renew(A, "127.0.0.5").split()[-1], "changed=yes", "a lease between passes")
	equal(world.dig(A), FALLBACK4, "is not published by itself")
	equal((world.reaper().returncode, world.dig(A)), (OK, "127.0.0.5"), "but by the next pass")
	os.unlink(os.path.join(world.rundir, "wake"))
	wait_for(4, lambda: world.leases()[(A, 4)][1] == "ended")
	equal((world.reaper().returncode, world.dig(A)), (OK, FALLBACK4), "and withdrawn by one when it is over")
	before = os.stat(world.zonefile)
	equal(world.reaper().returncode, OK, "a pass with nothing to do")
	after = os.stat(world.zonefile)
	equal((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns), "does not touch the zone")
	ok(os.path.exists(os.path.join(world.rundir, "wake")), "a wake file that was lost is made again")
	return world


def test_options(world):
	got = world.reaper("-t")
	equal((got.returncode, got.stdout.decode()), (OK, "zonefile dyn.test lag=1\n"), "-t lists the publishers")
	text = content(world.conf)
	reaper = os.path.join(BIN, "dynlease-reaper")
	for name, line in (("a publisher of a zone that is not there", "[zonefile other.test]\nfile = /x\n"),
	    ("a publisher that nobody knows", "[pigeon dyn.test]\n"), ("an unknown key", "[zone b.test]\nfall = 1\n")):
		replace(world.conf, text + line.encode())
		got = run([reaper, "-t", "-c", world.conf])
		ok(got.returncode == CONFIG and b"dynlease.conf:" in got.stderr, "-t refuses " + name, got.returncode,
		    got.stderr.decode())
		equal(world.reaper().returncode, CONFIG, "and so does a pass")
	replace(world.conf, text)
	for args, code in ((["--nonsense"], 64), (["word"], 64), (["--help"], 0), (["--version"], 0)):
		got = run([reaper, *args])
		ok(got.returncode == code and (got.stdout if code == 0 else got.stderr), "%s: exit %d" % (args[0], code))
	equal(run([reaper, "-D", "-c", "/nonexistent"]).returncode, 66, "no configuration: exit 66")


# --- two of them, and a lost wake file ---

def test_two():
	world = start(hosts=[A, B])
	late = subprocess.Popen([os.path.join(BIN, "dynlease-reaper"), "-D", "-c", world.conf], stderr=subprocess.PIPE)
	second = world.start_reaper()
	os.unlink(os.path.join(world.rundir, "wake"))
	ok(wait_for(3, os.path.exists, os.path.join(world.rundir, "wake")), "a lost wake file is made again")
	test_pace(world)
	late_said = late.communicate(timeout=15)[1].decode()
	ok(late.returncode == OK and "another reaper" in late_said, "a pass beside --watch gives up", late.returncode,
	    late_said)
	ok(second.is_running(), "a second --watch waits")
	world.watcher.stop(signal.SIGKILL)
	world.renew(B, "127.0.0.9")
	claim(world, B, "127.0.0.9", "", "and takes over when the first one is killed")


def test_pace(world):
	"""Grants of one host: the first at once, then one in 10 s, the last wins. Withdrawals at once."""
	begun = time.monotonic()
	world.renew(A, "127.0.0.5")
	claim(world, A, "127.0.0.5", "", "the first grant at once")
	for last in "678":
		equal(world.renew(A, "127.0.0." + last).split()[-1], "changed=yes", "another address")
	seen = []

	def look():
		shown = world.dig(A)
		if not seen or seen[-1][0] != shown:
			seen.append((shown, time.monotonic() - begun))
		return shown == "127.0.0.8"

	wait_for(16, look)
	equal([shown for shown, _ in seen], ["127.0.0.5", "127.0.0.8"], "of several the last wins, the others are not shown")
	ok(9.5 < seen[-1][1] < 14, "10 s after the first", seen)
	world.renew(A, "127.0.0.9")
	world.ask(world.login(A) + ["RELEASE " + A], "127.0.0.9")
	claim(world, A, FALLBACK4, FALLBACK6, "a release within the pace is withdrawn at once")


# --- a name server that is down ---

def test_named_down():
	world = start(hosts=[A, B], lease=6, reaper=False)
	trace = os.path.join(world.dir, "trace")
	replace(world.conf, content(world.conf).replace(b"/usr/sbin/rndc -c", b"%s/reload %s/rndc.conf -c" % (
	    world.dir.encode(), world.dir.encode())))
	with open(os.path.join(world.dir, "reload"), "w") as out:
		out.write("#!/bin/sh\nshift\ndate >>%s\nexec /usr/sbin/rndc \"$@\"\n" % trace)
	os.chmod(os.path.join(world.dir, "reload"), 0o755)
	world.watcher = world.start_reaper()
	world.renew(A, "127.0.0.5")
	claim(world, A, "127.0.0.5", "", "a name server that runs")
	world.named.stop(signal.SIGKILL)
	world.watcher.stop()
	equal(world.renew(A, "127.0.0.5").split()[-1], "changed=no", "dies: the helper renews")
	equal(world.renew(B, "127.0.0.6").split()[-1], "changed=yes", "and grants")
	got = world.reaper()
	ok(got.returncode == TEMPFAIL and b"zonefile dyn.test" in got.stderr, "a pass fails, and names the publisher",
	    got.returncode, got.stderr.decode())
	equal(world.reaper().returncode, TEMPFAIL, "so does the next, although it is not its turn to try")
	open(trace, "w").close()
	watcher = world.start_reaper()
	before = len(watcher.text())
	end = time.monotonic() + 9
	while time.monotonic() < end:
		answer = world.renew(B, "127.0.0.6")
		if not answer.startswith("250 "):
			break
		time.sleep(0.5)
	ok(answer.startswith("250 "), "no renewal was refused meanwhile", answer)
	tries = content(trace).count(b"\n")
	ok(1 <= tries <= 4, "it is tried again, less and less often (%d times in 9 s)" % tries)
	equal(watcher.text()[before:].count("zonefile dyn.test:"), 0, "and not complained of each time")
	world.start_named()
	back = wait_for(17, lambda: world.renew(B, "127.0.0.6") and world.dig(B) == "127.0.0.6")
	ok(back, "when it comes back, it is made to show what is live")
	equal((world.dig(A), world.dig(A, "AAAA")), (FALLBACK4, FALLBACK6), "and what fell silent meanwhile falls back")
	ok(wait_for(17, lambda: "shows everything again" in watcher.text()[before:]), "the log says that it is well")
	watcher.stop()
	equal(world.reaper().returncode, OK, "and so does the exit code")


zero = test_zero_hosts()
test_two()
test_no_reaper()
test_snapshot(zero)
test_options(test_one_shot())
test_named_down()
test_patience()
done_testing()
