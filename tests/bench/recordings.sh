#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/bench/recordings.sh [KERNEL [CHANGES]]: what recordings take: the fastest stream that a guest can make, recorded with
# a ring of 8 MiB; and, here, what it takes to write it, and to check it on one processor and on two.

set -eu -o pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(dirname "$(dirname "$here")")
kernel=${1:-newest} changes=${2:-100000}
machine=$(uname -m)
pwtrace=$top/build/${machine/aarch64/arm64}/pwtrace
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pwtrace-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/guest.sh" <<END
insmod /lib/pwtrace/pwt_test.ko
now() {
	cut -d ' ' -f 1 /proc/uptime
}
# what it takes without anybody watching
begin=\$(now)
provoke mod stress $changes > /dev/null
echo "alone \$begin \$(now)" > /out/times
pwtrace record --ring 8M -o /out/x.pwt -- sh -c 'cut -d " " -f 1 /proc/uptime > /out/begin; provoke mod stress $changes > /dev/null
	cut -d " " -f 1 /proc/uptime > /out/end' 2> /out/err
echo "recorded \$(cat /out/begin) \$(cat /out/end)" >> /out/times
END
"$top/tests/vm/run" --kernel "$kernel" --cpu max --timeout 900 --out "$tmp/out" --add "$tmp/guest.sh" -- sh guest.sh > "$tmp/log" 2>&1 ||
	{ cat "$tmp/log" >&2; exit 1; }
calls=$(sed -nE 's/^([0-9]+) calls recorded.*/\1/p' "$tmp/out/err")
awk -v calls="$calls" '{ printf "in the guest, %s: %.0f calls a second\n", $1, calls / ($3 - $2) }' "$tmp/out/times"
sed -n 's/^.*calls recorded/recorded: &/p' "$tmp/out/err"
echo "recorded: $(($(stat -c %s "$tmp/out/x.pwt") / calls)) bytes each: more, where they come faster than they can be packed"

# seconds COMMAND...: by the clock
seconds() {
	local begin
	begin=$(date +%s.%N)
	"$@" > /dev/null 2>&1 || :
	echo "$(date +%s.%N) $begin" | awk '{ print $1 - $2 }'
}
cp "$tmp/out/x.pwt" "$tmp/one.pwt"
"$top/build/host/bench/rewrite" "$tmp/one.pwt" "$tmp/copy.pwt"
one=$(seconds "$pwtrace" check -q "$tmp/one.pwt")
cp "$tmp/one.pwt" "$tmp/two.pwt"
turns=$(seconds "$pwtrace" check -q --jobs 1 "$tmp/one.pwt" "$tmp/two.pwt")
both=$(seconds "$pwtrace" check -q --jobs 2 "$tmp/one.pwt" "$tmp/two.pwt")
awk -v calls="$calls" -v one="$one" -v turns="$turns" -v both="$both" 'BEGIN {
	printf "checked: %.0f calls a second on one processor; two recordings, one after the other %.0f, both at once %.0f\n",
		calls / one, 2 * calls / turns, 2 * calls / both
}'
