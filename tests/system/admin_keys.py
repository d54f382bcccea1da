#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# limit: 180
"""Layers, keys and certificates through dynlease-admin: what is taken away acts at once, what is added ends nothing."""
import base64
import hashlib
import json
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, TMP, TOOLS, done_testing, equal, ok, run, skip_all
from wire import new_source
from world import FALLBACK4, FALLBACK6, World

if os.geteuid() != 0:
	skip_all("needs root")

PKI = os.path.join(TMP, "pki")
IS_CA = "ext=basicConstraints:critical,CA:TRUE ext=keyUsage:critical,keyCertSign,cRLSign"
os.mkdir(PKI)
run([os.path.join(TOOLS, "make_certificates"), PKI], input=("\n".join([
    "cert root cn=CA " + IS_CA, "crl crl issuer=root days=-1,30", "cert one cn=one", "cert two cn=two",
    "cert ann issuer=root cn=Ann's%20laptop serial=4D0F ext=extendedKeyUsage:clientAuth"])).encode()).check_returncode()
for number in (1, 2, 3):
	run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "comment %d" % number, "-f", os.path.join(TMP,
	    "ssh%d" % number)]).check_returncode()

world = World(hosts=[], deadline=60, server="client_ca = %s/root.pem\nclient_crl = %s/crl.pem" % (PKI, PKI))
os.chmod(TMP, 0o755)
os.chmod(PKI, 0o755)
KEYFILE = os.path.join(world.dir, "ssh-keys")
world.start_named()
world.start_reaper()
world.start_xinetd()


def admin(*args, status=0, name=None, **how):
	"""Run it; its output and errors as one text. Claims that it ends with status."""
	got = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, *args], **how)
	text = (got.stdout + got.stderr).decode()
	ok(got.returncode == status, name or " ".join(args[:3]), "status %d" % got.returncode, text)
	return text


def token_of(text):
	found = re.search("^token: ([0-9a-f]{40})$", text, re.M)
	return found.group(1) if found else ""


def fingerprint(name):
	"""Of the key of a certificate, worked out by others."""
	pem = run(["openssl", "x509", "-in", os.path.join(PKI, name + ".pem"), "-noout", "-pubkey"]).stdout
	der = run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem).stdout
	return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


def ssh_fingerprint(number):
	return run(["ssh-keygen", "-lf", os.path.join(TMP, "ssh%d.pub" % number)]).stdout.decode().split()[1]


def ssh_line(number):
	with open(os.path.join(TMP, "ssh%d.pub" % number)) as line:
		return line.read().strip()


def keyfile():
	"""The lines that sshd reads."""
	if not os.path.exists(KEYFILE):
		return None
	with open(KEYFILE) as lines:
		return [line for line in lines.read().splitlines() if not line.startswith("#")]


def live(host):
	return world.leases().get((host, 4), ("", "none", 0))[1]


class Login:
	"""A connection that has logged in, or tried to, and goes on."""

	def __init__(self, account, secret="", shows=None, source="127.0.0.2"):
		context = ssl.create_default_context(cafile=world.certificate)
		if shows is not None:
			context.load_cert_chain(os.path.join(PKI, shows + ".pem"), os.path.join(PKI, shows + ".key"))
		self.tls = context.wrap_socket(world.connect(source), server_hostname="localhost")
		self.answers = self.tls.makefile("r")
		self.answer = self.say("LOGIN %s %s" % (account, secret))

	def say(self, line):
		self.tls.sendall((line + "\n").encode())
		return self.answers.readline().strip()


# --- taken away: each at once, in the table, in the zone, and for a connection that is under way ---

A, B, C, D, E = ["%s.dyn.test" % letter for letter in "abcde"]
ONE, TWO = fingerprint("one"), fingerprint("two")


def taken_away(what, host, account, how, args, gone=False):
	"""how: of the logins. args: the command that takes it away. gone: the name is no more."""
	first, held = Login(account, **how), Login(account, **how)
	answer = first.say("RENEW " + host)
	ok(answer.startswith("250 "), what + ": the host is live", first.answer, answer)
	ok(world.shows(host, "127.0.0.2", seconds=15), what + ": and published", world.dig(host))
	said = admin(*args, name=what)
	ok("ended" in said, what + ": says that it ends leases", said)
	ok(live(host) in ("ended", "none"), what + ": the lease ends at once", live(host))
	equal(held.say("RENEW " + host), "535 denied", what + ": a login that is under way is refused")
	equal(live(host) == "live", False, what + ": and leaves no lease")
	equal(Login(account, source=new_source(), **how).answer, "535 denied", what + ": nobody logs in by it")
	ok(world.shows(host, *("", "") if gone else (FALLBACK4, FALLBACK6)), what + ": the name is withdrawn",
	    world.dig(host))


said = admin("host", "add", A, "--require", "key")
ok(token_of(said) == "" and "secret" not in said and "dynlease-admin key add %s FINGERPRINT" % A in said,
    "without password there is no secret, but the next step", said)
ok("\ncertificate = /etc/dynlease/client.pem\nkey = /etc/dynlease/client.key\n" in said,
    "and the piece for the client names the files of its key", said)
equal(Login(A, shows="one", source=new_source()).answer, "535 denied", "and no login before it")
said = admin("key", "add", A, ONE, "--comment", "the laptop")
ok("no running lease was touched" in said, "a key is added", said)
admin("key", "add", A, TWO, "--expires", "+10d", "--from", "127.0.0.0/8,2001:db8::/32")
equal(Login(A, shows="one").answer, "250 " + A, "the key logs in")
taken_away("a key", A, A, {"shows": "one"}, ("key", "del", A, ONE))
two = Login(A, shows="two")
equal(two.say("RENEW " + A).split()[0], "250", "the other key goes on")
said = admin("key", "add", A, ONE, name="the key again")
equal((live(A), two.say("RENEW " + A).split()[0]), ("live", "250"), "what is added ends no lease and no login")
said = admin("key", "add", A, ONE, name="the same once more")
ok("already" in said, "changes nothing", said)
admin("key", "add", A, ONE, "--from", "127.0.0.0/8", status=73, name="the same key on other terms")
said = admin("key", "del", A, ONE[:-1], status=66, name="part of a fingerprint names no key")
ok("nothing was changed" in said and live(A) == "live", "and touches nothing", said)

admin("host", "add", B, "--require", "cert")
admin("cert", "add", B, "cn:Ann's laptop")
taken_away("a certificate's name", B, B, {"shows": "ann"}, ("cert", "del", B, "cn:Ann's laptop"))
admin("cert", "add", B, "serial:00:4d:0f")
taken_away("its serial number", B, B, {"shows": "ann"}, ("cert", "del", B, "serial:4D0F"))

tokens = {C: token_of(admin("host", "add", C, "--require", "password+network", "--network", "127.0.0.0/8"))}
taken_away("a secret", C, C, {"secret": tokens[C]}, ("host", "secret", C))
tokens[C] = token_of(admin("host", "secret", C))
taken_away("a network", C, C, {"secret": tokens[C]}, ("host", "set", C, "--network", "198.51.100.0/24"))
admin("host", "set", C, "--network", "127.0.0.0/8")
taken_away("no layer more", C, C, {"secret": tokens[C]}, ("host", "set", C, "--require", "password+network+key"))
admin("key", "add", C, ONE)
both = Login(C, secret=tokens[C], shows="one")
ok(both.say("RENEW " + C).startswith("250 "), "all three together do", both.answer)
status = json.loads(run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "status", "--json", C]).stdout)
equal(status[0]["leases"][0]["authenticated"], "network+key+password", "status names the layers of the lease")
ok(re.search(r" network\+key\+password  +", admin("status", C)), "in words, too")
taken_away("a host", C, C, {"secret": tokens[C], "shows": "one"}, ("host", "del", C), gone=True)

tokens["office"] = token_of(admin("account", "add", "office", "--hosts", "%s %s" % (D, E)))
other = Login("office", secret=tokens["office"])
ok(other.say("RENEW " + E).startswith("250 ") and world.shows(E, "127.0.0.2"), "an account of two hosts")
taken_away("an account", D, "office", {"secret": tokens["office"]}, ("account", "del", "office"), gone=True)
ok(live(E) == "none" and world.shows(E, ""), "with the other host")
admin("account", "del", "office", status=66, name="it is gone")
equal(world.check().get("faults"), "0", "the table is consistent")

# --- what is refused ---

for args, code, text in (
    (("host", "set", A, "--require", "network"), 65, "without networks"),
    (("host", "set", A, "--require", "ssh+key"), 65, "no connection can show"),
    (("host", "set", A, "--require", "cert ssh"), 65, "no connection can show"),
    (("host", "set", A, "--require", "tls"), 65, "not layers"),
    (("host", "set", A, "--network", "10.0.0.1/8"), 65, "not a list"),
    (("host", "add", "f.dyn.test", "--require", "key", "--hash", "$6$x$y"), 65, "not to require a password"),
    (("key", "add", A, "SHA256:abc"), 65, "not the fingerprint"),
    (("key", "add", A, TWO, "--expires", "2020-01-01"), 65, "to come"),
    (("key", "add", A, TWO, "--expires", "soon"), 65, "to come"),
    (("key", "add", A, TWO, "--from", "none"), 65, "not a list"),
    (("key", "add", A, TWO, "--comment", "a # b"), 65, "comment"),
    (("key", "add", A, TWO, "--comment", "x" * 80), 65, "comment"),
    (("key", "add", "x.dyn.test", TWO), 66, "no such host"),
    (("key", "add", A), 64, "missing"),
    (("cert", "add", A, "ann"), 65, "TYPE:VALUE"),
    (("cert", "add", A, "o:ann"), 65, "TYPE is"),
    (("cert", "add", A, "serial:xyz"), 65, "hexadecimal"),
    (("cert", "add", A, "cn:" + "x" * 1100), 65, "too long"),
    (("cert", "del", A, "cn:nobody"), 66, "has no certificate"),
    (("ssh-key", "add", A, "ssh-ed25519 AAAA"), 65, "whole"),
    (("ssh-key", "add", A, ssh_line(1).replace("ssh-ed25519", "ssh-rsa", 1)), 65, "whole"),
    (("ssh-key", "add", A, 'command="sh" ' + ssh_line(1)), 65, "without options"),
    (("ssh-key", "add", A, ssh_line(1) + "\n" + ssh_line(2)), 65, "more than one"),
    (("ssh-key", "add", A, os.path.join(TMP, "ssh1")), 65, "private key"),
    (("ssh-key", "add", A, os.path.join(TMP, "none.pub")), 66, "No such file"),
    (("ssh-key", "lines", "SHA256:abc"), 65, "not a fingerprint")):
	said = admin(*args, status=code, name="refused: " + " ".join(args)[:60])
	ok(text in said and said.count("\n") == 1, "clearly", said)
equal(live(A), "live", "nothing of it touched a lease")
said = admin("host", "set", A, "--require", "password+key")
ok(len(token_of(said)) == 40, "a password that is required from now on is made and shown", said)
admin("host", "set", A, "--require", "key")

# --- lists ---

said = admin("key", "list", A)
ok(re.search(r"^a\.dyn\.test +%s +never +- +$" % re.escape(ONE), said, re.M), "a key in the list", said)
ok(re.search(r"^a\.dyn\.test +%s +20..-..-..T..:..:..Z +127\.0\.0\.0/8,2001:db8::/32 +$" % re.escape(TWO), said, re.M),
    "another one with its terms", said)
keys = json.loads(admin("key", "list", "--json"))
equal([(k["account"], k["key"], k["expired"], k["from"], k["comment"]) for k in keys], [
    (A, TWO, False, ["127.0.0.0/8", "2001:db8::/32"], ""), (A, ONE, False, [], "")], "and in JSON")
admin("key", "list", "x.dyn.test", status=66, name="no list of nobody")
hosts = json.loads(admin("host", "list", "--json"))
equal([(h["host"], h["require"], h["keys"], h["certs"], h["ssh_keys"]) for h in hosts], [(A, "key", 2, 0, 0),
    (B, "cert", 0, 0, 0)], "the list of hosts has layers and numbers")

# --- ssh: the file that sshd reads ---

equal(keyfile(), None, "no ssh key, no file")
said = admin("ssh-key", "add", A, ssh_line(1), "--from", "198.51.100.0/24 2001:db8::/32", "--expires", "2099-05-01")
equal(keyfile(), ['restrict,command="%s -c %s --ssh %s --ssh-key %s",from="198.51.100.0/24,2001:db8::/32",'
    'expiry-time="20990501000000Z" %s %s comment 1' % ("/usr/local/sbin/dynlease-auth", world.conf, A,
    ssh_fingerprint(1), " ".join(ssh_line(1).split()[:2]), A)], "a line of it")
ok("does not require ssh" in said, "that it counts for nothing yet is said", said)
equal((os.stat(KEYFILE).st_mode & 0o7777, os.stat(KEYFILE).st_uid), (0o644, 0), "which only root can write")
admin("ssh-key", "add", B, "-", input=b"# mine\n\n" + ssh_line(2).encode() + b"\r\n", name="a key on stdin")
admin("ssh-key", "add", B, os.path.join(TMP, "ssh3.pub"), name="a key in a file")
admin("ssh-key", "add", A, ssh_line(3), status=73, name="a key that another account has")
equal(run(["ssh-keygen", "-lf", KEYFILE]).stdout.decode().count(" SHA256:"), 3, "ssh-keygen finds the keys in it")
lines = keyfile()
equal(admin("ssh-key", "lines").splitlines(), lines, "AuthorizedKeysCommand prints the same lines")
equal(admin("ssh-key", "lines", ssh_fingerprint(2)).splitlines(), [lines[1]], "or the one that is asked for")
equal(admin("ssh-key", "lines", ONE), "", "or none")
unprivileged = run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", os.path.join(BIN,
    "dynlease-admin"), "-c", world.conf, "ssh-key", "lines"])
equal(unprivileged.stdout.decode().splitlines(), lines, "without root")
said = admin("ssh-key", "list", B)
ok(re.search(r"^b\.dyn\.test +%s +ssh-ed25519 +never +- +comment 2$" % re.escape(ssh_fingerprint(2)), said, re.M),
    "a key in the list, as ssh-keygen shows it", said)
admin("host", "set", B, "--require", "ssh")
world.tool("renew", B, "127.0.0.9", "100")
admin("ssh-key", "del", B, ssh_fingerprint(2))
equal((live(B), keyfile()), ("ended", [lines[0], lines[2]]), "a key that is deleted ends leases and leaves the file")
before = os.stat(KEYFILE).st_ino
admin("key", "add", B, TWO)
equal(os.stat(KEYFILE).st_ino, before, "what changes no ssh key leaves the file alone")
os.unlink(KEYFILE)
os.mkdir(KEYFILE)
said = admin("ssh-key", "add", B, ssh_line(2), status=71, name="a file that cannot be written")
ok(KEYFILE in said and "the accounts have the change" in said, "is said", said)
os.rmdir(KEYFILE)
admin("ssh-key", "add", B, ssh_line(2), name="the same again")
equal(keyfile(), [lines[0], lines[2], lines[1]], "writes it")

# --- backup and restore carry all of it ---

saved = os.path.join(TMP, "saved")
everything = [admin(noun, "list", "--json") for noun in ("host", "key", "cert", "ssh-key")], keyfile()
admin("backup", saved)
admin("key", "del", A, TWO)
admin("host", "set", B, "--require", "ssh+network", "--network", "198.51.100.0/24")
admin("host", "del", A)
equal(keyfile(), [lines[2], lines[1]], "a host that is deleted takes its ssh key along")
said = admin("restore", saved, status=65, name="restore asks")
for line in ("account %s would come back" % A, "account %s would not require network any more" % B,
    "account %s could log in from other networks again" % B):
	ok(line + "\n" in said, "and says: " + line, said)
admin("restore", saved, "--yes")
equal(([admin(noun, "list", "--json") for noun in ("host", "key", "cert", "ssh-key")], keyfile()), everything,
    "all is as it was, and so is the file")
admin("key", "del", A, TWO)
said = admin("restore", saved, status=65, name="restore asks for a key")
ok("account %s would have the key %s again\n" % (A, TWO) in said, "and names it", said)
admin("restore", saved, "--yes")

# --- check ---

def findings(*args):
	return {f["text"]: f["level"] for f in json.loads(run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf,
	    "check", "--json", *args]).stdout)["findings"]}


def level(found, text):
	return [found[f] for f in found if text in f]


key = "the key %s of the account %s " % (TWO, A)
equal(level(findings(), key + "expires in 9 d"), ["WARNING"], "check: a key that expires this month")
equal(level(findings("--at", "+5d"), key + "expires in 4 d"), ["CRITICAL"], "this week")
equal(level(findings("--at", "+11d"), key + "expired"), ["CRITICAL"], "a key that has expired")
equal(level(findings(), ONE), [], "not one that never does")
admin("host", "add", "g.dyn.test", "--require", "cert")
equal(level(findings(), "nobody can log in to the account g.dyn.test: it requires cert"), ["WARNING"],
    "check: an account without what it requires")
with open(KEYFILE, "a") as more:
	more.write("ssh-ed25519 AAAA stranger\n")
equal(level(findings(), KEYFILE + " is not what the accounts say"), ["WARNING"], "check: an edited file of ssh keys")
os.chmod(KEYFILE, 0o666)
equal(level(findings(), KEYFILE + " has mode 666: chmod 644"), ["CRITICAL"], "check: one that all may write")
admin("host", "set", A, "--class", "default", name="the advice")
equal(level(findings(), "is not what the accounts say"), [], "puts it right")

done_testing()
