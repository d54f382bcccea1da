# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034
# The library of test scripts: `. "$(dirname "$0")/../lib.sh"` in a bash script that then runs claims and calls
# done_testing. A script runs alone too: ROOT, BIN, TOOLS and TMP are then found or made here.
set -u

if [ -z "${ROOT:-}" ]; then
	ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fi
BIN=${BIN:-$ROOT/build}
TOOLS=${TOOLS:-$BIN/tests/tools}
SANITIZED=${SANITIZED:-}
tap_own_tmp=
if [ -z "${TMP:-}" ]; then
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/dynlease-test.XXXXXX") || exit 1
	chmod 711 "$TMP"
	tap_own_tmp=yes
fi
export ROOT BIN TOOLS TMP SANITIZED LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

tap_n=0
tap_failed=0
tap_planned=
tap_finished=
declare -A tap_pid=()	# of each started program, by name
tap_deferred=()

# --- claims ---

ok() {		# ok NAME: it holds
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s\n' "$tap_n" "$*"
}

not_ok() {	# not_ok NAME
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_n" "$*"
	return 1
}

skip() {	# skip NAME REASON
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_n" "$1" "$2"
}

skip_all() {	# skip_all REASON: the whole file; only before the first claim
	printf '1..0 # SKIP %s\n' "$*"
	tap_finished=yes
	exit 0
}

note() {
	printf '# %s\n' "$@"
}

is() {		# is GOT WANTED NAME
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		note "got:    $1" "wanted: $2"
		return 1
	fi
}

isnt() {	# isnt GOT UNWANTED NAME
	if [ "$1" != "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		note "got what it must not be: $1"
		return 1
	fi
}

like() {	# like GOT EXTENDED-REGEX NAME
	if [[ $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3"
		note "got:     $1" "no match: $2"
		return 1
	fi
}

unlike() {	# unlike GOT EXTENDED-REGEX NAME
	if [[ $1 =~ $2 ]]; then
		not_ok "$3"
		note "got:   $1" "matches: $2"
		return 1
	else
		ok "$3"
	fi
}

# run [-s STATUS] [-n NAME] COMMAND...: claims that it ends with STATUS (0). Its output is in $out and $err, and in
# the files $TMP/out and $TMP/err; its status in $status.
run() {
	local wanted=0 name='' option OPTIND=1

	while getopts s:n: option; do
		case $option in
		s) wanted=$OPTARG ;;
		n) name=$OPTARG ;;
		*) exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	status=0
	"$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	out=$(tr -d '\0' <"$TMP/out")
	err=$(tr -d '\0' <"$TMP/err")
	if [ "$status" -eq "$wanted" ]; then
		ok "${name:-${1##*/} ends with $wanted}"
	else
		not_ok "${name:-${1##*/} ends with $wanted}"
		note "status: $status, wanted: $wanted, of: $*"
		tail -n 20 "$TMP/out" "$TMP/err" | sed 's/^/# /'
		return 1
	fi
}

# succeeds NAME COMMAND..., fails NAME COMMAND...: quietly
succeeds() {
	local name=$1

	shift
	if "$@" >/dev/null 2>&1; then ok "$name"; else not_ok "$name"; fi
}

fails() {
	local name=$1

	shift
	if "$@" >/dev/null 2>&1; then not_ok "$name"; else ok "$name"; fi
}

bail_out() {	# a set-up step failed and nothing that follows makes sense
	not_ok "$*"
	done_testing
}

plan() {	# plan N, before the first claim, instead of a count at the end
	tap_planned=$1
	printf '1..%d\n' "$1"
}

done_testing() {
	[ -n "$tap_planned" ] || printf '1..%d\n' "$tap_n"
	tap_finished=yes
	[ "$tap_failed" -eq 0 ]
	exit
}

# --- waiting ---

# wait_for SECONDS COMMAND...: poll until it succeeds. Never a claim by itself.
wait_for() {
	local end=$((SECONDS + $1 + 1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		pause 0.05
	done
}

# Only between two polls.
pause() {
	read -rt "$1" <> <(:) || :
}

# A port that the kernel gives out on ADDRESS, free for TCP and UDP.
port() {
	/usr/bin/python3 - "$1" <<-'PYTHON'
	import socket, sys
	family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
	while True:
	    with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
	        tcp.bind((sys.argv[1], 0))
	        try:
	            udp.bind((sys.argv[1], tcp.getsockname()[1]))
	        except OSError:
	            continue
	        print(tcp.getsockname()[1])
	        break
	PYTHON
}

# accepts ADDRESS PORT: does something listen there (TCP)?
accepts() {
	case $1 in
	*:*) [ -n "$(ss -Hltn "src [$1]:$2")" ] ;;
	*) [ -n "$(ss -Hltn "src $1:$2")" ] ;;
	esac
}

# --- programs in the background ---

# start NAME COMMAND...: its output goes to $TMP/NAME.log; stopped at the end, its log shown if a claim failed.
start() {
	local name=$1

	shift
	"$@" >>"$TMP/$name.log" 2>&1 </dev/null &
	tap_pid[$name]=$!
}

pid() {
	printf '%s\n' "${tap_pid[$1]}"
}

is_running() {
	kill -0 "${tap_pid[$1]}" 2>/dev/null
}

# stop NAME [SIGNAL]: ask it (TERM), and kill it after 5 s. Its status is in $status.
stop() {
	local pid=${tap_pid[$1]:-} end=$((SECONDS + 6))

	[ -n "$pid" ] || return 0
	unset "tap_pid[$1]"
	kill -s "${2:-TERM}" "$pid" 2>/dev/null
	kill -s CONT "$pid" 2>/dev/null
	while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do pause 0.02; done
	kill -s KILL "$pid" 2>/dev/null
	status=0
	wait "$pid" 2>/dev/null || status=$?
}

# Run at the end, last one first.
defer() {
	tap_deferred+=("$(printf '%q ' "$@")")
}

tap_leave() {
	local result=$? name i

	trap '' HUP INT TERM
	for name in "${!tap_pid[@]}"; do stop "$name"; done
	for ((i = ${#tap_deferred[@]} - 1; i >= 0; i--)); do eval "${tap_deferred[i]}"; done
	if [ -z "$tap_finished" ]; then
		note "ended before done_testing"
		[ "$result" -ne 0 ] || result=1
	fi
	if [ "$result" -ne 0 ]; then
		for name in "$TMP"/*.log; do
			[ -s "$name" ] || continue
			note "--- ${name##*/}"
			tail -n 60 "$name" | sed 's/^/# /'
		done
	fi
	[ -z "$tap_own_tmp" ] || rm -rf "$TMP"
	exit "$result"
}
trap tap_leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
