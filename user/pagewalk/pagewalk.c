// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk, one function for all levels where the kernel has one for each: what differs between them
 * is which callback they have and whether they know actions. Tables are found by physical address in
 * the image, entry by entry, because an image may hold only a part of a table.
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

/* pgd_addr_end() and its kind: the end of the entry that maps @addr, or of the range. */
static unsigned long entry_end(const struct geometry *geo, int level, unsigned long addr,
			       unsigned long end)
{
	unsigned long size = geometry_size(geo, level);
	unsigned long boundary = (addr + size) & ~(size - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

/*
 * real_depth(): the number of the highest level that folding makes this one. The kernel knows the
 * levels that its configuration folds, not those that are folded at run time.
 */
static int hole_depth(const struct geometry *geo, int level)
{
	int bits = geometry_table_bits(geo);
	int top = (geo->va_bits_config - geo->page_shift + bits - 1) / bits - 1;

	return level == top ? 0 : PGTABLE_LEVEL_PGD - level;
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

/* The levels above the top one that are folded into it are called for its entry, from above. */
static int call_entries(uint64_t *entry, int level, unsigned long addr, unsigned long next,
			struct mm_walk *walk)
{
	int top = geometry_top(walk->mm->image->geo), err = 0;

	for (int folded = PGTABLE_LEVEL_PGD; level == top && folded > top && !err; folded--)
		err = call_entry(entry, folded, addr, next, walk);
	return err ? err : call_entry(entry, level, addr, next, walk);
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
	int err;

	for (;; addr += size, index++) {
		uint64_t *entry = image_entry(image, table, index);

		if (!entry)
			return fault(walk, PAGEWALK_NOT_IN_IMAGE, addr, PGTABLE_LEVEL_PTE, 0, -ENODATA);
		err = call_entry(entry, PGTABLE_LEVEL_PTE, addr, addr + size, walk);
		if (err || addr >= end - size)
			return err;
	}
}

/* pgd_none_or_clear_bad() and p4d_none_or_clear_bad(): only a table may stand there. */
static bool none_or_bad(struct mm_walk *walk, int level, unsigned long addr, uint64_t desc)
{
	if (!desc)
		return true;
	if (level <= PGTABLE_LEVEL_PUD || (desc & PTE_TABLE_BIT))
		return false;
	fault(walk, PAGEWALK_BAD_ENTRY, addr, level, desc, 0);
	return true;
}

static int walk_table(int level, uint64_t table, unsigned long addr, unsigned long end,
		      struct mm_walk *walk);

static int descend(int level, uint64_t desc, unsigned long addr, unsigned long next,
		   struct mm_walk *walk)
{
	uint64_t table = desc_address(walk->mm->image->geo, desc);

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
			return ops->pte_hole ? ops->pte_hole(addr, next,
							     hole_depth(walk->mm->image->geo, level),
							     walk) : 0;
		err = call_entries(entry, level, addr, next, walk);
		if (err || walk->action == ACTION_CONTINUE)
			return err;
		if (walk->action == ACTION_AGAIN)
			continue;
		if (!has_handler_below(ops, level))
			return 0;
		/* a leaf that no callback took is passed over; the callback may have changed it */
		if (desc_leaf(*entry, level) || !desc_present(*entry))
			return 0;
		err = descend(level, *entry, addr, next, walk);
		if (err || walk->action != ACTION_AGAIN || level > PGTABLE_LEVEL_PUD)
			return err;
	}
	return fault(walk, PAGEWALK_ENDLESS_AGAIN, addr, level, *entry, -ELOOP);
}

static int walk_table(int level, uint64_t table, unsigned long addr, unsigned long end,
		      struct mm_walk *walk)
{
	const struct image *image = walk->mm->image;
	unsigned long next;
	int err;

	do {
		uint64_t *entry = image_entry(image, table,
					      geometry_index(image->geo, level, addr));

		if (!entry)
			return fault(walk, PAGEWALK_NOT_IN_IMAGE, addr, level, 0, -ENODATA);
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
	return walk_table(geometry_top(mm->image->geo), mm->image->root, start, end, &walk);
}
