#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 300
# alone
"""The client's unit under a real systemd, beside the server's units: started, restarted, stopped with the machine."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, done_testing, equal, ok, run, skip_all, wait_for
from machine import Machine, alone
from world import World

# The machine keeps a name at its own server, and one at another, which is there when the machine goes down.
ZONE, SERVER, FALLBACK, PUBLIC = "dyn.test", "ns.example.net", "192.0.2.80", "11.77.0.3"
HERE, AWAY = "here." + ZONE, "away." + ZONE
ZONE_FILE = "/var/lib/dynlease/zones/" + ZONE
UNITS = ["dynlease-boot.service", "dynlease-reaper.timer", "dynlease-reaper.path", "dynlease.socket", "named.service"]
CLIENT, SOCKET = "dynlease-client.service", "dynlease.socket"


def configure_server():
	machine.write("/etc/hosts", "127.0.0.1 localhost\n10.77.0.1 %s\n" % SERVER)
	machine.do("dynlease-admin", "init", "--zone", ZONE, "--fallback4", FALLBACK, "--fallback6", "none", "--name", SERVER)
	machine.write("/etc/bind/named.conf.local", 'zone "%s" { type primary; file "%s"; };\n' % (ZONE, ZONE_FILE))
	machine.do("usermod", "-aG", "bind", "dynlease-reap")	# rndc's key


def write_secret(name, secret):
	machine.write(name, secret + "\n")
	os.chmod(machine.path(name), 0o600)


def configure_client():
	"""As dynlease-admin says, and the other server, which also wants a key, as the unit's comments say."""
	said = machine.do("dynlease-admin", "host", "add", HERE, "--show", "systemd")
	section, token = re.search(r"(?ms)^\[server .*?(?=\n\n)", said), re.search(r"(?m)^token: (\S+)$", said)
	write_secret("/etc/dynlease/client.secret", token.group(1))
	write_secret("/etc/dynlease/away.secret", away.tokens[AWAY])
	machine.write("/etc/dynlease/ca.pem", re.search(r"(?ms)^-----BEGIN.*END CERTIFICATE-----\n", said).group(0))
	pin = re.search(r"(?m)^SHA256:\S+$", machine.do("dynlease", "--name", AWAY, "keygen")).group(0)
	away.lines += ["+ require key+password", "+ credential key " + pin]
	away.publish_accounts()
	with open(away.certificate) as certificate:
		machine.write("/etc/dynlease/away.pem", certificate.read())
	machine.write("/etc/dynlease/client.conf", section.group(0) + "\nfamily = 4\nsource = %s\n" % PUBLIC +
	    "[server localhost]\naccount = %s\nsecret_credential = away\nca = /etc/dynlease/away.pem\nfamily = 4\n" % AWAY +
	    "certificate = /etc/dynlease/client.pem\nkey_credential = dynlease-key\naddress = 127.0.0.1\nport = %d\n" % away.port)
	machine.write("/etc/systemd/system/dynlease-client.service.d/away.conf",
	    "[Service]\nLoadCredential=away:/etc/dynlease/away.secret\n")
	machine.do("systemctl", "daemon-reload")


def dig():
	return run(["dig", "+short", "+time=1", "+tries=1", "+norecurse", "@10.77.0.1", HERE, "A"]).stdout.decode().strip()


def state(unit):
	return machine.show(unit, "ActiveState")


def log():
	return machine.say("journalctl", "--no-pager", "-o", "cat", "-u", CLIENT)


def past_away():
	with open(os.path.join(away.dir, "history")) as lines:
		return [line.split()[3] for line in lines if " %s " % AWAY in line]


def past_here():
	return [line.split()[3] for line in machine.read("/var/lib/dynlease/history").splitlines() if " %s " % HERE in line]


def runs_both():
	return "2 of 2 leases run: " in machine.show(CLIENT, "StatusText")


# --- the claims ---

def start():
	done = machine.run("systemctl", "--quiet", "enable", "--now", CLIENT)
	equal([done.returncode, state(CLIENT), machine.show(CLIENT, "Type")], [0, "active", "notify"],
	    "enabled and started as installed: the daemon says that it is ready")
	ok(wait_for(15, runs_both), "and gets its leases", machine.show(CLIENT, "StatusText"), log())
	said = machine.say("systemctl", "status", "--no-pager", CLIENT)
	ok(re.search(r'Status: "2 of 2 leases run: %s at %s IPv4, 127\.0\.0\.1 at localhost IPv4"' % (PUBLIC, SERVER), said),
	    "which systemctl status shows", said)
	ok(wait_for(15, lambda: dig() == PUBLIC), "the name is published", dig())
	pid = machine.show(CLIENT, "MainPID")
	uid = machine.say("stat", "-c", "%u", "/proc/" + pid)
	ok(uid.isdigit() and 61184 <= int(uid) <= 65519, "it runs as a user that is made for it, not as the helper's", uid)
	machine.do("systemctl", "reload", CLIENT)
	ok(wait_for(5, lambda: "client.conf: read again" in log()) and machine.show(CLIENT, "MainPID") == pid,
	    "and reads its configuration again", log())
	ok(wait_for(15, runs_both), "which costs it no lease", log())


def security():
	unit = "/usr/lib/systemd/system/" + CLIENT
	said = machine.say("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
	figure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
	ok(figure and float(figure.group(1)) <= 2.0, "systemd-analyze security: 2.0 or better", figure and figure.group(0))
	said = machine.run("systemd-analyze", "verify", "--man=no", unit)
	equal((said.stdout + said.stderr).decode(), "", "systemd-analyze verify has nothing to say")


def restart():
	"""What the upgrade of a package does."""
	wait_for(10, lambda: past_away() and past_here())
	before, pid = (past_away(), past_here()), machine.show(CLIENT, "MainPID")
	done = machine.run("systemctl", "restart", CLIENT)
	equal([done.returncode, done.stderr, state(CLIENT)], [0, b"", "active"], "it is restarted")
	ok(machine.show(CLIENT, "MainPID") != pid and wait_for(15, runs_both), "and renews", log())
	machine.do("systemctl", "stop", CLIENT)
	equal(dig(), PUBLIC, "the name stays while it is stopped")
	equal(away.leases()[(AWAY, 4)][:2], ("127.0.0.1", "live"), "and the lease")
	machine.do("systemctl", "start", CLIENT)
	ok(wait_for(15, runs_both), "until it is started again", log())
	equal((past_away(), past_here()), before, "no history tells of it")


def beside_the_socket():
	"""dynlease.socket starts dynlease@.service, and has nothing to do with dynlease-client.service."""
	pid = machine.show(CLIENT, "MainPID")
	equal([machine.show(CLIENT, "TriggeredBy"), machine.show(SOCKET, "Triggers")], ["", ""],
	    "the socket of the server does not stand for the client")
	equal(machine.do("systemctl", "restart", SOCKET), "", "the socket is restarted")
	equal([state(SOCKET), state(CLIENT), machine.show(CLIENT, "MainPID")], ["active", "active", pid],
	    "which the daemon does not notice")
	machine.do("systemctl", "stop", SOCKET)
	equal([state(CLIENT), machine.show(CLIENT, "MainPID")], ["active", pid], "nor that it is stopped")
	machine.do("systemctl", "start", SOCKET)
	done = machine.run("systemctl", "stop", CLIENT)
	equal([done.returncode, done.stderr, state(SOCKET)], [0, b"", "active"], "the socket outlives the daemon")
	said = machine.run("dynlease", "status", HERE, "--secret-fd", "0",
	    input=machine.read("/etc/dynlease/client.secret").encode())
	ok(said.returncode == 0 and PUBLIC.encode() in said.stdout, "serves others without it", said.stdout, said.stderr)
	equal(state(CLIENT), "inactive", "and does not start it")
	machine.do("systemctl", "start", CLIENT)
	ok(wait_for(15, runs_both), "both work again", log())


def power_off():
	before = past_away()
	equal(machine.run("test", "-e", "/run/nologin").returncode, 1, "nothing forbids to log in while the machine is up")
	machine.power_off()
	ok(not machine.nspawn.is_running(), "the machine is switched off")
	ok(wait_for(10, lambda: past_away() == before + ["released"]), "the daemon has released the lease", past_away(),
	    away.leases())
	kept = run(["journalctl", "--no-pager", "-o", "cat", "-D", machine.path("/var/log/journal"), "-u",
	    CLIENT]).stdout.decode()
	equal(kept.count("localhost: released"), 1, "and logged it")


def boot():
	ok(machine.boot(), "the machine is up again")
	ok(wait_for(20, runs_both), "and the daemon with it", log())
	ok(wait_for(15, lambda: dig() == PUBLIC), "the name is published again", dig())
	equal(machine.say("systemctl", "--failed", "--no-legend"), "", "no unit has failed")


alone("10.77.0.1/16", PUBLIC + "/32")
for program in ("systemd-nspawn", "debootstrap", "nsenter"):
	if run(["which", program]).returncode != 0:
		skip_all("no " + program)
machine = Machine(os.path.join(TMP, "machine"))
if not machine.boot():
	skip_all("systemd-nspawn does not boot here: " + machine.nspawn.text()[-300:].replace("\n", " "))
away = World(hosts=[AWAY], publisher="")
away.start_reaper()
away.start_xinetd()
configure_server()
machine.do("systemctl", "--quiet", "enable", "--now", *UNITS)
configure_client()
start()
security()
restart()
beside_the_socket()
power_off()
boot()
done_testing()
