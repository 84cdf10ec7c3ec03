#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pwtrace export: what comes out is what 'pwtrace check' says, in other people's words. Perfetto's is decoded by its
# schema. The tables of --core are compared by tests/unit/dumpfile.c and tests/vm/dumps.sh.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}
recording=${1:-$top/tests/data/changes.pwt}

# A 64-bit number as protobuf has it, and nanoseconds of a time.
unsigned() {
	printf '%u\n' $(($1))
}
nanoseconds() {
	local seconds=${1%.*} fraction=${1#*.}

	echo "$(date -ud "$seconds" +%s)${fraction%Z}"
}

"$pwtrace" check -j "$recording" 2> /dev/null > "$tmp/check"
is "check finds the mismatch in the recording" $? 1
changes=$(jq -s 'map(select(.type == "change")) | length' "$tmp/check")
ok "there are changes, with stacks, inside one another, a mismatch and splits" jq -es 'map(select(.type == "change")) |
	length > 10 and any(.[]; .parent) and any(.[]; .verdict == "MISMATCH") and any(.[]; .splits != {}) and
	all(.[]; .stack | length > 5)' "$tmp/check"

"$pwtrace" export --jsonl "$recording" > "$tmp/jsonl" 2> "$tmp/err"
is "--jsonl: what check -j gives" "$(cmp "$tmp/check" "$tmp/jsonl" 2>&1)" ''
like "  and the summary for people" "$tmp/err" "^$changes changes, "

# Folded stacks
"$pwtrace" export -q --folded "$recording" > "$tmp/folded" 2> "$tmp/err"
is "--folded: nothing else is said" "$(cat "$tmp/err")" ''
is "--folded: a line is frames, a blank and a number" "$(grep -vE '^[^; ]+(;[^; ]+)* [0-9]+$' "$tmp/folded")" ''
is "  no line twice" "$(sed 's/ [0-9]*$//' "$tmp/folded" | sort | uniq -d)" ''
is "  each change counts once, for its operation" \
	"$(awk -F'[; ]' '{ sum[$1] += $NF } END { for (op in sum) print op, sum[op] }' "$tmp/folded" | sort)" \
	"$(jq -r 'select(.type == "change").op' "$tmp/check" | sort | uniq -c | awk '{ print $2, $1 }' | sort)"
is "  the stacks end where theirs do" "$(sed -E 's/ [0-9]+$//; s/.*;//' "$tmp/folded" | sort -u)" \
	"$(jq -r 'select(.type == "change").stack[-1] | sub("\\+.*"; "")' "$tmp/check" | sort -u)"
unlike "  what the operation is made of is not its caller" "$tmp/folded" ';(update_range_prot|change_memory_common|bpf_tramp)'
"$pwtrace" export -q --folded --weight time "$recording" > "$tmp/time"
is "  by time: that of the calls that are in no other" "$(awk '{ sum += $NF } END { printf "%.0f\n", sum }' "$tmp/time")" \
	"$(jq -s 'map(select(.type == "change" and .parent == null).duration_ns) | add' "$tmp/check")"
"$pwtrace" export -q --folded --root-first "$recording" > "$tmp/reversed"
is "  --root-first: the other way round" "$(awk '{ n = split($1, f, ";"); line = f[n]
	for (i = n - 1; i; i--) line = line ";" f[i]; print line, $2 }' "$tmp/reversed" | sort)" "$(sort "$tmp/folded")"

# To files, with care
"$pwtrace" export -q --folded -o "$tmp/file" "$recording"
is "-o: the same, in a file" "$(cat "$tmp/file")" "$(cat "$tmp/folded")"
is "  for the user alone" "$(stat -c %a "$tmp/file")" 600
ln -s file "$tmp/link"
"$pwtrace" export -q --folded -o "$tmp/link" "$recording" 2> "$tmp/err"
is "  not through a link" "$? $(readlink "$tmp/link")" '2 file'
like "  which is said" "$tmp/err" 'is a link'
"$pwtrace" export --folded "$recording" > /dev/full 2> "$tmp/err"
is "a full disk: exit status 5" $? 5
like "  which is said" "$tmp/err" 'writing to standard output failed: No space'
"$pwtrace" export -q --perfetto -o /dev/full "$recording" 2> "$tmp/err"
is "a device: exit status 2" $? 2

# Of what there is none
"$pwtrace" export --core -o "$tmp/core" "$recording" 2> "$tmp/err"
is "--core of a recording without tables: exit status 3" $? 3
like "  which is said" "$tmp/err" '0 snapshots of tables'
ok "  and no file" test ! -e "$tmp/core"
head -c 3000 "$recording" > "$tmp/cut"
"$pwtrace" export --jsonl "$tmp/cut" > "$tmp/out" 2> "$tmp/err"
like "a recording that was cut off: what is there, and that it was" "$tmp/err" 'cut: it is cut off'

if ! command -v protoc > /dev/null; then
	skip "--perfetto: by its schema" "there is no protoc: tests/setup"
	finish
fi
"$pwtrace" export -q --perfetto "$recording" > "$tmp/trace" 2> "$tmp/err"
is "--perfetto: nothing else is said" "$(cat "$tmp/err")" ''
ok "  protoc decodes it" sh -c "protoc --decode=Trace -I'$top/tests/data' trackevent.proto < '$tmp/trace' > '$tmp/text'"
awk -f "$top/tests/command/trackevent.awk" "$tmp/text" > "$tmp/lines"
is "  nothing in it is unknown, or never told" "$(grep '^bad' "$tmp/lines")" ''
monotonic=$(awk '$1 == "clock" && $2 == 3 { print $3 }' "$tmp/lines")
realtime=$(awk '$1 == "clock" && $2 == 1 { print $3 }' "$tmp/lines")
is "  monotonic time is the trace's" "$(grep -c 'primary_trace_clock: BUILTIN_CLOCK_MONOTONIC' "$tmp/text")" 1

# of check: seq, operation, time, duration, address, size, verdict, reason, value returned, thread, processor
jq -r 'select(.type == "change") | [.seq, .op, .time, .duration_ns, .addr, .size, .verdict, .reason // "-", .ret // "-",
	.pid, .cpu] | @tsv' "$tmp/check" | while IFS=$'\t' read -r seq op time duration addr rest; do
	echo "$seq $op $(($(nanoseconds "$time") - realtime + monotonic)) $duration $(unsigned "$addr") ${rest//$'\t'/ }"
done | sort -n > "$tmp/wanted"
# of the trace the same, by rows whose name is $1; slices end in the order of their depth
slices() {
	awk -F'\t' -v rows="$1" '
		$1 == "track" { name[$2] = $4; up[$2] = $3; tid[$2] = $6 }
		$1 == "begin" {
			split("", note)
			for (i = 5; i <= NF; i++)
				note[substr($i, 1, index($i, "=") - 1)] = substr($i, index($i, "=") + 1)
			# a lane that is not the first is below it
			row = $2
			while (name[row] ~ /^at the same time/)
				row = up[row]
			kind = tid[row] != "" || name[row] ~ /idle of CPU/ ? "thread" : name[up[row]]
			cpu = kind == "thread" ? note["cpu"] : substr(name[row], 5)
			pid = kind == "thread" ? tid[row] + 0 : note["pid"]
			line[$2, ++depth[$2]] = kind == rows ? note["seq"] " " $3 " " $4 : ""
			more[$2, depth[$2]] = note["addr"] " " note["size"] " " note["verdict"] " " \
				("reason" in note ? note["reason"] : "-") " " ("ret" in note ? note["ret"] : "-") " " pid " " cpu
		}
		$1 == "end" {
			if (line[$2, depth[$2]] != "")
				print line[$2, depth[$2]], $4, more[$2, depth[$2]]
			depth[$2]--
		}' "$tmp/lines" | sort -n
}
is "  changes, to compare" "$(wc -l < "$tmp/wanted")" "$changes"
is "  each change is a slice of its thread: name, time, duration, notes" "$(slices thread | diff "$tmp/wanted" -)" ''
is "  and of its processor" "$(slices CPUs | diff "$tmp/wanted" -)" ''
is "  each mismatch is an instant: reason, and the entry" "$(awk -F'\t' '$1 == "track" { name[$2] = $4 }
	$1 == "instant" && name[$2] == "mismatches" { print }' "$tmp/lines" | tr '\t' '\n' | grep -E '^(seq|before|expected|after)=' |
	sort)" "$(jq -r 'select(.verdict == "MISMATCH") | "seq=\(.seq)", (.difference | "before=\(.before)", "expected=\(.expected)",
	"after=\(.after)")' "$tmp/check" | while IFS='=' read -r key value; do echo "$key=$(unsigned "$value")"; done | sort)"
is "  splits are counted, by level" "$(awk -F'\t' '$1 == "track" && $7 == "UNIT_COUNT" { name[$2] = $4 }
	$1 == "count" { if ($4 < last[$2]) print "back"; last[$2] = $4 } END { for (t in name) print name[t], last[t] }' "$tmp/lines" | sort)" \
	"$(jq -rs 'map(select(.type == "change").splits | to_entries[]) | group_by(.key)[] | "\(.[0].key) splits \(map(.value) | add)"' \
		"$tmp/check" | sort)"
is "  what was lost is told" "$(grep -oE $'summary\t.*' "$tmp/lines" | tr '\t' '\n' | grep -E '^(kernel|changes|records_lost|probes_missed)=')" \
	"$(jq -r 'select(.type == "summary") | "kernel=\(.kernel)", "changes=\(.changes)", "records_lost=\(.records_lost)",
	"probes_missed=\(.probes_missed)"' "$tmp/check")"
finish
