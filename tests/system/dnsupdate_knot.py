#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Dynamic updates to Knot."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from nameservers import Knot  # noqa: E402
from updates import CLOCKS, Words, claims  # noqa: E402

# Of updates that no acl allows it says the same as of an unknown key.
UNKNOWN = r"knows no key \S+ for hmac-sha\d+, or none that may do this \(BADKEY\)"
claims(Knot, Words(UNKNOWN, r"another secret for the key k \(BADSIG\)", CLOCKS, UNKNOWN))
