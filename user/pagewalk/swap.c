// SPDX-License-Identifier: GPL-2.0-only
#include "swap.h"

/*
 * The types are numbered from MAX_SWAPFILES up: hwpoison, three of migration, the device ones, and
 * the marker, which is always the last of 32.
 */
#define TYPE_MARKER 31

static unsigned int max_swapfiles(const struct mm_struct *mm)
{
	return mm->max_swapfiles ? mm->max_swapfiles : PAGEWALK_MAX_SWAPFILES;
}

enum swap_kind swap_kind(const struct mm_struct *mm, pte_t pte)
{
	unsigned int type = __swp_type(__pte_to_swp_entry(pte)), first = max_swapfiles(mm);

	if (pte_none(pte) || pte_present(pte))
		return SWAP_NONE;
	if (type < first)
		return SWAP_FILE;
	if (type == TYPE_MARKER)
		return SWAP_MARKER;
	switch (type - first) {
	case 0:
		return SWAP_HWPOISON;
	case 1 ... 3:
		return SWAP_MIGRATION;
	case 4 ... 5:
		return SWAP_DEVICE_PRIVATE;
	default:
		return SWAP_DEVICE_EXCLUSIVE;
	}
}

/* Above the page frame number the entry has the page's age and dirtiness: SWP_MIG_YOUNG_BIT. */
unsigned long swap_pfn(const struct mm_struct *mm, pte_t pte)
{
	bool pa52 = mm->geo->lpa2 || (mm->geo->page_shift == 16 && mm->geo->va_bits_config == 52);
	unsigned int bits = (pa52 ? 52 : 48) - mm->geo->page_shift;

	return __swp_offset(__pte_to_swp_entry(pte)) & ((1UL << bits) - 1);
}

bool is_huge_zero_pfn(const struct mm_struct *mm, unsigned long pfn)
{
	const struct pagewalk_pages *pages = mm->pages;

	return pages && pages->huge_zero_pfn &&
	       pages->huge_zero_pfn == (pfn & (~0UL << mm->geo->table_bits));
}
