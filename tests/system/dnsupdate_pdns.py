#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Dynamic updates to PowerDNS."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from nameservers import PowerDNS  # noqa: E402
from updates import Words, claims  # noqa: E402

# It does not say what is wrong with a signature.
REFUSED = r"refuses updates of dyn.test \(REFUSED\): .*dnsupdate=yes"
SIGNATURE = r"NOTAUTH to questions of dyn.test: .*key \S+, its algorithm, its secret and the clock"
claims(PowerDNS, Words(REFUSED, REFUSED, REFUSED, REFUSED), Words(SIGNATURE, SIGNATURE, SIGNATURE, REFUSED))
