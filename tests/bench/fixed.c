// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's walk as it is where the geometry is known when it is compiled: its own source, with
 * a call of the one copy in place of the choice among them.
 */
#include "fixed.h"

/* nothing of it is the library's to the linker */
#define walk_range    walk_range_unused
#define walk_offset   walk_offset_unused
#define walk_no_entry walk_no_entry_unused
#include "pagewalk/levels.c"
#undef walk_range

int fixed_walk(unsigned long start, unsigned long end, const struct mm_walk_ops *ops, pgd_t *pgd,
	       void *private)
{
	struct mm_struct *mm = pagewalk_init_mm;

	if (!mm)
		return -EINVAL;

	struct walk w __walk_scope;

	walk_reset(mm);
	walk_begin(&w, mm, ops, NULL, pgd, true, private);
	if (start >= end || ops->install_pte)
		return -EINVAL;
	return walk_12_48_48(&w, start, end);
}
