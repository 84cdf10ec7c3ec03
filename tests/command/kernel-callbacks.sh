#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/command/kernel-callbacks.sh [SERIES...]: the kernel's own callbacks, cut out of Debian's
# linux-source, compile with pagewalk_kernel.h in the place of their includes.

set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
cd "$top" || exit
[[ $# -gt 0 ]] || set -- 7.3

# cut FILE NAME...: its functions, structs and tables of these names (patterns), as they stand
cut_out() {
	local names=${*:2}

	# A definition begins in the first column and ends with a brace there.
	awk -v names="(^|[^a-zA-Z_0-9])(${names// /|})([^a-zA-Z_0-9]|\$)" '
		!inside && /^[a-z]/ { inside = 1; body = 0; text = head = "" }
		inside {
			text = text $0 "\n"
			if (!body) {
				head = head " " $0
				if (/[;]$/ && !/[{]/) inside = 0
				body = /[{]/
			}
			if (body && /^}|^[^ \t].*[{].*}/) {
				sub(/[{].*/, "", head)
				sub(/=.*/, "", head)
				sub(/[(].*/, "", head)
				if (head ~ names) print text
				inside = 0
			}
		}' "$1"
}

# compiles WHAT NR PRELUDE: $tmp/cut, of at least NR definitions
compiles() {
	local what=$1 wanted=$2 found

	found=$(grep -c '^}' "$tmp/cut")
	is "$series: $what: there are $wanted of them" "$found" "$wanted"
	{
		echo '#include <pwtrace/pagewalk_kernel.h>'
		printf '%s\n' "$3"
		cat "$tmp/cut"
	} > "$tmp/cut.c"
	ok "  and compile" "${CC:-cc}" -std=gnu11 -Wall -Werror -Wno-unused -Iinclude -fsyntax-only "$tmp/cut.c"
}

for series; do
	source=$(tests/vm/kernel source "$series" 2> "$tmp/err")
	case $? in
	0) ;;
	77)
		skip "the callbacks of Linux $series" "$(tail -n 1 "$tmp/err")"
		continue
		;;
	*)
		fail "there is the source of Linux $series" "$(cat "$tmp/err")"
		continue
		;;
	esac

	cut_out "$source/arch/arm64/mm/pageattr.c" page_change_data set_pageattr_masks \
		'pageattr_p[umt][de]_entry' pageattr_ops > "$tmp/cut"
	compiles "arch/arm64/mm/pageattr.c" 6 ''

	cut_out "$source/arch/arm64/mm/mmu.c" 'split_to_ptes_p[umt][de]_entry' split_to_ptes_ops split_contpte \
		split_contpmd > "$tmp/cut"
	compiles "arch/arm64/mm/mmu.c" 6 'typedef unsigned int gfp_t;
		int split_pud(pud_t *pudp, pud_t pud, gfp_t gfp, bool to_cont);
		int split_pmd(pmd_t *pmdp, pmd_t pmd, gfp_t gfp, bool to_cont);'

	{
		cut_out "$source/include/linux/ptdump.h" ptdump_range ptdump_state
		cut_out "$source/mm/ptdump.c" 'ptdump_p[g4umt][de]_entry' ptdump_hole ptdump_ops
	} > "$tmp/cut"
	compiles "mm/ptdump.c" 9 ''

	cut_out "$source/mm/mincore.c" mincore_hugetlb __mincore_unmapped_range mincore_unmapped_range \
		'mincore_p[ut][de]_entry' mincore_pte_range mincore_walk_ops > "$tmp/cut"
	compiles "mm/mincore.c" 6 '#define CONFIG_HUGETLB_PAGE 1
		unsigned char mincore_swap(swp_entry_t entry, bool shmem);
		unsigned char mincore_page(struct address_space *mapping, pgoff_t index);'

	cut_out "$source/mm/madvise.c" is_guard_pte_marker 'guard_(install|remove)_p[umt][de]_entry' \
		guard_install_set_pte > "$tmp/cut"
	compiles "mm/madvise.c, guard pages" 8 ''

	cut_out "$source/mm/mapping_dirty_helpers.c" 'wp_clean_p[um]d_entry' wp_clean_test_walk > "$tmp/cut"
	compiles "mm/mapping_dirty_helpers.c" 3 ''

	cut_out "$source/mm/mprotect.c" 'prot_none_(pte|hugetlb)_entry' prot_none_walk_ops > "$tmp/cut"
	compiles "mm/mprotect.c" 3 'bool pfn_modify_allowed(unsigned long pfn, pgprot_t prot);'
done
finish
