# SPDX-License-Identifier: ISC
"""Real secondaries of a world's named, on addresses of their own and its port: NSD and Knot."""
import os
import shutil

from lib import run, spawn, wait_for
from nameservers import nsd_conf

NSD, KNOT = "127.0.0.31", "127.0.0.32"


def notify_options(world):
	"""What named must be told, so that both may have the zone and hear of its changes."""
	return "notify explicit; notify-delay 0; allow-transfer { any; }; also-notify { %s port %d; %s port %d; };" % (
	    NSD, world.dns_port, KNOT, world.dns_port)


def _folder(world, name):
	path = os.path.join(world.dir, name)
	shutil.rmtree(path, True)
	os.mkdir(path)
	return path


def serial(world, server, zone=None):
	"""What the server shows; None when it does not answer."""
	got = run(["dig", "+short", "+time=1", "+tries=1", "+norecurse", "-p", str(world.dns_port), "@" + server,
	    zone or world.zone, "SOA"]).stdout.split()
	return int(got[2]) if len(got) == 7 else None


def _up(program, world, server):
	wait_for(15, lambda: serial(world, server) is not None)
	return program


def start_nsd(world):
	folder = _folder(world, "nsd")
	conf = os.path.join(folder, "nsd.conf")
	with open(conf, "w") as out:
		out.write(nsd_conf(folder, NSD, world.dns_port, ["name: " + world.zone, 'zonefile: "zone"',
		    "request-xfr: AXFR 127.0.0.1@%d NOKEY" % world.dns_port, "allow-notify: 127.0.0.1 NOKEY", "max-retry-time: 2"],
		    control=False))
	return _up(spawn("nsd", ["/usr/sbin/nsd", "-d", "-c", conf]), world, NSD)


def start_knot(world):
	folder = _folder(world, "knot")
	conf = os.path.join(folder, "knot.conf")
	with open(conf, "w") as out:
		out.write("""server:
    rundir: "{d}"
    listen: {a}@{p}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{d}"
log:
  - target: stderr
    any: info
remote:
  - id: primary
    address: 127.0.0.1@{p}
acl:
  - id: notify
    address: 127.0.0.1
    action: notify
zone:
  - domain: {z}
    storage: "{d}"
    master: primary
    acl: notify
    refresh-min-interval: 2
    refresh-max-interval: 2
    retry-min-interval: 1
    retry-max-interval: 2
""".format(a=KNOT, p=world.dns_port, d=folder, z=world.zone))
	return _up(spawn("knotd", ["/usr/sbin/knotd", "-c", conf]), world, KNOT)
