#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 300
# What one file and one row can add: each tests/patches/NAME.patch is applied to a copy of the source, which is built
# and handed to tests/patches/NAME.py. A patch that touches more than one line of what is there fails.
. "$(dirname "$0")/../lib.sh"

command -v patch >/dev/null || skip_all 'patch is not installed'

# touched PATCH: "NEW FILES, OLD FILES, LINES ADDED TO THEM, LINES TAKEN FROM THEM"
touched() {
	awk '
	/^--- /		{ new = $2 == "/dev/null"; next }
	/^\+\+\+ /	{ if (new) files++; else old++; next }
	/^\+/		{ if (!new) added++ }
	/^-/		{ if (!new) taken++ }
	END		{ print files + 0, old + 0, added + 0, taken + 0 }' "$1"
}

# build_copy COPY: what the tests of a patch need, into COPY/build.
build_copy() {
	make -C "$1" -j2 B="$1/build" ${SANITIZED:+SANITIZE=1} all "$1"/build/tests/tools/{make_accounts,table_tool}
}

for file in "$ROOT"/tests/patches/*.patch; do
	name=${file##*/}
	name=${name%.patch}
	copy=$TMP/$name
	mkdir "$copy"
	tar -C "$ROOT" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" -xf -
	is "$(touched "$file")" '1 1 1 0' "$name: one new file, and one line more in one that is there"
	run -n "$name: it applies to the source as it is" patch -d "$copy" -p1 -F0 -i "$file"
	run -n "$name: which builds" build_copy "$copy"
	unlike "$err" 'warning:' "$name: without a warning"
	ROOT=$copy BIN=$copy/build TOOLS=$copy/build/tests/tools TMP=$copy \
	    run -n "$name: and does what it says" "${file%.patch}.py" || sed 's/^/# /' "$copy/out" "$copy/err"
	like "$out" '1\.\.[1-9]' "$name: in all its claims"
done
done_testing
