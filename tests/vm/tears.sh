#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/tears.sh [KERNEL [CPU]]: what changes while it is read has a mark, and nothing else has. The test module has
# memory go from one state to another and back for as long as it takes to catch it.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}
page=$(page_of "$kernel")
# a table's worth of pages
pages=$((page / 8)) size=$((page * page / 8))
[[ $page -ne 65536 ]] || skip_all "a block of 64K pages is larger than what the module can have"

cat > "$tmp/guest.sh" <<END
pages=$pages size=$size
END
cat >> "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit 1
# Keeps the memory of BPF programs, so that it does not come and go with each of those that follow.
pwtrace stat --no-hooks -i 1000 > /dev/null 2>&1 &
for zone in linear image; do
	pwtrace dump -j $zone > /out/$zone.hooks 2> /out/$zone.err
	pwtrace dump -j --no-hooks $zone > /out/$zone.none 2>> /out/$zone.err
done
provoke mod alloc v vmalloc $pages > /out/slots
provoke mod alloc h hole $((3 * pages)) >> /out/slots

# catch NAME PATTERN OPTION...: dumps until one has what is looked for; all are kept
catch() {
	name=$1 wanted=$2 n=0
	shift 2
	while [ $n -lt 40 ]; do
		n=$((n + 1))
		pwtrace dump -q -j --holes "$@" $addr+$size > /out/$name.$n || echo "$name $?" >> /out/failed
		$wanted /out/$name.$n && break
	done
}
marked() {
	grep -q '"changed":true' $1
}
mixed() {
	[ $(sed -n 's/"start":"[^"]*","size":[0-9]*,//; s/"pa":.*"attributes"//; /"type":"run"/p' $1 | sort -u | wc -l) -gt 1 ]
}
# flip HOW SLOT
flip() {
	provoke mod flip $1 $2 > /out/flip.$1
	addr=$(sed -n 's/.*addr=\(0x[0-9a-f]*\) pages.*/\1/p' /out/flip.$1)
	catch $1.hooks marked
}
flip map h
catch map.none mixed --no-hooks
provoke mod flip >> /out/flip.map
flip x v
# all there is, again and again
pwtrace stat -j -i 0.01 -n 40 > /out/x.stat
provoke mod flip >> /out/flip.x
END
module "$kernel" || skip_all "no headers for this kernel"
guest --kernel "$kernel" --cpu "$cpu" --timeout 600 --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
o=$tmp/out

for zone in linear image; do
	ok "$zone: with hooks and without the same" \
		diff <(grep -v '"type":"summary"' "$o/$zone.hooks") <(grep -v '"type":"summary"' "$o/$zone.none")
	holds "$zone: nothing was changed" "$o/$zone.hooks" '$s.changed + $s.changes_unknown == 0'
	holds "$zone: without hooks that is said" "$o/$zone.none" '$s.hooks == []'
done
if [[ $(ask "$o/linear.hooks" '$s.hooks == []') == true ]]; then
	like "no hooks: it is said" "$o/linear.err" '; hooks: none$'
	finish
fi
is "each dump ended well" "$(cat "$o/failed" 2> /dev/null)" ''

# states FLIP HOOKS: what each dump says of the memory
states() {
	local addr f

	addr=$(sed -n 's/.*addr=\(0x[0-9a-f]*\) pages.*/\1/p' "$o/flip.$1")
	for f in "$o/$1.$2".[0-9]*; do
		jq -cs --arg from "$addr" --arg to "$(printf '0x%x' $((addr + size)))" --argjson size $size \
			-f "$here/states.jq" "$f"
	done
}
for flip in map x; do
	states $flip hooks > "$tmp/hooks"
	echo "# $flip: $(jq -s 'map(select(.marked > 0)) | length' "$tmp/hooks") of $(wc -l < "$tmp/hooks") dumps have marks"
	is "$flip: what changed was marked" "$(jq -s 'any(.marked > 0)' "$tmp/hooks")" true
	is "$flip: no two states without a mark" "$(jq -c 'select(.bad)' "$tmp/hooks")" ''
	is "$flip: nothing failed in the module" "$(grep -o 'failed=[0-9]*' "$o/flip.$flip")" failed=0
done
# or what is said above would say nothing
states map none > "$tmp/none"
echo "# map: without hooks $(jq -s 'map(select(.bad)) | length' "$tmp/none") of $(wc -l < "$tmp/none") dumps show two states"
is "map: without hooks there are two states without a mark" "$(jq -s 'any(.bad)' "$tmp/none")" true
is "x: nothing is changed in another zone" "$(jq -r 'select(.type == "zone" and .name != "vmalloc" and .changed > 0) |
	"\(.name) \(.changed)"' "$o/x.stat")" ''
is "x: in vmalloc there is" "$(jq -s 'any(.[]; .name == "vmalloc" and .changed > 0)' "$o/x.stat")" true
is "x: all changes were seen" "$(jq -s 'map(select(.type == "tables") | .changes_missed + .changes_unknown) | add' "$o/x.stat")" 0
finish
