# SPDX-License-Identifier: ISC
"""The library of test scripts in Python (standard library only): claims, waiting, programs in the background.

	import os, sys
	sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
	from lib import ROOT, BIN, TOOLS, TMP, ok, equal, spawn, wait_for, done_testing

A script runs alone too: ROOT, BIN, TOOLS and TMP are then found or made here.
"""
import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.environ.get("ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("BIN") or os.path.join(ROOT, "build")
TOOLS = os.environ.get("TOOLS") or os.path.join(BIN, "tests", "tools")
SANITIZED = bool(os.environ.get("SANITIZED"))
_own_tmp = not os.environ.get("TMP")
TMP = os.environ.get("TMP") or tempfile.mkdtemp(prefix="dynlease-test.")
if _own_tmp:
	os.chmod(TMP, 0o711)
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
sys.dont_write_bytecode = True

_n = 0
_failed = 0
_finished = False
_spawned = []
_deferred = []


# --- claims ---

def _clean(text):
	return str(text).replace("\n", "\\n").replace("#", "no.")


def ok(condition, name, *notes):
	"""Claim that condition is true; notes are shown when it is not. Returns it."""
	global _n, _failed
	_n += 1
	if condition:
		print("ok %d - %s" % (_n, _clean(name)), flush=True)
	else:
		_failed += 1
		print("not ok %d - %s" % (_n, _clean(name)), flush=True)
		note(*notes)
	return bool(condition)


def equal(got, wanted, name):
	return ok(got == wanted, name, "got:    %r" % (got,), "wanted: %r" % (wanted,))


def skip(name, reason):
	global _n
	_n += 1
	print("ok %d - %s # SKIP %s" % (_n, _clean(name), reason), flush=True)


def skip_all(reason):
	"""Skip the whole file; only before the first claim."""
	global _finished
	_finished = True
	print("1..0 # SKIP %s" % reason, flush=True)
	sys.exit(0)


def note(*lines):
	for line in lines:
		for part in str(line).split("\n"):
			print("# " + part, flush=True)


def done_testing():
	global _finished
	_finished = True
	print("1..%d" % _n, flush=True)
	sys.exit(1 if _failed else 0)


# --- waiting ---

def wait_for(seconds, condition, *args):
	"""Poll until condition(*args) is true; returns its last value. Never a claim by itself."""
	end = time.monotonic() + seconds
	while True:
		value = condition(*args)
		if value or time.monotonic() >= end:
			return value
		time.sleep(0.02)


def free_port(address="127.0.0.1"):
	"""
	A port on address that is free for TCP and UDP, and stays so while the server that is to have it is down: the kernel
	gives out none of these by itself, and this gives out none twice in one run of the tests.
	"""
	family = socket.AF_INET6 if ":" in address else socket.AF_INET
	while True:
		port = random.randrange(10000, 32000)
		with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
			try:
				tcp.bind((address, port))
				udp.bind((address, port))
				if not _own_tmp:
					open(os.path.join(os.path.dirname(TMP), "port.%d" % port), "x").close()
			except OSError:
				continue
			return port


# --- programs ---

class Program:
	"""A program in the background; its output goes to TMP/name.log. Stopped at the end by its pid."""

	def __init__(self, name, argv, **how):
		self.name = name
		self.log = os.path.join(TMP, name + ".log")
		with open(self.log, "ab") as log:
			how.setdefault("stdin", subprocess.DEVNULL)
			how.setdefault("stdout", log)
			how.setdefault("stderr", subprocess.STDOUT if how["stdout"] is log else log)
			self.process = subprocess.Popen(argv, **how)
		self.pid = self.process.pid

	def text(self):
		with open(self.log, "rb") as log:
			return log.read().decode("utf-8", "replace")

	def is_running(self):
		return self.process.poll() is None

	def kill(self, number=signal.SIGKILL):
		if self.is_running():
			self.process.send_signal(number)

	def stop(self, number=signal.SIGTERM, seconds=5):
		"""Ask it to end, and kill it after some seconds. Returns its status as Popen has it."""
		self.kill(number)
		self.kill(signal.SIGCONT)
		try:
			return self.process.wait(seconds)
		except subprocess.TimeoutExpired:
			self.kill()
			return self.process.wait()


def spawn(name, argv, **how):
	program = Program(name, argv, **how)
	_spawned.append(program)
	return program


def run(argv, seconds=60, **how):
	"""Run to the end; .returncode, .stdout, .stderr (bytes)."""
	how.setdefault("stdin", None if "input" in how else subprocess.DEVNULL)
	if "input" in how:
		del how["stdin"]
	return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds, check=False, **how)


def defer(function, *args):
	"""Call it at the end, last one first."""
	_deferred.append((function, args))


def _leave():
	for program in reversed(_spawned):
		program.stop()
	for function, args in reversed(_deferred):
		try:
			function(*args)
		except Exception as error:	# the others are still due
			note("at the end: %s" % error)
	if not _finished:
		note("ended before done_testing")
	if _failed or not _finished:
		for program in _spawned:
			note("--- %s.log" % program.name, program.text()[-6000:])
	if _own_tmp:
		shutil.rmtree(TMP, ignore_errors=True)
	if not _finished:
		sys.stdout.flush()
		os._exit(1)


def _interrupted(number, _frame):
	sys.exit(128 + number)


atexit.register(_leave)
for _signal in (signal.SIGHUP, signal.SIGTERM):
	signal.signal(_signal, _interrupted)
