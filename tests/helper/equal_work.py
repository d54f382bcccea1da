#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 400
"""An unknown account costs as much work as a wrong secret: counted in instructions of the real helper, by no clock."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import SANITIZED, TMP, done_testing, equal, note, ok, run, skip, skip_all  # noqa: E402
from pki import CA, CLIENT, Pki  # noqa: E402
from wire import Talk, new_source  # noqa: E402
from world import World, token  # noqa: E402

if SANITIZED:
	skip_all("valgrind and the sanitizers exclude each other")
if not shutil.which("valgrind"):
	skip_all("valgrind is not installed")

PASSWORD = "correct-horse"
count = 0


def crypt(salt):
	return run(["openssl", "passwd", "-6", "-salt", salt, "-stdin"],
	    input=PASSWORD.encode()).stdout.decode().strip()


def make_world(tokens=(), hashes=(), sealed=False):
	world = World(publisher="", deadline=120)
	world.add_hosts(tokens, announce="")
	for host in hashes:
		world.add_hosts([host], verifier=crypt(host[:4]), announce="")
	if sealed:
		world.seal()
	return world


def counted(world, lines, function, wanted="535", shown=None):
	"""Instructions within the function, what it calls included, in a helper that hears these lines."""
	global count
	count += 1
	# The table is made anew each time: the work in it follows what it holds.
	shutil.rmtree(os.path.join(world.rundir, "table"), True)
	world.reaper().check_returncode()
	out = os.path.join(TMP, "callgrind.%d" % count)
	talk = Talk(world, source=new_source(), context=shown, wrap=("valgrind", "--quiet", "--tool=callgrind",
	    "--callgrind-out-file=" + out,
	    "--collect-atstart=no", "--toggle-collect=" + function, "--log-file=" + out + ".log"))
	talk.sock.settimeout(60)
	got = talk.ask([*lines, "QUIT"])
	talk.status(60)
	with open(out, encoding="ascii") as file:
		number = int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE).group(1))
	if got[0][:3] != wanted or number == 0:
		ok(False, "the helper answers under valgrind", got, number, talk.log())
	return number


def compare(what, world, function, tolerance):
	"""Instructions for wrong secrets of accounts that exist, and of such that do not; returns one of them."""
	known = [counted(world, ["LOGIN known%d.dyn.test %s" % (i, token(900 + i))], function) for i in range(2)]
	unknown = [counted(world, ["LOGIN other%d.dyn.test %s" % (i, token(900 + i))], function) for i in range(2)]
	numbers = known + unknown
	note("%s in %s: known %s, unknown %s" % (what, function, known, unknown))
	ok(max(numbers) - min(numbers) <= tolerance * max(numbers),
	    "%s: %s does equal work for unknown accounts" % (what, function), numbers)
	return unknown[0]


# The names have the same length, as have the secrets: work may follow what the client itself has chosen. The layers,
# which check the secret, must do the same, but for a few steps within the store; all of LOGIN, with looking the account
# up, nearly so.
NAMES = ["known%d.dyn.test" % i for i in range(3)]
tokens, hashes = make_world(tokens=NAMES), make_world(hashes=NAMES)
cheap = compare("tokens", tokens, "layers_judge", 0.001)
compare("tokens", tokens, "judge_request", 0.005)
costly = compare("crypt(3)", hashes, "layers_judge", 0.001)
ok(costly > 50 * cheap, "a hash costs what it costs", cheap, costly)
right = counted(tokens, ["LOGIN known0.dyn.test " + tokens.tokens["known0.dyn.test"]], "judge_request", "250")
ok(right > 0, "a right secret is counted as well")

# Sealed: what nobody has is sealed as well, and opening it costs nobody much.
if os.geteuid() == 0:
	sealed = make_world(tokens=NAMES, sealed=True)
	compare("sealed tokens", sealed, "layers_judge", 0.001)
	compare("sealed tokens", sealed, "judge_request", 0.005)
	compare("sealed crypt(3)", make_world(hashes=NAMES, sealed=True), "layers_judge", 0.001)
	lines = ["LOGIN known0.dyn.test " + sealed.tokens["known0.dyn.test"]]
	plain, with_seal = (counted(world, lines, "main", "250") for world in (tokens, sealed))
	note("a whole connection: %d instructions, with the seal %d (%+.1f %%)" %
	    (plain, with_seal, 100 * (with_seal - plain) / plain))
	ok(with_seal < 1.1 * plain, "the seal costs a connection less than a tenth", plain, with_seal)
	os.unlink(os.path.join(sealed.rundir, "seal.key"))
	known, unknown = (counted(sealed, ["LOGIN %s.dyn.test %s" % (name, token(900))], "layers_judge", "421")
	    for name in ("known0", "other0"))
	note("locked: known %d, unknown %d" % (known, unknown))
	ok(abs(known - unknown) <= 0.001 * known, "locked, a stranger waits as all do", known, unknown)
else:
	skip("sealed accounts", "needs root")

# Both kinds among the accounts: strangers' names take after both, each name always after the same.
mixed = make_world(tokens=NAMES[:1], hashes=NAMES[1:2])
kinds = {}
for number in range(40):
	name = "other%02d.dyn.test" % number
	kinds[name] = counted(mixed, ["LOGIN %s %s" % (name, token(1))], "layers_judge") > 10 * cheap
	if len(set(kinds.values())) == 2 and number >= 2:
		break
ok(set(kinds.values()) == {True, False},
    "mixed kinds: some unknown names cost what tokens cost, some what hashes cost", kinds)
again = {name: counted(mixed, ["LOGIN %s %s" % (name, token(2))],
    "layers_judge") > 10 * cheap for name in list(kinds)[:3]}
equal(again, {name: kinds[name] for name in again}, "and a name costs the same when it is asked again")
known = [counted(mixed, ["LOGIN %s %s" % (name, token(1))], "layers_judge") > 10 * cheap for name in NAMES[:2]]
equal(known, [False, True], "as the accounts themselves do")

# Whichever layer it is that fails, for accounts that know their hosts by few things and by many: with the same
# certificate shown, of our CA or of a stranger, and the same secret sent.
pki = Pki()
pki.make("cert ca cn=CA " + CA, "crl crl issuer=ca days=-1,30", "cert issued issuer=ca cn=laptop " + CLIENT,
    "cert stranger cn=laptop", "cert other cn=other")
layered = World(publisher="", deadline=120,
    server="client_ca = %s\nclient_crl = %s" % (pki.path("ca"), pki.path("crl")))
PIN, MANY = "credential key " + pki.fingerprint("other"), ["credential cert cn:no%02d" % i for i in range(30)]
STACKS = [
	("a password", ["require password"]),
	("a network", ["require network+password", "network 198.51.100.0/24"]),
	("a key", ["require key", PIN]),
	("a certificate", ["require cert", "credential cert cn:other"]),
	("one of many certificates", ["require cert", *MANY]),
	("all of them", ["require network+key+cert+password", "network 198.51.100.0/24", PIN, *MANY]),
]
for number, (_, amend) in enumerate(STACKS):
	layered.add_hosts(["known%d.dyn.test" % number], announce="", amend=amend)
for shown in (None, "stranger", "issued"):
	numbers = {name: counted(layered, ["LOGIN known%d.dyn.test %s" % (number, token(900))], "layers_judge",
	    shown=pki.context(layered, shown)) for number, (name, _) in enumerate(STACKS)}
	numbers["nobody"] = counted(layered, ["LOGIN other0.dyn.test " + token(900)], "layers_judge",
	    shown=pki.context(layered, shown))
	note("%s shown: %s" % (shown, numbers))
	ok(max(numbers.values()) - min(numbers.values()) <= 0.01 * max(numbers.values()),
	    "%s shown: equal work, whichever layer fails" % (shown or "nothing"), numbers)
numbers = [counted(layered, ["LOGIN %s %s" % (name, token(900))], "judge_request") for name in
    ("known0.dyn.test", "known2.dyn.test", "other0.dyn.test")]
note("judge_request: %s" % numbers)
ok(max(numbers) - min(numbers) <= 0.05 * max(numbers), "with looking the account up nearly so", numbers)
done_testing()
