#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/triggers.sh KERNEL CPU [ARG,ARG...]: all that makes a kernel change its mappings, watched. Every change
# gets MATCH, and there are as many as kprobe events on the same functions count. ARGs are for the kernel's command
# line. The run is a line of the table that tests/vm/matrix.sh shows.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
[[ $# -eq 2 || $# -eq 3 ]] || { echo "usage: tests/vm/triggers.sh KERNEL CPU [ARG,ARG...]" >&2; exit 2; }
kernel=$1 cpu=$2 args=${3:-}
# Without aliases there is no page of the linear map that could be hidden, and no secretmem.
[[ $args == *rodata=* ]] && rodata=1 || rodata=

# line RELEASE CHANGES MATCH OTHER HOOKS: this run's, in the table
line() {
	mkdir -p "$top/build/matrix"
	printf '%s\t' "$1" "$cpu" "${args:--}" "${@:2}" > "$top/build/matrix/${kernel//\//_}.$cpu.$args"
}
# With DEBUG_PAGEALLOC pages come and go all the time, in every context. The first and the last of what is watched are
# not known, and interrupts that free a page in the middle of a probe are no exception: what they do is missed.
[[ $kernel == own-* ]] && busy=1 || busy=

line "$kernel" - - 'did not come to its end' -

# What is watched. The events are counted from its first line to its last.
cat > "$tmp/window.sh" <<'END'
exec > /out/window.log 2>&1
cat $T/kprobe_profile > /out/begin
set -e
# 3: this kernel has not got what it takes
try() {
	provoke "$@" || [ $? -eq 3 ]
}
try kprobe
try module
try kfence 50 2
try bpf
try secretmem 512
if [ -e /lib/pwtrace/pwt_test.ko ]; then
	insmod /lib/pwtrace/pwt_test.ko
	while read -r line; do
		provoke mod $line
	done < /guest/mod-commands
	rmmod pwt_test
fi
# Programs and pages that were let go of are freed by workers.
sleep 2
set +e
cat $T/kprobe_profile > /out/end
END

cat > "$tmp/guest.sh" <<'END'
export T=/sys/kernel/tracing
echo 0 > /sys/module/kfence/parameters/sample_interval
# Set before the watch begins: a probe's own changes are not to be among those counted.
for f in __change_memory_common update_range_prot change_memory_common; do
	grep -q " $f\$" /proc/kallsyms || continue
	echo "p:count/$f $f" >> $T/kprobe_events && echo 1 > $T/events/count/$f/enable
done
echo 0 > $T/tracing_on
cat $T/kprobe_profile > /out/before
pwtrace watch -j --fail --max-lost 0 -- sh /guest/window.sh > /out/changes 2> /out/watch.err
echo $? > /out/status
cat $T/kprobe_profile > /out/behind
END

cat > "$tmp/mod-commands" <<'END'
alloc v vmalloc 64
alloc l linear 4
set_memory_ro v 0 64
set_memory_rw v 0 64
set_memory_ro v 3 5
set_memory_rw v 3 5
set_memory_x v 60 4
set_memory_nx v 60 4
set_memory_valid l 3 4 0
set_memory_valid l 3 4 1
set_direct_map_invalid_noflush l 0 16
set_direct_map_default_noflush l 0 16
set_direct_map_valid_noflush l 2 9 0
set_direct_map_valid_noflush l 2 9 1
stress 400
free all
END
[[ $kernel == 6.12* ]] && sed -i /valid_noflush/d "$tmp/mod-commands"
# What the kernel hands out by itself may be out of blocks that were split before: this is a whole one.
if [[ $cpu == bbm ]]; then
	[[ $(page_of "$kernel") == 16384 ]] && order=11 || order=9
	sed -i "/^stress/i alloc b linear $order\\nset_memory_valid b 3 4 0\\nset_memory_valid b 3 4 1" "$tmp/mod-commands"
fi

module "$kernel"
have_module=$?
[[ $have_module -eq 0 || $have_module -eq 77 ]] ||
	fail "the test module can be built" "$(cat "$tmp/module.log")"
c=$tmp/out/changes

# A BPF program does not run on a CPU that it is already running on: a KFENCE object that is freed in an
# interrupt of the program is missed. pwtrace counts that, and it is rare; what is to be shown here
# is shown by a run without.
for _ in 1 2 3; do
	guest --kernel "$kernel" --cpu "$cpu" --append "${args//,/ }" --add "$tmp/guest.sh" --add "$tmp/window.sh" \
		--add "$tmp/mod-commands" -- sh guest.sh
	if [[ $(cat "$tmp/out/status") == 3 ]]; then
		line "$kernel" - - 'it cannot be watched' none
		skip_all "$(cat "$tmp/out/watch.err")"
	fi
	missed=$(ask "$c" '$s.probes_missed')
	[[ $missed == 0 || $busy ]] && break
	echo "# $missed probes missed, once more: $(tail -n 1 "$tmp/out/watch.err")"
done

is "the triggers did what they should, and the watch ended with 0" \
	"$(cat "$tmp/out/status")$(grep 'ended with' "$tmp/out/watch.err")" 0
kernel_is_well

# counted FUNCTION [FROM TO]: hits and misses of its event between begin and end
counted() {
	awk -v f="$1" '$1 == f { n = $2 + $3 - n } END { print n + 0 }' "$tmp/out/${2:-begin}" "$tmp/out/${3:-end}"
}
function=update_range_prot
[[ $kernel == 6.12* ]] && function=__change_memory_common
holds "$function is the hook" "$c" \
	'[$s.hooks[] | select(.state == "attached").function] | index($f) != null' '$s' --arg f "$function"
for f in "$function" change_memory_common; do
	if [[ $busy ]]; then
		holds "changes by $f: no fewer than the kernel's own event counts inside, no more than outside" "$c" \
			'[.[] | select(.hook == $f)] | length + $s.probes_missed >= $in and length <= $out' \
			'[[.[] | select(.hook == $f)] | length, $in, $out]' --arg f "$f" \
			--argjson in "$(counted "$f")" --argjson out "$(counted "$f" before behind)"
		continue
	fi
	is "as many changes by $f as the kernel's own event counts" \
		"$(ask "$c" '[$c[] | select(.hook == $f)] | length' --arg f "$f")" "$(counted "$f")"
done
holds "at least $((rodata ? 20 : 1000)) of them" "$c" '[$c[] | select(.hook == $f)] | length >= $n' '$c | length' \
	--arg f "$function" --argjson n $((rodata ? 20 : 1000))
others="[\$c[] | select(.verdict != \"MATCH\") | $brief][:10][]"
if [[ $busy ]]; then
	holds "each is MATCH, or LOST for what was missed" "$c" \
		'all($c[]; (.verdict == "MATCH" and .reason == null) or
			(.verdict == "LOST" and .reason == "probe-missed")) and $s.lost <= $s.probes_missed * 2' "$others"
	holds "missed was one in 100 at most" "$c" '$s.probes_missed * 100 <= $s.changes'
	holds "no record was lost" "$c" '$s | .records_lost + .malformed == 0'
else
	holds "each is MATCH" "$c" 'all($c[]; .verdict == "MATCH" and .reason == null)' "$others"
	holds "nothing was lost or missed" "$c" '$s | .records_lost + .probes_missed + .malformed + .lost == 0'
fi
if [[ $cpu == bbm && ! $rodata ]]; then
	holds "blocks were split" "$c" 'any($c[]; .splits.pmd > 0)'
fi
holds "the summary counts what was shown" "$c" \
	'$s.changes == ($c | length) + $s.own and $s.changes == $s.shown and $s.changes == $s.match + $s.lost'

# Each trigger is among them.
holds "kprobe, module, bpf: text made read-only and executable" "$c" \
	'[$c[] | select(.op == "set_memory_ro" or .op == "set_memory_x") | .ret] | length > 10 and all(. == 0)'
# On 6.12 they do so by other functions than the one that is watched.
[[ $kernel == 6.12* || $rodata ]] || holds "secretmem: pages leave the linear map and come back" "$c" \
	'[$c[] | select(.comm == "provoke" and .op == "set_direct_map_invalid_noflush")] | length >= 512'
holds "KFENCE: a page made valid or invalid, in any context" "$c" \
	'[$c[] | select(.zone == "linear" and .op == "set_memory_valid" and .size == $page)] | length > 20' \
	'[$c[] | .op] | group_by(.) | map([.[0], length])' --argjson page "$(page_of "$kernel")"
if [[ $have_module -eq 0 ]]; then
	holds "the test module: ranges of many pages" "$c" \
		'[$c[] | select(.comm == "provoke" and .hook == $f and .leaves.pte == 64)] | length >= 2' \
		'[$c[] | select(.comm == "provoke").leaves] | unique' --arg f "$function"
	holds "and several CPUs at once" "$c" \
		'[$c[] | select(.comm | startswith("pwt_stress")).cpu] | unique | length == 2'
else
	skip "the test module" "Debian has no headers for this kernel"
fi
line "$(ask "$c" '$s.kernel')" "$(ask "$c" '$s.changes')" "$(ask "$c" '$s.match')" \
	"$(ask "$c" '[$s | to_entries[] | select((.key | IN("mismatch", "unknown", "raced", "lost")) and .value > 0)
		| "\(.value) \(.key | ascii_upcase)"] | if . == [] then "-" else join(", ") end')" \
	"$(ask "$c" '[$s.hooks[] | select(.state == "attached").function] | join(" ")')"
echo "# $(tail -n 1 "$tmp/out/watch.err")"
finish
