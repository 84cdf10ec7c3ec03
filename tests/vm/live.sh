#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/live.sh [KERNEL [CPU]]: the tables as they are: by BPF and by /proc/kcore the same, sums that agree with what
# the kernel says of itself, an audit that finds nothing on a sound kernel and what the module plants.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest} cpu=${2:-max}

cat > "$tmp/guest.sh" <<'END'
insmod /lib/pwtrace/pwt_test.ko && touch /out/module
# What we allocate ourselves is in vmalloc, and comes and goes: the rest is quiet.
for source in bpf kcore; do
	for zone in linear image vmemmap modules; do
		pwtrace dump -q -j --no-hooks --source $source $zone | grep -v '"type":"summary"' > /out/$zone.$source
		pwtrace dump -q --no-hooks --entries --source $source $zone | md5sum > /out/$zone.$source.entries
	done
	pwtrace dump -j --holes --source $source > /out/all.$source 2> /out/all.$source.err
	pwtrace stat -j --source $source > /out/stat.$source 2> /out/stat.$source.err
done
# the linear map with and without two GiB of nothing behind it
start=$(head -n 1 /out/linear.bpf | sed 's/.*"start":"\([^"]*\)".*/\1/')
for source in bpf kcore; do
	pwtrace dump -q -j --no-hooks --source $source $start+1G > /out/1G.$source
	pwtrace dump -q -j --no-hooks --source $source $start+3G > /out/3G.$source
done
cp /proc/meminfo /proc/iomem /out
pwtrace dump vmalloc > /out/text 2> /out/text.err
pwtrace dump --ptdump > /out/ptdump 2>> /out/text.err
pwtrace audit -j > /out/audit 2> /out/audit.err
echo $? > /out/audit.status
[ -e /out/module ] || exit 0

# fault NAME SET CLEAR SLOT FIRST COUNT: an audit with the masks applied, and them the other way round behind it
fault() {
	name=$1
	provoke mod change_range $4 $5 $6 $2 $3 > /dev/null || echo "$name: $?" >> /out/failed
	pwtrace audit -j > /out/audit.$name 2> /out/audit.$name.err
	echo $? > /out/audit.$name.status
	pwtrace audit -q --no-hooks $(cat allow.$name) > /out/allow.$name 2>&1
	echo $? > /out/allow.$name.status
	provoke mod change_range $4 $5 $6 $3 $2 > /dev/null
}
provoke mod alloc v vmalloc 8 > /out/slot
for rule in wx broken-run no-af user bad-entry invalid-leaf reserved-bits alias-writable; do
	echo "--allow $rule" > allow.$rule
done
fault wx 0 0x20000000000000 v 3 1
fault broken-run 0x10000000000000 0 v 3 1
fault no-af 0 0x400 v 3 1
fault user 0x40 0 v 3 1
# with KPTI a valid entry has nG, which without the valid bit is PTE_PRESENT_INVALID
entry=$(provoke mod entry v 3 1 | sed -E 's/.*entry=(0x)?//')
fault bad-entry 0 $((1 | 0x$entry & 0x800)) v 3 1
fault invalid-leaf 0x800 0x1 v 3 1
fault reserved-bits 0x1000000000000000 0 v 3 1
provoke mod entry v 3 1 > /out/entry
provoke mod entry alias:v 5 1 >> /out/entry
while read -r addr rest; do
	pwtrace lookup -j ${addr#addr=}
done < /out/entry > /out/lookup 2> /out/lookup.err
pwtrace lookup linux_banner > /out/lookup.text 2>&1
provoke mod set_memory_ro v 0 8 > /dev/null
fault alias-writable 0x8000000000000 0x80 alias:v 2 1
provoke mod set_memory_rw v 0 8 > /dev/null
pwtrace audit > /out/after 2>&1
echo $? > /out/after.status
END
module "$kernel"
have_module=$?
guest --kernel "$kernel" --cpu "$cpu" --add "$tmp/guest.sh" -- sh guest.sh
kernel_is_well
o=$tmp/out

for zone in linear image vmemmap modules; do
	if [[ ! -s $o/$zone.bpf ]]; then
		skip "$zone: by BPF and by kcore the same" "nothing is mapped there"
		continue
	fi
	ok "$zone: by BPF and by kcore the same runs" diff "$o/$zone.bpf" "$o/$zone.kcore"
	is "$zone: and the same entries" "$(cat "$o/$zone.bpf.entries")" "$(cat "$o/$zone.kcore.entries")"
done
for source in bpf kcore; do
	f=$o/all.$source
	holds "$source: is what was used" "$f" '$s.source == $w' '$s.source' --arg w $source
	holds "$source: nothing torn, nothing unreadable" "$f" '$s.torn + $s.unreadable + $s.faults == 0'
	# no end but that of the address space behind the last
	is "$source: runs and holes follow each other without a gap" "$(jq -r 'select(.type == "run") | "\(.start) \(.size)"' "$f" |
		while read -r start size; do
			[[ ! ${next:-} || $next -eq $start ]] || echo "$start"
			next=$((start + size))
		done)" ""
done

for source in bpf kcore; do
	is "$source: a hole of 2 GiB: no table more is read" "$(ask "$o/3G.$source" '$s.tables')" "$(ask "$o/1G.$source" '$s.tables')"
	ok "$source: and nothing is in it" diff <(grep -v '"type":"summary"' "$o/3G.$source") <(grep -v '"type":"summary"' "$o/1G.$source")
	holds "$source: says what it cost" "$o/1G.$source" \
		'$s.capture_ns > 0 and $s.total_ns > $s.capture_ns and $s.peak_memory > 100000 and $s.peak_memory < 64 * 1048576'
done

# The kernel's own sum, and what it calls memory.
linear=$(jq -s '.[] | select(.name == "linear") | .mapped + .invalid' "$o/stat.bpf")
ram=$(sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/0x\1 0x\2/p' "$o/iomem" |
	while read -r first last; do echo $((last - first + 1)); done | awk '{ sum += $1 } END { print sum }')
ok "the linear map is all of System RAM: $linear of $ram" test "$linear" -le "$ram" -a "$linear" -ge $((ram - ram / 50))
is "stat by BPF and by kcore: the linear map is the same" "$linear" \
	"$(jq -s '.[] | select(.name == "linear") | .mapped + .invalid' "$o/stat.kcore")"
like "dump says where it is" "$o/text" '^---\[ vmalloc\(\) area \]---$'
like "and knows where the fixmap is, by BTF" "$o/ptdump" '^---\[ Fixmap start \]---$'

is "a sound kernel: nothing is found" "$(cat "$o/audit.status") $(jq -c 'select(.type == "finding")' "$o/audit")" "0 "
if [[ $have_module -ne 0 ]]; then
	skip "what is planted is found" "no headers for this kernel"
	finish
fi
for rule in wx broken-run no-af user bad-entry invalid-leaf reserved-bits alias-writable; do
	is "$rule: planted, found" "$(cat "$o/audit.$rule.status") $(jq -r 'select(.type == "finding").rule' "$o/audit.$rule" | sort -u | tr '\n' ' ')" \
		"1 $rule "
	is "$rule: allowed, not found" "$(cat "$o/allow.$rule.status")" 0
done
is "lookup: the entries that the module reads" "$(jq -r '"addr=\(.addr) level=\(.steps[-1].level) entry=\(.steps[-1].entry)"' "$o/lookup")" \
	"$(sed -E 's/ size=[0-9]+//; s/entry=0x0*/entry=0x/' "$o/entry")"
is "lookup: the area, and none of the linear map" "$(jq -c '.area.pages' "$o/lookup" | tr '\n' ' ')" '8 null '
like "lookup: the kernel's banner is read-only" "$o/lookup.text" '^  physical 0x[0-9a-f]+: not writable, not executable'
is "put back, nothing is found" "$(cat "$o/after.status")" 0
finish
