#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The dummy layer at work, in programs that were built with it: tests/system/patches.sh."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok  # noqa: E402
from wire import Talk  # noqa: E402
from world import World, token  # noqa: E402

OPEN, SHUT, BOTH, OTHER = "open.dyn.test", "shut.dyn.test", "open-both.dyn.test", "shut-both.dyn.test"
world = World(publisher="")
for host, layers in ((OPEN, "dummy"), (SHUT, "dummy"), (BOTH, "dummy+password"), (OTHER, "dummy+password")):
	world.add_hosts([host], announce="", amend=["require " + layers])
world.start_reaper()


def login(host, secret):
	talk = Talk(world)
	got = talk.ask([("LOGIN %s %s" % (host, secret)).strip(), "RENEW " + host, "QUIT"])
	talk.status()
	return [line[:3] for line in got[:2]], talk.log()


IN, OUT = ["250", "250"], ["535", "503"]
got, log = login(OPEN, "")
equal(got, IN, "an account that asks for it alone, and passes")
ok("layers=dummy " in log, "the log names it", log)
got, log = login(SHUT, "")
equal(got, OUT, "one that does not pass")
ok("passed=- failed=dummy denied" in log, "and the log says why", log)
equal([login(BOTH, world.tokens[BOTH])[0], login(BOTH, token(999))[0], login(OTHER, world.tokens[OTHER])[0]],
    [IN, OUT, OUT], "beside a password both must pass")
equal(world.tool("strikes").stdout.count(b"\n"), 2, "and each secret in vain is a strike")
done_testing()
