#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 600
# alone
"""The installed units under a real systemd: booted, hammered, stopped, rebooted."""
import fcntl
import os
import re
import signal
import socket
import ssl
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, done_testing, equal, note, ok, run, skip_all, wait_for
from machine import Machine, alone

ZONE, SERVER, FALLBACK, PORT = "dyn.test", "ns.example.net", "192.0.2.80", 8245
HOSTS = ["h%d.%s" % (i, ZONE) for i in range(8)]
MANY = ["m%d.%s" % (i, ZONE) for i in range(100)]
ZONE_FILE = "/var/lib/dynlease/zones/" + ZONE
SERVICES = ["dynlease@.service", "dynlease-reaper.service", "dynlease-boot.service", "dynlease-expiry.service",
    "dynlease-unlock.service"]
UNITS = ["dynlease-boot.service", "dynlease-reaper.timer", "dynlease-reaper.path", "dynlease.socket",
    "dynlease-expiry.timer"]
tokens = {}


# --- the hosts' side ---

def connect(source):
	return socket.create_connection(("10.77.0.1", PORT), 10, (source, 0))


def ask(host, source, lines):
	"""The answers to lines after a LOGIN, all in one flight, or what went wrong."""
	context = ssl.create_default_context(cafile=machine.path("/etc/dynlease/server.pem"))
	try:
		with context.wrap_socket(connect(source), server_hostname=SERVER) as tls:
			tls.sendall("".join("%s\n" % line for line in ["LOGIN %s %s" % (host, tokens[host]), *lines,
			    "QUIT"]).encode())
			got = b""
			while True:
				more = tls.recv(4096)
				if not more:
					return got.decode().splitlines()[1:]
				got += more
	except OSError as error:
		return ["failed: %s" % error]


def renew(host, source):
	return (ask(host, source, ["RENEW " + host]) + [""])[0]


def dig(name):
	got = run(["dig", "+short", "+time=1", "+tries=1", "+norecurse", "@10.77.0.1", name, "A"])
	return "?" if got.returncode != 0 else got.stdout.decode().strip()


def shows(name, address, seconds=5):
	return wait_for(seconds, lambda: dig(name) == address)


def published(host, source):
	"""The seconds from the answer to the name server showing it; 99: never."""
	# What falls into the end of a pass is the timer's.
	wait_for(10, lambda: [machine.show("dynlease-reaper." + unit, "SubState") for unit in ("service", "path")] ==
	    ["dead", "waiting"])
	answer = renew(host, source)
	start = time.monotonic()
	if not answer.startswith("250 ") or not shows(host, source, 20):
		note("%s from %s: %s, dig %s" % (host, source, answer, dig(host)))
		return 99
	return time.monotonic() - start


def together(jobs, function, args):
	"""Call it for all the args from so many threads; the results."""
	results, todo = [], list(enumerate(args))
	lock = threading.Lock()

	def work():
		while True:
			with lock:
				if not todo:
					return
				number, arg = todo.pop(0)
			result = function(number, arg)
			with lock:
				results.append(result)
	threads = [threading.Thread(target=work) for _ in range(jobs)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return results


# --- the machine ---

def configure():
	machine.write("/etc/hosts", "127.0.0.1 localhost\n10.77.0.1 %s\n" % SERVER)
	machine.do("dynlease-admin", "init", "--zone", ZONE, "--fallback4", FALLBACK, "--fallback6", "none", "--name", SERVER)
	conf = machine.read("/etc/dynlease/dynlease.conf")
	machine.write("/etc/dynlease/dynlease.conf", conf.replace("[server]\n", "[server]\nallow = 10.77.0.0/16\n", 1))
	# For named it must be one that others than its own user may write; so the reaper's is made by the reaper.
	machine.write("/etc/bind/named.conf.local", 'zone "%s" { type primary; file "%s"; };\n' % (ZONE, ZONE_FILE))
	machine.do("usermod", "-aG", "bind", "dynlease-reap")	# rndc's key
	# The file as named finds it when it starts.
	machine.write("/etc/systemd/system/named.service.d/keep.conf",
	    "[Service]\nExecStartPre=+-/bin/cp %s /var/lib/found\n" % ZONE_FILE)
	for host in HOSTS:
		add(host)


def add(host, *options):
	said = machine.do("dynlease-admin", "host", "add", host, *options)
	tokens[host] = re.search(r"(?m)^\s*(?:secret|token)?\W*([0-9A-Za-z_-]{27,})\s*$", said).group(1)


def state(unit):
	return machine.show(unit, "ActiveState")


def is_ticking():
	last = machine.show("dynlease-reaper.timer", "LastTriggerUSecMonotonic")
	return wait_for(10, lambda: machine.show("dynlease-reaper.timer", "LastTriggerUSecMonotonic") != last)


def reapers():
	"""The processes of the reaper's service."""
	uid = int(machine.say("id", "-u", "dynlease-reap"))
	found = []
	for pid in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open("/proc/%s/comm" % pid) as comm:
				if os.stat("/proc/" + pid).st_uid in (0, uid) and comm.read().strip() == "dynlease-reaper":
					with open("/proc/%s/root/etc/hostname" % pid):
						pass
					if os.readlink("/proc/%s/ns/pid" % pid) == os.readlink("/proc/%d/ns/pid" % machine.leader()):
						found.append(int(pid))
		except OSError:
			continue
	return found


# --- the claims ---

def first_start():
	machine.do("systemctl", "enable", *UNITS, "named.service")
	machine.do("systemctl", "start", *UNITS, "named.service")
	ok(shows(HOSTS[0], FALLBACK, 20), "installed, enabled and started: a host shows its fallback", dig(HOSTS[0]))
	ok(wait_for(20, is_settled), "and the first pass of the timer finds everything shown",
	    machine.say("journalctl", "-u", "dynlease*", "-n", "40", "--no-pager"))


def is_settled():
	return (machine.show("dynlease-reaper.service", "Result") == "success" and
	    machine.show("dynlease-reaper.service", "ExecMainExitTimestampMonotonic") != "0")


def security():
	for unit in SERVICES:
		said = machine.say("systemd-analyze", "security", "--offline=yes", "--no-pager", "/usr/lib/systemd/system/" + unit)
		figure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
		ok(figure and float(figure.group(1)) <= 2.0, "systemd-analyze security %s: 2.0 or better" % unit,
		    figure.group(0) if figure else said)
	said = machine.run("systemd-analyze", "verify", "--man=no", *SERVICES, *UNITS,
	    "/usr/share/dynlease/run-dynlease.mount")
	equal((said.stdout + said.stderr).decode(), "", "systemd-analyze verify has nothing to say")


def expiry():
	said = lambda: machine.say("journalctl", "-u", "dynlease-expiry.service", "-o", "cat", "--no-pager")
	machine.do("systemctl", "start", "dynlease-expiry.service")
	ok("expires in" not in said(), "nothing expires, and the log has no line of it", said())
	machine.do("dynlease-admin", "ca", "init", "--no-passphrase")
	machine.do("dynlease-admin", "ca", "issue", HOSTS[0], "--days", "10", "--out", "/root/for-it")
	machine.do("systemctl", "start", "dynlease-expiry.service")
	ok(wait_for(10, lambda: re.findall("the certificate .* of %s expires in" % re.escape(HOSTS[0]), said())),
	    "what does has one, though only root may read it", said())
	equal([state("dynlease-expiry.timer"), machine.show("dynlease-expiry.service", "Result")], ["active", "success"],
	    "the timer waits for the next day")


def path_unit():
	machine.do("systemctl", "stop", "dynlease-reaper.timer")
	times = [published(host, "10.77.1.%d" % (i + 1)) for i, host in enumerate(HOSTS[:5])]
	note("seconds to publish: " + " ".join("%.2f" % t for t in times))
	ok(statistics.median(times) <= 1, "a renewal is published within a second through the path unit alone", times)
	machine.do("systemctl", "start", "dynlease-reaper.timer")


def many_renewals():
	"""100 hosts, each of which moves 5 times: every one of these renewals wakes the reaper."""
	def move(number, host):
		return ask(host, "10.77.5.%d" % (1 + number), ["RENEW %s 10.77.%d.%d" % (host, 10 + i, 1 + number)
		    for i in range(5)])
	start = time.monotonic()
	answers = sum(together(16, move, MANY), [])
	took = time.monotonic() - start
	good = sum(" changed=yes" in answer for answer in answers)
	ok(good == 500, "500 renewals, each of which must be published, are all granted", good,
	    *[a for a in answers if " changed=yes" not in a][:5])
	ok(took <= 10, "within 10 s", took)
	note("%.1f s" % took)
	equal([state("dynlease-reaper.path"), state("dynlease-reaper.timer"), state("dynlease.socket")], ["active"] * 3,
	    "and stop neither path nor timer nor socket")
	ok(shows(MANY[-1], "10.77.14.100", 20) and shows(MANY[0], "10.77.14.1", 20), "they are all published")
	ok(is_ticking(), "the timer goes on")
	times = [published(host, "10.77.4.%d" % (i + 1)) for i, host in enumerate(HOSTS[4:7])]
	ok(min(times) <= 1 and max(times) <= 7, "and the path unit publishes the next", times)


def is_stopped(pid):
	try:
		with open("/proc/%d/stat" % pid) as stat:
			return stat.read().rpartition(")")[2].split()[0] == "T"
	except OSError:
		return False


def stop_pass():
	"""Stop all processes of a pass that waits for the writer's lock of the table, and so lasts; they are returned."""
	def stop():
		found = reapers()
		for pid in found:
			try:
				os.kill(pid, signal.SIGSTOP)
			except OSError:
				pass
		return len(found) > 1 and all(is_stopped(pid) for pid in found) and found

	with open("/proc/%d/root/run/dynlease/table/write.lock" % machine.leader(), "r+") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		machine.do("systemctl", "start", "--no-block", "dynlease-reaper.service")
		wait_for(10, lambda: len(reapers()) > 1)	# the guard, and what sweeps
		return wait_for(10, stop) or []


def stopped_reaper():
	machine.run("systemctl", "stop", "dynlease-reaper.timer")
	wait_for(20, lambda: state("dynlease-reaper.service") == "inactive" and not reapers())
	caught = stop_pass()
	machine.run("systemctl", "start", "dynlease-reaper.timer")
	ok(caught and state("dynlease-reaper.service") == "activating", "a reaper is stopped in the middle of a pass", caught)
	start = time.monotonic()
	answer = renew(HOSTS[6], "10.77.1.7")
	ok(shows(HOSTS[6], "10.77.1.7", 75), "a stopped reaper is killed, and the next tick does its work", answer)
	note("after %.1f s" % (time.monotonic() - start))
	ok(wait_for(10, is_settled) and is_ticking(), "and the timer goes on")


def many_connections():
	"""Somebody connects, says nothing, and stays; systemd turns most of them away, and never for good."""
	def poke(_number, source):
		try:
			return connect(source)
		except OSError:
			return None
	start = time.monotonic()
	held = together(8, poke, ["10.77.9.9"] * 300)
	took = time.monotonic() - start
	ok(None not in held and took <= 2, "300 connections in 2 s", took, held.count(None))
	ok(wait_for(5, lambda: renew(HOSTS[0], "10.77.1.1").startswith("250 ")), "while they last another host is served")
	equal([state("dynlease.socket"), machine.show("dynlease.socket", "SubState")], ["active", "listening"],
	    "leave the socket listening")
	for sock in filter(None, held):
		sock.close()
	ok(wait_for(15, lambda: renew(HOSTS[7], "10.77.9.9").startswith("250 ")),
	    "when they are gone, their address is served, too")
	ok(wait_for(30, lambda: machine.say("systemctl", "list-units", "--all", "--no-legend", "dynlease@*") == ""),
	    "nothing of them stays", machine.say("systemctl", "list-units", "--all", "--no-legend", "dynlease@*")[:500])


def reboot():
	for i, host in enumerate(HOSTS[:3]):
		renew(host, "10.77.1.%d" % (i + 1))
	ok(shows(HOSTS[0], "10.77.1.1", 15), "a host is live before the reboot", dig(HOSTS[0]))
	equal(machine.say("findmnt", "-n", "/run/dynlease"), "", "the table has no file system of its own")
	machine.do("systemctl", "--quiet", "enable", "/usr/share/dynlease/run-dynlease.mount")
	answers, stop = [], threading.Event()

	def poll():
		while not stop.is_set():
			answers.append(dig(HOSTS[0]))
			time.sleep(0.02)
	machine.power_off()
	machine.write("/var/lib/found", "")
	poller = threading.Thread(target=poll)
	poller.start()
	up = machine.boot()
	wait_for(15, lambda: set(answers) - {"?", ""})	# named may be the last to be up
	stop.set()
	poller.join()
	ok(up, "the machine is up again")
	found = machine.read("/var/lib/found")
	ok("10.77." not in found and "%s. 30 IN A %s" % (HOSTS[0], FALLBACK) in found,
	    "boot without a table puts every name on the fallback before named starts", found[-500:])
	equal(sorted(set(answers) - {"?", ""}), [FALLBACK], "no answer of named shows another")
	equal([state("dynlease-boot.service"), machine.show("dynlease-boot.service", "ConditionResult")], ["active", "yes"],
	    "the boot unit did it")
	equal(sum("IN A" in line for line in found.splitlines()), len(HOSTS) + len(MANY), "all of them")
	ok(wait_for(15, is_settled), "a pass has asked named for all of it")
	equal(machine.say("findmnt", "-n", "-o", "FSTYPE,SIZE", "/run/dynlease").split(), ["tmpfs", "128M"],
	    "the table has the sized tmpfs that was then enabled")
	equal(machine.say("stat", "-c", "%a %U %G", "/run/dynlease"), "2770 dynlease dynlease", "whose directory is right")
	ok(published(HOSTS[0], "10.77.1.1") <= 7 and published(HOSTS[1], "10.77.1.2") <= 7, "the hosts return")


def aftermath():
	equal(machine.say("systemctl", "--failed", "--no-legend"), "", "no unit has failed")
	kept = machine.say("journalctl", "--no-pager", "-b", "-p", "warning", "-u", "dynlease*")
	equal([line for line in kept.splitlines() if "denied" in line or "not permitted" in line], [],
	    "nothing was refused to the confined services")


alone("10.77.0.1/16")
for program in ("systemd-nspawn", "debootstrap", "nsenter"):
	if run(["which", program]).returncode != 0:
		skip_all("no " + program)
machine = Machine(os.path.join(TMP, "machine"))
if not machine.boot():
	skip_all("systemd-nspawn does not boot here: " + machine.nspawn.text()[-300:].replace("\n", " "))
configure()
first_start()
security()
expiry()
path_unit()
for host in MANY:
	add(host, "--announce", "10.77.0.0/16")
many_renewals()
stopped_reaper()
many_connections()
reboot()
aftermath()
done_testing()
