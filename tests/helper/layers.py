#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 300
"""
Layers together: every set of them that an account may ask for, against everything that a client may show; who is
charged when one fails; and pins with their limits. From sources that are not loopback's, in a network namespace.
"""
import itertools
import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from wire import in_own_network, is_root  # noqa: E402

OWN_NETWORK = is_root() and in_own_network("route add local 10.77.0.0/16 dev lo")

from lib import TMP, done_testing, equal, ok, run, skip_all  # noqa: E402
from pki import CA, CLIENT, Pki, put  # noqa: E402
from wire import Talk, tcp_pair  # noqa: E402
from world import World, token  # noqa: E402

if not OWN_NETWORK:
	skip_all("no network namespace can be made")

SERVER = "10.77.255.1"
ROOTS, CRL = os.path.join(TMP, "client-ca.pem"), os.path.join(TMP, "client-crl.pem")
pki = Pki()
pki.make("cert ca cn=CA " + CA, "crl crl issuer=ca days=-1,30",
    "cert key cn=laptop", "cert other cn=laptop", "cert issued issuer=ca cn=laptop " + CLIENT,
    "cert both issuer=ca key=key cn=laptop " + CLIENT, "cert strange issuer=ca cn=strange " + CLIENT)
put(ROOTS, pki.pem("ca"))
put(CRL, pki.pem("crl"))
world = World(publisher="", deadline=20, allow="127.0.0.0/8 10.77.0.0/16",
    server="client_ca = %s\nclient_crl = %s" % (ROOTS, CRL))
numbers = itertools.count(1)


def source(right=True):
	"""An address that nobody has used yet, within the accounts' network or without."""
	number = next(numbers)
	return "10.77.%d.%d" % ((100 if right else 200) + number // 250, 1 + number % 250)


def login(account, secret="", shown=None, address=None, version=None, **how):
	"""The answer, and the log."""
	address = address or source()
	talk = Talk(world, source=address, pair=tcp_pair(address, SERVER), context=pki.context(world, shown, version), **how)
	got = talk.ask([("LOGIN %s %s" % (account, secret)).strip(), "QUIT"])[0]
	talk.status()
	return got, talk.log()


def code(*words, **how):
	return login(*words, **how)[0][:3]


def strikes():
	"""{source: failures}"""
	lines = [line.split(" ", 2) for line in world.tool("strikes").stdout.decode().splitlines()]
	return {source: int(failures) for failures, _, source in lines}


# --- every set of layers against everything that is shown ---

LAYERS = ("network", "key", "cert", "password")	# in the order in which they are judged
SETS = [require for n in range(1, 5) for require in itertools.combinations(LAYERS, n)]
PASSES = {None: (), "other": (), "strange": (), "key": ("key",), "issued": ("cert",), "both": ("key", "cert")}
for number, require in enumerate(SETS):
	world.add_hosts(["h%d.dyn.test" % number], announce="", amend=["require " + "+".join(require),
	    "network 10.77.100.0/22", "credential key " + pki.fingerprint("key"), "credential cert cn:laptop"])
world.start_reaper()


def judged(require, passed):
	"""As it should be: (does it pass, the layers that did, the first that did not)."""
	for at, layer in enumerate(require):
		if layer not in passed:
			return False, require[:at], layer
	return True, require, None


def expected(require, shown, right_network, secret):
	passed = PASSES[shown] + (("network",) if right_network else ()) + (("password",) if secret == "right" else ())
	return judged(require, passed)


for number, require in enumerate(SETS):
	host, wrong = "h%d.dyn.test" % number, []
	for shown, right_network, secret in itertools.product(PASSES, (True, False), ("right", "wrong", "")):
		world.tool("forgive").check_returncode()
		address = source(right_network)
		good, passed, failed = expected(require, shown, right_network, secret)
		got, log = login(host, {"right": world.tokens[host], "wrong": token(9999), "": ""}[secret], shown, address)
		counted = "@" + host if {"key", "cert"} & set(passed) else address + "/32"
		line = "" if good else "login account=%s peer=%s passed=%s failed=%s denied\n" % (host, address,
		    "+".join(passed) or "-", failed)
		if got != ("250 " + host if good else "535 denied") or not log.endswith(line) or \
		    strikes() != ({} if good or not secret else {counted: 1}):
			wrong.append((shown, right_network, secret, got, log, strikes()))
	ok(not wrong, "%s: who shows all of it is in, and a secret in vain is one strike, where it belongs" %
	    "+".join(require), len(wrong), *wrong[:3])
wrong = []
for shown, secret in itertools.product(PASSES, (token(9999), "")):
	world.tool("forgive").check_returncode()
	address = source()
	got, _ = login("nobody.dyn.test", secret, shown, address)
	if got != "535 denied" or strikes() != ({address + "/32": 1} if secret else {}):
		wrong.append((shown, secret, got, strikes()))
ok(not wrong, "an unknown account: always denied, and a secret is one strike for the source", wrong)
world.tool("forgive").check_returncode()

# --- whom failures are counted for ---

KEY, BOTH, PLAIN, GUARDED = "key.dyn.test", "two.dyn.test", "plain.dyn.test", "guarded.dyn.test"
PIN = "credential key " + pki.fingerprint("key")
world.add_hosts([KEY], announce="", verifier="-", amend=["require key", PIN])
world.add_hosts([BOTH], announce="", amend=["require key+password", PIN])
world.add_hosts([GUARDED], announce="", amend=["require network+key+password", "network 10.77.100.0/22", PIN])
world.add_hosts([PLAIN], announce="")
here, WRONG = source(), token(9999)
equal([code(BOTH, WRONG, "key", here) for _ in range(3)] + [code(BOTH, world.tokens[BOTH], "key", here)],
    ["535"] * 3 + ["421"], "whoever holds the key has three guesses at the password")
equal(code(BOTH, world.tokens[BOTH], "key"), "421", "from wherever it comes")
equal(code(PLAIN, world.tokens[PLAIN], address=here), "250", "a neighbour is served")
equal(code(KEY, shown="key", address=here), "250", "so is another account with that key")
equal(code(BOTH, world.tokens[BOTH], "other", here), "535", "the wrong key is denied, and counted for the source")
if run(["unshare", "-T", "--fork", "--boottime", "1", "true"]).returncode == 0:
	later = {"wrap": ("unshare", "-T", "--fork", "--boottime", "121")}
	equal(code(BOTH, world.tokens[BOTH], "key", **later), "250", "two minutes later the owner is served")
world.tool("forgive").check_returncode()
outside = source(False)
equal([code(GUARDED, WRONG, "key", outside) for _ in range(3)], ["535"] * 3,
    "a stolen key, and guesses from outside of the account's network")
equal(code(GUARDED, world.tokens[GUARDED], "key"), "250", "do not lock its owner out")
equal(strikes(), {outside + "/32": 3}, "but whoever guesses")
equal(code(GUARDED, world.tokens[GUARDED], "key", outside), "421", "who is told so")
here = source()
world.tool("forgive").check_returncode()
equal([code(account, address=here) for account in (PLAIN, BOTH, KEY, "nobody.dyn.test") for _ in range(3)],
    ["535"] * 12, "a LOGIN without a secret is denied")
equal((strikes(), code(PLAIN, world.tokens[PLAIN], address=here)), ({}, "250"), "and is no strike")
equal(code(KEY, WRONG, "key", here), "250", "nobody looks at a secret that is not asked for")
equal([code(KEY, WRONG, "other", here) for _ in range(3)] + [code(KEY, shown="key", address=here)],
    ["535"] * 3 + ["250"], "a limited source does not keep a key out that needs no secret")
equal(code(PLAIN, world.tokens[PLAIN], address=here), "421", "and passwords it does")

# --- pins ---

PINS = [
	("no limits", "", True, True),
	("an end that is to come", " expires=2090-01-01T00:00:00Z", True, True),
	("an end that has come", " expires=2020-01-01T00:00:00Z", False, False),
	("the network", " from=10.77.100.0/22", True, False),
	("a few networks", " from=2001:db8::/32,10.77.200.0/22,10.77.100.0/22", True, True),
	("other networks", " from=10.77.0.0/24,2001:db8::/32", False, False),
	("both, and a comment", " expires=2090-01-01T00:00:00Z from=10.77.100.0/22 # a laptop", True, False),
]
for kind, shown, value in (("key", "key", pki.fingerprint("key")), ("cert", "issued", "cn:laptop")):
	for number, (name, limits, inside, outside) in enumerate(PINS):
		host = "%s%d.dyn.test" % (kind, number)
		world.add_hosts([host], announce="", verifier="-", amend=["require " + kind,
		    "credential %s %s%s" % (kind, value, limits)])
		got = [code(host, shown=shown, address=source(right)) == "250" for right in (True, False)]
		equal(got, [inside, outside], "a %s with %s" % (kind, name))
world.add_hosts(["many.dyn.test"], announce="", verifier="-", amend=["require key",
    "credential key " + pki.fingerprint("other"), PIN])
equal([code("many.dyn.test", shown=shown) for shown in ("key", "other", "both", "issued", None)],
    ["250", "250", "250", "535", "535"], "two keys: either will do, in whatever certificate")

# --- kinds of keys, under both versions ---

KEYS = [("ed25519", [], "250"), ("ed448", [], "250"), ("ec", ["-pkeyopt", "ec_paramgen_curve:P-384"], "250"),
    ("ec", ["-pkeyopt", "ec_paramgen_curve:P-521"], "250"), ("rsa:3072", [], "250"),
    ("rsa-pss", ["-pkeyopt", "rsa_keygen_bits:2048"], "250"), ("rsa:1024", [], "535"), ("rsa:512", [], "535"),
    ("ec", ["-pkeyopt", "ec_paramgen_curve:secp192k1"], "535")]
for number, (kind, options, wanted) in enumerate(KEYS):
	name, host = "kind%d" % number, "kind%d.dyn.test" % number
	run(["openssl", "req", "-x509", "-newkey", kind, *options, "-nodes", "-subj", "/CN=laptop", "-keyout",
	    pki.path(name, "key"), "-out", pki.path(name)]).check_returncode()
	world.add_hosts([host], announce="", verifier="-", amend=["require key",
	    "credential key " + pki.fingerprint(name)])
	for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
		try:
			got = login(host, shown=name, version=version)[0][:3]
		except (ssl.SSLError, ConnectionError) as error:
			got = str(error)
		ok(got == wanted or (wanted != "250" and got != "250"), "%s, a pinned key of %s: %s" % (version.name,
		    " ".join([kind, *options[1:]]), got))
ok(world.check().get("faults") == "0", "the table is whole", world.check())
done_testing()
