#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/record.sh [KERNEL [CPU]]: what is recorded in a guest is checked here, and is to the byte what was said there;
# and recorders that come to a bad end: killed, on a full disk, with nobody at the other end of the pipe.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}

cat > "$tmp/guest.sh" <<'END'
if insmod /lib/pwtrace/pwt_test.ko; then
	touch /out/module
	provoke mod alloc v vmalloc 8 > /dev/null
	provoke mod alloc h vmalloc_huge 1024 > /dev/null
fi
pwtrace watch -j --stack --births --record /out/live.pwt --output /out/live.json -- sh some.sh > /out/live.log 2>&1
echo $? > /out/live.status
pwtrace record --stack -o /out/bare.pwt -- sh some.sh > /out/bare.log 2>&1
echo $? > /out/bare.status

# Killed while it writes once a second
pwtrace record -o /out/killed.pwt > /out/killed.log 2>&1 &
recorder=$!
until grep -q watching /out/killed.log; do sleep 0.2; done
sh stream.sh 200 && sleep 2
sh stream.sh 50
kill -9 $recorder
wait $recorder
echo $? > /out/killed.status

mkdir /full && mount -t tmpfs -o size=32k none /full
pwtrace record -o /full/x.pwt -- sh stream.sh 9000 > /out/full.log 2>&1
echo $? > /out/full.status
cp /full/x.pwt /out/full.pwt

ln -s /out/elsewhere link
pwtrace record -o link -- true > /out/link.log 2>&1
echo $? > /out/link.status

(pwtrace record -o - -- sh stream.sh 12000 2> /out/pipe.log; echo $? > /out/pipe.status) | head -c 100000 > /out/pipe.pwt
END
# stream.sh N: N times something; up to 6.17 secretmem goes past what can be hooked
cat > "$tmp/stream.sh" <<'END'
if grep -q ' update_range_prot$' /proc/kallsyms; then
	exec provoke secretmem $1
else
	exec provoke mod stress $1
fi
END
cat > "$tmp/some.sh" <<'END'
provoke secretmem 20
provoke bpf 4
provoke module
[ -e /out/module ] || exit 0
provoke mod set_memory_ro v 2 3
provoke mod set_memory_x v 2 3
provoke mod set_memory_nx v 2 3
provoke mod set_memory_rw v 2 3
# split, or refused
provoke mod set_memory_valid h 7 30 0
provoke mod set_memory_valid h 7 30 1
provoke mod alloc g vmalloc_huge 1024
provoke mod free g
provoke mod plant wrong-bit v 3 1
provoke mod set_memory_ro v 3 1
provoke mod unplant
provoke mod set_memory_rw v 3 1
END
module "$kernel"
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" --add "$tmp/some.sh" --add "$tmp/stream.sh" -- sh guest.sh
# what the module plants, the kernel may well complain about
o=$tmp/out planted=0
[[ -e $o/module ]] && planted=1

check() {
	"$pwtrace" check -j "$@" 2> "$tmp/check.err"
}

# As it was said there
is "live: fine" "$(cat "$o/live.status")" 0
check "$o/live.pwt" > "$tmp/live.j"
is "live: checked here, $planted MISMATCH" $? $planted
ok "live: each change and the summary is the same, to the byte" cmp "$o/live.json" "$tmp/live.j"
holds "live: there is something to be the same" "$o/live.json" '$s.changes > 50 and $s.mismatch == $p and $s.unknown == 0' \
	'$s' --argjson p $planted
unlike "live: the file is whole" "$tmp/check.err" 'cut off|damaged|missing'

# Without a checker there
is "bare: fine" "$(cat "$o/bare.status")" 0
calls=$(sed -nE 's/^([0-9]+) calls recorded.*/\1/p' "$o/bare.log")
check "$o/bare.pwt" > "$tmp/bare.j"
is "bare: checked here, $planted MISMATCH" $? $planted
holds "bare: all calls are judged, and as rightly" "$tmp/bare.j" \
	'$s.changes == ($n | tonumber) and $s.mismatch == $p and $s.unknown == 0' '$s' --arg n "${calls:-0}" --argjson p $planted
is "bare: what is wrong is the same" "$(ask "$tmp/bare.j" '$c | map(select(.verdict == "MISMATCH") | [.op, .reason, .difference.level])')" \
	"$(ask "$tmp/live.j" '$c | map(select(.verdict == "MISMATCH") | [.op, .reason, .difference.level])')"

# Recorders that come to a bad end
is "killed: by signal 9" "$(cat "$o/killed.status")" 137
check "$o/killed.pwt" > "$tmp/killed.j"
is "killed: what was written is read" $? 0
like "killed: and said to be cut off" "$tmp/check.err" 'killed\.pwt: it is cut off after [0-9]+ chunks'
holds "killed: it has what is older than a second" "$tmp/killed.j" \
	'$s.changes >= 400 and $s.mismatch == 0 and $s.unknown == 0' '$s'
check --max-lost 0 "$o/killed.pwt" > /dev/null
is "killed: that is more than none" $? 4

is "full: status" "$(cat "$o/full.status")" 4
like "full: it is said" "$o/full.log" 'writing to /full/x.pwt failed: No space left on device'
check "$o/full.pwt" > "$tmp/full.j"
is "full: what was written is read" $? 0
holds "full: there is something" "$tmp/full.j" '$s.changes > 100 and $s.mismatch == 0 and $s.unknown == 0' '$s'
like "full: and it is said to be less" "$tmp/check.err" 'full\.pwt: it (is cut off|ends) after [0-9]+ chunks'
ok "full: no more than there was room for" test "$(stat -c %s "$o/full.pwt")" -le 32768

is "link: refused" "$(cat "$o/link.status")" 2
like "link: and it is said why" "$o/link.log" 'never written through'
ok "link: nothing is where it leads" test ! -e "$o/elsewhere"

is "pipe: nobody reads it any more" "$(cat "$o/pipe.status")" 4
like "pipe: it is said" "$o/pipe.log" 'Broken pipe'
check "$o/pipe.pwt" > "$tmp/pipe.j"
is "pipe: what came through is read" $? 0
holds "pipe: there is something" "$tmp/pipe.j" '$s.changes > 0 and $s.mismatch == 0' '$s'
like "pipe: it is cut off" "$tmp/check.err" 'cut off'
finish
