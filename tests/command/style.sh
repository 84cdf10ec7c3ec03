#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How the source looks: lines, shellcheck, licenses.

set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. tests/vm/tap.sh

# What is ours: not what is built, and not the header that vmlinux-gen made.
files() {
	find bpf user include tests vmlinux-gen doc Makefile .ci -type f ! -path '*/.*.sw?' \
		! -path 'tests/fuzz/corpus/*' ! -path 'tests/data/*' "$@" | sort
}
mapfile -t sources < <(files -name '*.[ch]' ! -path bpf/vmlinux.h)
scripts=()
while read -r file; do
	IFS= read -r first 2> /dev/null < "$file"
	[[ $first =~ ^#!.*/(ba)?sh || $file == *.sh ]] && scripts+=("$file")
done < <(files ! -name '*.[ch]')

for file in "${sources[@]}"; do
	expand "$file" | awk -v file="$file" 'length > 100 && !/"/ { print file ":" FNR ": " length " columns" }'
done > "$tmp/wide"
is "no line but one with a message has more than 100 columns" "$(cat "$tmp/wide")" ''
is "tabs indent" "$(grep -nE '^ {8,}[^ \\]|^ +\t' "${sources[@]}")" ''
is "nothing at the end of a line" "$(grep -nE '[[:space:]]+$' "${sources[@]}" "${scripts[@]}")" ''
if ! clang-format --version 2> /dev/null | grep -q 'version 14\.'; then
	skip "clang-format has nothing to change" "it takes clang-format 14, Debian 12's"
else
	ok "clang-format has nothing to change" clang-format --dry-run -Werror "${sources[@]}"
fi
if ! command -v shellcheck > /dev/null; then
	skip "shellcheck" "it is not installed: tests/setup"
else
	ok "shellcheck" shellcheck -x "${scripts[@]}"
fi

if ! command -v mandoc > /dev/null; then
	skip "manual pages" "there is no mandoc: tests/setup"
else
	# what it says of pages that are not installed here is not about these
	is "mandoc has nothing to say" \
		"$(mandoc -T lint doc/*.[0-9] 2>&1 | grep -vE 'referenced manual not found|outdated mandoc.db')" ''
fi

# A license in one of the first lines, or the file is of a kind that has no comments.
mapfile -t commented < <(files ! -name '*.json' ! -name '*.pwt' ! -name '*.txt' ! -name '*.md' ! -name '*.expected' ! -name origin)
mapfile -t bare < <(awk 'FNR == 1 { if (name && !seen) print name; name = FILENAME; seen = 0 }
	FNR <= 4 && /SPDX-License-Identifier: / { seen = 1 }
	END { if (name && !seen) print name }' "${commented[@]}")
is "each file has its license" "${bare[*]}" ''
mapfile -t dual < <(grep -LE 'GPL-2.0-only OR BSD-2-Clause' include/pwtrace/*.h)
is "public headers are GPL-2.0-only OR BSD-2-Clause" "${dual[*]}" ''
finish
