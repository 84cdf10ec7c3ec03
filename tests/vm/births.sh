#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/births.sh [KERNEL [CPU]]: mappings that vmalloc(), vmap() and ioremap() make. What is reported is
# what the test module reads from the tables itself, each has the reason for which it is not larger, and a
# fault that is planted in one is found. Without the module, what user space makes the kernel map.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

# Page, contiguous run and block, in bytes and log2; whether runs are made (06fc959fcff7, v6.16).
P=4096 p=12 R=65536 r=16 B=2097152 b=21 runs=1
[[ $kernel == *-16k ]] && P=16384 p=14 R=2097152 r=21 B=33554432 b=25
[[ $kernel == 6.12* ]] && runs=0
io=0x8000000000 # PCI memory of QEMU's machine, aligned to all there is

# good WHY COMMAND...: a mapping as it should be; WHY is among the findings. WHY is "-" where that depends on
# the memory there is, and none where nothing larger exists. bad REASON COMMAND...: with a fault.
good() {
	echo "$*" >> "$tmp/good"
}
bad() {
	echo "$*" >> "$tmp/bad"
}

good - vmalloc 65536
for size in 65536 1048576 2097152 3145728 4194304 34603008; do
	good - vmalloc_huge $size
done
good not-asked vmalloc $R
good too-small vmalloc_huge $P
good too-small vmalloc_huge $B
good not-asked vmap $((2 * R))
good scattered-pages vmap_reverse $((2 * R))
good too-small ioremap $R $io
good too-small ioremap $((R - P)) $io
good too-small ioremap $B $io
good physical-alignment ioremap $((2 * B)) $((io + R))
good physical-alignment ioremap $((2 * B)) $((io + P))
if [[ $P -eq 4096 ]]; then
	good none ioremap 1073741824 $io
	good physical-alignment ioremap 1073741824 $((io + B))
	good virtual-alignment pages $B $b $((R / P)) 0
	good physical-alignment pages $B $b 0 $((R / P))
	good virtual-alignment pages $B $b 1 1
fi
good not-asked pages $B $r 0 0
good not-asked pages $B $p 0 0
good too-small pages $B $b 0 0
if [[ $runs -eq 1 ]]; then
	good too-small vmalloc_huge $R
	good virtual-alignment pages $R $r 1 0
	good physical-alignment pages $R $r 0 1
	dropped=contiguous-dropped run=mapped-smaller
else
	good level-unsupported pages $R $r 0 0
	dropped=partial-contiguous run=mapped-larger
fi

bad not-mapped pages $R $r 0 0 clear 3
bad mapped-wrong-bits pages $R $r 0 0 bit 3
bad mapped-wrong-page pages $R $r 0 0 other 5
bad $dropped pages $R $r 0 0 cont 5
bad $run pages $R $r 0 0 run 5
bad not-mapped pages $R $p 0 0 clear 3
bad mapped-wrong-bits pages $R $p 0 0 bit 0
bad mapped-wrong-page pages $R $p 0 0 other 15
bad partial-contiguous pages $R $p 0 0 cont 5
bad mapped-larger pages $R $p 0 0 run 5
bad return-value pages $R $p 0 0 ret 5
# a compiler that knows an older vmap_range_noflush() to fail with nothing else makes ENOMEM of it
[[ $runs -eq 0 ]] || bad return-value pages $R $r 0 0 ret 5
bad not-mapped pages $B $b 0 0 clear 5
bad mapped-wrong-bits pages $B $b 0 0 bit 5
bad mapped-wrong-page pages $B $b 0 0 other 5
bad mapped-wrong-bits vmalloc $R bit 7
bad mapped-wrong-bits vmap $R bit 7
bad mapped-wrong-page vmap_reverse $R other 7
bad mapped-wrong-bits vmalloc_huge $B bit 7
bad mapped-wrong-bits ioremap $B $io bit 7
bad mapped-wrong-page ioremap $R $io other 7

cat > "$tmp/run.sh" <<'END'
exec 2>> /out/commands.err
number=0
while read -r what command; do
	number=$((number + 1))
	sh -c 'echo "$0 $$" >> '"/out/$1.pids"'; exec provoke mod birth "$@"' $number $command > answer
	sed "s/^/$number /" answer >> /out/$1.answers
done < $1
END
cat > "$tmp/guest.sh" <<'END'
watch() {
	file=$1
	shift
	pwtrace watch -j --births --fail --max-lost 0 --output /out/$file -- "$@" 2> /out/$file.err
	echo $? > /out/$file.status
}
if insmod /lib/pwtrace/pwt_test.ko; then
	watch changes sh -c 'sh run.sh good; sh run.sh bad'
	pwtrace watch --births -c provoke -V MATCH -n 3 -- sh -c "provoke mod birth vmalloc_huge $1
		provoke mod birth vmap $1; sleep 1; provoke mod birth vmap $1" > /out/text 2> /out/text.err
	rmmod pwt_test
else
	watch changes sh -c 'provoke secretmem; provoke bpf; modprobe dummy'
fi > /out/log 2>&1
END

module "$kernel"
have_module=$?
guest --kernel "$kernel" --cpu "$cpu" --mem 2G --add "$tmp/guest.sh" --add "$tmp/run.sh" --add "$tmp/good" \
	--add "$tmp/bad" --add "$top/build/arm64/provoke" -- sh guest.sh "$B"
c=$tmp/out/changes
kernel_is_well
if [[ ! -s $c ]]; then
	fail "the guest could watch" "$(cat "$tmp/out/log" "$tmp/out/changes.err" 2>&1)"
	finish
fi

for hook in __vmap_pages_range_noflush vmap_small_pages_range_noflush vmap_range_noflush __vmalloc_node_range_noprof; do
	holds "$hook is watched" "$c" 'any($s.hooks[]; .function == $hook and .state == "attached")' '$s.hooks' \
		--arg hook $hook
done
holds "by the cheapest way to attach" "$c" '$s.backend == "fentry"' '$s.backend'
holds "nothing is lost" "$c" '$s.records_lost + $s.probes_missed + $s.malformed + $s.unfinished == 0'
holds "a vmalloc() is its mapping and itself" "$c" \
	'[$c[] | select(.hook == "__vmalloc_node_range")] as $v | $v != [] and all($v[]; . as $call
		| .story.parts == 1 and any($c[]; .parent == $call.seq and .op == "vmalloc"
			and .addr == $call.addr and .size >= $call.size and .birth.asked == $call.birth.asked))'
holds "the pages that were asked for are known" "$c" \
	'all($c[] | select(.hook | test("pages_range")); .birth.pages * $page == .size)' '' --argjson page $P
if [[ $have_module -ne 0 ]]; then
	echo "# without the test module: $(tail -n 1 "$tmp/module.log")"
	is "the watch ends with 0" "$(cat "$tmp/out/changes.status")" 0
	holds "all of it is a MATCH" "$c" '$s.changes == $s.match' '[$c[] | select(.verdict != "MATCH")], $s'
	holds "there is something to see" "$c" '[$c[] | select(.birth)] | length > 3'
	finish
fi
is "the watch of mappings with faults ends with 1" "$(cat "$tmp/out/changes.status")" 1

# answer FILE NUMBER KEY: what the module said
answer() {
	sed -nE "s/^$2 (.* )?$3=([^ ]*).*/\2/p" "$tmp/out/$1.answers" | head -n 1
}

# The mapping itself, of what one command made.
mine='[$c[] | select(.pid == $pid and .addr == $addr and .hook != "__vmalloc_node_range")]'
details='[$c[] | select(.pid == $pid) | {op, hook, addr, size, verdict, reason, findings, birth, difference}][]'
number=0
while read -r why command; do
	number=$((number + 1))
	pid=$(awk -v n=$number '$1 == n { print $2 }' "$tmp/out/good.pids")
	holds "$command: $(answer good $number mapped)${why:+, $why}" "$c" \
		"$mine"' | length == 1 and (.[0] | .verdict == "MATCH" and ([.birth.mapped[] | "\(.size)x\(.nr)"] | join(",")) == $mapped
			and ($why == "-" or ($why == "none" and .findings == []) or any(.findings[]; . == $why)))' \
		"$details" --argjson pid "${pid:-0}" --arg addr "$(answer good $number addr)" \
		--arg mapped "$(answer good $number mapped)" --arg why "$why"
done < "$tmp/good"

number=0
while read -r reason command; do
	number=$((number + 1))
	pid=$(awk -v n=$number '$1 == n { print $2 }' "$tmp/out/bad.pids")
	# a block and a run are named by their first address
	holds "$command: $reason" "$c" \
		'[$c[] | select(.pid == $pid and .verdict != "MATCH")] | length == 1 and (.[0]
			| .verdict == "MISMATCH" and .reason == $reason and .addr == $addr
			and ($reason == "return-value" or .difference.addr == $spoiled or (.difference.addr == $addr
				and (.difference.level == "pmd" or ($command | test(" run "))))))' \
		"$details" --argjson pid "${pid:-0}" --arg addr "$(answer bad $number addr)" --arg reason "$reason" \
		--arg command "$command" --arg spoiled "$(answer bad $number spoiled)"
done < "$tmp/bad"
holds "and nothing else is wrong" "$c" \
	'$s.mismatch == $n and $s.match + $s.mismatch == $s.changes' \
	'[$c[] | select(.verdict != "MATCH") | {pid, op, verdict, reason}], $s' \
	--argjson n "$(wc -l < "$tmp/bad")"

like "in text, a mapping has its blocks" "$tmp/out/text" \
	"^[0-9:.]+ +[0-9]+ provoke +vmalloc +vmalloc +0x[0-9a-f]+ +[0-9]+M 1 pmd +0 MATCH +asked [0-9]+M, mapped 1 x [0-9]+M too-small"
like "and vmalloc() what was asked of it" "$tmp/out/text" 'provoke +vmalloc +vmalloc +0x.* - +0 MATCH +asked [0-9]+M'
is "filters and the limit hold" "$(grep -c ' provoke .* MATCH ' "$tmp/out/text")" 3
finish
