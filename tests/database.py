# SPDX-License-Identifier: ISC
"""
A real MariaDB with a directory of its own, and a real PowerDNS that answers from it; both are stopped at the end.

	db = Database()			# skips all when there is none
	db.load("pdns", "powerdns.sql")
	db.query("SELECT name FROM records", "pdns")	# [["a.dyn.test"], ...]
"""
import os
import shutil
import tempfile

from lib import ROOT, TMP, free_port, note, run, skip_all, spawn, wait_for

PASSWORD = "it's a \\ secret; \"of\" tests"
SERVER = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
POWERDNS = shutil.which("pdns_server") or "/usr/sbin/pdns_server"


class Database:
	def __init__(self, name="mariadb", options=()):
		for program in (SERVER, "mariadb-install-db", "mariadb"):
			if not shutil.which(program):
				skip_all("no " + program)
		self.name, self.options = name, list(options)
		# A path of a socket has at most 107 bytes.
		self.dir = tempfile.mkdtemp(prefix="db.", dir=TMP)
		os.chmod(self.dir, 0o755)
		self.data, self.socket = os.path.join(self.dir, "data"), os.path.join(self.dir, "s")
		self.port = free_port()
		self.owner = ["--user=root"] if os.geteuid() == 0 else []
		made = run(["mariadb-install-db", "--no-defaults", "--datadir=" + self.data, "--skip-test-db",
		    "--auth-root-authentication-method=normal", *self.owner])
		if made.returncode != 0:
			note(made.stdout.decode(), made.stderr.decode())
			skip_all("mariadb-install-db fails")
		self.server = None
		self.start()

	def start(self):
		self.server = spawn(self.name, [SERVER, "--no-defaults", *self.owner, "--datadir=" + self.data,
		    "--socket=" + self.socket, "--port=%d" % self.port, "--bind-address=127.0.0.1",
		    "--pid-file=" + os.path.join(self.dir, "pid"), "--innodb-buffer-pool-size=64M",
		    "--innodb-log-file-size=16M", "--skip-name-resolve", *self.options])
		if not wait_for(30, self.answers):
			note("mariadbd does not come up")

	def stop(self, **how):
		return self.server.stop(**how)

	def client(self, *args, **how):
		return run(["mariadb", "--no-defaults", "--socket=" + self.socket, "--user=root", "--batch",
		    "--skip-column-names", *args], **how)

	def answers(self):
		return self.client("--execute=SELECT 1").returncode == 0

	def query(self, text, database=""):
		"""Rows as lists of texts; NULL is "NULL"."""
		got = self.client("--execute=" + text, database)
		if got.returncode != 0:
			raise RuntimeError(got.stderr.decode())
		return [line.split("\t") for line in got.stdout.decode().split("\n")[:-1]]

	def script(self, text, database=""):
		got = self.client(database, input=text.encode())
		if got.returncode != 0:
			raise RuntimeError(got.stderr.decode())

	def load(self, database, *files):
		"""Files of sql/, in a database that is made if need be."""
		self.script("CREATE DATABASE IF NOT EXISTS `%s`" % database)
		for name in files:
			self.script(shipped(name), database)

	def grant(self, name, database):
		"""A file of grants as it is shipped, for this database and with a password."""
		text = shipped(name).replace("CHANGE ME", PASSWORD.replace("\\", "\\\\").replace("'", "''"))
		stem = name.split("-")[1].split(".")[0]
		self.script(text.replace(("pdns" if stem == "powerdns" else stem) + ".", database + "."))


def shipped(name):
	with open(os.path.join(ROOT, "sql", name)) as file:
		return file.read()


class PowerDNS:
	"""Caches are as short as they can be unless settings say otherwise."""

	def __init__(self, db, database, **settings):
		if not shutil.which(POWERDNS) or not shutil.which("pdnsutil"):
			skip_all("no pdns_server")
		self.dir = tempfile.mkdtemp(prefix="pdns.", dir=TMP)
		self.port = free_port()
		db.script("CREATE USER IF NOT EXISTS pdns@localhost IDENTIFIED BY 'pdns'; GRANT ALL ON `%s`.* TO "
		    "pdns@localhost" % database)
		known = {"launch": "gmysql", "gmysql-socket": db.socket, "gmysql-user": "pdns",
		    "gmysql-password": "pdns",
		    "gmysql-dbname": database, "gmysql-dnssec": "yes", "local-address": "127.0.0.1",
		    "local-port": self.port, "socket-dir": self.dir, "daemon": "no", "guardian": "no",
		    "disable-syslog": "yes", "cache-ttl": 0, "query-cache-ttl": 0, "negquery-cache-ttl": 0,
		    "zone-cache-refresh-interval": 0, "module-dir": ""}
		known.update({key.replace("_", "-"): value for key, value in settings.items()})
		with open(os.path.join(self.dir, "pdns.conf"), "w") as conf:
			conf.write("".join("%s=%s\n" % pair for pair in known.items() if pair[1] != ""))
		self.server = None

	def start(self, zone):
		self.server = spawn("pdns", [POWERDNS, "--config-dir=" + self.dir])
		if not wait_for(20, lambda: self.dig(zone, "SOA")):
			note("pdns_server does not come up")

	def util(self, *args):
		return run(["pdnsutil", "--config-dir=" + self.dir, *args])

	def dig(self, name, kind="A", *more):
		got = run(["dig", "+short", "+norecurse", "+tries=1", "+time=2", "@127.0.0.1", "-p", str(self.port),
		    *more,
		    name, kind])
		return sorted(got.stdout.decode().split("\n")[:-1]) if got.returncode == 0 else []
