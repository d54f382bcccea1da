#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# limit: 80
"""
Through a tunnel: the entries for xinetd as they are shipped, on two machines with a real sshd between them, from the
first byte to 250; a plain `ssh -L`; and what the client says of tunnels that are broken.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import BIN, ROOT, SANITIZED, TMP, defer, done_testing, equal, ok, run, skip_all, spawn, wait_for  # noqa: E402
import net  # noqa: E402
from world import FALLBACK4, FALLBACK6, World  # noqa: E402

LEASE = 6
HOST = "tunnelled.dyn.test"
SERVER, HOME, AWAY = "10.77.0.1", "10.77.0.2", "10.77.0.3"
OK, DATAERR, UNAVAILABLE, TEMPFAIL = 0, 65, 69, 75

with open("/etc/shadow") as shadow:
	if re.search(r"^root:!", shadow.read(), re.M):
		skip_all("sshd lets no locked root in")
if not net.own_network():
	skip_all("no network namespaces")
laptop = net.Machine("laptop")
_, wire = net.cable(None, SERVER + "/24", laptop, HOME + "/24")
laptop.move(wire, HOME + "/24", SERVER)

world = World(lease=LEASE, interval=5, allow="10.77.0.0/16")
world.add_hosts([HOST], announce="10.77.0.0/24")
world.start_named()
world.start_reaper()


# --- the two entries for xinetd as they are shipped ---

def entry(name, **changes):
	"""The shipped entry with these values; a configuration of its own for xinetd."""
	with open(os.path.join(ROOT, "xinetd.d", name)) as shipped:
		text = shipped.read().replace("@sysconfdir@", TMP + "/etc")
	for key, value in changes.items():
		text, n = re.subn(r"(?m)^(\t%s\t+= ?).*$" % key, lambda m, v=value: m.group(1) + v, text)
		if n != 1:
			raise RuntimeError("%s has no single %s" % (name, key))
	path = os.path.join(TMP, name + ".conf")
	with open(path, "w") as out:
		out.write(text)
	return ["/usr/sbin/xinetd", "-dontfork", "-f", path, "-filelog", path + ".log", "-pidfile", path + ".pid"]


def shipped_args():
	with open(os.path.join(ROOT, "xinetd.d", "dynlease-tunnel")) as shipped:
		return re.search(r"(?m)^\tserver_args\t= (.*)$", shipped.read()).group(1).replace("@sysconfdir@", TMP + "/etc")


def listens(port, machine=None):
	argv = ["ss", "-Hltn", "sport = :%d" % port]
	return (run(argv) if machine is None else machine.run(argv)).stdout


memory = {"rlimit_as": "UNLIMITED"} if SANITIZED else {}	# a sanitizer reserves terabytes
spawn("xinetd-server", entry("dynlease", server=world.helper_script(), user="nobody", group="nogroup", **memory))
ok(wait_for(10, listens, 8245), "the shipped entry of the server serves")

# --- sshd, which lets one key do one thing ---

etc = os.path.join(TMP, "etc", "dynlease")
os.makedirs(etc)


def keygen(path):
	run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path]).check_returncode()
	with open(path + ".pub") as public:
		return " ".join(public.read().split()[:2])


host_key = keygen(os.path.join(TMP, "host_key"))
tunnel_key, forward_key = keygen(os.path.join(etc, "tunnel.key")), keygen(os.path.join(TMP, "forward_key"))
with open(os.path.join(TMP, "authorized_keys"), "w") as out:
	out.write('restrict,command="nc localhost 8245" %s\n' % tunnel_key)
	out.write('restrict,port-forwarding,permitopen="localhost:8245" %s\n' % forward_key)
with open(os.path.join(etc, "tunnel.known_hosts"), "w") as out:
	out.write("%s %s\n" % (SERVER, host_key))
shutil.chown(os.path.join(etc, "tunnel.key"), "root", "nogroup")
os.chmod(os.path.join(etc, "tunnel.key"), 0o640)
os.chmod(os.path.join(TMP, "etc"), 0o755)
os.chmod(etc, 0o755)
with open(os.path.join(TMP, "sshd_config"), "w") as out:
	out.write("ListenAddress %s\nPort 22\nHostKey %s/host_key\nAuthorizedKeysFile %s/authorized_keys\n"
	    "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
	    "PermitRootLogin yes\nUseDNS no\nPrintMotd no\n" % (SERVER, TMP, TMP))
if not os.path.isdir("/run/sshd"):
	os.mkdir("/run/sshd", 0o755)
	defer(os.rmdir, "/run/sshd")


def start_sshd():
	program = spawn("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", os.path.join(TMP, "sshd_config")])
	wait_for(10, listens, 22)
	return program


sshd = start_sshd()
ok(listens(22), "sshd listens")

args = shipped_args()
equal(args.split()[-4:], ["tunnel@ns.example.org", "nc", "localhost", "8245"], "the tunnel ends in netcat")
laptop.spawn("xinetd-laptop", entry("dynlease-tunnel", disable="no", user="nobody",
    server_args=args.replace("tunnel@ns.example.org", "root@" + SERVER)))
ok(wait_for(10, listens, 8245, laptop), "the shipped entry of the host listens")
equal({line.split()[3] for line in listens(8245, laptop).decode().splitlines()}, {"127.0.0.1:8245"},
    "on localhost, and nowhere else")


# --- the host's side ---

def conf_of(**keys):
	path = os.path.join(TMP, "client.conf")
	keys = {"account": HOST, "secret_file": path + ".secret", "ca": world.certificate, "address": "127.0.0.1",
	    "timeout": 8, **keys}
	with open(path, "w") as out:
		out.write("[server localhost]\n" + "".join("%s = %s\n" % pair for pair in keys.items()))
	with open(path + ".secret", "w") as out:
		os.fchmod(out.fileno(), 0o600)
		out.write(world.tokens[HOST] + "\n")
	return path


def client(command, **keys):
	return laptop.run([os.path.join(BIN, "dynlease"), "-v", "-c", conf_of(**keys), command])


def expect(got, code, name, said=""):
	text = got.stderr.decode()
	return ok(got.returncode == code and said in text and bool(text) == (code != OK) and "ssh" not in text, name +
	    ": exit %d" % code, "exit: %d" % got.returncode, got.stdout.decode(), text)


def claim(a, aaaa, name, seconds=2):
	ok(world.shows(HOST, a, aaaa, seconds), name, world.dig(HOST), world.dig(HOST, "AAAA"))


def leased():
	return world.leases().get((HOST, 4), ("-", "-", 0))


# --- from the first byte to 250: by hand, then with the client ---

by_hand = """
import socket, ssl, sys, time
start = time.monotonic()
tls = ssl.create_default_context(cafile=sys.argv[1]).wrap_socket(
    socket.create_connection(("127.0.0.1", 8245), 10), server_hostname="localhost")
tls.sendall(sys.stdin.buffer.read())
got = b""
while more := tls.recv(4096):
	got += more
sys.stdout.write("%.2f\\n" % (time.monotonic() - start) + got.decode())
"""
got = laptop.run([sys.executable, "-c", by_hand, world.certificate], input="\n".join(world.login(HOST) +
    ["RENEW %s %s" % (HOST, HOME), "QUIT", ""]).encode())
lines = got.stdout.decode().splitlines() + ["", "", "", ""]
ok(lines[1:4] == ["250 " + HOST, "250 %s address=%s family=4 lease=%d renew=%d changed=yes" % (HOST, HOME, LEASE,
    LEASE // 3), "221 bye"], "from the first byte to 250 through xinetd, ssh, sshd, netcat, xinetd (%s s)" % lines[0],
    got.stdout.decode(), got.stderr.decode())
claim(HOME, "", "and the address is published", 3)
log = world.helper_log()
ok(re.search(r"renew host=%s .*address=%s peer=(::1|127\.0\.0\.1) " % (re.escape(HOST), HOME), log),
    "the server has logged who its peer was", log)

expect(client("renew", announce=HOME), OK, "dynlease announces its address")
got = client("renew", announce="auto")
expect(got, OK, "and finds it by itself")
ok("address=%s " % HOME in got.stdout.decode(), "the right one", got.stdout.decode())
expect(client("status"), OK, "status")
equal(leased()[:2], (HOME, "live"), "that is what is leased")

# --- refusals: each leaves the lease as it was ---

expect(client("renew"), DATAERR, "nothing announced: the tunnel's end is not leased", "loopback")
expect(client("renew", announce="10.77.5.5"), DATAERR, "an address that the account may not announce")
laptop.ip("route", "del", "default")
expect(client("renew", announce="auto"), UNAVAILABLE, "no address to announce", "no IPv4 address to announce")
laptop.ip("route", "add", "default", "via", SERVER)
equal(leased()[0], HOME, "none of these has moved the lease")

# --- the machine moves, and says goodbye ---

expect(client("release"), OK, "release")
claim(FALLBACK4, FALLBACK6, "withdraws at once", 3)
laptop.move(wire, AWAY + "/24", SERVER)
got = client("renew", announce="auto")
expect(got, OK, "from another address")
equal(leased()[0], AWAY, "which is then the one that is leased")

# --- a plain forward ---

forward = laptop.spawn("ssh", ["ssh", "-F", "none", "-N", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes",
    "-o", "UserKnownHostsFile=%s/tunnel.known_hosts" % etc, "-i", os.path.join(TMP, "forward_key"),
    "-L", "127.0.0.1:9245:localhost:8245", "root@" + SERVER])
ok(wait_for(10, listens, 9245, laptop), "ssh -L listens")
got = client("renew", port=9245, announce="10.77.0.9")
expect(got, OK, "dynlease through ssh -L")
equal(leased()[0], "10.77.0.9", "has its address leased")

# --- broken tunnels: the client says so, nothing of ssh's words is taken for the server's ---

with open(os.path.join(etc, "tunnel.known_hosts"), "w") as out:
	out.write("%s %s\n" % (SERVER, tunnel_key))
expect(client("renew", announce="auto"), TEMPFAIL, "a server whose key is not the known one")
with open(os.path.join(etc, "tunnel.known_hosts"), "w") as out:
	out.write("%s %s\n" % (SERVER, host_key))
expect(client("renew", announce="auto"), OK, "it works again with the right one")
sshd.stop()
expect(client("renew", announce="auto"), TEMPFAIL, "no sshd")
forward.stop()
expect(client("renew", port=9245, announce="10.77.0.9"), UNAVAILABLE, "no forward")
claim(FALLBACK4, FALLBACK6, "no renewal comes through: the fallback", LEASE + 3)
sshd = start_sshd()
expect(client("renew", announce="auto"), OK, "sshd is back, and so is the host")
ok(wait_for(20, lambda: client("renew", announce="auto").returncode == OK and world.dig(HOST) == AWAY),
    "and its name, while it goes on to renew", world.dig(HOST))
equal(world.check().get("faults"), "0", "the table is whole")
done_testing()
