#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""One helper under xinetd, openbsd-inetd, tcpserver and systemd's Accept=yes, and the xinetd entry that is shipped."""
import grp
import os
import pwd
import re
import select
import shutil
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import (BIN, ROOT, SANITIZED, TMP, done_testing, equal, free_port, ok, run, skip, skip_all,  # noqa: E402
    spawn, wait_for)
from wire import Talk, Wire, is_root, new_source, records  # noqa: E402
from world import World  # noqa: E402

if not is_root():
	skip_all("a super-server changes its user, which takes root")

A = "a.dyn.test"
world = World(hosts=[A, "b.dyn.test"], publisher="")
world.start_reaper()

# What an environment may carry in: none of it may matter.
lie = os.path.join(world.dir, "openssl.cnf")
with open(lie, "w", encoding="ascii") as out:
	out.write("openssl_conf = all\nconfig_diagnostics = 1\n[all]\nssl_conf = modules\nproviders = providers\n"
	    "[modules]\nsystem_default = lies\n[lies]\nMinProtocol = DTLSv1.2\nCipherString = NULL\n"
	    "[providers]\nnone = section\n[section]\nmodule = /nonexistent\nactivate = 1\n")
LIES = {"FOO_LEAK": "leak-of-the-spawner", "OPENSSL_CONF": lie, "OPENSSL_MODULES": "/nonexistent",
    "SSL_CERT_FILE": "/dev/null",
    "SSL_CERT_DIR": "/dev/null", "REMOTE_HOST": "203.0.113.66", "REMOTE_ADDR": "203.0.113.66",
    "TCPREMOTEIP": "203.0.113.66",
    "PROTO": "TCP", "REMOTE_PORT": "1", "POSIXLY_CORRECT": "1", "MALLOC_PERTURB_": "170", "LC_ALL": "de_DE.UTF-8",
    "HOME": "/root"}
environment = {**os.environ, **LIES}


def helper_with_lies():
	"""The spawner's program: the lies again, behind whatever the spawner itself has set."""
	script = world.helper_script()
	lying = os.path.join(world.dir, "lying.sh")
	with open(lying, "w", encoding="ascii") as out:
		out.write("#!/bin/sh\n" + "".join("export %s='%s'\n" % pair for pair in LIES.items()) + "exec %s\n" %
		    script)
	os.chmod(lying, 0o755)
	return lying


def spawned(name, argv, **how):
	program = spawn(name, argv, env=environment, **how)
	ok(wait_for(10, world._connects), "%s listens" % name)
	return program


def start_xinetd(server):
	conf = os.path.join(world.dir, "x.conf")
	with open(conf, "w", encoding="ascii") as out:
		out.write("service dynlease\n{\n type = UNLISTED\n socket_type = stream\n protocol = tcp\n wait = no\n"
		    " user = nobody\n group = nogroup\n bind = 127.0.0.1\n port = %d\n"
		    " cps = 10000 1\n server = %s\n}\n" % (world.port, server))
	return spawned("xinetd", ["/usr/sbin/xinetd", "-dontfork", "-f", conf, "-filelog",
	    os.path.join(TMP, "xinetd.own"),
	    "-pidfile", os.path.join(world.dir, "x.pid")])


def start_inetd(server):
	conf = os.path.join(world.dir, "inetd.conf")
	with open(conf, "w", encoding="ascii") as out:
		out.write("127.0.0.1:%d stream tcp nowait.9999 nobody.nogroup %s dynlease-auth\n" % (world.port,
		    server))
	return spawned("openbsd-inetd", [find_inetd(), "-i", conf])


def start_tcpserver(server):
	return spawned("tcpserver", ["tcpserver", "-RHl0", "-c", "200", "-u", str(pwd.getpwnam("nobody").pw_uid),
	    "-g", str(grp.getgrnam("nogroup").gr_gid), "127.0.0.1", str(world.port), server])


def start_systemd(server):
	return spawned("systemd", ["systemd-socket-activate", "--inetd", "-a",
	    *("-E%s=%s" % pair for pair in LIES.items()),
	    "-l", "127.0.0.1:%d" % world.port, server], user="nobody", group="nogroup", extra_groups=[])


def find_inetd():
	for path in (os.path.join(ROOT, "build/peers/openbsd-inetd/usr/sbin/inetd"),
	    os.path.join(BIN, "peers/openbsd-inetd/usr/sbin/inetd")):
		if os.access(path, os.X_OK):
			return path
	return None


def connect(source=None):
	return Wire(world, world.connect(source=source or new_source()))


def talk(lines, source=None):
	"""(answers, the client, after the end)"""
	wire = connect(source).shake()
	wire.say("".join(line + "\n" for line in lines))
	return wire.lines(), wire


def check_spawner(name):
	"""The claims that hold under each of them."""
	source = new_source()
	got, wire = talk(world.login(A) + ["RENEW " + A, "STATUS " + A, "RELEASE " + A, "QUIT"], source)
	ok([line[:3] for line in got] == ["250"] * 4 + ["221"] and " address=%s " % source in got[1],
	    "%s: LOGIN, RENEW, STATUS, RELEASE, QUIT, and the peer's own address" % name, *got)
	found, rest = records(wire.raw)
	ok(len(found) > 3 and rest == b"" and wire.goodbye and not wire.reset,
	    "%s: not one byte outside of TLS records, and a goodbye" % name, rest)

	wire = connect().shake()
	wire.say("\n".join([*world.login(A), "STATUS " + A, "QUIT"]) + "\n" + "x" * 60000)
	got = wire.lines()
	ok(got[-1:] == ["221 bye"] and wire.goodbye and not wire.reset,
	    "%s: one who sends more than is read gets all answers, and no reset" % name,
	    got, wire.reset)

	wire = connect().shake()
	wire.say("\n".join([*world.login(A), "STATUS " + A, "QUIT"]) + "\n")
	ok(wait_for(5, lambda: len(wire.sock.recv(65536, socket.MSG_PEEK)) > 80) and len(wire.lines()) == 3 and
	    not wire.reset,
	    "%s: one who reads late gets all answers" % name)

	wire = connect().shake()
	wire.say("\n".join([*world.login(A), "QUIT"]) + "\n")
	select.select([wire.sock], [], [], 10)
	for _ in range(10):
		wire.push(b"x" * 5000)
		select.select([], [], [], 0.01)		# time for a reset to come
	ok(len(wire.lines()) == 2 and not wire.reset, "%s: one who still sends after the answer meets no reset" %
	    name)

	wire = connect()
	wire.push(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	wire.drain()
	ok(wire.stray() == b"" and not wire.reset, "%s: nothing in clear for one who speaks no TLS" % name, wire.raw)
	for step in ("before a byte", "in the handshake", "after its commands"):
		wire = connect()
		if step == "in the handshake":
			wire.push(wire.hello())
		elif step == "after its commands":
			wire.shake().say("\n".join(world.login(A) + ["STATUS " + A] * 12) + "\n")
		wire.abort()
	got, _ = talk(world.login(A) + ["RENEW " + A, "QUIT"])
	equal([line[:3] for line in got], ["250", "250", "221"],
	    "%s: served after clients that left with a reset" % name)


def helpers_left():
	return run(["pgrep", "-f", "^[^ ]*dynlease-auth .*" + re.escape(world.conf)]).stdout.split()


script = helper_with_lies()
log_at = 0
for name, start, needed in (("xinetd", start_xinetd, shutil.which("xinetd")),
    ("openbsd-inetd", start_inetd, find_inetd()),
    ("tcpserver", start_tcpserver, shutil.which("tcpserver")),
    ("systemd", start_systemd, shutil.which("systemd-socket-activate"))):
	if not needed:
		skip(name, "it is not installed")
		continue
	world.port = free_port()
	program = start(script)
	check_spawner(name)
	program.stop()
	ok(wait_for(15, lambda: not helpers_left()), "%s: no helper is left" % name)
	log = world.helper_log()[log_at:]
	log_at += len(log)
	ok("203.0.113.66" not in log and LIES["FOO_LEAK"] not in log and "peer=127." in log,
	    "%s: what its environment says is not believed" % name,
	    log[-3000:])
	ok(not re.search(r"^(?!dynlease-auth: )", log.rstrip("\n"), re.MULTILINE),
	    "%s: nothing but its own lines is in the log" % name, log[-3000:])

# --- SIGPIPE: default, as xinetd leaves it, and ignored, as systemd does ---

for restore, what in ((True, "default"), (False, "ignored")):
	for kind in ("TCP", "UNIX"):
		client = Talk(world, restore_signals=restore, pair=socket.socketpair() if kind == "UNIX" else None)
		client.shake()
		os.kill(client.pid, 19)
		client.say("\n".join(world.login("b.dyn.test") + ["RENEW b.dyn.test 127.7.7.7"] +
		    ["STATUS b.dyn.test"] * 12) + "\n")
		client.close()
		os.kill(client.pid, 18)
		equal(client.helper.wait(20), 0, "SIGPIPE %s, a client on %s that left: exit 0" % (what, kind))
equal(world.leases().get(("b.dyn.test", 4), ("",))[0], "127.7.7.7", "what it had asked for was done")

# --- the entry that is shipped ---

with open(os.path.join(ROOT, "xinetd.d", "dynlease"), encoding="ascii") as entry:
	text = entry.read()
world.port = free_port()
own_log = os.path.join(TMP, "shipped.own")
CHANGES = {"port": str(world.port), "user": "nobody", "group": "nogroup", "flags": "IPv4",
    "log_type": "FILE " + own_log,
    "server": "%s/dynlease-auth\n\tserver_args = -D -c %s\n\tbind = 127.0.0.1" % (BIN, world.conf)}
ok("\tserver\t\t= @sbindir@/dynlease-auth\n" in text, "the shipped entry starts the installed helper")
for key, value in CHANGES.items():
	text, n = re.subn(r"(?m)^(\s*%s\s*=).*" % key, lambda match: "%s %s" % (match.group(1), value), text)
	equal(n, 1, "the shipped entry has one line for %s" % key)
if SANITIZED:	# the sanitizers want all of the address space
	text = re.sub("rlimit_as.*", "rlimit_as = UNLIMITED", text)
shipped = os.path.join(world.dir, "shipped.conf")
with open(shipped, "w", encoding="ascii") as out:
	out.write("defaults\n{\n}\n" + text)
for word in ("per_source", "instances", "cps", "passenv", "rlimit_as", "rlimit_cpu", "log_on_failure", "disable"):
	ok(re.search(r"(?m)^\s*%s\s*\+?=" % word, text), "the shipped entry says %s" % word)
program = spawned("shipped", ["/usr/sbin/xinetd", "-dontfork", "-f", shipped, "-filelog", own_log + ".main",
    "-pidfile",
    os.path.join(world.dir, "s.pid")])
got, wire = talk(world.login(A) + ["RENEW " + A, "QUIT"])
equal([line[:3] for line in got], ["250", "250", "221"], "the shipped entry works")
ok(wire.stray() == b"" and not wire.reset, "and nothing comes outside of TLS")
several = [connect() for _ in range(60)]
got, _ = talk(world.login(A) + ["STATUS " + A, "QUIT"])
equal([line[:3] for line in got], ["250", "250", "221"], "sixty connections in a moment do not close the shop")
for wire in several:
	wire.close()
greedy = [connect("127.0.0.77") for _ in range(20)]
turned_away = 0
for wire in greedy:
	wire.sock.settimeout(0.3)
	try:
		turned_away += wire.sock.recv(1) == b""
	except (TimeoutError, ConnectionResetError):
		pass
ok(turned_away > 0, "one source cannot take all the instances", turned_away)
got, _ = talk(world.login(A) + ["STATUS " + A, "QUIT"])
equal([line[:3] for line in got], ["250", "250", "221"], "and another is served meanwhile")
for wire in greedy:
	wire.close()
with open(own_log, errors="replace") as log:
	text = log.read()
ok("per_source_limit" in text and "127.0.0.77" in text, "which is in xinetd's log", text[-2000:])
with open(own_log + ".main", errors="replace") as log:
	text = log.read()
ok("1 available service" in text and not re.search("ERROR|unknown|bad ", text),
    "xinetd understands every line of the entry", text[:3000])
done_testing()
