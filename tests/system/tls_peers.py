#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
TLS clients of other making that show a certificate: openssl s_client, gnutls-cli, and curl, whose gophers:// sends
lines through TLS and prints what comes back. Under TLS 1.2 and 1.3, through xinetd.
"""
import os
import shutil
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, done_testing, equal, ok, run, skip  # noqa: E402
from pki import CA, CLIENT, Pki, put  # noqa: E402
from world import World  # noqa: E402

ROOTS, CRL = os.path.join(TMP, "client-ca.pem"), os.path.join(TMP, "client-crl.pem")
CERT, KEY = "cert.dyn.test", "key.dyn.test"
pki = Pki()
pki.make("cert ca cn=CA " + CA, "crl crl issuer=ca days=-1,30", "cert good issuer=ca san=dns:%s %s" % (CERT, CLIENT),
    "cert other issuer=ca san=dns:other.dyn.test " + CLIENT, "cert alone cn=laptop")
put(ROOTS, pki.pem("ca"))
put(CRL, pki.pem("crl"))
world = World(publisher="", server="client_ca = %s\nclient_crl = %s" % (ROOTS, CRL))
world.add_hosts([CERT], verifier="-", amend=["require cert", "credential cert dns:" + CERT])
world.add_hosts([KEY], verifier="-", amend=["require key", "credential key " + pki.fingerprint("alone")])
world.start_reaper()
world.start_xinetd()


def s_client(version, shown, lines):
	return run(["openssl", "s_client", "-quiet", "-tls1_" + version, "-connect",
	    "127.0.0.1:%d" % world.port, "-servername", "localhost", "-CAfile", world.certificate,
	    "-verify_return_error", *(["-cert", pki.path(shown), "-key", pki.path(shown, "key")] if shown else [])],
	    input=lines.encode())


def gnutls_cli(version, shown, lines):
	return run(["gnutls-cli", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1." + version, "-p", str(world.port),
	    "--x509cafile", world.certificate, *(["--x509certfile", pki.path(shown), "--x509keyfile",
	    pki.path(shown, "key")] if shown else []), "localhost"], input=lines.encode())


def curl(version, shown, lines):
	"""curl ends the selector itself."""
	words = urllib.parse.quote(lines.rstrip("\n").replace("\n", "\r\n"))
	return run(["curl", "-sS", "--max-time", "10", "--cacert", world.certificate, "--tlsv1." + version, "--tls-max",
	    "1." + version, *(["--cert", pki.path(shown), "--key", pki.path(shown, "key")] if shown else []),
	    "gophers://localhost:%d/1%s" % (world.port, words)])


def codes(peer, version, shown, host):
	got = peer(version, shown, "LOGIN %s\nRENEW %s\nQUIT\n" % (host, host))
	lines = got.stdout.decode(errors="replace").splitlines()
	return [line[:3] for line in lines if line[:4] in ("250 ", "503 ", "535 ", "221 ")]


IN, OUT = ["250", "250", "221"], ["535", "503", "221"]
for name, peer in (("openssl", s_client), ("gnutls-cli", gnutls_cli), ("curl", curl)):
	if not shutil.which(name):
		skip(name, "not installed")
		continue
	for version in "23":
		what = "%s, TLS 1.%s" % (name, version)
		equal([codes(peer, version, shown, CERT) for shown in ("good", "other", "alone", None)],
		    [IN, OUT, OUT, OUT], what + ": a certificate of our CA logs in, and no other")
		equal([codes(peer, version, shown, KEY) for shown in ("alone", "good", None)], [IN, OUT, OUT],
		    what + ": a pinned key logs in, and no other")
		ok(world.leases().get((CERT, 4), ("", ""))[1] == "live", what + ": and holds a lease", world.leases())
		world.tool("expire", CERT)
done_testing()
