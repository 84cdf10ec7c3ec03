#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/pagealloc.sh KERNEL: with DEBUG_PAGEALLOC each page that is freed leaves the linear map, out of whatever
# context frees it. Two bugs that it showed, and what is said of them:
#
#   ce2b3a50ad92 (v6.18): split_kernel_leaf_mapping() took a mutex wherever a page was freed. It is made to happen
#   on the fixed kernel by a change with preemption off, in a linear map that is split.
#
#   lazy MMU mode could not be nested (a warning in apply_to_page_range() and update_range_prot(), up to v6.19; an
#   allocation in the middle of munmap() is enough). That it is nested shows on the fixed kernel as it is.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
[[ $# -eq 1 ]] || { echo "usage: tests/vm/pagealloc.sh KERNEL" >&2; exit 2; }
kernel=$1

# Forks, files and areas come and go; munmap() allocates where it is in lazy MMU mode.
cat > "$tmp/window.sh" <<'END'
n=0
while [ $n -lt 16 ]; do
	n=$((n + 1))
	dd if=/dev/zero of=/tmp/file bs=1M count=4 2> /dev/null
	provoke secretmem 16 >&2
	rm -f /tmp/file
done
sleep 1
END

cat > "$tmp/pages.sh" <<'END'
dmesg -c > /dev/null
pwtrace watch -j --fail -- sh window.sh > /out/changes 2> /out/watch.err
echo $? > /out/status
pwtrace audit -j > /out/audit 2> /out/audit.err
dmesg > /out/dmesg
END

module "$kernel" || skip_all "no test module can be built for $kernel: $(tail -n 1 "$tmp/module.log")"

for cpu in max bbm; do
	guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/pages.sh" --add "$tmp/window.sh" -- sh pages.sh
	c=$tmp/out/changes
	kernel_is_well
	is "$cpu: the watch ended with 0" "$(cat "$tmp/out/status")" 0
	is "$cpu: audit finds nothing in it: free pages are invalid" "$(jq -c 'select(.type == "finding"),
		(select(.type == "summary").invalid | .pagealloc > 100000000)' "$tmp/out/audit")" true
	holds "$cpu: pages leave the linear map and come back, thousands of times" "$c" \
		'[$c[] | select(.op == "set_memory_valid" and .zone == "linear" and .ret == 0)] | length > 2000' \
		'[$c[] | .op] | group_by(.) | map([.[0], length])'
	holds "$cpu: none of it is MISMATCH or UNKNOWN" "$c" '$s.mismatch == 0 and $s.unknown == 0' \
		"[\$c[] | select(.verdict == \"MISMATCH\" or .verdict == \"UNKNOWN\") | $brief][:10][]"
	holds "$cpu: ce2b3a50ad92: pages are freed where nobody may sleep" "$c" \
		'any($c[]; .context == "softirq" or .context == "hardirq") and any($c[]; .context == "task") and
			([$c[].preempt_count] | unique | length) > 1' \
		'[$c[] | [.context, .preempt_count]] | group_by(.) | map([.[0], length])'
	holds "$cpu: ce2b3a50ad92: and nothing is said to sleep there" "$c" \
		'all($c[]; .findings | index("sleep-in-atomic") | not)'
	unlike "$cpu: ce2b3a50ad92: nor does the kernel say so" "$tmp/out/dmesg" 'sleeping function'
	holds "$cpu: lazy MMU mode: changes in the middle of another one" "$c" \
		'[$c[] | select(.context == "task" and .lazy_mmu > 0 and .verdict == "MATCH")] | length > 0' \
		'[$c[] | [.context, .lazy_mmu]] | group_by(.) | map([.[0], length])'
	holds "$cpu: lazy MMU mode: most are in none" "$c" \
		'[$c[] | select(.lazy_mmu == 0)] | length > ($c | length) / 2'
	unlike "$cpu: lazy MMU mode: the kernel has no warning of it" "$tmp/out/dmesg" 'WARNING:'
	echo "# $cpu: $(tail -n 1 "$tmp/out/watch.err")"
done

cat > "$tmp/atomic.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit
provoke mod alloc l linear 4 > /dev/null
provoke mod set_memory_valid l 3 1 0 > /dev/null # split by now
provoke mod set_memory_valid l 3 1 1 > /dev/null
dmesg -c > /dev/null
pwtrace watch -j -- sh -c '
	provoke mod set_memory_valid l 3 1 0 >&2
	provoke mod set_memory_valid l 3 1 1 >&2' > /out/sleepy 2> /out/sleepy.err
dmesg -c > /out/sleepy.dmesg
pwtrace watch -j -- sh -c '
	provoke mod set_memory_valid l 3 1 0 >&2
	provoke mod set_memory_valid l 3 1 1 atomic >&2' > /out/atomic 2> /out/atomic.err
dmesg -c > /out/atomic.dmesg
pwtrace watch -j -- sh -c 'provoke kfence 5 3 >&2' > /out/kfence 2> /out/kfence.err
dmesg -c > /out/kfence.dmesg
provoke mod free all > /dev/null
END
guest --kernel "$kernel" --cpu bbm --append debug_pagealloc=off --add "$tmp/atomic.sh" -- sh atomic.sh
kernel_is_well
o=$tmp/out
ours='[$c[] | select(.comm == "provoke" and .op == "set_memory_valid" and .context == "task" and .size > 0)]'
sleeping='BUG: sleeping function called from invalid context'
holds "pages of a range that was split before" "$o/sleepy" \
	"$ours | length == 2 and all(.verdict == \"MATCH\" and .leaves == {pte: 1} and .findings == [])" "$ours"
unlike "the kernel may sleep there" "$o/sleepy.dmesg" "$sleeping"
holds "ce2b3a50ad92: the same with preemption off: sleep-in-atomic, though nothing is split" "$o/atomic" \
	"$ours | length == 2 and all(.verdict == \"MATCH\" and .leaves == {pte: 1}) and
		[.[].findings] == [[], [\"sleep-in-atomic\"]]" "$ours"
like "ce2b3a50ad92: the kernel says so, too" "$o/atomic.dmesg" "$sleeping"
like "ce2b3a50ad92: of split_kernel_leaf_mapping()" "$o/atomic.dmesg" 'split_kernel_leaf_mapping'
holds "KFENCE may: it never gets to the mutex" "$o/kfence" \
	'any($c[]; .context == "softirq" and .op == "set_memory_valid") and
		all($c[]; .findings | index("sleep-in-atomic") | not)' \
	'[$c[] | [.context, .op, .findings]] | group_by(.) | map([.[0], length])'
unlike "the kernel has nothing to say of KFENCE" "$o/kfence.dmesg" "$sleeping"
finish
