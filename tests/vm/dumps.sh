#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/dumps.sh [KERNEL [CPU]]: a guest's memory as QEMU's dump-guest-memory writes it, plain and compressed, is what the
# guest finds by /proc/kcore; and its tables, brought home as a snapshot, are what other people's tools make of them.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}
[[ -x $pwtrace ]] || { fail "there is a pwtrace for this machine" "$pwtrace: run make"; finish; }
addresses=(linux_banner swapper_pg_dir init_task+16 vmap_area_root jiffies init_pid_ns)

cat > "$tmp/guest.sh" <<'END'
dump() {
	pwtrace dump -q --source kcore -j linear
}
pwtrace dump -q -o /tmp/snapshot.pwt
cat /proc/kallsyms > /out/kallsyms
for address in "$@"; do
	grep -q " ${address%%+*}\$" /out/kallsyms && echo "$address"
done > /out/addresses
dump > /out/before
pwtrace lookup -j --source kcore $(cat /out/addresses) > /out/lookup 2> /dev/null
pwtrace audit -q -j --source kcore > /out/audit
pwtrace stat -j --source kcore > /out/stat
pwtrace areas -q -j --source kcore > /out/areas
echo ready
sleep 1
dump > /out/after
cp /tmp/snapshot.pwt /out
END

# ask COMMAND...: of QEMU, one after the other; each is done when it is answered
ask() {
	printf '%s\n' '{"execute":"qmp_capabilities"}' "$@" > "$tmp/monitor.in"
}
write() {
	printf '{"execute":"dump-guest-memory","arguments":{"paging":false,"protocol":"file:%s"%s}}\n' "$tmp/$1" "${2:-}"
}
: > "$tmp/stdout"
rm -f "$tmp/ended"
(
	until grep -q ready "$tmp/stdout"; do
		sleep 0.2
		[[ ! -e $tmp/ended ]] || exit
	done
	cat "$tmp/monitor.out" > "$tmp/qmp" &
	ask '{"execute":"stop"}' "$(write elf)" "$(write kdump ',"format":"kdump-zlib"')" '{"execute":"cont"}'
	wait
) & monitor=$!
guest --kernel "$kernel" --cpu "$cpu" --mem 256M --monitor "$tmp/monitor" --add "$tmp/guest.sh" -- sh guest.sh "${addresses[@]}"
touch "$tmp/ended"
wait $monitor
kernel_is_well
o=$tmp/out
is "QEMU has nothing to complain of" "$(grep '"error"' "$tmp/qmp")" ''
is "the linear map was not changed meanwhile" "$(diff <(grep '"run"' "$o/before") <(grep '"run"' "$o/after") | head -c 400)" ''
formats=(elf)
# summary FILE: the last line, but for what it cost
summary() {
	jq -c 'select(.type == "summary") | del(.capture_ns, .total_ns, .peak_memory)' "$1"
}
if "$pwtrace" --version | grep -q libkdumpfile; then
	formats+=(kdump)
else
	skip "compressed: as the guest has it" "this pwtrace was built without libkdumpfile"
fi
symbols=(--symbols "$o/kallsyms")
# same_areas FILE: how many areas are as the guest has them, by the other file's too; kernel stacks come and go
same_areas() {
	comm -12 <(jq -cS 'select(.type == "area") | del(.n)' "$o/areas" | sort) \
		<(jq -cS 'select(.type == "area") | del(.n)' "$1" | sort) | wc -l
}
nr_areas=$(grep -c '"type":"area"' "$o/areas")
mapfile -t addresses < "$o/addresses"
release=$(jq -r 'select(.type == "summary").kernel' "$o/before")

for format in "${formats[@]}"; do
	file=$tmp/$format
	"$pwtrace" dump -q -j --source "$file" "${symbols[@]}" linear > "$tmp/linear" 2> "$tmp/err"
	is "$format: dump: the linear map is the guest's" "$? $(diff <(grep '"run"' "$o/before") <(grep '"run"' "$tmp/linear") | head -n 5)" '0 '
	is "$format:   and its summary, but for where it is from" "$(summary "$tmp/linear")" \
		"$(summary "$o/before" | sed "s/\"kcore\"/\"$format\"/")"
	"$pwtrace" lookup -j --source "$file" "${symbols[@]}" "${addresses[@]}" > "$tmp/lookup" 2> "$tmp/err"
	is "$format: lookup: each level of ${#addresses[@]} addresses is the guest's" \
		"$? $(diff <(jq -cS 'del(.page, .owner)' "$o/lookup") <(jq -cS 'del(.page, .owner)' "$tmp/lookup") | head -c 400)" '0 '
	"$pwtrace" areas -q -j --source "$file" "${symbols[@]}" > "$tmp/areas" 2> "$tmp/err"
	is "$format: areas: exit status" "$? $(cat "$tmp/err")" "0 "
	same=$(same_areas "$tmp/areas")
	ok "$format:   they are the guest's, $same of $nr_areas" test "$same" -ge $((nr_areas - 6)) -a "$nr_areas" -gt 40
	"$pwtrace" audit -q -j --source "$file" "${symbols[@]}" > "$tmp/audit" 2> "$tmp/err"
	is "$format: audit: nothing is found, all rules are looked for" "$? $(jq -c 'select(.type == "summary") |
		[.findings, .not_looked_for, .unreadable]' "$tmp/audit") $(cat "$tmp/err")" '0 [0,[],0] '
	"$pwtrace" stat -j --source "$file" "${symbols[@]}" > "$tmp/stat" 2> "$tmp/err"
	is "$format: stat: the linear map and the image are the guest's" \
		"$? $(jq -c 'select(.name == "linear" or .name == "image")' "$tmp/stat")" \
		"0 $(jq -c 'select(.name == "linear" or .name == "image")' "$o/stat")"
	"$pwtrace" dump -q -j --source "$file" linear > "$tmp/plain" 2> "$tmp/err"
	is "$format: without symbols: the same" "$? $(cmp <(grep '"run"' "$tmp/plain") <(grep '"run"' "$tmp/linear") 2>&1)" '0 '
	"$pwtrace" dump -q --source "$file" "${symbols[@]}" linux_banner > "$tmp/symbol" 2> "$tmp/err"
	is "$format: a symbol is a range" "$? $(grep -c '^0x' "$tmp/symbol")" '0 1'
	# cut off anywhere it is read in part, or refused
	size=$(stat -c %s "$file") odd=''
	for part in 1 20 333 612 871 999; do
		head -c $((size * part / 1000)) "$file" > "$tmp/cut"
		timeout 60 "$pwtrace" dump -q --source "$tmp/cut" linear > "$tmp/text" 2> "$tmp/err"
		status=$?
		[[ ($status == 0 || $status == 3) && -s $tmp/err ]] || odd+=" $part:$status"
	done
	is "$format: cut off it is read in part or refused, which is said" "$odd" ''
done
sed "s/swapper_pg_dir\$/swapper_pg_dig/" "$o/kallsyms" > "$tmp/wrong"
"$pwtrace" dump --source "$tmp/elf" --symbols "$tmp/wrong" linear > /dev/null 2> "$tmp/err"
is "symbols of another kernel: exit status 3" $? 3

# The snapshot, as a core for others
"$pwtrace" dump -q -j --source "$o/snapshot.pwt" > "$tmp/snapshot" 2> "$tmp/err"
is "the snapshot is of this kernel" "$(jq -r 'select(.type == "summary").kernel' "$tmp/snapshot")" "$release"
"$pwtrace" areas -q -j --source "$o/snapshot.pwt" > "$tmp/areas" 2> "$tmp/err"
is "areas of the snapshot: exit status" "$? $(cat "$tmp/err")" "0 "
same=$(same_areas "$tmp/areas")
ok "  they are the guest's, $same of $nr_areas" test "$same" -ge $((nr_areas - 6))
"$pwtrace" audit -q -j --source "$o/snapshot.pwt" > "$tmp/audit" 2> "$tmp/err"
is "audit of the snapshot: nothing is found, one rule is not looked for" "$? $(jq -c 'select(.type == "summary") |
	[.findings, .not_looked_for]' "$tmp/audit")" '0 [0,["invalid-leaf"]]'
ok "export --core" "$pwtrace" export -q --core -o "$tmp/core" "$o/snapshot.pwt"
"$pwtrace" dump -q -j --source "$tmp/core" > "$tmp/exported" 2> "$tmp/err"
is "  the same tables, read as a core" "$? $(diff <(grep '"run"' "$tmp/snapshot"; summary "$tmp/snapshot" | sed 's/"file"/"elf"/') \
	<(grep '"run"' "$tmp/exported"; summary "$tmp/exported") | head -c 400)" '0 '
jq -r 'select(.type == "run" and (.kind == "page" or .kind == "block")) | "\(.start) \(.size) \(.pa)"' "$tmp/snapshot" > "$tmp/runs"
ok "  there is something to translate" test -s "$tmp/runs"
if ! /usr/bin/python3 -c 'import drgn' 2> /dev/null; then
	skip "  drgn translates 1,000 addresses the same" "there is no python3-drgn: tests/setup"
else
	/usr/bin/python3 "$here/translate.py" "$tmp/core" < "$tmp/runs" > "$tmp/translated" 2>&1
	answer=$(tail -n 1 "$tmp/translated")
	# Debian 12's goes by VA_BITS, also where the CPU has fewer bits than the kernel was built for.
	if [[ $cpu == n1 && $answer =~ ^([0-9]+)\ the\ same,\ ([0-9]+)\ not\ mapped$ ]] &&
		((BASH_REMATCH[2] > 0 && BASH_REMATCH[1] + BASH_REMATCH[2] == 1000)); then
		skip "  drgn translates 1,000 addresses the same" "this drgn does not know of address bits that are not in use"
	else
		is "  drgn translates 1,000 addresses the same" "$(tail -n 3 "$tmp/translated")" '1000 the same, 0 not mapped'
	fi
fi

# And as text, to a recording and back
"$pwtrace" dump -q --ptdump --source "$o/snapshot.pwt" > "$tmp/text"
ok "import: the text of the snapshot" "$pwtrace" import -q -o "$tmp/text.pwt" "$tmp/text"
is "  not a line differs" "$("$pwtrace" dump -q --ptdump --source "$tmp/text.pwt" | diff "$tmp/text" - | head -n 5)" ''
totals() {
	"$pwtrace" stat -j --source "$1" 2> /dev/null | jq -cs 'map(select(.type == "zone")) |
		[(map(.leaves | to_entries[]) | group_by(.key)[] | [.[0].key, (map(.value) | add)]), (map(.invalid) | add), (map(.bad) | add),
		(map(.wx) | add)]'
}
is "  as much is mapped by leaves of each size" "$(totals "$tmp/text.pwt")" "$(totals "$o/snapshot.pwt")"
finish
