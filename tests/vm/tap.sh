# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests that are written in shell: TAP, a guest to run things in, and questions about its JSON.

# shellcheck disable=SC2016 # what is quoted is for jq

here=$(dirname "$(readlink -f "$0")")
top=$(dirname "$(dirname "$here")")
# PWTRACE_KEEP=DIR keeps what the test worked with, and what its guests brought back.
if [[ ${PWTRACE_KEEP:-} ]]; then
	tmp=$PWTRACE_KEEP
	mkdir -p "$tmp" || exit
else
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/pwtrace-test.XXXXXX") || exit
	trap 'rm -rf "$tmp"' EXIT
fi
count=0 failed=0

# pass DESCRIPTION, fail DESCRIPTION [DETAIL...]
pass() {
	count=$((count + 1))
	echo "ok $count - $1"
}

fail() {
	count=$((count + 1)) failed=$((failed + 1))
	echo "not ok $count - $1"
	shift
	[[ $# -eq 0 ]] || printf '%s\n' "$@" | head -n 40 | sed 's/^/# /'
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# skip_all WHY: nothing of this can be tested here
skip_all() {
	echo "$1"
	exit 77
}

# ok DESCRIPTION COMMAND...: what the command writes explains a failure
ok() {
	local what=$1 said

	shift
	if said=$("$@" 2>&1); then
		pass "$what"
	else
		fail "$what" "$*" "$said"
	fi
}

# is DESCRIPTION GOT WANTED
is() {
	if [[ $2 == "$3" ]]; then
		pass "$1"
	else
		fail "$1" "got    $2" "wanted $3"
	fi
}

# like DESCRIPTION FILE PATTERN: the file has a line with it (extended regular expression)
like() {
	if grep -qE -e "$3" "$2"; then
		pass "$1"
	else
		fail "$1" "nothing like '$3' in ${2##*/}:" "$(head -c 2000 "$2")"
	fi
}

# unlike DESCRIPTION FILE PATTERN
unlike() {
	if [[ ! -e $2 ]]; then
		fail "$1" "there is no ${2##*/}"
	elif grep -qE -e "$3" "$2"; then
		fail "$1" "${2##*/} has: $(grep -m3 -E -e "$3" "$2")"
	else
		pass "$1"
	fi
}

# The objects of a watch: $c are the changes that others than pwtrace made, $s is the summary.
prelude='map(select(.type == "change" and (.own | not))) as $c | (map(select(.type == "summary")) | last) as $s | '

# ask FILE EXPRESSION [JQ-OPTION...]: what jq says about $c and $s
ask() {
	jq -rcs "${@:3}" "$prelude $2" "$1"
}

# holds DESCRIPTION FILE EXPRESSION [EXPLANATION [JQ-OPTION...]]: it is true of $c and $s; if not, what
# EXPLANATION gives is shown
holds() {
	local answer

	answer=$(ask "$2" "$3" "${@:5}" 2>&1)
	if [[ $answer == true ]]; then
		pass "$1"
	else
		fail "$1" "$3" "is $answer" "$(ask "$2" "${4:-\$s}" "${@:5}" 2>&1 | head -n 20)"
	fi
}

# A change in few words, for explanations.
# shellcheck disable=SC2034
brief='{op, hook, addr, size, ret, comm, verdict, reason, findings, leaves, difference, expected_ret}'

# page_of KERNEL: its pages' size in bytes, by its name
page_of() {
	case $1 in
	*-16k)	echo 16384;;
	*-64k)	echo 65536;;
	*)	echo 4096;;
	esac
}

# module KERNEL: have the test module for it. Returns 77 if there can be none.
module() {
	"$top/tests/module/build" "$1" > /dev/null 2> "$tmp/module.log"
}

# guest RUN-OPTION... -- COMMAND...: its status in $status, its output in $tmp/stdout and stderr, its /out in
# $tmp/out. A kernel that is gone skips the whole test, a guest that did not come up fails it.
guest() {
	rm -rf "$tmp/out"
	"$top/tests/vm/run" --out "$tmp/out" "$@" > "$tmp/stdout" 2> "$tmp/stderr"
	status=$?
	case $status in
	77)	skip_all "$(tail -n 1 "$tmp/stderr")";;
	125)
		fail "the guest runs" "$(cat "$tmp/stderr")"
		finish
		;;
	esac
}

# kernel_is_well: no oops behind the scenes
kernel_is_well() {
	unlike "the kernel has no fault to report" "$tmp/stderr" "reported a fault"
}

finish() {
	echo "1..$count"
	exit $((failed != 0))
}
