#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/process.sh [KERNEL [CPU [SEEDS [FIRST]]]]: the kernel's walks of processes as oracle. A process with
# every kind of mapping is walked by walk_page_range() and its relatives in the guest's kernel and, as the
# tables were before, by libpagewalk: every call of a callback and the value returned are the same. A seed is
# two or three walks; SEEDS is 200 if not given.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} seeds=${3:-200} first=${4:-1}
program=$top/build/arm64/process-oracle

# number NAME: what the program says of it
number() {
	grep -oE "(^| )$1=[0-9]+" "$tmp/stdout" | tail -n 1 | grep -oE '[0-9]+$'
}

# each DESCRIPTION NAME...: a walk that never comes there proves nothing
each() {
	local what=$1 name missing=''

	shift
	for name; do
		[[ $(number "$name") -gt 0 ]] || missing+=" $name"
	done
	is "$what" "none of:$missing" "none of:"
}

cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit
[ -e /proc/pwt_mm ] || exit 78
/guest/process-oracle --out /out "$@"
status=$?
rmmod pwt_test || echo "the module stays"
dmesg | grep -E 'BUG|WARNING|Bad (page|rss)' > /out/warnings
exit $status
END
[[ -x $program ]] || skip_all "no $program: make oracle-arm64"
module "$kernel"
case $? in
0)	;;
77)	skip_all "$(tail -n 1 "$tmp/module.log")";;
*)	fail "the test module can be built" "$(cat "$tmp/module.log")"; finish;;
esac
# the huge pages of 16K pages are of 32 MiB
guest --kernel "$kernel" --cpu "$cpu" --mem 2560M --timeout 800 --add "$tmp/guest.sh" --add "$program" -- \
	sh guest.sh "$first" "$seeds"
[[ $status -ne 78 ]] || skip_all "the module has no walk of processes for this kernel"
kernel_is_well
is "nor a warning" "$(cat "$tmp/out/warnings")" ""
if [[ $status -eq 0 && $(number different) == 0 ]]; then
	pass "the library does what the kernel does"
else
	fail "the library does what the kernel does" "status $status" "$(cat "$tmp/stdout" "$tmp/stderr")"
fi
if [[ $seeds -ge 100 ]]; then
	each "every kind of walk was made" range range_vma vma mapping debug mm_unsafe vma_unsafe folio
	each "every callback was called" pgd_entry p4d_entry pud_entry pmd_entry pte_entry pte_hole hugetlb_entry \
		test_walk pre_vma post_vma install_pte folio_walk_start
	each "huge pages were split, callbacks ended walks" splits errors
	each "entries of every kind were there" contiguous special invalid uffd not_present
fi
sed -n 's/^walks=/# walks=/p; /^# not here/p' "$tmp/stdout"
finish
