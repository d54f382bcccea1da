#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 200
"""
The other schemas of the publisher sqlzone, and the way to its database: BIND's table, statements of the operator's own,
TLS, the files of sql/. Debian has no BIND with a driver for MySQL: what is in the table is read back by SQL.
"""
import os
import shutil
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import database
from database import Database
from lib import TMP, done_testing, equal, note, ok, run, skip, skip_all
from sqlzone import (CONFIG, OK, SOA, TOOL, UNPUBLISHED, WALL, ZONE, check, cname, conf, powerdns_zone, publish, published,
    refused, write)

if not os.path.exists(TOOL[0]):
	skip_all("no " + TOOL[0])


def certificate(name, issuer=None, subject="localhost", extra=()):
	"""A key and a certificate below TMP, signed by itself or by an issuer of the same kind."""
	key, pem = os.path.join(TMP, name + ".key"), os.path.join(TMP, name + ".pem")
	how = ["-CA", os.path.join(TMP, issuer + ".pem"), "-CAkey", os.path.join(TMP,
	    issuer + ".key")] if issuer else []
	run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
	    "30",
	    "-subj", "/CN=" + subject, "-keyout", key, "-out", pem, *how, *extra]).check_returncode()
	os.chmod(key, 0o644)
	return key, pem


CA = certificate("ca", subject="ca of the test")[1]
OTHER_CA = certificate("other-ca", subject="another ca")[1]
KEY, PEM = certificate("db", "ca", extra=["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext",
    "basicConstraints=critical,CA:FALSE"])
db = Database(options=["--ssl-ca=" + CA, "--ssl-cert=" + PEM, "--ssl-key=" + KEY])


# --- the files of sql/ ---

def test_files():
	powerdns_zone(db)
	theirs = "/usr/share/pdns-backend-mysql/schema/schema.mysql.sql"
	if os.path.exists(theirs):
		with open(theirs) as file:
			db.script("CREATE DATABASE theirs; USE theirs; " + file.read())
		shape = ("SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLLATION_NAME, COLUMN_KEY, EXTRA "
		    "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '%s' ORDER BY TABLE_NAME, ORDINAL_POSITION")
		keys = ("SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME FROM information_schema.STATISTICS "
		    "WHERE TABLE_SCHEMA = '%s' ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX")
		equal(db.query(shape % "pdns"), db.query(shape % "theirs"),
		    "powerdns.sql has the columns of PowerDNS's own")
		equal(db.query(keys % "pdns"), db.query(keys % "theirs"), "and its indices")
	else:
		skip("powerdns.sql is like PowerDNS's own", "no " + theirs)
	db.load("bind", "bind.sql")
	db.grant("grants-bind.sql", "bind")
	got = run(["mariadb", "--no-defaults", "--socket=" + db.socket, "--user=dynlease",
	    "--password=" + database.PASSWORD,
	    "--execute=SELECT content FROM cryptokeys", "pdns"])
	ok(got.returncode != 0 and b"denied" in got.stderr, "the reaper's user cannot read keys", got)
	db.script("CREATE DATABASE older; CREATE TABLE older.records (name VARCHAR(255), ttl INT, rdtype VARCHAR(255), "
	    "rdata VARCHAR(255)) ENGINE = MyISAM")
	for _ in range(2):
		db.load("older", "migrations/0001-bind-transactions.sql")
	equal(db.query("SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'older'"), [["InnoDB"]],
	    "an older table is migrated, and may be again")


# --- BIND's table ---

def bind_rows(where="rdtype IN ('A', 'AAAA')", base="bind"):
	return sorted(db.query("SELECT name, rdtype, rdata, ttl FROM records WHERE " + where, base))


def table_serial(base="bind"):
	return int(db.query("SELECT rdata FROM records WHERE rdtype = 'SOA'", base)[0][0].split(" ")[2])


def try_table(base, path):
	"""What both kinds of tables without numbers must do."""
	dot = "." if base == "bind" else ""
	published(publish({"a": cname("b"), "b": "192.0.2.2", "c": "192.0.2.3"}, path), base + ": a CNAME is published")
	equal(bind_rows("rdtype = 'CNAME'", base), [["a." + ZONE, "CNAME", "b." + ZONE + dot, "30"]], base + ": and there")
	published(publish({"a": "192.0.2.1", "c": cname("b")}, path), base + ": it becomes an address, and an address one")
	equal(bind_rows("name <> '%s'" % ZONE, base), [["a." + ZONE, "A", "192.0.2.1", "30"], ["b." + ZONE, "A", "192.0.2.2", "30"],
	    ["c." + ZONE, "CNAME", "b." + ZONE + dot, "30"]], base + ": in one go")
	db.script("UPDATE records SET rdata = 'B.%s' WHERE rdtype = 'CNAME'" % (ZONE + ("" if dot else ".")), base)
	published(publish({"c": cname("b")}, path), base + ": with or without a final dot, and in capitals, it is the same")
	equal(bind_rows("rdtype = 'CNAME'", base)[0][2][0], "B", base + ": and is left")
	published(publish({"c": ("none", "none", "td")}, path), base + ": it goes")
	names = {"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "x.y": "192.0.2.3"}
	shown = [["a." + ZONE, "A", "192.0.2.1", "30"], ["b." + ZONE, "A", "192.0.2.2", "30"],
	    ["b." + ZONE, "AAAA", "2001:db8::2", "30"], ["x.y." + ZONE, "A", "192.0.2.3", "30"]]
	published(publish(names, path), base + ": names are published")
	equal(bind_rows(base=base), shown, base + ": and there")
	db.script("INSERT INTO records (name, ttl, rdtype, rdata) VALUES ('a.{z}', 30, 'A', '192.0.2.1'), ('b.{z}', 30, 'A', "
	    "'192.0.2.66'), ('x'' OR ''1''=''1.{z}', 30, 'A', '192.0.2.67'), ('B.{z}', 30, 'TXT', 'kept'), ('\\\\.{z}', 30, "
	    "'AAAA', '::1'), ('`;--.{z}', 30, 'A', 'nonsense'), ('ns.{z}', 30, 'A', '192.0.2.53'), ('{z}', 30, 'NS', "
	    "'NS.{z}.')".format(z=ZONE), base)
	published(publish(names, path, compare=True), base + ": compared")
	equal(bind_rows(base=base), shown[:3] + [["ns." + ZONE, "A", "192.0.2.53", "30"]] + shown[3:],
	    base + ": what was amiss is corrected, whatever it is called")
	equal(bind_rows("rdtype = 'TXT'", base), [["B." + ZONE, "TXT", "kept", "30"]], base + ": and all else kept")
	published(publish({"a": ("192.0.2.250", "none", "t"), "b": ("none", "none", "td")}, path),
	    base + ": a withdrawal")
	equal([row[2] for row in bind_rows("name LIKE '_.%' AND rdtype <> 'TXT'", base)], ["192.0.2.250",
	    "192.0.2.3"],
	    base + ": is there")
	many = {"h%d" % i: "192.0.2.%d" % (i % 250) for i in range(1200)}
	published(publish(many, path), base + ": 1200 names at once")
	equal(len(bind_rows("name LIKE 'h%'", base)), 1200, base + ": are all there")
	published(publish({}, path, compare=True), base + ": nobody's names")
	equal([row[0] for row in bind_rows(base=base)], ["ns." + ZONE], base + ": go")


def test_bind():
	db.script("INSERT INTO records (name, ttl, rdtype, rdata) VALUES ('%s', 3600, 'SOA', '%s')" % (ZONE, SOA % 7),
	    "bind")
	path = conf(db, "bind", schema="bind", table="records")
	equal((check(path).status, check(path).why), (OK, ""), "bind: nothing to advise")
	try_table("bind", path)
	equal(table_serial(), WALL + 7, "bind: a serial for each change")
	db.script("DELETE FROM records WHERE rdtype = 'SOA'", "bind")
	refused(publish({"a": "192.0.2.1"}, path), CONFIG, "no SOA", "bind: a table without an SOA")


def test_own():
	"""The same table, through statements that somebody wrote, and one that keeps the serial elsewhere."""
	db.script("CREATE DATABASE own; CREATE TABLE own.serials (zone VARCHAR(255), serial INT); INSERT INTO own.serials VALUES "
	    "('%s', 1); GRANT ALL ON own.* TO dynlease@localhost" % ZONE)
	db.load("own", "bind.sql")
	path = conf(db, "own", name="own", schema="own", list="SELECT name, rdtype, rdata, ttl FROM records",
	    select="SELECT rdtype, rdata, ttl FROM records WHERE name = ?",
	    insert="INSERT INTO records (name, rdtype, rdata, ttl) VALUES (?, ?, ?, ?)",
	    delete="DELETE FROM records WHERE name = ? AND rdtype = ? AND rdata = ?",
	    raise_serial="UPDATE serials SET serial = serial + 1 WHERE zone = ?")
	equal((check(path).status, check(path).why), (OK, ""), "own: nothing to advise")
	try_table("own", path)
	equal(db.query("SELECT serial FROM serials", "own"), [["9"]], "own: its serial is raised with each change")
	with open(path) as file:
		text = file.read()
	write(path, "".join(line for line in text.splitlines(True) if not line.startswith("raise_serial")))
	published(publish({"a": "192.0.2.1"}, path), "own: a serial is not needed")


# --- the way there ---

def over_tcp(**keys):
	return conf(db, name="tcp", socket=None, **{"host": "127.0.0.1", "port": db.port, **keys})


def test_tls():
	db.script("CREATE USER 'dynlease'@'127.0.0.1' IDENTIFIED BY '%s' REQUIRE SSL; GRANT ALL ON pdns.* TO "
	    "'dynlease'@'127.0.0.1'" % database.PASSWORD.replace("\\", "\\\\").replace("'", "''"))
	refused(publish({"t": "192.0.2.1"}, over_tcp()), CONFIG, "refuses the user",
	    "without TLS, of a user who must have it")
	published(publish({"t": "192.0.2.2"}, over_tcp(tls="required", ca=CA)), "with TLS, by address")
	published(publish({"t": "192.0.2.3"}, over_tcp(tls="yes")), "with TLS that is not verified")
	published(publish({"t": "192.0.2.4"}, over_tcp(tls="required", ca=CA, host="localhost")), "with TLS, by name")
	refused(publish({"t": "192.0.2.5"}, over_tcp(tls="required", ca=OTHER_CA)), CONFIG,
	    "no TLS that can be trusted",
	    "a certificate of another CA")
	refused(publish({"t": "192.0.2.5"}, over_tcp(tls="yes", ca=OTHER_CA)), CONFIG, "no TLS that can be trusted",
	    "is refused with tls = yes, too, when there is a ca")
	refused(publish({"t": "192.0.2.5"}, over_tcp(tls="required", ca=CA, host="127.0.0.2")), UNPUBLISHED,
	    "does not answer", "nobody there")
	plain = Database("plain")
	powerdns_zone(plain)
	plain.script("CREATE USER 'dynlease'@'127.0.0.1' IDENTIFIED BY '%s'; GRANT ALL ON pdns.* TO 'dynlease'@'127.0.0.1'" %
	    database.PASSWORD.replace("\\", "\\\\").replace("'", "''"))
	refused(publish({"t": "192.0.2.5"}, over_tcp(tls="required", ca=CA, port=plain.port)), CONFIG,
	    "no TLS that can be trusted", "a server without TLS is refused where TLS is required")
	published(publish({"t": "192.0.2.6"}, over_tcp(tls="yes", port=plain.port)), "and taken where it is not")
	plain.stop()
	wrong = Database("wrong", options=["--ssl-ca=" + CA, *("--ssl-%s=%s" % pair for pair in zip(("key", "cert"),
	    certificate("wrong", "ca", subject="db.example.net", extra=["-addext",
	    "subjectAltName=DNS:db.example.net"])))])
	refused(publish({"t": "192.0.2.7"}, over_tcp(tls="required", ca=CA, port=wrong.port)), CONFIG,
	    "no TLS that can be trusted", "a certificate of another name is refused")
	wrong.stop()


def greedy_server(heard):
	"""Says that it is MariaDB, and then asks for the password as it is; what is sent to it goes to heard."""
	def packet(number, payload):
		return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload

	def serve():
		connection = listener.accept()[0]
		capabilities = 0x000fa20f	# protocol 4.1, with plugins
		connection.sendall(packet(0, b"\x0a10.11.0-MariaDB\0" + struct.pack("<I", 1) + b"12345678\0" +
		    struct.pack("<HBHHB", capabilities & 0xffff, 8, 2, capabilities >> 16, 21) + bytes(10) +
		    b"123456789012\0mysql_native_password\0"))
		connection.settimeout(5)
		heard.append(connection.recv(4096))
		connection.sendall(packet(2, b"\xfemysql_clear_password\0"))
		heard.append(connection.recv(4096))
		connection.close()

	listener = socket.create_server(("127.0.0.1", 0))
	thread = threading.Thread(target=serve, daemon=True)
	thread.start()
	return listener.getsockname()[1], thread


def test_ways_to_log_in():
	"""By who we are, without a password; and never by handing it over."""
	heard = []
	port, thread = greedy_server(heard)
	got = publish({"t": "192.0.2.9"}, over_tcp(tls="no", port=port))
	thread.join(10)
	refused(got, CONFIG, "not allowed here", "a server that asks for the password itself is refused")
	ok(len(heard) == 2 and b"dynlease" in heard[0] and b"secret" not in b"".join(heard), "and does not get it",
	    heard)
	if os.geteuid() != 0:
		return skip("by unix_socket", "needs root")
	db.script("CREATE USER daemon@localhost IDENTIFIED VIA unix_socket; GRANT ALL ON pdns.* TO daemon@localhost")
	path = conf(db, name="who", user="daemon", password_file=None)
	refused(publish({"t": "192.0.2.8"}, path), CONFIG, "refuses the user",
	    "somebody else by unix_socket is refused")
	tool = os.path.join(TMP, "publish")
	shutil.copy(TOOL[0], tool)
	got = run(["setpriv", "--reuid=daemon", "--clear-groups", tool, "sqlzone", path, ZONE, str(WALL)],
	    input=("t.%s 192.0.2.8 none tl\n" % ZONE).encode())
	return equal(got.returncode, OK, "who we are, by unix_socket, needs no password")


for test in (test_files, test_bind, test_own, test_tls, test_ways_to_log_in):
	note(test.__name__)
	test()
done_testing()
