#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/matrix.sh KERNEL/CPU[/ARG,ARG...]...: what tests/vm/triggers.sh found on each, in one table.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
[[ $# -gt 0 ]] || { echo "usage: tests/vm/matrix.sh KERNEL/CPU[/ARG,ARG...]..." >&2; exit 2; }

printf '%s\t' KERNEL CPU ARGUMENTS CHANGES MATCH OTHER HOOKS > "$tmp/table"
echo >> "$tmp/table"
for combination; do
	IFS=/ read -r kernel cpu args <<< "$combination"
	row=$top/build/matrix/$kernel.$cpu.$args
	if [[ ! -s $row ]]; then
		printf '%s\t' "$kernel" "$cpu" "${args:--}" - - 'was not run' - > "$tmp/row"
		row=$tmp/row
	fi
	cat "$row" >> "$tmp/table"
	echo >> "$tmp/table"
	IFS=$'\t' read -r release _ _ changes match other _ < "$row"
	name="$release $cpu${args:+ ${args//,/ }}"
	if [[ $changes == - ]]; then
		case $other in
		'did not come to its end')	fail "$name" "$other";;
		*)				skip "$name" "$other";;
		esac
	elif [[ $kernel == own-* && $other == *' LOST' ]]; then
		is "$name: $changes changes, all MATCH or LOST" "$((match + ${other% *}))" "$changes"
	else
		is "$name: $changes changes, all MATCH" "$match $other" "$changes -"
	fi
done
# What is hooked on everywhere needs no room in each line.
sed -E 's/walk_kernel_page_table_range/walk/g; s/split_kernel_leaf_mapping/split/' "$tmp/table" |
	awk -F'\t' '{ for (i = 1; i < 8; i++) { cell[NR, i] = $i; if (length($i) > wide[i]) wide[i] = length($i) } }
	END { for (r = 1; r <= NR; r++) { printf "# "
		for (i = 1; i < 8; i++) {
			form = i == 7 ? "%s" : i == 4 || i == 5 ? "%" wide[i] "s  " : "%-" wide[i] "s  "
			printf form, cell[r, i]
		}
		print "" } }'
finish
