#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/audit.sh [KERNEL [CPU]]: what audit says of a kernel as it boots, of tables that are wrong as they stand, of
# who keeps leaves invalid, and of rodata=off. (What one change of permissions makes wrong is live.sh's.)

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}
page=$(page_of "$kernel")
pages=$((page / 8))
[[ $page -ne 65536 ]] || skip_all "a block of 64K pages is larger than what the module can have"

cat > "$tmp/guest.sh" <<END
pages=$pages
END
cat >> "$tmp/guest.sh" <<'END'
# look NAME OPTION...: an audit, and its status
look() {
	name=$1
	shift
	pwtrace audit -j "$@" > /out/$name 2> /out/$name.err
	echo $? > /out/$name.status
}
look clean -v
pwtrace stat -j > /out/stat 2> /dev/null
look clean.kcore --source kcore
provoke hold 10 > /tmp/held 2> /out/hold.err &
n=0
until grep -q held /tmp/held || [ $n -eq 50 ]; do
	usleep 100000
	n=$((n + 1))
done
look held -v
kill $!
echo 1000 > /sys/module/kfence/parameters/sample_interval
look kfence
echo 0 > /sys/module/kfence/parameters/sample_interval
insmod /lib/pwtrace/pwt_test.ko || exit 0
touch /out/module
provoke mod alloc h hole $((3 * pages)) > /out/slots
provoke mod alloc v vmalloc $pages >> /out/slots

# fault NAME COMMAND...: an audit of what the module has done, and one when that is put back
fault() {
	fault=$1
	shift
	provoke mod "$@" > /out/$fault.mod 2>&1 || echo "$fault: $?" >> /out/failed
	[ -z "$before" ] || provoke mod $before >> /out/$fault.mod 2>&1 || echo "$fault: $?" >> /out/failed
	look $fault
	n=0
	until [ $fault != torn ] || [ $(cat /out/torn.status) -ne 0 ] || grep -q '"hooks":\[\]' /out/torn || [ $n -eq 10 ]; do
		look torn
		n=$((n + 1))
	done
	[ $fault != unreadable ] || look $fault.kcore --source kcore
	[ $fault != unreadable ] || pwtrace dump -j --holes vmalloc > /out/$fault.dump 2> /dev/null
	[ -z "$behind" ] || provoke mod $behind >> /out/$fault.mod 2>&1 || echo "$fault: $?" >> /out/failed
	provoke mod spoil > /dev/null
	look $fault.after
}
# far behind the memory, which begins at 1 GiB
nowhere=0x100000000
before='' behind=''
fault table-shared spoil table-shared h
fault illegal-block spoil illegal-block
fault outside-ram spoil outside-ram $nowhere
fault unreadable spoil unreadable h $nowhere
before='change_range v 3 1 0 0x40000000000000' behind='change_range v 3 1 0x40000000000000 0'
fault user-executable spoil uxn-table v
before='' behind='set_direct_map_default_noflush v 5 1'
fault hidden set_direct_map_invalid_noflush v 5 1
# what is under way nearly all the time is torn, however often one looks
behind='flip'
fault torn flip bit v
END
module "$kernel"
have_module=$?
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
o=$tmp/out

# found NAME: status and rules
found() {
	echo "$(cat "$o/$1.status") $(jq -r 'select(.type == "finding").rule' "$o/$1" | sort -u | tr '\n' ' ')"
}
# invalid NAME OWNER: bytes
invalid() {
	jq "select(.type == \"summary\").invalid.$2" "$o/$1"
}
is "a sound kernel: nothing is found" "$(found clean)" "0 "
is "  by /proc/kcore as well" "$(found clean.kcore)" "0 "
is "  what is invalid has its owner, each" "$(jq 'select(.type == "summary").invalid | add' "$o/clean")" \
	"$(jq -s '[.[] | select(.type == "zone") | .invalid + .bad] | add' "$o/stat")"
is "  -v: one by one" "$(jq -s '[.[] | select(.type == "invalid").size] | add // 0' "$o/clean")" \
	"$(jq 'select(.type == "summary").invalid | add' "$o/clean")"
if [[ -s $o/hold.err ]]; then
	skip "memfd_secret: no finding" "$(tail -n 1 "$o/hold.err")"
else
	is "memfd_secret: no finding" "$(found held)" "0 "
	is "  10 pages are told" "$(invalid held secretmem)" $((10 * page))
	is "  and were not there before" "$(invalid clean secretmem)" 0
	is "  each of them invalid and its" "$(jq -s '[.[] | select(.type == "invalid" and .owner == "secretmem") |
		select(.zone == "linear").size] | add' "$o/held")" $((10 * page))
fi
is "KFENCE: no finding" "$(found kfence)" "0 "
ok "  its pages are told: $(invalid kfence kfence) bytes" test "$(invalid kfence kfence)" -gt 0 -a "$(invalid clean kfence)" -eq 0

if [[ $have_module -ne 0 ]]; then
	skip "what is planted is found" "no headers for this kernel"
	finish
fi
is "the module could do it all" "$(cat "$o/failed" 2> /dev/null)" ''
# planted NAME RULE
planted=()
planted() {
	planted+=("$2")
	is "$2: planted, found, and nothing else" "$(found "$1")" "1 $2 "
	is "$2: put back, nothing is found" "$(found "$1.after")" "0 "
}
for rule in table-shared illegal-block outside-ram user-executable; do
	planted $rule $rule
done
# up to 15bfba1ad77f there is no bit that tells it from an entry that is bad
hidden=invalid-leaf
[[ $kernel != 6.1* ]] || hidden=bad-entry
planted hidden $hidden
if [[ $(jq -c 'select(.type == "summary").hooks' "$o/clean") == '[]' ]]; then
	skip "torn: planted, found, and nothing else" "this kernel has no kprobe.multi for the hooks"
	planted+=(torn)
else
	planted torn torn
	is "torn: the area" "$(jq -c 'select(.type == "finding") | [.addr, .area.addr]' "$o/torn" | head -n 1)" \
		"$(sed -n 's/^slot=v .*addr=\(0x[0-9a-f]*\) .*/["\1","\1"]/p' "$o/slots")"
fi
is "unreadable: no finding, but it cannot be told" "$(found unreadable)" "3 "
is "  by /proc/kcore as well" "$(found unreadable.kcore)" "3 "
is "  put back, it can" "$(found unreadable.after)" "0 "
where=$(sed -n 's/.*addr=\(0x[0-9a-f]*\).*/\1/p' "$o/unreadable.mod")
is "  dump: a hole with a mark" "$(jq -cs --arg a "$where" '[.[] | select(.type == "run" and .start <= $a)] | last |
	[.kind, .unreadable]' "$o/unreadable.dump")" '["hole",true]'

# Each rule is planted, here or there.
for rule in $(jq -r 'select(.type == "summary").by_rule | keys[]' "$o/clean"); do
	[[ " ${planted[*]} " == *" $rule "* ]] || grep -qE "^fault $rule " "$here/live.sh" || echo "$rule"
done > "$tmp/never"
is "there is no rule that is not tested" "$(cat "$tmp/never")" ''

# finding NAME EXPRESSION
finding() {
	jq -c "select(.type == \"finding\") | $2" "$o/$1"
}
slot=$(sed -n 's/^slot=v .*addr=\(0x[0-9a-f]*\) .*/\1/p' "$o/slots")
linear=$(sed -n 's/^ret=0 addr=\(0x[0-9a-f]*\) .*/\1/p' "$o/hidden.mod" | head -n 1)
is "$hidden: the page, and the area that has it" \
	"$(finding hidden '[.addr, .size, .zone, .other, .area.addr, .area.pages]')" \
	"[\"$linear\",$page,\"linear\",\"$(printf '0x%x' $((slot + 5 * page)))\",\"$slot\",$pages]"
like "  by whom" <(finding hidden .area.caller) '^"area_new\+0x'
is "table-shared: both places" "$(finding table-shared '[.addr, .other]')" "$(
	at=$(sed -n 's/.*addr=\(0x[0-9a-f]*\).*/\1/p' "$o/table-shared.mod")
	echo "[\"$at\",\"$(printf '0x%x' $((at - page * pages)))\"]")"
for rule in illegal-block outside-ram; do
	is "$rule: where" "$(finding $rule .addr)" "\"$(sed -n 's/.*addr=\(0x[0-9a-f]*\).*/\1/p' "$o/$rule.mod")\""
done
is "user-executable: the page" "$(finding user-executable '[.addr, .size]')" "[\"$(printf '0x%x' $((slot + 3 * page)))\",$page]"

# Everything is writable and executable, and what is read-only elsewhere can be written by its linear address.
cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko
# keeps what BPF programs have
pwtrace stat --no-hooks -i 1000 > /dev/null 2>&1 &
sleep 1
pwtrace dump -j > /out/dump 2> /dev/null
pwtrace audit -j > /out/audit 2> /out/audit.err
echo $? > /out/audit.status
END
guest --kernel "$kernel" --cpu "$cpu" --append rodata=off --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
is "rodata=off: found" "$(cat "$o/audit.status")" 1
jq -r 'select(.type == "run" and .writable and .executable) | "\(.start) \(.size)"' "$o/dump" > "$tmp/wx"
jq -r 'select(.type == "finding" and .rule == "wx") | "\(.addr) \(.size)"' "$o/audit" > "$tmp/found"
ok "  there are W+X leaves: $(awk '{ sum += $2 } END { print sum }' "$tmp/wx") bytes" test -s "$tmp/wx"
ok "  and those are found" diff "$tmp/wx" "$tmp/found"
is "  the kernel's code is among them" "$(jq -s '[.[] | select(.rule == "wx" and .zone == "image")] | length > 0' "$o/audit")" true
is "  as many as the summary says" "$(jq 'select(.type == "summary").by_rule.wx' "$o/audit")" "$(wc -l < "$tmp/found")"
is "  a module's memory is called by its name" \
	"$(jq -s '[.[] | select(.rule == "alias-writable" and .module == "pwt_test")] | length > 0' "$o/audit")" true
finish
