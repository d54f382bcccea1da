#!/bin/bash
# SPDX-License-Identifier: ISC
# tests/tree.sh DIRECTORY: a small Debian with systemd and named, to be booted by tests/system/systemd.py. Made once,
# from the mirror that apt uses here, and again only when this file changes. Needs root and a network.
set -u
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
tree=$1

# What the programs link to comes by itself: the packages are those that are installed here for the same libraries.
packages=systemd,systemd-sysv,dbus,bind9,bind9-utils,bind9-dnsutils,iproute2,libssl3,liblmdb0,libinih1,libldns3,libmariadb3,libbsd0,libcrypt1

fail() {
	printf 'tests/tree.sh: %s\n' "$*" >&2
	exit 1
}

# The stamp lies in the tree, so that it cannot be there without it.
is_made() {
	cmp -s "$0" "$tree/.made-by"
}

is_made && exit 0
mkdir -p "${tree%/*}" && exec 9>"$tree.lock" && flock 9 || fail "cannot write ${tree%/*}"
is_made && exit 0
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 'Component: main' |
    awk -v suite="$suite" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || fail "apt has no mirror for '$suite'"
key=/usr/share/keyrings/debian-archive-keyring.gpg
check=(--no-check-gpg)
if [ -r "$key" ] && command -v gpgv >/dev/null; then
	check=("--keyring=$key")
fi

new=$tree.new
rm -rf "${new:?}"
debootstrap "${check[@]}" --variant=minbase --include="$packages" "$suite" "$new" "$mirror" >"$tree.log" 2>&1 ||
    fail "debootstrap: $(tail -n 3 "$tree.log")"
rm -rf "$new"/var/cache/apt/archives/*.deb "$new"/var/lib/apt/lists/* "$new"/usr/share/{doc,locale,man}/*
# Only what the test is about is to run.
chroot "$new" systemctl --quiet disable named.service
chroot "$new" systemctl --quiet mask getty.target console-getty.service systemd-networkd.service \
    systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    fstrim.timer systemd-logind.service
cp "$0" "$new/.made-by" && rm -rf "${tree:?}" && mv "$new" "$tree" || fail "cannot write $tree"
