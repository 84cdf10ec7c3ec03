#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# libpagewalk as it is installed: found by pkg-config, the example of its manual, callbacks in the
# kernel's style, C++.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
cd "$top" || exit

CC=${CC:-cc}
strict=(-std=gnu11 -O1 -g -Wall -Wextra -Werror)
[[ $(uname -m) == aarch64 ]] && arch=arm64 || arch=$(uname -m)

ok "make install" make --no-print-directory ARCH="$arch" install DESTDIR="$tmp/root" prefix=/opt/pwtrace
root=$tmp/root/opt/pwtrace
for file in include/pwtrace/pagewalk.h include/pwtrace/pagewalk_kernel.h lib/libpagewalk.a \
	lib/pkgconfig/pagewalk.pc share/man/man3/libpagewalk.3; do
	ok "  $file" test -s "$root/$file"
done
export PKG_CONFIG_PATH=$root/lib/pkgconfig
pagewalk() {
	pkg-config --define-variable=prefix="$root" --define-variable=libdir="$root/lib" \
		--define-variable=includedir="$root/include" "$@" pagewalk
}
is "pkg-config knows its version" "$(pagewalk --modversion)" "$(sed -n 's/^VERSION := //p' Makefile)"
read -r -a cflags <<< "$(pagewalk --cflags)"
read -r -a libs <<< "$(pagewalk --libs)"

# Every symbol is the kernel's name, or ours.
mapfile -t odd < <(nm -g --defined-only "$root/lib/libpagewalk.a" | awk 'NF == 3 { print $3 }' |
	grep -vE '^(walk_|pagewalk_|geometry_|p[gu4mt][de]_offset|pte_offset_|folio_walk_|vm_normal_page)' |
	grep -vxE 'find_vma|hugetlb_walk|mmap_write_unlock|pmd_trans_huge_lock|split_huge_pmd')
is "no symbol of another name" "${odd[*]}" ''

ok "doc/examples/permissions.c compiles" \
	"$CC" "${strict[@]}" "${cflags[@]}" doc/examples/permissions.c "${libs[@]}" -o "$tmp/permissions"
is "  and prints" "$("$tmp/permissions" 2>&1)" "$(cat doc/examples/permissions.expected)"

# With the sanitizers, since main.c hands out memory that callbacks write.
mapfile -t callbacks < <(printf '%s\n' tests/callbacks/*.c)
bad=$(grep -nE '^[[:space:]]*#[[:space:]]*include' tests/callbacks/{ages,attributes,dump,residence}.c | grep -v '"callbacks.h"')
is "callbacks include pagewalk_kernel.h and nothing else" \
	"$bad$(grep -E '^#include' tests/callbacks/callbacks.h)" '#include <pwtrace/pagewalk_kernel.h>'
for compiler in "$CC" clang; do
	command -v "$compiler" > /dev/null || continue
	ok "callbacks in the kernel's style compile ($compiler)" \
		"$compiler" "${strict[@]}" -fsanitize=address,undefined "${cflags[@]}" "${callbacks[@]}" "${libs[@]}" \
		-o "$tmp/callbacks"
	is "  and do what they would in the kernel" "$("$tmp/callbacks" 2>&1)" "$(cat tests/callbacks/callbacks.expected)"
done

cat > "$tmp/header.cc" <<'END'
#include <pwtrace/pagewalk.h>

static int on_pte(pte_t *pte, unsigned long addr, unsigned long, struct mm_walk *walk)
{
	auto sum = static_cast<unsigned long *>(walk->private_);

	*sum += pte_present(ptep_get(pte)) ? pte_pfn(*pte) : addr >> PAGE_SHIFT;
	return 0;
}

int main()
{
	struct mm_walk_ops ops = {};
	struct mm_struct mm = {};
	struct geometry geo;
	unsigned long sum = 0;
	struct pagewalk_image *image = pagewalk_image_new(4096, nullptr);

	geometry_init(&geo, 12, 39, 39);
	ops.pte_entry = on_pte;
	mm.geo = &geo;
	mm.memory = pagewalk_image_memory(image);
	pagewalk_init_mm = &mm;
	/* nothing is in it */
	int err = walk_kernel_page_table_range_lockless(0, 4096, &ops, nullptr, &sum);
	pagewalk_image_free(image);
	return err == -61 && mm.fault.kind == PAGEWALK_NOT_IN_IMAGE ? 0 : 1;
}
END
if ! command -v g++ > /dev/null; then
	skip "the header is C++, too" "there is no g++: tests/setup"
else
	for standard in c++11 c++17 c++20; do
		ok "the header is $standard, too" g++ -std="$standard" -Wall -Wextra -Werror "${cflags[@]}" \
			-fsyntax-only "$tmp/header.cc"
	done
	ok "a program in C++ links" g++ -std=c++17 "${cflags[@]}" "$tmp/header.cc" "${libs[@]}" -o "$tmp/header"
	ok "  and runs" "$tmp/header"
fi
finish
