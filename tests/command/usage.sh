#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command line, on the machine that builds: help, versions, what is refused, and with which status.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}
[[ -x $pwtrace ]] || { fail "there is a pwtrace for this machine" "$pwtrace: run make"; finish; }

# run WANTED-STATUS ARG...: its output in $tmp/out and err
run() {
	"$pwtrace" "${@:2}" > "$tmp/out" 2> "$tmp/err" < /dev/null
	is "pwtrace ${*:2}: exit status $1" $? "$1"
}
silent() {
	is "  nothing on $1" "$(cat "$tmp/$1")" ''
}
# refused WHAT ARG...: wrong usage. The message says what, and where to read on.
refused() {
	run 2 "${@:2}"
	silent out
	like "  says: $1" "$tmp/err" "$1"
	like "  with help, or where it is" "$tmp/err" "^Usage: pwtrace|Try 'pwtrace .*--help'"
}

run 0 --help
silent err
like "  names each command" "$tmp/out" '^ +watch +[a-z]'
cp "$tmp/out" "$tmp/help"
mapfile -t commands < <(sed -nE 's/^  ([a-z]+) +[a-z].*/\1/p' "$tmp/help")
ok "there are commands" test ${#commands[@]} -ge 2
run 0 -h
is "  -h is --help" "$(cat "$tmp/out")" "$(cat "$tmp/help")"
for command in "${commands[@]}"; do
	run 0 "$command" --help
	silent err
	like "  has its usage" "$tmp/out" "^Usage: pwtrace $command "
	like "  and its exit status" "$tmp/out" '^Exit status: '
	for option in -j -p -v --no-color --help; do
		like "  and $option" "$tmp/out" "(^|[ ,])$option([ ,]|\$)"
	done
	is "  in no more than 100 columns" "$(awk 'length > 100' "$tmp/out")" ''
	cp "$tmp/out" "$tmp/help"
	run 0 "$command" -h
	is "  -h is --help" "$(cat "$tmp/out")" "$(cat "$tmp/help")"
	refused "nonsense" "$command" --nonsense
	refused "'?Z'?" "$command" -Z
	# dump takes a range, lookup any number of addresses, check of files
	operands=()
	case $command in
	dump)	operands=(linear);;
	record)	operands=(-o "$tmp/recording");;
	report)	operands=(-o "$tmp/page" file);;
	diff)	operands=(before after);;
	export)	operands=(--jsonl file);;
	import)	operands=(-o "$tmp/recording" file);;
	esac
	[[ $command == lookup || $command == check ]] || refused "stray" "$command" "${operands[@]}" stray
done

run 0 --version
silent err
like "  version and libbpf's" "$tmp/out" '^pwtrace [0-9]+\.[0-9]+'
like "  libbpf's" "$tmp/out" 'libbpf v?[0-9]+\.[0-9]+'
for order in '--version -j' '-j --version' '--json --version'; do
	# shellcheck disable=SC2086
	run 0 $order
	is "  is an object" "$(jq -r '[.type, (.version | test("^[0-9]+\\.[0-9]+")), (.libbpf | type)] | join(" ")' \
		"$tmp/out" 2>&1)" 'version true string'
done

refused 'Usage'
refused "unknown option '--nonsense'" --nonsense
refused "no command 'nonsense'" nonsense
refused "no command 'wat'" wat

# Values of watch that make no sense are said to, with what would.
for option in duration limit max-lost no-rule ring backend zone range pid comm ret verdict op; do
	run 2 watch --$option
	like "  wants a value" "$tmp/err" "'?--$option'? requires an argument"
done
for value in duration=x duration=0 duration=-3 duration=1h limit=x limit=-1 limit=3x max-lost=many max-lost=-1 ring=100 \
	ring=63K ring=96K ring=2G ring=32K ring=-1M ring=x ring=18446744073709551616 backend=ftrace zone=kernel \
	range=1000 range=5-5 range=0x2000-0x1000 range=x+y pid=init ret=EINVAL verdict=good no-rule=x no-rule= op= 'zone=!'; do
	refused "--${value%%=*} .*: give " watch "--${value%%=*}" "${value#*=}"
done

# Requests of predict
refused 'wants an operation' predict
refused 'wants an operation' predict set_memory_ro 0xffff800080000000
refused "no operation 'set_memory_rosy'" predict set_memory_rosy 0xffff800080000000 1
refused "bad number of pages 'x'" predict ro 0xffff800080000000 x
refused "bad number of pages '-1'" predict -- ro 0xffff800080000000 -1
refused "bad number of pages '4294967296'" predict ro 0xffff800080000000 4294967296
refused "bad number of pages '1K'" predict ro 0xffff800080000000 1K
refused "bad address '#'" predict ro '#' 1
refused "unexpected argument '1': takes no 0 or 1" predict ro 0xffff800080000000 1 1
refused 'on or off. .valid' predict valid 0xffff800080000000 1
refused "on or off. '2': give 0 or 1" predict valid 0xffff800080000000 1 2
refused "unexpected argument 'more'" predict valid 0xffff800080000000 1 1 more
refused "no operation 'valid_noflush'" predict valid_noflush 0xffff800080000000 1 1

# Ranges, sources and rules
refused '--source ftrace: give auto, bpf or kcore' dump --source ftrace
refused "unexpected argument 'more'" dump linear more
for command in dump stat; do
	for pid in 0 -1 x 12x 0x10 99999999 ''; do
		refused "--pid $pid: give the number of a process" $command "--pid=$pid"
	done
done
refused '--ptdump is a format for the kernel' dump --pid 1 --ptdump
refused '--pfnmap goes with --pid' dump --pfnmap
refused '--pid is one process, --processes are all' stat --pid 1 --processes
refused '--interval 0: give seconds' stat --interval 0
refused '--interval x: give seconds' stat -i x
refused '--count -1: give a number' stat --count -1
refused "unexpected argument 'linear'" stat linear
refused 'wants an address or a symbol' lookup
refused '--sort name: give lost, size, huge or address' areas --sort name
refused '--min-size x: give bytes' areas --min-size x
refused '--min-size 1MB: give bytes' areas --min-size 1MB
refused '--min-size -1: give bytes' areas --min-size=-1
refused "unexpected argument 'vmalloc'" areas vmalloc
refused "no rule 'rwx': give one of wx, alias-writable" audit --allow rwx
refused "unexpected argument 'linear'" audit linear
refused 'wants a recording' report -o "$tmp/page"
refused "wants a name for the page of 'file': -o PAGE" report file
refused '--limit 1001: give 1000 at most' report -n 1001 -o "$tmp/page" file
refused "--json and -o - both want standard output" report -j -o - file
refused '--source .*: give auto, bpf or kcore, or the file' stat --source "$tmp/nothing"
refused 'give one of --perfetto, --folded, --jsonl and --core' export "$tmp/nothing"
refused 'one format at a time' export --folded --core "$tmp/nothing"
refused 'wants a recording' export --folded
refused "--weight size: give count or time" export --folded --weight size "$tmp/nothing"
refused "--snapshot x: give a number" export --core --snapshot x "$tmp/nothing"
refused "--snapshot x: give a number" dump --source "$0" --snapshot x

refused 'wants a snapshot, or two' diff
refused 'record wants a file: -o FILE' record
refused '--rotate 1: give a size' record -o "$tmp/x" --rotate 1
refused '--memory 1: give a size' record -o "$tmp/x" --memory 1
refused '--trigger match: give mismatch' record -o "$tmp/x" --trigger match
refused 'are for --ring-only' record -o "$tmp/x" --trigger lost
refused 'nothing to --rotate' record -o "$tmp/x" --ring-only --rotate 1M
refused 'a pipe is one file' record -o - --ring-only
refused 'no -j and no --print with -o -' record -o - -j
refused 'tables are addresses' record -o "$tmp/x" --snapshot --redact
refused 'give auto, bpf or kcore, or the file' areas --source "$tmp/nothing"
refused 'a recording has no processes' stat --source "$tmp/help" --pid 1
refused "--max-lost x: give a number" selftest --max-lost x
refused "--backend ftrace: give " selftest --backend ftrace

# What selftest would do needs neither this machine nor root.
run 0 selftest --dry-run
silent out
for step in memfd_secret bpf kprobe kfence; do
	like "  says what $step is" "$tmp/err" "^  $step: "
done
run 0 selftest --dry-run -j
is "  each step an object" "$(jq -r 'select(.type == "step" and (.text | length > 10)).name' "$tmp/out" | tr '\n' ' ')" \
	'secretmem bpf kprobe kfence '

if [[ $machine == aarch64 ]]; then
	skip "on another machine than arm64" "this is arm64"
else
	declare -A needed=([predict]='ro 0xffff800080000000 1' [lookup]=linux_banner [record]="-o $tmp/recording")
	for command in "${commands[@]}"; do
		# what reads files does so on any machine
		[[ " check diff report export import " != *" $command "* ]] || continue
		read -ra needs <<< "${needed[$command]:-}"
		run 3 "$command" "${needs[@]}"
		cat "$tmp/out" >> "$tmp/err"
		like "  names this machine and the one that it takes" "$tmp/err" "$machine.*arm64"
		like "  and what to do" "$tmp/err" 'run it on an arm64 machine'
		run 3 "$command" -j "${needs[@]}"
		ok "  -j: objects" jq -es 'length > 0 and all(.[]; has("type"))' "$tmp/out"
	done
	run 3 watch -j -- touch "$tmp/ran"
	ok "  COMMAND is not run" test ! -e "$tmp/ran"
	is "  the error as an object" "$(jq -r '.type + " " + (.error | test("arm64") | tostring)' "$tmp/out")" 'error true'
	is "  in one line" "$(wc -l < "$tmp/err")" 1
	run 3 watch -p --backend kprobe -z linear -r 0x1000+4096 -P 1 -n 3 -d 0.5 --ring 64K -V mismatch -R -22 \
		--no-rule contiguous-run --no-rule wx-after-success
	is "  every option is understood" "$(jq -r .type "$tmp/out")" error
	run 3 doctor -j
	is "  doctor: the need that is not met" \
		"$(jq -rs 'map(select(.type == "need" and (.ok | not)).name) | join(" ")' "$tmp/out")" arm64
	is "  and its conclusion" "$(jq -cs 'last | [.type, .ok]' "$tmp/out")" '["doctor",false]'
fi
finish
