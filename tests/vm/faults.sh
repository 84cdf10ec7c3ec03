#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/faults.sh [KERNEL [CPU]]: faults planted by the test module are found, each by its name and its
# entry, and requests that the kernel refuses or carries out in an odd way are no faults. At its end it prints
# the classes of faults: what was reported, and of which entry.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

# Pages of a block and of a contiguous run, and what this kernel and CPU do with blocks.
B=512 R=16 order=9 page=$(page_of "$kernel") mem=1G
[[ $page -eq 16384 ]] && B=2048 R=128 order=11
[[ $page -eq 65536 ]] && B=8192 R=32 order=13 mem=6G
blocks="walked" # by update_range_prot(): changed as a whole, refused in part
[[ $cpu == bbm ]] && blocks="split"
[[ $kernel == 6.12* ]] && blocks="refused" # by apply_to_page_range()
# KPTI: for n1, and for whatever has an image that is moved at boot and no E0PD
[[ $cpu == n1 || $kernel == own-* ]] && ng=1 || ng=
# With DEBUG_PAGEALLOC there is always a change that a probe missed, and that a difference may come from.
[[ $kernel == own-* ]] && quiet=debug_pagealloc=off || quiet=

# try NAME EXPRESSION COMMAND...: the test module does the commands one after the other. EXPRESSION is
# about the changes of those that are calls of the kernel: $r of ranges, $q of requests for a vm area
# (change_memory_common); $p is what was planted, $a the answers, $v the slots.
names=() expressions=()
try() {
	local name=$1 command

	names+=("$name") expressions+=("$2")
	for command in "${@:3}"; do
		echo "${#names[@]} $command"
	done >> "$tmp/cases"
}

# fault NAME REASON COMMAND...: exactly one change is a MISMATCH for REASON, and shows the planted entry
entry='.addr == $p.addr and .before == $p.before and .expected == $p.right and .after == $p.wrong'
fault() {
	try "$1: $2" "one(\"$2\") | .difference | $entry" "${@:3}"
}

# class NAME REASON COMMAND...: the same, and a line of the table. class_of EXPRESSION NAME REASON COMMAND...:
# by another sign than the entry.
classes=()
class_of() {
	try "$2: $3" "$1" "${@:4}"
	classes[${#names[@]}]="$2|$3"
}
class() {
	class_of "one(\"$2\") | .difference | $entry" "$@"
}

cat > "$tmp/slots" <<END
v vmalloc 8
m vmap 8
h vmalloc_huge $((2 * B))
k vmalloc_huge $((4 * R))
l linear 3
b linear $order
o hole 8
END
if [[ $blocks == split ]]; then
	for n in 1 2 3 4; do
		echo "s$n linear $order"
	done >> "$tmp/slots"
fi

if [[ $blocks == walked && $page -eq 4096 ]]; then

# Each call, without a fault.
try 'one page of a vm area' 'clean and ($r | length) == 2 and ($q | length) == 1 and all($q[]; .ret == 0)' \
	'set_memory_ro v 3 1'
try 'the whole area' 'clean and ($r | length) == 9 and ($q[0].leaves == {}) and any($r[]; .leaves.pte == 8)' \
	'set_memory_ro v 0 8'
try 'back' 'clean and ($r | length) == 9' 'set_memory_rw v 0 8'
try 'executable and not, without an alias' 'clean and ($r | length) == 2 and all($r[]; .leaves.pte == 2)' \
	'set_memory_x v 2 2' 'set_memory_nx v 2 2'
try 'linear pages go and come' 'clean and [$r[].leaves.pte] == [3, 3]' \
	'set_memory_valid l 2 3 0' 'set_memory_valid l 2 3 1'
try 'by struct page' 'clean and ($r | length) == 4 and all($r[]; .leaves.pte == 1)' \
	'set_direct_map_invalid_noflush l 4 2' 'set_direct_map_default_noflush l 4 2'

# Requests at the edge.
try 'part of a huge area is refused' 'refused("vm-allow-huge-vmap")' 'set_memory_ro h 0 16'
try 'a huge area is refused as a whole' 'refused("vm-allow-huge-vmap")' 'set_memory_rw h 0 1024'
block='{level: "pmd", start: $v.h, end: ($v.h | plus(2097152))}'
for part in '0 16' '16 16' '511 1'; do
	try "part of a block is refused: $part" \
		"clean and (\$r | length) == 1 and (\$r[0] | .ret == -22 and .findings == [\"block-boundary\"]
			and .boundary == $block and .leaves == {})" "set_memory_valid h $part 0"
done
try 'a block that is whole, and part of the next' \
	'clean and ($r | length) == 1 and ($r[0] | .ret == -22 and .findings == ["block-boundary"]
		and .boundary.start == ($v.h | plus(2097152)) and .leaves == {pmd: 1})' \
	'set_memory_valid h 0 520 0'
try 'a block' 'clean and ($r | length) == 1 and ($r[0] | .ret == 0 and .leaves == {pmd: 1})' \
	'set_memory_valid h 0 512 1'
try 'two blocks, there and back' 'clean and [$r[] | [.ret, .leaves.pmd]] == [[0, 2], [0, 2]]' \
	'set_memory_valid h 0 1024 0' 'set_memory_valid h 0 1024 1'
try 'part of a block that is invalid' 'clean and [$r[].ret] == [0, -22, 0]' \
	'set_memory_valid h 512 512 0' 'set_memory_valid h 520 1 1' 'set_memory_valid h 512 512 1'
try 'an area that vmap made' 'refused("not-vm-alloc")' 'set_memory_ro m 0 8'
try 'an area with nothing in it' 'refused("not-vm-alloc")' 'set_memory_ro o 0 8'
try 'a hole, made valid' 'clean and ($r | length) == 1 and $r[0].ret == 0' 'set_memory_valid o 0 4 1'
try 'a hole, made invalid' 'clean and ($r | length) == 1 and $r[0].ret == 0' 'set_memory_valid o 0 4 0'
try 'the guard page' 'clean and ($r | length) == 1 and $r[0].leaves.pte == 1 and $r[0].ret == 0' \
	'set_memory_nx v 8 1'
try 'past the end of the area' 'refused("past-area-end")' 'set_memory_nx v 8 2'
try 'further than the area' 'refused("past-area-end")' 'set_memory_ro v 4 8'
try 'no page at all' 'clean and ($r | length) == 0 and ($q | length) == 1 and $q[0].ret == 0' \
	'set_memory_ro v 2 0'
try 'no page at all, and no check before' \
	'clean and ($r | length) == 1 and ($r[0] | .ret == -22 and .findings == ["empty-range"])' \
	'set_memory_valid l 2 0 1'
try 'an unaligned address' \
	'clean and ($q | length) == 1 and ($q[0] | .ret == 0 and (.findings | index("unaligned")) != null)
		and any($r[]; .size == 4096 and .leaves.pte == 1)' \
	'set_memory_ro v 1 1 +24' 'unplant'
try 'and back' 'clean' 'set_memory_rw v 1 1'
try 'an unaligned linear address' 'clean and ($r | length) == 1 and $r[0].findings == ["unaligned"]' \
	'set_memory_valid l 3 1 1 +256 force'

fi

# Each class of fault, where it can be planted.
class 'an entry is not changed' entry-not-changed \
	'plant not-changed v 4 1' 'set_memory_x v 4 1' unplant 'set_memory_nx v 4 1'
class 'a wrong bit is set' bit-set \
	'plant wrong-bit v 1 1 0 7' 'set_memory_rw v 1 1' unplant
class 'a wrong bit is cleared' bit-cleared \
	'plant wrong-bit v 1 1 0 51' 'set_memory_rw v 1 1' unplant
class 'a bit is left' bit-left \
	'plant wrong-bit v 1 1 0 51' 'set_memory_ro v 1 1' unplant 'set_memory_rw v 1 1'
class 'a bit outside the masks' bits-outside-masks \
	'plant wrong-bit v 1 1' 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
class 'the wrong page is changed' wrong-page \
	'plant wrong-page v 2 1' 'set_memory_x v 2 1' unplant 'set_memory_nx v 2 2'
class 'the wrong page, by a range of three' wrong-page \
	'plant wrong-page v 2 3' 'set_memory_x v 2 3' unplant 'set_memory_nx v 2 4'
class 'a neighbour is changed' outside-range-changed \
	'plant outside v 3 1' 'set_memory_x v 3 1' unplant 'set_memory_nx v 3 1'
class 'stopped half-way' partial-application \
	'plant half v 2 4' 'set_memory_x v 2 4' unplant 'set_memory_nx v 2 4'
class 'set before clear' mask-order \
	'set_memory_valid l 2 1 0' 'plant mask-order l 2 1' 'change_range l 2 1 0x801 0x800' unplant \
	'change_range l 2 1 0x1 0x800'
class 'PXN is lost' pxn-lost \
	'plant wrong-bit v 1 1 0 53' 'set_memory_ro v 1 1' unplant 'set_memory_nx v 1 1' 'set_memory_rw v 1 1'
class 'W+X after success' wx-after-success \
	'set_memory_x v 1 1' 'plant wrong-bit v 1 1 0 7' 'set_memory_ro v 1 1' unplant \
	'set_memory_nx v 1 1' 'set_memory_rw v 1 1'
class_of 'one("wx-after-success") | .op == "set_memory_x" and .difference.addr == $p.addr' \
	'W+X after success, by something unseen' wx-after-success \
	'plant writable v 1 1' 'set_memory_rox v 1 1' unplant 'set_memory_nx v 1 1' 'set_memory_rw v 1 1'
# where mappings are not global valid has bit 11, too, and this is the order of the masks
class 'bit 0 cleared without bit 11' "$([[ $ng ]] && echo mask-order || echo invalid-encoding)" \
	'plant wrong-bit l 2 1 0 11' 'set_memory_valid l 2 1 0' unplant 'set_memory_valid l 2 1 1'
[[ $blocks == refused || $ng ]] || class 'bit 11 set without bit 0 cleared' invalid-encoding \
	'plant wrong-bit l 2 1 0 0' 'set_memory_valid l 2 1 0' unplant 'set_memory_valid l 2 1 1'
# vmalloc makes runs where HUGETLB_PAGE is
[[ $blocks == refused || $kernel == own-* ]] ||
	class 'contiguous bit dropped on one entry' contiguous-dropped \
	"plant wrong-bit k $R $R 3 52" "set_memory_valid k $R $R 0" unplant "set_memory_valid k $R $R 1"
class 'contiguous bit where there is no run' partial-contiguous \
	'plant wrong-bit v 1 1 0 52' 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
class 'a table that should not be: a split' unexpected-split \
	"plant split h 0 $B" "set_memory_valid h 0 $B 0" unplant "set_memory_valid h 0 $B 1"
[[ $blocks == split ]] && # the block has to be a table first
	try 'a table of its own' 'clean' 'set_memory_valid b 100 1 0' 'set_memory_valid b 100 1 1'
class 'a table is redirected' table-redirected \
	'plant redirect b 4 1' 'set_memory_valid b 4 1 0' unplant 'set_memory_valid b 4 1 1'
class 'a table has another bit' table-changed \
	'plant table-bit b 4 1 0 60' 'set_memory_valid b 4 1 0' unplant 'set_memory_valid b 4 1 1'

class 'the alias is not changed' entry-not-changed \
	'plant not-changed alias:v 0 1' 'set_memory_ro v 0 2' unplant 'set_memory_rw v 0 2'
class_of 'one("alias-missed") | .hook == "change_memory_common" and .story.verdict == "MISMATCH"' \
	'the alias is left out' alias-missed \
	'plant no-call alias:v 1 1' 'set_memory_ro v 0 4' unplant 'set_memory_rw v 0 4'
class_of 'one("alias-too-wide") | .hook == "change_memory_common"' 'the alias is changed too widely' alias-too-wide \
	'plant extra-page alias:v 1 1 6' 'set_memory_ro v 0 4' unplant 'set_memory_rw v 0 8'
class_of 'one("alias-range") | .hook == "change_memory_common"' "another page's alias is changed" alias-range \
	'plant other-page alias:v 1 1 6' 'set_memory_ro v 0 4' unplant 'set_memory_rw v 0 8'

returned='one("return-value") | .ret == -12 and .expected_ret == 0'
class_of "$returned" 'success as an error' return-value \
	'plant ret v 1 1 -12' 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
class_of "$returned and .hook == \"change_memory_common\"" 'success as an error, of the whole' return-value \
	'plant caller-ret v 1 1 -12' 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
succeeded='one("error-as-success") | .ret == 0 and .expected_ret == -22'
class_of "$succeeded" 'an error as success' error-as-success 'plant ret l 2 0 0' 'set_memory_valid l 2 0 1' unplant
class_of '[wrong[] | [.hook == "change_memory_common", .reason, .ret, .expected_ret]] | sort ==
		[[false, "return-value", -12, 0], [true, "error-as-success", 0, -12]]
		and any($q[]; .findings | index("error-swallowed"))' \
	'an error of a part as success of the whole' error-as-success \
	'plant swallow v 1 1 -12' 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
if [[ $blocks != split ]]; then
	class_of "$succeeded" 'an error as success, of part of a block' error-as-success \
		'plant ret h 0 16 0' 'set_memory_valid h 0 16 0' unplant
	class_of 'one("partial-block") | .ret == -22 and .expected_ret == -22 and (.difference | '"$entry)" \
		'a block is changed for a part of it' partial-block \
		'plant block h 0 16' 'set_memory_valid h 0 16 0' unplant
else
	after='.addr == $p.addr and .expected == $p.right and .after == $p.wrong'
	class_of "one(\"split-lost-permission\") | .difference | $after" 'a split loses a permission' \
		split-lost-permission 'plant wrong-bit s1 4 1 0 54' 'set_memory_valid s1 4 1 0' unplant \
		'set_memory_valid s1 4 1 1'
	class_of "one(\"split-lost-contiguous\") | .difference | $after" 'a split loses the contiguous hint' \
		split-lost-contiguous "plant wrong-bit s2 $R $R 3 52" "set_memory_valid s2 $R $R 0" unplant \
		"set_memory_valid s2 $R $R 1"
	class_of "one(\"split-lost-entry\") | .difference | $after" 'a split loses an entry' split-lost-entry \
		'plant empty s3 4 1 1' 'set_memory_valid s3 4 1 0' unplant 'set_memory_valid s3 4 1 1'
	class_of 'one("missing-split") | .ret == -22 and .difference.level == "pmd"' 'a block is not split' \
		missing-split 'plant no-split s4 4 1' 'set_memory_valid s4 4 1 0' unplant
	class_of 'one("missing-split") | .ret == 0 and .difference.level == "pte"' 'a contiguous run is not split' \
		missing-split 'plant no-split b 208 8' 'set_memory_valid b 208 8 0' unplant \
		'set_memory_valid b 208 8 1'
	class_of "one(\"partial-contiguous\") | .difference | $after" 'contiguous bit kept on a broken run' \
		partial-contiguous \
		'plant wrong-bit b 224 8 3 52' 'set_memory_valid b 224 8 0' unplant 'set_memory_valid b 224 8 1'
fi

# More of the same, in other places.
if [[ $blocks == walked && $page -eq 4096 ]]; then
for bit in 0 11 54 63; do
	fault "bit $bit of one vmalloc page" bits-outside-masks \
		"plant wrong-bit v 1 1 0 $bit" 'set_memory_x v 1 1' unplant 'set_memory_nx v 1 1'
done
for index in 0 3 5; do
	fault "a bit of page $index of six" bits-outside-masks \
		"plant wrong-bit v 1 6 $index" 'set_memory_x v 1 6' unplant 'set_memory_nx v 1 6'
done
fault 'a bit of an alias' bits-outside-masks \
	'plant wrong-bit alias:v 2 1' 'set_memory_ro v 0 4' unplant 'set_memory_rw v 0 4'
fault 'a bit of one linear page' bits-outside-masks \
	'plant wrong-bit l 2 1' 'set_direct_map_invalid_noflush l 2 1' unplant \
	'set_direct_map_default_noflush l 2 1'
fault 'a bit of one of five linear pages' bits-outside-masks \
	'plant wrong-bit l 1 5 4' 'set_memory_valid l 1 5 0' unplant 'set_memory_valid l 1 5 1'
fault 'a bit of a block' bits-outside-masks \
	'plant wrong-bit h 0 512 0 54' 'set_memory_valid h 0 512 0' unplant 'set_memory_valid h 0 512 1'
fault 'one of four left as it was' partial-application \
	'plant not-changed v 2 4 1' 'set_memory_x v 2 4' unplant 'set_memory_nx v 2 4'
fault 'one linear page left as it was' entry-not-changed \
	'plant not-changed l 5 1' 'set_memory_valid l 5 1 0' unplant 'set_memory_valid l 5 1 1'
fault 'the last of three linear pages left as it was' partial-application \
	'plant not-changed l 1 3 2' 'set_memory_valid l 1 3 0' unplant 'set_memory_valid l 1 3 1'
fault 'the page before' outside-range-changed \
	'plant outside v 3 1 -1' 'set_memory_x v 3 1' unplant 'set_memory_nx v 3 1'
fault 'the page after three' outside-range-changed \
	'plant outside v 2 3' 'set_memory_x v 2 3' unplant 'set_memory_nx v 2 3'
fault 'the linear page before two' outside-range-changed \
	'plant outside l 3 2 -1 54' 'set_memory_valid l 3 2 0' unplant 'set_memory_valid l 3 2 1'
fault 'the block after a block' outside-range-changed \
	'plant outside h 0 512 512 54' 'set_memory_valid h 0 512 0' unplant 'set_memory_valid h 0 512 1'
try 'four pages: return-value' "$returned" 'plant ret v 1 4 -12' 'set_memory_x v 1 4' unplant 'set_memory_nx v 1 4'
try 'an alias: return-value' "$returned" 'plant ret alias:v 1 1 -12' 'set_memory_ro v 0 4' unplant \
	'set_memory_rw v 0 4'
fi

# The first word of a line is the number of its case. Calls of the kernel are told from the rest by pid.
cat > "$tmp/commands.sh" <<'END'
exec > /out/commands.log 2>&1
while read -r number command; do
	echo "# $number $command"
	case $command in
	set_*|change_*)	sh -c 'echo "$0 $$" >> /out/pids; exec provoke mod "$@"' "$number" $command;;
	*)	provoke mod $command;;
	esac > /out/answer
	cat /out/answer
	grep -q '^ret=' /out/answer && sed "s/^/$number /" /out/answer >> /out/answers
	if provoke mod planted | grep 'fired=1' > /dev/null; then
		provoke mod planted | sed "s/^/$number /" >> /out/planted
	fi
done < "$1"
END

cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko || exit
# sN has to be a block, which memory that was in use before may be no more.
while read -r slot; do
	provoke mod alloc $slot > /out/slot
	n=0
	while [ $n -lt 12 ] && grep -q '^slot=s' /out/slot && ! grep -q level=pmd /out/slot; do
		n=$((n + 1))
		provoke mod free ${slot%% *}
		provoke mod alloc ${slot%% *}no$n ${slot#* } > /dev/null
		provoke mod alloc $slot > /out/slot
	done
	cat /out/slot
done < slots > /out/slots
pwtrace watch -j --fail --max-lost 0 -- sh commands.sh cases > /out/changes 2> /out/watch.err
echo $? > /out/status

provoke mod plant wrong-bit v 0 2 > /out/text
pwtrace watch --fail -- provoke mod set_memory_x v 0 2 > /out/text 2>> /out/text
echo $? > /out/text.status
provoke mod unplant > /dev/null; provoke mod set_memory_nx v 0 2 > /dev/null
pwtrace watch --fail -- sh -c '
	provoke mod set_memory_valid h 500 24 0
	provoke mod set_memory_ro h 0 1
	provoke mod set_memory_ro v 0 8; provoke mod set_memory_rw v 0 8' > /out/clean 2> /out/clean.err
echo $? > /out/clean.status
provoke mod free all > /out/free || echo "not freed"
rmmod pwt_test
END

module "$kernel"
case $? in
0)	;;
77)	skip_all "$(tail -n 1 "$tmp/module.log")";;
*)	fail "the test module can be built" "$(cat "$tmp/module.log")"; finish;;
esac
guest --kernel "$kernel" --cpu "$cpu" --mem "$mem" --append "$quiet" --add "$tmp/guest.sh" --add "$tmp/commands.sh" --add "$tmp/cases" \
	--add "$tmp/slots" -- sh guest.sh
c=$tmp/out/changes
is "the watch with --fail ends with 1" "$(cat "$tmp/out/status")" 1
is "the test module gives everything back" "$(cat "$tmp/out/free" "$tmp/stdout")" ""
kernel_is_well

# What the cases have in common. Addresses are compared as numbers and as text.
cat > "$tmp/common.jq" <<'END'
def digit: if . > 96 then . - 87 else . - 48 end;
def plus($n): # to a hexadecimal string; the upper digits stay as they are
	.[:-8] + (.[-8:] | explode | reduce .[] as $d (0; . * 16 + ($d | digit)) + $n
		| [range(8) as $i | (. / pow(16; 7 - $i) | floor) % 16 | "0123456789abcdef"[.:. + 1]] | add);
def clean: ($r + $q) != [] and all(($r + $q)[]; .verdict == "MATCH");
def refused($why): clean and ($r | length) == 0 and ($q | length) == 1 and ($q[0] | .ret == -22 and .findings == [$why]);
def wrong: [($r + $q)[] | select(.verdict != "MATCH")];
def one($reason): wrong
	| if length == 1 and .[0].verdict == "MISMATCH" and .[0].reason == $reason then .[0] else null end;
END
slots=$(awk '{ split($1, n, "="); split($3, a, "="); printf "%s\"%s\": \"%s\"", s, n[2], a[2]; s = ", " }
	BEGIN { printf "{" } END { print "}" }' "$tmp/out/slots")
for ((i = 0; i < ${#names[@]}; i++)); do
	number=$((i + 1))
	pids=$(awk -v n=$number '$1 == n { print $2 }' "$tmp/out/pids" | jq -cs .)
	planted=$(sed -n "s/^$number plant.addr/plant.addr/p" "$tmp/out/planted" | tr ' ' '\n' |
		sed 's/^plant\.//' | jq -cnR '[inputs | split("=") | {(.[0]): .[1]}] | add // {}')
	answers=$(grep -c "^$number ret=" "$tmp/out/answers")
	calls=$(grep -cE "^$number (set|change)_" "$tmp/cases")
	expression="[\$c[] | select(.pid as \$pid | \$pids | index(\$pid))] as \$all
		| [\$all[] | select(.hook == \"change_memory_common\")] as \$q | (\$all - \$q) as \$r
		| $(grep -v '^$' "$tmp/common.jq") ${expressions[i]}"
	if [[ $answers != "$calls" ]]; then
		fail "${names[i]}" "$(grep -A3 "^# $number " "$tmp/out/commands.log")"
		continue
	fi
	before=$failed
	holds "${names[i]}" "$c" "$expression" \
		"[\$c[] | select(.pid as \$pid | \$pids | index(\$pid)) | $brief][]" \
		--argjson pids "$pids" --argjson p "$planted" --argjson v "$slots"
	[[ ${classes[number]:-} ]] || continue
	said=$(ask "$c" '[$c[] | select(.pid as $pid | $pids | index($pid)) | select(.verdict != "MATCH")]
		| if . == [] then "nothing" else map(.verdict + " " + .reason + " "
			+ (.difference | if . then .level + " " + .addr else "-" end)) | join(", ") end' \
		--argjson pids "$pids")
	printf '# %-44s %-16s %s: %s\n' "${classes[number]%|*}" "$kernel/$cpu" \
		"$([[ $failed -eq $before ]] && echo found || echo FAILED)" "$said" >> "$tmp/table"
done
# one each, but for the error of a part that is also an error of the whole
holds "nothing else is wrong" "$c" '$s.mismatch == $n and $s.match + $s.mismatch == $s.changes and
	$s.records_lost + $s.probes_missed + $s.malformed == 0' \
	'[$c[] | select(.verdict != "MATCH" and .verdict != "MISMATCH")] + [$s] | .[]' \
	--argjson n "$(($(grep -c ' plant ' "$tmp/cases") + 1))"
cat "$tmp/table"

# The same for people.
is "in text, --fail ends with 1" "$(cat "$tmp/out/text.status")" 1
like "a MISMATCH has its reason" "$tmp/out/text" ' MISMATCH .*\[bits-outside-masks\]'
for line in 'before +[0-9a-f]{16} ' 'expected +[0-9a-f]{16} ' 'after +[0-9a-f]{16} '; do
	like "and its entry, decoded: ${line%% *}" "$tmp/out/text" "^ +$line.*"
done
is "without a fault, --fail ends with 0" "$(cat "$tmp/out/clean.status")" 0
[[ $blocks == walked && $page -eq 4096 ]] || finish
like "a refused request says why" "$tmp/out/clean" ' -22 MATCH .*block-boundary'
like "and draws the request" "$tmp/out/clean" '^ +request +\|.*#+.*\| 0x[0-9a-f]+ to 0x[0-9a-f]+$'
like "against the block" "$tmp/out/clean" '^ +2M pmd +\| *\[-+\] *\| 0x[0-9a-f]+ to 0x[0-9a-f]+$'
like "a huge area says why" "$tmp/out/clean" ' -22 MATCH .*vm-allow-huge-vmap'
unlike "and nothing is a MISMATCH" "$tmp/out/clean" MISMATCH
finish
