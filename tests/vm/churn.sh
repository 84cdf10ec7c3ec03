#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/churn.sh [KERNEL [CPU [SECONDS]]]: the tables are looked at again and again, in every way, while modules and
# huge areas come and go, and memory goes from one state to another. The kernel survives, each command ends well, and
# no line mixes two states without a mark.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} seconds=${3:-30}
page=$(page_of "$kernel")
pages=$((page / 8)) size=$((page * page / 8))
[[ $page -ne 65536 ]] || skip_all "a block of 64K pages is larger than what the module can have"

cat > "$tmp/guest.sh" <<END
pages=$pages size=$size seconds=$seconds
END
cat >> "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit 1
provoke mod alloc h hole $((3 * pages)) > /out/slot
provoke mod flip map h 50 > /out/flip
from=$(sed -n 's/.*addr=\(0x[0-9a-f]*\) pages.*/\1/p' /out/flip)
to=$(printf '0x%x' $((from + size)))

# churn NAME COMMAND...: over and over
churn() {
	name=$1 rounds=0
	shift
	while [ ! -e /stop ]; do
		"$@" > /dev/null 2>> /out/$name.err || echo "status $?" >> /out/$name.err
		rounds=$((rounds + 1))
		# or there is little time for the others
		usleep 50000
	done
	echo "$name $rounds" >> /out/rounds
}
churn module provoke module &
churn huge provoke mod churn 10 &

# look NAME COMMAND...: its status, and what it says in /tmp/out; false if there is no time left
look() {
	name=$1
	shift
	in_time || return
	"$@" > /tmp/out 2> /tmp/err
	status=$?
	echo "$name $status" >> /out/statuses
	[ $status -eq 0 ] || { echo "$name: $status"; tail -n 3 /tmp/err; } >> /out/messages
	return 0
}
# states NAME: what it says of the memory that is never the same, by dump
states() {
	number=$((number + 1))
	awk -F '"' -v from=$from -v to=$to '$4 == "run" && $8 >= from && $8 < to' /tmp/out |
		sed "s/^{/{\"dump\":$number,/" >> /out/states.$1
	tail -n 1 /tmp/out | grep '"type":"summary"' >> /out/summaries.$1
}
# findings NAME: of an audit that found something, all but what is torn is wrong
findings() {
	grep '"type":"finding"' /tmp/out | grep -v '"rule":"torn"' >> /out/findings
	tail -n 1 /tmp/out >> /out/summaries.$1
}
# one_of SOURCE: each way to look, the first ones first where there is time for a few only
one_of() {
	look range.$1 pwtrace dump -j --holes --source $1 $from+$size && states $1
	look dump.$1 pwtrace dump -j --source $1 && states $1
	look audit.$1 pwtrace audit -j --source $1 && findings audit
	look stat.$1 pwtrace stat -j --source $1
	look range.$1 pwtrace dump -j --holes --source $1 $from+$size && states $1
}
number=0
end=$(($(cut -d . -f 1 /proc/uptime) + seconds))
in_time() {
	[ $(cut -d . -f 1 /proc/uptime) -lt $end ]
}
while in_time; do
	one_of bpf
	one_of kcore
	look ptdump pwtrace dump --ptdump
done
touch /stop
wait
provoke mod flip > /out/flipped
dmesg > /out/dmesg
END
module "$kernel" || skip_all "no headers for this kernel"
guest --kernel "$kernel" --cpu "$cpu" --mem 2G --timeout $((seconds + 400)) --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
o=$tmp/out
is "the guest ended well" "$status" 0
is "the kernel has no warning" "$(grep -E 'WARNING|BUG|cut here|Call trace|stall|hung|page_owner|Bad page' "$o/dmesg" | head -n 5)" ''

echo "# $(sort "$o/statuses" | uniq -c | awk '{ printf "%s%s %s of status %s", sep, $1, $2, $3; sep = ", " }')"
echo "# $(tr '\n' ' ' < "$o/rounds")rounds; flip: $(grep -o 'rounds=[0-9]* failed=[0-9]*' "$o/flipped")"
is "each command ended well" "$(grep -v '^audit.* [01]$' "$o/statuses" | grep -v ' 0$' | sort | uniq -c)" ''
is "audit found nothing but what is torn" "$(head -n 5 "$o/findings" 2> /dev/null)" ''
for name in module huge; do
	ok "$name: it was there" test "$(awk -v n=$name '$1 == n { print $2 }' "$o/rounds")" -ge 1
	is "$name: and did well" "$(sort "$o/$name.err" | uniq -c | head -n 5)" ''
done
is "the memory went from state to state" "$(grep -o 'failed=[0-9]*' "$o/flipped")" failed=0

# state SOURCE: of each dump, what it says of the memory
state() {
	jq -cs "group_by(.dump)[]" "$o/states.$1" 2> /dev/null | while read -r dump; do
		jq -c --arg from 0x0 --arg to 0xg --argjson size "$size" -f "$here/states.jq" <<< "$dump"
	done
}
for source in bpf kcore; do
	state $source > "$tmp/$source"
	echo "# $source: $(wc -l < "$o/summaries.$source") dumps, of $(wc -l < "$tmp/$source") there was something mapped:" \
		"$(jq -s 'map(select(.marked > 0)) | length' "$tmp/$source") have marks," \
		"$(jq -s 'map(select(.bad)) | length' "$tmp/$source") show two states without one"
	jq -s '{changed: map(.changed) | add, torn: map(.torn) | add, unknown: map(.changes_unknown) | add,
		missed: map(.changes_missed) | add}' -c "$o/summaries.$source" | sed "s/^/#   $source: /"
done
hooks=$(jq -s 'all(.hooks | length > 0)' "$o/summaries.bpf")
if [[ $hooks == true ]]; then
	is "no line mixes two states without a mark" "$(jq -c 'select(.bad)' "$tmp/bpf" | head -n 5)" ''
else
	skip "no line mixes two states without a mark" "this kernel has no kprobe.multi for the hooks"
fi
jq -s '"# audit: \(length) times, \(map(.by_rule.torn) | add) torn, \(map(.gone) | add) gone at a second look"' -r "$o/summaries.audit"
finish
