#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pwtrace import: a kernel's own kernel_page_tables (tests/data/kernel_page_tables.txt: 7.3.4, 4K pages, Neoverse N1) by way
# of a recording and back, and texts that are not what they should be.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}
text=$top/tests/data/kernel_page_tables.txt
lines=$(grep -c ^0x "$text")

# import WANTED-STATUS ARG...: to $tmp/out.pwt
import() {
	rm -f "$tmp/out.pwt"
	"$pwtrace" import -o "$tmp/out.pwt" "${@:2}" > "$tmp/out" 2> "$tmp/err"
	is "import ${*:2}: exit status $1" $? "$1"
}
# refused WHAT: of it nothing is left
refused() {
	like "  says: $1" "$tmp/err" "$1"
	ok "  and leaves no recording" test ! -e "$tmp/out.pwt"
}

import 0 -j --release 7.3.4-test "$text"
is "  as an object" "$(jq -c . "$tmp/out")" \
	"{\"type\":\"import\",\"runs\":$lines,\"gaps\":0,\"page_size\":4096,\"va_bits\":48}"
is "  for the user alone" "$(stat -c %a "$tmp/out.pwt")" 600
"$pwtrace" dump -q --ptdump --source "$tmp/out.pwt" > "$tmp/again"
is "dump --ptdump: not a line differs" "$(diff "$text" "$tmp/again")" ''
"$pwtrace" dump -j --holes --source "$tmp/out.pwt" > "$tmp/dump" 2> /dev/null
is "dump -j: each line a run, and no address or entry is made up" \
	"$(jq -rs 'map(select(.type == "run")) | "\(length) \(map(select(.pa != null or .entry != null)) | length)"' "$tmp/dump")" "$lines 0"
is "  its range" "$(jq -r 'select(.type == "run") | "\(.start) \(.size)"' "$tmp/dump")" \
	"$(grep ^0x "$text" | while IFS='- ' read -r start end _; do echo "$start $((end - start))"; done)"
is "  the kernel" "$(jq -r 'select(.type == "summary").kernel' "$tmp/dump")" 7.3.4-test
"$pwtrace" dump --source "$tmp/out.pwt" vmemmap > "$tmp/zone" 2> "$tmp/err"
is "dump vmemmap: what stands between its marks" "$(grep -c ' PMD  ? RW NX' "$tmp/zone")" \
	"$(sed -n '/vmemmap start/,/vmemmap end/p' "$text" | grep -c 'PMD.*RW')"
like "  where an address is not known stands a question mark" "$tmp/zone" '^0x[0-9a-f]+-0x[0-9a-f]+ +[0-9]+[KMG] PMD +\? RW NX'

# The sum of what each kind of line covers, from the text itself.
sums() {
	while IFS='- ' read -r start end size level words; do
		case "$level $words" in
		*' F '*NG*)	kind=invalid;;
		*' F '*)	kind=bad;;
		PTE*CON*)	kind=64K;;
		PTE*R[Wo]*|PTE*ro*)	kind=4K;;
		PMD*CON*)	kind=32M;;
		PMD*BLK*)	kind=2M;;
		PUD*BLK*)	kind=1G;;
		*)		continue;;
		esac
		echo "$kind $((end - start))"
	done < <(grep ^0x "$1") | awk '{ sum[$1] += $2 } END { for (kind in sum) print kind, sum[kind] }' | sort
}
"$pwtrace" stat -j --source "$tmp/out.pwt" > "$tmp/stat"
is "stat: as much by leaves of each size as in the text" \
	"$(jq -rs 'map(select(.type == "zone")) | (map(.leaves | to_entries[]) | group_by(.key)[] | "\(.[0].key) \(map(.value) | add)"),
		"invalid \(map(.invalid) | add)", "bad \(map(.bad) | add)"' "$tmp/stat" | grep -v ' 0$' | sort)" "$(sums "$text")"
is "  how many tables there are is not known" "$(jq -c 'select(.type == "tables").pages' "$tmp/stat")" null
"$pwtrace" lookup --source "$tmp/out.pwt" 0xffff800080000000 > "$tmp/out" 2> "$tmp/err"
is "lookup: exit status 3" $? 3
like "  which is said" "$tmp/err" 'no tables to look up'
"$pwtrace" dump --entries --source "$tmp/out.pwt" > "$tmp/out" 2> "$tmp/err"
is "dump --entries: exit status 2" $? 2

"$pwtrace" audit -j --source "$tmp/out.pwt" > "$tmp/audit" 2> "$tmp/err"
is "audit: nothing is found" "$? $(jq -c 'select(.type == "finding")' "$tmp/audit")" '0 '
is "  what takes addresses or tables is not looked for" "$(jq -c 'select(.type == "summary").not_looked_for' "$tmp/audit")" \
	'["alias-writable","broken-run","invalid-leaf","reserved-bits","table-shared","outside-ram"]'
is "  and that is said" "$(grep -c 'is not looked for: what was imported' "$tmp/err")" 6
number=$(grep -n 'RW NX SHD AF NG         UXN    MEM/NORMAL$' "$text" | head -n 1 | cut -d: -f1)
sed "${number}s/RW NX/RW x /" "$text" > "$tmp/wx"
import 0 -q "$tmp/wx"
"$pwtrace" audit -j --source "$tmp/out.pwt" > "$tmp/audit" 2> /dev/null
is "audit: what is writable and executable is found" "$? $(jq -r 'select(.type == "finding") | "\(.rule) \(.addr) \(.pa)"' "$tmp/audit")" \
	"1 wx $(sed -n "${number}s/-.*//p" "$text") null"

# What makes no sense is told by its number.
sed -e '7s/PMD/PMX/' -e '12s/2G/3G/' -e '13s/^/ab/' "$text" > "$tmp/bad"
import 3 "$tmp/bad"
is "  each bad line by its number" "$(sed -nE 's/^pwtrace import: [^:]*bad:([0-9]+): .*/\1/p' "$tmp/err" | tr '\n' ' ')" '7 12 13 '
refused '3 lines make no sense'
sed 's/ RW / RX /' "$text" > "$tmp/bad"
import 3 "$tmp/bad"
is "  no more than 20 of them" "$(grep -c 'bad:[0-9]*:' "$tmp/err") $(grep -c 'and more' "$tmp/err")" '20 1'
sed '8{h;d};9G' "$text" > "$tmp/bad"
import 3 "$tmp/bad"
refused 'bad:9: it begins before the line before it ends'
sed '9d' "$text" > "$tmp/gap"
import 0 "$tmp/gap"
like "a line that is missing: said" "$tmp/err" 'between two lines is missing in 1 places'
for size in 1 100 5000 12000; do
	head -c $size "$text" > "$tmp/cut"
	import 3 "$tmp/cut"
	like "  cut off in line $(wc -l < "$tmp/cut")" "$tmp/err" "cut:$(($(wc -l < "$tmp/cut") + 1)): "
done
head -c 200000 /dev/urandom > "$tmp/bad"
import 3 "$tmp/bad"
head -c 300000 /dev/zero | tr '\0' 'x' > "$tmp/bad"
import 3 "$tmp/bad"
is "  one line is one" "$(grep -c 'bad:1:' "$tmp/err")" 1
: > "$tmp/bad"
import 3 "$tmp/bad"
refused "has no line of ptdump's"
import 3 "$tmp/nothing"
refused 'cannot open .*nothing: No such file'
import 3 --page-size 64K "$text"
refused 'does not go with that page size'
import 0 --page-size 4K "$text"
"$pwtrace" import -o "$tmp/none/out.pwt" "$text" 2> "$tmp/err"
is "a folder that is not there: exit status 2" $? 2
like "  which is said" "$tmp/err" 'cannot write to .*none/out.pwt: No such file'
finish
