#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/ptdump.sh [KERNEL [CPU]]: `pwtrace dump --ptdump` is what the kernel's own kernel_page_tables has, line for line.
# Only kernels with CONFIG_PTDUMP_DEBUGFS have that, which Debian's are not: one that was built here (make kernel).

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-own-64k} cpu=${2:-max}
tries=10

cat > "$tmp/guest.sh" <<'END'
[ -e /sys/kernel/debug/kernel_page_tables ] || exit 77
# A BPF program that stays: the next one is put beside it, and no page becomes read-only for it.
pwtrace watch > /dev/null 2>&1 &
sleep 3
# Stacks of those who read come and go in vmalloc, a while later: the dump is to be what the kernel says before or
# behind it. What BPF allocates for its own reading is there only meanwhile, so vmalloc is left out of that.
for source in kcore bpf; do
	for try in $(seq $1); do
		sleep 0.5
		cat /sys/kernel/debug/kernel_page_tables > before
		sleep 0.5
		pwtrace dump --ptdump --source $source > dump 2> /out/$source.err || exit 1
		sleep 0.5
		cat /sys/kernel/debug/kernel_page_tables > after
		for f in before dump after; do
			if [ $source = bpf ]; then
				sed '/^---\[ vmalloc() area/,/^---/d' $f > /out/$source.$f
			else
				cp $f /out/$source.$f
			fi
		done
		echo $try > /out/$source.tries
		cmp -s /out/$source.before /out/$source.dump && break
		cmp -s /out/$source.after /out/$source.dump && break
	done
done
END
guest --kernel "$kernel" --cpu "$cpu" --append debug_pagealloc=off --timeout 300 --add "$tmp/guest.sh" -- \
	sh guest.sh $tries
[[ $status -ne 77 ]] || skip_all "this kernel has no kernel_page_tables: make kernel FRAGMENT=tests/vm/fragments/64k.config"
kernel_is_well
for source in bpf kcore; do
	o=$tmp/out/$source
	ok "$source: there is something to compare: $(wc -l < "$o.before") lines" test "$(wc -l < "$o.before")" -gt 30
	if cmp -s "$o.before" "$o.dump"; then
		pass "$source: not a line differs (try $(cat "$o.tries"))"
	else
		ok "$source: not a line differs (try $(cat "$o.tries"))" diff "$o.after" "$o.dump"
	fi
done
finish
