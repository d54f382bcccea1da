#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 120
# shellcheck disable=SC2154
# dynlease-admin: init, host, status and check, on files and a table of the test's own.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
shm=$(mktemp -d /dev/shm/dynlease-admin.XXXXXX) || skip_all 'no /dev/shm'
chmod 711 "$shm"
defer rm -rf "$shm"
conf=$TMP/etc/dynlease.conf state=$TMP/state rundir=$shm/run
people=(--user nobody --group nogroup --reaper-user nobody --ssh-user nobody)
zone=(--zone dyn.example.org --fallback4 192.0.2.1 --fallback6 none)

admin() {
	"$BIN/dynlease-admin" -c "$conf" "$@"
}

init() {
	admin init "${people[@]}" --name ns.example.org --rundir "$rundir" --state "$state" --reload none "$@"
}

pass() {	# one pass of the reaper; its publisher asks nobody, and fails
	setpriv --reuid nobody --regid nogroup --clear-groups "$BIN/dynlease-reaper" -D -c "$conf"
}

table() {
	"$TOOLS/table_tool" "$rundir" "$@"
}

everything() {	# all there is below the test's directories, with owners and modes
	find "$TMP/etc" "$state" "$shm" -printf '%P %u %g %m %s\n' 2>/dev/null | sort
}

has_line() {	# has_line TEXT REGEX
	grep -qE "$2" <<<"$1"
}

# --- usage ---

run -s 64 -n 'no command is wrong usage' "$BIN/dynlease-admin"
is "$(wc -l <"$TMP/err")" 1 'in one line'
run -s 64 -n 'an unknown command' admin frob
run -s 64 -n 'an unknown option' admin status --frob
run -s 64 -n 'a missing word' admin host add
run -s 64 -n 'a word too many' admin host list x
run -s 64 -n 'an option given twice' init "${zone[@]}" --zone other.example.org
run -s 64 -n 'an option without its value' admin host add a.dyn.example.org --class
run -n 'help' "$BIN/dynlease-admin" --help
run -n 'version' "$BIN/dynlease-admin" --version
run -s 77 -n 'only root makes hosts' setpriv --reuid nobody --clear-groups "$BIN/dynlease-admin" host add x
run -s 64 -n 'init wants a word on both fallbacks' init --zone dyn.example.org --fallback4 192.0.2.1

# --- init: refusals change nothing ---

for wrong in '--fallback4 127.0.0.1' '--fallback6 ::1' '--fallback4 10.0.0.256' '--zone a..b'; do
	read -r option value <<<"$wrong"
	args=()
	for given in zone=dyn.example.org fallback4=192.0.2.1 fallback6=none; do
		[ "--${given%%=*}" = "$option" ] || args+=("--${given%%=*}" "${given#*=}")
	done
	run -s 65 -n "init refuses $wrong" init "${args[@]}" "$option" "$value"
done
run -s 65 -n 'init refuses a run directory on a disk' admin init "${people[@]}" "${zone[@]}" --name ns.example.org \
    --rundir /var/lib/dynlease-none --state "$state" --reload none
is "$(everything)" "$(stat -c ' %U %G %a %s' "$shm")" 'and has made nothing'

mkdir -p "$state"
touch "$state/accounts"
run -s 73 -n 'init overwrites nothing' init "${zone[@]}"
like "$err" "$state/accounts exists already" 'and says what is in its way'
rm -r "$state"

# A file where the zones' directory would be made: init fails half-way.
touch "$state"
run -s 71 -n 'init fails half-way' init "${zone[@]}"
is "$(ls -A "$TMP/etc" 2>/dev/null)" '' 'and has removed what it had made'
is "$(ls -A "$shm")" '' 'also elsewhere'
rm "$state"

# --- init ---

run -n 'init' init "${zone[@]}"
like "$out" 'TCP port 8245' 'says what to open in the firewall'
like "$out" 'dynlease-reaper --watch' 'and how to start the reaper'
is "$(stat -c '%U:%G %a' "$TMP/etc/server.key")" 'root:nogroup 640' 'the key is for root and the group'
is "$(stat -c '%a' "$state/master")" 700 "the master is root's alone"
is "$(stat -c '%U:%G %a' "$rundir")" 'nobody:nogroup 2770' 'the run directory is the group'\''s'
is "$(stat -c '%U' "$state/zones")" nobody "the zones' directory is the reaper's"
text=$(openssl x509 -in "$TMP/etc/server.pem" -noout -text -checkend $((3649 * 86400)))
like "$text" 'DNS:ns.example.org' 'the certificate is for the name of the server'
like "$text" 'CA:FALSE' 'and for no authority'
like "$text" 'prime256v1' 'its key is P-256'
like "$text" 'will not expire' 'and it is good for ten years'
succeeds 'a client that has it verifies the server with it' openssl verify -CAfile "$TMP/etc/server.pem" \
    -purpose sslserver -verify_hostname ns.example.org "$TMP/etc/server.pem"
before=$(everything)
run -s 73 -n 'a second init' init "${zone[@]}"
is "$(everything)" "$before" 'changes nothing'

# --- init makes the users that are missing, on an /etc of its own ---

own_etc() {	# own_etc COMMAND...
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0" /etc && exec "$@"' "$TMP/own-etc" "$@"
}

mkdir "$TMP/own-etc"
cp -a /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs /etc/nsswitch.conf /etc/ssl "$TMP/own-etc/" \
    2>/dev/null
sed -i '/^dynlease/d' "$TMP"/own-etc/{passwd,group,shadow,gshadow}
if own_etc true 2>/dev/null; then
	own=(own_etc "$BIN/dynlease-admin" -c "$TMP/own/dynlease.conf" init "${zone[@]}" --name ns.example.org --reload none)
	touch "$TMP/in-the-way"
	run -s 71 -n 'init that fails after it has made users' "${own[@]}" --rundir "$shm/own" --state "$TMP/in-the-way"
	is "$(grep -c '^dynlease' "$TMP/own-etc/passwd" "$TMP/own-etc/group" | paste -sd ' ')" \
	    "$TMP/own-etc/passwd:0 $TMP/own-etc/group:0" 'deletes them again'
	run -n 'init with the usual users' "${own[@]}" --rundir "$shm/own" --state "$TMP/own-state"
	is "$(cut -d: -f1,6,7 "$TMP/own-etc/passwd" | grep ^dynlease | paste -sd ' ')" \
	    'dynlease:/nonexistent:/usr/sbin/nologin dynlease-reap:/nonexistent:/usr/sbin/nologin dynlease-ssh:/:/bin/sh' \
	    'has made them'
	is "$(grep '^dynlease' "$TMP/own-etc/shadow" | cut -d: -f 2 | paste -sd ' ')" '! ! *' \
	    'without passwords, the one for sshd not locked'
	gid=$(awk -F: '$1 == "dynlease" { print $3 }' "$TMP/own-etc/group")
	is "$(awk -F: -v gid="$gid" '/^dynlease/ && $4 == gid' "$TMP/own-etc/passwd" | wc -l)" 3 'in their group'
	is "$(stat -c %g "$TMP/own/server.key" "$shm/own" | uniq)" "$gid" 'which has the key and the run directory'
else
	skip 'init makes users' 'no mount namespace'
fi

# --- check without a reaper ---

run -s 2 -n 'check without a table is critical' admin check
like "$out" '^DYNLEASE CRITICAL: ' 'the summary comes first'
like "$out" 'there is no lease table: nothing is granted; start dynlease-reaper' 'and says why'
like "$out" 'exposure dyn.example.org: 157 s \(lease 120 \+ interval 5 \+ pass 1 \+ publishing 1 \+ TTL 30\)' \
    'the exposure is summed up'
run -s 69 -n 'status without a table says that it knows nothing' admin status

# --- hosts ---

host=home.dyn.example.org
run -n 'host add' admin host add Home.dyn.example.org
token=$(sed -n 's/^token: //p' <<<"$out")
like "$token" '^[0-9a-f]{40}$' 'shows a token'
is "$(grep -c "$token" "$TMP/out")" 1 'once'
succeeds 'the piece for the client names the server' has_line "$out" '^\[server ns\.example\.org\]$'
succeeds 'and the account' has_line "$out" "^account = $host\$"
is "$(sed -n '/BEGIN CERT/,/END CERT/p' <<<"$out")" "$(cat "$TMP/etc/server.pem")" 'the certificate is there to paste'
fails 'the token is in no file' grep -rq "$token" "$TMP/etc" "$state" "$shm"
run -s 73 -n 'a host that is there is refused' admin host add "$host"
like "$err" 'already; nothing was changed' 'clearly'
run -s 65 -n 'a host of no zone is refused' admin host add home.example.com
run -s 65 -n 'a name with a slash is refused' admin host add 'a/b.dyn.example.org'
run -s 65 -n 'a class that is not configured is refused' admin host add a.dyn.example.org --class slow
run -s 65 -n 'networks that are none are refused' admin host add a.dyn.example.org --announce 10.0.0.1/8
run -s 65 -n 'a secret in clear is no verifier' admin host add a.dyn.example.org --hash secret
hash=$(openssl passwd -6 -salt abcdefgh secret)
run -n 'a crypt(5) hash is taken over' admin host add other.dyn.example.org --hash "$hash" --announce 198.51.100.0/24
unlike "$out" 'token:' 'without a token'
run -n 'host list' admin host list
is "$(awk 'NR > 1 { print $1 }' <<<"$out" | paste -sd ' ')" "$host other.dyn.example.org" 'shows both in order'
run -n 'host list --json' admin host list --json
is "$(python3 -c 'import json, sys; print(*[h["host"] for h in json.load(sys.stdin)])' <"$TMP/out")" \
    "$host other.dyn.example.org" 'is JSON'

# --- with a table ---

pass >"$TMP/reaper.log" 2>&1
run -n 'a lease' table renew "$host" 198.51.100.7 100
run -n 'status' admin status
like "$out" "$host +live +IPv4 +198\.51\.100\.7 +[0-9]+ s +(100|9[0-9]) s +password" 'shows the lease'
like "$out" 'other.dyn.example.org +offline' 'and who is offline'
unlike "$out" $'\033' 'without colours when it is no terminal'
run -n 'status in colour' script -qec "$BIN/dynlease-admin -c $conf status" /dev/null
like "$out" $'\033''\[32mlive' 'on a terminal there are some'
run -n 'status with NO_COLOR' env NO_COLOR=1 script -qec "$BIN/dynlease-admin -c $conf status" /dev/null
unlike "$out" $'\033' 'none when NO_COLOR is set'
run -n 'status --json of one host' admin status "$host" --json
is "$(python3 -c 'import json, sys; (h,) = json.load(sys.stdin); print(h["state"], h["leases"][0]["address"])' \
    <"$TMP/out")" 'live 198.51.100.7' 'is JSON'
run -s 66 -n 'status of a host that is not there' admin status nobody.dyn.example.org

run -s 2 -n 'check names the publisher that fails' admin check
like "$out" 'zonefile dyn.example.org has been failing for .*no answer from' 'and why'
like "$out" 'the lease table is consistent: 1 live of 1 leases' 'the table is consistent'
table alive 31
run -s 2 -n 'check names a reaper that is silent' admin check --json
is "$(python3 -c 'import json, re, sys
found = json.load(sys.stdin)["findings"]
print(sum(bool(re.search("no reaper has finished a pass for 3[1-5] s", f["text"])) and f["level"] == "CRITICAL"
    for f in found))' \
    <"$TMP/out")" 1 'in JSON, too'

# --- deleting ---

touch -d '1 hour ago' "$rundir/wake"
woken=$(stat -c %Y "$rundir/wake")
run -n 'host del' admin host del "$host"
like "$out" '1 live lease ended' 'says what became of the lease'
is "$(table list)" '' 'the table has none any more'
isnt "$(stat -c %Y "$rundir/wake")" "$woken" 'the reaper was woken'
run -s 66 -n 'it is gone' admin host del "$host"
run -n 'and can be added again' admin host add "$host"

# The snapshot cannot be written: neither change may be half in effect.
mkdir "$state/accounts.new"
before=$(admin host list)
run -s 71 -n 'host add without a snapshot fails' admin host add third.dyn.example.org
like "$err" 'nothing was changed' 'and says what holds'
run -s 71 -n 'host del without a snapshot fails' admin host del "$host"
rmdir "$state/accounts.new"
is "$(admin host list)" "$before" 'the accounts are what they were'
run -n 'the name is still free' admin host add third.dyn.example.org
run -n 'and the other one still there' admin host del "$host"

# --- what check finds ---

check_finds() {	# check_finds STATUS REGEX NAME: a line after the summary has it
	run -s "$1" -n "$3" admin check
	if has_line "$(sed 1d <<<"$out")" "$2"; then
		ok "$3: it is said"
	else
		not_ok "$3: it is said"
		note "${out//$'\n'/$'\n'# }"
	fi
}

chmod 644 "$TMP/etc/server.key"
check_finds 2 "CRITICAL +$TMP/etc/server.key has mode 644: chmod 640" 'a key that all may read'
chmod 640 "$TMP/etc/server.key"
chmod 755 "$state/master"
check_finds 2 "$state/master has mode 755: chmod 700" 'a master that all may read'
chmod 700 "$state/master"
chgrp root "$rundir"
check_finds 2 "$rundir must be of the group nogroup" 'a run directory of another group'
chgrp nogroup "$rundir" && chmod 2770 "$rundir"
chown nobody "$conf"
check_finds 2 "$conf must not belong to uid" 'a configuration that is not root'\''s'
chown root "$conf"

cp "$TMP/etc/server.pem" "$TMP/server.pem"
cp "$TMP/etc/server.key" "$TMP/server.key"
make_cert() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ns.example.org -days "$1" \
	    -addext subjectAltName=DNS:ns.example.org -keyout "$TMP/new.key" -out "$TMP/etc/server.pem" 2>/dev/null
}
make_cert 20
check_finds 2 'the key does not fit the certificate' 'a certificate of another key'
cat "$TMP/new.key" >"$TMP/etc/server.key"
check_finds 2 'WARNING +.*expires in (19|20) d' 'a certificate that expires this month'
make_cert 5
check_finds 2 'CRITICAL +.*expires in [45] d' 'a certificate that expires this week'
cat "$TMP/server.pem" >"$TMP/etc/server.pem"
cat "$TMP/server.key" >"$TMP/etc/server.key"

run -s 2 -n 'check --at rehearses the future' admin check --at +3630d
like "$out" 'WARNING +.*the certificate for ns.example.org expires in (19|20) d' 'a certificate that will expire soon'
run -s 2 -n 'check --at of a date' admin check --at 2099-01-01
like "$out" 'CRITICAL +.*the certificate expired' 'and one that will be over'
run -s 64 -n 'check --at of no date' admin check --at tomorrow
# A machine with AppArmor, or one that looks so.
with_apparmor() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs none /sys/module && mkdir -p /sys/module/apparmor/parameters &&
	    echo Y >/sys/module/apparmor/parameters/enabled && mount --bind "$0" /etc/apparmor.d && exec "$@"' \
	    "$TMP/apparmor.d" "$@"
}

cp "$conf" "$TMP/conf"
mkdir -p "$TMP/apparmor.d/local" "$TMP/apparmor.d/disable"
printf 'profile named /usr/sbin/named {\n  /var/lib/bind/** rw,\n}\n' >"$TMP/apparmor.d/usr.sbin.named"
sed -i 's,^reload = .*,reload = /usr/sbin/rndc reload,' "$conf"
if [ -d /etc/apparmor.d ] && with_apparmor true 2>/dev/null; then
	run -s 2 -n 'check with a profile of named' with_apparmor "$BIN/dynlease-admin" -c "$conf" check
	like "$out" "WARNING +AppArmor does not let named read $state/zones/dyn.example.org: add" 'names the zone file'
	echo "$state/zones/* r," >"$TMP/apparmor.d/local/usr.sbin.named"
	run -s 2 -n 'check with a rule of our own' with_apparmor "$BIN/dynlease-admin" -c "$conf" check
	like "$out" "OK +AppArmor lets named read" 'is content'
	rm "$TMP/apparmor.d/local/usr.sbin.named"
	touch "$TMP/apparmor.d/disable/usr.sbin.named"
	run -s 2 -n 'check with a profile that is disabled' with_apparmor "$BIN/dynlease-admin" -c "$conf" check
	unlike "$out" 'AppArmor' 'says nothing of it'
else
	skip 'check reads the profile of named' 'this machine cannot look as if it had one'
fi
cat "$TMP/conf" >"$conf"
sed -i 's/^# ttl = 30/ttl = 40/' "$conf"
check_finds 2 'WARNING +the TTL of dyn.example.org, 40 s, is more than a quarter' 'a long TTL'
zonefile=$(sed -n 's/^file = //p' "$conf")
sed 's/\([0-9]*\)\( )[[:space:]]*; negative answers\)/300\2/' "$zonefile" >"$TMP/slow.zone"
chmod 644 "$TMP/slow.zone"
sed -i "s,^file = .*,file = $TMP/slow.zone," "$conf"
check_finds 2 'WARNING +.*the SOA MINIMUM is 300 s and the TTL 40 s' 'a SOA that hides what comes back'
sed -i '/^file = /d' "$conf"
check_finds 2 'CRITICAL +.*it needs a file' 'what only the reaper knows to be wrong'
sed -i 's/dyn\.example\.org\]/dyn2.example.org]/' "$conf"
check_finds 2 'lies in no zone' 'hosts that lie in no zone'
sed -i 's/^\[server\]$/&\nnonsense = 1/' "$conf"
check_finds 2 'does not load' 'a configuration that does not load'
cat "$TMP/conf" >"$conf"

# The example that is shipped is a configuration.
run -s 2 -n 'check with the example' "$BIN/dynlease-admin" -c "$ROOT/lib/dynlease.conf" check
like "$out" 'lib/dynlease.conf loads' 'the example loads'
run -n 'and the reaper takes it' "$BIN/dynlease-reaper" -t -c "$ROOT/lib/dynlease.conf"

done_testing
