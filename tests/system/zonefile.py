#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The publisher of zone files against a real named: what it writes, and when it may say that it is published."""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, TOOLS, done_testing, equal, free_port, note, ok, run, skip, skip_all, spawn, wait_for

ZONE = "dyn.example.org"
WALL = 1795205045		# the clock that the serials are made from
OK, FULL, CONFIG, UNPUBLISHED = 0, 12, 15, 20
BEGIN, END = b";; dynlease: begin\n", b";; dynlease: end\n"
TOOL = [os.path.join(TOOLS, "publish"), "zonefile"]

for program in ("named", "rndc", "named-checkzone", "dig"):
	if not shutil.which(program):
		skip_all("no " + program)
if not os.path.exists(TOOL[0]):
	skip_all("no " + TOOL[0])

DIR = os.path.join(TMP, "zones")
FILE = os.path.join(DIR, "dyn.zone")
PORT, CONTROL = free_port(), free_port()
os.mkdir(DIR)
RNDC = [shutil.which("rndc"), "-c", os.path.join(TMP, "rndc.conf")]
server = None


# --- what is used below ---

def write(path, text):
	with open(path, "wb") as file:
		file.write(text if isinstance(text, bytes) else text.encode())


def read(path=FILE):
	with open(path, "rb") as file:
		return file.read()


def start_named(dynamic=False):
	global server
	secret = "c2VjcmV0IG9mIGEgdGVzdCBvZiBkeW5sZWFzZQ=="
	key = 'key "k" { algorithm hmac-sha256; secret "%s"; };\n' % secret
	write(os.path.join(TMP, "named.conf"), key + """
options { directory "%s"; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; notify no;
	pid-file none; session-keyfile "%s/session.key"; managed-keys-directory "%s"; dnssec-validation no; };
controls { inet 127.0.0.1 port %d allow { 127.0.0.1; } keys { "k"; }; };
zone "%s" { type primary; file "%s"; %s };
""" % (TMP, PORT, TMP, TMP, CONTROL, ZONE, FILE, "allow-update { key k; };" if dynamic else ""))
	write(os.path.join(TMP, "rndc.conf"), key + 'options { default-key "k"; default-server 127.0.0.1; default-port %d; };\n'
	    % CONTROL)
	# A copy: AppArmor's profile of named goes by its path and would keep it out of here.
	binary = os.path.join(TMP, "named-under-test")
	if not os.path.exists(binary):
		shutil.copy(shutil.which("named"), binary)
	loaded = server.text().count("all zones loaded") if server else 0
	server = spawn("named", [binary, "-g", "-n", "1", "-c", os.path.join(TMP, "named.conf")])
	if not wait_for(20, lambda: server.text().count("all zones loaded") > loaded and
	    run(RNDC + ["status"]).returncode == 0):
		note("named does not come up")


def stop_named():
	server.stop()


def conf(reload=None, name="conf", file=FILE, port=PORT, **keys):
	reload = " ".join(RNDC + ["reload", ZONE]) if reload is None else reload
	path = os.path.join(TMP, name)
	lines = ["%s = %s" % pair for pair in keys.items()]
	write(path, """[zone %s]
fallback4 = 192.0.2.250
fallback6 = none
ttl = 30
[zonefile %s]
file = %s
reload = %s
server_port = %d
%s
""" % (ZONE, ZONE, file, reload, port, "\n".join(lines)))
	return path


Result = collections.namedtuple("Result", "status why seconds")


def lines_of(names):
	"""{name: "a"} or {name: ("a", "aaaa", "flags")} as the tool reads it; cname() makes the latter of a name."""
	text = ""
	for name in sorted(names):
		value = names[name]
		a, aaaa, flags = value if isinstance(value, tuple) else (value, "none", "tl")
		text += "%s.%s %s %s %s\n" % (name, ZONE, a, aaaa, flags)
	return text.encode()


def cname(name):
	return "@%s.%s" % (name, ZONE), "none", "tl"


def publish(names, path=None, wall=WALL, wrap=()):
	start = time.monotonic()
	got = run(list(wrap) + [*TOOL, path or conf(), ZONE, str(wall)], input=lines_of(names))
	return Result(got.returncode, (got.stdout + got.stderr).decode("utf-8", "replace").strip(), time.monotonic() - start)


def published(result, name):
	return ok(result.status == OK, name, result)


def unpublished(result, pattern, name):
	return ok(result.status == UNPUBLISHED and re.search(pattern, result.why), name, result)


def shown(name, kind="A"):
	out = run(["dig", "+short", "+norecurse", "+tries=1", "+time=2", "@127.0.0.1", "-p", str(PORT), name, kind]).stdout
	return sorted(out.decode().split("\n")[:-1])


def shown_serial():
	fields = " ".join(shown(ZONE, "SOA")).split()
	return int(fields[2]) if len(fields) > 2 else None


def file_serial():
	got = re.search(rb"SOA[^;]*?\(\s*(\d+)", read())
	return int(got.group(1)) if got else None


def block():
	text = read()
	return text[text.index(BEGIN) + len(BEGIN):text.index(END)].decode().split("\n")[:-1]


def outside(text):
	"""Everything but the block and the serial."""
	text = text[:text.index(BEGIN)] + text[text.index(END):]
	return re.sub(rb"(SOA[^;]*?\(\s*)\d+", rb"\1", text, 1)


def checkers(name):
	got = run(["named-checkzone", ZONE, FILE])
	ok(got.returncode == 0 and b"warning" not in got.stdout + got.stderr, name + ": named-checkzone is content", got.stdout)
	if shutil.which("kzonecheck"):
		got = run(["kzonecheck", "-o", ZONE, FILE])
		ok(got.returncode == 0, name + ": kzonecheck is content", got.stdout + got.stderr)
	else:
		skip(name + ": kzonecheck is content", "no kzonecheck")


def leftovers(directory=DIR):
	return [name for name in os.listdir(directory) if name.startswith(".")]


HAND = b"""; a zone by hand
$TTL 3600
@\tIN SOA ns.example.org. root.example.org. (
\t\t7 ; serial, was 6 (sic)
\t\t60 30 3600 30 )
\tIN NS ns.example.org.
t\tIN TXT "semi;colon (" \\;
;; dynlease: begin
;; dynlease: end
www\tIN A 192.0.2.80
"""


# --- the section ---

def test_section():
	for what, pattern, keys, left_out in (
	    ("no file", b"needs a file", {}, "file"),
	    ("no reload", b"needs a reload", {}, "reload"),
	    ("serial of no style", b"serial is one of", {"serial": "roman"}, None),
	    ("nameserver without hostmaster", b"go together", {"nameserver": "ns.example.org"}, None),
	    ("a name server within the zone", b"within the zone",
	    {"nameserver": "ns." + ZONE, "hostmaster": "a@b.example"}, None),
	    ("no name of a name server", b"names of hosts", {"nameserver": "n;s", "hostmaster": "a@b.example"}, None),
	    ("no mailbox", b"mailbox", {"nameserver": "ns.example.org", "hostmaster": "a.b@b.example"}, None),
	    ("no server to ask", b"server to ask", {"server": "none"}, None)):
		path = conf(**keys)
		write(path, re.sub(rb"(?m)^%s = .*\n" % str(left_out).encode(), b"", read(path)))
		got = run([*TOOL, path, ZONE, "check"])
		ok(got.returncode == CONFIG and pattern in got.stderr, "section refused: " + what, got)
	got = run([*TOOL, conf(nameserver="ns.example.org ns2.example.org", hostmaster="a@b.example"), ZONE, "check"])
	ok(got.returncode == OK, "section accepted", got)


# --- a zone made new ---

def test_new():
	got = publish({"a": "192.0.2.1"})
	unpublished(got, "does not exist", "no file and nothing to make one from: said")
	made = conf(nameserver="ns1.example.org ns2.example.net", hostmaster="hostmaster@example.org")
	got = publish({"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "c": ("none", "none", "t")}, made)
	unpublished(got, "no answer from 127.0.0.1 port %d" % PORT, "a new zone with the server down: not published, and why")
	equal(block(), ["a.%s. 30 IN A 192.0.2.1" % ZONE, "b.%s. 30 IN A 192.0.2.2" % ZONE,
	    "b.%s. 30 IN AAAA 2001:db8::2" % ZONE], "the file is made all the same, with three records")
	checkers("a new zone")
	equal(os.stat(FILE).st_mode & 0o7777, 0o644, "its mode")
	start_named()
	equal(shown("a." + ZONE), ["192.0.2.1"], "the server shows it when it comes up")
	equal(shown(ZONE, "NS"), ["ns1.example.org.", "ns2.example.net."], "with its name servers")
	equal(shown_serial(), WALL, "with a serial of unix-time")
	before = os.stat(FILE)
	published(publish({"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "c": ("none", "none", "t")}, made),
	    "then it is published")
	equal(os.stat(FILE), before, "without touching the file")


# --- a zone of an operator's ---

def test_hand():
	write(FILE, HAND)
	os.chmod(FILE, 0o664)
	if os.geteuid() == 0:
		os.chown(FILE, 1234, 2345)
	got = publish({"a": "192.0.2.1", "b": "192.0.2.2"})
	published(got, "a zone by hand, published")
	equal(outside(read()), outside(HAND), "outside the markers nothing has changed but the serial")
	equal(file_serial(), WALL + 1, "which is newer than what the server had, not only than the file's")
	equal(shown("www." + ZONE), ["192.0.2.80"], "the operator's records are shown")
	sb = os.stat(FILE)
	equal(sb.st_mode & 0o7777, 0o664, "the mode is kept")
	if os.geteuid() == 0:
		equal((sb.st_uid, sb.st_gid), (1234, 2345), "owner and group are kept")
		os.chown(FILE, 0, 0)
	else:
		skip("owner and group are kept", "needs root")
	checkers("a zone by hand")

	published(publish({"a": "192.0.2.111", "b": "192.0.2.2"}), "a change, published")
	equal(shown("a." + ZONE), ["192.0.2.111"], "and shown")
	published(publish({"a": ("192.0.2.250", "none", "t"), "b": ("192.0.2.2", "2001:db8::2", "tl")}), "a withdrawal")
	equal(shown("a." + ZONE) + shown("b." + ZONE, "AAAA"), ["192.0.2.250", "2001:db8::2"], "and shown")
	published(publish({"a": ("192.0.2.250", "2001:db8::1", "td"), "b": ("192.0.2.2", "none", "tl")}), "a deleted host")
	equal(shown("a." + ZONE) + shown("b." + ZONE, "AAAA"), [], "shows nothing; nor does a family that is gone")
	published(publish({}), "no host at all")
	equal(read(), re.sub(rb"7 ; serial", b"%d ; serial" % (WALL + 5), HAND), "leaves the file but for its serial")
	equal(leftovers(), [], "no temporary files")


def test_unchanged():
	names = {"a": "192.0.2.1"}
	published(publish(names), "published")
	before, inode = read(), os.stat(FILE)
	got = publish(names, conf(reload="/bin/false"))
	published(got, "the same again: published without a reload")
	equal((read(), os.stat(FILE)), (before, inode), "and without writing")


# --- what must not be called published ---

def test_not_loaded():
	serial = shown_serial()
	got = publish({"a": "192.0.2.2"}, conf(reload="/bin/true", verify_timeout=1))
	unpublished(got, r"127\.0\.0\.1 still shows serial %d of %s, the file has %d" % (serial, ZONE, serial + 1),
	    "a reload that does nothing and says it did")
	ok(0.8 < got.seconds < 4, "waited for within its bound", got)
	got = publish({"a": "192.0.2.2"}, conf(reload="/bin/sh -c \"echo no such zone; exit 3\""))
	unpublished(got, "/bin/sh: exit code 3: no such zone; 127.0.0.1 still shows", "a reload that fails says what it printed")
	got = publish({"a": "192.0.2.2"}, conf(reload="/bin/sleep 60", verify_timeout=1))
	unpublished(got, "/bin/sleep: killed after 5 s", "a reload that hangs is killed")
	ok(got.seconds < 9.9, "within the publisher's deadline", got)
	equal(file_serial(), serial + 1, "all that wrote the file once")
	published(publish({"a": "192.0.2.2"}), "the next run loads it")
	before = read()
	write(FILE, re.sub(rb"(?m)^www.*$", b"www IN A 300.2.1.1", before))
	reload_all = conf(reload=" ".join(RNDC + ["reload"]), verify_timeout=1)
	got = publish({"a": "192.0.2.3"}, reload_all)
	unpublished(got, "still shows serial", "a zone that does not load although rndc is content")
	equal(shown("a." + ZONE), ["192.0.2.2"], "is served as it was")
	write(FILE, read().replace(b"300.2.1.1", b"192.0.2.80"))
	published(publish({"a": "192.0.2.3"}), "mended, it is published")


def test_elsewhere():
	write(FILE, read() + b"h IN A 192.0.2.66\n")
	published(publish({"a": "192.0.2.4"}), "a name that is not ours is nobody's business")
	got = publish({"a": "192.0.2.4", "h": ("192.0.2.5", "none", "tl")}, conf(verify_timeout=3))
	unpublished(got, "shows 2 IPv4 addresses for h", "an owned name that is also elsewhere in the file")
	write(FILE, read().replace(b"h IN A 192.0.2.66\n", b"*.w IN A 192.0.2.67\n"))
	got = publish({"a": "192.0.2.4", "x.w": ("none", "none", "t")}, conf(verify_timeout=3))
	unpublished(got, "still shows the IPv4 address 192.0.2.67 for x.w.%s, not none" % ZONE,
	    "a withdrawn name for which a wildcard answers")
	write(FILE, read().replace(b"*.w IN A 192.0.2.67\n", b""))
	published(publish({"a": "192.0.2.5", "x.w": ("none", "none", "t")}), "without the wildcard it is published")
	many = b"".join(b"m IN A 192.0.2.%d\n" % i for i in range(1, 61)) + b"c IN CNAME www\nd IN NS ns.example.org.\n"
	write(FILE, read() + many)
	publish({"a": "192.0.2.6"})
	got = publish({"a": "192.0.2.6", "m": ("none", "none", "t")}, conf(verify_timeout=3))
	unpublished(got, "shows 60 IPv4 addresses for m", "an answer that is too long for UDP")
	got = publish({"a": "192.0.2.6", "c": ("none", "none", "t")}, conf(verify_timeout=3))
	unpublished(got, "shows a CNAME for c.%s " % ZONE, "a withdrawn name that is an alias elsewhere in the file")
	got = publish({"a": "192.0.2.6", "x.d": ("none", "none", "t")}, conf(verify_timeout=3))
	unpublished(got, "does not answer for x.d.%s .*delegated" % ZONE, "a withdrawn name below a delegation")
	write(FILE, read().replace(many, b""))
	published(publish({"a": "192.0.2.7"}), "without all that it is published")


def test_cnames():
	to_a = b"c.%s. 30 IN CNAME a.%s.\n" % (ZONE.encode(), ZONE.encode())
	published(publish({"a": "192.0.2.8", "c": cname("a")}), "a CNAME is published")
	equal((to_a in read(), shown("c." + ZONE, "CNAME"), shown("c." + ZONE)), (True, ["a.%s." % ZONE], ["192.0.2.8", "a.%s." % ZONE]),
	    "written, and shown")
	before = shown_serial()
	published(publish({"a": "192.0.2.8", "c": cname("a")}), "the same again")
	equal(shown_serial(), before, "changes nothing")
	published(publish({"a": cname("c"), "c": "192.0.2.8"}), "both change their kind")
	equal((shown("a." + ZONE, "CNAME"), shown("c." + ZONE)), (["c.%s." % ZONE], ["192.0.2.8"]), "which is shown")
	for line in (b"C IN TXT mine\n", b"c.%s. IN A 192.0.2.9\n" % ZONE.encode(), b"c IN CNAME www\n"):
		write(FILE, read() + line)
		got = publish({"a": "192.0.2.9", "b": "192.0.2.10", "c": cname("a")})
		unpublished(got, "has other records of c.%s, beside which it cannot be a CNAME" % ZONE,
		    "one that has other records in the file (%s)" % line.decode().strip())
		equal((shown("a." + ZONE), shown("b." + ZONE), to_a in read()), (["192.0.2.9"], ["192.0.2.10"], False),
		    "is left out, and holds up no other")
		write(FILE, read().replace(line, b""))
	published(publish({"a": "192.0.2.10", "c": cname("a")}), "without them it is published")
	equal(shown("c." + ZONE, "CNAME"), ["a.%s." % ZONE], "and shown")
	published(publish({"a": "192.0.2.10", "c": ("none", "none", "td")}), "deleted")
	equal((to_a in read(), shown("c." + ZONE)), (False, []), "it goes")


def test_broken():
	before = read()
	for what, text, pattern in (
	    ("without its end marker", before.replace(END, b""), "after this begin marker there is no line"),
	    ("cut in the middle of an address", before[:before.index(END) - 4], "line \\d+: the last line does not end"),
	    ("with a record without an owner after the end marker", before.replace(END, END + b" IN A 192.0.2.66\n"),
	    "first record after"),
	    ("with an open parenthesis", before + b"x TXT (\n", "never closed"),
	    ("that is empty", b"", "does not end with a newline")):
		write(FILE, text)
		unpublished(publish({"a": "192.0.2.6"}), re.escape(FILE) + ".*" + pattern, "a file %s: said with its path" % what)
		equal(read(), text, "and not touched")
	os.unlink(FILE)
	os.symlink("/etc/hostname", FILE)
	got = publish({"a": "192.0.2.6"})
	ok(got.status not in (OK, CONFIG) and os.path.islink(FILE), "a symbolic link is not followed", got)
	os.unlink(FILE)
	write(FILE, before)


def test_backup():
	backup = read()
	for i in range(3):
		publish({"a": "192.0.2.%d" % (10 + i)})
	serial = shown_serial()
	write(FILE, backup)
	published(publish({"a": "192.0.2.20"}), "an older file was restored: published")
	ok(shown_serial() == file_serial() > serial, "with a serial newer than the server's", serial, shown_serial())
	# The same names as in the backup, but the server shows others.
	publish({"a": "192.0.2.21"})
	old = read()
	publish({"a": "192.0.2.22"})
	serial = shown_serial()
	write(FILE, old)
	published(publish({"a": "192.0.2.21"}), "a restored file that has the names already: published")
	ok(shown_serial() == file_serial() > serial, "with a serial newer than the server's", serial, shown_serial())


def test_time_of_file():
	"""named passes over a file that is not younger than the one it has, and rndc calls that success."""
	publish({"a": "192.0.2.30"})
	future = time.time() + 86400
	os.utime(FILE, (future, future))
	run(RNDC + ["reload", ZONE])
	published(publish({"a": "192.0.2.31"}), "a file of tomorrow: published")
	published(publish({"a": "192.0.2.32"}), "and again")
	equal(shown("a." + ZONE), ["192.0.2.32"], "and shown")
	times = os.stat(FILE)
	publish({"a": "192.0.2.33"}, conf(reload="/bin/true", verify_timeout=1))
	os.utime(FILE, ns=(times.st_atime_ns, times.st_mtime_ns))
	published(publish({"a": "192.0.2.33"}), "killed before the file was made younger: the next run does")


def test_styles():
	write(FILE, HAND.replace(b"\t7 ;", b"\t4294967295 ;"))
	stop_named()
	start_named()
	published(publish({"a": "192.0.2.1"}, conf(serial="plain")), "plain, after 4294967295: published")
	equal(shown_serial(), 1, "0 is left out")
	published(publish({"a": "192.0.2.2"}, conf(serial="date")), "date: published")
	equal(shown_serial(), 2026112000, "as YYYYMMDDnn")
	published(publish({"a": "192.0.2.3"}), "unix-time after a date: published")
	equal(shown_serial(), 2026112001, "never backwards")


def test_dynamic():
	stop_named()
	start_named(dynamic=True)
	got = publish({"a": "192.0.2.71"}, conf(verify_timeout=1))
	unpublished(got, "dynamic zone", "a dynamic zone: rndc's words are told")
	got = publish({"a": "192.0.2.72"}, conf(reload=" ".join(RNDC + ["reload"]), verify_timeout=1))
	unpublished(got, r"still shows serial .*frozen", "a dynamic zone that `rndc reload` passes over with success")
	run(RNDC + ["freeze", ZONE])
	write(FILE, HAND)	# freezing may have written the zone anew, without markers
	got = publish({"a": "192.0.2.73"}, conf(reload="/bin/true", verify_timeout=1))
	unpublished(got, "still shows serial", "a frozen zone that nobody thaws")
	published(publish({"a": "192.0.2.73"}, conf(reload=" ".join(RNDC + ["thaw", ZONE]))), "thawing it as the reload: published")
	stop_named()
	for name in os.listdir(DIR):
		if name.endswith(".jnl"):
			os.unlink(os.path.join(DIR, name))
	write(FILE, HAND)
	start_named()
	published(publish({"a": "192.0.2.1"}), "static again: published")


def test_down():
	stop_named()
	serial = file_serial()
	got = publish({"a": ("192.0.2.250", "none", "t")})
	unpublished(got, "no answer from 127.0.0.1 port", "the server is down: not published")
	ok(got.seconds < 4, "said soon", got)
	equal(block(), ["a.%s. 30 IN A 192.0.2.250" % ZONE], "but written")
	publish({"a": ("192.0.2.250", "none", "t")})
	equal(file_serial(), serial + 1, "once")
	write(FILE, read() + b"x IN A 300.2.1.1\n")
	start_named()
	got = publish({"a": ("192.0.2.250", "none", "t")}, conf(verify_timeout=1))
	unpublished(got, "127.0.0.1 does not answer for " + ZONE, "a zone that failed to load when the server came up")
	stop_named()
	write(FILE, read().replace(b"x IN A 300.2.1.1\n", b""))
	start_named()
	equal(shown("a." + ZONE), ["192.0.2.250"], "up again it shows the withdrawal")
	published(publish({"a": ("192.0.2.250", "none", "t")}), "and it is published")


def test_many():
	names = {"h%d" % i: ("10.1.%d.%d" % (i >> 8, i & 255), "none", "tl") for i in range(5000)}
	got = publish(names)
	published(got, "5000 names at once")
	ok(got.seconds < 8, "within the deadline", got)
	equal(len(block()), 5000, "5000 records")
	checkers("5000 names")
	published(publish({"a": "192.0.2.1"}), "and gone again")


# --- trouble while writing ---

INTERESTING = ("openat", "open", "read", "write", "fsync", "rename", "renameat", "fchmod", "fchown", "lstat", "fstat",
    "newfstatat", "close", "unlink", "unlinkat", "getdents64", "socket", "connect", "sendto", "recvfrom", "pipe2", "clone",
    "clone3", "fork", "vfork", "wait4", "poll")


def can_trace():
	if SANITIZED:
		os.environ["ASAN_OPTIONS"] = "detect_leaks=0"	# it cannot look for leaks while it is traced
	return shutil.which("strace") and run(["strace", "-o", "/dev/null", "/bin/true"]).returncode == 0


def test_full():
	if not can_trace():
		skip("a full disk", "no strace")
		return
	before = read()
	for call in ("write", "fsync", "rename"):
		got = publish({"a": "192.0.2.9"}, wrap=["strace", "-o", "/dev/null", "-e",
		    "inject=%s:error=ENOSPC:when=1" % call])
		ok(got.status == FULL and "No space left" in got.why, "a full disk at %s: said" % call, got)
		equal((read(), leftovers()), (before, []), "and the file is as it was")


def test_kill():
	if not can_trace():
		skip("killed at every system call", "no strace")
		return
	path = conf(reload="/bin/false", name="kill.conf")
	old = read()
	names = {"a": "192.0.2.91", "b": ("192.0.2.92", "2001:db8::92", "tl")}
	trace = os.path.join(TMP, "trace")
	publish(names, path, wrap=["strace", "-o", trace])
	new = read()
	equal(len(block()), 3, "a run that is not killed writes three records")
	counts = collections.Counter(re.findall(r"(?m)^(\w+)\(", read(trace).decode("latin-1")))
	kills, left, wrong, seen = 0, 0, [], set()
	for call in INTERESTING:
		for i in range(1, counts[call] + 1):
			write(FILE, old)
			got = run(["strace", "-o", "/dev/null", "-e", "inject=%s:signal=KILL:when=%d" % (call, i), *TOOL, path, ZONE,
			    str(WALL)], input=lines_of(names))
			kills += got.returncode != UNPUBLISHED
			seen.add(read() == new)
			left += len(leftovers())
			if read() not in (old, new):
				wrong.append("%s %d" % (call, i))
	ok(kills > 50, "killed at %d system calls" % kills)
	equal(wrong, [], "the file is the old one or the new one, whole")
	equal(seen, {False, True}, "and was each of them")
	write(FILE, old)
	published(publish(names), "the next run converges")
	ok(left > 0 and leftovers() == [], "and removes what the killed ones left", left, leftovers())


def test_kill_random():
	"""Killed anywhere, with the server up: what is served and what is in the file is always whole, and converges."""
	wrong = 0
	for i in range(40):
		names = {"a": "192.0.2.%d" % (100 + i), "b": ("192.0.2.92", "2001:db8::92", "tl")}
		process = subprocess.Popen([*TOOL, conf(), ZONE, str(WALL)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
		process.stdin.write(lines_of(names))
		process.stdin.close()
		time.sleep(0.001 * i)	# the moment of the kill, not readiness
		process.send_signal(signal.SIGKILL)
		process.wait()
		lines = block()
		wrong += not (read().endswith(b"www\tIN A 192.0.2.80\n") and len(lines) in (1, 3))
	equal(wrong, 0, "40 kills: the file is whole")
	got = publish(names)
	published(got, "the next run converges")
	equal(shown("a." + ZONE), ["192.0.2.139"], "and shows what it must")
	checkers("after the kills")


test_section()
test_new()
test_hand()
test_unchanged()
test_not_loaded()
test_elsewhere()
test_cnames()
test_broken()
test_backup()
test_time_of_file()
test_styles()
test_dynamic()
test_down()
test_many()
test_full()
test_kill()
test_kill_random()
done_testing()
