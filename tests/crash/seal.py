#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 600
"""
dynlease-admin seal and unseal killed at their system calls: hosts are served, after a boot at most until one passphrase
is given, check names what is unfinished, and given again the command ends well and leaves nothing of before.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, TOOLS, done_testing, note, ok, run, skip_all  # noqa: E402
from sealed import ADMIN, answers, check_says, findable, phrase, plain_verifiers  # noqa: E402
from world import World  # noqa: E402

if os.geteuid() != 0:
	skip_all("needs root")
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"	# which cannot be done to who is traced
A, B = "a.dyn.test", "b.dyn.test"
FIRST, SECOND = "correct horse battery", "staple of the second kind"
STRIDE = 41 if SANITIZED else 17
first, second = phrase(FIRST), phrase(SECOND)


def verdict(world, number):
	"""What is wrong after a kill: it works, and after a boot waits for one of the two passphrases at most."""
	faults = []
	if answers(world, A)[:3] != "250":
		faults.append("%d: not served" % number)
	said = check_says(world)
	if any(line.startswith("CRITICAL") for line in said):
		faults.append("%d: check: %s" % (number, said))
	run([ADMIN, "-c", world.conf, "lock"]).check_returncode()	# as a boot does
	tries = [run([ADMIN, "-c", world.conf, "unlock", "--passphrase-file", file]) for file in (second, first)]
	if not any(got.returncode == 0 for got in tries):
		faults.append("%d: neither unlocks: %s" % (number, [got.stderr for got in tries]))
	if answers(world, A)[:3] != "250":
		faults.append("%d: not served when it is unlocked" % number)
	return faults


def crash(what, command, passphrase, prepare):
	"""dynlease-admin seal or unseal killed at its system calls, with passwords sealed and unlocked by prepare()."""
	world = World(hosts=[A, B], publisher="")
	world.reaper()
	world.start_xinetd()
	def kill(number):
		report = os.path.join(TMP, "killat.out")
		run([os.path.join(TOOLS, "killat"), "-o", report, str(number), ADMIN, "-c", world.conf, command,
		    "--passphrase-file", passphrase])
		with open(report) as lines:
			return lines.read().split("\n")

	prepare(world)
	calls = int(kill(0)[-2].split()[1])
	run([ADMIN, "-c", world.conf, "unseal", "--passphrase-file", passphrase])
	faults, killed, states = [], 0, set()
	for number in range(40, calls + 1, STRIDE):
		clear = plain_verifiers(world)
		prepare(world)
		killed += kill(number)[0].startswith("killed")
		states |= {line[-60:] for line in check_says(world)}
		faults += verdict(world, number)
		done = run([ADMIN, "-c", world.conf, "seal", "--passphrase-file", passphrase])
		if done.returncode != 0 or findable(world, clear) or [line[:2] for line in check_says(world)] != ["OK"]:
			faults.append("%d: given again: %s" % (number, (done.stderr, findable(world, clear),
			    check_says(world))))
		left = sorted(os.listdir(os.path.join(world.dir, "master"))) + [name for name in os.listdir(world.dir)
		    if name.startswith(".") or name.endswith(".new")]
		if left != ["admin.lock", "data.mdb", "lock.mdb"]:
			faults.append("%d: left over: %s" % (number, left))
		if run([ADMIN, "-c", world.conf, "unseal", "--passphrase-file", passphrase]).returncode != 0:
			faults.append("%d: nothing unseals it" % number)
			break
	note("%s: %d system calls, killed at %d; %s" % (what, calls, killed, sorted(states)))
	ok(killed >= 8, "%s is killed at many of its system calls" % what, calls, killed)
	ok(not faults, "%s: everybody is served, before a boot and after, and given again it ends well" % what, *faults[:6])
	ok(any("finishes it" in state for state in states), "%s: check has named what was unfinished" % what, states)


crash("the first seal", "seal", first, lambda world: None)
crash("another passphrase", "seal", second, lambda world: world.seal(FIRST))
crash("unseal", "unseal", first, lambda world: world.seal(FIRST))
done_testing()
