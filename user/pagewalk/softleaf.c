// SPDX-License-Identifier: GPL-2.0-only
/* Entries that are not present: what their type means. include/linux/swapops.h and leafops.h. */
#include "walk.h"

/*
 * The types are numbered from MAX_SWAPFILES up: hwpoison, three of migration, the device ones, and
 * the marker, which is always the last of 32.
 */
#define TYPE_MARKER 31

enum softleaf_type pagewalk_softleaf_type(const struct mm_struct *mm, softleaf_t entry)
{
	unsigned int first = mm->max_swapfiles ? mm->max_swapfiles : PAGEWALK_MAX_SWAPFILES;
	static const enum softleaf_type types[] = {
		SOFTLEAF_HWPOISON,
		SOFTLEAF_MIGRATION_READ,
		SOFTLEAF_MIGRATION_READ_EXCLUSIVE,
		SOFTLEAF_MIGRATION_WRITE,
		SOFTLEAF_DEVICE_PRIVATE_WRITE,
		SOFTLEAF_DEVICE_PRIVATE_READ,
	};
	unsigned int type = __swp_type(entry);

	if (!entry.val)
		return SOFTLEAF_NONE;
	if (type < first)
		return SOFTLEAF_SWAP;
	if (type == TYPE_MARKER)
		return SOFTLEAF_MARKER;
	type -= first;
	return type < sizeof(types) / sizeof(*types) ? types[type] : SOFTLEAF_DEVICE_EXCLUSIVE;
}

/* Above the page frame number the entry has the page's age and dirtiness: SWP_MIG_YOUNG_BIT. */
unsigned long pagewalk_softleaf_pfn(const struct mm_struct *mm, softleaf_t entry)
{
	bool pa52 = mm->geo->lpa2 || (mm->geo->page_shift == 16 && mm->geo->va_bits_config == 52);
	unsigned int bits = (pa52 ? 52 : 48) - mm->geo->page_shift;

	return __swp_offset(entry) & ((1UL << bits) - 1);
}

bool pagewalk_is_huge_zero_pfn(const struct mm_struct *mm, unsigned long pfn)
{
	const struct pagewalk_pages *pages = mm->pages;

	return pages && pages->huge_zero_pfn &&
	       pages->huge_zero_pfn == (pfn & (~0UL << mm->geo->table_bits));
}
