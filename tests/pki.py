# SPDX-License-Identifier: ISC
"""Keys and certificates for tests, and clients that show them.

	pki = Pki()
	pki.make("cert ca cn=CA " + CA, "cert laptop issuer=ca san=dns:a.dyn.test " + CLIENT)	# tools/make_certificates.c
	Talk(world, context=pki.context(world, "laptop"))
"""
import base64
import hashlib
import os

from lib import TMP, TOOLS, run
from wire import client_context

CA = "ext=basicConstraints:critical,CA:TRUE ext=keyUsage:critical,keyCertSign,cRLSign"
CLIENT = "ext=extendedKeyUsage:clientAuth"


def put(path, text):
	"""In the place of what is there; None: nothing."""
	if os.path.lexists(path):
		os.unlink(path)
	if text is not None:
		with open(path, "wb") as file:
			file.write(text)


class Pki:
	def __init__(self):
		self.dir = os.path.join(TMP, "pki")
		os.mkdir(self.dir, 0o755)

	def path(self, name, suffix="pem"):
		return os.path.join(self.dir, "%s.%s" % (name, suffix))

	def make(self, *orders):
		made = run([os.path.join(TOOLS, "make_certificates"), self.dir], input="\n".join(orders).encode())
		if made.returncode != 0:
			raise RuntimeError(made.stderr.decode())

	def pem(self, *names):
		text = b""
		for name in names:
			with open(self.path(name), "rb") as file:
				text += file.read()
		return text

	def fingerprint(self, name):
		"""As OpenSSL and Python see it."""
		der = run(["openssl", "pkey", "-in", self.path(name, "key"), "-pubout", "-outform", "DER"]).stdout
		return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")

	def serial(self, name):
		got = run(["openssl", "x509", "-in", self.path(name), "-noout", "-serial"])
		return got.stdout.decode().strip().split("=")[1].lstrip("0")

	def context(self, world, name=None, version=None, chain=()):
		"""A client that shows this certificate, and what else is said to lead to it."""
		made = client_context(world, version)
		if name is None:
			return made
		made.set_ciphers("DEFAULT:@SECLEVEL=0")		# or it would not load what is weak
		put(self.path("shown"), self.pem(name, *chain))
		made.load_cert_chain(self.path("shown"), self.path(name, "key"))
		return made
