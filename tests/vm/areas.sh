#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/areas.sh [KERNEL [CPU]]: every area is as /proc/vmallocinfo has it, and those that the test module makes are
# accounted for as they were made: their leaves by the module's own walk, the best ones by what is computed here from
# the addresses that it tells.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

# Page, contiguous run and PMD block in bytes, and in log2; PUD block, 0 where there is none; whether runs are made
# (06fc959fcff7, v6.16).
P=4096 p=12 R=65536 r=16 B=2097152 b=21 U=1073741824 runs=1
[[ $kernel == *-16k ]] && P=16384 p=14 R=2097152 r=21 B=33554432 b=25 U=0
[[ $kernel == *-64k ]] && P=65536 p=16 R=2097152 r=21 B=536870912 b=29 U=0
[[ $kernel == 6.12* ]] && runs=0
io=0x8000000000 # PCI memory of QEMU's machine, aligned to all there is

# held LOST LIMIT COMMAND...: what is lost is lost for LOST alone, and LIMIT is among what limits the best
held() {
	echo "$*" >> "$tmp/table"
}
held - too-small vmalloc $P
held no-vm-allow-huge-vmap - vmalloc $R
held no-vm-allow-huge-vmap - vmalloc $((16 * R))
[[ $runs -eq 0 || $B -gt 2097152 ]] || held no-vm-allow-huge-vmap - vmalloc $((2 * B + R))
for size in $P $R $((5 * R)) $B $((B + P)) $((2 * B)); do
	held - too-small vmalloc_huge "$size"
done
held not-asked - vmap $((2 * R))
held not-asked - vmap $((8 * R))
held - scattered-pages vmap_reverse $((2 * R))
held - too-small ioremap $R $io
held - too-small ioremap $((R - P)) $io
held - too-small ioremap $B $io
held - physical-alignment ioremap $((2 * B)) $((io + R))
held - physical-alignment ioremap $((2 * B)) $((io + P))
held - too-small ioremap $((2 * B + R + P)) $io
if [[ $U -gt 0 ]]; then
	held - - ioremap $U $io
	held - physical-alignment ioremap $U $((io + B))
	held - not-mapped pages $B $b $((R / P)) 0
	held - physical-alignment pages $B $b 0 $((R / P))
	held - not-mapped pages $B $b 1 1
fi
# By its flags the area is one of ioremap(), which would have asked for all there is.
if [[ $B -le 33554432 ]]; then
	held - too-small pages $B $b 0 0
	held table-kept too-small pages $B $p 0 0
	[[ $runs -eq 0 ]] || held table-kept too-small pages $B $r 0 0
fi
held - not-mapped pages $R $r 1 0
held - physical-alignment pages $R $r 0 1
awk '{ $1 = $2 = ""; print "h" NR $0 }' "$tmp/table" > "$tmp/holds"

# The kernel's own word on set_memory_*(): it is asked for no pages at all.
cat > "$tmp/slots" << END
v vmalloc 8
m vmap 8
h vmalloc_huge $((2 * B / P))
n hole 8
END

cat > "$tmp/guest.sh" << 'END'
echo 1 > /proc/sys/kernel/kptr_restrict
if insmod /lib/pwtrace/pwt_test.ko; then
	touch /out/module
	while read -r command; do
		provoke mod hold $command || echo "$command" >> /out/failed
	done < holds > /out/held
	while read -r slot; do
		provoke mod alloc $slot
	done < slots > /out/slots
	while read -r slot rest; do
		echo "$slot $(provoke mod set_memory_ro $slot 0 0)"
	done < slots > /out/asked
fi
# What pwtrace itself maps is there as long as its output is not read, which is more than a pipe takes.
look() {
	cat /proc/vmallocinfo > /out/$1.before
	pwtrace areas -p --source $1 2> /out/$1.err | {
		read -r first
		cat /proc/vmallocinfo > /out/$1.after
		echo "$first"
		cat
	} > /out/$1
}
look bpf
look kcore
pwtrace areas > /out/text 2> /out/text.err
show() {
	file=$1
	shift
	pwtrace areas -q --source kcore "$@" > /out/$file
}
show lost -j --lost --sort address
show min-size -j --min-size 64K --sort size
show caller -j --caller ioremap --sort huge
show none --caller 'no such'
echo $? >> /out/none
if [ -e /out/module ]; then
	provoke mod churn 1000000 &
	for i in 1 2 3; do
		pwtrace areas -q -j --source kcore || echo "{\"type\":\"status\",\"status\":$?}"
	done > /out/churned
	kill $!
	wait
	provoke mod release
fi
mount -t tmpfs none /sys/kernel/btf
pwtrace areas > /out/nobtf 2>&1
echo $? > /out/nobtf.status
pwtrace areas -j > /out/nobtf.json 2> /dev/null
END
module "$kernel"
have_module=$?
guest --kernel "$kernel" --cpu "$cpu" --mem 2G --add "$tmp/guest.sh" --add "$tmp/slots" --add "$tmp/holds" -- sh guest.sh
kernel_is_well
o=$tmp/out
if [[ ! -s $o/bpf ]]; then
	fail "the guest could look" "$(cat "$o/bpf.err" "$tmp/stderr" 2>&1)"
	finish
fi

# The lines of /proc/vmallocinfo in the words of areas: address, size, caller, what else it says.
info() {
	sed -nE '/ unpurged /d
		s/ (N[0-9]+=[0-9]+|vpages)//g
		s/^(0x[0-9a-f]+)-0x[0-9a-f]+ +([0-9]+)/\1 \2/
		s,/0x[0-9a-f]+( \[[^]]*\])?,,; s/\+0x0( |$)/+0\1/; s/phys=0x0*/phys=0x/
		p' "$1" | sort
}
# What /proc/vmallocinfo leaves out: areas that are not ready.
lines='{VM_IOREMAP: "ioremap", VM_SPARSE: "sparse", VM_ALLOC: "vmalloc", VM_MAP: "vmap", VM_USERMAP: "user",
		VM_DMA_COHERENT: "dma-coherent"} as $words
	| map(select(.type == "area" and (.flags | index("VM_UNINITIALIZED") | not)))[] | .flags as $flags
	| [.addr, .size, (if .vm_struct then .caller else "vm_map_ram" end),
		(if .pages > 0 then "pages=\(.pages)" else null end), (if .phys then "phys=\(.phys)" else null end),
		($words | to_entries[] | select(.key as $flag | $flags | index($flag)) | .value)]
	| map(select(. != null) | tostring) | join(" ")'
for source in bpf kcore; do
	info "$o/$source.before" > "$tmp/before"
	info "$o/$source.after" > "$tmp/after"
	jq -rs "$lines" "$o/$source" | sort > "$tmp/shown"
	is "$source: each area that was there all the time is shown, as vmallocinfo has it" \
		"$(comm -12 "$tmp/before" "$tmp/after" | comm -23 - "$tmp/shown")" ''
	is "$source: and none that was there at no time" "$(sort -u "$tmp/before" "$tmp/after" | comm -13 - "$tmp/shown")" ''
	ok "$source: which are not few" test "$(comm -12 "$tmp/before" "$tmp/shown" | wc -l)" -gt 50
done

# What must hold of any area, and of the sums.
sound='def sum: add // 0; map(select(.type == "summary")) as $s | map(select(.type == "area")) as $a
	| map(select(.type == "status")) == [] and $s != []
	and all($a[] | select(.leaves); .mapped == (.leaves | map(.) | sum) and (.best | map(.) | sum) == .mapped
		and (.aligned | map(.) | sum) == .mapped and .mapped + .invalid + .bad <= .size
		and .lost == (.lost_by | map(.) | sum) and .lost <= .mapped
		and (.limited_by | map(.) | sum) == .mapped - (if .leaves["4K"] then .best["1G"] else 0 end))'
sums='def sum: add // 0; map(select(.type == "summary"))[0] as $s | map(select(.type == "area")) as $a
	| $s.areas == ($a | length) and $s.shown == $s.areas
	and all($s.kinds | to_entries[]; .key as $kind | .value as $sum | ($a | map(select(.kind == $kind)))
		| $sum.areas == length and $sum.mapped == (map(.mapped) | sum) and $sum.lost == (map(.lost) | sum)
			and $sum.huge == (map(.huge) | sum))
	and $s.vmalloc_space.mapped == $s.outside.vmalloc.mapped
		+ ($a | map(select(.kind != "modules" and .kind != "image") | .mapped) | sum)'
for source in bpf kcore; do
	ok "$source: each account adds up" jq -es "$sound" "$o/$source"
	ok "$source: and so do the sums" jq -es "$sums" "$o/$source"
	ok "$source: nothing is mapped outside, torn or unread" jq -es 'last
		| .torn + .unreadable + .unread + .missed == 0 and (.outside.vmalloc.mapped == 0 or .new > 0)' "$o/$source"
	is "$source: is what was used" "$(jq -rs 'last.source' "$o/$source")" $source
done

like "in text, how much is mapped huge" "$o/text" \
	'^mapped huge: vmalloc space [0-9.]+[KMG] of [0-9.]+[KMG] \([0-9.]+%\), vmalloc\(\) .*; lost [0-9]'
is "which is the first line" "$(head -n 1 "$o/text" | cut -d: -f1)" 'mapped huge'
is "in no more than 100 columns" "$(awk 'length > 100' "$o/text")" ''
is "what is lost most comes first" "$(jq -s '.[] | select(.type == "area").lost // 0' "$o/bpf" | sort -cnr 2>&1)" ''
is "--lost shows nothing else" "$(jq -c 'select(.type == "area" and .lost == 0)' "$o/lost")" ''
is "--sort address" "$(jq -r 'select(.type == "area").addr' "$o/lost" | sort -c 2>&1)" ''
ok "--min-size shows the large ones, and only these" jq -es 'map(select(.type == "area")) as $a | $a != []
	and all($a[]; .size >= 65536) and last.shown == ($a | length) and last.shown < last.areas' "$o/min-size"
is "--sort size" "$(jq 'select(.type == "area").size' "$o/min-size" | sort -cnr 2>&1)" ''
ok "--caller shows that caller's" jq -es 'map(select(.type == "area")) as $a | $a != []
	and all($a[]; .caller | test("ioremap")) and last.shown == ($a | length)' "$o/caller"
is "--sort huge" "$(jq 'select(.type == "area").huge' "$o/caller" | sort -cnr 2>&1)" ''
like "nothing to show is no failure, and the sums are there" "$o/none" '^mapped huge: '
is "  with status 0" "$(tail -n 1 "$o/none")" 0
is "without type information: 3" "$(cat "$o/nobtf.status")" 3
like "  and why" "$o/nobtf" 'no type information at /sys/kernel/btf/vmlinux .*CONFIG_DEBUG_INFO_BTF'
is "  as an object" "$(jq -r '.type' "$o/nobtf.json")" error

if [[ $have_module -eq 77 ]]; then
	skip "known areas" "no test module: $(tail -n 1 "$tmp/module.log")"
	finish
fi
ok "the test module is loaded" test -e "$o/module"
is "the module could make all of them" "$(cat "$o/failed" 2> /dev/null)" ''

# name_of BYTES: 65536 is 64K
name_of() {
	local size=$(($1 >> 10)) unit

	for unit in K M G; do
		((size < 1024 || size % 1024)) && break
		size=$((size >> 10))
	done
	echo "$size$unit"
}

# object [SIZE BYTES]...: {"64K":131072}, without what is 0
object() {
	local text=''

	for ((; $# > 0; )); do
		(($2)) && text+=${text:+,}\"$(name_of "$1")\":$2
		shift 2
	done
	echo "{$text}"
}

# best_of ADDRESS PIECES: SIZE BYTES each, by the largest block at each address that fits and is aligned in both
best_of() {
	local v=$(($1)) piece pa left s
	local -A bytes=()

	for piece in ${2//,/ }; do
		pa=$((16#${piece%+*})) left=$((${piece#*+} * P))
		while ((left)); do
			for s in $U $B $R $P; do
				((s && left >= s && !(v & (s - 1)) && !(pa & (s - 1)))) && break
			done
			bytes[$s]=$((${bytes[$s]:-0} + s))
			v=$((v + s)) pa=$((pa + s)) left=$((left - s))
		done
	done
	for s in "${!bytes[@]}"; do
		echo "$s ${bytes[$s]}"
	done
}

# known NAME KEY: what the module said of it
known() {
	sed -nE "/^$1 addr=/,/^pieces=/s/^(.* )?$2=([^ ]*).*/\2/p" "$o/held" | head -n 1
}

# begin COMMAND... of ADDRESS: the area of "pages" begins VPAGES before
begin() {
	if [[ $2 == pages ]]; then
		printf '0x%x\n' $(($1 - $5 * P))
	else
		echo "$1"
	fi
}

number=0
while read -r lost_by limit command; do
	number=$((number + 1))
	addr=$(known h$number addr) pieces=$(known h$number pieces) mapped=$(known h$number mapped)
	if [[ ! $addr ]]; then
		fail "$command: the module tells of it" "$(cat "$o/held")"
		continue
	fi
	declare -A leaf=()
	leaves=() best=() lost=0
	for block in ${mapped//,/ }; do
		leaf[${block%x*}]=$((${block%x*} * ${block#*x}))
		leaves+=("${block%x*}" "${leaf[${block%x*}]}")
	done
	while read -r size bytes; do
		best+=("$size" "$bytes")
		missing=$((bytes - ${leaf[$size]:-0}))
		((missing <= 0)) || lost=$((lost + missing))
	done < <(best_of "$addr" "$pieces")
	allowed="\"$lost_by\""
	[[ $runs -eq 1 ]] || allowed+=',"level-unsupported"'
	what="$command: $mapped, best $(object "${best[@]}"), lost $lost"
	# shellcheck disable=SC2086 # words
	account=$(jq -cs --arg addr "$(begin $addr $command)" '.[] | select(.type == "area" and .addr == $addr)' "$o/bpf")
	if jq -e --argjson leaves "$(object "${leaves[@]}")" --argjson best "$(object "${best[@]}")" --argjson lost $lost \
		--argjson allowed "[$allowed]" --arg limit "$limit" \
		'(.leaves | with_entries(select(.value > 0))) == $leaves and (.best | with_entries(select(.value > 0))) == $best
			and .lost == $lost and (.lost_by | keys) - $allowed == []
			and ($limit == "-" or .limited_by[$limit] > 0)' <<< "$account" > /dev/null; then
		pass "$what"
	else
		fail "$what" "of $pieces at $addr" "lost for $lost_by, limited by $limit" "$account"
	fi
done < "$tmp/table"

while read -r slot answer; do
	addr=$(sed -nE "s/^slot=$slot .* addr=(0x[0-9a-f]+) .*/\1/p" "$o/slots")
	refused=$(jq -r --arg addr "$addr" 'select(.type == "area" and .addr == $addr).set_memory_refused' "$o/kcore")
	case $answer in
	*ret=-22*)	real=true;;
	*ret=0*)	real=false;;
	*)		real="the module says $answer";;
	esac
	# whether this kernel looks at the flag is not always to be seen
	[[ $slot == h && $refused == null && $kernel == 6.12* ]] && real=null
	is "set_memory_ro() of $slot is refused: $real" "$refused" "$real"
done < "$o/asked"

is "while areas come and go there are three looks" "$(grep -c '"type":"summary"' "$o/churned")" 3
ok "which see that" jq -es 'map(select(.type == "summary") | .new + .gone + .changed) | add > 0' "$o/churned"
ok "and each account adds up" jq -es "$sound" "$o/churned"
finish
