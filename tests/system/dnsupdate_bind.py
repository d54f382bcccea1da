#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Dynamic updates to BIND."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from nameservers import Named  # noqa: E402
from updates import CLOCKS, Words, claims  # noqa: E402

claims(Named, Words(r"knows no key \S+ for hmac-sha\d+, .*\(BADKEY\)", r"another secret for the key k \(BADSIG\)", CLOCKS,
    r"refuses updates of dyn.test \(REFUSED\)"))
