#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 400
"""The publisher of zones in MariaDB against a real one: what it writes, and when it may say that it is published."""
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from database import Database
from lib import SANITIZED, TMP, TOOLS, done_testing, equal, note, ok, skip, skip_all, wait_for
from sqlzone import (CONFIG, OK, SOA, TOOL, UNPUBLISHED, WALL, ZONE, check, cname, conf, lines_of, powerdns_zone, publish,
    published, refused, rows, serial, write)

if not os.path.exists(TOOL[0]):
	skip_all("no " + TOOL[0])
KILLAT = os.path.join(TOOLS, "killat")
db = Database()
powerdns_zone(db)
PATH = conf(db)


def other(text):
	"""A second session, at work in the background."""
	session = subprocess.Popen(["mariadb", "--no-defaults", "--socket=" + db.socket, "--user=root",
	    "--unbuffered",
	    "--batch", "--skip-column-names", "pdns"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
	    stderr=subprocess.PIPE)
	session.stdin.write(text.encode())
	session.stdin.flush()
	return session


# --- names come and go ---

def test_names():
	published(publish({"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "c": ("none", "none", "t")},
	    PATH),
	    "names are published")
	equal(rows(db), [["a", "A", "192.0.2.1", "30"], ["b", "A", "192.0.2.2", "30"],
	    ["b", "AAAA", "2001:db8::2", "30"]], "with three records")
	equal(serial(db), WALL, "and a serial of unix-time")
	published(publish({"a": "192.0.2.1"}, PATH), "the same again")
	equal(serial(db), WALL, "changes nothing, and so no serial")
	published(publish({"a": "192.0.2.11", "b": ("none", "2001:db8::2", "tl")}, PATH), "changes")
	equal(rows(db), [["a", "A", "192.0.2.11", "30"], ["b", "AAAA", "2001:db8::2", "30"]], "are there")
	equal(serial(db), WALL + 1, "with a newer serial")
	published(publish({"a": ("192.0.2.250", "none", "t"), "b": ("192.0.2.9", "2001:db8::9", "td")}, PATH),
	    "a withdrawal and a deletion")
	equal(rows(db), [["a", "A", "192.0.2.250", "30"]], "are there")
	equal(db.query("SELECT content FROM records WHERE type = 'SOA'", "pdns"), [[SOA % (WALL + 2)]],
	    "of the SOA only the serial has changed")
	published(publish({"": ("192.0.2.7", "none", "tl"), "a": ("none", "none", "td")}, PATH),
	    "the zone's own name")
	equal(rows(db), [["@", "A", "192.0.2.7", "30"]], "can be a host")
	published(publish({"": ("none", "none", "td")}, PATH), "and go")
	equal(rows(db, where="1"), [["@", "NS", "ns.example.org", "3600"], ["@", "SOA", SOA % (WALL + 4), "3600"]],
	    "nothing else is left")


def test_serial():
	for style, old, new in (("plain", 7, 8), ("plain", 0xffffffff, 1), ("date", 7, (2026112000,)), ("unixtime",
	    WALL + 5, WALL + 6), ("unixtime", WALL + 0x80000001, WALL)):
		db.script("UPDATE records SET content = '%s' WHERE type = 'SOA'" % (SOA % old), "pdns")
		publish({"s": "192.0.2.%d" % (old % 250)}, conf(db, name="style", serial=style))
		wanted = serial(db) // 100 * 100 == 2026112000 if isinstance(new, tuple) else serial(db) == new
		ok(wanted, "the serial after %d in style %s" % (old, style), serial(db))
	published(publish({"s": ("none", "none", "td")}, PATH), "the name goes")


def test_many():
	names = {"h%d" % i: ("192.0.2.%d" % (i % 250), "2001:db8::%x" % (i + 1) if i % 2 else "none", "tl")
	    for i in range(1200)}
	got = publish(names, PATH)
	published(got, "1200 names at once")
	equal(len(rows(db)), 1800, "are all there")
	ok(got.seconds < (30 if SANITIZED else 10), "soon", got)
	before = serial(db)
	published(publish({name: ("192.0.2.250", "none", "t") for name in names}, PATH), "all withdrawn at once")
	equal(db.query("SELECT content, COUNT(*) FROM records WHERE type IN ('A', 'AAAA') GROUP BY content", "pdns"),
	    [["192.0.2.250", "1200"]], "show the fallback")
	equal(serial(db), before + 1, "in one transaction")
	published(publish({name: ("none", "none", "td") for name in names}, PATH), "and are deleted")
	equal(rows(db), [], "without a trace")


# --- it has gone its own way ---

def test_drift():
	names = {"a": "192.0.2.1", "b": ("192.0.2.2", "2001:db8::2", "tl"), "c": ("none", "none", "t")}
	published(publish(names, PATH, compare=True), "compared with nothing")
	db.script("UPDATE records SET content = '192.0.2.66' WHERE name = 'a.{z}' AND type = 'A';"
	    "UPDATE records SET ttl = 86400 WHERE name = 'b.{z}' AND type = 'A'; SET @d = (SELECT id FROM domains);"
	    "UPDATE records SET disabled = 1 WHERE name = 'b.{z}' AND type = 'AAAA';"
	    "INSERT INTO records (domain_id, name, type, content, ttl, disabled) VALUES (@d, 'C.{z}', 'A', '192.0.2.67', 30, 0),"
	    "(@d, 'a.{z}', 'A', '192.0.2.1', 30, 0), (@d, 'gone.{z}', 'AAAA', '2001:db8::67', 30, 0),"
	    "(@d, '*.{z}', 'A', '192.0.2.68', 30, 0), (@d, 'off.{z}', 'A', '192.0.2.69', 30, 1),"
	    "(@d, '{z}', 'A', '192.0.2.70', 30, 0), (@d, 'txt.{z}', 'TXT', '\"kept\"', 30, 0),"
	    "(@d, 'ns1.{z}', 'A', '192.0.2.71', 30, 0), (@d, '{z}', 'NS', 'ns1.{z}', 30, 0),"
	    "(@d, 'mx1.{z}', 'A', '192.0.2.72', 30, 0), (@d, 'txt.{z}', 'MX', '10 MX1.{z}.', 30, 0),"
	    "(@d, '_x._tcp.{z}', 'SRV', '1 1 5060 sip.{z}', 30, 0), (@d, 'sip.{z}', 'A', '192.0.2.76', 30, 0),"
	    "(@d, '*.pool.{z}', 'A', '192.0.2.77', 30, 0), (@d, 'kept.{z}', 'A', '192.0.2.73', 30, 0),"
	    "(@d, 'x.sub.{z}', 'A', '192.0.2.74', 30, 0);".format(z=ZONE), "pdns")
	path = conf(db, name="keep", keep="kept.%s *.Pool.%s" % (ZONE, ZONE),
	    extra="[zone sub.%s]\nfallback4 = none\nfallback6 = none\n" % ZONE)
	kept = [["*.pool", "A", "192.0.2.77", "30"], ["@", "A", "192.0.2.70", "30"], ["a", "A", "192.0.2.1", "30"],
	    ["b", "A", "192.0.2.2", "30"],
	    ["b", "AAAA", "2001:db8::2", "30"], ["kept", "A", "192.0.2.73", "30"], ["mx1", "A", "192.0.2.72", "30"],
	    ["ns1", "A", "192.0.2.71", "30"], ["off", "A", "192.0.2.69", "30"], ["sip", "A", "192.0.2.76", "30"],
	    ["x.sub", "A", "192.0.2.74", "30"]]
	published(publish(names, path, compare=True), "all of that compared")
	equal(rows(db), kept, "is corrected, and what is somebody's is kept")
	before = serial(db)
	published(publish(names, path, compare=True), "compared again")
	equal(serial(db), before, "there is nothing to correct")
	db.script("INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, 'stray.%s', 'A', '192.0.2.75', 30 "
	    "FROM domains" % ZONE, "pdns")
	published(publish(names, conf(db, name="part", whole_zone="no"), compare=True), "of a zone that is not whole")
	ok(["stray", "A", "192.0.2.75", "30"] in rows(db), "the rest is nobody's business", rows(db))
	published(publish(names, PATH), "without a comparison")
	ok(["stray", "A", "192.0.2.75", "30"] in rows(db), "too", rows(db))
	published(publish(names, PATH, compare=True), "of a zone that is")
	equal([row[0] for row in rows(db)], ["@", "a", "b", "b", "mx1", "ns1", "off", "sip"], "it goes")
	db.script("DELETE FROM records WHERE type NOT IN ('SOA', 'NS') OR type IS NULL; DELETE FROM records "
	    "WHERE content = 'ns1.%s'" % ZONE, "pdns")


def test_cnames():
	to_a = ["c", "CNAME", "a." + ZONE, "30"]
	published(publish({"a": "192.0.2.1", "c": cname("a"), "d": "192.0.2.4"}, PATH), "a CNAME is published")
	equal(rows(db), [["a", "A", "192.0.2.1", "30"], to_a, ["d", "A", "192.0.2.4", "30"]], "and there")
	before = serial(db)
	published(publish({"c": cname("a")}, PATH), "the same again")
	equal(serial(db), before, "changes nothing")
	published(publish({"c": ("192.0.2.3", "2001:db8::3", "tl"), "d": cname("c")}, PATH), "addresses become one, and it them")
	equal(rows(db)[1:], [["c", "A", "192.0.2.3", "30"], ["c", "AAAA", "2001:db8::3", "30"], ["d", "CNAME", "c." + ZONE, "30"]],
	    "in one go")
	equal(serial(db), before + 1, "and one transaction")
	db.script("UPDATE records SET type = 'CNAME', content = 'x.{z}' WHERE name = 'a.{z}'; UPDATE records SET content = 'x.{z}' "
	    "WHERE name = 'd.{z}'; UPDATE records SET disabled = 1, type = 'CNAME' WHERE name = 'c.{z}' AND type = 'A'; INSERT INTO "
	    "records (domain_id, name, type, content, ttl) SELECT id, 'x.{z}', 'CNAME', 'a.{z}', 30 FROM domains".format(z=ZONE), "pdns")
	names = {"a": ("192.0.2.1", "none", "l"), "c": cname("a", "l"), "d": ("none", "none", "-")}
	published(publish(names, PATH, compare=True), "what others made of it is compared")
	equal(rows(db), [["a", "A", "192.0.2.1", "30"], to_a, ["x", "CNAME", "a." + ZONE, "30"]],
	    "and corrected; one of nobody's is kept")
	published(publish({"a": ("none", "none", "td"), "c": ("none", "none", "td"), "x": ("none", "none", "td")}, PATH), "deleted")
	equal(rows(db), [], "they go")


def test_odd():
	db.script("INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, 'c.%s', 'TXT', '\"mine\"', 30 FROM "
	    "domains" % ZONE, "pdns")
	refused(publish({"a": "192.0.2.1", "c": cname("a")}, PATH), UNPUBLISHED, "c.%s has other records" % ZONE,
	    "a CNAME beside other records is named")
	equal(rows(db), [["a", "A", "192.0.2.1", "30"]], "and holds up no other")
	db.script("UPDATE records SET type = 'NS', content = 'ns.example.net' WHERE type = 'TXT'", "pdns")
	refused(publish({"a": "192.0.2.1", "x.c": "192.0.2.3"}, PATH), UNPUBLISHED, "x.c.%s is delegated away" % ZONE,
	    "so is one that is delegated away")
	db.script("DELETE FROM records WHERE name LIKE '%%c.%s' OR name = 'a.%s'" % (ZONE, ZONE), "pdns")


# --- what must not be called published ---

def test_lies():
	db.script("CREATE TRIGGER lie BEFORE INSERT ON records FOR EACH ROW SET NEW.content = '192.0.2.99'", "pdns")
	got = publish({"a": "192.0.2.1"}, PATH)
	refused(got, UNPUBLISHED, "still has a.%s A 192.0.2.99" % ZONE,
	    "a database that takes something else is caught")
	ok(got.seconds < 6, "soon", got)
	db.script("DROP TRIGGER lie", "pdns")
	published(publish({"a": "192.0.2.1"}, PATH), "mended, it is published")
	db.script("CREATE TRIGGER lie BEFORE UPDATE ON records FOR EACH ROW SET NEW.content = OLD.content", "pdns")
	refused(publish({"a": "192.0.2.2"}, PATH), UNPUBLISHED, "says it took serial",
	    "one that keeps its serial is caught")
	db.script("DROP TRIGGER lie; SET GLOBAL read_only = 1", "pdns")
	refused(publish({"a": "192.0.2.3"}, PATH), UNPUBLISHED, "the database cannot be written",
	    "one that is read-only is named")
	db.script("SET GLOBAL read_only = 0")
	published(publish({"a": "192.0.2.3"}, PATH), "when it is not any more it is published")


def test_locks():
	session = other("START TRANSACTION; SELECT id FROM records WHERE name = 'a.%s' FOR UPDATE;\n" % ZONE)
	session.stdout.readline()
	timer = threading.Timer(4.5, lambda: session.communicate(b"COMMIT;\n"))
	timer.start()
	got = publish({"a": "192.0.2.4"}, PATH)
	published(got, "a row that another session has locked for longer than a lock is waited for")
	ok(got.seconds > 3, "is waited for, and tried again", got)
	timer.join()
	# That one is about to wait for the SOA, while we have it and wait for the row.
	session = other("SET SESSION innodb_lock_wait_timeout = 30; START TRANSACTION; INSERT INTO comments (domain_id, name, "
	    "type, modified_at, comment) SELECT 1, 'x', 'A', 1, 'much to lose' FROM seq_1_to_2000; SELECT id FROM records "
	    "WHERE name = 'a.%s' FOR UPDATE;\n" % ZONE)
	session.stdout.readline()
	results = []
	thread = threading.Thread(target=lambda: results.append(publish({"a": "192.0.2.5"}, PATH)))
	before = int(db.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1])
	thread.start()
	wait_for(5, lambda: db.query("SELECT * FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"))
	session.stdin.write(b"SELECT id FROM records WHERE type = 'SOA' FOR UPDATE; COMMIT;\n")
	session.stdin.flush()
	thread.join()
	session.communicate(b"")
	ok(int(db.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1]) > before, "there was a deadlock")
	published(results[0], "a deadlock is tried again")
	equal(rows(db), [["a", "A", "192.0.2.5", "30"]], "and published")
	session = other("START TRANSACTION; SELECT id FROM records WHERE type = 'SOA' FOR UPDATE;\n")
	session.stdout.readline()
	got = publish({"a": "192.0.2.6"}, PATH)
	session.communicate(b"COMMIT;\n")
	refused(got, UNPUBLISHED, "another session holds a lock", "a lock that is never given back is named")
	ok(10 < got.seconds < 20, "within the publisher's deadline", got)


def test_gone():
	published(publish({"a": "192.0.2.1"}, PATH), "before")
	db.stop()
	got = publish({"a": "192.0.2.2"}, PATH)
	refused(got, UNPUBLISHED, "the database does not answer", "a database that is gone is named")
	ok(got.seconds < 4, "soon", got)
	db.start()
	published(publish({"a": "192.0.2.2"}, PATH), "when it is back, it is published")
	# Connections are killed while one is at work: it begins anew, once.
	session = other("START TRANSACTION; SELECT id FROM records WHERE type = 'SOA' FOR UPDATE;\n")
	session.stdout.readline()
	results = []
	thread = threading.Thread(target=lambda: results.append(publish({"a": "192.0.2.3"}, PATH)))
	thread.start()
	ids = wait_for(5,
	    lambda: db.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'dynlease' AND INFO "
	    "LIKE '%FOR UPDATE'"))
	db.script("KILL %s" % ids[0][0])
	session.communicate(b"COMMIT;\n")
	thread.join()
	published(results[0], "a connection that is lost in the middle is made anew")
	# Stopped while one waits for its lock.
	session = other("START TRANSACTION; SELECT id FROM records WHERE type = 'SOA' FOR UPDATE;\n")
	session.stdout.readline()
	thread = threading.Thread(target=lambda: results.append(publish({"a": "192.0.2.4"}, PATH)))
	thread.start()
	wait_for(5, lambda: db.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'dynlease' AND INFO "
	    "LIKE '%FOR UPDATE'"))
	db.stop()
	thread.join()
	session.communicate()
	ok(results[1].status == UNPUBLISHED and "the database" in results[1].why,
	    "stopped in the middle: not published",
	    results[1])
	db.start()
	equal(rows(db), [["a", "A", "192.0.2.3", "30"]], "nothing of it is there")
	published(publish({"a": "192.0.2.4"}, PATH), "restarted, it converges")
	db.server.kill(signal.SIGSTOP)
	got = publish({"a": "192.0.2.5"}, PATH)
	db.server.kill(signal.SIGCONT)
	refused(got, UNPUBLISHED, "the database", "one that hangs is named")
	ok(got.seconds < 8, "soon", got)
	published(publish({"a": "192.0.2.5"}, PATH), "and when it goes on, it is published")


def test_killed():
	"""Killed at each system call from the first connection on; what is seen is never a part of a transaction."""
	if SANITIZED:
		return skip("killed at any moment it leaves whole transactions only",
		    "the sanitizers do not run under ptrace")
	report, torn, seen = os.path.join(TMP, "calls"), [], set()
	flags = {True: {"k%d" % i: "192.0.2.1" for i in range(300)}, False: {"k%d" % i: ("192.0.2.250", "none", "t")
	    for i in range(300)}}
	publish(flags[False], PATH)
	publish(flags[True], PATH, wrap=[KILLAT, "-o", report, "0"])
	with open(report) as file:
		calls = [line.split() for line in file if line.startswith("call ")]
	first = next(int(call[1]) for call in calls if call[2] == "connect")
	for number in range(first, len(calls) + 1):
		publish(flags[number % 2 == 0], PATH, wrap=[KILLAT, str(number)])
		wait_for(5,
		    lambda: not db.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'dynlease'"))
		got = db.query("SELECT content, COUNT(*) FROM records WHERE name LIKE 'k%' GROUP BY content", "pdns")
		if len(got) != 1 or got[0][1] != "300":
			torn.append((number, got))
		else:
			seen.add(got[0][0])
	equal(torn, [], "killed at any of %d system calls it leaves whole transactions only" % (len(calls) - first))
	equal(len(seen), 2, "some of which were done")
	published(publish(flags[False], PATH), "the next run does the rest")
	return published(publish({}, PATH, compare=True), "and they go")


# --- what an operator is told ---

def test_section():
	for what, pattern, keys in (
	    ("no schema", "schema is one of", {"schema": None}),
	    ("bind without a table", "needs the name of its table", {"schema": "bind"}),
	    ("a table that is SQL", "table is a name", {"schema": "bind", "table": "a` WHERE 1 --"}),
	    ("statements of nobody's", "schema = own only", {"select": "SELECT 1"}),
	    ("own without statements", "needs the statements", {"schema": "own", "select": "SELECT 1"}),
	    ("no user", "needs a database and a user", {"user": None}),
	    ("neither host nor socket", "a host or a socket", {"socket": None}),
	    ("both", "a host or a socket", {"host": "127.0.0.1"}),
	    ("TLS through a socket", "a socket has no TLS", {"tls": "required", "ca": "/ca"}),
	    ("another machine without TLS", "needs a ca", {"socket": None, "host": "192.0.2.1"}),
	    ("TLS of no kind", "tls is one of", {"socket": None, "host": "127.0.0.1", "tls": "maybe"}),
	    ("serial of no style", "serial is one of", {"serial": "roman"}),
	    ("no word on the whole zone", "whole_zone must be said", {"whole_zone": None}),
	    ("keeping what is not removed", "keep goes with", {"whole_zone": "no", "keep": "a." + ZONE}),
	    ("keeping what is elsewhere", "names within the zone", {"keep": "a.example.net"})):
		got = check(conf(db, name="wrong", **keys))
		ok(got.status == CONFIG and pattern in got.why, "section refused: " + what, got)
	got = check(conf(db, name="good", ttl=30))
	equal((got.status, got.why), (OK, ""), "section accepted, and nothing to advise")
	got = check(conf(db, name="cache", cache=None))
	ok("keep an old address for 42 s, longer than its TTL of 30 s" in got.why,
	    "caches longer than the TTL are named", got)
	db.script("UPDATE records SET content = '%s' WHERE type = 'SOA'" % (SOA % 7).replace(" 30", " 300"), "pdns")
	ok("MINIMUM is 300 s" in check(PATH).why, "so is a long SOA MINIMUM", check(PATH))
	db.script("UPDATE records SET content = '%s' WHERE type = 'SOA'; ALTER TABLE records ENGINE = MyISAM" %
	    (SOA % 7), "pdns")
	ok("not of InnoDB" in check(PATH).why, "and a table without transactions", check(PATH))
	db.script("ALTER TABLE records ENGINE = InnoDB", "pdns")


def test_words():
	secret = os.path.join(TMP, "wrong-password")
	write(secret, "wrong\n", 0o600)
	open_to_all = os.path.join(TMP, "open-password")
	write(open_to_all, "open\n", 0o644)
	for what, pattern, keys in (
	    ("a wrong password", "refuses the user or its password", {"password_file": secret}),
	    ("no password", "refuses the user", {"password_file": None}),
	    ("a file that all can read", "cannot be read", {"password_file": open_to_all}),
	    ("no file", "cannot be read", {"password_file": "/nonexistent"}),
	    ("an unknown user", "refuses the user", {"user": "nobody"}),
	    ("a database that is not its", "no right to the database", {"database": "mysql"}),
	    ("a table that is not its", "lacks a right", {"schema": "bind", "table": "rekords"}),
	    ("a table of another schema", "a column is missing", {"schema": "bind", "table": "records"})):
		path = conf(db, name="words", **keys)
		refused(publish({"a": "192.0.2.1"}, path), CONFIG, pattern, "told in words: " + what)
		ok(pattern in check(path).why, "also by what is advised", check(path))
	sql = "SELECT type, content, ttl FROM records WHERE name = ?", "SELECT name, type, content, ttl FROM records"
	own = {"schema": "own", "select": sql[0], "list": sql[1],
	    "insert": "INSERT INTO records (name, type, content, ttl) VALUES (?, ?, ?, ?)",
	    "delete": "DELETE FROM records WHERE name = ? AND type = ? AND content = ?"}
	refused(publish({}, conf(db, name="own", **dict(own, insert="INSERT INTO comments VALUES (?, ?, ?, ?)"))),
	    CONFIG,
	    "the user lacks a right", "a right that is missing")
	refused(publish({}, conf(db, name="own", **dict(own, select="SELECT 1"))), CONFIG,
	    "must take 1 parameters and give 3 columns", "a statement of other columns")
	refused(publish({}, conf(db, name="own", **dict(own, select="SLECT ?"))), CONFIG, "is not SQL",
	    "one that is none")
	refused(publish({}, conf(db, name="own", **dict(own,
	    delete="DELETE FROM records WHERE 1; DROP TABLE records"))),
	    CONFIG, "is not SQL", "two in one")
	for what, pattern, change, undo in (
	    ("a table that is not there", "a table is missing", "RENAME TABLE domains TO elsewhere",
	    "RENAME TABLE elsewhere TO domains"),
	    ("a zone that is not there", "there is no %s in `domains`" % ZONE,
	    "UPDATE domains SET name = 'example.net'",
	    "UPDATE domains SET name = '%s'" % ZONE),
	    ("a secondary's zone", "is a secondary's", "UPDATE domains SET type = 'SLAVE'",
	    "UPDATE domains SET type = 'NATIVE'"),
	    ("no SOA", "no SOA", "UPDATE records SET disabled = 1 WHERE type = 'SOA'",
	    "UPDATE records SET disabled = 0 WHERE type = 'SOA'"),
	    ("an SOA without a serial", "no serial", "UPDATE records SET content = 'a b' WHERE type = 'SOA'",
	    "UPDATE records SET content = '%s' WHERE type = 'SOA'" % (SOA % 7)),
	    ("a presigned zone", "is presigned",
	    "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'PRESIGNED', 1 "
	    "FROM domains", "DELETE FROM domainmetadata"),
	    ("a wrong NSEC3PARAM", "makes no sense",
	    "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, "
	    "'NSEC3PARAM', '1 0 1 xyz' FROM domains", "DELETE FROM domainmetadata")):
		db.script(change, "pdns")
		refused(publish({"a": "192.0.2.1"}, PATH), CONFIG, pattern, "told in words: " + what)
		ok(pattern in check(PATH).why, "also by what is advised", check(PATH))
		db.script(undo, "pdns")


def test_secret():
	if SANITIZED:
		return skip("the password is nowhere in what is sent or said",
		    "the sanitizers do not run under strace")
	path = conf(db, name="hidden")
	log = os.path.join(TMP, "strace")
	publish({"a": "192.0.2.1"}, path, wrap=["strace", "-f", "-s", "4096", "-o", log, "-e",
	    "trace=write,sendto,execve"])
	with open(log, errors="replace") as file:
		text = file.read()
	return ok("a secret;" not in text and "sendto" in text, "the password is nowhere in what is sent or said",
	    text[:500])


for test in (test_names, test_serial, test_many, test_drift, test_cnames, test_odd, test_lies, test_locks, test_gone, test_killed,
    test_section,
    test_words, test_secret):
	note(test.__name__)
	test()
done_testing()
