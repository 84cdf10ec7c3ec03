#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/surroundings.sh [KERNEL [PART...]]: where pwtrace cannot run it says so and exits 3 (cannot), and so in what takes
# a boot of its own (boots); how a watch ends (ends); what its options do (options). All of them by default.

# shellcheck disable=SC2016 # what is quoted is for jq, or for the guest
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=${1:-newest}
parts=("${@:2}")
[[ ${#parts[@]} -gt 0 ]] || parts=(cannot ends options boots)
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}

# try NAME COMMAND...: its output in /out/NAME.out and .err, its status in .status
cat > "$tmp/lib.sh" <<'END'
T=/sys/kernel/tracing
try() {
	name=$1
	shift
	"$@" > /out/$name.out 2> /out/$name.err
	echo $? > /out/$name.status
}
hooked() {
	grep -cE '^(__change_memory_common|update_range_prot|change_memory_common) ' $T/enabled_functions
}
# background NAME COMMAND...: as above, its pid in $pid, and wait until it watches
background() {
	name=$1
	shift
	("$@" > /out/$name.out 2> /out/$name.err; echo $? > /out/$name.status) &
	shell=$!
	for _ in $(seq 200); do
		grep -q '^pwtrace: watching' /out/$name.err && break
		usleep 50000
	done
	pid=$(pidof pwtrace)
	hooked > /out/$name.hooked
}
END

cat > "$tmp/cannot.sh" <<'END'
. ./lib.sh
echo root:x:0:0::/:/bin/sh > /etc/passwd
echo nobody:x:65534:65534::/:/bin/sh >> /etc/passwd
chmod 755 /guest
try user su nobody -s /bin/sh -c 'pwtrace watch -- true'
try user-json su nobody -s /bin/sh -c 'pwtrace watch -j -- true'
try user-doctor su nobody -s /bin/sh -c 'pwtrace doctor'
mount -t tmpfs none /sys/kernel/btf
try btf pwtrace watch -- true
try btf-doctor pwtrace doctor -j
umount /sys/kernel/btf
echo 2 > /proc/sys/kernel/kptr_restrict
try kptr pwtrace watch -- true
try kptr-doctor pwtrace doctor
echo 1 > /proc/sys/kernel/kptr_restrict
try restored pwtrace watch -- true
echo 0 > /proc/sys/kernel/kptr_restrict
try bad-command pwtrace watch -- /no/such/command
try doctor pwtrace doctor
try doctor-json pwtrace doctor -j
END

cat > "$tmp/ends.sh" <<'END'
. ./lib.sh
hooked > /out/hooked.before
for signal in INT TERM HUP; do
	background $signal pwtrace watch -j
	provoke secretmem 16 > /dev/null
	kill -$signal $pid
	wait $shell
done
background memory pwtrace watch -j
provoke secretmem 1500 > /dev/null
sleep 1
cat /proc/$pid/status > /out/memory.proc
kill -INT $pid
wait $shell

# The second signal leaves at once. A stopped process has both waiting for it.
background twice pwtrace watch -j
kill -STOP $pid
kill -INT $pid
kill -TERM $pid
kill -CONT $pid
wait $shell
hooked > /out/hooked.after

# A reader that goes away.
(pwtrace watch -j -- provoke secretmem 200 2> /out/pipe.err; echo $? > /out/pipe.status) | head -n 3 > /out/pipe.out
hooked > /out/hooked.pipe
(pwtrace watch -v -- provoke secretmem 200 2> /out/pipe-text.err; echo $? > /out/pipe-text.status) |
	head -n 3 > /out/pipe-text.out

before=$(cut -d. -f1 /proc/uptime)
try duration pwtrace watch -d 2 -j
echo $(($(cut -d. -f1 /proc/uptime) - before)) > /out/duration.seconds
try limit pwtrace watch -j -n 5 -- sh -c 'provoke secretmem 100 >&2; sleep 30'
try shared pwtrace watch -j -- sh -c 'for i in $(seq 40); do provoke secretmem 4; done'
try child-fails pwtrace watch -j -- sh -c 'exit 9'
END

cat > "$tmp/options.sh" <<'END'
. ./lib.sh
insmod /lib/pwtrace/pwt_test.ko && provoke mod alloc v vmalloc 8 > /out/slot
work='provoke module >&2; provoke secretmem 8 >&2; [ ! -e /proc/pwt_test ] || {
	provoke mod set_memory_ro v 0 4 >&2; provoke mod set_memory_rw v 0 4 >&2
	provoke mod set_memory_ro v 4 90 >&2; }'
try all pwtrace watch -j --record /out/all.pwt -- sh -c "$work"
try text pwtrace watch -- sh -c "$work"
try stack pwtrace watch -j --stack --record /out/stack.pwt -- sh -c "$work"
try calls pwtrace watch -j --calls -- sh -c "$work"
try walks pwtrace watch -j --walks -- sh -c "$work"
try zone pwtrace watch -j -z linear -- sh -c "$work"
END

module "$kernel"
have_module=$?
cat > "$tmp/guest.sh" <<'END'
for part in "$@"; do
	[ $part = boots ] || sh $part.sh
done
END
o=$tmp/o
if [[ ${parts[*]} != boots ]]; then
	guest --kernel "$kernel" --add "$tmp/lib.sh" --add "$tmp/guest.sh" --add "$tmp/cannot.sh" \
		--add "$tmp/ends.sh" --add "$tmp/options.sh" -- sh guest.sh "${parts[@]}"
	mv "$tmp/out" "$o"
	kernel_is_well
fi

# status NAME WANTED
status() {
	is "$1: exit status $2" "$(cat "$o/$1.status" 2>&1)" "$2"
}
# cannot NAME SENTENCE...: exit 3, nothing on stdout, and the sentence
cannot() {
	local pattern

	status "$1" 3
	for pattern in "${@:2}"; do
		like "$1: says what: $pattern" "$o/$1.err" "^pwtrace: .*$pattern"
	done
	is "$1: in one line" "$(wc -l < "$o/$1.err")" 1
}

# offline NAME RECORDING OPTION...: what is asked of a recording takes no guest, and is the same code
offline() {
	"$pwtrace" check "${@:3}" "$o/$2.pwt" > "$o/$1.out" 2> "$o/$1.err"
	echo $? > "$o/$1.status"
}

check_cannot() {
	cannot user permission 'run as root' CAP_BPF
	is "user: nothing on stdout" "$(cat "$o/user.out")" ''
	status user-json 3
	is "user-json: the same as an object" "$(jq -rc '[.type, (.error | test("run as root"))]' "$o/user-json.out")" \
		'["error",true]'
	status user-doctor 3
	like "user-doctor: says what" "$o/user-doctor.out" 'FAIL +capabilities .*run as root'
	like "user-doctor: and concludes" "$o/user-doctor.out" 'cannot run here'
	cannot btf 'no type information' CONFIG_DEBUG_INFO_BTF
	status btf-doctor 3
	is "btf-doctor: the need that is not met" \
		"$(jq -rs 'map(select(.type == "need" and (.ok | not)).name) | join(" ")' "$o/btf-doctor.out")" btf
	cannot kptr kptr_restrict
	status kptr-doctor 3
	like "kptr-doctor: says what" "$o/kptr-doctor.out" 'FAIL.*kptr_restrict'
	status restored 0
	status bad-command 2
	like "bad-command: is named" "$o/bad-command.err" "cannot run '/no/such/command': No such file"
	status doctor 0
	like "doctor: concludes" "$o/doctor.out" '^pwtrace can run here'
	status doctor-json 0
	is "doctor-json: three ways to attach" \
		"$(jq -rs 'map(select(.type == "backend" and .ok).name) | join(" ")' "$o/doctor-json.out")" \
		'fentry kprobe.multi kprobe'
}

check_ends() {
	for name in INT TERM HUP; do
		status $name 0
		holds "$name: drained, with a summary" "$o/$name.out" \
			'$s.match == 32 and ($c | length) == 32 and $s.unfinished == 0'
		like "$name: for people, too" "$o/$name.err" '^32 changes, 32 MATCH.*; 0 records lost'
	done
	is "twice: ended by the second signal" "$(grep -cxE '130|143' "$o/twice.status")" 1
	is "twice: at once, without a summary" "$(cat "$o/twice.out")" ''
	is "no hook before" "$(cat "$o/hooked.before")" 0
	is "hooks while it watches" "$(cat "$o/INT.hooked")" 2
	is "no hook after" "$(cat "$o/hooked.after")" 0
	for name in pipe pipe-text; do
		status $name 141
		is "$name: three lines were read" "$(wc -l < "$o/$name.out")" 3
		unlike "$name: no word about it" "$o/$name.err" '[Pp]ipe|SIGPIPE|signal'
	done
	is "no hook after" "$(cat "$o/hooked.pipe")" 0
	status memory 0
	holds "memory: it had something to do" "$o/memory.out" '$s.match >= 3000'
	echo "# memory: $(grep -E 'VmHWM|VmRSS|RssAnon|RssFile|RssShmem' "$o/memory.proc" | tr -s '\t\n ' ' ')"
	# The 8 MiB ring is mapped twice in a row, and each page of it counts where it was touched.
	is "memory: under 40 MiB are resident" "$(awk '/VmHWM/ { print ($2 < 40 * 1024) }' "$o/memory.proc")" 1

	status duration 0
	is "duration: two seconds and the time to attach" \
		"$(awk '{ print ($1 >= 2 && $1 < 20) }' "$o/duration.seconds")" 1
	status limit 0
	holds "limit: five and the summary" "$o/limit.out" '($c | length) == 5 and $s.shown == 5'
	status shared 0
	grep -v '^secretmem: ' "$o/shared.out" > "$tmp/shared"
	holds "shared: the output of COMMAND stands between objects, not inside" "$tmp/shared" '($c | length) == 320'
	status child-fails 0
	like "child-fails: its status is told" "$o/child-fails.err" "'sh' ended with status 9"
}

check_options() {
	offline pretty all -p
	offline verbose all -v
	offline quiet all -q
	offline stack-text stack -n 3
	offline not-zone all -j -z '!linear'
	offline op all -j -o 'set_direct_map_*' -o set_memory_x
	offline comm all -j -c 'prov*'
	offline pid all -j -P 1
	offline ret all -j -R -22
	offline verdict all -j -V mismatch -V lost
	addr=$(sed -n 's/.*addr=\(0x[0-9a-f]*\) pages.*/\1/p' "$o/slot")
	offline range all -j -r "$addr+4096"
	for name in all pretty text verbose quiet stack calls walks zone not-zone op comm pid ret verdict range; do
		status $name 0
	done
	ok "all: JSON Lines, each with a type" jq -es 'length > 20 and all(.[]; .type | . == "change" or . == "summary")' \
		<(jq -c . "$o/all.out")
	is "all: a line an object" "$(wc -l < "$o/all.out")" "$(jq -c . "$o/all.out" | wc -l)"
	keys='["addr","clear","comm","cpu","duration_ns","findings","hook","leaves","op","parent","pid","reason","ret","seq","set","size","stack","time","type","verdict"]'
	holds "all: each change has what it should" "$o/all.out" \
		"all(\$c[]; . as \$o | all(${keys}[]; . as \$k | \$o | has(\$k)))" '$c[0]'
	holds "all: hexadecimal strings" "$o/all.out" 'all($c[]; .addr | test("^0x[0-9a-f]+$"))' '$c[0]'
	holds "pretty: the same, over several lines" "$o/pretty.out" '($c | length) > 20 and $s.type == "summary"'
	is "pretty: over several lines" "$(($(wc -l < "$o/pretty.out") > 20 * $(jq -c . "$o/pretty.out" | wc -l)))" 1
	like "text: has a header" "$o/text.out" '^TIME +PID +COMM +OPERATION'
	like "text: folds lines that are alike" "$o/text.out" 'more like it'
	unlike "verbose: folds none" "$o/verbose.out" 'more like it'
	is "quiet: no MATCH" "$(grep -c MATCH "$o/quiet.out")" 0
	is "quiet: nothing on stderr" "$(grep -v '^provoke\|^skip\|^module\|^secretmem\|^ret=' "$o/quiet.err")" ''
	holds "stack: from the hook down to the exception from user space" "$o/stack.out" \
		'[$c[] | select(.comm == "provoke" and .op == "set_direct_map_invalid_noflush") | .stack | join(" ")]
		| length > 0 and all(test("^(bpf_.*|(__)?[a-z_]*range_prot|set_direct_map_invalid).*el0t_64_sync"))' \
		'[$c[] | select(.op == "set_direct_map_invalid_noflush").stack][0]'
	holds "stack: no bare address in it" "$o/stack.out" '[$c[].stack[] | select(startswith("0x"))] | length == 0' \
		'[$c[].stack[] | select(startswith("0x"))] | unique'
	like "stack-text: symbols below the line" "$o/stack-text.out" '^ +el0t_64_sync\+0x'
	holds "calls: entry points as changes, the range as their part" "$o/calls.out" \
		'[$c[] | select(.hook == "set_direct_map_invalid_noflush").seq] as $outer | ($outer | length) >= 8
		and all($c[] | select(.hook != "set_direct_map_invalid_noflush" and .op == "set_direct_map_invalid_noflush");
			.parent as $p | $outer | index($p) != null)' '[$c[] | select(.op | startswith("set_direct")) | [.seq, .parent, .hook, .op]][:9]'
	holds "walks: pageattr walks, with their ops" "$o/walks.out" '($c | length) > 20'
	is "walks: by name" "$(jq -rs '[.[] | select(.type == "walk").ops] | unique | join(" ")' "$o/walks.out")" pageattr_ops+0
	holds "zone" "$o/zone.out" '($c | length) > 0 and all($c[]; .zone == "linear") and $s.shown < $s.changes'
	holds "not-zone" "$o/not-zone.out" '($c | length) > 0 and all($c[]; .zone != "linear")'
	holds "op" "$o/op.out" '[$c[].op] | unique - ["set_direct_map_default_noflush", "set_direct_map_invalid_noflush",
		"set_memory_x"] == [] and length >= 16' '[$c[].op] | unique'
	holds "comm" "$o/comm.out" '($c | length) > 0 and all($c[]; .comm | startswith("prov"))'
	holds "pid" "$o/pid.out" '($c | length) == 0 and $s.changes > 20'
	holds "verdict" "$o/verdict.out" '($c | length) == 0 and $s.match > 20'
	if [[ $have_module -eq 0 ]]; then
		holds "ret" "$o/ret.out" '($c | length) == 1 and $c[0].findings == ["past-area-end"]'
		holds "range" "$o/range.out" '($c | length) == 4 and ([$c[] | .size] | unique) == [16384]' \
			'[$c[] | [.addr, .size, .op]]'
	else
		skip "ret, range" "Debian has no headers for this kernel"
	fi
}

# What takes a boot of its own.
check_boots() {
	cat > "$tmp/only.sh" <<'END'
. ./lib.sh
cat /sys/kernel/security/lockdown > /out/lockdown 2>&1
grep -wE 'update_range_prot|__change_memory_common' /proc/kallsyms > /out/hooks
try watch pwtrace watch -- true
try doctor pwtrace doctor
END
	guest --kernel "$kernel" --append 'lsm=lockdown,capability lockdown=confidentiality' \
		--add "$tmp/lib.sh" --add "$tmp/only.sh" -- sh -c \
		'sh only.sh; mkdir /tmp/blind; mv /out/* /tmp/blind
		mount -t securityfs none /sys/kernel/security; sh only.sh; mv /tmp/blind /out'
	o=$tmp/out
	like "lockdown is in confidentiality mode" "$o/lockdown" '\[confidentiality\]'
	cannot watch lockdown 'lockdown=integrity'
	status doctor 3
	# Without securityfs it shows by what it forbids.
	o=$tmp/out/blind
	cannot watch lockdown
	status doctor 3
	o=$tmp/out

	"$top/tests/vm/kernel" fetch 6.17 > /dev/null 2> "$tmp/fetch.err"
	if [[ $? -eq 77 ]]; then
		skip "a kernel with neither hook" "$(cat "$tmp/fetch.err")"
	else
		guest --kernel 6.17 --add "$tmp/lib.sh" --add "$tmp/only.sh" -- sh only.sh
		is "6.17 has neither hook" "$(cat "$o/hooks")" ''
		cannot watch 'neither update_range_prot\(\) nor __change_memory_common\(\)'
		status doctor 3
	fi
}

for part in "${parts[@]}"; do
	case $part in
	cannot)	check_cannot;;
	ends)	check_ends;;
	options) check_options;;
	boots)	check_boots;;
	*)	fail "a part of this test" "there is no $part";;
	esac
done
finish
