#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 150
"""What things cost: a pass with nothing due, with ten hosts and ten thousand; a renewal that changes nothing."""
import os
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, SANITIZED, TMP, done_testing, equal, note, ok, run, skip_all, wait_for  # noqa: E402
from world import World  # noqa: E402

if SANITIZED:
	skip_all("a sanitizer makes system calls of its own")
FEW, MANY = 10, 10000


def host(i):
	return "h%d.dyn.test" % i


def make(hosts):
	"""A world whose hosts are all live, published and settled."""
	world = World(lease=3600, interval=5, ttl=30)
	world.add_hosts(map(host, range(hosts)))
	world.start_named()
	equal(world.reaper().returncode, 0, "%d hosts: the first pass" % hosts)
	lines = "".join("%s 203.0.113.%d 3600\n" % (host(i), i % 250 + 1) for i in range(hosts))
	got = world.tool("renew-all", input=lines.encode())
	ok(got.returncode == 0, "%d hosts: all lease an address" % hosts, got.stderr.decode())
	start = time.monotonic()
	got = world.reaper()
	note("%d hosts: published by a pass of %.2f s" % (hosts, time.monotonic() - start))
	equal(got.returncode, 0, "%d hosts: a pass publishes them" % hosts)
	sum = world.check()
	equal((sum.get("live"), sum.get("pending"), sum.get("changed"), sum.get("faults")), (str(hosts), "0", "0", "0"),
	    "%d hosts: all live, nothing pending" % hosts)
	return world


def calls(world):
	"""
	The system calls of a pass with nothing due: {name: number} of all its processes. LMDB writes pages that lie side by
	side in one call and others in several, so that the way its pages happen to lie shows; those are counted as bytes.
	"""
	trace = os.path.join(TMP, "trace")
	start = time.monotonic()
	equal(world.reaper().returncode, 0, "a pass with nothing due")
	note("in %.1f ms" % (1000 * (time.monotonic() - start)))
	got = world.reaper(wrap=["strace", "-f", "-qq", "-o", trace])
	equal(got.returncode, 0, "and another one, watched")
	count, all = {"bytes of pages": 0}, 0
	with open(trace) as lines:
		for line in lines:
			call = re.match(r"\d+ +(\w+)\(", line)	# not what is resumed, signals, exits
			if not call:
				continue
			all += 1
			name = call.group(1)
			if name in ("pwrite64", "writev"):
				count["bytes of pages"] += int(line.split()[-1])
			elif name != "lseek":
				count[name] = count.get(name, 0) + 1
	note("%d system calls" % all)
	ok(50 < all < 400, "which are not very many", all)
	return count


def test_pass():
	worlds = [make(hosts) for hosts in (FEW, MANY)]
	few, many = (calls(world) for world in worlds)
	ok(few == many, "as many system calls with %d hosts as with %d" % (MANY, FEW),
	    {name: (few.get(name, 0), many.get(name, 0)) for name in {*few, *many} if few.get(name) != many.get(name)})
	ok(few["bytes of pages"] > 0, "among them those that write `alive` into the table")
	return worlds[1]


def files(*tops):
	"""{path: (inode, size, modified, changed)} of all below tops."""
	found = {}
	for top in tops:
		for folder, folders, names in os.walk(top):
			for name in folders + names:
				path = os.path.join(folder, name)
				sb = os.lstat(path)
				found[path] = (sb.st_ino, sb.st_size, sb.st_mtime_ns, sb.st_ctime_ns)
	return found


def watched_renewal(world):
	"""One more renewal, by a helper whose every system call is written down: root watches, because others may not."""
	trace = os.path.join(TMP, "helper.trace")
	listener = socket.create_server(("127.0.0.1", 0))
	world.port = listener.getsockname()[1]
	helpers = []

	def serve():
		peer = listener.accept()[0]
		helpers.append(subprocess.Popen(["strace", "-f", "-qq", "-s", "200", "-u", world.owner, "-o", trace,
		    os.path.join(BIN, "dynlease-auth"), "-c", world.conf], stdin=peer, stdout=peer, stderr=peer))
		peer.close()

	spawner = threading.Thread(target=serve)
	spawner.start()
	equal(world.renew(host(7), "127.0.0.5").split()[-1], "changed=no", "it renews, watched")
	spawner.join()
	equal(helpers[0].wait(10), 0, "to its end")
	with open(trace) as lines:
		return lines.read()


def history(world):
	with open(os.path.join(world.dir, "history")) as file:
		return file.read()


def test_renewal(world):
	"""Through a super-server, with a reaper that watches; and then with every system call of the helper seen."""
	world.start_reaper()
	world.start_xinetd()
	equal(world.renew(host(7), "127.0.0.5").split()[-1], "changed=yes", "a host of the many moves")
	ok(world.shows(host(7), "127.0.0.5", seconds=15), "and is published, after its pace")
	ok(wait_for(10, lambda: "127.0.0.5" in history(world) and world.check().get("changed") == "0"), "and noted",
	    history(world)[-200:])
	log = os.path.join(TMP, "helper.log")
	size = os.path.getsize(log)
	before = files(world.dir, world.rundir)
	for _ in range(20):
		answer = world.renew(host(7), "127.0.0.5")
	time.sleep(1)		# whatever it had set off would have happened by then
	after = files(world.dir, world.rundir)
	equal(answer.split()[-1], "changed=no", "it renews twenty times")
	touched = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
	table = os.path.join(world.rundir, "table") + "/"
	equal([path for path in touched if not path.startswith(table)], [], "no file changes")
	ok(table + "data.mdb" in touched, "but the table", touched)
	equal(os.path.getsize(log), size, "nothing is logged")

	seen = watched_renewal(world)
	opened = set(re.findall(r'open(?:at)?\([^"]*"([^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)[^)]*\) = \d', seen))
	ok(table + "data.mdb" in opened, "the table is opened for writing", opened)
	equal(sorted(path for path in opened if not path.startswith(table) and path != "/dev/null"), [],
	    "and nothing else")
	changing = re.findall(r"\b(?:utimensat|(?:rename|(?:un)?link|mkdir|f?truncate|f?chmod|f?chown)\w*)\(.*", seen)
	equal(changing, [], "no file is touched, made, moved or removed")


test_renewal(test_pass())
done_testing()
