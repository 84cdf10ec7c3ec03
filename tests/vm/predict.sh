#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/predict.sh [KERNEL [CPU]]: what pwtrace predict says comes true: each request is foreseen, then
# carried out by the test module, and return value and entries are compared.

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

# OPERATION SLOT FIRST COUNT [0|1] [+BYTES] = RETURN VALUES that any kernel may give
cat > "$tmp/table" <<'END'
set_memory_ro v 0 1 = 0
set_memory_ro v 3 1 = 0
set_memory_ro v 7 1 = 0
set_memory_rw v 0 8 = 0
set_memory_ro v 0 8 = 0
set_memory_ro v 2 3 = 0
set_memory_rw v 2 3 = 0
set_memory_rw v 0 8 = 0
set_memory_x v 0 1 = 0
set_memory_x v 7 1 = 0
set_memory_nx v 0 8 = 0
set_memory_rox v 1 2 = 0
set_memory_rw v 1 2 = 0
set_memory_nx v 1 2 = 0
set_memory_ro v 0 9 = 0
set_memory_ro v 0 10 = -22
set_memory_rw v 4 8 = -22
set_memory_nx v 8 1 = 0
set_memory_nx v 7 2 = 0
set_memory_nx v 8 2 = -22
set_memory_x v 0 9 = 0
set_memory_nx v 0 8 = 0
set_memory_ro v 2 0 = 0
set_memory_ro v 8 0 = 0
set_memory_ro v 1 1 +24 = 0
set_memory_rw v 1 1 +4 = 0
set_memory_nx v 7 1 +8 = 0
set_memory_nx v 7 2 +8 = 0
set_memory_ro o 0 1 = 0
set_memory_rw o 0 1 = 0
set_memory_ro w 0 600 = 0
set_memory_rw w 511 2 = 0
set_memory_x w 500 30 = 0
set_memory_nx w 0 600 = 0
set_memory_rw w 0 600 = 0
set_memory_ro m 0 8 = -22
set_memory_x m 3 1 = -22
set_memory_ro m 0 0 = -22
set_memory_ro n 0 8 = -22
set_memory_valid n 0 4 1 = 0
set_memory_valid n 0 4 0 = 0
set_memory_ro h 0 16 = -22
set_memory_nx h 0 1024 = -22
set_memory_x h 512 1 = -22
set_memory_valid h 0 16 0 = 0 -22
set_memory_valid h 0 16 1 = 0 -22
set_memory_valid h 511 1 0 = 0 -22
set_memory_valid h 511 1 1 = 0 -22
set_memory_valid h 512 512 0 = 0 -22
set_memory_valid h 520 1 1 = 0 -22
set_memory_valid h 512 512 1 = 0 -22
set_memory_valid h 0 520 0 = 0 -22
set_memory_valid h 0 1024 1 = 0 -22
set_memory_ro l 0 1 = -22
set_memory_nx l 0 0 = -22
set_memory_valid l 0 1 0 = 0
set_memory_valid l 0 1 1 = 0
set_memory_valid l 7 1 0 = 0
set_memory_valid l 2 3 0 = 0
set_memory_valid l 0 8 1 = 0
set_memory_valid l 2 0 1 = -22
set_memory_valid l 3 1 1 +256 = 0 -22
set_memory_valid b 0 512 0 = 0 -22
set_memory_valid b 0 512 1 = 0 -22
set_memory_valid b 16 16 0 = 0 -22
set_memory_valid b 3 40 0 = 0 -22
set_memory_valid b 0 512 1 = 0 -22
set_memory_valid alias:v 0 1 0 = 0 -22
set_memory_valid alias:v 0 1 1 = 0 -22
set_direct_map_invalid l 4 1 = 0
set_direct_map_default l 4 1 = 0
set_direct_map_invalid l 1 3 = 0
set_direct_map_default l 0 8 = 0
set_direct_map_invalid l 2 0 = 0
set_direct_map_invalid alias:v 0 1 = 0
set_direct_map_default alias:v 0 1 = 0
set_direct_map_valid l 2 2 0 = 0
set_direct_map_valid l 2 2 1 = 0
set_direct_map_valid l 2 0 1 = -22
END
# The kernel reads behind the end of area->pages[] for these: they are not tried.
sed -i '/^set_memory_ro v 0 9 /d' "$tmp/table"
sed 's/ = .*//' "$tmp/table" > "$tmp/requests"

module "$kernel" || skip_all "no test module can be built for $kernel: $(tail -n 1 "$tmp/module.log")"
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/requests" --add "$here/predict-guest" --timeout 280 -- \
	sh /guest/predict-guest /guest/requests
is "the guest did its work" "$status" 0
said=$tmp/out/predictions
is "every request was answered" "$(jq -s length "$said" 2>&1)" "$(wc -l < "$tmp/requests")"
is "exit status is that of the worst" "$(cat "$tmp/out/status")" \
	"$(jq -s 'if any(.type == "error") then 3 elif any(.tried.same | not) then 1 else 0 end' "$said")"

number=0
while IFS='=' read -r request returns; do
	request=${request% } number=$((number + 1))
	answer=$(sed -n ${number}p "$said")
	if jq -e '.type == "error" and (.error | test("this kernel has no"))' <<< "$answer" > /dev/null; then
		skip "$request" "this kernel has no such call"
	elif jq -e --arg returns " $returns " '.tried.same and .ret == .tried.ret and
		(.ret as $ret | $returns | contains(" \($ret) "))' <<< "$answer" > /dev/null; then
		pass "$request: $(jq -r '"\(.ret), \(.decided_by // "this or that")"' <<< "$answer")"
	else
		fail "$request" "may be:$returns" "$(jq . <<< "$answer" 2>&1)"
	fi
done < "$tmp/table"

only=$tmp/out/only
is "a module's data is foreseen" "$(jq -sr '.[0] | [.ret, .decided_by, (.changes | length > 0)] | join(" ")' "$only" 2>&1)" \
	'0 done true'
is "kernel text is no vmalloc area" "$(jq -sr '.[1] | [.ret, .decided_by] | join(" ")' "$only")" '-22 not-vm-alloc'
is "outside a realm nothing is decrypted" "$(jq -sr '.[3] | [.ret, .decided_by] | join(" ")' "$only")" '0 no-realm'
is "no page where no area is" "$(jq -sr '.[4] | [.ret, .decided_by] | join(" ")' "$only")" '-22 no-area'
like "for people, too" "$tmp/out/text" '^set_memory_ro\(0x[0-9a-f]+, 1\) = -22: the area is not one of vmalloc'
is "the module could put everything back" "$(cat "$tmp/out/freed")" ''
is "doctor says how each rule was settled" \
	"$(jq -s 'map(select(.type == "rule")) | length >= 10 and all(.from | length > 0)' "$tmp/out/doctor")" true
kernel_is_well
finish
