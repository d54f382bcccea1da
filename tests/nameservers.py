# SPDX-License-Identifier: ISC
"""Name servers that take dynamic updates, for tests: BIND, Knot and PowerDNS, each with one zone and one TSIG key.

	server = Named(zone="dyn.test", records=["www A 192.0.2.80"], signed=True)
	server.start(); server.nsupdate("update delete www.dyn.test"); server.axfr(); server.stop()

transfer, update: may the key do that? (set before start(); a server that has run is changed by stop() and start())
"""
import os
import shutil
import sqlite3
import tempfile

from lib import TMP, free_port, run, spawn, wait_for

SECRET = "c2VjcmV0LW9mLWEtdGVzdC1vbmx5LTAxMjM0NTY3ODk="


class Server:
	name, programs = "", ()
	address = "127.0.0.1"

	def __init__(self, zone="dyn.test", records=(), signed=False, key="k", policy=None):
		self.zone, self.records, self.signed, self.key, self.policy = zone, list(records), signed, key, policy
		self.transfer = self.update = True
		self.dir = tempfile.mkdtemp(prefix=self.name + ".", dir=TMP)
		os.chmod(self.dir, 0o755)
		self.port = free_port(self.address)
		self.process = None
		self.write("zone", "$TTL 30\n{z}. IN SOA ns.{z}. root.{z}. 1 3600 600 604800 30\n{z}. IN NS ns.{z}.\n"
		    "ns.{z}. IN A 192.0.2.53\n{r}".format(z=zone, r="".join(
		    "%s.%s. IN %s\n" % (*record.split(" ", 1)[:1], zone, record.split(" ", 1)[1]) if record[0] != "@" else
		    "%s. IN %s\n" % (zone, record[2:]) for record in self.records)))
		self.write("nsupdate.key", 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n' % (key, SECRET))
		self.prepare()

	@classmethod
	def missing(cls):
		"""The first program that is not here, or None."""
		return next((program for program in cls.programs + ("dig", "nsupdate", "delv") if not shutil.which(program)), None)

	def write(self, name, text):
		with open(self.path(name), "w") as out:
			out.write(text)

	def path(self, name=""):
		return os.path.join(self.dir, name)

	def prepare(self):
		pass

	def start(self, wrap=()):
		self.configure()
		self.process = spawn(self.name, [*wrap, *self.argv()])
		if not wait_for(30, self.answers):
			raise RuntimeError("%s does not come up" % self.name)
		return self

	def stop(self):
		if self.process:
			self.process.stop()
		self.process = None

	def kill(self):
		self.process.kill()
		self.process.process.wait()
		self.process = None

	# --- looking ---

	def dig(self, name, kind="A", *options):
		got = run(["dig", "+short", "+time=1", "+tries=2", "+norecurse", *options, "-p", str(self.port),
		    "@" + self.address, name, kind])
		return "?" if got.returncode != 0 else " ".join(sorted(got.stdout.decode().split("\n"))).strip()

	def answers(self):
		return self.dig(self.zone, "SOA") not in ("", "?")

	def serial(self):
		return int(self.dig(self.zone, "SOA").split()[2])

	def shows(self, name):
		return self.dig(name), self.dig(name, "AAAA")

	def axfr(self):
		"""{(name, type): [data]} of the whole zone, by transfer; {} when it is refused."""
		got = run(["dig", "+noall", "+answer", "-p", str(self.port), "@" + self.address, "-k",
		    self.path("nsupdate.key"), self.zone, "AXFR"])
		all = {}
		for line in got.stdout.decode().splitlines():
			fields = line.split(None, 4)
			if len(fields) == 5 and fields[3] != "TSIG":
				all.setdefault((fields[0].rstrip(".").lower(), fields[3]), []).append(fields[4])
		return all

	def anchor(self):
		"""A file of trust anchors for delv: the zone's own key."""
		keys = wait_for(20, lambda: [line for line in run(["dig", "+noall", "+answer", "-p", str(self.port),
		    "@" + self.address, self.zone, "DNSKEY"]).stdout.decode().splitlines() if " 257 " in line.replace("\t", " ")])
		fields = keys[0].split(None, 7)
		self.write("anchor", 'trust-anchors { "%s" static-key 257 %s %s "%s"; };\n' % (self.zone, fields[5], fields[6],
		    "".join(fields[7].split())))
		return self.path("anchor")

	def delv(self, name, kind="A"):
		"""What delv makes of it: (is it validated, the addresses)."""
		got = run(["delv", "-a", self.path("anchor"), "+root=" + self.zone, "-p", str(self.port), "@" + self.address,
		    name, kind])
		text = (got.stdout + got.stderr).decode()
		data = [line.split()[-1] for line in got.stdout.decode().splitlines() if "\t%s\t" % kind in line]
		return "fully validated" in text, " ".join(sorted(data)), text

	# --- changing, as somebody else ---

	def nsupdate(self, *lines):
		got = run(["nsupdate", "-v", "-k", self.path("nsupdate.key")], input=("server %s %d\nzone %s\n%s\nsend\n" % (
		    self.address, self.port, self.zone, "\n".join(lines))).encode())
		if got.returncode != 0:
			raise RuntimeError(got.stderr.decode())


class Named(Server):
	name, programs = "named", ("named",)

	def prepare(self):
		# A copy, because AppArmor's profile goes by the path.
		run(["cp", shutil.which("named"), self.path("named")]).check_returncode()

	def configure(self):
		policy = self.policy or ("allow-update { key %s; };" % self.key if self.update else "allow-update { none; };")
		self.write("named.conf", ('key "{k}" {{ algorithm hmac-sha256; secret "{s}"; }};\n'
		    'options {{ directory "{d}"; listen-on port {p} {{ {a}; }}; listen-on-v6 {{ none; }}; pid-file none;'
		    ' session-keyfile none; recursion no; dnssec-validation no; check-names primary ignore; notify no; managed-keys-directory "{d}";'
		    ' key-directory "{d}"; allow-transfer {{ {t}; }}; }};\ncontrols {{ }};\n'
		    'zone "{z}" {{ type primary; file "zone"; {u} {dnssec} }};\n').format(k=self.key, s=SECRET, d=self.dir,
		    p=self.port, a=self.address, t="key " + self.key if self.transfer else "none", z=self.zone, u=policy,
		    dnssec="dnssec-policy default;" if self.signed else ""))

	def argv(self):
		return [self.path("named"), "-g", "-c", self.path("named.conf"), "-n", "1"]


class Knot(Server):
	name, programs = "knotd", ("knotd",)

	def configure(self):
		actions = ["update"] * self.update + ["transfer"] * self.transfer
		self.write("knot.conf", """server:
    rundir: {d}
    listen: {a}@{p}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: {d}
key:
  - id: {k}
    algorithm: hmac-sha256
    secret: {s}
acl:
  - id: a
    key: {k}
    action: [{actions}]
zone:
  - domain: {z}
    storage: {d}
    file: zone
    acl: [{acl}]
    dnssec-signing: {signed}
""".format(d=self.dir, a=self.address, p=self.port, k=self.key, s=SECRET, z=self.zone, actions=", ".join(actions),
		    acl="a" if actions else "", signed="on" if self.signed else "off"))

	def argv(self):
		return ["knotd", "-c", self.path("knot.conf")]


class PowerDNS(Server):
	name, programs = "pdns_server", ("pdns_server", "pdnsutil")
	schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

	@classmethod
	def missing(cls):
		return super().missing() or (None if os.path.exists(cls.schema) else cls.schema)

	def util(self, *args):
		run(["pdnsutil", "--config-dir=" + self.dir, *args]).check_returncode()

	def prepare(self):
		self.configure(False)
		database = sqlite3.connect(self.path("db"))
		with open(self.schema) as schema:
			database.executescript(schema.read())
		database.close()
		self.util("load-zone", self.zone, self.path("zone"))
		self.util("import-tsig-key", self.key, "hmac-sha256", SECRET)
		if self.signed:
			self.util("secure-zone", self.zone)

	def configure(self, all=True):
		self.write("pdns.conf", "launch=gsqlite3\ngsqlite3-database={d}/db\ngsqlite3-dnssec=yes\n"
		    "gsqlite3-pragma-synchronous=0\nlocal-address={a}\nlocal-port={p}\ndnsupdate=yes\n"
		    "allow-dnsupdate-from=127.0.0.0/8\nallow-axfr-ips=\nsocket-dir={d}\ndaemon=no\nguardian=no\n"
		    "disable-syslog=yes\nloglevel=4\n".format(d=self.dir, a=self.address, p=self.port))
		if all:
			self.util("set-meta", self.zone, "TSIG-ALLOW-DNSUPDATE", self.key if self.update else "other")
			self.util("set-meta", self.zone, "TSIG-ALLOW-AXFR", self.key if self.transfer else "other")

	def argv(self):
		return ["pdns_server", "--config-dir=" + self.dir]


def nsd_conf(folder, address, port, zone, control=True):
	"""The text of a configuration of NSD that keeps all it writes in that folder; zone: the lines of its one zone."""
	return """server:
 ip-address: {a}@{p}
 username: ""
 chroot: ""
 zonesdir: "{d}"
 pidfile: ""
 xfrdfile: "{d}/xfrd.state"
 zonelistfile: "{d}/zone.list"
 xfrdir: "{d}"
 database: ""
 server-count: 1
remote-control:
 {c}
zone:
{z}""".format(a=address, p=port, d=folder, z="".join(" %s\n" % line for line in zone),
	    c='control-enable: yes\n control-interface: "%s/control"' % folder if control else "control-enable: no")


class NSD(Server):
	"""It takes no updates, but reads its file again when it is told: one that somebody else may write."""
	name, programs = "nsd", ("nsd", "nsd-control")

	def prepare(self):
		with open(self.path("zone"), "a") as zone:
			zone.write(";; dynlease: begin\n;; dynlease: end\n")

	def configure(self):
		self.write("nsd.conf", nsd_conf(self.dir, self.address, self.port, [
		    "name: " + self.zone, 'zonefile: "%s"' % self.path("zone")]))

	def argv(self):
		return ["nsd", "-d", "-c", self.path("nsd.conf")]

	def reload(self):
		"""The command for it."""
		return "/usr/sbin/nsd-control -c %s reload %s" % (self.path("nsd.conf"), self.zone)
