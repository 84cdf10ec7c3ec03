#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/history.sh [SCENARIO...]: what went wrong in kernels of the past, on kernels that have it and on ones
# that have it no more, and what pwtrace says of it (all, if none is named; doc/testing.md says what each
# is). What it says is printed, and has to be just that.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
all=(R1 R3 R4 R7 R8 R10 R12 R13)
scenarios=("${@:-${all[@]}}")
for scenario in "$@"; do
	[[ " ${all[*]} " == *" $scenario "* ]] || { echo "usage: tests/vm/history.sh [${all[*]}]..." >&2; exit 2; }
done
blocks='rodata=off kfence.sample_interval=100' # a linear map of blocks that are not split

wanted() {
	[[ " ${scenarios[*]} " == *" $1 "* ]]
}

# boot KERNEL ARGS module|call SCENARIO:PART...: a guest for those parts that are wanted. Returns 1 if there are
# none, or no such guest. call is for kernels without headers.
boot() {
	local part add=()

	kernel=$1 parts=() with=$3
	for part in "${@:4}"; do
		wanted "${part%%:*}" && parts+=("${part#*:}")
	done
	[[ ${#parts[@]} -gt 0 ]] || return
	if [[ $with == call ]]; then
		add=(--add "$("$top/tests/call/build" "$kernel" 2> "$tmp/module.log")")
	else
		module "$kernel"
	fi
	case $? in
	0)	;;
	77)	skip "${parts[*]} on $kernel" "$(tail -n 1 "$tmp/module.log")"; return 1;;
	*)	fail "${parts[*]} on $kernel: the module can be built" "$(cat "$tmp/module.log")"; return 1;;
	esac
	guest --kernel "$kernel" --append "$2" "${add[@]}" --add "$here/history-guest" -- sh history-guest "${parts[@]}"
	c=$tmp/out/changes
	kernel="$(ask "$c" '$s.kernel | split("+")[0]')${2:+, blocks}"
	is "$kernel: the watch ended as it should" "$status:$(cat "$tmp/stdout")" 0:
	kernel_is_well
	holds "$kernel: nothing was lost" "$c" 'all(.[] | select(.type == "summary");
		.records_lost + .malformed + .lost + .unknown + .raced == 0)' '.[] | select(.type == "summary")'
}

# A change in the words that are printed.
words='"\(.op) of \(.size / 1024)K (\(.zone)) returned \(.ret): \(.verdict)"
	+ ([.reason // empty] + .findings | map(" " + .) | join(","))
	+ (.leaves | to_entries | map("; \(.value) \(.key) changed") | join(""))
	+ (if .boundary then "; a leaf from \(.boundary.start) to \(.boundary.end) (\(.boundary.level))" else "" end)
	+ (if .area then "; an area of \(.area.pages) pages, flags \(.area.flags)" else "" end)'

# show PART...: whether the part was in the guest that ran last; and if so, prints what pwtrace said, and what is
# asked for below is about the changes of these parts: $q of requests for a vm area (change_memory_common), $r of
# ranges. The first part's memory is at $a.
show() {
	local part pids a b

	[[ " ${parts[*]} " == *" $1 "* ]] || return
	pids=$(for part; do awk -v p="$part" '$1 == p { print $2 }' "$tmp/out/pids"; done | jq -cs .)
	a=$(cat "$tmp/out/$1.addr" 2> "$tmp/none")
	b=${a:+$(printf '0x%x' $((a + 0x400000)))}
	about=(--argjson pids "$pids" --arg a "$a" --arg b "$b")
	ask "$c" "$mine (\$q + \$r | sort_by(.seq))[] | $words" "${about[@]}" | sed 's/^"//; s/"$//' | uniq -c |
		sed -E "s/^ +1 /# $kernel: /; s/^ +([0-9]+) /# $kernel: \\1 times /"
}
# In one guest a process may make changes that are not the part's: a module that is loaded, KFENCE's.
mine='def ours: $a == "" or (.addr >= $a and .addr < $b);
	[$c[] | select(.pid as $p | $pids | index($p))] | sort_by(.seq)
	| . as $all
	| [$all[] | select(.hook == "change_memory_common" and ours)] as $q
	| [$all[] | select(.hook != "change_memory_common" and (ours or (.parent as $p | any($q[]; .seq == $p))))] as $r |'

# says DESCRIPTION EXPRESSION
says() {
	holds "$kernel: $1" "$c" "$mine $2" "$mine (\$q + \$r)[] | $brief" "${about[@]}"
}

# warned FUNCTION...: where the kernel warned, once each
warned() {
	is "$kernel: the kernel warns where it has to, and nowhere else" \
		"$(sed -nE 's/.*WARNING: .* ([a-z0-9_]+)\+0x.*/\1/p' "$tmp/out/dmesg" | sort | xargs)" "$*"
}

match='all(($q + $r)[]; .verdict == "MATCH" and .reason == null)'
ok='all(($q + $r)[]; .ret == 0)'

if boot newest '' module R1:huge_area R3:one_of_eight R4:alias_fails R4:alias_swallowed R12:rox R12:rox_writable \
	R13:data_alias; then
	if show huge_area; then
		says 'R1, fixed by fcf8dda8cc48: part of a huge area is refused before any walk' \
			"$match"' and ($r | length) == 0 and ($q | length) == 1 and ($q[0] | .ret == -22
				and .findings == ["vm-allow-huge-vmap"] and .area.flags == "0x402"
				and .area.pages == 1024 and .area.addr == $a)'
		is "$kernel: R1: and what it is mapped by is shown by predict" \
			"$(jq -c '[.ret, .decided_by, .boundary.level, .boundary.start]' "$tmp/out/huge_area.leaf")" \
			"[-22,\"block-boundary\",\"pmd\",\"$(cat "$tmp/out/huge_area.addr")\"]"
	fi
	if show one_of_eight; then
		says 'R3, fixed in v6.19: one page of eight changes one alias' \
			"$match and $ok"' and ($q | length) == 1 and [$r[].zone] == ["linear", "vmalloc"]
				and all($r[]; .leaves == {pte: 1}) and ($q[0] | .findings == [] and .story.parts == 2)'
	fi
	if show alias_fails; then
		says 'R4, fixed by e5efd56fa157: the error of an alias is returned, and the range left alone' \
			'($q | length) == 1 and ($q[0] | .verdict == "MATCH" and .ret == -22 and .findings == [])
				and ($r | length) == 1 and ($r[0] | .zone == "linear" and .ret == -22)'
	fi
	if show alias_swallowed; then
		says 'R4: an error of an alias that is swallowed by plan is found' \
			'($q | length) == 1 and ($q[0] | .ret == 0 and .findings == ["error-swallowed"]
				and .story.verdict == "MISMATCH") and [$r[].ret] == [-22, 0]'
	fi
	if show rox; then
		says 'R12: text that is made read-only and executable as it should be is no finding' \
			"$match and $ok"' and all(($q + $r)[]; .findings == []) and [$q[].op] == ["set_memory_ro", "set_memory_x"]'
	fi
	if show rox_writable; then
		says 'R12, fixed by 195a1b7d8388: memory that is writable after ro and x' \
			"$ok"' and ([($q + $r)[] | select(.verdict != "MATCH")] | length) == 1
				and any($r[]; .op == "set_memory_x" and .reason == "wx-after-success"
					and .findings == ["writable-executable"] and .difference.addr == $a)'
	fi
	if show data_alias; then
		mapfile -t ends < "$tmp/out/data_alias.symbols"
		says 'R13, 7.3: the alias of data and bss is mapped for hibernation, and unmapped again' \
			"$match and $ok"' and ($r | length) == 2 and all($r[]; .zone == "linear"
				and .op == "set_memory_valid" and .leaves.pte * 4096 == .size and .findings == [])
				and ($r[0].set | index("PTE_VALID")) != null and ($r[1].clear | index("PTE_VALID")) != null'
		is "$kernel: R13: it is all of them" "$(ask "$c" "$mine [\$r[].size] | unique[]" "${about[@]}")" \
			$((16#${ends[1]} - 16#${ends[0]}))
		says 'R13: the stack says who it was' \
			'all($r[]; any(.stack[]; startswith("arm64_hibernate_pm_notify")))'
		echo "# $kernel: $(ask "$c" "$mine \$r[0].stack[1:7] | join(\" < \")" "${about[@]}")"
	fi
	warned
fi

if boot newest "$blocks" module R7:whole_block R8:part_of_block; then
	if show whole_block; then
		says 'R7, fixed by 15bfba1ad77f: a block that was invalid is valid again' \
			"$match and $ok"' and [$r[].leaves] == [{pmd: 1}, {pmd: 1}]
				and all($r[].findings; index("still-invalid") == null)'
		like "$kernel: R7: and its entry says so" "$tmp/out/whole_block.read" \
			'level=pmd .*entry=0x[0-9a-f]{15}[13579bdf]$'
	fi
	if show part_of_block; then
		says 'R8: part of a block is refused, and the block is shown' \
			"$match"' and ($r | length) == 1 and ($r[0] | .ret == -22 and .findings == ["block-boundary"]
				and .boundary.level == "pmd" and .boundary.start == $a and .leaves == {})'
		warned pageattr_pmd_entry
	fi
fi

if boot 6.18 '' call R3:one_of_eight_call R12:rox_kprobe; then
	if show one_of_eight_call; then
		says 'R3, before v6.19: one page of eight changes the aliases of all' \
			"$match and $ok"' and ($q | length) == 1 and ([$r[] | select(.zone == "linear")] | length) == 8
				and ($q[0] | .findings == ["wide-alias"] and .story.parts == 9 and .area.pages == 8)'
	fi
	if show rox_kprobe; then
		says 'R12, since 195a1b7d8388: the page of a kprobe is read-only before it is executable' \
			"$match and $ok"' and [$q[].op] == ["set_memory_ro", "set_memory_x"]
				and all(($q + $r)[]; .findings == [])'
	fi
	warned
fi

# In this order: what stays invalid is a broken run to its neighbours.
if boot 6.18 "$blocks" call R8:part_of_block_call R7:whole_block_call; then
	if show whole_block_call; then
		says 'R7, before 15bfba1ad77f: it is said to be valid again, and is not' \
			"$match and $ok"' and [$r[].leaves] == [{pmd: 1}, {}]
				and [$r[].findings | index("still-invalid") != null] == [false, true]'
		says 'R7: the entry is shown, before and after' \
			'$r[1] | [.before, .after] | map(.[] | select(.addr == $a) | .entry) |
				length == 2 and .[0] == .[1] and all(test("[02468ace]$"))'
		is "$kernel: R7: what was there before can no more be read" \
			"$(tr '\n' ' ' < "$tmp/out/whole_block_call.read")" '0x0 0xfffffffffffffff2 '
	fi
	if show part_of_block_call; then
		says 'R8: part of a block is refused, and the block is shown' \
			"$match"' and ($r | length) == 1 and ($r[0] | .ret == -22 and .findings == ["block-boundary"]
				and .boundary.level == "pmd" and .boundary.start == $a and .leaves == {})'
		warned pageattr_pmd_entry
	fi
fi

if boot 6.12 "$blocks" module R1:huge_area R4:alias_in_block; then
	if show huge_area; then
		says 'R1, before fcf8dda8cc48: the walk meets a block' \
			"$match"' and ($q | length) == 1 and ($q[0] | .ret == -22 and .findings == []
				and .area.flags == "0x402") and ($r | length) == 1 and ($r[0] | .ret == -22
				and .findings == ["block-boundary"] and .boundary.level == "pmd" and .boundary.start == $a)'
	fi
	if show alias_in_block; then
		says 'R4, before e5efd56fa157: read-only, and its alias is not' \
			'($q | length) == 1 and ($q[0] | .ret == 0 and .verdict == "MISMATCH" and .reason == "alias-writable"
				and (.findings | sort) == ["error-swallowed", "wide-alias"])
				and all($r[]; .verdict == "MATCH")
				and ([$r[] | select(.ret == -22 and .findings == ["block-boundary"])] | length) == 8'
	fi
	warned __apply_to_page_range
fi

if boot newest '' module R10:tables_go; then
	out=$tmp/out/tables_go
	show tables_go > /dev/null
	says 'R10, fixed in July 2026 (for b6bdb7517c3d): tables become blocks under those who read them, and all is MATCH' \
		"$match and $ok"' and ($c | all(.verdict == "MATCH"))
			and ([$r[] | select(.leaves.pmd == 2)] | length) > 40'
	is "$kernel: R10: the module did what it should" "$(grep -o 'ret=0 areas=800' "$out.churn")" 'ret=0 areas=800'
	ok "$kernel: R10: and tables were freed" test "$(cat "$out.gone")" -gt 40
	is "$kernel: R10: predict came to its end" \
		"$(cat "$out.status") $(wc -l < "$out.predict")" "0 $(wc -l < "$out.requests")"
	is "$kernel: R10: whatever it saw, the answer is 0" "$(jq -c '[.ret, .decided_by]' "$out.predict" | sort -u)" \
		'[0,"done"]'
	ok "$kernel: R10: and answered while they were" test "$(wc -l < "$out.predict")" -ge 10
	is "$kernel: R10: check_wx_pages has no complaint" "$(awk '{ print $2 }' "$tmp/out/wx")" SUCCESS
	echo "# $kernel: $(ask "$c" '$s | "\(.changes) changes, \(.match) MATCH"'), $(cat "$out.gone") tables freed," \
		"$(wc -l < "$out.predict") predictions:" \
		"$(jq -r '.parts[0].leaves | to_entries | map("\(.value) \(.key)") | join(" and ") | if . == "" then "nothing" else . end' \
			"$out.predict" | sort | uniq -c | sed -E 's/^ +([0-9]+) (.*)/\1 times \2/' | paste -sd, | sed 's/,/, /g')"
	warned
fi
finish
