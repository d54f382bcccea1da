# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of dynlease-admin for bash; loaded by bash-completion when the command is first completed.

# The commands, and what each takes after its words. "@" stands for a host's name, "/" for a file.
_dynlease_admin_table='
init: --zone --fallback4 --fallback6 --name --zone-file --reload --user --group --reaper-user --ssh-user --rundir --state
host add: --show --class --announce --require --network --hash --account
host set: @ --class --announce --require --network
host secret: @ --hash
host del: @
host list: --json
account add: --hosts --show --class --announce --require --network --hash
account del: @
alias add: --cname
alias del:
alias list: --json
key add: @ --comment --expires --from
key del: @
key list: @ --json
cert add: @ --comment --expires --from
cert del: @
cert list: @ --json
ssh-key add: @ / --comment --expires --from
ssh-key del: @
ssh-key list: @ --json
ssh-key lines:
status: @ --json --watch
check: --json --at
expiry: --json --log
ca init: --name --years --no-passphrase --passphrase-file
ca issue: @ --days --out --csr --passphrase-file
ca revoke: / --passphrase-file
ca crl: --days --passphrase-file
ca list: --json
ca renew-root: --years --new-key --passphrase-file
ca retire: --yes --passphrase-file
backup: /
restore: / --yes
seal: --passphrase-file --recover --no-tmpfs
unseal: --passphrase-file
unlock: --passphrase-file --credential --no-tmpfs
lock: -c
'

# The options that take a value, with words for those whose values are known.
_dynlease_admin_value() {
	case $1 in
	--show) echo 'client cron systemd tunnel' ;;
	--fallback4 | --fallback6 | --announce | --network | --reload) echo none ;;
	--require) echo 'password key cert ssh network' ;;
	--zone-file | --rundir | --state | --out | --csr | --passphrase-file | -c) echo / ;;
	--user | --reaper-user | --ssh-user) compgen -u ;;
	--group) compgen -g ;;
	--zone | --name | --class | --hash | --account | --hosts | --at | --comment | --expires | --from | \
	    --credential | --days | --years) echo ;;
	*) return 1 ;;
	esac
}

# Words for what has been typed so far: the words of a command, or what its line in the table says.
_dynlease_admin_words() {
	local line key

	while IFS= read -r line; do
		key=${line%%:*}
		if [ "$1" = "$key" ] && [ -n "$key" ]; then
			echo "${line#*:}"
			return
		fi
		case $key in
		"$1 "*) echo "${key#"$1 "}" ;;
		?*) [ -n "$1" ] || echo "${key%% *}" ;;
		esac
	done <<<"$_dynlease_admin_table"
}

_dynlease_admin() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words i
	local program=${COMP_WORDS[0]} config=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c) config=(-c "${COMP_WORDS[++i]}") ;;
		-*) ;;
		*)
			[ -n "$(_dynlease_admin_words "${command:+$command }${COMP_WORDS[i]}")" ] || continue
			command=${command:+$command }${COMP_WORDS[i]}
			;;
		esac
	done
	words=$(_dynlease_admin_value "$previous") || words=$(_dynlease_admin_words "$command")
	[ -n "$command" ] || words+=' -c --help --version'
	if [ "${words/@/}" != "$words" ]; then
		words=${words/@/$("$program" "${config[@]}" host list 2>/dev/null | awk 'NR > 1 { print $1 }')}
	fi
	mapfile -t COMPREPLY < <(compgen -W "${words/\//}" -- "$current")
	if [ "${words/\//}" != "$words" ]; then
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -F _dynlease_admin dynlease-admin
