#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/scale.sh [KERNEL [CPU]]: what it takes to read tables grows with the tables, and not with the addresses between
# them; memory does not grow at all.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

# Of 24 GiB, which the guest does not touch, in pages: six million entries.
cat > "$tmp/large.sh" <<'END'
for source in bpf kcore; do
	pwtrace dump -j --ptdump --source $source > dump || exit
	tail -n 1 dump > /out/ptdump.$source
	pwtrace dump -j --source $source > dump || exit
	tail -n 1 dump > /out/json.$source
done
END
# The clock counts instructions here. A range is START+SIZE; with 1 GiB of memory all of the linear map is in its first.
cat > "$tmp/range.sh" <<'END'
start=$(pwtrace dump -q -j linear | head -n 1 | sed 's/.*"start":"\([^"]*\)".*/\1/')
for size in 128M 256M 512M 1G 3G 512G; do
	for source in bpf kcore; do
		for round in 1 2 3 4 5 6 7; do
			pwtrace dump -q -j --source $source $start+$size > dump || exit
			tail -n 1 dump
		done > /out/$size.$source
		grep -v summary dump > /out/runs.$size.$source
	done
done
END

# least FILE EXPRESSION: of all rounds; what else the kernel has to do comes on top now and then
least() {
	jq -s "map($2) | min" "$1"
}
# at_most DESCRIPTION RATIO A B: A is at most RATIO times B
at_most() {
	ok "$1: $(awk -v a="$3" -v b="$4" 'BEGIN { printf "%.3f", a / b }')" \
		awk -v a="$3" -v b="$4" -v most="$2" 'BEGIN { exit !(a > 0 && b > 0 && a <= most * b) }'
}

guest --kernel "$kernel" --cpu "$cpu" --mem 24G --timeout 600 --add "$tmp/large.sh" -- sh large.sh
kernel_is_well
is "24 GiB: the dumps end well" "$status" 0
for dump in ptdump.bpf ptdump.kcore json.bpf json.kcore; do
	f=$tmp/out/$dump
	ok "$dump: there is something to read: $(jq .tables "$f") tables" test "$(jq .tables "$f")" -gt 12288
	ok "$dump: less than 64 MiB resident: $(jq '.peak_memory / 1048576 | . * 10 | round / 10' "$f")" \
		jq -e '.peak_memory > 0 and .peak_memory < 64 * 1048576' "$f"
done

guest --kernel "$kernel" --cpu "$cpu" --icount --timeout 600 --add "$tmp/range.sh" -- sh range.sh
is "1 GiB: the dumps end well" "$status" 0
for source in bpf kcore; do
	o=$tmp/out
	for size in 3G 512G; do
		is "$source: a hole behind 1G, to $size: no table more" "$(least "$o/$size.$source" .tables)" \
			"$(least "$o/1G.$source" .tables)"
		ok "$source: and the same in it" cmp "$o/runs.$size.$source" "$o/runs.1G.$source"
		# its empty entries in a table that is read anyway are looked at
		at_most "$source: and no time" 1.1 "$(least "$o/$size.$source" .total_ns)" "$(least "$o/1G.$source" .total_ns)"
	done
	for size in 256M 512M 1G; do
		# what is there but once, as the tables above, is more of less
		at_most "$source: $size takes a table no longer than 128M" 1.05 \
			"$(least "$o/$size.$source" '.total_ns / .tables')" "$(least "$o/128M.$source" '.total_ns / .tables')"
	done
done
finish
