#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/recordings.sh [KERNEL [CPU]]: what a recording may leave out, keep back and be compared with: rotation, the
# last moments before a mismatch, redaction, snapshots and their differences. What was recorded in the guest is looked at
# here.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-bbm}
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}

cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit
provoke mod alloc v vmalloc 8 > /out/v
provoke mod alloc h vmalloc_huge 1024 > /out/h
grep -E ' (_text|_end)$' /proc/kallsyms | sort > /out/symbols
mkdir /out/flight /out/rotated

# Nothing but a mismatch has it written: before it, there are more changes than memory is for.
pwtrace record --ring-only --memory 128K --after 1 -j -o /out/flight/x -- sh flight.sh > /out/flight.log 2>&1
echo $? > /out/flight.status
provoke mod unplant > /dev/null
provoke mod set_memory_rw v 3 1 > /dev/null
pwtrace record --ring-only -o /out/flight/none -- provoke secretmem 5 > /dev/null 2> /out/none.err

pwtrace record --rotate 64K --keep 3 --stack -o /out/rotated/x -- provoke mod stress 6000 > /dev/null 2> /out/rotated.err

pwtrace record --redact --births --stack --print -j -o /out/redacted.pwt -- sh small.sh > /out/redacted.mixed 2> /out/redacted.err
grep '^{' /out/redacted.mixed > /out/redacted.j

provoke mod alloc w vmalloc_huge 1024 > /out/w
pwtrace record --snapshot --stack -o /out/differ.pwt -- sh differ.sh > /out/differ.log 2>&1
pwtrace record --snapshot --redact -o /out/x.pwt -- true 2> /out/refused.err
echo $? > /out/refused.status
pwtrace record -o - -- echo to-stderr 2> /out/pipe.err > /out/pipe.pwt
END
cat > "$tmp/flight.sh" <<'END'
provoke mod bench valid 30000
provoke mod plant wrong-bit v 3 1
provoke mod set_memory_ro v 3 1
provoke secretmem 20
END
cat > "$tmp/small.sh" <<'END'
provoke module
provoke secretmem 30
provoke mod set_memory_valid h 0 512 0
provoke mod set_memory_valid h 0 512 1
provoke mod set_memory_valid h 7 30 0
provoke mod set_memory_valid h 7 30 1
provoke mod set_memory_ro v 2 3
provoke mod set_memory_rw v 2 3
provoke mod alloc g vmalloc_huge 2048
provoke mod free g
END
cat > "$tmp/differ.sh" <<'END'
provoke mod set_memory_ro v 4 2
provoke mod set_memory_valid w 7 30 0
provoke mod alloc n vmalloc 4
END
module "$kernel" || skip_all "no headers for $kernel: the test module provokes all of this"
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" --add "$tmp/flight.sh" --add "$tmp/small.sh" \
	--add "$tmp/differ.sh" -- sh guest.sh
kernel_is_well
o=$tmp/out page=$(page_of "$kernel")

check() {
	"$pwtrace" check -j "$@" 2> "$tmp/check.err"
}
# verdicts FILE: what each change was, and was found to be, but for addresses
verdicts() {
	jq -c 'select(.type == "change") | [.seq, .op, .hook, .size, .ret, .verdict, .reason, .findings, .zone, .leaves,
		.caller, .stack, .birth]' "$1"
}
# addr FILE [SLOT]: where the module has put it
addr() {
	echo $((0x$(sed -nE "s/.*slot=${2:-[a-z]} .* addr=0x([0-9a-f]+).*/\1/p" "$o/$1")))
}

# The flight recorder
is "a mismatch is seen while it is only kept" \
	"$(cat "$o/flight.status") $(grep '"type":"summary"' "$o/flight.log" | jq .mismatch)" "0 1"
is "one file is written" "$(ls "$o/flight")" x.0000
check "$o/flight/x.0000" > "$tmp/flight.j"
holds "it has the mismatch" "$tmp/flight.j" \
	'$s.mismatch == 1 and ($c | map(select(.verdict == "MISMATCH")) | .[0].op) == "set_memory_ro"'
holds "and what came before, as far as there was memory" "$tmp/flight.j" '$s.changes < 60000 and $s.changes > 1000' '$s'
holds "what it cannot know it does not say" "$tmp/flight.j" \
	'all($c[]; .verdict == "MATCH" or .verdict == "LOST" or .op == "set_memory_ro")'
like "without a trigger nothing is written, and that is said" "$o/none.err" 'no trigger: nothing was written'

# Rotation
mapfile -t files < <(ls -d "$o"/rotated/*)
is "the last three files are there" ${#files[@]} 3
sizes=$(stat -c %s "${files[@]}" | xargs)
size=${sizes%% *}
# and what was captured last before it was, which is 192 KiB at most before it is packed
ok "of the size that was asked for, and a row of events: $sizes of $(basename -a "${files[@]}" | xargs)" \
	test "$size" -lt $(((64 + 192) << 10)) -a "$size" -ge 65536
check "${files[@]}" > "$tmp/rotated.j"
calls=$(sed -nE 's/^([0-9]+) calls recorded.*/\1/p' "$o/rotated.err")
holds "together they are one recording: its changes to the end" "$tmp/rotated.j" \
	'$s.changes > 2000 and $s.changes <= $calls and $s.mismatch == 0 and $s.unknown == 0' '$s' --argjson calls "$calls"
unlike "nothing is missing between them" "$tmp/check.err" 'never written|damaged'
check "${files[2]}" "${files[0]}" > "$tmp/two.j"
is "with one left out they are two" "$(jq -s 'map(select(.type == "summary" and .kernel)) | length' "$tmp/two.j")" 2
is "each part has the stacks of its changes" \
	"$(check "${files[1]}" | jq -s '[.[] | select(.type == "change" and .verdict == "MATCH") | .stack | length > 0] | all')" true

# Redaction
check "$o/redacted.pwt" > "$tmp/redacted.j"
verdicts "$o/redacted.j" > "$tmp/live.verdicts"
verdicts "$tmp/redacted.j" > "$tmp/redacted.verdicts"
ok "redacted: each verdict is that of the live run" diff "$tmp/live.verdicts" "$tmp/redacted.verdicts"
nr=$(wc -l < "$tmp/live.verdicts")
ok "redacted: there were changes: $nr" test "$nr" -gt 100
text=$(awk '$3 == "_text" { print $1 }' "$o/symbols") end=$(awk '$3 == "_end" { print $1 }' "$o/symbols")
near=0 linear=0
while read -r a; do
	# signed numbers: the kernel's half is in order
	((a >= 0x$text - 0x80000000 && a < 0x$end + 0x80000000)) && near=$((near + 1))
	((a < 0xffff800000000000)) && linear=$((linear + 1))
done < <(grep -oE '0xf[0-9a-f]{15}' "$tmp/redacted.j" | sort -u)
is "redacted: no address is near the kernel's image" $near 0
ok "redacted: there are addresses of the linear map: $linear" test $linear -gt 10
linear_of() {
	jq -r 'select(.type == "change" and .zone == "linear").addr' "$1" | sort -u
}
is "redacted: and none of the machine's" "$(comm -12 <(linear_of "$o/redacted.j") <(linear_of "$tmp/redacted.j"))" ''
is "redacted: the entries lead elsewhere" "$(comm -12 \
	<(jq -r '.. | objects | .after? // empty | strings' "$o/redacted.j" | sort -u) \
	<(jq -r '.. | objects | .after? // empty | strings' "$tmp/redacted.j" | sort -u) | grep -cv '^0x0$')" 0

# Snapshots
v=$(addr v) w=$(addr w)
"$pwtrace" diff -j "$o/differ.pwt" > "$tmp/diff" 2> "$tmp/diff.err"
is "diff ends well" $? 0
at() {
	jq -c --arg at "$(printf '0x%x' "$1")" 'select(.type == "difference" and .start == $at)' "$tmp/diff"
}
at $((v + 4 * page)) > "$tmp/ro"
is "diff: what was made read-only, and by which call" \
	"$(jq -c '[.kinds, .size, .last_change.op, .last_change.comm, (.last_change.stack | length > 3)]' "$tmp/ro")" \
	"[[\"attributes\"],$((2 * page)),\"set_memory_ro\",\"provoke\",true]"
is "diff: it was not before, and is behind it" \
	"$(jq -c '[(.before.attributes, .after.attributes) | index("ro") != null]' "$tmp/ro")" '[false,true]'
if [[ $cpu == bbm ]]; then
	is "diff: a block was split, and by which call" "$(at $((w + 7 * page)) | jq -c '[.kinds, .last_change.op]')" \
		'[["split","attributes"],"set_memory_valid"]'
	is "diff: by how much" "$(tail -n 1 "$tmp/diff" | jq .bytes.split)" \
		"$(jq -s 'map(select(.type == "difference" and (.kinds | index("split"))) | .size) | add' "$tmp/diff")"
fi
# what was there may be unmapped lazily
is "diff: a mapping that was made" "$(at "$(addr differ.log n)" |
	jq -c '(.kinds[0] == "mapped" and .before == null) or .kinds[0] == "moved"')" true
"$pwtrace" diff -j "$o/differ.pwt:0" "$o/differ.pwt:0" > "$tmp/same" 2> /dev/null
is "diff of a snapshot and itself: nothing" "$(jq -c 'select(.type == "summary").differences' "$tmp/same")" 0
n=$(printf '0x%016x' "$(addr differ.log n)")
has_area() {
	"$pwtrace" areas -q -j --source "$o/differ.pwt" --snapshot "$1" | jq -s --arg n "$n" 'any(.[]; .type == "area" and .addr == $n)'
}
is "areas: each snapshot has its own" "$(has_area 0) $(has_area last)" 'false true'
is "a snapshot tells addresses: --redact is refused" \
	"$(cat "$o/refused.status") $(grep -c 'are addresses' "$o/refused.err")" "2 1"
check "$o/pipe.pwt" > "$tmp/pipe.j"
is "a recording by a pipe has nothing else in it" "$(jq -r .type "$tmp/pipe.j" | tail -n 1) $(grep -c damaged "$tmp/check.err")" \
	'summary 0'
like "what the command prints goes elsewhere" "$o/pipe.err" '^to-stderr$'
finish
