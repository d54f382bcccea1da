#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 120
"""A host known by its key: dynlease keygen, and the client with key and certificate against the real helper on xinetd."""
import base64
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, SANITIZED, TMP, done_testing, equal, free_port, ok, run, skip, spawn, wait_for  # noqa: E402
from world import World, token  # noqa: E402

KEY, NETWORK, PASSWORD, EITHER, BARE = HOSTS = ["%s.dyn.test" % name for name in ("key", "net", "word", "other", "bare")]
ISSUED = "issued.dyn.test"
NAME = "dyn.example.net"		# which the server's certificate is not for
OK, USAGE, UNAVAILABLE, CANTCREAT, TEMPFAIL, PROTOCOL, NOPERM, CONFIG = 0, 64, 69, 73, 75, 76, 77, 78
LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
TLS12 = {"OPENSSL_CONF": os.path.join(TMP, "tls12.cnf")}


def path(name):
	return os.path.join(TMP, name)


def write(name, text, mode=0o644):
	with open(path(name), "w") as out:
		os.fchmod(out.fileno(), mode)
		out.write(text)
	return path(name)


def dynlease(*args, **env):
	return run([os.path.join(BIN, "dynlease"), *args], env={**os.environ, **env})


def expect(got, code, name, said=""):
	text = got.stderr.decode() + got.stdout.decode()
	ok(got.returncode == code and said in text, "%s: exit %d" % (name, code), "exit: %d" % got.returncode, text)
	ok("PRIVATE" not in text and not any(secret in text for secret in world.tokens.values()), name + ": shows no secret")


def fingerprint_of(certificate):
	"""By openssl alone."""
	pipe = "openssl x509 -in '%s' -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64"
	return "SHA256:" + run(["sh", "-c", pipe % certificate]).stdout.decode().strip().rstrip("=")


# --- keygen ---

world = World(hosts=[BARE], publisher="", extra="[class quick]\nlease = 6\n")
got = dynlease("--out", TMP, "--name", KEY, "keygen")
expect(got, OK, "keygen", "dynlease-admin key add %s SHA256:" % KEY)
mine = fingerprint_of(path("client.pem"))
equal(set(re.findall(r"SHA256:\S+", got.stdout.decode())), {mine}, "its fingerprint is that which openssl finds")
ok("certificate = %s\nkey = %s\n" % (path("client.pem"), path("client.key")) in got.stdout.decode(), "and what client.conf needs")
equal([os.stat(path(name)).st_mode & 0o7777 for name in ("client.key", "client.pem")], [0o600, 0o644], "the modes are right")
text = run(["openssl", "x509", "-in", path("client.pem"), "-noout", "-text"]).stdout.decode()
ok(all(word in text for word in ("DNS:" + KEY, "TLS Web Client Authentication", "prime256v1")), "a client's certificate", text)
ok(run(["openssl", "x509", "-in", path("client.pem"), "-noout", "-checkend", str(9 * 365 * 86400)]).returncode == 0,
    "for ten years")
with open(path("client.key")) as one:
	before = one.read()
expect(dynlease("--out", TMP, "keygen"), CANTCREAT, "keygen again", "--force")
os.rename(path("client.key"), path("away"))
expect(dynlease("--out", TMP, "keygen"), CANTCREAT, "keygen with half of a pair there", "client.pem is there already")
equal(os.path.exists(path("client.key")), False, "makes no other half")
os.rename(path("away"), path("client.key"))
with open(path("client.key")) as one:
	equal(one.read(), before, "and the key stays")
expect(dynlease("--out", TMP, "--show", "keygen"), OK, "keygen --show", mine)
os.makedirs(path("d"), exist_ok=True)
write("d/client.conf", "[server %s]\naccount = %s\nsecret_file = /nonexistent\n" % (NAME, PASSWORD))
expect(dynlease("-c", path("d/client.conf"), "keygen"), OK, "keygen beside client.conf", "key add %s SHA256:" % PASSWORD)
equal(sorted(os.listdir(path("d"))), ["client.conf", "client.key", "client.pem"], "makes two files and leaves nothing else")
expect(dynlease("-o", path("other"), "--name", EITHER, "keygen"), OK, "keygen -o", path("other.pem"))
other = fingerprint_of(path("other.pem"))
os.chmod(path("d/client.key"), 0o644)
old = fingerprint_of(path("d/client.pem"))
expect(dynlease("-c", path("d/client.conf"), "--force", "keygen"), OK, "keygen --force")
ok(fingerprint_of(path("d/client.pem")) != old and os.stat(path("d/client.key")).st_mode & 0o777 == 0o600,
    "makes another, which nobody else may read")
os.symlink("/nonexistent", path("link.key"))
expect(dynlease("-o", path("link"), "--name", KEY, "--force", "keygen"), CANTCREAT, "through a link", "not a regular file")
expect(dynlease("-o", path("x"), "--name", "a b", "keygen"), USAGE, "a name that is none", "--name")
expect(dynlease("-o", path("no/x"), "--name", KEY, "keygen"), CANTCREAT, "a directory that is not there", "No such file")
expect(dynlease("--out", TMP, "-o", "x", "keygen"), USAGE, "both places", "exclude each other")
expect(dynlease("--force", "-c", path("d/client.conf"), "renew"), USAGE, "its options elsewhere", "for keygen")
expect(dynlease("--show", "-o", path("no"), "keygen"), CONFIG, "--show of nothing", "cannot be read")

# --- a server that knows the key ---

pin = "credential key " + mine
world.add_hosts([KEY], verifier="-", amend=["require key", pin])
world.add_hosts([NETWORK], verifier="-", amend=["require network+key", "network 127.0.0.2/32", pin])
world.add_hosts([PASSWORD], amend=["require key+password", pin])
world.add_hosts([EITHER], verifier="-", amend=["require key", "credential key " + other])
world.start_reaper()
world.start_xinetd()
with open(TLS12["OPENSSL_CONF"], "w") as out:
	out.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.2\n")


def conf_of(account=KEY, name="localhost", secret=None, **keys):
	"""A client.conf; returns its path."""
	keys = {"account": account, "certificate": path("client.pem"), "key": path("client.key"), "ca": world.certificate,
	    "secret_file": write("secret", secret + "\n", 0o600) if secret else None, "address": "127.0.0.1",
	    "port": world.port, "source": "127.0.0.2", "timeout": 5, "family": 4, **keys}
	return write("client.conf", "[server %s]\n" % name + "".join("%s = %s\n" % pair for pair in keys.items()
	    if pair[1] is not None))


def client(conf, *args, **env):
	return dynlease("-c", conf, *(args or ["renew"]), **env)


def logged(text, seconds=2):
	return wait_for(seconds, lambda: text in world.helper_log())


def holds(pid, bytes_):
	"""Are these in the writable memory of a process?"""
	with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb") as memory:
		for line in maps:
			start, end = (int(x, 16) for x in line.split()[0].split("-"))
			if line.split()[1].startswith("rw"):
				memory.seek(start)
				if bytes_ in memory.read(end - start):
					return True
	return False


def is_live(host):
	return world.leases().get((host, 4), ("", "", 0))[1] == "live"


got = client(conf_of())
expect(got, OK, "a key, and no secret")
equal(got.stdout + got.stderr, b"", "silently")
ok(is_live(KEY) and logged("layers=key "), "is a lease", world.helper_log())
expect(client(conf_of(), "status"), OK, "status by key", "live")
expect(client(conf_of(), "release"), OK, "release by key")
equal(is_live(KEY), False, "ends the lease")
expect(client(conf_of(), **TLS12), OK, "a key under TLS 1.2")
expect(client(conf_of(NETWORK)), OK, "key and network")
ok(is_live(NETWORK) and logged("layers=network+key "), "both layers passed", world.helper_log())
expect(client(conf_of(NETWORK, source="127.0.0.3")), NOPERM, "the key from another network", "denied")
expect(client(conf_of(PASSWORD, secret=world.tokens[PASSWORD])), OK, "key and password")
ok(is_live(PASSWORD) and logged("layers=key+password "), "both layers passed", world.helper_log())
expect(client(conf_of(PASSWORD)), NOPERM, "the key without the password", "whether a secret is asked for")
expect(client(conf_of(PASSWORD, secret="0" * 40)), NOPERM, "the key and a wrong password",
    "check account, secret, certificate or key " + mine)
expect(client(conf_of(PASSWORD, secret=world.tokens[PASSWORD], certificate=None, key=None)), NOPERM,
    "the password without the key", "whether a key or certificate is asked for")
expect(client(conf_of(EITHER)), NOPERM, "another's key", "check account, certificate or key " + mine)
equal(is_live(EITHER), False, "gets no lease")
with_fd = run([os.path.join(BIN, "dynlease"), "-c", conf_of(PASSWORD), "--secret-fd", "0", "renew"],
    input=world.tokens[PASSWORD].encode() + b"\n")
expect(with_fd, OK, "key and --secret-fd")

# --- no CA anywhere ---

mutual = {"name": NAME, "ca": None}
server_key = fingerprint_of(world.certificate)
expect(client(conf_of(**mutual)), PROTOCOL, "neither ca nor key of the server", "not accepted")
expect(client(conf_of(**mutual, pin=server_key)), OK, "each knows the other's key")
expect(client(conf_of(**mutual, pin=server_key), **TLS12), OK, "under TLS 1.2, too")
known = path("known")
expect(client(conf_of(**mutual, known_servers=known, trust_first="yes")), OK, "trust_first", "seen for the first time")
got = client(conf_of(**mutual, known_servers=known))
expect(got, OK, "known_servers")
equal(got.stderr, b"", "silently")
check = run([os.path.join(BIN, "dynlease-admin"), "-c", world.conf, "check"])
ok(server_key in check.stdout.decode(), "dynlease-admin check shows the key to be known", check.stdout.decode())

# What a server of another key may learn: nothing, not even from the certificate.
for version in ("-tls1_2", "-tls1_3"):
	port = free_port()
	fake = spawn("fake" + version, ["openssl", "s_server", "-quiet", "-verify", "1", version, "-accept", "127.0.0.1:%d" % port,
	    "-cert", world.certificate, "-key", world.certificate.replace(".pem", ".key")], stdin=subprocess.PIPE)
	wrong = {**mutual, "port": port, "timeout": 4}
	wait_for(10, lambda: client(conf_of(**wrong, pin="SHA256:" + "A" * 43)).returncode != UNAVAILABLE)
	expect(client(conf_of(**wrong, pin="SHA256:" + "A" * 43)), PROTOCOL, "a server of another key", "known here")
	ok(KEY not in fake.text(), version + ": is not shown the certificate", fake.text())
	client(conf_of(**wrong, pin=server_key))
	ok(wait_for(5, lambda: "LOGIN " + KEY in fake.text() and "CN = " + KEY in fake.text()), "while the right one is", fake.text())
expect(client(conf_of(**wrong, pin=server_key), **TLS12), PROTOCOL, "TLS 1.2 was meant above: TLS 1.3 alone will not do", "TLS")

# --- files that will not do: nothing is sent ---

count = world.helper_log().count("login ")
nowhere = {"port": free_port()}			# would be exit 69
for mode in (0o640, 0o604, 0o620):
	os.chmod(path("client.key"), mode)
	expect(client(conf_of(**nowhere)), CONFIG, "a key of mode %o" % mode, "do: chmod 600 " + path("client.key"))
got = client(conf_of(**nowhere)).stderr.decode()
equal(got.count("\n"), 1, "in one line")
os.chmod(path("client.key"), 0o600)
expect(client(conf_of(**nowhere)), UNAVAILABLE, "then it is used")
expect(client(conf_of(**nowhere, key=path("none.key"))), CONFIG, "a key that is not there", "dynlease keygen")
expect(client(conf_of(**nowhere, key=TMP)), CONFIG, "a directory", "not a regular file")
expect(client(conf_of(**nowhere, key=path("other.key"))), CONFIG, "a key that does not fit", "fits the certificate")
expect(client(conf_of(**nowhere, certificate=path("none.pem"))), CONFIG, "a certificate that is not there", "none.pem")
expect(client(conf_of(**nowhere, key=None)), CONFIG, "a certificate without key", "needs key")
expect(client(conf_of(**nowhere, certificate=None)), CONFIG, "a key without certificate", "needs certificate")
expect(client(conf_of(**nowhere, key_credential="x")), CONFIG, "a key twice", "exclude each other")
expect(client(conf_of(**nowhere, key=None, key_credential="a/b")), CONFIG, "a path as a credential", "not a path")
expect(client(conf_of(**nowhere, key=None, key_credential="x"), CREDENTIALS_DIRECTORY=""), CONFIG, "no credentials",
    "LoadCredential=x:FILE")
equal(world.helper_log().count("login "), count, "the server has heard nothing")

# --- as a service, and through tunnels ---

os.makedirs(path("credentials"), exist_ok=True)
os.link(path("client.key"), path("credentials/dynlease-key"))
as_service = conf_of(key=None, key_credential="dynlease-key")
os.chmod(path("client.key"), 0o640)		# as an access list looks like
expect(client(as_service, CREDENTIALS_DIRECTORY=path("credentials")), OK, "the key as a credential of the service manager")
os.chmod(path("client.key"), 0o600)
nc = "nc -N 127.0.0.1 %d" % world.port
expect(client(conf_of(via=nc, announce="127.0.0.9")), OK, "through a command")
equal(world.leases()[(KEY, 4)][0], "127.0.0.9", "with the address announced")
expect(client(conf_of(**mutual, via=nc, pin=server_key, announce="127.0.0.10")), OK, "and with keys on both sides")
expect(client(conf_of(EITHER, via=nc, announce="127.0.0.11")), NOPERM, "another's key through a command", "denied")

client(conf_of(), "release")
daemon = spawn("daemon", [os.path.join(BIN, "dynlease"), "-D", "-c", conf_of(), "daemon"])
ok(wait_for(5, lambda: is_live(KEY)), "the daemon logs in by key", daemon.text())
os.chmod(path("client.key"), 0o640)
daemon.kill(1)
ok(wait_for(5, lambda: "do: chmod 600" in daemon.text()), "reads the key anew for each attempt", daemon.text())
equal(daemon.text().count("do: chmod 600"), 1, "and says once what is wrong")
os.chmod(path("client.key"), 0o600)
if SANITIZED:
	skip("its own process never holds the key", "a sanitizer's memory is too large to be read")
else:
	scalar = base64.b64decode("".join(before.split("\n")[1:-2])).split(b"\x02\x01\x01\x04\x20")[1][:32]
	equal([holds(daemon.pid, text) for text in (KEY.encode(), before.split("\n")[1].encode(), scalar, scalar[::-1])],
	    [True, False, False, False], "its own process holds the account's name, and never the key")
daemon.stop()

# --- the end of a certificate ---


def make_issued(days):
	write("ext", "extendedKeyUsage = clientAuth\nsubjectAltName = DNS:%s\n" % KEY)
	for words in (["req", "-new", "-key", path("issued.key"), "-subj", "/CN=" + KEY, "-out", path("csr")],
	    ["x509", "-req", "-in", path("csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-set_serial", "7", "-days",
	    str(days), "-extfile", path("ext"), "-out", path("issued.pem")]):
		run(["openssl", *words]).check_returncode()


def at(offset):
	"""The environment of a client whose clock is off by that much."""
	return {"LD_PRELOAD": LIBRARY, "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"}


def told(offset, conf, **env):
	"""What it says of certificates."""
	got = client(conf, **at(offset), **env)
	return re.findall("pem: the (certificate .*)", got.stderr.decode())


run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=our CA",
    "-days", "4000", "-keyout", path("ca.key"), "-out", path("ca.pem")]).check_returncode()
dynlease("-o", path("issued"), "--name", ISSUED, "keygen").check_returncode()
make_issued(100)
world.add_hosts([ISSUED], verifier="-", classname="quick",
    amend=["require key", "credential key " + fingerprint_of(path("issued.pem"))])
issued = {"account": ISSUED, "certificate": path("issued.pem"), "key": path("issued.key"), "name": NAME,
    "ca": None, "pin": server_key}
if SANITIZED or LIBRARY is None:
	skip("the end of a certificate", "needs libfaketime, which must be the first library")
else:
	conf = conf_of(**issued)
	equal([len(told("+%dd" % day, conf)) for day in (0, 50, 69)], [0, 0, 0], "a certificate that is good for longer is not spoken of")
	first = told("+1716h", conf)
	equal(first, ["certificate expires in 28 days: ask the server's operator for a new one"], "30 days ahead there is a warning")
	equal([len(told("+%dd" % day, conf)) for day in (72, 72, 75, 85, 87, 87, 92, 94, 98)], [0, 0, 0, 0, 1, 0, 0, 1, 0],
	    "one line each, 14 and 7 days ahead")
	equal([told("+%dm" % ((99 * 24 + 1) * 60 + minute), conf) for minute in (30, 40)],
	    [["certificate expires in 22 hours: ask the server's operator for a new one"], []], "and one day")
	got = client(conf, **at("+101d"))
	expect(got, OK, "a key is good for longer than its certificate", "the certificate has expired")
	equal(told("+102d", conf), [], "and that is said once")
	equal(len(told("+73d", conf)), 1, "a clock that was wrong makes no silence")
	ok("; the certificate has expired" in client(conf_of(**{**issued, "account": EITHER}), **at("+103d")).stderr.decode(),
	    "a denied login says so")
	make_issued(10)
	os.unlink(path("issued.pem.warned"))
	equal([len(told("+%dh" % hours, conf)) for hours in (1, 5 * 24 - 1, 9 * 24 + 1)], [0, 0, 1],
	    "a short-lived one is spoken of in the second half of its life")
	equal(told("+9999d", conf_of(**mutual, pin=server_key)), [], "nobody minds the dates of a key's own certificate")
	equal(os.path.exists(path("client.pem.warned")), False, "nor is anything written beside it")

	# Where nothing can be written: a single run, a service, and a daemon, which remembers.
	make_issued(100)
	os.unlink(path("issued.pem.warned"))
	os.mkdir(path("issued.pem.warned"))
	conf = conf_of(**issued)
	equal([len(told(offset, conf)) for offset in ("+71d", "+%ds" % (70 * 86400 + 30))], [0, 1],
	    "who could not remember keeps silent, but in the first minute")
	state = path("state")
	os.mkdir(state)
	equal([len(told("+71d", conf, STATE_DIRECTORY=state)) for _ in range(2)], [1, 0], "a service has a place of its own")
	equal(os.listdir(state), ["issued.pem.warned"], "to remember in")
	step = write("step", "+1716h\n")
	daemon = spawn("daemon.end", [os.path.join(BIN, "dynlease"), "-Dv", "-c", conf, "daemon"],
	    env={**os.environ, "LD_PRELOAD": LIBRARY, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_TIMESTAMP_FILE": step,
	    "FAKETIME_NO_CACHE": "1"})
	ok(wait_for(5, lambda: "expires in 28 days" in daemon.text()), "the daemon warns", daemon.text())
	for number, (offset, wanted) in enumerate((("+72d", 1), ("+87d", 2), ("+88d", 2), ("+101d", 3)), 1):
		os.rename(write("step.new", offset + "\n"), step)
		daemon.kill(1)			# libfaketime also shifts the timer of the next renewal
		ok(wait_for(10, lambda: daemon.text().count("read again") == number and
		    ": leased " in daemon.text().rpartition("read again")[2]), "it reads its configuration again", daemon.text())
		equal(daemon.text().count("the certificate "), wanted, "%s: %d lines so far" % (offset, wanted))
done_testing()
