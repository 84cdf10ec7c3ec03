#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/vm/vmlinux.sh KERNEL...: is the committed bpf/vmlinux.h what its list of types gives, do these
# kernels have the types, and do both ends of the range of compilers build the programs? No guest is booted.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"
[[ $# -gt 0 ]] || { echo "usage: tests/vm/vmlinux.sh KERNEL..." >&2; exit 2; }

for kernel; do
	dir=$("$here/kernel" fetch "$kernel" 2> "$tmp/fetch.err")
	case $? in
	0) ok "vmlinux.h and $kernel" "$top/vmlinux-gen/check-stale" "$dir/Image" ;;
	77) skip "vmlinux.h and $kernel" "$(tail -n 1 "$tmp/fetch.err")" ;;
	*) fail "vmlinux.h and $kernel" "$(cat "$tmp/fetch.err")" ;;
	esac
done

# A header whose list has changed since is told.
cp -r "$top/vmlinux-gen" "$top/bpf" "$tmp/"
sed -i 's/struct thread_info { flags/struct thread_info { ttbr0? flags/' "$tmp/vmlinux-gen/types.txt"
VMLINUX_GEN=$top/build/host/vmlinux-gen "$tmp/vmlinux-gen/check-stale" "${dir:-}/Image" > /dev/null 2>&1
is "a list that changed makes the header stale" $? 1

for clang in clang-14 clang-19; do
	if command -v "$clang" > /dev/null; then
		ok "$clang builds the programs" "$clang" -g -O2 -target bpf -D__TARGET_ARCH_arm64 -Wall \
			-Wextra -Werror -Wno-unused-parameter -I"$top/include" \
			-c "$top/bpf/pwtrace.bpf.c" -o "$tmp/$clang.o"
	else
		skip "$clang builds the programs" "this Debian has no $clang"
	fi
done
finish
