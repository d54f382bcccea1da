#!/bin/bash
# SPDX-License-Identifier: ISC
# Does the source keep to its layers? A few greps; prints each line that does not, and fails.
cd "$(dirname "$0")/.." || exit 1
shopt -s nullglob
programs=(auth-helper reaper client admin)
bad=0

# complain REASON: every line on stdin is a fault.
complain() {
	local line

	while IFS= read -r line; do
		printf '%s: %s\n' "$1" "$line"
		bad=$((bad + 1))
	done
}

# The includes of files, as FILE:LINE:NAME without quotes and angles.
includes() {
	[ $# -eq 0 ] || grep -nEH '^[[:space:]]*#[[:space:]]*include' "$@" |
	    sed -E 's,^([^:]*:[0-9]+:)[^<"]*[<"]([^>"]*)[>"].*,\1\2,'
}

lib=(lib/*.[ch])
source=(lib/*.[ch])
for program in "${programs[@]}"; do source+=("$program"/*.[ch]); done

# lib/ never includes a program, nor itself by a path; a program never includes another.
complain 'lib/ includes by name only' < <(includes "${lib[@]}" |
    grep -E ':([^:]*/)?(lib|auth-helper|reaper|client|admin|tests)/[^:]*$')
for program in "${programs[@]}"; do
	others=$(printf '%s\n' "${programs[@]}" tests '\.\.' | grep -vx "$program" | paste -sd '|')
	complain "$program/ includes another program" < <(includes "$program"/*.[ch] | grep -E ":($others)/[^:]*$")
done

# One file is the only user of each foreign interface.
only_in() {
	complain "only $2 may include it" < <(includes "${source[@]}" | grep -E ":($1)$" | grep -vE "^($2):")
}
only_in 'lmdb\.h' 'lib/store\.c'
only_in 'openssl/ssl\.h' 'lib/channel(_[a-z]+)?\.[ch]'
only_in 'ini\.h' 'lib/conf\.c'
only_in 'ldns/.*' 'reaper/dns[a-z]*\.[ch]'
only_in '(mysql|errmsg|mysqld_error|mariadb.*)\.h' 'reaper/sql\.c'
only_in 'crypt\.h' 'lib/secret\.c'
only_in 'openssl/(rand|kdf|hmac|sha)\.h' 'lib/secret\.c'
only_in 'openssl/(err|bio|bn|pkcs12)\.h' 'lib/(channel|certificate|chain|seal)(_[a-z]+)?\.[ch]'
only_in 'openssl/(evp|x509|x509v3|pem|crypto)\.h' 'lib/(secret|channel|fingerprint|certificate|chain|seal)(_[a-z]+)?\.[ch]'
only_in 'syslog\.h' 'lib/log\.c'

# Within lib/, dependencies run downward: a file includes headers of its own module and of lower levels. A module
# is what stands before an underscore: table_lease.c is of the table.
declare -A level=(
	[status]=1
	[log]=2 [texts]=2 [clock]=2 [name]=2 [address]=2
	[file]=3 [work]=3 [layer]=2 [fingerprint]=3
	[store]=4 [secret]=4 [lease]=4 [conf]=4 [credential]=4
	[transition]=4 [chain]=5 [certificate]=6 [seal]=5 [settings]=5 [table]=5
	[strikes]=6 [channel]=6 [account]=6
)
for file in "${lib[@]}"; do
	own=${file#lib/}
	own=${own%.[ch]}
	own=${own%%_*}
	if [ -z "${level[$own]:-}" ]; then
		complain 'no level in tests/layers.sh for' <<<"$file"
		continue
	fi
	while IFS=: read -r _ line name; do
		other=${name%.h}
		other=${other%%_*}
		[ -e "lib/$name" ] && [ "$other" != "$own" ] || continue
		[ "${level[$other]:-9}" -lt "${level[$own]}" ] ||
		    complain 'includes its own level or one above' <<<"$file:$line: $name"
	done < <(includes "$file")
done

# Calls that have no place here, and the clock, which is read in one file. Lines of comments do not count.
calls() {
	grep -nEH "(^|[^[:alnum:]_])($1)[[:space:]]*\(" "${source[@]}" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)'
}
complain 'never call' < <(calls 'system|popen|strcpy|strcat|stpcpy|sprintf|vsprintf|gets|tmpnam|tempnam|mktemp')
complain 'only lib/clock.c reads a clock' < <(calls 'clock_gettime|gettimeofday|time' | grep -v '^lib/clock\.c:')
complain 'assert() prints to a client' < <(calls 'assert' | grep -E '^(lib|auth-helper)/')

# Every source says its licence in the first line.
for file in "${source[@]}" tests/*.[ch] tests/*/*.[ch]; do
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: ISC' || complain 'no SPDX line first' <<<"$file"
done

[ "$bad" -eq 0 ] || { echo "layers: $bad faults"; exit 1; }
