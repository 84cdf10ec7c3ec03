#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check the guest runner itself. Writes TAP. Takes the runner's own options (--kernel, --cpu, ...).

# shellcheck disable=SC2016 # what is quoted is for the guest's shell
set -u
here=$(dirname "$(readlink -f "$0")")
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
export PWTRACE_BIN='' TMPDIR=$tmp
options=("$@")
count=0 failed=0

# ok DESCRIPTION CONDITION...
ok() {
	local what=$1

	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		echo "# status $status"
		sed 's/^/# stderr: /' "$tmp/err"
		failed=$((failed + 1))
	fi
}

# guest RUN-OPTION... -- COMMAND...: leave its status in $status, its output in $tmp/out and err
guest() {
	"$here/run" ${options[@]+"${options[@]}"} "$@" > "$tmp/out" 2> "$tmp/err"
	status=$?
}

says() {
	grep -q -- "$2" "$tmp/$1"
}

guest -- true
if [[ $status -eq 77 ]]; then
	echo "1..0 # SKIP $(tail -n 1 "$tmp/err")"
	exit
fi
ok 'status 0 comes through' [ "$status" -eq 0 ]

guest -- sh -c 'exit 7'
ok 'status 7 comes through' [ "$status" -eq 7 ]

guest -- sh -c 'kill -SEGV $$'
ok 'death by a signal is 128+N' [ "$status" -eq 139 ]

guest -- no-such-command
ok 'a missing command is 127' [ "$status" -eq 127 ]
ok 'and is named on stderr' says err no-such-command

args=('two words' '' "it's" '"quoted"' '$HOME `id` \n' $'new\nline\n' '*' $'\x81\x88\xff' -- -n ä)
guest -- sh -c 'for a; do printf "<%s>\0" "$a"; done' sh "${args[@]}"
printf '<%s>\0' "${args[@]}" > "$tmp/expected"
ok 'arguments arrive as they are' cmp -s "$tmp/expected" "$tmp/out"

guest -- sh -c 'echo one; echo two >&2; echo three > /dev/stderr; echo four > /dev/stdout'
ok 'stdout holds what went to stdout' [ "$(cat "$tmp/out")" = $'one\nfour' ]
ok 'stderr holds what went to stderr' [ "$(cat "$tmp/err")" = $'two\nthree' ]

guest -- sh -c 'id -u; pwd; echo $HOME; cat; ls /sys/kernel/tracing/trace /sys/fs/bpf/.. >&2'
ok 'root, in /guest, no input, file systems mounted' \
	[ "$status$(tr '\n' ' ' < "$tmp/out")" = '00 /guest /root ' ]

mkdir -p "$tmp/folder/sub" "$tmp/back"
printf '#!/bin/sh\necho ran "$@"\n' > "$tmp/a tool"
chmod 755 "$tmp/a tool"
head -c 3000000 /dev/urandom > "$tmp/folder/sub/data"
guest --add "$tmp/a tool" --add "$tmp/folder" --out "$tmp/back" -- \
	sh -c './"a tool" well; cp -r folder /out/; exit 3'
ok 'a script that was added runs' [ "$status$(cat "$tmp/out")" = '3ran well' ]
ok 'what is left in /out comes back' cmp -s "$tmp/folder/sub/data" "$tmp/back/folder/sub/data"
ok 'with the console log' [ -e "$tmp/back/console.log" ]

guest -- sh -c 'dd if=/dev/zero bs=1M count=20 2>/dev/null'
ok 'much output arrives whole' [ "$(wc -c < "$tmp/out")" -eq 20971520 ]

# The first line is there long before the command ends; then the runner is told to stop.
mkdir "$tmp/tmp"
TMPDIR=$tmp/tmp "$here/run" ${options[@]+"${options[@]}"} -- sh -c 'echo early; sleep 200' \
	> "$tmp/early" 2> "$tmp/err" &
run=$!
for _ in {1..600}; do
	[[ -s $tmp/early ]] && break
	sleep 0.1
done
status=-
ok 'output comes while the command runs' grep -qx early "$tmp/early"
kill "$run"
wait "$run"
status=$?
ok 'a runner that is told to stop does' [ "$status" -eq 143 ]
ok 'and leaves nothing behind' rmdir "$tmp/tmp"

guest --timeout 15 -- sleep 1000
ok 'a time limit ends the guest with 125' [ "$status" -eq 125 ]
ok 'and says so' says err 'ended after 15 s'

guest -- sh -c 'echo c > /proc/sysrq-trigger; sleep 60'
ok 'a panic is 125' [ "$status" -eq 125 ]
ok 'and is called one' says err 'panicked while it ran the command'

guest --append init=/nowhere rdinit=/nowhere -- true
ok 'a wrong option is 125' [ "$status" -eq 125 ]

guest --append 'rdinit=/nowhere' -- true
ok 'a guest that does not come up is 125' [ "$status" -eq 125 ]
ok 'and says so' says err 'panicked before it was up'

options=()
guest --kernel nonsense -- true
ok 'a kernel that is no version is 125' [ "$status" -eq 125 ]
ok 'and is named' says err nonsense
guest --kernel "$here/run" -- true
ok 'a file that is no Image is 125' [ "$status" -eq 125 ]
guest --kernel 2.4 -- true
ok 'a series that Debian does not have is 77' [ "$status" -eq 77 ]

echo "1..$count"
[[ $failed -eq 0 ]]
