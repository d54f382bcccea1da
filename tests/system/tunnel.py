#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 120
"""The client through commands and real tunnels, and servers that it knows by their keys: real helper, xinetd, sshd."""
import base64
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, done_testing, equal, free_port, ok, run, spawn, wait_for  # noqa: E402
from world import World  # noqa: E402

HOST, OTHER, NOBODY, KEYED = "a.dyn.test", "b.dyn.test", "c.dyn.test", "d.dyn.test"
NAME = "dyn.example.net"		# which the certificate is not for
OK, TEMPFAIL, PROTOCOL, CONFIG, USAGE, DATAERR = 0, 75, 76, 78, 64, 65

world = World(hosts=[HOST, OTHER], publisher="")
world.add_hosts([NOBODY], announce="192.0.2.0/24")
world.start_reaper()
world.start_xinetd()


def conf_of(name="localhost", host=HOST, **keys):
	"""A client.conf that knows no address: only a command leads to the server."""
	secret, path = os.path.join(TMP, "secret"), os.path.join(TMP, "client.conf")
	with open(secret, "w") as out:
		os.fchmod(out.fileno(), 0o600)
		out.write(world.tokens[host] + "\n")
	keys = {"account": host, "secret_file": secret, "ca": world.certificate, "timeout": 5, "port": 1, **keys}
	with open(path, "w") as out:
		out.write("[server %s]\n" % name + "".join("%s = %s\n" % pair for pair in keys.items() if pair[1] is not None))
	return path


def client(conf, *args, **how):
	return run([os.path.join(BIN, "dynlease"), "-c", conf, *args], **how)


def expect(got, code, name, said=""):
	text = got.stderr.decode() + got.stdout.decode()
	ok(got.returncode == code and said in text, "%s: exit %d" % (name, code), "exit: %d" % got.returncode, text)
	ok(not any(token in text for token in world.tokens.values()), name + ": shows no secret")


def lease(host=HOST, family=4):
	return world.leases().get((host, family), ("none", "none", 0))[:2]


# --- through a command ---

nc = "nc -N localhost %d" % world.port
conf = conf_of(announce="127.0.0.9, 2001:db8::9")
expect(client(conf, "-v", "--via", nc, "renew"), OK, "--via nc", "address=2001:db8::9")
equal((lease(), lease(family=6)), (("127.0.0.9", "live"), ("2001:db8::9", "live")), "both addresses are leased")
expect(client(conf, "--via", nc, "status"), OK, "status goes the same way", "127.0.0.9")
expect(client(conf, "--via", nc, "release"), OK, "so does release")
equal(lease()[1] == "live", False, "which ends the lease")
expect(client(conf, "--via", "nc localhost %d" % world.port, "renew"), OK, "nc without -N")
expect(client(conf_of(announce="127.0.0.8", via=nc), "renew"), OK, "via in the configuration")
equal(lease()[0], "127.0.0.8", "with its address")
expect(client(conf_of(via=nc), "-v", "renew"), OK, "without announce: what the server sees", "address=127.0.0.1")
expect(client(conf_of(via=nc, host=NOBODY, announce="127.0.0.8"), "renew"), DATAERR, "an address that is not to be announced",
    "refused")
expect(client(conf_of(name=NAME, via=nc), "renew"), PROTOCOL, "the certificate counts, whatever leads there", "mismatch")

words = os.path.join(TMP, "words")
script = os.path.join(TMP, "say words")
with open(script, "w") as out:
	os.fchmod(out.fileno(), 0o755)
	out.write("#!/bin/sh\nprintf '[%%s]' \"$@\" >'%s'\necho heard >&2\nexec %s\n" % (words, nc))
got = client(conf_of(), "--via", "\"%s\" 'one $HOME; \"two  three\"" % script, "renew")
expect(got, OK, "a command with odd words", "heard")
with open(words) as said:
	equal(said.read(), "['one][$HOME;][two  three]", "is split at blanks only, and no shell sees it")

expect(client(conf, "--via", "/nonexistent", "renew"), CONFIG, "no such command", "cannot be run: No such file")
expect(client(conf, "--via", "false", "renew"), TEMPFAIL, "a command that ends at once", "did the command get through?")
expect(client(conf, "--via", "cat", "renew"), PROTOCOL, "one that speaks no TLS", "is that the port")
expect(client(conf, "--via", " ", "renew"), USAGE, "an empty one", "not a command")
pid = os.path.join(TMP, "pid")
with open(script, "w") as out:
	out.write("#!/usr/bin/env python3\nimport os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
	    "with open('%s', 'w') as out:\n out.write(str(os.getpid()))\ntime.sleep(60)\n" % pid)
expect(client(conf_of(timeout=1, announce="127.0.0.8"), "--via", '"%s"' % script, "renew"), TEMPFAIL, "one that is silent",
    "timed out")
with open(pid) as number:
	ok(not os.path.exists("/proc/" + number.read().strip()), "is ended, even if it does not want to")

# --- through ssh ---

ssh_port = free_port()
for key in ("host", "user"):
	run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(TMP, key)]).check_returncode()
shutil.copy(os.path.join(TMP, "user.pub"), os.path.join(TMP, "authorized"))
with open(os.path.join(TMP, "host.pub")) as key, open(os.path.join(TMP, "known_hosts"), "w") as out:
	out.write("[127.0.0.1]:%d %s" % (ssh_port, key.read()))
with open(os.path.join(TMP, "sshd_config"), "w") as out:
	out.write("Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/authorized\nStrictModes no\n"
	    "UsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n" % (ssh_port, TMP, TMP))
os.makedirs("/run/sshd", 0o755, exist_ok=True)
sshd = spawn("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", os.path.join(TMP, "sshd_config")])
ssh = ("ssh -F none -p %d -i %s/user -o BatchMode=yes -o UserKnownHostsFile=%s/known_hosts -o LogLevel=ERROR %s@127.0.0.1" %
    (ssh_port, TMP, TMP, pwd.getpwuid(os.getuid()).pw_name))
ok(wait_for(10, lambda: run(ssh.split() + ["true"]).returncode == 0), "sshd runs", run(ssh.split() + ["true"]))
expect(client(conf_of(), "release", "--via", nc), OK, "to begin anew")
for netcat in ("nc localhost %d" % world.port, "nc -N localhost %d" % world.port):
	expect(client(conf_of(announce="127.0.0.10"), "-v", "--via", "%s %s" % (ssh, netcat), "renew"), OK, "ssh and " + netcat[:5],
	    "address=127.0.0.10")
equal(lease(), ("127.0.0.10", "live"), "the lease is had through the tunnel")
made = client(conf_of(), "-o", os.path.join(TMP, "keyed"), "--name", KEYED, "keygen")
world.add_hosts([KEYED], verifier="-", amend=["require key", "credential key " + re.search(r"SHA256:\S+", made.stdout.decode()).group(0)])
keyed = {"host": KEYED, "secret_file": None, "certificate": os.path.join(TMP, "keyed.pem"), "key": os.path.join(TMP, "keyed.key")}
expect(client(conf_of(**keyed, announce="127.0.0.12"), "--via", "%s %s" % (ssh, netcat), "renew"), OK, "a host known by its key")
equal(lease(KEYED), ("127.0.0.12", "live"), "has one as well")
expect(client(conf_of(), "--via", ssh.replace("known_hosts", "none") + " " + netcat, "renew"), TEMPFAIL,
    "what ssh has to say is heard", "Host key verification failed")
expect(client(conf_of(), "--via", "%s -W localhost:%d" % (ssh, world.port), "renew"), OK, "ssh -W needs no netcat")
forward = free_port()
spawn("ssh", ssh.split() + ["-N", "-o", "ExitOnForwardFailure=yes", "-L", "127.0.0.1:%d:localhost:%d" % (forward, world.port)])
conf = conf_of(address="127.0.0.1", port=forward, announce="127.0.0.11")
ok(wait_for(10, lambda: client(conf, "renew").returncode == OK), "a plain ssh -L does as well")
equal(lease(), ("127.0.0.11", "live"), "with the address announced")

# --- servers known by their keys ---

der = run(["sh", "-c", "openssl x509 -in '%s' -noout -pubkey | openssl pkey -pubin -outform der" % world.certificate]).stdout
key = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
bare, wrong = key.rstrip("="), "SHA256:" + "A" * 43
known = os.path.join(TMP, "known")
pinned = {"name": NAME, "ca": None, "address": "127.0.0.1", "port": world.port}

expect(client(conf_of(**pinned), "renew"), PROTOCOL, "neither ca nor pin: not trusted", "not accepted")
expect(client(conf_of(**pinned, pin=bare), "renew"), OK, "a pin stands for certificate and name")
expect(client(conf_of(**pinned, pin=key), "renew"), OK, "a pin as openssl and base64 print it")
expect(client(conf_of(**pinned, pin=wrong + " " + bare), "renew"), OK, "one of two pins")
expect(client(conf_of(**pinned, pin=wrong), "renew"), PROTOCOL, "another key than the pinned one", bare)
both = dict(pinned, ca=world.certificate)
expect(client(conf_of(**both, pin=key), "renew"), PROTOCOL, "with ca the certificate counts as well", "mismatch")
expect(client(conf_of(**dict(both, name="localhost"), pin=key), "renew"), OK, "ca and pin")
expect(client(conf_of(**dict(both, name="localhost"), pin=wrong), "renew"), PROTOCOL, "ca and a wrong pin", "known here")
expect(client(conf_of(**pinned, pin="SHA256:short"), "renew"), CONFIG, "a pin that is none", "pin:")
expect(client(conf_of(**pinned, pin=key, via=nc), "renew"), OK, "a pin at a tunnel's end")

expect(client(conf_of(**pinned, known_servers=known), "renew"), PROTOCOL, "a file that is not there knows nobody", bare)
equal(os.path.exists(known), False, "and is not made unasked")
expect(client(conf_of(**pinned, known_servers=known, trust_first="yes"), "renew"), OK, "trust on first use, when asked for",
    "seen for the first time")
with open(known) as text:
	equal(text.read(), "%s %s\n" % (NAME, bare), "is remembered")
got = client(conf_of(**pinned, known_servers=known), "renew")
expect(got, OK, "then it is known")
equal(got.stderr, b"", "silently")
with open(known, "w") as out:
	out.write("%s %s\n" % (NAME, wrong))
before = lease()
expect(client(conf_of(**pinned, known_servers=known, trust_first="yes"), "renew"), PROTOCOL, "another key than the known one",
    "is known here")
with open(known) as text:
	equal(text.read(), "%s %s\n" % (NAME, wrong), "changes nothing")
expect(client(conf_of(**pinned, trust_first="yes"), "renew"), CONFIG, "trust_first without a file", "known_servers")

# A server of the wrong key must not even hear the account's name.
port = free_port()
fake = spawn("fake", ["openssl", "s_server", "-quiet", "-accept", "127.0.0.1:%d" % port, "-cert", world.certificate, "-key",
    world.certificate.replace(".pem", ".key")], stdin=subprocess.PIPE)
ok(wait_for(10, lambda: client(conf_of(**dict(pinned, port=port), pin=wrong, timeout=4), "renew").returncode == PROTOCOL),
    "a server with another key", fake.text())
ok(HOST not in fake.text(), "hears nothing", fake.text())
client(conf_of(**dict(pinned, port=port), pin=key, timeout=4), "renew")
ok(wait_for(5, lambda: "LOGIN " + HOST in fake.text()), "while one with the right key does", re.sub("[0-9a-f]{40}", "...", fake.text()))
done_testing()
