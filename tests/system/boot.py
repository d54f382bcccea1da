#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 60
"""dynlease-reaper --boot: the zone file as the name server must find it, without server, command or noise."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import done_testing, equal, ok
from world import FALLBACK4, World
from zone import Zone

world = World(hosts=["a.dyn.test", "b.dyn.test"], fallback6="none", lease=30)
ran = os.path.join(world.dir, "ran")
with open(world.conf) as conf:
	text = conf.read()
with open(world.conf, "w") as conf:
	conf.write("\n".join("reload = /usr/bin/touch " + ran if line.startswith("reload") else line
	    for line in text.splitlines()) + "\n")
withdrawn = {"a.dyn.test": (FALLBACK4, None), "b.dyn.test": (FALLBACK4, None)}


def shown():
	zone = Zone.read(world)
	return zone and zone.names


got = world.reaper("--boot")
equal(got.returncode, 0, "without table, zone file and name server it ends well")
equal(shown(), withdrawn, "the file is there, and every name has its fallback")
ok(not os.path.exists(ran), "no command was run")
facts = world.check()
equal(facts.get("faults"), "0", "the table is whole")
equal(facts.get("changed"), "2", "and every name is left to be published")
ok(facts.get("alive") != "yes", "it does not pass for a finished pass", facts)

serial = Zone.read(world).serial
equal(world.reaper("--boot").returncode, 0, "again")
equal(Zone.read(world).serial, serial, "a file that is right stays as it is")

with open(world.zonefile) as file:
	text = file.read()
with open(world.zonefile, "w") as file:
	file.write(text.replace(FALLBACK4, "127.0.0.77"))
shutil.rmtree(os.path.join(world.rundir, "table"))
equal(world.reaper("--boot").returncode, 0, "a zone file of before the reboot")
equal(shown(), withdrawn, "shows the fallbacks again")
ok(Zone.read(world).serial > serial, "with a newer serial")

os.remove(world.zonefile)
os.mkdir(world.zonefile)
ok(world.reaper("--boot").returncode == 75, "a file that cannot be written is told by the exit status")
done_testing()
