#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/backends.sh [KERNEL [CPU]]: the same work under each way to attach, with and without callbacks,
# gives the same changes with the same verdicts.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

cat > "$tmp/work.sh" <<'END'
exec > /dev/null
provoke secretmem 64
[ -e /proc/pwt_test ] || exit 0
while read -r line; do
	provoke mod $line || exit
done < commands
END
cat > "$tmp/commands" <<'END'
set_memory_ro v 0 8
set_memory_rw v 0 8
set_memory_x v 1 5
set_memory_nx v 1 5
set_memory_ro v 4 9
set_memory_ro h 0 16
set_memory_valid h 0 16 0
set_memory_valid h 0 520 0
set_memory_valid h 0 512 1
set_memory_valid h 0 1024 0
set_memory_valid h 0 1024 1
set_memory_valid l 0 1 0
set_memory_valid l 0 1 1
set_memory_valid l 3 4 0
set_memory_valid l 3 4 1
set_memory_valid l 3 0 1
set_direct_map_invalid_noflush l 0 8
set_direct_map_default_noflush l 0 8
plant wrong-bit v 0 4 2
set_memory_x v 0 4
unplant
set_memory_nx v 0 4
END
cat > "$tmp/guest.sh" <<'END'
if insmod /lib/pwtrace/pwt_test.ko; then
	provoke mod alloc v vmalloc 8 && provoke mod alloc h vmalloc_huge 1024 &&
		provoke mod alloc l linear 3 || exit
fi > /dev/null 2>&1
for backend in fentry kprobe.multi kprobe; do
	for more in '' --callbacks --calls; do
		pwtrace watch -j --max-lost 0 --backend $backend $more -- sh work.sh \
			> /out/$backend$more 2> /out/$backend$more.err
		echo $? > /out/$backend$more.status
	done
done
END
module "$kernel"
have_module=$?
[[ $have_module -eq 0 ]] || echo "# without the test module: $(tail -n 1 "$tmp/module.log")"
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" --add "$tmp/work.sh" --add "$tmp/commands" -- \
	sh guest.sh
kernel_is_well

# What the work did, and no worker or module loader beside it, in the order of the calls: a verdict that
# waits for others comes later.
story='[$c | sort_by(.seq)[] | select(.comm == "provoke") | {op, hook, size, zone, set, clear, ret, leaves, verdict, reason, findings,
	boundary: (.boundary.level), nested: (.parent != null), caller: (.caller // "" | sub("\\+.*"; ""))}]'
for more in '' --callbacks --calls; do
	first=
	for backend in fentry kprobe.multi kprobe; do
		run=$backend$more o=$tmp/out/$backend$more
		is "$run: exit status 0" "$(cat "$o.status")" 0
		holds "$run: is what was used" "$o" '$s.backend == $b' '$s.backend' --arg b $backend
		holds "$run: nothing is lost or missed" "$o" '$s.records_lost + $s.probes_missed + $s.malformed == 0'
		holds "$run: nothing is wrong but what was planted" "$o" \
			'[$c[] | select(.verdict != "MATCH") | [.verdict, .reason]] == $wrong' \
			"[\$c[] | select(.verdict != \"MATCH\") | $brief][]" --argjson wrong \
			"$([[ $have_module -eq 0 ]] && echo '[["MISMATCH","bits-outside-masks"]]' || echo '[]')"
		holds "$run: knows who called" "$o" 'all($c[]; .caller | type == "string" and test("^[a-z_]+"))' \
			'[$c[].caller] | unique'
		ask "$o" "$story | .[]" > "$tmp/$run.story"
		if [[ ! $first ]]; then
			first=$run
			ok "$run: at least 128 changes" test "$(wc -l < "$tmp/$run.story")" -ge 128
		else
			ok "$run: the same changes as $first" diff "$tmp/$first.story" "$tmp/$run.story"
		fi
	done
done
finish
