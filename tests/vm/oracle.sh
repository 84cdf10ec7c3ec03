#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/oracle.sh [KERNEL [CPU [SEEDS [FIRST]]]]: the kernel's own page walk as oracle. Tables out of a seed
# are walked by walk_kernel_page_table_range_lockless() in the guest's kernel and by libpagewalk: every call of
# a callback, the value returned and the tables after it are the same. SEEDS is 10000 if not given.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} seeds=${3:-10000} first=${4:-0}
program=$top/build/arm64/walk-oracle

# number LABEL: the one that the program gives with it for all seeds
number() {
	grep -v '^seed' "$tmp/stdout" | grep -oE "(^|[ ,])$1 [0-9]+|[0-9]+ $1" | grep -oE '[0-9]+' |
		tail -n 1
}

# each DESCRIPTION LABEL...: a walk that never comes there proves nothing
each() {
	local what=$1 label missing=''

	shift
	for label; do
		[[ $(number "$label") -gt 0 ]] || missing+=" $label"
	done
	is "$what" "none of:$missing" "none of:"
}

cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit
[ -e /proc/pwt_walk ] || exit 78
# The kernel says so of each bad entry, to a slow console.
echo 1 > /proc/sys/kernel/printk
exec /guest/walk-oracle "$@"
END
[[ -x $program ]] || skip_all "no $program: make oracle-arm64"
module "$kernel"
case $? in
0)	;;
77)	skip_all "$(tail -n 1 "$tmp/module.log")";;
*)	fail "the test module can be built" "$(cat "$tmp/module.log")"; finish;;
esac
guest --kernel "$kernel" --cpu "$cpu" --timeout 800 --add "$tmp/guest.sh" --add "$program" -- \
	sh guest.sh --first "$first" --seeds "$seeds"
[[ $status -ne 78 ]] || skip_all "the module has no page walk for this kernel"
kernel_is_well
is "every seed was walked" "$(number seeds)" "$seeds"
if [[ $status -eq 0 && $(number different) == 0 ]]; then
	pass "the library does what the kernel does"
else
	fail "the library does what the kernel does" "status $status" "$(cat "$tmp/stdout" "$tmp/stderr")"
fi
if [[ $seeds -ge 1000 ]]; then
	each "every callback was called" pgd_entry p4d_entry pud_entry pmd_entry pte_entry pte_hole
	each "every kind of answer was given" ACTION_AGAIN ACTION_CONTINUE 'entries written' \
		'ended by a callback' refused
fi
grep -E '^page|^[0-9]+ seeds' "$tmp/stdout" | sed 's/^/# /'
finish
