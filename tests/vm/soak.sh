#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/soak.sh [KERNEL [CPU [CHANGES]]]: everything that changes mappings at once, on several CPUs, watched until
# there were CHANGES of them: no false alarm, nothing unknown, and next to nothing raced or lost.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} changes=${3:-20000}
# Of the changes, in millionths. A short run is allowed three standard deviations of what chance makes of that.
most_raced=100 most_lost=100
at_most='($s.changes * $most / 1000000) as $mean |
	$n <= $mean + (if $s.changes < 1000000 then 1 + 3 * ($mean | sqrt) else 0 end)'
# Seconds; a guest on a busy machine makes some 500 changes in one.
limit=$((180 + changes / 200))
# Splitting time among more than there are makes a short run long.
smp=$((changes > 100000 ? 4 : 2))

function=update_range_prot
[[ $kernel == 6.12* ]] && function=__change_memory_common
cat > "$tmp/guest.sh" <<END
function=$function changes=$changes limit=$limit burst=$((changes / 20 < 20000 ? changes / 20 : 20000))
END
cat >> "$tmp/guest.sh" <<'END'
export T=/sys/kernel/tracing burst
insmod /lib/pwtrace/pwt_test.ko && touch /module
# Counts what happens; so many are wanted.
echo "p:count/range $function" >> $T/kprobe_events && echo 1 > $T/events/count/range/enable
echo 0 > $T/tracing_on
echo 1 > /sys/module/kfence/parameters/sample_interval
pwtrace watch -q -j --ring 128M -- sh work.sh $changes $limit > /out/changes 2> /out/watch.err
echo $? > /out/status
END

cat > "$tmp/work.sh" <<'END'
# churn NAME COMMAND...: over and over; what it has to say is for whom it may concern
churn() {
	name=$1 rounds=0
	shift
	while [ ! -e /stop ]; do
		"$@" > /dev/null 2> /out/$name.last || { cat /out/$name.last; echo "status $?"; } >> /out/$name.err
		rounds=$((rounds + 1))
	done
	echo "$name $rounds" >> /out/rounds
}
hits() {
	awk '$1 == "range" { print $2 }' $T/kprobe_profile
}
check_wx() {
	cat /sys/kernel/debug/check_wx_pages
	usleep 20000
}
commands() {
	while read -r line; do
		provoke mod $line || return
	done < mod-commands
	provoke mod stress $burst
}
# of pwtrace, whose child this is
memory() {
	awk '$1 == "VmRSS:" { print $2 }' /proc/$PPID/status
}
echo "$(hits) $(cut -d ' ' -f 1 /proc/uptime)" > /out/begin
churn module provoke module &
churn secretmem-1 provoke secretmem 400 &
churn secretmem-2 provoke secretmem 64 &
churn secretmem-3 provoke secretmem 3 &
churn kfence provoke kfence 1 2 &
churn bpf provoke bpf &
churn kprobe provoke kprobe &
[ -e /sys/kernel/debug/check_wx_pages ] && churn check_wx check_wx &
[ -e /module ] && churn test-module commands &
left=$2
while [ $left -gt 0 ] && [ $(hits) -lt $1 ]; do
	sleep 1
	left=$((left - 1))
	[ -e /out/early ] || [ $(hits) -lt $(($1 / 4)) ] || memory > /out/early
done
memory > /out/late
touch /stop
wait
echo 0 > /sys/module/kfence/parameters/sample_interval
sleep 2
echo "$(hits) $(cut -d ' ' -f 1 /proc/uptime)" > /out/end
END

cat > "$tmp/mod-commands" <<'END'
alloc v vmalloc 64
alloc h vmalloc_huge 1024
alloc l linear 4
set_memory_ro v 0 64
set_memory_rw v 0 64
set_memory_ro v 3 5
set_memory_rw v 3 5
set_memory_x v 60 4
set_memory_nx v 60 4
set_memory_valid l 3 4 0
set_memory_valid l 3 4 1
set_memory_valid h 0 512 0
set_memory_valid h 0 512 1
set_memory_valid h 7 30 0
set_memory_valid h 7 30 1
set_memory_ro h 0 16
set_direct_map_invalid_noflush l 0 16
set_direct_map_default_noflush l 0 16
free all
END

module "$kernel"
have_module=$?
guest --kernel "$kernel" --cpu "$cpu" --smp $smp --mem 2G --timeout $((limit + 300)) --add "$tmp/guest.sh" \
	--add "$tmp/work.sh" --add "$tmp/mod-commands" -- sh guest.sh
kernel_is_well
c=$tmp/out/changes

is "the watch ended well" "$(cat "$tmp/out/status")$(grep 'ended with' "$tmp/out/watch.err")" 0
holds "there were $changes changes" "$c" '$s.changes >= $n' '$s.changes' --argjson n "$changes"
holds "no false alarm" "$c" '$s.mismatch == 0' "[\$c[] | select(.verdict == \"MISMATCH\")][:10][]"
holds "nothing unknown" "$c" '$s.unknown == 0' "[\$c[] | select(.verdict == \"UNKNOWN\")][:10][]"
holds "at most $most_raced in a million raced" "$c" "\$s.raced as \$n | $at_most" \
	"[\$c[] | select(.verdict == \"RACED\") | $brief][:10][]" --argjson most $most_raced
holds "at most $most_lost in a million lost" "$c" "\$s.lost as \$n | $at_most" \
	"[\$c[] | select(.verdict == \"LOST\") | $brief][:10][], \$s" --argjson most $most_lost
holds "every other verdict has its reason" "$c" 'all($c[]; .verdict == "MATCH" or (.reason | type == "string"))'
holds "every record makes sense" "$c" '$s.malformed == 0'
early=$(cat "$tmp/out/early") late=$(cat "$tmp/out/late")
ok "memory does not grow: $early KiB after a quarter, $late at the end" test "$late" -le $((early + 2048))
for name in module secretmem-1 secretmem-2 secretmem-3 kfence bpf kprobe check_wx test-module; do
	rounds=$(awk -v n=$name '$1 == n { print $2 }' "$tmp/out/rounds")
	if [[ $name == test-module && $have_module -ne 0 ]]; then
		skip "$name was there" "no headers for this kernel"
	elif [[ $name == secretmem-* && $kernel == 6.12* ]]; then
		pass "$name was there: $rounds times"
	else
		ok "$name was there: ${rounds:-0} times" test "${rounds:-0}" -ge 1 -a ! -e "$tmp/out/$name.err"
	fi
	[[ ! -e $tmp/out/$name.err ]] || sort "$tmp/out/$name.err" | uniq -c | head -n 5 | sed 's/^/#   /'
done

ask "$c" '$s | "# \(.kernel): \(.changes) changes, \(.match) MATCH, \(.mismatch) MISMATCH, \(.unknown) UNKNOWN, \(.raced) RACED, \(.lost) LOST"'
ask "$c" '$s | "# \(.records) records, \(.records_lost) lost; \(.probes_missed) probes missed; \(.malformed) malformed, \(.unfinished) unfinished"'
ask "$c" '[$c[] | select(.verdict != "MATCH") | "\(.verdict) \(.reason), \(.op)"] | group_by(.)[] | "#   \(length) \(.[0])"'
paste -d ' ' "$tmp/out/begin" "$tmp/out/end" | awk -v f=$function '{ printf "# the kernel counts %d %s() in %.0f s\n", $3 - $1, f, $4 - $2 }'
finish
