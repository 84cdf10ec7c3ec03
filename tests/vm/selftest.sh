#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/selftest.sh [KERNEL [CPU [all]]]: 'pwtrace selftest' passes on a sound kernel and says what it could not
# test, and it fails where one of the changes that it provokes goes wrong. With "all" more of these, and its options.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} all=${3:-}

# Which of its tasks' walks goes wrong: of the first 128, by secretmem, half hide a page and half show one; then
# come the aliases of a new pack's pages and the pack. Up to 6.17 secretmem's are not seen by anybody.
faults='200'
[[ $all ]] && faults='1 100 200'
[[ $all && $kernel == 6.12* ]] && faults='140 200'
echo "all=$all faults='$faults'" > "$tmp/guest.sh"
cat >> "$tmp/guest.sh" <<'END'
# try NAME COMMAND...: its output in /out/NAME.out and .err, its status in .status
try() {
	name=$1
	shift
	"$@" > /out/$name.out 2> /out/$name.err
	echo $? > /out/$name.status
}
interval=/sys/module/kfence/parameters/sample_interval
cat $interval > /out/interval
try first pwtrace selftest
cat $interval >> /out/interval
if [ $all ]; then
	echo 20 > $interval
	ulimit -l 16
	try kfence pwtrace selftest -j --max-lost 0
	cat $interval >> /out/interval
	echo 0 > $interval
	ulimit -l 8192
	for backend in kprobe.multi kprobe; do
		try $backend pwtrace selftest -q --backend $backend
	done
	try dry-run pwtrace selftest --dry-run
fi
if [ -e /lib/pwtrace/pwt_test.ko ]; then
	insmod /lib/pwtrace/pwt_test.ko
	for n in $faults; do
		provoke mod ambush pwtrace- $n > /dev/null
		try fault$n pwtrace selftest -j
		provoke mod ambush > /out/fault$n
	done
fi
END

module "$kernel"
have_module=$?
for _ in 1 2 3; do
	guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" -- sh guest.sh
	# rare, and right: KFENCE frees from an interrupt in the middle of a probe
	said=$(cat "$tmp"/out/*.err | grep -m 1 -E '[1-9][0-9]* (RACED|LOST)') || break
	echo "# once more: $said"
done
kernel_is_well

# well NAME: it passed, and what it wrote is KTAP: plans and numbers are right, results follow from their parts
well() {
	local out=$tmp/out/$1.out

	is "$1: exit status 0" "$(cat "$tmp/out/$1.status")" 0
	is "$1: KTAP" "$(awk '
		function bad(why) { print FNR ": " why ": " $0 }
		{ inner = sub(/^  /, "") }
		/^KTAP version 1$/ { if (inner) begun++; else first = FNR; n[inner] = failed = 0; next }
		/^1\.\.[0-9]+$/ { plan[inner] = substr($0, 4); next }
		/^#/ { if (!inner) bad("diagnostics outside"); next }
		/^(not )?ok [0-9]+ / {
			i = $1 == "ok" ? 2 : 3
			if ($i != ++n[inner]) bad("wrong number")
			if (inner) { failed += $1 == "not"; next }
			if (n[1] != plan[1]) bad("not as many results as planned")
			if (($1 == "not") != (failed > 0)) bad("does not follow from its parts")
			next
		}
		{ bad("no KTAP") }
		END {
			if (first != 1) bad("no version first")
			if (n[0] != plan[0] || begun != plan[0]) bad("not as many groups as planned")
		}' "$out")" ''
	unlike "$1: nothing failed" "$out" 'not ok'
}

well first
is "KFENCE is left as it is" "$(uniq "$tmp/out/interval" | tr '\n' ' ')" "$([[ $all ]] && echo '0 20 ' || echo '0 ')"
for step in memfd_secret bpf kprobe kfence; do
	like "$step is announced" "$tmp/out/first.err" "^  $step: "
done
pages=64 pack=$([[ $kernel == *16k ]] && echo 128 || echo 512)
o=$tmp/out/first.out
if [[ $kernel == 6.12* ]]; then
	like "secretmem goes past the hook" "$o" "ok 1 secretmem # SKIP 64 pages hidden and shown, by functions"
	like "the callbacks are not there" "$o" 'ok [0-9]+ callbacks and their order # SKIP'
else
	like "secretmem: each page out and back" "$o" "# $pages pages: seen to leave .* $pages times, to come back $pages times"
	like "callbacks are in order" "$o" 'ok [0-9]+ callbacks and their order$'
	like "a hook that nothing calls is not missed" "$o" 'ok [0-9]+ walk_kernel_page_table_range # SKIP nothing'
	like "the pack is freed again" "$o" 'packs .*; [1-9] seen to be freed$'
fi
like "bpf: a pack with the alias of each page" "$o" "# 48 socket filters .*: [12] new packs .* with ($pack|$((2 * pack))) linear aliases, and executable; [0-9] seen to be freed\$"
like "kprobe: the first since boot" "$o" '1 new pages for probes made read-only, with 1 linear aliases, and executable; 0 seen to be freed$'
like "kfence is off" "$o" 'ok 4 kfence # SKIP KFENCE is off'
if [[ $cpu == bbm ]]; then
	like "blocks are split" "$o" '^  ok [0-9]+ split a block$'
	like "by a function that is hooked" "$o" '^  ok [0-9]+ split_pmd$'
fi

if [[ $all ]]; then
	o=$tmp/out/kfence.out
	outcome() {
		jq -rs --arg g "$1" --arg n "$2" '.[] | select(.group == $g and .name == $n).outcome' "$o"
	}
	is "with KFENCE and little to lock: exit status 0" "$(cat "$tmp/out/kfence.status")" 0
	is "  KFENCE's changes are seen" "$(outcome 'provoked changes' kfence)" ok
	is "  their rule is exercised" "$(outcome rules set_memory_valid)" ok
	is "  the page of slots is there" "$(outcome 'provoked changes' kprobe)" skip
	is "  the end" "$(jq -rs '.[-2] | [.type, .ok, .failed] | join(" ")' "$o")" 'selftest true 0'
	is "  and the summary, as of watch" "$(jq -rs 'last | .type + " " + (.changes == .match and .changes > 100 | tostring)' "$o")" \
		'summary true'
	for backend in kprobe.multi kprobe; do
		if [[ $kernel == 6.12* && $backend == kprobe.multi ]]; then
			is "$backend: this kernel has none" "$(cat "$tmp/out/$backend.status")" 3
		else
			well $backend
		fi
	done
	is "--dry-run: exit status 0" "$(cat "$tmp/out/dry-run.status")" 0
	is "  nothing on stdout" "$(cat "$tmp/out/dry-run.out")" ''
	like "  it is said what would be done" "$tmp/out/dry-run.err" '^pwtrace: selftest would '
fi

for n in $faults; do
	if [[ $have_module -ne 0 ]]; then
		skip "a fault in walk $n" "no module: $(tail -n 1 "$tmp/module.log")"
		continue
	fi
	like "walk $n of its tasks goes wrong" "$tmp/out/fault$n" '^fired=1 '
	is "  exit status 1" "$(cat "$tmp/out/fault$n.status")" 1
	o=$tmp/out/fault$n.out
	is "  one change is a MISMATCH, with its reason" \
		"$(jq -rs '[.[] | select(.type == "change") | .verdict + " " + .reason] | join(",")' "$o")" \
		'MISMATCH bits-outside-masks'
	is "  at its address" "$(jq -rs '.[] | select(.type == "change").difference.addr' "$o")" \
		"$(sed 's/.*addr=//' "$tmp/out/fault$n")"
	is "  the test of it failed" \
		"$(jq -rs '[.[] | select(.group == "verdicts" and .outcome == "failed").name] | join(",")' "$o")" \
		'none is MISMATCH'
done
echo "# $(grep -h 'changes, ' "$tmp/out/first.err")"
finish
