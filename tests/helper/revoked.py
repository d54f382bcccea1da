#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
Revoked between its login and its commit: a helper whose client takes its time, one that is stopped, one that waits
for the table. Each answers 535 and leaves no lease; and wherever else it is stopped, none is live in the end.
"""
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, SANITIZED, TMP, TOOLS, done_testing, equal, note, ok, run, wait_for  # noqa: E402
from pki import CA, CLIENT, Pki, put  # noqa: E402
from wire import Talk  # noqa: E402
from world import World  # noqa: E402

os.environ["ASAN_OPTIONS"] = "detect_leaks=0"	# which cannot be done to who is traced
ROOTS, CRL = os.path.join(TMP, "client-ca.pem"), os.path.join(TMP, "client-crl.pem")
KINDS = {"password": None, "key": "key", "cert": "issued", "key+cert+password": "both"}
LATER = str(1 << 40)		# an epoch
TOOL, KILLAT = os.path.join(TOOLS, "table_tool"), os.path.join(TOOLS, "killat")
pki = Pki()
pki.make("cert ca cn=CA " + CA, "crl crl issuer=ca days=-1,30", "cert key cn=laptop",
    "cert issued issuer=ca cn=laptop " + CLIENT, "cert both issuer=ca key=key cn=laptop " + CLIENT)
put(ROOTS, pki.pem("ca"))
put(CRL, pki.pem("crl"))
world = World(publisher="", deadline=60, server="client_ca = %s\nclient_crl = %s" % (ROOTS, CRL))


def host_of(kind):
	return kind.replace("+", "-") + ".dyn.test"


for kind in KINDS:
	world.add_hosts([host_of(kind), "admin-" + host_of(kind)], amend=["require " + kind,
	    "credential key " + pki.fingerprint("key"), "credential cert cn:laptop"])
world.start_reaper()


def begin(host, shown, **how):
	"""A conversation that has had its 250 to LOGIN."""
	talk = Talk(world, context=pki.context(world, shown), **how)
	talk.shake().say(world.login(host)[0] + "\n")
	answer = talk.lines(1)
	if answer != ["250 " + host]:
		ok(False, "%s logs in" % host, answer, talk.log())
	return talk


def revoke(host, epoch=LATER):
	world.tool("revoke", host, epoch).check_returncode()


def live(host):
	return world.leases().get((host, 4), ("", "ended"))[1] == "live"


def finish(talk):
	got = talk.lines()
	talk.status()
	return [line[:3] for line in got]


def renewed(host):
	return "RENEW %s\nQUIT\n" % host


def is_state(pid, letter):
	with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
		return stat.read().rsplit(")", 1)[1].split()[0] == letter


def waits_in_flock(pid):
	"""In the list of locks, it waits."""
	with open("/proc/locks", encoding="ascii") as locks:
		return any(" -> " in line and " %d " % pid in line for line in locks)


for kind, shown in KINDS.items():
	host = host_of(kind)

	# The client pauses.
	talk = begin(host, shown)
	revoke(host)
	talk.say(renewed(host))
	equal((finish(talk), (host, 4) in world.leases()), (["535", "221"], False),
	    "%s: revoked while the client pauses" % kind)
	ok("renew host=%s account=%s peer=%s denied\n" % (host, host, talk.source) in talk.log(),
	    "%s: and the log says so" % kind, talk.log())
	revoke(host, "0")

	# It held a lease, which ends, and it cannot be brought back.
	talk = begin(host, shown)
	talk.say("RENEW %s\n" % host)
	got = talk.lines(1)
	ok(got[0].startswith("250 ") and live(host), "%s: a lease" % kind, got)
	revoke(host)
	ok(not live(host), "%s: is over with the revocation" % kind, world.leases())
	talk.say("RENEW %s\nRELEASE %s\nQUIT\n" % (host, host))
	equal((finish(talk), live(host)), (["535", "535", "221"], False), "%s: and stays so" % kind)
	revoke(host, "0")

	# The helper is stopped with the request in its socket.
	talk = begin(host, shown)
	os.kill(talk.pid, signal.SIGSTOP)
	wait_for(10, is_state, talk.pid, "T")
	talk.say(renewed(host))
	revoke(host)
	os.kill(talk.pid, signal.SIGCONT)
	equal((finish(talk), live(host)), (["535", "221"], False), "%s: revoked while it is stopped" % kind)
	revoke(host, "0")

	# Its renewal is under way, and waits for whoever revokes.
	talk = begin(host, shown)
	with subprocess.Popen([TOOL, world.rundir, "hold-revoke", host, LATER], stdin=subprocess.PIPE,
	    stdout=subprocess.PIPE) as holder:
		holder.stdout.readline()
		talk.say(renewed(host))
		waited = wait_for(10, waits_in_flock, talk.pid)
		holder.stdin.write(b"\n")
		holder.stdin.close()
		got = finish(talk)
	equal((waited, got, live(host)), (True, ["535", "221"], False),
	    "%s: revoked in the transaction that it waits for" % kind)
	revoke(host, "0")

	# The same by the program that does it.
	host = "admin-" + host
	talk = begin(host, shown)
	done = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "host", "del", host])
	equal(done.returncode, 0, "%s: dynlease-admin host del" % kind)
	talk.say(renewed(host))
	got = finish(talk)
	ok(got[0] in ("535", "550") and not live(host), "%s: revoked by dynlease-admin" % kind, got, done)

# --- stopped at every call ---


def stop_at(number, host, shown, report):
	"""Revoke while the helper stands before its call of that number. (did it stop, the answer to RENEW)"""
	talk = Talk(world, context=pki.context(world, shown), wrap=(KILLAT, "-s", "-o", report, str(number)))
	answers = []
	asking = threading.Thread(target=lambda: answers.extend(talk.ask([*world.login(host), "RENEW " + host, "QUIT"])))
	asking.start()
	told = wait_for(20, lambda: text(report).endswith("\n") and text(report))
	revoking = threading.Thread(target=revoke, args=(host,))
	revoking.start()
	if told.startswith("stopped "):
		revoking.join(0.2)		# it may have to wait for who is stopped
		try:
			os.kill(int(told.split()[1]), signal.SIGCONT)
		except ProcessLookupError:
			pass		# the call was its last one
	revoking.join()
	asking.join()
	talk.status()
	return told.startswith("stopped "), answers[1][:3] if len(answers) > 1 else answers


def text(path):
	try:
		with open(path, encoding="ascii") as file:
			return file.read()
	except OSError:
		return ""


for first, kind in enumerate(("password", "cert")):
	host, number, stopped, seen, wrong = host_of(kind), first, True, {}, []
	while stopped:
		number += 14 if SANITIZED else 2
		stopped, answer = stop_at(number, host, KINDS[kind], os.path.join(TMP, "killat.%s.%d" % (kind, number)))
		seen[str(answer)] = seen.get(str(answer), 0) + 1
		if live(host) or answer not in ("250", "535"):
			wrong.append((number, answer, world.leases()))
		revoke(host, "0")
	note("%s: stopped at every second of %d calls: %s" % (kind, number, seen))
	ok(not wrong and number > 100 and seen.get("535", 0) > 5 and seen.get("250", 0) > 0,
	    "%s: stopped at every second call and revoked, it has no lease in the end" % kind, *wrong[:5])
ok(world.check().get("faults") == "0", "the table is whole", world.check())
done_testing()
