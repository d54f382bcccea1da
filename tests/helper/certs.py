#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 240
"""
Certificates of clients, each shown to a real helper under TLS 1.2 and 1.3: those of our CA that log in, those that
someone hopes will, and what becomes of them when the CA's own files are not in order.
"""
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import TMP, done_testing, equal, ok  # noqa: E402
from pki import CA as IS_CA  # noqa: E402
from pki import CLIENT, Pki, put  # noqa: E402
from wire import Talk  # noqa: E402
from world import World  # noqa: E402

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
CA, CRL = os.path.join(TMP, "client-ca.pem"), os.path.join(TMP, "client-crl.pem")
V, SAN = "victim.dyn.test", "san=dns:victim.dyn.test"
P = "password.dyn.test"
pki = Pki()
make, pem = pki.make, pki.pem


def login(account, name=None, version=None, chain=(), secret="", world=None):
	"""The answer to LOGIN, and then the helper's log; "refused" when there was no handshake."""
	world = world or main
	talk = Talk(world, context=pki.context(world, name, version, chain))
	try:
		got = talk.ask([("LOGIN %s %s" % (account, secret)).strip(), "RENEW " + account, "QUIT"])
	except (ssl.SSLError, ConnectionError):
		got = ["refused"]
	talk.status()
	return (got or ["refused"])[0], talk.log()


# --- those that no one should believe ---

make("cert root cn=dynlease%20CA days=-10,3000 " + IS_CA,
    "cert same cn=dynlease%20CA days=-10,3000 " + IS_CA,		# as it calls itself, with a key of its own
    "cert middle issuer=root cn=middle " + IS_CA,
    "cert lower issuer=middle cn=lower " + IS_CA,
    "cert server issuer=root cn=evil ext=extendedKeyUsage:serverAuth " + IS_CA,
    "cert evil issuer=root cn=evil san=dns:evil.dyn.test ext=basicConstraints:critical,CA:FALSE " + CLIENT,
    "cert loose issuer=root cn=evil san=dns:evil.dyn.test " + CLIENT,
    "cert signer issuer=root cn=evil san=dns:evil.dyn.test ext=keyUsage:keyCertSign " + CLIENT,
    "crl fresh issuer=root days=-1,30 revoke=666", "crl fresh-middle issuer=middle days=-1,30",
    "crl fresh-lower issuer=lower days=-1,30")
HOSTILE = [
	# (what it is, how it is made, what is sent along)
	("a NUL within the common name", "issuer=root cn=victim%00.evil.test " + CLIENT, ()),
	("a NUL behind the common name", "issuer=root cn=victim%00 " + CLIENT, ()),
	("a NUL within a name", "issuer=root san=dns:victim.dyn.test%00.evil.test " + CLIENT, ()),
	("a newline behind a name", "issuer=root san=dns:victim.dyn.test%0A " + CLIENT, ()),
	("two common names, the right one first", "issuer=root cn=victim cn=evil " + CLIENT, ()),
	("two common names, the right one last", "issuer=root cn=evil cn=victim " + CLIENT, ()),
	("twice the right common name", "issuer=root cn=victim cn=victim " + CLIENT, ()),
	("capitals", "issuer=root cn=Victim san=dns:VICTIM.dyn.test " + CLIENT, ()),
	("a look-alike", "issuer=root cn=v%D1%96ctim san=dns:vlctim.dyn.test " + CLIENT, ()),
	("a final dot", "issuer=root san=dns:victim.dyn.test. " + CLIENT, ()),
	("a name that begins like it", "issuer=root cn=victims san=dns:victim.dyn.test.evil.test " + CLIENT, ()),
	("a name that ends like it", "issuer=root san=dns:evil-victim.dyn.test san=dns:dyn.test " + CLIENT, ()),
	("wildcards", "issuer=root cn=* san=dns:*.dyn.test san=dns:* san=email:*@dyn.test " + CLIENT, ()),
	("an escape for a letter", "issuer=root cn=%2576ictim san=dns:%2576ictim.dyn.test " + CLIENT, ()),
	("a type within the name", "issuer=root cn=dns:victim.dyn.test san=dns:cn:victim " + CLIENT, ()),
	("the right names in the wrong places",
	"issuer=root cn=victim.dyn.test san=dns:victim san=email:victim.dyn.test san=uri:victim@dyn.test " + CLIENT, ()),
	("a common name as T61String", "issuer=root cn=victim form=t61 " + CLIENT, ()),
	("a common name as BMPString", "issuer=root cn=%00v%00i%00c%00t%00i%00m form=bmp " + CLIENT, ()),
	("a common name of a BMPString's bytes", "issuer=root cn=victim form=bmp " + CLIENT, ()),
	("65 names", "issuer=root cn=victim sans=64 " + SAN + " " + CLIENT, ()),
	("22 KiB of names", "issuer=root cn=victim sans=330 " + SAN + " " + CLIENT, ()),
	("another serial that ends like it", "issuer=root serial=1004242ABCDEF " + CLIENT, ()),
	("its serial, negative", "issuer=root serial=-4242ABCDEF " + CLIENT, ()),
	("a foreign CA of the same name", "issuer=same cn=victim " + SAN + " " + CLIENT, ()),
	("a foreign CA of the same name, sent along", "issuer=same cn=victim " + SAN + " " + CLIENT, ("same",)),
	("a foreign CA without key identifiers", "issuer=same cn=victim plain=yes " + SAN + " " + CLIENT, ("same",)),
	("the CA's name and another key's signature", "issuer=root sign=evil " + SAN + " " + CLIENT, ()),
	("no CA at all", "cn=victim " + SAN + " " + CLIENT, ()),
	("the CA's name on a certificate that signs itself", "cn=dynlease%20CA " + SAN + " " + CLIENT, ()),
	("a client's certificate as issuer", "issuer=evil " + SAN + " " + CLIENT, ("evil",)),
	("a client's certificate as issuer that does not say what it is", "issuer=loose " + SAN + " " + CLIENT,
	("loose",)),
	("a client's certificate as issuer that may sign", "issuer=signer " + SAN + " " + CLIENT, ("signer",)),
	("a CA for servers", "issuer=server " + SAN + " " + CLIENT, ("server",)),
	("a CA too many", "issuer=lower " + SAN + " " + CLIENT, ("lower", "middle")),
	("a CA that is not sent along", "issuer=middle " + SAN + " " + CLIENT, ()),
	("an unknown critical extension",
	"issuer=root ext=1.3.6.1.4.1.99999.1:critical,DER:0500 " + SAN + " " + CLIENT, ()),
	("servers' use only", "issuer=root ext=extendedKeyUsage:serverAuth " + SAN, ()),
	("no extended key usage", "issuer=root " + SAN, ()),
	("any extended key usage", "issuer=root ext=extendedKeyUsage:anyExtendedKeyUsage " + SAN, ()),
	("a key that may not sign", "issuer=root ext=keyUsage:critical,keyEncipherment " + SAN + " " + CLIENT, ()),
	("it has expired", "issuer=root days=-9,-1 " + SAN + " " + CLIENT, ()),
	("it is not valid yet", "issuer=root days=1,9 " + SAN + " " + CLIENT, ()),
	("it was revoked", "issuer=root serial=666 " + SAN + " " + CLIENT, ()),
	("a signature of SHA-1", "issuer=root md=SHA1 " + SAN + " " + CLIENT, ()),
	("an RSA key of 1024 bits", "issuer=root rsa=1024 " + SAN + " " + CLIENT, ()),
	("somebody else's", "issuer=root cn=evil san=dns:evil.dyn.test " + CLIENT, ()),
]
GOOD = [
	("its name", "issuer=root cn=who%20knows san=dns:other.test " + SAN + " " + CLIENT, ()),
	("its name among 64", "issuer=root sans=63 " + SAN + " " + CLIENT, ()),
	("its common name", "issuer=root cn=victim san=dns:other.test " + CLIENT, ()),
	("its mail address", "issuer=root san=email:victim@dyn.test " + CLIENT, ()),
	("its URI", "issuer=root san=uri:urn:victim " + CLIENT, ()),
	("its serial", "issuer=root serial=4242ABCDEF " + CLIENT, ()),
	("its name, for clients and servers", "issuer=root ext=extendedKeyUsage:serverAuth,clientAuth " + SAN, ()),
	("its name, by an intermediate", "issuer=middle " + SAN + " " + CLIENT, ("middle",)),
	("its name, with needless things sent along", "issuer=root " + SAN + " " + CLIENT, ("evil", "same", "root")),
	("its name and an RSA key", "issuer=root rsa=2048 " + SAN + " " + CLIENT, ()),
]
make(*["cert hostile%d %s" % (i, how) for i, (_, how, _) in enumerate(HOSTILE)],
    *["cert good%d %s" % (i, how) for i, (_, how, _) in enumerate(GOOD)])
put(CA, pem("root"))
put(CRL, pem("fresh", "fresh-middle", "fresh-lower"))

BOUND = ["credential cert " + value for value in
    ("dns:" + V, "cn:victim", "email:victim@dyn.test", "uri:urn:victim", "serial:4242ABCDEF")]
main = World(publisher="", server="client_ca = %s\nclient_crl = %s" % (CA, CRL))
main.add_hosts([V], verifier="-", announce="", amend=["require cert", *BOUND])
main.add_hosts([P], announce="")
main.start_reaper()
for version in VERSIONS:
	for i, (name, _, chain) in enumerate(HOSTILE):
		got, log = login(V, "hostile%d" % i, version, chain)
		ok(got in ("535 denied", "refused") and "critical: " not in log,
		    "%s, %s: %s" % (version.name, name, got), log)
	equal(login(V, None, version)[0], "535 denied", "%s, no certificate" % version.name)
	equal(main.leases(), {}, "%s: none of them holds a lease" % version.name)
for version in VERSIONS:
	for i, (name, _, chain) in enumerate(GOOD):
		got, log = login(V, "good%d" % i, version, chain)
		equal(got, "250 " + V, "%s, %s" % (version.name, name))
ok((V, 4) in main.leases(), "and they hold leases", main.leases())
talk = Talk(main, context=pki.context(main, "good0"))
talk.ask(["LOGIN " + V, "RENEW " + V, "QUIT"])
talk.status()
ok("account=%s address=%s peer=%s layers=cert" % (V, talk.source, talk.source) in talk.log(),
    "the log says what the lease was granted for", talk.log())
equal(login(P, "good0", secret="wrong")[0], "535 denied", "a certificate is no password")
equal(login(P, "good0", secret=main.tokens[P])[0], "250 " + P, "and does no harm beside one")
got, log = login(V, "hostile%d" % [name for name, _, _ in HOSTILE].index("it has expired"))
ok("certificate: certificate has expired\n" in log and "passed=- failed=cert denied" in log,
    "the log says why it was denied", log)

# --- files of the CA ---

RIGHT_CA, RIGHT_CRL = pem("root"), pem("fresh", "fresh-middle", "fresh-lower")
make("crl expired issuer=root days=-30,-1", "crl future issuer=root days=1,30", "crl foreign issuer=evil days=-1,30",
    "crl same-name issuer=same days=-1,30", "crl forged issuer=root sign=evil days=-1,30",
    "cert renewed key=root cn=dynlease%20CA days=-1,3000 " + IS_CA)
CRLS = [("missing", None), ("empty", b""), ("no CRL", b"nothing\n"), ("expired", pem("expired")),
	("not valid yet", pem("future")), ("of another issuer", pem("foreign")),
	("of another issuer of that name", pem("same-name")), ("forged", pem("forged")),
	("that of the root alone", pem("fresh-middle")),
	("garbled", pem("fresh").replace(b"\nM", b"\nN")), ("a certificate", pem("root"))]
CRLS += [("cut after %d bytes" % n, pem("fresh")[:n]) for n in (10, 60, 200, len(pem("fresh")) - 30)]
CAS = [("missing", None), ("empty", b""), ("cut", RIGHT_CA[:300]), ("cut near its end", RIGHT_CA[:-30]),
	("cut in its second root", RIGHT_CA + pem("renewed")[:400]), ("garbled", RIGHT_CA.replace(b"\nM", b"\nN"))]
for path, what, right, cases in ((CRL, "CRL", RIGHT_CRL, CRLS), (CA, "CA", RIGHT_CA, CAS)):
	for name, text in cases:
		put(path, text)
		got, log = login(V, "good0")
		lines = [line for line in log.splitlines() if "critical: no client's certificate is accepted: " in line]
		ok(got == "535 denied" and len(lines) == 1 and path in lines[0] and
		    re.search("(crl|init) make one$", lines[0]),
		    "%s %s: denied, and one line says what to do" % (what, name), got, log)
		equal(login(P, "good0", secret=main.tokens[P])[0], "250 " + P, "%s %s: passwords go on" % (what, name))
	got, log = login(P, "good0", secret="wrong")
	ok(got == "535 denied" and "critical: " not in log, "%s: who asks for no certificate hears nothing of it" % what,
	    log)
	put(path, right)
	equal(login(V, "good0")[0], "250 " + V, "%s: all is well when it is" % what)
os.unlink(CRL)
os.mkfifo(CRL)
got, log = login(V, "good0")
ok(got == "535 denied" and CRL + ": no file" in log, "a FIFO in the place of the CRL holds up nobody", got, log)
put(CRL, pem("expired"))
got, log = login(V, "hostile%d" % [name for name, _, _ in HOSTILE].index("a foreign CA of the same name"))
ok(got == "535 denied" and "critical: " not in log, "a stranger's certificate says nothing of the CRL", log)
put(CRL, pem("fresh"))
by_middle = [name for name, _, _ in GOOD].index("its name, by an intermediate")
got, log = login(V, "good%d" % by_middle, chain=("middle",))
ok(got == "535 denied" and "critical: " in log, "an intermediate needs a CRL of its own", got, log)
make("crl without issuer=root days=-1,30 revoke=" + pki.serial("middle"))
put(CRL, pem("without", "fresh-middle"))
got, log = login(V, "good%d" % by_middle, chain=("middle",))
ok(got == "535 denied" and "certificate revoked" in log, "and can be revoked itself", got, log)

# --- a root that is renewed, and one that is replaced ---

make("cert oldroot cn=roll days=-3000,-1 " + IS_CA, "cert newroot cn=roll key=oldroot days=-1,3000 " + IS_CA,
    "cert nextroot cn=roll days=-1,3000 " + IS_CA,
    "cert of-old issuer=oldroot " + SAN + " " + CLIENT, "cert of-new issuer=newroot " + SAN + " " + CLIENT,
    "cert of-next issuer=nextroot " + SAN + " " + CLIENT,
    "cert gone issuer=nextroot serial=777 " + SAN + " " + CLIENT,
    "cert stays issuer=oldroot serial=777 " + SAN + " " + CLIENT,
    "crl roll issuer=newroot days=-1,30", "crl next issuer=nextroot days=-1,30 revoke=777")
ROLLS = [
	("a renewed root", ("newroot",), ("roll",), {"of-old": True, "of-new": True, "of-next": False}),
	("a renewed root beside the old one", ("oldroot", "newroot"), ("roll",),
	{"of-old": True, "of-new": True, "of-next": False}),
	("the other way round", ("newroot", "oldroot"), ("roll",), {"of-old": True, "of-new": True}),
	("the old one alone, which is over", ("oldroot",), ("roll",), {"of-old": False, "of-new": False}),
	("a new key beside the old one", ("newroot", "nextroot"), ("roll", "next"),
	{"of-old": True, "of-new": True, "of-next": True, "gone": False, "stays": True}),
	("the same, the other way round", ("nextroot", "newroot"), ("next", "roll"),
	{"of-old": True, "of-new": True, "of-next": True, "gone": False, "stays": True}),
	("all three", ("oldroot", "nextroot", "newroot"), ("next", "roll"),
	{"of-old": True, "of-new": True, "of-next": True, "gone": False, "stays": True}),
	("the new key alone", ("nextroot",), ("roll", "next"), {"of-old": False, "of-new": False, "of-next": True}),
	("a new key without its CRL", ("newroot", "nextroot"), ("roll",), {"of-old": True, "of-next": False}),
]
for name, roots, crls, wanted in ROLLS:
	put(CA, pem(*roots))
	put(CRL, pem(*crls))
	got = {who: login(V, who)[0][:3] == "250" for who in wanted}
	equal(got, wanted, "roll-over: %s" % name)
	got = {who: login(V, who, chain=("oldroot", "newroot"))[0][:3] == "250" for who in wanted}
	equal(got, wanted, "roll-over: %s, with roots sent along" % name)
done_testing()
