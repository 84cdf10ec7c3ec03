// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk, one function for all levels where the kernel has one for each: what differs between
 * them is which callback they have and whether they know actions. Tables are found by physical
 * address in the image, entry by entry, because an image may hold only a part of a table.
 */
#include <errno.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "image/image.h"
#include "pwtrace/pagewalk.h"

static int fault(struct mm_walk *walk, enum pagewalk_fault_kind kind, unsigned long addr, int level,
		 uint64_t entry, int err)
{
	walk->mm->fault = (struct pagewalk_fault){ kind, addr, level, entry };
	return err;
}

/* CONFIG_PGTABLE_LEVELS, which a level folded away at run time does not change. */
static int built_levels(const struct geometry *geo)
{
	unsigned int bits = geometry_table_bits(geo);

	return (geo->va_bits_config - geo->page_shift + bits - 1) / bits;
}

static bool folded(const struct geometry *geo, int level)
{
	return level > (int)geometry_top(geo);
}

/* pgd_addr_end() and its kind: the end of the entry that maps @addr, or of the range. */
static unsigned long entry_end(const struct geometry *geo, int level, unsigned long addr,
			       unsigned long end)
{
	/*
	 * PGDIR_SIZE and its kind: what is folded when the kernel is built is as large as the level
	 * below
	 */
	int sized = level < built_levels(geo) ? level : built_levels(geo) - 1;
	unsigned long size = geometry_size(geo, sized);
	unsigned long boundary = (addr + size) & ~(size - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

/*
 * real_depth(): the number of the highest level that folding, when the kernel is built, makes this
 * one.
 */
static int hole_depth(const struct geometry *geo, int level)
{
	return level >= built_levels(geo) - 1 ? 0 : PGTABLE_LEVEL_PGD - level;
}

static int call_entry(uint64_t *entry, int level, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;

	switch (level) {
	case PGTABLE_LEVEL_PGD:
		return ops->pgd_entry ? ops->pgd_entry((pgd_t *)entry, addr, next, walk) : 0;
	case PGTABLE_LEVEL_P4D:
		return ops->p4d_entry ? ops->p4d_entry((p4d_t *)entry, addr, next, walk) : 0;
	case PGTABLE_LEVEL_PUD:
		return ops->pud_entry ? ops->pud_entry((pud_t *)entry, addr, next, walk) : 0;
	case PGTABLE_LEVEL_PMD:
		return ops->pmd_entry ? ops->pmd_entry((pmd_t *)entry, addr, next, walk) : 0;
	default:
		return ops->pte_entry((pte_t *)entry, addr, next, walk);
	}
}

static bool has_handler_below(const struct mm_walk_ops *ops, int level)
{
	return ops->pte_entry || (level > PGTABLE_LEVEL_PMD && ops->pmd_entry) ||
	       (level > PGTABLE_LEVEL_PUD && ops->pud_entry) ||
	       (level > PGTABLE_LEVEL_P4D && ops->p4d_entry);
}

static int walk_ptes(uint64_t table, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	const struct image *image = walk->mm->image;
	unsigned long size = geometry_page_size(image->geo);
	unsigned int index = geometry_index(image->geo, PGTABLE_LEVEL_PTE, addr);
	const struct image_slice *slice = NULL;
	int err;

	for (;; addr += size, index++) {
		uint64_t *entry;

		if (!slice || index >= slice->first + slice->nr)
			slice = image_find(image, table, index);
		if (!slice)
			return fault(walk, PAGEWALK_NOT_IN_IMAGE, addr, PGTABLE_LEVEL_PTE, 0,
				     -ENODATA);
		entry = image_slice_entries(image, slice) + (index - slice->first);
		err = call_entry(entry, PGTABLE_LEVEL_PTE, addr, addr + size, walk);
		if (err || addr >= end - size)
			return err;
	}
}

/*
 * p?d_none(), never true for what is folded; of pgd and p4d p?d_none_or_clear_bad(): only tables.
 */
static bool none_or_bad(struct mm_walk *walk, int level, unsigned long addr, uint64_t desc)
{
	if (folded(walk->mm->image->geo, level))
		return false;
	if (!desc)
		return true;
	if (level <= PGTABLE_LEVEL_PUD || desc_table(desc, level))
		return false;
	fault(walk, PAGEWALK_BAD_ENTRY, addr, level, desc, 0);
	return true;
}

static int walk_table(int level, uint64_t table, unsigned long addr, unsigned long end,
		      struct mm_walk *walk);

static int descend(int level, uint64_t desc, unsigned long addr, unsigned long next,
		   struct mm_walk *walk)
{
	const struct image *image = walk->mm->image;
	uint64_t table = folded(image->geo, level) ? image->root : desc_address(image->geo, desc);

	if (level == PGTABLE_LEVEL_PMD)
		return walk_ptes(table, addr, next, walk);
	return walk_table(level - 1, table, addr, next, walk);
}

/* One entry above the last level, until its action is not to do it again. */
static int walk_entry(int level, uint64_t *entry, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	const struct mm_walk_ops *ops = walk->ops;
	int err;

	for (int again = 0; again <= PAGEWALK_MAX_AGAIN; again++) {
		walk->action = ACTION_SUBTREE;
		if (none_or_bad(walk, level, addr, *entry))
			return ops->pte_hole ?
				       ops->pte_hole(addr, next,
						     hole_depth(walk->mm->image->geo, level),
						     walk) :
				       0;
		err = call_entry(entry, level, addr, next, walk);
		if (err)
			return err;
		if (level <= PGTABLE_LEVEL_PUD && walk->action == ACTION_CONTINUE)
			return 0;
		if (level <= PGTABLE_LEVEL_PUD && walk->action == ACTION_AGAIN)
			continue;
		if (!has_handler_below(ops, level))
			return 0;
		/* a leaf that no callback took is passed over; the callback may have changed it */
		if (!folded(walk->mm->image->geo, level) && !desc_table(*entry, level))
			return 0;
		err = descend(level, *entry, addr, next, walk);
		if (err || walk->action != ACTION_AGAIN || level > PGTABLE_LEVEL_PUD)
			return err;
	}
	return fault(walk, PAGEWALK_ENDLESS_AGAIN, addr, level, *entry, -ELOOP);
}

/*
 * The entry of @level that maps @addr; for a folded level that of the top one, if it is to mean
 * anything.
 */
static uint64_t *entry_at(const struct image *image, int level, uint64_t table, unsigned long addr,
			  uint64_t *nothing)
{
	int top = geometry_top(image->geo);

	if (level > top && built_levels(image->geo) != (int)image->geo->levels)
		return nothing;
	return image_entry(image, table,
			   geometry_index(image->geo, level > top ? top : level, addr));
}

static int walk_table(int level, uint64_t table, unsigned long addr, unsigned long end,
		      struct mm_walk *walk)
{
	const struct image *image = walk->mm->image;
	int top = geometry_top(image->geo), err;
	unsigned long next;

	do {
		uint64_t nothing = 0, *entry = entry_at(image, level, table, addr, &nothing);

		if (!entry)
			return fault(walk, PAGEWALK_NOT_IN_IMAGE, addr, level < top ? level : top,
				     0, -ENODATA);
		next = entry_end(image->geo, level, addr, end);
		err = walk_entry(level, entry, addr, next, walk);
		if (err)
			return err;
	} while (addr = next, addr != end);
	return 0;
}

int walk_kernel_page_table_range_lockless(struct mm_struct *mm, unsigned long start,
					  unsigned long end, const struct mm_walk_ops *ops,
					  void *private)
{
	struct mm_walk walk = {
		.ops = ops,
		.mm = mm,
		.no_vma = true,
		.private = private,
	};

	mm->fault.kind = PAGEWALK_OK;
	if (start >= end)
		return -EINVAL;
	return walk_table(PGTABLE_LEVEL_PGD, mm->image->root, start, end, &walk);
}
