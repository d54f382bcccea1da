#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
Hosts with nothing but ssh: a real sshd with the block that is shipped, users as init makes them, keys as the admin
writes them. They can renew, release and ask, and nothing else.

All of it as it would be installed: in a mount namespace of the test's own, with an /etc and a /usr/local/sbin of its own.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, ROOT, TMP, defer, done_testing, equal, free_port, ok, run, skip_all, spawn, wait_for  # noqa: E402

if os.environ.get("DYNLEASE_TEST_MOUNTS") != "own":
	if os.geteuid() != 0 or run(["unshare", "-m", "true"]).returncode != 0:
		skip_all("cannot make a mount namespace")
	os.environ["DYNLEASE_TEST_MOUNTS"] = "own"
	os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])

from world import FALLBACK4, FALLBACK6, World, tmpfs_dir  # noqa: E402

A, B = "a.dyn.test", "b.dyn.test"
BOTH, NEAR, PLAIN = "both.dyn.test", "near.dyn.test", "plain.dyn.test"
USER, CONF, KEYS = "dynlease-ssh", "/etc/dynlease/dynlease.conf", "/etc/dynlease/ssh-keys"
SBIN, SSHD = "/usr/local/sbin", "/usr/sbin/sshd"
ADMIN, HELPER = SBIN + "/dynlease-admin", SBIN + "/dynlease-auth"
OK, USAGE, TEMPFAIL, NOPERM, SSH_FAILED = 0, 64, 75, 77, 255


def must(*argv, **how):
	got = run(argv, **how)
	if got.returncode != 0:
		raise RuntimeError("%s: %s" % (argv, (got.stdout + got.stderr).decode()))
	return got.stdout.decode()


def path(name):
	return os.path.join(TMP, name)


def write(name, text, mode=0o644):
	with open(name, "w") as out:
		os.fchmod(out.fileno(), mode)
		out.write(text)
	return name



def install():
	"""As make does; what it makes on the way is not for other tests. Only the programs come to where they belong."""
	os.mkdir(path("build"))
	for program in ("dynlease", "dynlease-auth", "dynlease-admin", "dynlease-reaper"):
		os.symlink(os.path.join(BIN, program), os.path.join(path("build"), program))
	must("make", "-s", "-o", "all", "-C", ROOT, "install", "B=" + path("build"), "DESTDIR=" + path("installed"))
	must("mount", "--bind", path("installed" + SBIN), SBIN)


def own_etc():
	must("cp", "-a", "/etc", path("etc"))
	os.chmod(path("etc"), 0o755)
	must("mount", "--bind", path("etc"), "/etc")
	for name in ("passwd", "group", "shadow", "gshadow"):
		must("sed", "-i", "/^dynlease/d", "/etc/" + name)
	shutil.rmtree("/etc/dynlease", True)


def own_dev():
	"""A /dev with a log of our own; returns the list to which its messages come."""
	dev = path("dev")
	os.mkdir(dev)
	must("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", dev)
	for name in ("null", "zero", "full", "random", "urandom", "tty"):
		must("touch", os.path.join(dev, name))
		must("mount", "--bind", "/dev/" + name, os.path.join(dev, name))
	for name in ("shm", "pts"):
		os.mkdir(os.path.join(dev, name))
		must("mount", "--rbind", "/dev/" + name, os.path.join(dev, name))
	for name, to in (("fd", "/proc/self/fd"), ("ptmx", "pts/ptmx")):
		os.symlink(to, os.path.join(dev, name))
	log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	log.bind(os.path.join(dev, "log"))
	os.chmod(os.path.join(dev, "log"), 0o666)
	must("mount", "--rbind", dev, "/dev")
	must("umount", "-lR", dev)	# else the test would take what is below for its own, and remove it
	messages = []
	threading.Thread(target=lambda: [messages.append(log.recv(4096)) for _ in iter(int, 1)], daemon=True).start()
	return messages


# --- a machine as it would be ---

install()
own_etc()
syslog = own_dev()
os.makedirs("/run/sshd", 0o755, exist_ok=True)

# For the users alone; its configuration gives way to one for tests.
must(ADMIN, "init", "--zone", "dyn.test", "--fallback4", "192.0.2.80", "--fallback6", "none", "--name",
    "localhost", "--reload", "none", "--state", path("state"), "--rundir", os.path.join(tmpfs_dir(), "run"))
world = World(owner="dynlease", group="dynlease", deadline=3)
with open(world.conf) as file:
	write(CONF, file.read().replace(world.dir + "/ssh-keys", KEYS))
world.conf = CONF


def admin(*words):
	return must(ADMIN, *words)


def new_key(name):
	"""A key pair of a host; the line of its public half."""
	must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path(name))
	with open(path(name + ".pub")) as file:
		return file.read().strip()


def fingerprint(name):
	return must("ssh-keygen", "-l", "-f", path(name + ".pub")).split()[1]


def account(name, *options):
	"""An account with an ssh key, and the token it may have got."""
	said = admin("account" if "--hosts" in options else "host", "add", name, *options)
	admin("ssh-key", "add", name, new_key(name))
	return (re.findall(r"\b[0-9a-f]{40}\b", said) or [None])[0]


for name in (A, B):
	account(name, "--require", "ssh")
token = account(BOTH, "--require", "ssh+password")
account(NEAR, "--require", "ssh+network", "--network", "127.0.0.7/32")
plain = account(PLAIN, "--require", "password")
account("few", "--require", "ssh", "--hosts", "f1.dyn.test f2.dyn.test")
account("many", "--require", "ssh", "--hosts", " ".join("m%d.dyn.test" % i for i in range(17)))
for name in ("host", "ca", "stranger", "spy"):
	new_key(name)

# --- an sshd that allows others everything ---

SNIPPET = path("installed/usr/local/share/dynlease/sshd-dynlease.conf")
OPEN = """
ListenAddress 127.0.0.1
HostKey {tmp}/host
PidFile none
AuthorizedKeysFile none
AuthorizedKeysCommand /bin/cat {sbin}/stranger.pub
AuthorizedKeysCommandUser root
TrustedUserCAKeys {tmp}/ca.pub
PasswordAuthentication yes
KbdInteractiveAuthentication yes
PermitRootLogin yes
PermitTunnel yes
PermitTTY yes
PermitUserEnvironment yes
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
AllowAgentForwarding yes
GatewayPorts yes
X11Forwarding yes
AcceptEnv *
Banner {tmp}/host.pub
Subsystem sftp internal-sftp
"""
shutil.copy(path("stranger.pub"), SBIN)


class Sshd:
	def __init__(self, name, change=lambda text: text, more="UsePAM no\n"):
		"""change: of the block that is shipped."""
		self.port = free_port()
		self.conf = path(name + ".conf")
		with open(SNIPPET) as snippet:
			text = change(snippet.read())
		write(self.conf, "Port %d\n" % self.port + OPEN.format(tmp=TMP, sbin=SBIN) + more + text)
		must(SSHD, "-t", "-f", self.conf)
		self.program = spawn(name, [SSHD, "-D", "-e", "-f", self.conf])
		self.known = path(name + ".known_hosts")
		with open(path("host.pub")) as key:
			write(self.known, "[127.0.0.1]:%d %s" % (self.port, key.read()))
		wait_for(10, lambda: self.ssh("stranger", "true", user="root").returncode == 0)

	def settings(self, user):
		"""What sshd itself says that it goes by for this user."""
		said = must(SSHD, "-T", "-f", self.conf, "-C", "user=%s,host=any,addr=127.0.0.5" % user)
		found = {}
		for line in said.splitlines():
			key, _, value = line.partition(" ")
			found[key] = (found[key] + " " if key in found else "") + value
		return found

	def command(self, key, *words, user=None, source="127.0.0.5"):
		options = ("BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "LogLevel=ERROR",
		    "UserKnownHostsFile=" + self.known, "ExitOnForwardFailure=yes")
		return ["ssh", "-F", "none", "-p", str(self.port), "-i", path(key), "-b", source, "-l", user or USER, *words,
		    *(word for option in options for word in ("-o", option))]

	def ssh(self, key, *words, options=(), user=None, source="127.0.0.5", **how):
		return run([*self.command(key, *options, user=user, source=source), "--", "127.0.0.1", *words], **how)

	def says(self, key, *words, **how):
		"""What it ends with, and its answer without the newline at the end."""
		got = self.ssh(key, *words, **how)
		return got.returncode, got.stdout.decode("latin-1")[:-1]


def logged():
	"""What helpers have logged since the last time, without time and pid. They have ended, but the log may be behind."""
	wait_for(0.2, lambda: False)
	lines = []
	while syslog:
		lines.append(re.sub(r"^.*?dynlease-auth\[\d+\]: ", "", syslog.pop(0).decode().rstrip()))
	return lines


def lease(host):
	return world.leases().get((host, 4), ("none", "none", 0))[:2]


world.start_named()
world.start_reaper()
world.start_xinetd()
sshd = Sshd("sshd")
stalled = spawn("stalled", [*sshd.command(A, "-N"), "127.0.0.1"])
wait_for(5, lambda: "Accepted publickey for %s" % USER in sshd.program.text())
stalled.kill(signal.SIGSTOP)

# --- what hosts are there for ---

renewed = "250 %s address=127.0.0.5 family=4 lease=120 renew=40 changed=%s"
logged()
got = sshd.ssh(A, "renew")
equal((got.returncode, got.stdout.decode(), got.stderr), (OK, renewed % (A, "yes") + "\n", b""), "a host renews, and hears no more")
ok(world.shows(A, "127.0.0.5"), "and is published")
equal(logged(), ["renew host=%s account=%s address=127.0.0.5 peer=127.0.0.5 layers=ssh lease=120 changed=yes" % (A, A)],
    "in the log with its layer")
equal(sshd.says(A, "renew", A, "127.0.0.5"), (OK, renewed % (A, "no")), "with its name and address")
equal(sshd.says(A, "STATUS", A.upper())[1].rsplit("=", 1)[0], "250 %s state=live address=127.0.0.5 left" % A, "status")
equal(sshd.says(A, "release"), (OK, "250 %s released" % A), "release")
ok(world.shows(A, FALLBACK4, FALLBACK6), "takes it out of the zone")
equal(sshd.says(A, "status"), (OK, "250 %s state=offline" % A), "status of a host that is offline")
equal(sshd.says("few", "renew"), (OK, renewed % ("f1.dyn.test", "yes") + "\n" + renewed % ("f2.dyn.test", "yes")),
    "all hosts of an account")
equal(sshd.says("many", "renew"), (USAGE, "501 more than 16 hosts: give the command a host, one at a time"), "but no more than 16")
equal(sshd.says("many", "renew", "m16.dyn.test"), (OK, renewed % ("m16.dyn.test", "yes")), "which one by one are renewed")
equal(sshd.says(A, "renew", A, "127.0.0.6"), (NOPERM, "553 address refused: not the address you connect from"),
    "another address than its own")
equal(sshd.says(A, "renew", source="127.0.0.9")[1].split()[2], "address=127.0.0.9", "its own is the one that sshd sees")

# --- with more layers ---

logged()
equal(sshd.says(BOTH, "renew", input=token.encode() + b"\n"), (OK, renewed % (BOTH, "yes")), "ssh and password, from standard input")
equal(sshd.says(BOTH, "renew"), (NOPERM, "535 denied"), "without the secret")
equal(logged()[1:], ["login account=%s peer=127.0.0.5 passed=ssh failed=password denied" % BOTH], "the log says what was missing")
equal([sshd.says(BOTH, "renew", input=b"guess\n")[0] for _ in range(4)], [NOPERM] * 3 + [TEMPFAIL], "guesses are limited")
equal(sshd.says(BOTH, "renew", input=b"x" * 300 + b"\n")[0], USAGE, "what is too long is no secret")
begun = time.monotonic()
waiting = subprocess.Popen([*sshd.command(BOTH), "127.0.0.1", "renew"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
equal((waiting.wait(10), waiting.stdout.read()), (TEMPFAIL, b""), "who keeps the helper waiting for a secret meets its deadline")
ok(time.monotonic() - begun < 6, "in time")
equal(sshd.says(NEAR, "renew", source="127.0.0.7")[0], OK, "ssh and network")
logged()
equal(sshd.says(NEAR, "renew"), (NOPERM, "535 denied"), "from elsewhere")
equal(logged(), ["login account=%s peer=127.0.0.5 passed=- failed=network denied" % NEAR], "the log says that it was the network")
equal(sshd.says(PLAIN, "renew", input=plain.encode())[0], OK, "an account that needs no ssh can come that way")
equal(sshd.says(PLAIN, "renew"), (NOPERM, "535 denied"), "but not without what it needs")
equal(world.ask(["LOGIN " + A, "RENEW " + A])[0], "535 denied", "and one that needs ssh comes no other way")

# --- what sshd goes by ---

WANTED = {
	"authorizedkeysfile": KEYS, "authorizedkeyscommand": "none", "forcecommand": "none", "chrootdirectory": "none",
	"authenticationmethods": "publickey", "pubkeyauthentication": "yes", "trustedusercakeys": "none",
	"authorizedprincipalsfile": "none", "authorizedprincipalscommand": "none", "hostbasedauthentication": "no",
	"passwordauthentication": "no", "kbdinteractiveauthentication": "no", "permitemptypasswords": "no", "maxauthtries": "3",
	"disableforwarding": "yes", "allowtcpforwarding": "no", "allowstreamlocalforwarding": "no", "allowagentforwarding": "no",
	"x11forwarding": "no", "gatewayports": "no", "permitopen": "none", "permitlisten": "none", "permittunnel": "no",
	"permittty": "no", "permituserrc": "no", "maxsessions": "1", "acceptenv": "DYNLEASE_NOTHING", "banner": "none",
	"clientaliveinterval": "5", "clientalivecountmax": "3",
}
found, others = sshd.settings(USER), sshd.settings("root")
for key, value in WANTED.items():
	equal(found.get(key), value, "sshd -T: %s" % key)
changed = {key for key in others if others[key] != found.get(key)}
equal(changed - set(WANTED), set(), "the block changes nothing but that")
equal([others[key] for key in ("allowtcpforwarding", "permittty", "acceptenv")], ["yes", "yes", "*"], "and nothing for others")

# --- commands that are none ---

marker = path("marker")
HOSTILE = ["sh", "/bin/sh -i", "id", "env", "renew;touch M", "renew; touch M", "renew && touch M", "renew | touch M", "renew & touch M",
    "$(touch M)", "renew $(touch M)", "`touch M`", "renew >M", "renew\ntouch M", "touch M\n", "\n", "${IFS}touch${IFS}M", "'", "\"",
    "renew '", "\\", "*", "~", "--help", "-D", "--ssh " + B, "--ssh=%s renew" % B, "login " + B, "LOGIN %s x" % B, "quit",
    "renew \x01", "renew\t" + A, b"renew \xff\xfe", b"renew \xc3\xa4", "%n%n%s%s", "x" * 513, "renew " + "x" * 102400,
    "internal-sftp", "/usr/lib/openssh/sftp-server", "exec touch M", "renew %s %s %s" % (A, A, A)]
logged()
for words in HOSTILE:
	words = words.replace("M", marker) if isinstance(words, str) else words
	code, answer = sshd.says(A, words)
	ok((code, answer) == (NOPERM, "550 not your host") or (code == USAGE and re.fullmatch("50[01] [a-zA-Z :,]+", answer)),
	    "no command: %.30r" % words, code, answer)
for words in ((), (" ",)):
	code, answer = sshd.says(A, *words)
	ok(code == USAGE and answer.startswith("usage: ssh USER@SERVER renew"), "no command at all: %d" % len(words), code, answer)
for words in ("renew %s;touch" % A, "renew ../%s" % A, "status $(id)"):
	equal(sshd.says(A, words), (NOPERM, "550 not your host"), "no host: " + words)
got = sshd.ssh(A, "x" * 100000, "x" * 100000)
ok(got.returncode not in (OK, SSH_FAILED) and got.stdout == b"", "more than the system can hand over", got)
equal(os.path.exists(marker), False, "nothing of this was done")
equal([sshd.says(A, "renew", B), sshd.says(A, "release", B), sshd.says(A, "status", B)], [(NOPERM, "550 not your host")] * 3,
    "hosts of others")
equal(lease(B), ("none", "none"), "which have no lease")
ok(not any("\n" in line or "account=" + B in line for line in logged()), "and no line of the log says otherwise")

# --- everything else that ssh can do, and that others may do here ---

with open(KEYS, "a") as file, open(path("spy.pub")) as key:	# not even "restrict"
	file.write('command="/usr/bin/env" ' + key.read())
OTHERS = (("root", "stranger"), (USER, "spy"))


def allowed(name, act, *words):
	"""What sshd does for root, it must not do for hosts."""
	equal([act(user, key, *words) for user, key in OTHERS], [True, False], name)


def listener(family, address):
	sock = socket.socket(family)
	sock.bind(address)
	if family == socket.AF_UNIX:
		os.chmod(address, 0o666)
	sock.listen(20)
	sock.settimeout(0.1)
	return sock


def is_reached(sock):
	"""Has somebody connected to it?"""
	try:
		sock.accept()[0].close()
		return True
	except TimeoutError:
		return False


def connects(port):
	with socket.socket() as sock:
		return sock.connect_ex(("127.0.0.1", port)) == 0


tcp, unix = listener(socket.AF_INET, ("127.0.0.1", 0)), listener(socket.AF_UNIX, path("target"))
TCP = "127.0.0.1:%d" % tcp.getsockname()[1]


def forwards(user, key, option, to, sock, first=b"hello"):
	"""Does a connection to ssh's end of a forward come out at the other?"""
	port = free_port()
	ssh = spawn("forward-" + user, [*sshd.command(key, "-N", option, "127.0.0.1:%d%s" % (port, to), user=user), "127.0.0.1"])
	wait_for(5, connects, port)
	is_reached(sock)
	try:
		with socket.create_connection(("127.0.0.1", port), 2) as client:
			client.sendall(first)
			client.recv(100)
	except OSError:
		pass
	reached = is_reached(sock)
	ssh.stop()
	return reached


socks4 = b"\x04\x01" + tcp.getsockname()[1].to_bytes(2, "big") + bytes((127, 0, 0, 1)) + b"\0"
allowed("-L", forwards, "-L", ":" + TCP, tcp)
allowed("-L to a socket", forwards, "-L", ":" + path("target"), unix)
allowed("-D", forwards, "-D", "", tcp, socks4)


def stays(user, key, to):
	"""Does sshd listen, so that ssh stays?"""
	ssh = spawn("stays-" + user, [*sshd.command(key, "-v", "-N", "-R", to.replace("USER", user), user=user), "127.0.0.1"])
	wait_for(5, lambda: not ssh.is_running() or "forward success" in ssh.text())
	running = ssh.is_running()
	ssh.stop()
	return running


allowed("-R", stays, "0:" + TCP)
allowed("-R of a socket", stays, "%s:%s" % (path("made-by-USER"), TCP))
equal(os.path.exists(path("made-by-" + USER)), False, "which is not made")


def stdio(user, key):
	is_reached(tcp)
	ssh = spawn("stdio-" + user, [*sshd.command(key, "-W", TCP, user=user), "127.0.0.1"])
	wait_for(5, lambda: not ssh.is_running() or is_reached(tcp))
	return ssh.stop() == 0


allowed("-W", stdio)

agent = must("ssh-agent", "-s", "-a", path("agent"))
defer(os.kill, int(re.search(r"PID=(\d+)", agent)[1]), signal.SIGTERM)
ENVIRONMENT = {**os.environ, "DISPLAY": ":9", "LC_ALL": "C", "SECRET_FOO": "bar"}
OPTIONS = ("-A", "-o", "IdentityAgent=" + path("agent"), "-X", "-o", "XAuthLocation=/bin/false", "-o", "SendEnv=LC_ALL SECRET_FOO", "-o",
    "SetEnv=SSH_CONNECTION=192.0.2.9 SSH_ORIGINAL_COMMAND=release LD_PRELOAD=/nonexistent TZ=Mars")
sees = {}
for user, key in OTHERS:
	got = sshd.ssh(key, "env", options=OPTIONS, user=user, env=ENVIRONMENT)
	sees[user] = dict(line.split("=", 1) for line in got.stdout.decode().splitlines() if "=" in line)
equal({"SSH_AUTH_SOCK", "LC_ALL", "SECRET_FOO", "LD_PRELOAD"} - set(sees["root"]), set(), "others get agent and variables")
equal(set(sees[USER]) - {"USER", "LOGNAME", "HOME", "PATH", "SHELL", "MAIL", "PWD", "SHLVL", "OLDPWD", "_"},
    {"SSH_CLIENT", "SSH_CONNECTION", "SSH_ORIGINAL_COMMAND"}, "hosts get nothing of them")
equal((sees[USER]["SSH_CONNECTION"].split()[0], sees[USER]["SSH_ORIGINAL_COMMAND"]), ("127.0.0.5", "env"),
    "and what sshd says is what sshd knows")
equal(sshd.says(A, "renew", options=OPTIONS, env=ENVIRONMENT)[1].split()[2], "address=127.0.0.5", "a renewal is not moved by it")
allowed("a terminal", lambda user, key: sshd.ssh(key, "true", user=user, options=("-tt",)).returncode != SSH_FAILED)
got = sshd.ssh("spy", "x", options=("-X", "-o", "LogLevel=INFO"), env=ENVIRONMENT)
ok(b"X11 forwarding request failed" in got.stderr, "X11", got)

equal(sshd.says(A, "sftp", options=("-s",)), (USAGE, "500 unknown command"), "no subsystem")
copied = path("copied")
transport = ["-P", str(sshd.port), "-F", "none", "-i", path(A), "-o", "UserKnownHostsFile=" + sshd.known, "-o", "BatchMode=yes"]
for words in (["scp"], ["scp", "-O"]):
	got = run([*words, *transport, sshd.known, USER + "@127.0.0.1:" + copied], 10)
	ok(got.returncode != 0 and not os.path.exists(copied), " ".join(words) + " copies nothing", got)

# --- other ways in ---

got = sshd.ssh("stranger", "renew")
ok(got.returncode == SSH_FAILED and b"Permission denied (publickey)." in got.stderr, "a key that sshd takes for others is none here", got)
got = sshd.ssh(A, "renew", options=("-o", "PreferredAuthentications=password,keyboard-interactive,hostbased"))
ok(got.returncode == SSH_FAILED and b"Permission denied (publickey)." in got.stderr, "nor is there a password", got)
new_key("certified")
must("ssh-keygen", "-q", "-s", path("ca"), "-I", "test", "-n", USER + ",root", path("certified.pub"))
equal([sshd.ssh("certified", "true", user=user).returncode for user in (USER, "root")], [SSH_FAILED, OK],
    "nor does a certificate count that others may use")
equal(sshd.ssh(A, "true", user="root").returncode, SSH_FAILED, "and a host's key is good for no other user")

# --- what is taken away ---

master = spawn("master", [*sshd.command(B, "-M", "-S", path("control"), "-N"), "127.0.0.1"])
wait_for(5, os.path.exists, path("control"))
through = ("-S", path("control"))
equal(sshd.says(B, "renew", options=through), (OK, renewed % (B, "yes")), "a session that stands")
with open(path("sshd.log")) as log:
	accepted = log.read().count("Accepted publickey for " + USER)
admin("ssh-key", "del", B, fingerprint(B))
ok(lease(B)[1] != "live", "deleting a key ends its lease")
logged()
equal(sshd.says(B, "renew", options=through), (NOPERM, "535 denied"), "the session can do nothing any more")
equal(logged(), ["login account=%s peer=127.0.0.5 passed=- failed=ssh denied" % B], "and the log says why")
with open(path("sshd.log")) as log:
	equal(log.read().count("Accepted publickey for " + USER), accepted, "it was the same session")
master.stop()
equal(sshd.ssh(B, "renew").returncode, SSH_FAILED, "and there is no other")
equal(lease(B)[1] == "live", False, "nor a lease")
admin("ssh-key", "add", B, path(B + ".pub"), "--expires", "+1d", "--from", "127.0.0.5/32")
equal(sshd.says(B, "renew")[0], OK, "another day, from one address")
equal(sshd.ssh(B, "renew", source="127.0.0.6").returncode, SSH_FAILED, "and no other")
admin("host", "del", A)
equal(sshd.ssh(A, "renew").returncode, SSH_FAILED, "a host that is deleted")
equal(sshd.says(PLAIN, "renew", input=plain.encode())[0], OK, "while others go on")

# --- sshd asks for each key ---


def asks(text):
	"""The block as its comments say."""
	lines = re.sub(r"(?m)^\t(AuthorizedKeys)", r"\t#-\1", text)
	return re.sub(r"(?m)^\t#(AuthorizedKeys)", r"\t\1", lines)


must("mv", KEYS, KEYS + ".away")
asking = Sshd("asking", asks)
equal([asking.settings(USER)[key] for key in ("authorizedkeysfile", "authorizedkeyscommand", "authorizedkeyscommanduser")],
    ["none", ADMIN + " ssh-key lines %f", "dynlease"], "sshd is to ask the admin")
equal(asking.says(B, "renew")[0], OK, "a host renews")
equal(asking.ssh("stranger", "renew").returncode, SSH_FAILED, "a stranger does not")
equal(asking.ssh(B, "renew", source="127.0.0.6").returncode, SSH_FAILED, "nor somebody elsewhere")
admin("ssh-key", "del", B, fingerprint(B))
equal(asking.ssh(B, "renew").returncode, SSH_FAILED, "nor a host whose key is gone")
admin("ssh-key", "add", B, path(B + ".pub"))

# --- the user ---


def check():
	return run([ADMIN, "check"]).stdout.decode()


def amend(name, text, by):
	"""The user's line in one of the files that make it, which the user may be using."""
	with open("/etc/" + name) as file:
		lines = file.readlines()
	for i, line in enumerate(lines):
		if line.startswith((USER + ":", "other:")):
			lines[i] = line.replace(text, by, 1)
	write("/etc/" + name, "".join(lines), 0o640 if name == "shadow" else 0o644)


FINE = "accounts can log in through sshd as the user " + USER
write("/etc/pam.d/sshd", "account required pam_unix.so\nsession required pam_permit.so\n")
pam = Sshd("pam", more="UsePAM yes\n")
equal((FINE in check(), pam.says(B, "renew")[0], sshd.says(B, "renew")[0]), (True, OK, OK), "as init makes it, with and without PAM")
amend("shadow", "*", "!*")
ok("the user %s is locked" % USER in check() and FINE not in check(), "as systemd-sysusers makes it: check says what to do", check())
equal((pam.says(B, "renew")[0], sshd.ssh(B, "renew").returncode), (OK, SSH_FAILED), "and it is needed without PAM")
amend("shadow", "!*", "*")
amend("passwd", "/bin/sh", "/usr/sbin/nologin")
ok("%s has no shell" % USER in check() and sshd.says(B, "renew")[0] != OK, "without a shell")
amend("passwd", ":/:/usr/sbin/nologin", ":/nonexistent:/bin/sh")
ok("%s has no home" % USER in check() and b"Could not chdir" in sshd.ssh(B, "renew").stderr, "without a home")
gid = must("id", "-g", USER).strip()
amend("passwd", ":%s::/nonexistent" % gid, ":65534::/")
ok("%s is not in the group dynlease" % USER in check(), "outside of the group")
equal(sshd.says(B, "renew"), (TEMPFAIL, "421 try later"), "as which nothing can be done")
amend("passwd", USER, "other")
ok("there is no user " + USER in check(), "no user")
amend("passwd", "other", USER)
amend("passwd", ":65534::/:", ":%s::/:" % gid)
ok(FINE in check(), "all is well again")

# --- without sshd ---


def alone(*words, connection="127.0.0.5 50000 127.0.0.1 22", command="renew"):
	got = run([HELPER, *words], env={"SSH_CONNECTION": connection, "SSH_ORIGINAL_COMMAND": command})
	return got.returncode, got.stdout + got.stderr


equal(alone("--ssh", "few")[0], OK, "a key that only sshd knows")
for connection in ("", "fe80::1%lo 50000 fe80::1%lo 22", "UNKNOWN 65535 UNKNOWN 65535", "127.0.0.5"):
	equal(alone("--ssh", "few", connection=connection), (USAGE, b""), "no connection of sshd's: %r" % connection)
for words in (("--ssh",), ("--ssh-key", fingerprint(A)), ("--ssh", "few", "--ssh-key", ""), ("--ssh", "few", "--ssh-key", "SHA256:x")):
	code, said = alone(*words)
	ok(code == USAGE and said.startswith(b"usage:"), "wrong options: " + " ".join(words), code, said)
equal(alone("--ssh", "few", "--ssh-key", fingerprint(A)), (NOPERM, b"535 denied\n"), "a key of another account")
for name in ("", "nobody.dyn.test", "../x", "x" * 300):
	equal(alone("--ssh", name), (NOPERM, b"535 denied\n"), "no such account: %.20s" % name)
empty = path("empty.conf")
with open(CONF) as file:
	write(empty, re.sub("rundir = .*", "rundir = " + tmpfs_dir(), file.read()))
equal(alone("--ssh", "few", "-c", empty), (TEMPFAIL, b"421 try later\n"), "without a table")

ok(wait_for(30, lambda: "Timeout, client not responding" in sshd.program.text()), "a client that is silent is sent away")
done_testing()
