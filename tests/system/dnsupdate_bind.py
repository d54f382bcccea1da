#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Dynamic updates to BIND."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from nameservers import Named  # noqa: E402
from updates import CLOCKS, CONFIG, ZONE, Words, check, claims, conf, equal, failed, ok, publish, shown  # noqa: E402


def policy():
	"""The operator has kept one name for himself."""
	server = Named(policy="update-policy { deny k name mine.%s A AAAA; grant k zonesub A AAAA CNAME; };" % ZONE).start()
	equal(check(conf(server)), (0, ""), "update-policy with the three types: the check has nothing to say")
	names = {"n%03d" % i: "203.0.113.%d" % (i % 250) for i in range(600)}
	failed(publish(conf(server), {**names, "mine": "203.0.113.251"}), CONFIG,
	    r": mine\.%s: 127\.0\.0\.1 refuses updates of %s" % (ZONE, ZONE), "update-policy denies one name of 601: it is named")
	equal((shown(server, "mine"), len([1 for name, kind in server.axfr() if name[0] == "n" and name[1] != "s"])),
	    (("", ""), 600), "and all others are shown")
	server.stop()
	server.policy = "update-policy { grant k zonesub A AAAA; };"
	server.start()
	got = check(conf(server))
	ok("refuses updates of dyn.test (REFUSED): allow them for the key k, of A, AAAA and CNAME" in got[1],
	    "without CNAME: the check says what is missing", got)
	server.stop()


claims(Named, Words(r"knows no key \S+ for hmac-sha\d+, .*\(BADKEY\)", r"another secret for the key k \(BADSIG\)", CLOCKS,
    r"refuses updates of dyn.test \(REFUSED\)"), more=policy)
