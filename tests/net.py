# SPDX-License-Identifier: ISC
"""Machines of a test: network namespaces with cables between them. Only root may; nothing is left behind.

	if not net.own_network(): skip_all("no network namespaces")
	machine = net.Machine("a")
	net.cable(None, "10.77.1.1/24", machine, "10.77.1.2/24")
	machine.run(["dynlease", "renew"])

The test itself, with all that it starts, is the machine None. A namespace lives as long as the process that holds
it, so it ends with the test, however that ends.
"""
import ctypes
import os

from lib import run, spawn, wait_for

CLONE_NEWNET = 0x40000000
_cables = 0


def own_network():
	"""Move this process into a network of its own, with nothing in it but loopback. False: that is not permitted."""
	try:
		libc = ctypes.CDLL(None, use_errno=True)
		return libc.unshare(CLONE_NEWNET) == 0 and ip("link", "set", "lo", "up").returncode == 0
	except OSError:
		return False


def ip(*args):
	return run(["ip", *args])


def _must(got):
	if got.returncode != 0:
		raise RuntimeError("%s: %s" % (got.args, got.stderr.decode()))
	return got


class Machine:
	def __init__(self, name):
		self.holder = spawn("machine-" + name, ["unshare", "--net", "sleep", "infinity"])
		self.pid = self.holder.pid
		wait_for(5, lambda: os.readlink("/proc/%d/ns/net" % self.pid) != os.readlink("/proc/self/ns/net"))
		self.ip("link", "set", "lo", "up")

	def command(self, argv):
		"""What to execute to have argv executed there."""
		return ["nsenter", "--net=/proc/%d/ns/net" % self.pid, "--", *argv]

	def run(self, argv, **how):
		return run(self.command(argv), **how)

	def spawn(self, name, argv, **how):
		return spawn(name, self.command(argv), **how)

	def ip(self, *args):
		return _must(self.run(["ip", *args]))

	def move(self, end, address, gateway):
		"""Give an interface this address only, and the default route this gateway, all in a moment."""
		_must(self.run(["ip", "-batch", "-"], input=("addr flush dev %s\naddr add %s dev %s\n"
		    "route replace default via %s\n" % (end, address, end, gateway)).encode()))

	def forward(self, nat=None):
		"""Be a router; a masquerading one for the packets of network nat."""
		_must(self.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]))
		if nat:
			_must(self.run(["nft", "-f", "-"], input=(
			    "table ip nat { chain out { type nat hook postrouting priority srcnat;"
			    " ip saddr %s masquerade; }; }\n" % nat).encode()))


def cable(one, address, other, other_address):
	"""Connect two machines; returns the names of the two interfaces."""
	global _cables
	_cables += 1
	ends = ["w%da" % _cables, "w%db" % _cables]
	_must(ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1]))
	for machine, end, own in ((one, ends[0], address), (other, ends[1], other_address)):
		if machine is not None:
			_must(ip("link", "set", end, "netns", str(machine.pid)))
		do = (lambda *args: _must(ip(*args))) if machine is None else machine.ip
		do("addr", "add", own, "dev", end)
		do("link", "set", end, "up")
	return ends
