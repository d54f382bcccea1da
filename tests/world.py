# SPDX-License-Identifier: ISC
"""A whole dynlease server for a test: configuration, certificate, accounts, table, name server, reaper, super-server.

	world = World(hosts=["a.dyn.test"], lease=4)
	world.start_named(); world.start_reaper(); world.start_xinetd()
	print(world.ask(world.login("a.dyn.test") + ["RENEW a.dyn.test"], source="127.0.0.5"))

Leases of 127.0.0.0/8 and 2001:db8::/32 are allowed unless the test says what is; every account may announce both, so
that IPv6 needs no IPv6.
"""
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

from lib import BIN, TMP, TOOLS, defer, free_port, ok, run, spawn, wait_for

FALLBACK4, FALLBACK6 = "192.0.2.80", "2001:db8:ffff::80"
ANNOUNCE = "127.0.0.0/8 2001:db8::/32"


def tmpfs_dir():
	"""A directory on a tmpfs, gone at the end."""
	path = tempfile.mkdtemp(prefix="dynlease-test.", dir="/dev/shm")
	defer(shutil.rmtree, path, True)
	return path


def token(number):
	return "%040x" % (0xabcdef0000 + number)


def secret_file(name, text):
	"""A file in TMP that the reaper may read, and nobody else; its path."""
	path = os.path.join(TMP, name)
	with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
		out.write(text + "\n")
	if os.geteuid() == 0:
		shutil.chown(path, "nobody")
	return path


def zone_section(zone):
	return "[zone %s]\nfallback4 = %s\nfallback6 = %s\nttl = 1\n" % (zone, FALLBACK4, FALLBACK6)


class World:
	def __init__(self, hosts=(), zone="dyn.test", lease=120, interval=1, deadline=10, ttl=1, fallback4=FALLBACK4,
	    fallback6=FALLBACK6, server="", extra="", publisher="zonefile", owner="nobody", group="nogroup",
	    allow="127.0.0.0/8 2001:db8::/32"):
		self.zone, self.owner, self.group = zone, owner, group
		self.dir = tempfile.mkdtemp(prefix="world.", dir=TMP)
		os.chmod(self.dir, 0o755)
		self.rundir = tmpfs_dir()
		self.conf = os.path.join(self.dir, "dynlease.conf")
		self.zonefile = os.path.join(self.dir, "zone")
		self.certificate = os.path.join(self.dir, "server.pem")
		self.snapshot = os.path.join(self.dir, "accounts")
		self.dns_port = free_port()
		self.tokens, self.lines = {}, []
		self.bind, self.port = "127.0.0.1", None
		self._certificate()
		publish = "" if not publisher else (
		    "[zonefile {z}]\nfile = {d}/zone\nserver = 127.0.0.1\nserver_port = {p}\n"
		    "reload = /usr/sbin/rndc -c {d}/rndc.conf reload {z}\nnameserver = ns.example.net\nhostmaster = hostmaster.example.net\n"
		    ).format(z=zone, d=self.dir, p=self.dns_port)
		with open(self.conf, "w") as conf:
			conf.write(("[server]\ncertificate = {d}/server.pem\nkey = {d}/server.key\n"
			    "accounts = {d}/accounts\nmaster = {d}/master\nhistory = {d}/history\nssh_keys = {d}/ssh-keys\n"
			    "seal = {d}/seal\nrundir = {r}\nuser = {o}\ngroup = {g}\n"
			    "reaper_user = {o}\nlease = {lease}\ninterval = {interval}\ndeadline = {deadline}\n"
			    "allow = {allow}\n{server}\n"
			    "[zone {z}]\nfallback4 = {f4}\nfallback6 = {f6}\nttl = {ttl}\n{publish}{extra}\n").format(
			    d=self.dir, r=self.rundir, o=owner, g=group, lease=lease, interval=interval,
			    deadline=deadline, server=server, z=zone, f4=fallback4, f6=fallback6, ttl=ttl,
			    publish=publish, extra=extra, allow=allow))
		self._modes()
		self.add_hosts(hosts)

	def _modes(self):
		shutil.chown(self.rundir, self.owner, self.group)
		os.chmod(self.rundir, 0o2770)
		shutil.chown(os.path.join(self.dir, "server.key"), None, self.group)
		os.chmod(os.path.join(self.dir, "server.key"), 0o640)

	def _certificate(self):
		run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		    "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
		    "-keyout", self.certificate.replace(".pem", ".key"), "-out", self.certificate]).check_returncode()

	# --- accounts ---

	def add_hosts(self, hosts, verifier=None, classname="-", announce=ANNOUNCE, amend=()):
		"""
		Accounts, each of one host with its name and, unless a crypt(5) verifier ("-": none) is given, a token.
		amend: lines like "require network+key", "network 127.0.0.0/8", "credential key SHA256:..." for each.
		"""
		for host in hosts:
			self.tokens[host] = token(len(self.tokens))
			self.lines.append("%s %s %s %s" % (host, verifier or self.tokens[host], classname, announce))
			self.lines += ["+ " + line for line in amend]
		self.publish_accounts()

	def publish_accounts(self):
		shutil.rmtree(os.path.join(self.dir, "master"), True)
		made = run([os.path.join(TOOLS, "make_accounts"), os.path.join(self.dir, "master"), self.snapshot,
		    self.group], input="\n".join(self.lines).encode() + b"\n" if self.lines else b"")
		if made.returncode != 0:
			raise RuntimeError(made.stderr.decode())

	def seal(self, passphrase="correct horse battery"):
		"""dynlease-admin seal; the recovery key. Needs root."""
		file = os.path.join(self.dir, "passphrase")
		with open(file, "w") as out:
			out.write(passphrase + "\n")
		os.chmod(file, 0o600)
		got = run([os.path.join(BIN, "dynlease-admin"), "-c", self.conf, "seal", "--passphrase-file", file])
		if got.returncode != 0:
			raise RuntimeError(got.stderr.decode())
		return re.search(r"^ +([0-9a-f]{4}(?:-[0-9a-f]{4}){9})$", got.stdout.decode(), re.M).group(1)

	# --- programs ---

	def reaper(self, *args, wrap=(), **how):
		"""One pass, to its end."""
		return run([*wrap, os.path.join(BIN, "dynlease-reaper"), "-D", "-c", self.conf, *args], **how)

	def start_reaper(self, wrap=()):
		"""--watch, until it has finished a pass."""
		before = self.check().get("alive_at", "0")
		reaper = spawn("reaper", [*wrap, os.path.join(BIN, "dynlease-reaper"), "-D", "-c", self.conf, "--watch"])
		wait_for(10, lambda: self.check().get("alive_at", "0") not in ("0", before))
		return reaper

	def helper_script(self, args="-D"):
		"""
		What a super-server starts: the helper, its log appended to TMP/helper.log, because its stderr would be the socket.
		"""
		log = os.path.join(TMP, "helper.log")
		with open(log, "a"):
			os.chmod(log, 0o666)
		script = os.path.join(self.dir, "helper.sh")
		with open(script, "w") as out:
			out.write("#!/bin/sh\nexec '%s/dynlease-auth' %s -c '%s' 2>>'%s'\n" % (BIN, args, self.conf, log))
		os.chmod(script, 0o755)
		return script

	def start_xinetd(self, extra="", args="-D", bind="127.0.0.1", port=None):
		self.bind, self.port = bind, port or free_port(bind)
		conf = os.path.join(self.dir, "xinetd.conf")
		with open(conf, "w") as out:
			out.write(("service dynlease\n{{\n type = UNLISTED\n id = dynlease-test\n socket_type = stream\n"
			    " protocol = tcp\n wait = no\n user = {o}\n group = {g}\n bind = {b}\n port = {p}\n"
			    " flags = IPv4\n cps = 10000 1\n instances = UNLIMITED\n per_source = UNLIMITED\n"
			    " server = {s}\n{x}\n}}\n").format(o=self.owner, g=self.group, b=bind, p=self.port,
			    s=self.helper_script(args), x=extra))
		xinetd = spawn("xinetd", ["/usr/sbin/xinetd", "-dontfork", "-f", conf, "-filelog",
		    os.path.join(TMP, "xinetd.log.own"), "-pidfile", os.path.join(self.dir, "xinetd.pid")])
		wait_for(10, self._connects)
		return xinetd

	def _connects(self):
		try:
			socket.create_connection((self.bind, self.port), 1).close()
			return True
		except OSError:
			return False

	def start_named(self, options="", zone_options=""):
		"""A copy of named, because AppArmor's profile is attached to the path of the original."""
		binary = os.path.join(self.dir, "named")
		if not os.path.exists(binary):
			# Not by ourselves: another thread's child would hold it open for writing, and it could not be run.
			run(["cp", "/usr/sbin/named", binary]).check_returncode()
		self.control_port = free_port()
		secret = "c2VjcmV0LW9mLWEtdGVzdC1vbmx5LTAxMjM0NTY3ODk="
		key = 'key "k" { algorithm hmac-sha256; secret "%s"; };\n' % secret
		with open(os.path.join(self.dir, "rndc.conf"), "w") as out:
			out.write(key + "options { default-key k; default-server 127.0.0.1; default-port %d; };\n" %
			    self.control_port)
		conf = os.path.join(self.dir, "named.conf")
		with open(conf, "w") as out:
			out.write(key + (
			    'options {{ directory "{d}"; listen-on port {p} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};'
			    ' pid-file none; session-keyfile none; recursion no; dnssec-validation no; notify no;'
			    ' managed-keys-directory "{d}"; {o} }};\n'
			    'controls {{ inet 127.0.0.1 port {c} allow {{ 127.0.0.1; }} keys {{ "k"; }}; }};\n'
			    'zone "{z}" {{ type primary; file "{d}/zone"; {zo} }};\n').format(d=self.dir, p=self.dns_port,
			    o=options, c=self.control_port, z=self.zone, zo=zone_options))
		named = spawn("named", [binary, "-g", "-c", conf, "-n", "1"])
		wait_for(10, lambda: self.rndc("status").returncode == 0)
		return named

	def rndc(self, *args):
		return run(["/usr/sbin/rndc", "-c", os.path.join(self.dir, "rndc.conf"), *args])

	# --- looking ---

	def dig(self, name, kind="A"):
		"""The answers of the name server, sorted, as one text; "?" when it does not answer."""
		got = run(["dig", "+short", "+time=1", "+tries=3", "+norecurse", "-p", str(self.dns_port), "@127.0.0.1",
		    name, kind])
		return "?" if got.returncode != 0 else " ".join(sorted(got.stdout.decode().split()))

	def shows(self, name, a, aaaa="", seconds=5):
		"""Does the name server come to show exactly these?"""
		return wait_for(seconds, lambda: self.dig(name) == a and self.dig(name, "AAAA") == aaaa)

	def tool(self, *args, **how):
		return run([os.path.join(TOOLS, "table_tool"), self.rundir, *args], **how)

	def check(self):
		got = self.tool("check")
		facts = dict(line.split("=", 1) for line in got.stdout.decode().splitlines() if "=" in line)
		return facts if got.returncode == 0 else {}

	def is_settled(self, live=None):
		"""
		Is all that was seen to change shown and noted? live: and do so many leases hold, and is nothing over that was not
		seen yet, which is due all the same? One look, as in two of them a host may be here and then there.
		"""
		facts = self.check()
		return facts.get("changed") == facts.get("pending") == "0" and (live is None or
		    facts.get("live") == facts.get("due") == str(live))

	def leases(self):
		"""{(host, family): (address, state, seconds left)}"""
		lines = [line.split() for line in self.tool("list").stdout.decode().splitlines()]
		return {(w[0], int(w[1])): (w[2], w[3], int(w[4])) for w in lines}

	def helper_log(self):
		with open(os.path.join(TMP, "helper.log")) as log:
			return log.read()

	# --- talking ---

	def login(self, host):
		return ["LOGIN %s %s" % (host, self.tokens[host])]

	def connect(self, source="127.0.0.2", seconds=15):
		"""A TCP connection to the port; the caller shakes hands, or does not."""
		return socket.create_connection(("127.0.0.1", self.port), seconds, (source, 0))

	def wrap(self, sock):
		context = ssl.create_default_context(cafile=self.certificate)
		return context.wrap_socket(sock, server_hostname="localhost")

	def ask(self, lines, source="127.0.0.2", quit=True):
		"""All lines in one flight; the answers, as a list."""
		with self.wrap(self.connect(source)) as tls:
			tls.sendall("".join(line + "\n" for line in list(lines) + (["QUIT"] if quit else [])).encode())
			got = b""
			while True:
				more = tls.recv(4096)
				if not more:
					break
				got += more
		return got.decode().splitlines()

	def renew(self, host, source="127.0.0.2", address=None):
		"""The answer to RENEW."""
		return self.ask(self.login(host) + ["RENEW " + host + (" " + address if address else "")], source)[1]

	def stays(self, host, address, shown, seconds=20):
		"""
		Does shown() come true while the host goes on to renew? Changes of a host are published at a pace (LEASE_PACE)
		that the short leases of tests do not outlive.
		"""
		return wait_for(seconds, lambda: self.renew(host, address).startswith("250 ") and shown())

	def helper_on(self, sock, *args, **how):
		"""A helper on this socket as descriptors 0 to 2, as a spawner starts it; a Popen."""
		return subprocess.Popen([os.path.join(BIN, "dynlease-auth"), "-c", self.conf, *args], stdin=sock.fileno(),
		    stdout=sock.fileno(), stderr=sock.fileno(), **how)


def served(world, name="the helper serves"):
	"""Claim that a new client is served, and that the table is whole."""
	host = next(iter(world.tokens))
	answer = world.renew(host)
	return ok(answer.startswith("250 ") and world.check().get("faults") == "0", name, answer, world.check())
