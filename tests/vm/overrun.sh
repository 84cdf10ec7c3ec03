#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/overrun.sh [KERNEL [CPU]]: a ring that is too small. What is lost is counted to the record, the
# changes that were hit are LOST, and nothing is taken for a MISMATCH.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

cat > "$tmp/guest.sh" <<'END'
T=/sys/kernel/tracing
insmod /lib/pwtrace/pwt_test.ko || exit
echo 0 > /sys/module/kfence/parameters/sample_interval
echo 'p:count/range update_range_prot' > $T/kprobe_events
echo 0 > $T/tracing_on
echo 1 > $T/events/count/range/enable
hits() {
	awk '$1 == "range" { print $2 + $3 }' $T/kprobe_profile
}
# run NAME OPTIONS COMMAND...
run() {
	name=$1 options=$2
	shift 2
	hits > /out/$name.begin
	pwtrace watch -j $options -- sh -c 'exec provoke mod "$@" >&2' sh "$@" > /out/$name.out 2> /out/$name.err
	echo $? > /out/$name.status
	hits > /out/$name.end
}
run valid '--ring 64K --max-lost 0' bench valid 6000
run patient '--ring 64K --max-lost 1000000' bench valid 3000
run stress '--ring 64K --max-lost 0' stress 2000
run callbacks '--ring 64K --callbacks --max-lost 0' stress 1000
run plenty '--ring 16M --max-lost 0' bench valid 1000
# A ring that is used again and again, with nothing lost: a record lies where another one was.
pwtrace watch -j --ring 256K --max-lost 0 -- sh -c 'for i in $(seq 24); do
	provoke mod stress 40; usleep 100000; done >&2' > /out/wrap.out 2> /out/wrap.err
echo $? > /out/wrap.status
END
module "$kernel"
case $? in
0)	;;
77)	skip_all "$(tail -n 1 "$tmp/module.log")";;
*)	fail "the test module can be built" "$(cat "$tmp/module.log")"; finish;;
esac
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
is "valid: --max-lost 0 ends with 4" "$(cat "$tmp/out/valid.status")" 4
is "patient: --max-lost 1000000 with 0" "$(cat "$tmp/out/patient.status")" 0
is "stress: 4" "$(cat "$tmp/out/stress.status")" 4
is "callbacks: 4" "$(cat "$tmp/out/callbacks.status")" 4
is "plenty: a ring that is large enough, 0" "$(cat "$tmp/out/plenty.status")" 0
is "wrap: nothing lost, 0" "$(cat "$tmp/out/wrap.status")" 0
holds "wrap: each change is MATCH" "$tmp/out/wrap.out" \
	'($c | length) > 2000 and $s.records_lost == 0 and all($c[]; .verdict == "MATCH")' \
	"\$s, ([\$c[] | select(.verdict != \"MATCH\") | $brief][:3][])"
for run in valid patient stress callbacks plenty wrap; do
	holds "$run: each record makes sense" "$tmp/out/$run.out" '$s.malformed == 0' '$s.malformed'
done
for run in valid patient stress callbacks; do
	holds "$run: records were lost, and changes with them" "$tmp/out/$run.out" \
		'$s.records_lost > 1000 and $s.lost > 0 and any($c[]; .verdict == "LOST")'
	holds "$run: some changes came through whole" "$tmp/out/$run.out" '$s.match > 0'
	holds "$run: the rest is LOST, because of lost records, and nothing else" "$tmp/out/$run.out" \
		'all($c[]; .verdict == "MATCH" or (.verdict == "LOST" and .reason == "record-lost"))' \
		"[\$c[] | select(.verdict != \"MATCH\" and .verdict != \"LOST\") | $brief][:5][]"
	like "$run: people are told" "$tmp/out/$run.err" ' LOST.*; [0-9]+ records lost \('
done
# A change of one page has two records. A LOST one may have been seen with its entry alone, which knows no
# return value, with its exit alone, which knows no masks, or with the entry of one call and the exit of a
# later one, when all between them was lost. Of other changes nothing was seen at all.
seen='[$c[] | if .verdict == "LOST" and (.ret == null or .set + .clear == []) then 1 else 2 end] | add'
for run in valid patient plenty; do
	calls=$(($(cat "$tmp/out/$run.end") - $(cat "$tmp/out/$run.begin")))
	holds "$run: records seen + lost = records made" "$tmp/out/$run.out" \
		"($seen) + \$s.records_lost == 2 * \$made" \
		"{seen: ($seen), lost: \$s.records_lost, made: (2 * \$made)}" --argjson made "$calls"
done
finish
