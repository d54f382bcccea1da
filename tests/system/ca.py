#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
The life of a small CA: made, issuing, revoking, its root extended and rolled over, retired; with real helpers that see
another date, openssl as the second opinion, and a passphrase that is nowhere to be seen.
"""
import fcntl
import glob
import json
import os
import pty
import re
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, SANITIZED, TMP, TOOLS, done_testing, equal, ok, run, skip, skip_all, wait_for  # noqa: E402
from pki import put  # noqa: E402
from wire import Talk, client_context  # noqa: E402
from world import World  # noqa: E402

if os.geteuid() != 0:
	skip_all("needs root")
LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
ADMIN = os.path.join(BIN, "dynlease-admin")
CAN_FAKE = LIBRARY is not None and not SANITIZED	# a sanitizer must be the first library
A, B, P = "a.dyn.test", "b.dyn.test", "p.dyn.test"
PASSPHRASE, DAY = "correct horse battery", 86400
CA, ROOTS, LISTS = (os.path.join(TMP, name) for name in ("ca", "client-ca.pem", "client-crl.pem"))
SEALED = os.path.join(TMP, "passphrase")
put(SEALED, PASSPHRASE.encode() + b"\n")
os.chmod(SEALED, 0o600)
WITH = ("--passphrase-file", SEALED)
heard = ""		# all that the admin said


def new_world(hosts, ca=CA, roots=ROOTS, lists=LISTS, **how):
	return World(hosts=hosts, publisher="", server="ca = %s\nclient_ca = %s\nclient_crl = %s" % (ca, roots, lists), **how)


world = new_world([])
world.add_hosts([A], amend=["require cert", "credential cert dns:" + A])
world.add_hosts([B])
world.add_hosts([P], amend=["credential key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU expires=" +
    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 700 * DAY))])
world.start_reaper()


def at(when):
	"""
	What to put before a program that is to see this date: "+300d", or "" for today's. The helper clears its environment,
	and with it what libfaketime would ask: so there is a file for it, in an /etc that nobody else sees.
	"""
	if not when:
		return ()
	etc = os.path.join(TMP, "etc" + when)
	os.makedirs(etc, 0o755, True)
	put(os.path.join(etc, "faketimerc"), when.encode() + b"\n")
	return ("unshare", "-m", "sh", "-c", 'mount --make-rprivate / && mount -t overlay overlay -o "lowerdir=$1:/etc" /etc &&'
	    ' shift && exec env "$@"', "sh", etc, "LD_PRELOAD=" + LIBRARY, "DONT_FAKE_MONOTONIC=1")


CAN_FAKE = CAN_FAKE and run([*at("+300d"), "true"]).returncode == 0


def admin(*args, status=0, name=None, when="", conf=None, **how):
	"""Its output and errors as one text; claims how it ends."""
	global heard
	got = run([*at(when), ADMIN, "-c", conf or world.conf, *args], **how)
	text = (got.stdout + got.stderr).decode()
	heard += text
	ok(got.returncode == status, name or " ".join(args[:2]), "status %d" % got.returncode, text)
	return text


def listed(account=None):
	got = json.loads(run([ADMIN, "-c", world.conf, "ca", "list", "--json"]).stdout)
	return got if account is None else [c for c in got["certificates"] if c["account"] == account]


def login(account, directory=None, when="", secret=""):
	"""The answer to LOGIN with the certificate that was issued into this directory, on some day."""
	context = client_context(world)
	if directory is not None:
		context.load_cert_chain(os.path.join(TMP, directory, account + ".pem"),
		    os.path.join(TMP, directory, account + ".key"))
	talk = Talk(world, context=context, wrap=at(when))
	answers = talk.ask([("LOGIN %s %s" % (account, secret)).strip(), "RENEW " + account, "QUIT"])
	talk.status()
	return " ".join(line[:3] for line in answers[:2])


def out(directory):
	return ("--out", os.path.join(TMP, directory))


def verify(directory, account, days=0):
	"""What openssl says to this certificate so many days from now."""
	got = run(["openssl", "verify", "-CAfile", ROOTS, "-CRLfile", LISTS, "-crl_check_all", "-purpose", "sslclient",
	    "-attime", str(int(time.time()) + days * DAY), os.path.join(TMP, directory, account + ".pem")])
	return "OK" if got.returncode == 0 else (got.stdout + got.stderr).decode()


def text_of(path, kind="x509"):
	return run(["openssl", kind, "-in", path, "-noout", "-text"]).stdout.decode()


def read(path):
	with open(path, "rb") as file:
		return file.read()


def mode(path):
	return oct(os.stat(path).st_mode & 0o7777)


# --- init ---

admin("ca", "list", status=66, name="no CA, no list")
admin("ca", "issue", A, *out("none"), *WITH, status=66, name="no CA, no certificate")
put(os.path.join(TMP, "short"), b"short\n")
os.chmod(os.path.join(TMP, "short"), 0o600)
said = admin("ca", "init", "--passphrase-file", os.path.join(TMP, "short"), status=65, name="a short passphrase")
ok("12 characters" in said, "is refused with what is wanted", said)
os.chmod(SEALED, 0o644)
admin("ca", "init", *WITH, status=65, name="a passphrase that others may read is refused")
os.chmod(SEALED, 0o600)
said = admin("ca", "init", name="without a terminal there is nobody to ask", status=65, start_new_session=True)
ok("--passphrase-file" in said, "and it says what to do", said)
put(ROOTS, b"another CA's\n")
said = admin("ca", "init", *WITH, status=73, name="the root of another CA is not overwritten")
equal([read(ROOTS), os.path.exists(CA)], [b"another CA's\n", False], "and nothing is made")
put(ROOTS, None)
admin("ca", "init", "--years", "0", *WITH, status=65, name="no years")
admin("ca", "init", "--name", "a/b", *WITH, status=65, name="no name")
said = admin("ca", "init", "--name", "Test CA", "--years", "1", *WITH)
equal([mode(CA), mode(CA + "/root-1.pem"), mode(ROOTS), mode(LISTS)], ["0o700", "0o600", "0o644", "0o644"], "modes")
before = {path: read(path) for path in (CA + "/root-1.pem", ROOTS, LISTS)}
admin("ca", "init", *WITH, status=73, name="once only")
equal({path: read(path) for path in before}, before, "and nothing was changed")

key = read(CA + "/root-1.pem").decode()
ok("BEGIN ENCRYPTED PRIVATE KEY" in key and "BEGIN PRIVATE KEY" not in key, "the key is sealed")
sealing = run(["openssl", "asn1parse", "-in", CA + "/root-1.pem"]).stdout.decode()
ok("scrypt" in sealing or "1.3.6.1.4.1.11591.4.11" in sealing, "with scrypt", sealing)
ok("aes-256-cbc" in sealing, "and AES-256", sealing)
opens = lambda file: run(["openssl", "pkey", "-in", CA + "/root-1.pem", "-noout", "-passin", "file:" + file]).returncode
equal([opens(SEALED), opens(os.path.join(TMP, "short"))], [0, 1], "by this passphrase alone")
text = text_of(ROOTS)
for what in ("CA:TRUE, pathlen:0", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical",
    "Certificate Sign, CRL Sign", "X509v3 Subject Key Identifier", "CN = Test CA", "prime256v1"):
	ok(what in text, "the root: " + what, text)
got = run(["openssl", "crl", "-in", LISTS, "-noout", "-verify", "-CAfile", ROOTS])
ok(b"verify OK" in got.stderr, "its list is signed by it", got)
ok("No Revoked Certificates" in text_of(LISTS, "crl"), "and empty")

# --- the terminal ---

other = {name: os.path.join(TMP, "other-" + name) for name in ("ca", "roots", "lists")}
elsewhere = new_world([], **other)


def typed(answers, *args):
	"""The status of a command that asks on a terminal of its own, and what the terminal showed."""
	pid, fd = pty.fork()
	if pid == 0:
		os.execv(ADMIN, [ADMIN, "-c", elsewhere.conf, *args])
	shown = b""
	for answer in answers:
		seen = len(shown)
		while not shown[seen:].endswith(b": ") and select.select([fd], [], [], 20)[0]:
			shown += os.read(fd, 4096)
		os.write(fd, answer.encode() + b"\n")
	try:
		while more := os.read(fd, 4096):
			shown += more
	except OSError:		# the other end is closed
		pass
	os.close(fd)
	return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


status, shown = typed([PASSPHRASE, PASSPHRASE + "!"], "ca", "init")
ok(status == 65 and "not the same" in shown, "two passphrases that differ", status, shown)
ok(not os.path.exists(other["ca"] + "/root-1.pem"), "make no CA")
status, shown = typed([PASSPHRASE, PASSPHRASE], "ca", "init")
ok(status == 0 and PASSPHRASE not in shown, "a terminal is asked twice, and shows nothing", status, shown)
status, shown = typed([PASSPHRASE], "ca", "crl")
ok(status == 0 and "good until" in shown, "and then once", status, shown)

# --- issue ---

said = admin("ca", "issue", A, *out("a1"), "--passphrase-file", os.path.join(TMP, "short"), status=77,
    name="a wrong passphrase")
ok("not the passphrase" in said and not os.path.exists(os.path.join(TMP, "a1")) and listed(A) == [],
    "issues nothing", said)
said = admin("ca", "issue", A, *out("a1"), *WITH)
ok("It ends with the root" in said, "a certificate that would outlive the root is cut, and it says so", said)
ok("takes certificates with its name" not in said and "--require" not in said, "the account was ready", said)
equal(sorted(os.listdir(os.path.join(TMP, "a1"))), [A + ".key", A + ".pem", "client.conf", "server.pem"], "the host's files")
equal([mode(os.path.join(TMP, "a1", name)) for name in (".", A + ".key", A + ".pem", "client.conf")],
    ["0o700", "0o600", "0o644", "0o644"], "and modes")
with open(os.path.join(TMP, "a1", "client.conf")) as piece:
	piece = piece.read()
ok("[server localhost]\n" in piece and "account = %s\n" % A in piece and
    "certificate = /etc/dynlease/%s.pem\nkey = /etc/dynlease/%s.key\n" % (A, A) in piece and "ca = /etc/dynlease/server.pem" in piece and "secret" not in piece and
    "BEGIN" not in piece,
    "client.conf is ready to be used", piece)
text = text_of(os.path.join(TMP, "a1", A + ".pem"))
for what in ("CA:FALSE", "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
    "DNS:" + A + "\n", "X509v3 Key Usage: critical\n                Digital Signature\n", "Authority Key Identifier"):
	ok(what in text, "the certificate: " + what.replace("\n", " "), text)
ok("DirName" not in text, "its issuer is known by the key alone", text)
serial = listed(A)[0]["serial"]
ok(re.fullmatch("[1-9A-F][0-9A-F]{20,31}", serial) and int(serial, 16) < 2**127, "its serial is random", serial)
equal(verify("a1", A), "OK", "openssl takes it")
equal([login(A, "a1"), login(A)], ["250 250", "535 503"], "so does the helper, and nobody without it")
said = admin("ca", "issue", A, *out("a1"), *WITH, status=65, name="files that are there are not overwritten")
said = admin("ca", "issue", "x.dyn.test", *out("x"), *WITH, status=66, name="no host, no certificate")
admin("ca", "issue", A, "--days", "x", *out("x"), *WITH, status=65, name="days are a number")

said = admin("ca", "issue", B, *out("b1"), "--days", "100", *WITH)
ok("takes certificates with its name" in said and "host set %s --require " % B in said and
    "cert" in said.split("--require ")[1], "an account is bound, and it is said how to require it", said)
ok("ends with the root" not in said, "a shorter one is not cut", said)

# --- requests ---


def request(name, *args):
	path = os.path.join(TMP, name)
	run(["openssl", "req", "-new", "-nodes", "-keyout", path + ".key", "-out", path + ".csr", "-subj",
	    "/CN=evil.dyn.test", "-addext", "subjectAltName=DNS:evil.dyn.test", "-addext", "basicConstraints=CA:TRUE",
	    *args]).check_returncode()
	return path + ".csr"


csr = request("good", "-newkey", "rsa:2048")
said = admin("ca", "issue", P, "--csr", csr, *out("p1"), *WITH)
ok("names and extensions in it are ignored" in said, "a request gives its key alone, and it is said", said)
text = text_of(os.path.join(TMP, "p1", P + ".pem"))
ok("evil" not in text and "CA:FALSE" in text and "DNS:" + P in text, "which is so", text)
equal(sorted(os.listdir(os.path.join(TMP, "p1"))), ["client.conf", P + ".pem", "server.pem"], "there is no key")
equal(verify("p1", P), "OK", "openssl takes it")
forged = read(csr).decode().split("\n")
forged[3] = forged[3][:-1] + ("A" if forged[3][-1] != "A" else "B")
put(os.path.join(TMP, "forged.csr"), "\n".join(forged).encode())
BAD = [("a forged request", os.path.join(TMP, "forged.csr")), ("no request", world.certificate),
    ("a weak RSA key", request("weak", "-newkey", "rsa:1024")),
    ("a weak curve", request("curve", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1")),
    ("a strange curve", request("brain", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1")),
    ("a curve of one's own", request("own", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
    "ec_param_enc:explicit"))]
for what, path in BAD:
	said = admin("ca", "issue", P, "--csr", path, *out("p2"), *WITH, status=65, name=what)
	ok("nothing was issued" in said, what + " is told", said)
for what, args in (("P-384", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")), ("Ed25519", ("ed25519",))):
	admin("ca", "issue", P, "--csr", request(what, "-newkey", *args), *out(what), *WITH, name="a request of " + what)
	equal(verify(what, P), "OK", what + ": openssl takes it")
equal(len(listed(P)), 3, "only those were issued")

# --- revoke ---

context = client_context(world)
context.load_cert_chain(os.path.join(TMP, "a1", A + ".pem"), os.path.join(TMP, "a1", A + ".key"))
talk = Talk(world, context=context)
talk.shake().say("LOGIN %s\n" % A)
ok(talk.read(1).startswith(b"250"), "somebody has logged in")
epoch = lambda host: world.leases()[(host, 4)][1]
equal(epoch(A), "live", "and the host is live")
admin("ca", "revoke", serial, "--passphrase-file", os.path.join(TMP, "short"), status=77, name="a wrong passphrase")
equal([login(A, "a1"), listed(A)[0]["state"]], ["250 250", "valid"], "revokes nothing")
said = admin("ca", "revoke", serial, *WITH)
ok("1 live lease ended" in said and "The account %s takes this" % A in said, "a revocation ends the leases", said)
equal(epoch(A), "ended", "at once")
talk.say("RENEW %s\nQUIT\n" % A)
ok(talk.read().startswith(b"535"), "and shuts out who logged in before")
equal([login(A, "a1"), epoch(A)], ["535 503", "ended"], "the certificate is refused")
ok("revoked" in verify("a1", A), "openssl, too", verify("a1", A))
ok(serial in text_of(LISTS, "crl").replace(":", ""), "it stands in the list")
said = admin("ca", "revoke", serial, *WITH, name="the same again")
ok("was revoked already" in said, "says so", said)
revoked = listed(A)[0]
ok(revoked["state"] == "revoked" and re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", revoked["revoked"]),
    "list knows since when", revoked)
ok(re.search(r"%s +%s +\S+ +\S+ +revoked 20" % (serial, A), admin("ca", "list")), "in words, too")
admin("ca", "revoke", "ABCDEF", *WITH, status=66, name="an unknown serial")
admin("ca", "revoke", world.certificate, *WITH, status=65, name="a certificate that is not ours")
admin("ca", "revoke", ROOTS, *WITH, status=65, name="not the root itself")
b1 = listed(B)[0]["serial"]
os.unlink("%s/issued/%s.pem" % (CA, b1))
said = admin("ca", "revoke", os.path.join(TMP, "b1", B + ".pem"), *WITH, name="by its file, which the CA has lost")
equal([c["state"] for c in listed(B)], ["revoked"], "it is revoked, and known again")
number = lambda: int(re.search(r"CRL Number: *\n? *(\d+)", text_of(LISTS, "crl")).group(1))
first = number()
admin("ca", "crl", *WITH)
ok(number() > first, "numbers of lists grow", first, number())
colons = ":".join(re.findall("..", listed(P)[1]["serial"].lower().zfill(32)))
said = admin("ca", "revoke", colons, *WITH, name="a serial as openssl prints it")
equal([c["state"] for c in listed(P)], ["valid", "revoked", "valid"], "is understood")

# --- dates ---


def findings(when):
	"""Level and text of what check says of the CA as of then."""
	got = json.loads(run([ADMIN, "-c", world.conf, "check", "--json", "--at", when]).stdout)
	return [f["level"][:4] + " " + f["text"] for f in got["findings"] if "expire" in f["text"] and "server" not in f["text"]]


def says(when, *wanted):
	got = findings(when)
	ok(all(any(re.search(want, text) for text in got) for want in wanted), "check as of %s" % when, *got, "wanted:", *wanted)


admin("ca", "issue", A, *out("a2"), *WITH, name="a second certificate")
admin("ca", "issue", B, "--days", "200", *out("b2"), *WITH)
admin("ca", "crl", "--days", "90", *WITH)
says("+59d", "^OK .*than 30 days")
ok(not any(text[:2] != "OK" for text in findings("+59d")), "nothing to warn of before that", findings("+59d"))
says("+61d", '^WARN the revocation list of "Test CA", .* expires in (28|29) d.*: dynlease-admin ca crl$')
says("+82d", '^WARN the revocation list .* expires in [78] d')
says("+84d", '^CRIT the revocation list .* expires in [56] d')
says("+91d", '^CRIT the revocation list .* expired')
says("+171d", "^WARN the certificate %s of %s expires in (28|29) d" % (listed(B)[-1]["serial"], B))
ok(not any(b1 in text or serial in text for text in findings("+171d")), "what is revoked is not spoken of")
says("+194d", "^CRIT the certificate .* of %s expires in [56] d" % B)
says("+336d", '^WARN the root "Test CA", .* expires in 2.*: dynlease-admin ca renew-root$', "^WARN the certificate .* of %s " % A)
says("+364d", '^CRIT the root "Test CA", .* expires in')
admin("ca", "issue", B, "--days", "300", *out("b3"), *WITH, name="a newer one for the same account")
ok(not any(listed(B)[1]["serial"] in text for text in findings("+194d")), "speaks for it", findings("+194d"))
os.rename(LISTS, LISTS + ".kept")
got = run([ADMIN, "-c", world.conf, "check"]).stdout.decode()
ok("CRITICAL  %s: No such file" % LISTS in got, "a list that is missing is critical", got)
os.rename(LISTS + ".kept", LISTS)

if CAN_FAKE:
	equal([login(A, "a2", "+80d"), login(A, "a2", "+95d"), login(P, None, "+95d", world.tokens[P])],
	    ["250 250", "535 503", "250 250"], "a list that ran out fails certificates, and no password")
	admin("ca", "crl", when="+95d", *WITH, name="ca crl on that day")
	equal(login(A, "a2", "+95d"), "250 250", "mends it")
	said = admin("ca", "issue", A, *out("a0"), *WITH, status=65, when="+400d", name="a root that has expired")
	ok("renew-root first" in said, "issues nothing", said)
else:
	skip("helpers on other days", "a sanitizer must be the first library, or there is no libfaketime")

# --- the daily line ---

SYSLOG = 'mount --make-rprivate / && touch "$1/log" && mount --bind "$2" "$1/log" && mount -t tmpfs tmpfs /mnt &&' \
    ' mkdir /mnt/dev && for f in null urandom tty; do touch /mnt/dev/$f; mount --bind /dev/$f /mnt/dev/$f; done;' \
    ' touch /mnt/dev/log && mount --bind "$2" /mnt/dev/log && mount --rbind /mnt/dev /dev && shift 2 && exec "$@"'
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(os.path.join(TMP, "log.socket"))


def logged(*args, when="", wrap=()):
	"""What a command leaves in syslog, and what it prints."""
	got = run(["unshare", "-m", "sh", "-c", SYSLOG, "sh", TMP, os.path.join(TMP, "log.socket"), *at(when), *wrap, ADMIN, "-c",
	    world.conf, *args])
	log.setblocking(False)
	lines = []
	try:
		while True:
			lines.append(log.recv(4000).decode())
	except BlockingIOError:
		return lines, (got.stdout + got.stderr).decode()


run(["openssl", "req", "-x509", "-key", world.certificate.replace(".pem", ".key"), "-days", "3650", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost", "-out", world.certificate]).check_returncode()
admin("ca", "crl", "--days", "400", *WITH, name="a long list")
if run(["unshare", "-m", "true"]).returncode == 0:
	lines, shown = logged("expiry", "--log")
	equal([lines, shown], [[], ""], "nothing expires: no line")
	lines, shown = logged("ca", "crl", "--days", "20", *WITH)
	ok(len(lines) == 1 and "root: revocation lists renewed, for 20 days" in lines[0] and PASSPHRASE not in lines[0],
	    "a change is recorded", *lines)
	lines, shown = logged("expiry", "--log")
	ok(len(lines) == 1 and "<28>" in lines[0] and 'the revocation list of "Test CA"' in lines[0] and
	    re.search("expires in (19 d 23 h|20 d)", lines[0]) and shown == "", "one line, as a warning", lines, shown)
	logged("ca", "crl", "--days", "5", *WITH)
	lines, shown = logged("expiry", "--log")
	ok(len(lines) == 1 and "<26>" in lines[0], "near the end it is critical", *lines)
	if CAN_FAKE:
		lines, shown = logged("expiry", "--log", when="+360d")
		ok(len(lines) == 1 and lines[0].count("expire") >= 4 and "the root" in lines[0], "all in one line", *lines)
	logged("ca", "crl", "--days", "5", *WITH)
	lines, shown = logged("expiry", "--log", wrap=("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"))
	ok(len(lines) == 1 and shown == "", "root without a capability, as in the unit, can tell it", lines, shown)
else:
	skip("the daily line", "no mount namespace can be made")
admin("ca", "crl", "--days", "5", *WITH, name="a short list")
got = json.loads(run([ADMIN, "-c", world.conf, "expiry", "--json"]).stdout)
ok([(e["kind"], e["days"] in (4, 5), e["expired"]) for e in got] == [("crl", True, False)], "expiry in JSON", got)
ok(re.search("expires in (4 d 23 h|5 d)", admin("expiry")), "and in words")
admin("ca", "crl", "--days", "3000", *WITH, name="a very long list")

# --- the root: the same key ---

key_of = lambda: run(["openssl", "x509", "-in", ROOTS, "-noout", "-pubkey"]).stdout
name_of = lambda: re.search("Subject: .*", text_of(ROOTS)).group(0)
old = (key_of(), name_of(), re.search(r"Subject Key Identifier: *\n *(\S+)", text_of(ROOTS)).group(1))
ok("OK" != verify("a2", A, 400), "after the root's end nobody gets in")
said = admin("ca", "renew-root", "--years", "20", *WITH)
equal((key_of(), name_of(), re.search(r"Subject Key Identifier: *\n *(\S+)", text_of(ROOTS)).group(1)), old,
    "renew-root: same key, same name, same identifier")
equal([read(ROOTS).count(b"BEGIN"), verify("a2", A), login(A, "a2")], [1, "OK", "250 250"],
    "what was issued under the old root goes on")
admin("ca", "renew-root", "--years", "10", *WITH, status=65, name="a root is not made shorter")
said = admin("ca", "issue", A, "--days", "1000", *out("a3"), *WITH, name="a certificate under the longer root")
ok("It ends with the root" not in said, "is not cut", said)
equal([verify("a3", A, 900), verify("a3", A)], ["OK", "OK"], "openssl takes it beyond the old root's end")
if CAN_FAKE:
	equal([login(A, "a2", "+360d"), login(A, "a3", "+900d"), login(A, "a2", "+900d"), login(A, "a3", "+1001d")],
	    ["250 250", "250 250", "535 503", "535 503"], "and the helper, each to its own end")

# --- the root: a new key ---

said = admin("ca", "renew-root", "--new-key", *WITH)
ok('"Test CA 2" has a new key' in said and "retire" in said, "a new key has a name of its own", said)
equal([read(ROOTS).count(b"BEGIN"), read(LISTS).count(b"BEGIN")], [2, 2], "two roots are accepted, with a list each")
equal([verify("a3", A), login(A, "a3")], ["OK", "250 250"], "the old certificates are good")
admin("ca", "issue", A, *out("a4"), *WITH, name="a certificate of the new root")
equal([verify("a4", A), login(A, "a4"), login(A, "a3")], ["OK", "250 250", "250 250"], "both get in")
admin("ca", "renew-root", "--new-key", *WITH, status=73, name="no third one")
of_old = listed(A)[1]["serial"]
admin("ca", "revoke", of_old, *WITH, name="one of the old root is revoked")
equal([login(A, "a2"), login(A, "a3"), login(A, "a4")], ["535 503", "250 250", "250 250"], "which hits that one")
admin("ca", "crl", *WITH, "--days", "3000")
equal(read(LISTS).count(b"BEGIN"), 2, "ca crl renews both lists")
shown = admin("ca", "list")
ok("root, to be retired" in shown, "list shows the overlap", shown)
said = admin("ca", "retire", *WITH, status=65, name="retire, while old certificates are in use")
ok("%s of %s" % (listed(A)[2]["serial"], A) in said and "has a newer one" in said and
    "of %s, " % B in said and "HAS NO OTHER" in said and "--yes" in said and of_old not in said,
    "names them, and those whose hosts have no other", said)
equal([read(ROOTS).count(b"BEGIN"), login(A, "a3")], [2, "250 250"], "and changes nothing")
said = admin("ca", "retire", "--yes", *WITH)
ok("of %s" % A in said and "ended" in said, "with --yes it does, and leases end", said)
equal([read(ROOTS).count(b"BEGIN"), read(LISTS).count(b"BEGIN"), os.listdir(CA).count("root-1.pem")], [1, 1, 0],
    "one root is left, and its list")
equal([login(A, "a3"), login(A, "a4"), verify("a4", A)], ["535 503", "250 250", "OK"], "the old ones are refused")
admin("ca", "retire", "--yes", *WITH, status=65, name="there is nothing more to retire")
equal({c["state"] for c in listed(A)}, {"revoked", "retired", "valid"}, "list tells what became of each")
admin("ca", "renew-root", "--years", "20", *WITH)
said = admin("ca", "renew-root", "--new-key", *WITH, name="and so on")
ok('"Test CA 3" has a new key' in said, "names do not grow", said)

# --- the host's side ---

said = admin("ca", "issue", B, *out("b9"), *WITH, name="a certificate for a host with a password")
admin("host", "set", B, *re.search("--require (.*)", said).group(0).split(), name="the account asks for both, as it said")
world.start_xinetd()
CONNECT = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % world.port, "-quiet", "-verify_quiet"]
SHOW = ["-cert", os.path.join(TMP, "b9", B + ".pem"), "-key", os.path.join(TMP, "b9", B + ".key")]
for args, wanted in ((SHOW, ["250", "250", "221"]), ([], ["535", "503", "221"])):
	got = run([*CONNECT, *args], input=("LOGIN %s %s\nRENEW %s\nQUIT\n" % (B, world.tokens[B], B)).encode())
	equal([line[:3] for line in got.stdout.decode().split("\n") if line], wanted,
	    "openssl s_client with a password and %s certificate" % ("a" if args else "no"))
with open(os.path.join(TMP, "b9", "client.conf")) as piece:
	conf = piece.read().replace("/etc/dynlease", os.path.join(TMP, "b9"))
with open(os.path.join(TMP, "b9", "client.conf"), "w") as piece:
	piece.write(conf + "port = %d\naddress = 127.0.0.1\nfamily = 4\n" % world.port)
put(os.path.join(TMP, "b9", "client.secret"), world.tokens[B].encode() + b"\n")
os.chmod(os.path.join(TMP, "b9", "client.secret"), 0o600)
client = lambda: run([os.path.join(BIN, "dynlease"), "-v", "-c", os.path.join(TMP, "b9", "client.conf"), "renew"])
got = client()
ok(got.returncode == 0 and epoch(B) == "live", "dynlease renews with these files", got)
admin("ca", "revoke", os.path.join(TMP, "b9", B + ".pem"), *WITH, name="they are revoked")
got = client()
ok(got.returncode != 0 and epoch(B) == "ended", "and it cannot any more", got)

# --- what nobody may see ---

gate = os.open(os.path.join(world.dir, "master", "admin.lock"), os.O_RDWR | os.O_CREAT)
fcntl.flock(gate, fcntl.LOCK_EX)
busy = subprocess.Popen([ADMIN, "-c", world.conf, "ca", "revoke", listed(A)[-1]["serial"], "--passphrase-file",
    "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
busy.stdin.write(PASSPHRASE.encode() + b"\n")
busy.stdin.flush()
wait_for(20, lambda: listed(A)[-1]["serial"] in text_of(LISTS, "crl").replace(":", ""))
seen = [read("/proc/%d/%s" % (busy.pid, name)) for name in ("cmdline", "environ")]
equal(login(A, "a4"), "535 503", "the list is out before the accounts are touched")
os.close(gate)
said = busy.communicate(timeout=30)[0].decode()
ok(busy.returncode == 0 and "The account %s takes this" % A in said, "a passphrase by standard input", said)
ok(PASSPHRASE.encode() not in seen[0] + seen[1] and PASSPHRASE not in heard + said,
    "stands in no argument, no environment and no output")
found = run(["grep", "-rlF", "--", PASSPHRASE, TMP]).stdout.decode().split()
equal(found, [SEALED], "and in no file but its own")
gate = os.open(CA + "/lock", os.O_RDWR)
fcntl.flock(gate, fcntl.LOCK_EX)
said = admin("ca", "crl", *WITH, status=75, name="one admin at a time")
os.close(gate)

# --- killed ---

KILLAT, REPORT = os.path.join(TOOLS, "killat"), os.path.join(TMP, "killat.out")
quick = {name: os.path.join(TMP, "quick-" + name) for name in ("ca", "roots", "lists")}
third = new_world([B], **quick)
plain = lambda *args: run([ADMIN, "-c", third.conf, *args])


def state():
	"""Is all that lies there whole? Roots, lists, and certificates with their states."""
	for path, kind in ((quick["roots"], "x509"), (quick["lists"], "crl")):
		if os.path.exists(path) and run(["openssl", kind, "-in", path, "-noout"]).returncode != 0:
			return None
	got = plain("ca", "list", "--json")
	return json.loads(got.stdout) if got.returncode == 0 else "none" if got.returncode == 66 else None


def killed(stride, before, args, after):
	"""Kill a command at every so manieth system call; what state is not whole, and how often it was killed."""
	faults, n, number = [], 0, 1
	while True:
		before()
		run([KILLAT, "-o", REPORT, str(number), ADMIN, "-c", third.conf, *args()],
		    env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
		if not read(REPORT).startswith(b"killed"):
			return faults, n
		n += 1
		if state() is None or not after():
			faults.append((number, state(), after()))
		number += stride


def start():
	run(["rm", "-rf", *quick.values(), os.path.join(TMP, "k")])


def mends_init():
	"""Either there is none, and init makes it; or crl brings what is missing."""
	got = plain("ca", "init", "--no-passphrase") if state() == "none" else plain("ca", "crl")
	return got.returncode == 0 and state() != "none" and os.path.exists(quick["roots"]) and os.path.exists(quick["lists"])


STRIDE = 60 if SANITIZED else 11
faults, n = killed(STRIDE, start, lambda: ("ca", "init", "--no-passphrase"), mends_init)
ok(not faults and n > 5, "init, killed at any point, can be mended", n, *faults[:3])
start()
plain("ca", "init", "--no-passphrase")
plain("ca", "issue", B, "--out", os.path.join(TMP, "k"))
serials = lambda: [c for c in state()["certificates"] if c["state"] == "valid"]


def one_more():
	run(["rm", "-rf", os.path.join(TMP, "k")])
	plain("ca", "issue", B, "--out", os.path.join(TMP, "k"))


def mends_revoke():
	"""Given again, it is in the list."""
	got = plain("ca", "revoke", os.path.join(TMP, "k", B + ".pem"))
	listed_there = run(["openssl", "verify", "-CAfile", quick["roots"], "-CRLfile", quick["lists"], "-crl_check_all",
	    os.path.join(TMP, "k", B + ".pem")])
	return got.returncode == 0 and b"revoked" in listed_there.stderr


faults, n = killed(2 * STRIDE, one_more, lambda: ("ca", "revoke", os.path.join(TMP, "k", B + ".pem")), mends_revoke)
ok(not faults and n > 5, "revoke, killed at any point, is finished when it is given again", n, *faults[:3])
one_more()


def mends_roll():
	"""The old certificate is good, and whichever root issues now is accepted."""
	run(["rm", "-rf", os.path.join(TMP, "k2")])
	good = plain("ca", "crl").returncode == 0 and plain("ca", "issue", B, "--out", os.path.join(TMP, "k2")).returncode == 0
	return good and all(run(["openssl", "verify", "-CAfile", quick["roots"], "-CRLfile", quick["lists"], "-crl_check_all",
	    os.path.join(TMP, name, B + ".pem")]).returncode == 0 for name in ("k", "k2"))


def unroll():
	plain("ca", "retire", "--yes")
	one_more()


faults, n = killed(3 * STRIDE, unroll, lambda: ("ca", "renew-root", "--new-key"), mends_roll)
ok(not faults and n > 3, "a new key, killed at any point, cuts nobody off", n, *faults[:3])
leftovers = [name for name in os.listdir(quick["ca"]) if name.startswith(".")]
equal(leftovers, [], "nothing half written stays behind")

done_testing()
