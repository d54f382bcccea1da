#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 90
"""Two families, one name: the records of a host that is live on one, on both, on none; and fallbacks of `none`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok, wait_for  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

LEASE = 8
FOUR, SIX, BOTH, WANING, NEVER, GONE = (name + ".dyn.test" for name in "four six both waning never gone".split())
V6 = "2001:db8::7"


def start(**how):
	world = World(lease=LEASE, **how)
	world.start_named()
	world.start_reaper()
	world.start_xinetd()
	return world


def claim(world, host, a, aaaa, name, seconds=3):
	ok(world.shows(host, a, aaaa, seconds), name, "shown: A %s, AAAA %s" % (world.dig(host), world.dig(host, "AAAA")))


world = start(hosts=[FOUR, SIX, BOTH, WANING, NEVER, GONE])
claim(world, NEVER, FALLBACK4, FALLBACK6, "an enabled host that never came shows the fallback on both")

for host in (FOUR, BOTH, WANING, GONE):
	world.renew(host, "127.0.0.5")
for host in (SIX, BOTH, WANING):
	answer = world.renew(host, address=V6)
equal(answer, "250 %s address=%s family=6 lease=8 renew=2 changed=yes" % (WANING, V6), "IPv6 is leased by itself")
claim(world, FOUR, "127.0.0.5", "", "live on IPv4 only: no AAAA, not even the fallback's")
claim(world, SIX, "", V6, "live on IPv6 only: no A")
claim(world, BOTH, "127.0.0.5", V6, "live on both: both")
claim(world, WANING, "127.0.0.5", V6, "and so is this one")

# IPv4 of WANING is renewed, IPv6 lapses; everything of the others lapses.
kept = wait_for(2 * LEASE, lambda: world.renew(WANING, "127.0.0.5").endswith("changed=no") and
    world.dig(WANING, "AAAA") == "")
ok(kept and world.dig(WANING) == "127.0.0.5", "one family lapses: its record goes, the other stays", world.dig(WANING),
    world.dig(WANING, "AAAA"))
claim(world, FOUR, FALLBACK4, FALLBACK6, "IPv4 only, silent: the fallback on both")
claim(world, SIX, FALLBACK4, FALLBACK6, "IPv6 only, silent: the fallback on both")
claim(world, BOTH, FALLBACK4, FALLBACK6, "both silent: the fallback on both")
claim(world, WANING, FALLBACK4, FALLBACK6, "the last family lapses: the fallback on both", LEASE + 3)

# --- hosts that are deleted ---

claim(world, GONE, FALLBACK4, FALLBACK6, "a host before it is deleted")
world.lines = [line for line in world.lines if not line.startswith(GONE)]
world.publish_accounts()
claim(world, GONE, "", "", "a deleted host shows nothing at all")
claim(world, NEVER, FALLBACK4, FALLBACK6, "the others stay")
equal(world.ask(world.login(GONE) + ["RENEW " + GONE])[0], "535 denied", "and it cannot come back")

# --- fallbacks that are no records ---

bare = start(hosts=[FOUR, NEVER], fallback4="none", fallback6="none")
wait_for(5, bare.is_settled)
claim(bare, NEVER, "", "", "fallback none: a host that never came has no record")
bare.renew(FOUR, "127.0.0.5")
claim(bare, FOUR, "127.0.0.5", "", "it has when it is live")
claim(bare, FOUR, "", "", "and none when it is silent", LEASE + 3)

half = start(hosts=[FOUR], fallback6="none")
claim(half, FOUR, FALLBACK4, "", "a fallback on one family only")
half.renew(FOUR, address=V6)
claim(half, FOUR, "", V6, "does not stand beside a live one of the other")
claim(half, FOUR, FALLBACK4, "", "and comes when that is silent", LEASE + 3)

for each in (world, bare, half):
	equal(each.check().get("faults"), "0", "the table is whole")
done_testing()
