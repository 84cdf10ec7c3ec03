# SPDX-License-Identifier: GPL-2.0-only
#
# jq -s --arg from 0x... --arg to 0x... --argjson size BYTES -f states.jq DUMP: memory that goes from one state to
# another, all of it at once. Lines without a mark have to agree on the state, and on all of it if none has one.
# Kernel addresses are as strings what they are as numbers.
map(select(.type == "run" and .start >= $from and .start < $to)) as $runs
| ($runs | map(select(.changed or .torn | not))) as $sure
| {
	marked: (($runs | length) - ($sure | length)),
	states: ($sure | map("\(.level) \(.kind) \(.writable) \(.executable)") | unique),
	bytes: ($sure | map(.size) | add // 0)
}
| .bad = ((.states | length) > 1 or (.marked == 0 and .bytes != 0 and .bytes != $size))
