# SPDX-License-Identifier: ISC
"""A machine with a systemd of its own for a test: the Debian of tests/tree.sh, copied and booted by systemd-nspawn.

	machine = Machine(TMP + "/machine")	# skips the file where that cannot work
	machine.boot()
	machine.run("systemctl", "is-active", "named").stdout

It lives in the network namespace of the test, which alone() makes: its ports are the test's own.
"""
import os
import shutil
import signal
import subprocess
import sys

from lib import BIN, ROOT, SANITIZED, defer, run, skip_all, spawn, wait_for


BASE = os.path.join(ROOT, "build", "tree", "debian")


def alone(*addresses):
	"""Start the script again in a network namespace of its own, with these addresses on its loopback."""
	if os.environ.get("DYNLEASE_TEST_NET") != "own":
		if os.geteuid() != 0 or run(["unshare", "-n", "true"]).returncode != 0:
			skip_all("cannot make a network namespace")
		made = run([os.path.join(ROOT, "tests", "tree.sh"), BASE], 500)	# while there is a network
		if made.returncode != 0:
			skip_all(made.stderr.decode().strip().replace("\n", "; "))
		os.environ["DYNLEASE_TEST_NET"] = "own"
		os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
	for words in (["link", "set", "lo", "up"], *(["address", "add", a, "dev", "lo"] for a in addresses)):
		run(["ip", *words]).check_returncode()


class Machine:
	def __init__(self, tree):
		if SANITIZED:
			skip_all("the units bound what a sanitizer needs")
		run(["cp", "-a", BASE, tree], 120).check_returncode()
		defer(shutil.rmtree, tree, True)
		self.tree, self.nspawn, self.name = tree, None, "dynlease-%d" % os.getpid()
		# What nspawn keeps of it, and does not remove where /run is on a disk.
		defer(shutil.rmtree, "/run/systemd/nspawn/propagate/" + self.name, True)
		defer(self.power_off)
		installed = run(["make", "-s", "-o", "all", "-C", ROOT, "install", "B=" + BIN, "DESTDIR=" + tree, "PREFIX=/usr"])
		if installed.returncode != 0:
			raise RuntimeError(installed.stderr.decode())

	def path(self, name):
		return self.tree + name

	def read(self, name):
		with open(self.path(name)) as file:
			return file.read()

	def write(self, name, text):
		os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
		with open(self.path(name), "w") as file:
			file.write(text)

	# --- its life ---

	def boot(self):
		"""False: it does not come up."""
		self.nspawn = spawn("machine", ["systemd-nspawn", "-q", "-D", self.tree, "-M", self.name, "--register=no",
		    "--keep-unit", "--capability=CAP_NET_ADMIN", "--console=pipe", "-b"], stdin=subprocess.DEVNULL)
		return bool(wait_for(60, lambda: self.say("systemctl", "is-system-running") in ("running", "degraded")))

	def leader(self):
		"""Its process 1, or None."""
		try:
			with open("/proc/%d/task/%d/children" % (self.nspawn.pid, self.nspawn.pid)) as children:
				return int(children.read().split()[0])
		except (OSError, IndexError):
			return None

	def power_off(self):
		"""In an orderly way, if it can."""
		leader = self.leader() if self.nspawn else None
		if leader:
			os.kill(leader, signal.SIGRTMIN + 4)
			wait_for(30, lambda: not self.nspawn.is_running())
			self.nspawn.stop()

	# --- working in it ---

	def run(self, *argv, **how):
		leader = self.leader()
		if leader is None:
			return subprocess.CompletedProcess(argv, 255, b"", b"it is not there")
		return run(["nsenter", "-t", str(leader), "-m", "-u", "-i", "-p", "--", *argv], **how)

	def say(self, *argv):
		"""What it prints, without the newline at its end."""
		return self.run(*argv).stdout.decode("utf-8", "replace").strip()

	def do(self, *argv, **how):
		done = self.run(*argv, **how)
		if done.returncode != 0:
			raise RuntimeError("%s: %s" % (argv, (done.stdout + done.stderr).decode("utf-8", "replace")))
		return done.stdout.decode("utf-8", "replace")

	def show(self, unit, what):
		"""A property of a unit."""
		return self.say("systemctl", "show", "--value", "-p", what, unit)
