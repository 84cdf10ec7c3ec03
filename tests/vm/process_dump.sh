#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/process_dump.sh [KERNEL [CPU [TRIES]]]: the tables of processes as they are. Of one that has every kind
# of mapping and sits still, a dump agrees with /proc/PID/pagemap for each page, lookup and stat with what /proc
# tells; of those that end or become another program meanwhile it is said so. TRIES of these are 4 if not given.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max} tries=${3:-4}
program=$top/build/arm64/process-target
page=$(page_of "$kernel")

cat > "$tmp/guest.sh" <<'END'
page=$1 tries=$2
insmod brd.ko rd_nr=1 rd_size=65536 && mkswap /dev/ram0 > /dev/null && swapon /dev/ram0 && touch /out/swap
insmod /lib/modules/dummy.ko
insmod /lib/pwtrace/pwt_test.ko 2> /dev/null
./process-target make > /out/made &
pid=$!
while ! grep -q ready /out/made; do usleep 50000; done
echo $pid > /out/pid

# what it maps, each page
for source in bpf kcore; do
	pwtrace dump -j --entries --pid $pid --source $source > dump 2> /out/dump.$source.err
	echo $? >> /out/dump.$source.err
	./process-target check $pid dump > /out/check.$source 2>&1
	# access flags are cleared by who samples them
	sed 's/"entry":"[^"]*",//; s/"AF",//' dump > /out/dump.$source
done
# a dump by kcore begins sooner: no program has to be loaded
pwtrace dump --source kcore --pid $pid --holes --pfnmap > /out/text 2> /out/text.err
pwtrace stat -j --pid $pid > /out/stat 2> /out/stat.err
pwtrace stat --source kcore --pid $pid -i 0.1 -n 2 > /out/stat.text 2>&1
pwtrace stat --source kcore -j --processes > /out/stat.all 2> /out/stat.all.err
cat /proc/$pid/maps > /out/maps
cat /proc/$pid/smaps > /out/smaps
cat /proc/$pid/status > /out/status

# single addresses of it
while read -r what name start end; do
	[ $what = area ] || continue
	for n in 0 2 5; do
		printf '0x%x\n' $((start + n * page))
	done
done < /out/made > addresses
./process-target pages $pid $(cat addresses) > /out/pages.before
pwtrace lookup -j $(sed "s/^/$pid:/" addresses) > /out/lookup 2> /out/lookup.err
./process-target pages $pid $(cat addresses) > /out/pages.after
pwtrace lookup --source kcore $pid:$(sed -n 's/^area guards \(0x[0-9a-f]*\) .*/\1/p' /out/made) > /out/lookup.text 2>&1

# and of the kernel: the pgd and another table of the process
table() {
	head -n 1 /out/lookup | sed "s/.*{\"level\":\"$1\",\"table\":\"\(0x[0-9a-f]*\)\".*/pa:\1/"
}
{ provoke mod alloc v vmalloc 8 > /dev/null && provoke mod entry v 3 1 || echo addr=_stext; } |
	sed 's/^addr=\([^ ]*\).*/\1/' > vmalloc
# an object may be "unused" yet; one that was freed is not valid any more, and with older kernels not to be told from
# nothing: of so many not all are freed until they are looked up
awk '/^kfence-#/ { if (addr ~ /^0x/) print addr; sub("-.*", "", $2); addr = $2 } /^freed by/ { addr = "" }' \
	/sys/kernel/debug/kfence/objects | tail -n 40 > kfence
pwtrace lookup -j $(table pgd) $(table pmd) linux_banner init_task _stext dummy_dev_init $(cat vmalloc kfence) \
	> /out/lookup.kernel 2> /out/lookup.kernel.err

# its first thread has ended
./process-target headless > /out/headless &
headless=$!
usleep 200000
pwtrace dump -q --source kcore --pid $headless > /out/headless.text 2>&1
echo $? >> /out/headless.text
pwtrace dump -q --source kcore --pid $(sed 's/thread //' /out/headless) '[stack]' > /out/thread.text 2>&1
echo $? >> /out/thread.text
kill -9 $headless

# what is no process, no address, no range
refused() {
	"$@" --source kcore > refused.out 2> refused.err
	echo "$? $(wc -c < refused.out) $* : $(tr '\n' ' ' < refused.err)"
}
kill -9 $pid
wait $pid
{
	refused pwtrace dump --pid $pid
	refused pwtrace dump --pid 1 0x2000-0x1000
	refused pwtrace dump --pid 1 0xffff000000000000+4K
	refused pwtrace lookup 2:0x1000
	refused pwtrace lookup 1:0xffff800000000000
	refused pwtrace stat --pid 2
} > /out/refused

# What does not wait: now another program, now at its end, about when a dump of it is under way.
dump() {
	pwtrace dump -j --entries --source kcore --pid $1 > dump 2> err
	echo "$? $(tail -n 1 err)"
}
now() {
	sed 's/\(.*\)\.\(..\) .*/\1\2/' /proc/uptime
}
./process-target exec &
pid=$!
for n in $(seq 20); do
	dump $pid
	[ $n -lt $((tries / 2)) ] || ! grep -q '^3' /out/exec || break
done > /out/exec
kill -9 $pid
start=$(now)
dump 1 > /dev/null
takes=$((($(now) - start) * 10))
for n in $(seq $tries); do
	./process-target brief $((takes * (60 + n * 60 / tries) / 100)) &
	dump $!
	wait
done > /out/brief
./process-target storm 600 &
storm=$!
for n in $(seq 20); do
	pwtrace stat -j --processes --source kcore > stat 2> err
	echo "$? $(tail -n 1 stat)"
	[ $n -lt $((tries / 2)) ] || ! grep -q '"gone":[1-9]' /out/storm || break
done > /out/storm
kill -9 $storm
rmmod pwt_test 2> /dev/null
dmesg | grep -E 'BUG|WARNING|Bad (page|rss)' > /out/warnings
exit 0
END
[[ -x $program ]] || skip_all "no $program: make process-target-arm64"
module "$kernel"
have_module=$?
brd=$("$here/kernel" module "$kernel" brd 2> "$tmp/brd.log")
# the huge pages of 16K pages are of 32 MiB
guest --kernel "$kernel" --cpu "$cpu" --mem "$([[ $page -eq 4096 ]] && echo 1G || echo 2560M)" --timeout 850 \
	--append 'no_hash_pointers kfence.sample_interval=50' --add "$tmp/guest.sh" --add "$program" \
	${brd:+--add "$brd"} -- sh guest.sh "$page" "$tries"
kernel_is_well
o=$tmp/out
is "the guest came to the end" "$status" 0
is "no warning of the kernel's" "$(cat "$o/warnings")" ""
sed -n 's/^missing /# not here: /p' "$o/made"
pid=$(< "$o/pid")

# Each page, by both ways.
for source in bpf kcore; do
	is "$source: dump ends well" "$(tail -n 1 "$o/dump.$source.err")" 0
	like "$source: each page is what /proc/$pid/pagemap says" "$o/check.$source" ' different=0 '
	is "$source: and all were compared" "$(sed -n 's/^pages=\([0-9]*\) of=\([0-9]*\) .*/\1 \2/p' "$o/check.$source" |
		{ read -r a b; [[ $a -gt 1000 && $a -eq $b ]]; echo $?; })" 0
	[[ $(tail -n 1 "$o/check.$source") == *different=0* ]] || head -n 20 "$o/check.$source" | sed 's/^/# /'
	holds "$source: nothing torn, no faults" "$o/dump.$source" \
		'$s.torn + $s.unreadable + $s.faults == 0 and $s.gone == false and $s.source == $w' '$s' --arg w $source
done
ok "by BPF and by kcore the same entries" diff <(grep -v '"type":"summary"' "$o/dump.bpf") \
	<(grep -v '"type":"summary"' "$o/dump.kcore")
kinds='page block hugetlb invalid huge contiguous'
[[ ! -e $o/swap ]] || kinds+=' swap'
grep -q '^missing poisoned' "$o/made" || kinds+=' hwpoison'
grep -q '^missing guards' "$o/made" || kinds+=' marker'
for kind in $kinds; do
	like "there were some of kind $kind" "$o/check.bpf" " $kind=[1-9]"
done
[[ -e $o/swap ]] || skip "swap" "$(tail -n 1 "$tmp/brd.log") no brd.ko"

# Areas: as smaps has them, page sizes and what walks pass over included.
smaps() {
	sed -nE 's/^([0-9a-f]+)-([0-9a-f]+) (....) .*/\1 \2 \3/p; s/^KernelPageSize: *([0-9]+) kB/K \1/p; s/^VmFlags:(.*)/F\1/p' \
		"$o/smaps" | while read -r a b c; do
		case $a in
		K)	size=$b;;
		F)	[[ " $b $c " == *' pf '* ]] && pf=true || pf=false
			[[ " $b $c " == *' ht '* ]] && ht=true || ht=false
			printf '0x%x %d %s %d %s %s\n' "$start" "$((end - start))" "$perms" "$((size * 1024))" "$ht" "$pf";;
		*)	start=0x$a end=0x$b perms=$c;;
		esac
	done
}
jq -r 'select(.type == "area") | "\(.start) \(.size) \(.permissions) \(.page_size) \(.hugetlb) \(.pfnmap)"' "$o/dump.bpf" \
	> "$tmp/areas"
ok "areas are those of smaps, with their sizes of pages and flags" diff "$tmp/areas" <(smaps)
like "text: headlines" "$o/text" '^---\[ 0x[0-9a-f]{16}-0x[0-9a-f]{16} rw-p \[stack\] \]---$'
like "text: hugetlb pages" "$o/text" ' PMD  0x[0-9a-f]+ .* hugetlb:(2M|32M)$'
grep -q '^missing guards' "$o/made" || like "text: guards" "$o/text" ' PTE  - marker guard$'
[[ ! -e $o/swap ]] || like "text: what is swapped" "$o/text" ' PTE  - swap 0:0x[0-9a-f]+'
# a headline without an area is a line, too
is "--holes: from 0 to the end without a gap" "$(sed -nE 's/^(---\[ )?0x([0-9a-f]+)-0x([0-9a-f]+) .*/\2 \3 &/p' "$o/text" |
	{ next=0; while read -r start end rest; do
		[[ $rest != ---* || $rest == *'no area ]---' ]] || continue
		[[ $next -eq $((16#$start)) ]] || echo "$start"
		next=$((16#$end))
	done; printf '%d\n' "$((next & (next - 1)))"; })" 0
unlike "--pfnmap: passes nothing over" "$o/text" 'not walked'

# Single addresses.
is "lookup: one for each address" "$(jq -s length "$o/lookup")" "$(wc -l < "$o/pages.before")"
jq -r '"\(.addr) \(if .pa then "present" elif .not_present then "swap" else "none" end) \(.page.pfn // "-") \(.page.kpageflags // "-")"' \
	"$o/lookup" > "$tmp/looked"
paste -d ' ' "$tmp/looked" "$o/pages.before" "$o/pages.after" |
	while read -r addr state pfn flags a1 s1 f1 k1 _ _ _ k2; do
		[[ $addr == "$a1" && $state == "$s1" ]] || echo "$addr is $state, pagemap has $a1 $s1"
		[[ $state != present || $pfn == "$f1" ]] || echo "$addr has $pfn, pagemap $f1"
		[[ $state != present || $flags == "$k1" || $flags == "$k2" ]] || echo "$addr has flags $flags, kpageflags $k1, $k2"
	done > "$tmp/differs"
# of hugetlb what is not there is not told by pagemap
is "lookup: page frames and flags are those of pagemap and kpageflags" "$(cat "$tmp/differs")" ""
ok "lookup: pages were there" test "$(grep -c ' present ' "$tmp/looked")" -ge 30
is "lookup: swap entries, too" "$(jq -r 'select(.not_present.kind == "swap") |
	"\(.addr) \(.not_present.swap_type) \(.not_present.swap_offset)"' "$o/lookup" | while read -r addr type offset; do
		printf '%s 0x%x\n' "$addr" "$((type | offset << 5))"
	done)" "$([[ ! -e $o/swap ]] || join -j 1 <(sort "$o/pages.before") <(jq -r 'select(.not_present.kind == "swap").addr' "$o/lookup" | sort) |
		sed 's/ swap / /; s/ 0x0$//')"
is "lookup: the areas are those of maps" "$(jq -r '"\(.addr) \(.vma.start) \(.vma.size) \(.vma.permissions)"' "$o/lookup" |
	while read -r addr start size perms; do
		grep -q "^$(printf '%08x-%08x' "$start" "$((start + size))") $perms" "$o/maps" &&
			[[ $addr -ge $start && $addr -lt $((start + size)) ]] || echo "$addr"
	done)" ""
owner() {
	jq -r --arg start "$(sed -n "s/^area $1 \\(0x[0-9a-f]*\\) .*/\\1/p" "$o/made")" \
		'select(.addr == $start).page.owner | "\(.kind) \(.name // "-")"' "$o/lookup"
}
is "lookup: anonymous memory" "$(owner populated)" "anonymous -"
is "lookup: a file's page" "$(owner program | sed 's/ .*//')" file
is "lookup: shared memory" "$(owner file)" "file tmpfs"
grep -q '^missing secret' "$o/made" || is "lookup: secretmem" "$(owner secret)" "secretmem secretmem"
is "lookup: the zero page" "$(jq -r 'select(.page.owner.kind == "zero").addr' "$o/lookup" | wc -l | sed 's/^[1-9].*/some/')" some
is "lookup: hugetlb pages are a file's" "$(owner hugetlb-file)" "file hugetlbfs"
like "text: its area" "$o/lookup.text" '^  area 0x[0-9a-f]+-0x[0-9a-f]+ rw-p anonymous$'
like "  and whose the page is" "$o/lookup.text" '^  page 0x[0-9a-f]+: anonymous$'
like "  with its flags and counts" "$o/lookup.text" '^    flags .*anonymous.*; mapcount [1-9][0-9]*; refcount [1-9]'

# Of the kernel. The pgd is an object where it is smaller than a page.
at() {
	jq -r --argjson n "$1" -s ".[\$n] | $2" "$o/lookup.kernel"
}
if [[ $cpu == max || $cpu == bbm ]]; then
	is "lookup: an object of a slab" "$(at 0 '.page.owner | "\(.kind) \(.name) \(.object)"')" "slab pgd_cache $(at 0 .addr)"
else
	is "lookup: a pgd of a page" "$(at 0 '.page.owner.kind' | sed 's/unknown/page-table/')" page-table
fi
is "lookup: a page table" "$(at 1 .page.owner.kind)" page-table
is "lookup: constants of the image" "$(at 2 '.page.owner | "\(.kind) \(.name)"')" "image rodata"
is "lookup: data of the image" "$(at 3 '.page.owner | "\(.kind) \(.name)"')" "image data"
is "lookup: code of the image" "$(at 4 '.page.owner | "\(.kind) \(.name)"')" "image text"
is "lookup: code of a module" "$(at 5 '.module | "\(.name) \(.part) \(.section)"')" "dummy text .text"
is "lookup: KFENCE's pool" "$(jq -r '.page.owner | select(.kind == "kfence") | "\(.kind) \(.name)"' "$o/lookup.kernel" | sort -u)" \
	"kfence object"
if [[ $have_module -eq 0 ]]; then
	is "lookup: a vmalloc area and who asked for it" "$(at 6 '"\(.area.pages) \(.area.caller)"' | sed 's/+.*//')" "8 area_new"
else
	skip "lookup: a vmalloc area" "no headers for this kernel"
fi

# Sums.
is "stat: leaves are those of the dump" \
	"$(jq -cs 'map(select(.type == "kind")) | [(map(.mapped) | add), (map(.invalid) | add), (map(.swapped) | add), (map(.other) | add)]' "$o/stat")" \
	"$(jq -cs 'map(select(.type == "entry")) | [
		(map(select(.kind == "page" or .kind == "block" or .kind == "hugetlb").size) | add),
		(map(select(.kind == "invalid").size) | add),
		(map(select(.kind == "swap").size) | add // 0),
		(map(select(.kind == "marker" or .kind == "hwpoison").size) | add // 0)]' "$o/dump.bpf")"
is "stat: swapped is VmSwap" "$(jq -s 'map(select(.type == "kind").swapped) | add' "$o/stat")" \
	"$(awk '/^VmSwap:/ { print $2 * 1024 }' "$o/status")"
is "stat: hugetlb is HugetlbPages" "$(jq -s 'map(select(.type == "kind" and .name == "hugetlb").mapped) | add' "$o/stat")" \
	"$(awk '/^HugetlbPages:/ { print $2 * 1024 }' "$o/status")"
# a huge page has a table put by for when it is split
tables=$(jq 'select(.type == "tables") | (.pages.pte + .pages.pmd + (.pages.pud // 0)) * .page_size' "$o/stat")
kernels=$(awk '/^VmPTE:/ { print $2 * 1024 }' "$o/status")
spare=$(jq -s 'map(select(.type == "entry" and .level == "pmd" and .hugetlb == false and .kind != "hole")) | length' "$o/dump.bpf")
ok "stat: tables are VmPTE, $tables of $kernels" \
	test "$tables" -le "$kernels" -a "$kernels" -le "$((tables + spare * page))"
is "stat: text, twice" "$(grep -cE "^process $pid \(process-target\), [0-9]+ areas$" "$o/stat.text") $(grep -cE '^(swapped|other entries) ' "$o/stat.text")" "2 4"
unlike "  nothing is torn, and nothing has changed" "$o/stat.text" '^(torn|changed) '
is "stat --processes: the same of this one" \
	"$(jq -c --argjson pid "$pid" 'select(.type == "process" and .pid == $pid) | [.mapped, .invalid, .swapped, .other, .tables]' "$o/stat.all")" \
	"$(jq -cs '(map(select(.type == "kind"))) as $k | (map(select(.type == "tables"))[0].pages | add) as $t |
		[($k | map(.mapped) | add), ($k | map(.invalid) | add), ($k | map(.swapped) | add), ($k | map(.other) | add), $t]' "$o/stat")"
is "stat --processes: the total is their sum" \
	"$(jq -cs 'map(select(.type == "process" and (.shared | not))) | [(map(.mapped) | add), (map(.tables) | add), length]' "$o/stat.all")" \
	"$(jq -c 'select(.type == "total") | [.mapped, .tables, .processes - .shared]' "$o/stat.all")"

# Threads, and what is refused.
is "the first thread has ended: the address space is found all the same" "$(tail -n 1 "$o/headless.text") $(grep -c '\[heap\]' "$o/headless.text")" "0 1"
is "a thread's number is its process's" "$(tail -n 1 "$o/thread.text") $(grep -c '\[stack\]' "$o/thread.text")" "0 1"
while read -r want what; do
	is "refused: $what" "$(grep -cF " $what : pwtrace" "$o/refused") $(grep -F " $what : " "$o/refused" | cut -d ' ' -f 1,2)" "1 $want 0"
done <<-END
	3 pwtrace dump --pid $pid
	2 pwtrace dump --pid 1 0x2000-0x1000
	2 pwtrace dump --pid 1 0xffff000000000000+4K
	3 pwtrace lookup 2:0x1000
	2 pwtrace lookup 1:0xffff800000000000
	3 pwtrace stat --pid 2
END
like "it says that there is no process" "$o/refused" "there is no process $pid"
like "it says that a kernel thread has no address space" "$o/refused" '2 \(kthreadd\) is a kernel thread: it has no address space of its own'

# What does not wait.
is "a process that is another program all the time: 0 or 3" "$(grep -cvE '^[03] ' "$o/exec")" 0
like "  and it was seen" "$o/exec" '^3 pwtrace: process [0-9]+ has become another program|^3 pwtrace: process [0-9]+ has ended, or become'
is "a process that ends: 0 or 3" "$(grep -cvE '^[03] ' "$o/brief")" 0
is "  and 3 says why" "$(grep '^3 ' "$o/brief" | grep -vcE '^3 pwtrace: (there is no process [0-9]+|process [0-9]+ (\([a-z-]+\) )?has ended)')" 0
is "processes that come and go: stat --processes does not mind" "$(grep -cv '^0 ' "$o/storm")" 0
ok "  some of them go meanwhile" test "$(sed 's/^[0-9]* //' "$o/storm" | jq -s 'map(.gone) | add')" -ge 1
finish
