#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 180
"""The life of one helper: descriptors, exit codes, options, what it logs, and what nobody may learn from it."""
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, ROOT, SANITIZED, TMP, done_testing, equal, ok, run, skip, wait_for  # noqa: E402
from wire import SYSLOG, Talk, ask, is_root, new_source, tcp_pair  # noqa: E402
from world import World, token  # noqa: E402

HELPER = os.path.join(BIN, "dynlease-auth")
A, B = "a.dyn.test", "b.dyn.test"
world = World(hosts=[A, B], publisher="")
reaper = world.start_reaper()
LOGIN = world.login(A)[0]
SECRET = world.tokens[A]
GUESS = "guess-that-nobody-may-see"
KEYLINES = open(world.certificate.replace(".pem", ".key"), encoding="ascii").read().splitlines()[1:-1]

# --- options ---

with open(os.path.join(ROOT, "VERSION"), encoding="ascii") as file:
	version = file.read().strip()
got = run([HELPER, "--version"])
equal((got.returncode, got.stdout.decode()), (0, "dynlease-auth %s\n" % version), "--version")
got = run([HELPER, "--help"])
ok(got.returncode == 0 and got.stdout.startswith(b"usage: dynlease-auth") and not got.stderr, "--help")
for words in (["-x"], ["extra"], ["-c"], ["--nonsense"]):
	got = run([HELPER, *words])
	ok(got.returncode == 64 and got.stderr.startswith(b"usage:") and not got.stdout,
	    "%s: exit 64 and the usage" % words[0], got)
got = run([HELPER, "-t", "-c", world.conf])
equal((got.returncode, got.stdout.decode(), got.stderr), (0, world.conf + ": fine\n", b""), "-t")


def variant(name, change):
	"""Another configuration."""
	with open(world.conf, encoding="ascii") as file:
		text = change(file.read())
	path = os.path.join(TMP, name)
	with open(path, "w", encoding="ascii") as file:
		file.write(text)
	return path


with open(os.path.join(TMP, "other.key"), "wb") as file:
	file.write(run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]).stdout)
CONFIGURATIONS = [
	("an unknown key", lambda text: text.replace("[server]", "[server]\ncolour = red"), 78),
	("no zone's fallback", lambda text: re.sub("fallback4.*\n", "", text), 78),
	("no such certificate", lambda text: text.replace("server.pem", "nothing.pem"), 78),
	("no such key", lambda text: text.replace("server.key", "nothing.key"), 78),
	("a key of another certificate", lambda text: re.sub(r"key = \S+server.key", "key = %s/other.key" % TMP,
	text), 78),
	("a certificate that is none", lambda text: re.sub(r"certificate = \S+", "certificate = %s" % world.conf,
	text), 78),
]
for name, change, wanted in CONFIGURATIONS:
	path = variant("wrong.conf", change)
	got = run([HELPER, "-t", "-c", path])
	ok(got.returncode == wanted and got.stderr.count(b"\n") == 1 and not got.stdout,
	    "-t with %s: exit %d and one line" % (name, wanted), got)
	client, server = tcp_pair(new_source())
	got = run([HELPER, "-D", "-c", path], stdin=server)
	server.close()
	client.settimeout(10)
	ok(got.returncode == wanted and client.recv(100) == b"" and got.stderr.count(b"\n") == 1,
	    "serving with %s: the same, and not a byte to the client" % name, got)
	client.close()
equal(run([HELPER, "-t", "-c", os.path.join(TMP, "missing.conf")]).returncode, 66, "no configuration: exit 66")

# --- descriptor 0 ---

for name, stdin in (("/dev/null", subprocess.DEVNULL), ("a pipe", subprocess.PIPE)):
	with subprocess.Popen([HELPER, "-D", "-c", world.conf], stdin=stdin, stdout=subprocess.PIPE,
	    stderr=subprocess.PIPE) as process:
		out, err = process.communicate(timeout=20)
	ok(process.returncode == 64 and b"not a connected stream socket" in err and out == b"",
	    "%s on descriptor 0: exit 64" % name, process.returncode, err)
with socket.socket() as listener:
	listener.listen(1)
	got = run([HELPER, "-D", "-c", world.conf], stdin=listener)
	equal(got.returncode, 64, "a listening socket on descriptor 0: exit 64")
with subprocess.Popen([HELPER, "-D", "-c", world.conf], stderr=subprocess.PIPE,
    preexec_fn=lambda: os.close(0)) as process:
	process.communicate(timeout=20)
equal(process.returncode, 64, "descriptor 0 closed: exit 64")
client, server = tcp_pair(new_source())
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
client.close()
got = run([HELPER, "-D", "-c", world.conf], stdin=server)
equal((got.returncode, got.stderr), (0, b""),
    "a client that reset the connection before the helper began: exit 0, silence")
server.close()

# --- a UNIX socket ---

talk = Talk(world, pair=socket.socketpair())
got = talk.ask([LOGIN, "RENEW " + A, "RENEW %s 127.5.5.5" % A, "STATUS " + A, "QUIT"])
ok([line[:3] for line in got] == ["250", "553", "250", "250", "221"] and "none" in got[1] and
    "address=127.5.5.5" in got[2],
    "a socket without addresses: what is leased must be announced", *got)
equal((talk.status(), talk.stray()), (0, b""), "and the conversation is as any other")

# --- exit codes ---

quick = World(hosts=[A], publisher="", deadline=3)
for name, wanted, act in (
    ("QUIT", 0, lambda talk: talk.ask(["QUIT"])),
    ("an end without QUIT", 0, lambda talk: talk.shake().end()),
    ("a close without goodbye", 0, lambda talk: talk.shake().close()),
    ("a close in the handshake", 0, lambda talk: talk.push(talk.hello())),
    ("a close at once", 0, lambda talk: None),
    ("three errors", 76, lambda talk: talk.ask(["X", "X", "X"])),
    ("no TLS", 76, lambda talk: (talk.push(b"GET / HTTP/1.0\r\n\r\n"), talk.drain()))):
	talk = Talk(world)
	act(talk)
	equal(talk.status(), wanted, "%s: exit %d" % (name, wanted))
talk = Talk(quick)
talk.drain()
equal(talk.status(), 75, "the deadline: exit 75")
talk = Talk(quick)
talk.shake().drain()
ok(talk.status() == 75 and not talk.stray(), "the deadline after the handshake: exit 75", talk.raw)
talk = Talk(world)
talk.shake()
os.kill(talk.pid, 14)
equal(talk.status(), 75, "SIGALRM from elsewhere is the deadline, too")

# --- the log ---


def logged(lines, **how):
	talk = Talk(world, **how)
	talk.ask([*lines, "QUIT"])
	talk.status()
	return [re.sub("^dynlease-auth: ", "", line) for line in talk.log().splitlines()]


def renewals():
	return int(world.check()["renewals"])


source = new_source()
equal(logged([LOGIN, "RENEW " + A], source=source),
    ["renew host=%s account=%s address=%s peer=%s layers=password lease=120 changed=yes" % (A, A, source, source)],
    "a grant is one line")
counted = renewals()
equal((logged([LOGIN, "RENEW " + A, "STATUS " + A], source=source), renewals()), ([], counted + 1),
    "a renewal that changes nothing is only counted")
equal(logged([LOGIN, "RELEASE " + A], source=source), ["release host=%s account=%s peer=%s" % (A, A, source)],
    "a release is one line")
equal(logged(["LOGIN %s %s" % (A, GUESS)], source=source), ["login account=%s peer=%s passed=- failed=password denied" % (A, source)],
    "a denial is one line")
equal(logged(["LOGIN no-such.dyn.test " + GUESS], source=source),
    ["login account=no-such.dyn.test peer=%s passed=- failed=password denied" % source],
    "of an unknown account, too")
equal(logged(["LOGIN ../\\x1b%%s%%n %s" % GUESS], source=source), ["login account=- peer=%s passed=- failed=password denied" % source],
    "what is no name is not logged")
equal(logged([LOGIN, "RENEW " + B, "RENEW %s 10.0.0.1" % A, "STATUS '%n'"], source=source),
    ["renew host=%s account=%s peer=%s not yours, or unknown" % (B, A, source),
    "renew host=%s account=%s peer=%s this address may not be leased: not the address you connect from" % (A, A,
    source),
    "status host=- account=%s peer=%s not yours, or unknown" % (A, source)],
    "each refusal is one line, with its reason")
verbose = World(hosts=[A], publisher="", server="log_renewals = yes")
verbose.start_reaper()
talks = [Talk(verbose, source="127.0.0.9") for _ in range(2)]
for talk in talks:
	talk.ask([*verbose.login(A), "RENEW " + A, "QUIT"])
	talk.status()
equal([re.findall("changed=.*", talk.log()) for talk in talks], [["changed=yes"], ["changed=no"]],
    "log_renewals = yes logs every renewal")

if is_root() and run(["unshare", "-m", "true"]).returncode == 0:
	path = os.path.join(TMP, "log.socket")
	log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	log.bind(path)
	log.settimeout(5)
	talk = Talk(world, args=(), wrap=("unshare", "-m", "sh", "-c", SYSLOG, "sh", world.dir, path), source=source)
	got = talk.ask([LOGIN, "RENEW %s 127.6.6.6" % A, "RENEW " + B, "QUIT"])
	talk.status()
	equal([line[:3] for line in got], ["250", "250", "550", "221"], "a helper that logs to syslog")
	lines = [log.recv(2000).decode() for _ in range(2)]
	ok(re.fullmatch(r"<30>\w{3} [ \d]\d [\d:]{8} dynlease-auth\[\d+\]: renew host=%s .* changed=yes\n?" %
	    re.escape(A), lines[0]) and
	    re.search(r"<30>.*\]: renew host=%s .* not yours, or unknown" % re.escape(B), lines[1]),
	    "a message each, daemon.info, with its pid", *lines)
	equal(talk.log(), "", "and nothing goes to stderr")
	run([HELPER, "-x"])
	got = run(["unshare", "-m", "sh", "-c", SYSLOG, "sh", world.dir, path, HELPER, "-c", world.conf])
	line = log.recv(2000).decode()
	ok(got.returncode == 64 and got.stderr == b"" and "<27>" in line and "descriptor 0" in line,
	    "a spawner's mistake is an error in syslog, and silent on stderr",
	    got, line)
	log.setblocking(False)
	more = None
	try:
		more = log.recv(2000)
	except BlockingIOError:
		pass
	equal(more, None, "and there are no other messages")
	log.close()
else:
	skip("logging to syslog", "no mount namespace can be made")

# --- what nobody may see ---

user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if is_root() else {}
talk = Talk(world, env={**os.environ, "FOO_LEAK": "leak"}, **user)
talk.shake().say(LOGIN + "\n")
equal(talk.lines(1), ["250 " + A], "a helper in the midst of a conversation")
proc = "/proc/%d/" % talk.pid


def read(name):
	with open(proc + name, "rb") as file:
		return file.read()


fds = {int(fd): os.readlink(proc + "fd/" + fd) for fd in os.listdir(proc + "fd")}
equal({fds[0], fds[1]}, {"/dev/null"}, "descriptors 0 and 1 are /dev/null")
sockets = [fd for fd, target in fds.items() if target.startswith("socket:")]
equal(len(sockets), 1, "one descriptor is the connection")
files = {target for fd, target in fds.items() if fd > 2 and fd not in sockets}
ok(all(target.startswith((world.rundir + "/", world.snapshot)) for target in files) and world.snapshot in files and
    len(fds) < 12,
    "the others are the table's and the snapshot", fds)
ok(not [target for target in files if "server.key" in target], "the key is closed again", fds)
limits = read("limits").decode()
ok(re.search(r"Max core file size\s+0\s+0\s", limits), "no core file can be written", limits)
status = read("status").decode()
ok("NoNewPrivs:\t1" in status, "no new privileges")
if is_root() and not SANITIZED:
	equal(os.stat(proc + "environ").st_uid, 0, "not dumpable: its files in /proc are not its own user's")
	peek = run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "cat", proc + "environ",
	    proc + "maps"])
	ok(peek.returncode != 0 and peek.stdout == b"", "and its user cannot read them", peek)
caught = int(re.search(r"SigIgn:\s+(\w+)", status).group(1), 16)
ok(caught & 1 << 12, "SIGPIPE is ignored", status)
exposed = read("cmdline") + read("environ")
ok(SECRET.encode() not in exposed, "no secret in its arguments or environment")
talk.say("QUIT\n")
talk.lines()
talk.status()

if not SANITIZED:	# which would report the crash
	os.makedirs(os.path.join(TMP, "cores"), exist_ok=True)
	os.chmod(os.path.join(TMP, "cores"), 0o777)
	talk = Talk(world, cwd=os.path.join(TMP, "cores"), **user)
	talk.shake().say(LOGIN + "\n")
	talk.lines(1)
	os.kill(talk.pid, 11)
	talk.drain()
	ok(talk.status() == -11 and os.listdir(os.path.join(TMP, "cores")) == [] and not talk.stray(),
	    "a helper that crashes leaves no core file, and tells the client nothing",
	    talk.raw[-100:])
if is_root() and not SANITIZED:
	talk = Talk(world)
	talk.shake().say(LOGIN + "\n")
	talk.lines(1)
	memory = b""
	with open("/proc/%d/maps" % talk.pid, encoding="ascii") as maps, open("/proc/%d/mem" % talk.pid, "rb") as mem:
		for line in maps:
			first, last, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
			if rights.startswith("rw") and "/dev/shm" not in line:
				mem.seek(int(first, 16))
				memory += mem.read(int(last, 16) - int(first, 16))
	ok(SECRET.encode() not in memory, "after LOGIN the secret is nowhere in its memory any more",
	    [memory[m.start() - 60:m.start() + 60] for m in
	    re.finditer(SECRET.encode(), memory)])
	talk.end()
	talk.drain()
	talk.status()

texts = b""
for folder, _, names in os.walk(TMP):
	for name in names:
		if name.startswith("helper.") and not name.endswith(".sh"):
			with open(os.path.join(folder, name), "rb") as file:
				texts += file.read()
ok(len(texts) > 500 and not [secret for secret in [*world.tokens.values(), GUESS,
    *KEYLINES] if secret.encode() in texts], "no secret is in any log")
done_testing()
