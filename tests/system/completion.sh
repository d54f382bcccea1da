#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 60
# The completion for bash knows what dynlease-admin --help says, all of it and nothing else.
. "$(dirname "$0")/../lib.sh"
# shellcheck disable=SC1091
. "$ROOT/admin/dynlease-admin.bash"

# A command of this name for the hosts, without a server.
mkdir "$TMP/bin"
cat >"$TMP/bin/dynlease-admin" <<'END'
#!/bin/sh
[ "$1 $2 $3 $4" = "-c conf host list" ] && printf 'HOST ACCOUNT\na.dyn.test a\nb.dyn.test b\n'
END
chmod +x "$TMP/bin/dynlease-admin"
PATH=$TMP/bin:$PATH

# completed WORD...: what the last one can become, in order.
completed() {
	COMP_WORDS=(dynlease-admin "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_dynlease_admin
	printf '%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd ' '
}

options() {
	grep -oE -- '--[a-z0-9-]+' <<<"$1" | sort -u | paste -sd ' '
}

usage=$("$BIN/dynlease-admin" --help | sed -n -e 's/^       \([a-z].*\)/\1/p')
nouns=$(cut -d ' ' -f 1 <<<"$usage" | sort -u | paste -sd ' ')
is "$(completed '' | tr ' ' '\n' | grep -v '^-' | paste -sd ' ')" "$nouns" 'every command is known'
while read -r line; do
	read -ra words <<<"$(sed -E 's/ [^a-z].*//' <<<"$line")"
	is "$(completed "${words[@]}" --)" "$(options "$line")" "options of ${words[*]}"
	[ ${#words[@]} -eq 1 ] || is "$(completed "${words[0]}" "${words[1]}")" "${words[1]}" "the word ${words[1]}"
	if [[ $line =~ \ (FILE)( |$) ]]; then
		is "$(cd "$TMP/bin" && completed "${words[@]}" dyn)" dynlease-admin "${words[*]} takes a file"
	fi
done <<<"$usage"
for command in 'host set' 'host del' 'host secret' status 'key add' 'cert del' 'ssh-key list' 'ca issue'; do
	read -ra words <<<"$command"
	is "$(completed -c conf "${words[@]}" b)" b.dyn.test "$command takes a host"
done
is "$(completed host add a --show '')" 'client cron systemd tunnel' 'the kinds of pieces'
is "$(completed host set a --require '')" 'cert key network password ssh' 'the layers'
is "$(cd "$TMP/bin" && completed ssh-key add a dyn)" dynlease-admin 'ssh-key add takes a file'
is "$(cd "$TMP/bin" && completed ca issue a --csr dyn)" dynlease-admin 'ca issue takes a request'
is "$(cd "$TMP/bin" && completed ca revoke dyn)" dynlease-admin 'ca revoke takes a file'
while read -r option; do
	if _dynlease_admin_value "$option" >/dev/null; then ok "$option takes a value"; else not_ok "$option takes a value"; fi
done < <(grep -oE -- '--[a-z0-9-]+ [A-Za-z]' <<<"$usage" | cut -d ' ' -f 1 | sort -u)
like "$(complete -p dynlease-admin)" '-F _dynlease_admin ' 'it is registered'

done_testing
