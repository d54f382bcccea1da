#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""The client dynlease against a server made here, which answers well, badly, and with malice."""
import json
import os
import pty
import resource
import select
import socket
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, ROOT, TMP, done_testing, equal, free_port, ok, run, skip  # noqa: E402

CLIENT = os.path.join(BIN, "dynlease")
NAME = "dyn.example.net"
HOST = "a.dyn.example.net"
SECRET = "s3cret-of-a"
OK, USAGE, DATAERR, NOHOST, UNAVAILABLE, TEMPFAIL, PROTOCOL, NOPERM, CONFIG = 0, 64, 65, 68, 69, 75, 76, 77, 78


def path(name):
	return os.path.join(TMP, name)


def write(name, text, mode=0o644):
	with open(path(name), "w", encoding="ascii") as f:
		f.write(text)
	os.chmod(path(name), mode)
	return path(name)


# --- certificates ---

def openssl(*words):
	done = run(["openssl", *words], cwd=TMP)
	if done.returncode != 0:
		raise RuntimeError(done.stderr.decode())


def make_ca(name):
	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
	    "-out", name + ".pem", "-subj", "/CN=" + name, "-days", "30")


def make_cert(name, alt, start="20250101000000Z", end="20490101000000Z"):
	write("ca.conf", """[ca]
default_ca = us
[us]
database = index.txt
rand_serial = yes
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
x509_extensions = ext
[any]
commonName = supplied
[ext]
basicConstraints = critical,CA:FALSE
subjectAltName = %s
""" % alt)
	write("index.txt", "")
	openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
	    name + ".csr", "-subj", "/CN=" + name)
	openssl("ca", "-batch", "-config", "ca.conf", "-in", name + ".csr", "-out", name + ".pem", "-notext",
	    "-startdate", start, "-enddate", end)


make_ca("ca")
make_ca("otherca")
make_cert("good", "DNS:%s,DNS:localhost,IP:127.0.0.1" % NAME)
make_cert("wrong", "DNS:other.example.net")
make_cert("expired", "DNS:" + NAME, end="20250201000000Z")
make_cert("future", "DNS:" + NAME, start="20480101000000Z")


# --- the server ---

class Server:
	"""Serves connections until stopped; answer(connection, lines) speaks for it. heard: all bytes of each."""

	def __init__(self, answer, cert="good", tls=True, address="127.0.0.1", port=0):
		self.answer, self.tls, self.heard = answer, tls, []
		self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		self.context.load_cert_chain(path(cert + ".pem"), path(cert + ".key"))
		self.context.set_alpn_protocols(["dynlease/1"])
		self.alpn = None
		family = socket.AF_INET6 if ":" in address else socket.AF_INET
		self.listener = socket.socket(family, socket.SOCK_STREAM)
		self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		self.listener.bind((address, port))
		self.listener.listen(16)
		self.port = self.listener.getsockname()[1]
		self.stopped = threading.Event()
		threading.Thread(target=self.serve, daemon=True).start()

	def serve(self):
		while True:
			try:
				plain, _ = self.listener.accept()
			except OSError:
				return
			threading.Thread(target=self.one, args=(plain,), daemon=True).start()

	def one(self, plain):
		plain.settimeout(15)
		try:
			if not self.tls:
				self.answer(self, plain)
				return
			connection = self.context.wrap_socket(plain, server_side=True)
			self.alpn = connection.selected_alpn_protocol()
			self.answer(self, connection)
			connection.unwrap()
		except OSError:
			pass
		finally:
			plain.close()

	def listen(self, connection):
		"""All that the client sends, up to its QUIT."""
		heard = b""
		while not heard.endswith(b"QUIT\r\n"):
			more = connection.recv(4096)
			if not more:
				break
			heard += more
		self.heard.append(heard)
		return heard

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.stopped.set()
		self.listener.shutdown(socket.SHUT_RDWR)
		self.listener.close()


def says(*lines):
	"""Answers with these lines, whatever it is told."""
	def answer(server, connection):
		server.listen(connection)
		connection.sendall(b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line in lines))
	return answer


def lease(host=HOST, address="203.0.113.7", family=4, changed="no"):
	return "250 %s address=%s family=%d lease=120 renew=40 changed=%s" % (host, address, family, changed)


def plays(server, connection):
	"""A good server."""
	for line in server.listen(connection).decode().split("\r\n"):
		verb, *words = line.split(" ")
		text = {"LOGIN": "250 %s", "RENEW": lease("%s"), "RELEASE": "250 %s released", "QUIT": "221 bye",
		    "STATUS": "250 %s state=live address=203.0.113.7 left=87 address=2001:db8::7 left=9 later=1"}.get(verb)
		if text:
			connection.sendall((text % words[0] if "%s" in text else text).encode() + b"\r\n")


# --- the client ---

write("secret", SECRET + "\n", 0o600)


def section(port, name=NAME, **keys):
	keys = {"address": "127.0.0.1", "port": port, "account": HOST, "secret_file": path("secret"), "ca": path("ca.pem"),
	    "timeout": 5, **keys}
	return "[server %s]\n" % name + "".join("%s = %s\n" % (k, v) for k, v in keys.items() if v is not None)


def client(conf, *words, **how):
	how.setdefault("seconds", 30)
	return run([CLIENT, "-c", write("client.conf", conf), *words], **how)


def expect(done, code, name, part=None, out=b""):
	error = done.stderr.decode("latin-1")
	good = done.returncode == code and (part is None) == (error == "") and (part is None or part in error)
	good = good and (out is None or done.stdout == out) and all(c == "\n" or " " <= c <= "~" for c in error)
	return ok(good, name, "status %d, not %d" % (done.returncode, code), "wanted: %r" % part, repr(error),
	    repr(done.stdout))


def with_server(answer, code, name, part=None, words=("renew",), out=b"", keys=None, **how):
	with Server(answer, **how) as server:
		done = client(section(server.port, **(keys or {})), *words)
		expect(done, code, name, part, out)
		return server, done


# --- it works ---

server, _ = with_server(plays, OK, "renew is silent")
equal(server.heard, [("LOGIN %s %s\r\nRENEW %s\r\nQUIT\r\n" % (HOST, SECRET, HOST)).encode()], "and says just this")
equal(server.alpn, "dynlease/1", "with its dialect agreed on")
with_server(plays, OK, "renew -v tells the lease", None, ("-v", "renew"),
    b"%s address=203.0.113.7 family=4 lease=120 renew=40 changed=no server=%s\n" % (HOST.encode(), NAME.encode()))
with_server(plays, OK, "release is silent", None, ("release",))
with_server(plays, OK, "release -v tells it", None, ("release", "-v"), None)
_, status = with_server(plays, OK, "status", None, ("status",), None)
rows = [row.split() for row in status.stdout.decode().splitlines()]
equal(rows, [["HOST", "STATE", "ADDRESS", "LEFT"], [HOST, "live", "203.0.113.7", "87", "s"],
    ["2001:db8::7", "9", "s"]], "a row for each lease")
columns = {line.index(word) for line, word in zip(status.stdout.decode().splitlines(), ("ADD", "203", "2001"))}
equal(len(columns), 1, "aligned")
_, status = with_server(plays, OK, "status --json", None, ("status", "--json"), None)
equal(json.loads(status.stdout), [{"server": NAME, "host": HOST, "state": "live", "leases": [
    {"address": "203.0.113.7", "left": 87}, {"address": "2001:db8::7", "left": 9}]}], "is JSON")
_, status = with_server(says("250 x", "250 %s state=offline" % HOST), OK, "an offline host", None, ("status",), None)
equal(status.stdout.split()[-4:], [HOST.encode(), b"offline", b"-", b"-"], "has neither address nor time")

many = ["h%d.example.net" % i for i in range(20)]
server, _ = with_server(plays, OK, "20 hosts", keys={"host": ", ".join(many)})
equal([heard.count(b"RENEW") for heard in server.heard], [14, 6], "take two connections of 16 commands")
server, _ = with_server(plays, OK, "a host is picked", None, ("renew", "h3.example.net"),
    keys={"host": " ".join(many)})
ok(b"RENEW h3.example.net\r\nQUIT" in server.heard[0], "and only that one renewed")
with_server(plays, OK, "a server's own certificate may be the ca", keys={"ca": path("good.pem")})
with_server(plays, OK, "a server known by its address", keys={"name": "127.0.0.1", "address": None})
with_server(says("250 x y=z w", lease() + " more=1 words", "221"), OK, "words of later versions are passed over")
with_server(says(b"250 x\n", lease().encode() + b"\n"), OK, "LF alone ends a line too")

# --- refusals ---

with_server(says("535 denied"), NOPERM, "a denied login", '"denied": check account and secret')
with_server(says("421 busy"), TEMPFAIL, "a busy server", 'try again later: "busy"')
with_server(says("503 what"), PROTOCOL, "a strange answer to the login", '"503 what"')
with_server(says("250 x", "550 no"), NOPERM, "another's host", HOST + " is not a host of account " + HOST)
with_server(says("250 x", "553 address refused: private"), DATAERR, "an address refused", '"address refused: private"')
with_server(says("250 x", "421 full"), TEMPFAIL, "a full table", 'try again later: "full"')
with_server(says("250 x", "500 huh"), PROTOCOL, "a strange answer", '"500 huh"')
with_server(says("250 x", "421 full", lease(many[1])), TEMPFAIL, "after a 421 the others still count",
    many[0] + ": try again later", keys={"host": " ".join(many[:2])})
server, done = with_server(says("250 x", "421 full"), TEMPFAIL, "a server that leaves after a 421", "full",
    keys={"host": " ".join(many)})
equal((len(server.heard), done.stderr.count(b"\n")), (1, 1), "is not asked again, nor complained of twice")
server, _ = with_server(says("250 x", *["421 full"] * 14), TEMPFAIL, "nor one that stays", "full",
    keys={"host": " ".join(many)})
equal(len(server.heard), 1, "and refuses all")
with_server(says("250 x", "550 \\x1b[31m"), NOPERM, "a server's backslash is escaped", "\\x5cx1b[31m")

# --- hostile and broken servers ---

for name, lines in {
    "garbage": [b"\x00\x01\xff\xfe garbage\r\n"],
    "an escape sequence": [b"535 \x1b]0;owned\x07\r\n"],
    "a NUL": [b"250 x\0y\r\n"],
    "8-bit": [b"250 \xc3\xa4\r\n"],
    "a bare CR": [b"250 x\ry\r\n"],
    "an empty line": [b"\r\n"],
    "a code alone": [b"250\r\n"],
    "a short code": [b"99 x\r\n"],
    "a long code": [b"2500 x\r\n"],
    "a multi-line answer": [b"250-x\r\n250 x\r\n"],
    "a line of 513 bytes": [b"250 " + b"x" * 507 + b"\r\n"],
    "a line without end": [b"250 " + b"x" * 100000],
    "a long line that ends well": [b"x" * 512 + b"250 x\r\n" + lease().encode() + b"\r\n"],
    "a cut line": [b"250 x\r\n", lease().encode()[:-4]],
    "another host": ["250 x", lease("b.dyn.example.net")],
    "no words": ["250 x", "250 " + HOST],
    "no address": ["250 x", "250 %s lease=120 renew=40" % HOST],
    "a bad address": ["250 x", lease(address="1.2.3")],
    "a negative lease": ["250 x", "250 %s address=192.0.2.1 lease=-1 renew=40" % HOST],
    "a huge lease": ["250 x", "250 %s address=192.0.2.1 lease=99999999999999999999 renew=40" % HOST],
}.items():
	with_server(says(*lines), PROTOCOL, "an answer with " + name, NAME)
with_server(says(b"250 " + b"x" * 506 + b"\r\n", lease()), OK, "a line of 512 bytes is fine")
with_server(says("250 x", "250 %s state=sleeping" % HOST), PROTOCOL, "an unknown state", NAME, ("status",))
with_server(says("250 x", "250 %s state=live%s" % (HOST, " address=192.0.2.1 left=1" * 3)), PROTOCOL, "three leases",
    NAME, ("status",))
with_server(says("250 x", "250 b.dyn.example.net released"), PROTOCOL, "another host released", NAME, ("release",))
with_server(says(), TEMPFAIL, "a server that leaves without an answer", "the other side closed the connection")
with_server(says("250 x"), TEMPFAIL, "one that leaves half way", "try again later")
with_server(lambda s, c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), PROTOCOL, "one that speaks no TLS",
    "does not speak TLS", tls=False)
with_server(lambda s, c: c.recv(1), TEMPFAIL, "one that leaves in the handshake", "while shaking hands", tls=False)


def drip(server, connection):
	server.listen(connection)
	for byte in b"250 " + b"x" * 200:
		connection.sendall(bytes([byte]))
		if server.stopped.wait(0.1):
			return


def hang(server, _):
	server.stopped.wait(20)


for name, answer, tls in (("drips", drip, True), ("says nothing", hang, True), ("takes no part in TLS", hang, False)):
	begun = time.monotonic()
	with_server(answer, TEMPFAIL, "a server that " + name, "timed out", keys={"timeout": 1}, tls=tls)
	took = time.monotonic() - begun
	ok(1 <= took < 3, "is left after the timeout", "%.1f s" % took)

# --- certificates ---

with_server(plays, PROTOCOL, "a certificate of another name", "hostname mismatch; it is for another name", cert="wrong")
with_server(plays, PROTOCOL, "an expired one", "has expired; the server needs a new one", cert="expired")
with_server(plays, PROTOCOL, "one of the future", "not yet valid; is the clock of this machine right?", cert="future")
with_server(plays, PROTOCOL, "one of an unknown issuer", "its issuer is unknown here", keys={"ca": path("otherca.pem")})
with_server(plays, PROTOCOL, "one the system does not know", "its issuer is unknown here", keys={"ca": None})
server, _ = with_server(plays, PROTOCOL, "one for another address", "mismatch", cert="wrong",
    keys={"name": "127.0.0.1"})
equal(server.heard, [], "and no secret was sent")

# --- reaching servers ---

expect(client(section(free_port()), "renew"), UNAVAILABLE, "a closed port", "connection refused: does the server run")
done = client(section(1, address="none.invalid"), "renew")
ok(done.returncode in (NOHOST, TEMPFAIL) and b"none.invalid: the name " in done.stderr, "a name that does not resolve",
    done.returncode, done.stderr)
expect(client(section(1), "-6", "renew"), NOHOST, "-6 and an IPv4 address", "it has no IPv6 address")
with Server(says("535 denied")) as server:
	for both in ([server.port, free_port()], [free_port(), server.port]):
		done = client(section(both[0]) + section(both[1], name="localhost"), "renew")
		expect(done, NOPERM, "of two problems the worse counts", "refused")
		ok(done.stderr.count(b"\n") == 2 and b"denied" in done.stderr, "and each has its line")


def in_own_files(port, hosts, words, timeout=4):
	"""Run the client with /etc/hosts of our own, and nothing else to resolve by."""
	conf = write("client.conf", section(port, address=None, timeout=timeout))
	script = "mount --bind %s /etc/hosts && mount --bind %s /etc/nsswitch.conf && exec %s -c %s %s" % (
	    write("hosts", "".join("%s %s\n" % (a, NAME) for a in hosts)), write("nsswitch.conf", "hosts: files\n"), CLIENT,
	    conf, words)
	return run(["unshare", "-m", "sh", "-c", script])


def has_ipv6():
	try:
		with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
			s.bind(("::1", 0))
		return True
	except OSError:
		return False


if run(["unshare", "-m", "sh", "-c", "mount --bind /etc/hosts /etc/hosts"]).returncode != 0:
	skip("names and families", "no mount namespace may be made")
else:
	expect(in_own_files(1, [], "renew"), NOHOST, "a name that there is not", NAME + ": the name does not resolve")
	with Server(plays, address="127.0.0.3") as server:
		port = server.port
		expect(in_own_files(port, ["127.0.0.2", "127.0.0.3"], "renew"), OK, "the second address works")
		equal(len(server.heard), 1, "and is told once")
		expect(in_own_files(port, ["127.0.0.3"], "-6 renew"), NOHOST, "-6 and no IPv6 address", "it has no IPv6 address")
		expect(in_own_files(port, ["127.0.0.3", "127.0.0.2"], "-v release"), OK, "release", None, None)
		if not has_ipv6():
			skip("both families", "no IPv6 here")
		else:
			expect(in_own_files(port, ["127.0.0.3", "::1"], "renew"), UNAVAILABLE, "a family that is refused",
			    "(::1 port %d): connection refused" % port)
			expect(in_own_files(port, ["127.0.0.3", "::1"], "-4 renew"), OK, "-4 leaves it alone")
			with Server(plays, address="::1", port=port) as six:
				server.heard.clear()
				expect(in_own_files(port, ["127.0.0.3", "::1"], "renew"), OK, "both families")
				equal((len(server.heard), len(six.heard)), (1, 1), "are renewed over both")
				server.heard.clear()
				expect(in_own_files(port, ["127.0.0.3", "::1"], "status"), OK, "status", None, None)
				equal((len(server.heard), len(six.heard)), (1, 1), "needs one")
				expect(in_own_files(port, ["127.0.0.2", "::1"], "status"), OK, "the other one, if the first is refused",
				    None, None)
		# To a multicast address no TCP connection is ever routed.
		expect(in_own_files(port, ["ff0e::1", "127.0.0.3"], "renew"), OK, "a family without a route is skipped")
		expect(in_own_files(port, ["ff0e::1"], "renew"), UNAVAILABLE, "unless there is no other",
		    "there is no way to that address from here")

# --- secrets ---

with Server(plays) as server:
	conf = section(server.port)
	os.chmod(path("secret"), 0o640)
	expect(client(conf, "renew"), CONFIG, "a secret that others may read", "chmod")
	os.chmod(path("secret"), 0o600)
	expect(client(section(server.port, secret_file=path("none")), "renew"), CONFIG, "no secret file", "no such file")
	expect(client(section(server.port, secret_file=None), "renew"), CONFIG, "no secret at all", "use --ask or --secret-fd")
	for name, text in {"a blank": "two words", "a TAB": "a\tb", "8-bit": "ä", "nothing": ""}.items():
		done = client(conf, "renew", "--secret-fd", "0", input=text.encode() + b"\n")
		expect(done, CONFIG, "a secret with " + name, "[server %s]: the secret is empty, or holds" % NAME)
		ok(text == "" or text.encode() not in done.stderr, "which is not shown")
	expect(client(conf, "renew", "--secret-fd", "0", input=b"x" * 300), CONFIG, "a secret too long", "too long")
	expect(client(conf, "renew", "--secret-fd", "77"), CONFIG, "a closed descriptor", "Bad file descriptor")
	equal(server.heard, [], "nothing of this was sent")
	expect(client(conf, "renew", "--secret-fd", "0", input=b"from-fd\nmore"), OK, "a secret from a descriptor")
	ok(b" from-fd\r\n" in server.heard[-1], "is sent")
	expect(client(conf, "renew", "--ask", start_new_session=True), CONFIG, "--ask without a terminal", "no terminal")
	expect(client(conf + section(server.port, name="x." + NAME), "renew", "--secret-fd", "0", input=b"x\n"), USAGE,
	    "a descriptor for two servers", "one server")
	long = section(server.port, account=".".join(["a" * 62] * 4))
	expect(client(long, "renew", "--secret-fd", "0", input=b"x" * 256), CONFIG, "a login over 512 bytes", "too long")

	server.heard.clear()
	write("client.conf", conf)
	pid, terminal = pty.fork()
	if pid == 0:
		os.execv(CLIENT, [CLIENT, "-c", path("client.conf"), "--ask", "renew"])
	shown = b""
	while select.select([terminal], [], [], 10)[0] and b": " not in shown:
		shown += os.read(terminal, 1000)
	os.write(terminal, b"typed-secret\n")
	try:
		while select.select([terminal], [], [], 10)[0]:
			more = os.read(terminal, 1000)
			if not more:
				break
			shown += more
	except OSError:
		pass
	equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), OK, "--ask on a terminal")
	os.close(terminal)
	ok(b"Secret of %s at %s" % (HOST.encode(), NAME.encode()) in shown and b"typed" not in shown, "shows no secret", shown)
	ok(b" typed-secret\r\n" in b"".join(server.heard), "and sends it")

seen = {}


def look(server, connection):
	"""Looks at the process that speaks to it."""
	server.listen(connection)
	for pid in (entry for entry in os.listdir("/proc") if entry.isdigit()):
		try:
			with open("/proc/%s/cmdline" % pid, "rb") as f:
				words = f.read().split(b"\0")
				if words[0] == CLIENT.encode() and path("client.conf").encode() in words:
					with open("/proc/%s/limits" % pid, encoding="ascii") as limits:
						seen["core"] = [li.split()[4] for li in limits if li.startswith("Max core")]
		except OSError:
			pass
	connection.sendall(b"535 denied\r\n")


with Server(look) as server:
	done = client(section(server.port), "renew",
	    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096)))
	expect(done, NOPERM, "a look at the running client", "denied")
equal(seen.get("core"), ["0"], "it leaves no core file")

# --- command line and configuration ---

conf = section(1)
expect(client(conf), USAGE, "no command", "which command?")
expect(client(conf, "frobnicate"), USAGE, "an unknown command", "no such command: frobnicate")
expect(client(conf, "renew", "--frobnicate"), USAGE, "an unknown option", "usage: ")
expect(client(conf, "renew", "no_host"), USAGE, "a host that is no name", "not a host's name")
expect(client(conf, "renew", "b.example.net"), USAGE, "a host of no server", "is a host of no server")
expect(client(conf, "renew", "--ask", "--secret-fd", "0"), USAGE, "two sources", "exclude each other")
expect(client(conf, "renew", "--secret-fd", "x"), USAGE, "a bad descriptor", "not a descriptor")
done = run([CLIENT, "--help"])
ok(done.returncode == 0 and done.stdout.startswith(b"usage: "), "--help")
done = run([CLIENT, "--version"])
ok(done.returncode == 0 and done.stdout.startswith(b"dynlease "), "--version")
expect(run([CLIENT, "-c", path("none"), "renew"]), CONFIG, "no configuration", path("none"))
for name, text, part in (
    ("nothing", "", "no [server NAME] section"),
    ("another section", "[zone x]\n", "there are only [server NAME] sections"),
    ("an unknown key", conf + "password = x\n", "password"),
    ("no account", section(1, account=None), "account: is missing"),
    ("no server's name", section(1, name=""), "this needs the name"),
    ("a bad host", section(1, host="a..b"), "not a host's name: a..b"),
    ("an empty list of hosts", section(1, host=","), "the list is empty"),
    ("a bad family", section(1, family="5"), "must be 4, 6 or both"),
    ("a bad address", section(1, address="a b"), "neither a name nor an address"),
    ("a bad port", section(65536), "port"),
    ("a source of another family", section(1, family="6", source="127.0.0.9"), "source: is of the other family"),
    ("a bad timeout", section(1, timeout=0), "timeout"),
):
	expect(client(text, "renew"), CONFIG, "a configuration with " + name, part)
expect(client(section(1, ca=path("secret")), "renew"), CONFIG, "a ca file that is none", "no certificates in PEM form")

with open(os.path.join(ROOT, "client", "client.conf"), encoding="ascii") as f:
	example = f.read()
example = example.replace("/etc/dynlease/client.secret", path("secret"))
done = client(example + "address = 127.0.0.1\nport = %d\n" % free_port(), "renew")
expect(done, UNAVAILABLE, "the example is a good configuration", "refused")
full = "".join(line[2:] if " = " in line and line.startswith("# ") else line for line in example.splitlines(True))
full = full.replace("192.0.2.1", "127.0.0.1").replace("198.51.100.7", "127.0.0.9").replace("8245", str(free_port())).replace("/etc/dynlease/ca.pem",
    path("ca.pem"))
expect(client(full, "renew"), UNAVAILABLE, "also with all that is commented out", "refused")

done_testing()
