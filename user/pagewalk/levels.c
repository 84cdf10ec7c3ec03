// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk from level to level: walk_pgd_range() down to walk_pte_range() of mm/pagewalk.c. The
 * kernel has one function for each level; here the upper four are one, since what differs between
 * them is which callback they have, whether they know actions, and what an empty entry is.
 *
 * It is inlined into itself, with the level and the geometry as constants: one copy for each
 * geometry that arm64 Linux has (geometry/shapes.h), and one for any other. So a geometry chosen at
 * run time costs one indirect call a walk.
 */
#include <errno.h>

#include "geometry/shapes.h"
#include "walk.h"

#define inlined	 static inline __attribute__((always_inline))
#define out_line __attribute__((noinline, cold))

typedef int lower_fn(const struct geometry *geo, const bool narrow, struct walk *walk,
		     uint64_t *above, unsigned long addr, unsigned long end);

static out_line int ended(struct walk *walk, enum pagewalk_fault_kind kind, unsigned long addr,
			  int level, uint64_t entry, int err)
{
	return walk_fault(walk->walk.mm, kind, addr, level, entry, err);
}

out_line int walk_no_entry(struct walk *walk, int level, const uint64_t *above, unsigned long addr)
{
	const struct geometry *geo = walk->walk.mm->geo;
	int top = geometry_top(geo);

	for (int up = level + 1; level < top && up <= top; up++)
		if (walk->table[up] == geometry_desc_to_phys(geo, *above))
			return ended(walk, PAGEWALK_TABLE_LOOP, addr, level + 1, *above, -ELOOP);
	return ended(walk, PAGEWALK_NOT_IN_IMAGE, addr, level < top ? level : top, 0, -ENODATA);
}

/* Whichever comes first, where 0 is the end of the address space. */
inlined unsigned long first_of(unsigned long boundary, unsigned long end)
{
	return boundary - 1 < end - 1 ? boundary : end;
}

/* Is one entry that maps @size bytes enough for the range? */
inlined bool in_one_entry(unsigned long size, unsigned long addr, unsigned long end)
{
	return (addr ^ (end - 1)) < size;
}

/*
 * real_depth(): the number of the highest level that folding, when the kernel is built, makes this
 * one.
 */
inlined int hole_depth(const struct geometry *geo, int level)
{
	return level >= (int)geo->levels_config - 1 ? 0 : PGTABLE_LEVEL_PGD - level;
}

/* Entries of the table that has those of @level. */
inlined unsigned long entries(const struct geometry *geo, const int level)
{
	return level == (int)geometry_top(geo) ? geometry_entries(geo, level) :
						 geometry_config_entries(geo, level);
}

inlined unsigned long index_of(const struct geometry *geo, const int level, unsigned long addr)
{
	return addr >> geometry_config_shift(geo, level) & (entries(geo, level) - 1);
}

/* Has @level, folded when the kernel is built, the entry of the level above? */
inlined bool same_entry(const struct geometry *geo, const int level)
{
	return level != PGTABLE_LEVEL_PGD && level >= (int)geo->levels_config - 1;
}

/*
 * p?d_offset(): the entry of @level that maps @addr. A level that is folded at run time lies, as
 * the top level does, in the root's page.
 */
inlined uint64_t *offset(const struct geometry *geo, const int level, struct walk *walk,
			 uint64_t *above, unsigned long addr)
{
	const int top = geometry_top(geo);
	unsigned long index = index_of(geo, level, addr);
	uint64_t *entry, table;

	if (same_entry(geo, level))
		return above;
	if (level >= top) {
		if (unlikely(walk->walk.pgd)) {
			walk->table[top] = ~0ULL;
			return &walk->walk.pgd->pgd + index;
		}
		table = walk->table[top] = walk->root;
	} else {
		table = geometry_desc_to_phys(geo, *above);
		for (int up = level + 1; up <= top && up < PGTABLE_NR_LEVELS; up++)
			if (unlikely(walk->table[up] == table))
				return NULL;
		walk->table[level] = table;
	}
	entry = walk_entry_at(walk, table + index * sizeof(uint64_t));
	if (unlikely(!entry) && level > top && geo->levels != geo->levels_config) {
		/* nobody asks what is there, only that there is something */
		static _Thread_local uint64_t nothing;

		nothing = 0;
		return &nothing;
	}
	return entry;
}

/*
 * The same where one piece of memory ends within a table and another has the rest: by the table's
 * address, not by *@above again, which a callback may have written to since.
 */
inlined uint64_t *next_piece(const struct geometry *geo, const int level, struct walk *walk,
			     uint64_t *above, unsigned long addr)
{
	if (level >= (int)geometry_top(geo))
		return offset(geo, level, walk, above, addr);
	return walk_entry_at(walk,
			     walk->table[level] + index_of(geo, level, addr) * sizeof(uint64_t));
}

/*
 * How many entries stand at and behind the one that offset() gave last: to the end of the table, or
 * of the piece of memory.
 */
inlined unsigned long room(const struct geometry *geo, const int level, const struct walk *walk,
			   const uint64_t *entry, unsigned long addr)
{
	unsigned long table = entries(geo, level) - index_of(geo, level, addr);
	unsigned long piece = (walk->window_pa + walk->window_size + walk->bias -
			       (uintptr_t)entry) /
			      sizeof(*entry);

	if (level >= (int)geometry_top(geo) && walk->walk.pgd)
		return table;
	/* of a folded level, it may be another piece: then one at a time */
	if (level > (int)geometry_top(geo) && geo->levels != geo->levels_config)
		return 1;
	return table < piece ? table : piece;
}

/*
 * What is no table among the entries of pgd and p4d, which have no other good ones, is as good as
 * empty: p?d_none_or_clear_bad().
 */
static __attribute__((noinline)) bool none_or_bad(struct walk *walk, int level, unsigned long addr,
						  uint64_t desc)
{
	if (!desc)
		return true;
	if ((walk->behaviours & PAGEWALK_BAD_BY_TABLE_BIT) && (desc & PTE_TABLE_BIT))
		return false;
	ended(walk, PAGEWALK_BAD_ENTRY, addr, level, desc, 0);
	return true;
}

/* p?d_none(), never true for what is folded. */
inlined bool none(const struct geometry *geo, const int level, struct walk *walk,
		  unsigned long addr, uint64_t desc)
{
	if (walk_folded(geo, level))
		return false;
	if (level <= PGTABLE_LEVEL_PUD)
		return unlikely(!desc);
	return unlikely(!desc_table(desc, level)) && none_or_bad(walk, level, addr, desc);
}

/* Is there a callback for entries of @level? */
inlined bool has_entry(const struct mm_walk_ops *ops, const int level)
{
	switch (level) {
	case PGTABLE_LEVEL_PGD:
		return ops->pgd_entry;
	case PGTABLE_LEVEL_P4D:
		return ops->p4d_entry;
	case PGTABLE_LEVEL_PUD:
		return ops->pud_entry;
	default:
		return ops->pmd_entry;
	}
}

inlined int call_entry(const int level, struct walk *w, uint64_t *entry, unsigned long addr,
		       unsigned long next)
{
	const struct mm_walk_ops *ops = w->walk.ops;

	switch (level) {
	case PGTABLE_LEVEL_PGD:
		return ops->pgd_entry((pgd_t *)entry, addr, next, &w->walk);
	case PGTABLE_LEVEL_P4D:
		return ops->p4d_entry((p4d_t *)entry, addr, next, &w->walk);
	case PGTABLE_LEVEL_PUD:
		return ops->pud_entry((pud_t *)entry, addr, next, &w->walk);
	default:
		return ops->pmd_entry((pmd_t *)entry, addr, next, &w->walk);
	}
}

inlined bool has_handler_below(const struct mm_walk_ops *ops, const int level)
{
	return ops->pte_entry || (level > PGTABLE_LEVEL_PMD && ops->pmd_entry) ||
	       (level > PGTABLE_LEVEL_PUD && ops->pud_entry) ||
	       (level > PGTABLE_LEVEL_P4D && ops->p4d_entry);
}

/* A leaf that no callback took, or what else is no table. */
static out_line int pass_over(struct walk *walk, int level, unsigned long addr, uint64_t desc)
{
	if (desc_leaf(desc, level) && !geometry_block_level(walk->walk.mm->geo, level))
		ended(walk, PAGEWALK_ILLEGAL_BLOCK, addr, level, desc, 0);
	return 0;
}

/* Has this entry asked for it too often? */
static out_line bool endless(struct walk *walk, int level, unsigned long addr,
			     const uint64_t *entry)
{
	if (walk->again[level].entry != entry) {
		walk->again[level].entry = entry;
		walk->again[level].times = 0;
	}
	if (++walk->again[level].times <= PAGEWALK_MAX_AGAIN)
		return false;
	ended(walk, PAGEWALK_ENDLESS_AGAIN, addr, level, *entry, -ELOOP);
	return true;
}

/*
 * One entry above the last level, until its action is not to do it again. Of pgd and p4d there are
 * no actions.
 */
inlined int walk_entry(const struct geometry *geo, const int level, const bool narrow,
		       struct walk *w, uint64_t *entry, unsigned long addr, unsigned long next,
		       lower_fn *lower)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	const bool acts = level <= PGTABLE_LEVEL_PUD;
	uint64_t desc;
	int err;

again:
	desc = *entry;
	if (none(geo, level, w, addr, desc))
		goto empty;
present:
	if (acts)
		w->walk.action = ACTION_SUBTREE;
	if (has_entry(ops, level)) {
		err = call_entry(level, w, entry, addr, next);
		if (unlikely(err))
			return err;
		if (acts && w->walk.action == ACTION_CONTINUE)
			return 0;
		if (acts && unlikely(w->walk.action == ACTION_AGAIN)) {
			if (endless(w, level, addr, entry))
				return -ELOOP;
			goto again;
		}
		/* the callback may have changed it */
		desc = *entry;
	}
	if (unlikely(!has_handler_below(ops, level))) {
		if (!ops->install_pte)
			return 0;
		/* only installing: a huge page that is there stays one */
		if (level == PGTABLE_LEVEL_PMD && pmd_trans_huge(__pmd(desc)))
			return 0;
	}
	if (!walk_folded(geo, level) && unlikely(!desc_table(desc, level))) {
		if (!acts)
			return ended(w, PAGEWALK_NO_TABLE, addr, level, desc, -EUCLEAN);
		if (!w->walk.vma)
			return pass_over(w, level, addr, desc);
		/* split_huge_pud() does nothing on arm64 */
		if (level == PGTABLE_LEVEL_PMD) {
			err = walk_split_pmd(w, w->walk.vma, entry, addr);
			if (err)
				return err;
		}
	}
	if (level == PGTABLE_LEVEL_PUD && unlikely(w->behaviours & PAGEWALK_PUD_NONE_RECHECK)) {
		if (walk_folded(geo, level) || *entry)
			return lower(geo, narrow, w, entry, addr, next);
	} else {
		err = lower(geo, narrow, w, entry, addr, next);
		if (!acts || err || likely(w->walk.action != ACTION_AGAIN))
			return err;
	}
	if (endless(w, level, addr, entry))
		return -ELOOP;
	if (level != PGTABLE_LEVEL_PMD || !w->cleared)
		goto again;
	w->cleared = false;
empty:
	if (acts && !(w->behaviours & PAGEWALK_HOLE_SEES_OLD_ACTION))
		w->walk.action = ACTION_SUBTREE;
	if (!ops->install_pte)
		return ops->pte_hole ? ops->pte_hole(addr, next, hole_depth(geo, level), &w->walk) :
				       0;
	err = walk_new_table(w, level, entry, addr);
	if (err)
		return err;
	desc = *entry;
	goto present;
}

/* @narrow: one entry of the level has all of the range. */
inlined int walk_level(const struct geometry *geo, const int level, const bool narrow,
		       struct walk *walk, uint64_t *above, unsigned long addr, unsigned long end,
		       lower_fn *lower)
{
	const unsigned long size = 1UL << geometry_config_shift(geo, level);
	uint64_t *entry;

	if (same_entry(geo, level))
		return walk_entry(geo, level, narrow, walk, above, addr, end, lower);
	for (entry = offset(geo, level, walk, above, addr);;
	     entry = next_piece(geo, level, walk, above, addr)) {
		unsigned long stop = end, next;
		int err;

		if (unlikely(!entry))
			return walk_no_entry(walk, level, above, addr);
		if (narrow)
			return walk_entry(geo, level, narrow, walk, entry, addr, end, lower);
		if (!in_one_entry(size, addr, end))
			stop = first_of((addr & -size) + size * room(geo, level, walk, entry, addr),
					end);
		for (;; entry++) {
			/* pgd_addr_end() and its kind */
			next = first_of((addr + size) & -size, stop);
			err = walk_entry(geo, level, narrow, walk, entry, addr, next, lower);
			if (err)
				return err;
			addr = next;
			if (addr == stop)
				break;
		}
		if (addr == end)
			return 0;
		/* the end of a piece of memory; of the top level it may be that of the table */
		if (level == PGTABLE_LEVEL_PGD && !index_of(geo, level, addr))
			return ended(walk, PAGEWALK_BEYOND_TABLE, addr, geometry_top(geo), 0,
				     -EUCLEAN);
	}
}

/* With install_pte, a callback is asked for what is empty; entries that are there go to pte_entry.
 */
static out_line int install_ptes(struct walk *w, uint64_t *pte, unsigned long addr,
				 unsigned long size, unsigned long nr)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	int err = 0;

	for (; nr && !err; nr--, pte++, addr += size) {
		pte_t new = { 0 };

		if (!*pte) {
			err = ops->install_pte(addr, addr + size, &new, &w->walk);
			if (!err)
				walk_set_pte(w, addr, (pte_t *)pte, new);
		} else if (ops->pte_entry) {
			err = ops->pte_entry((pte_t *)pte, addr, addr + size, &w->walk);
		}
	}
	return err;
}

/*
 * A pmd that is no table, in an area: pte_offset_map_lock() has nothing to map, and the pmd is
 * looked at again; as an empty one if it is bad, since the kernel clears it.
 */
static out_line void unmappable(struct walk *walk, pmd_t pmd, unsigned long addr)
{
	const struct mm_struct *mm = walk->walk.mm;
	bool bad = pmd_present(pmd) ? !pmd_trans_huge(pmd) :
		   mm->behaviours & PAGEWALK_CLEARS_SWAP_PMD ?
				      !pmd_none(pmd) && !walk_migrating(mm, pmd_pte(pmd)) :
				      false;

	walk->walk.action = ACTION_AGAIN;
	if (!bad)
		return;
	ended(walk, PAGEWALK_BAD_ENTRY, addr, PGTABLE_LEVEL_PMD, pmd_val(pmd), 0);
	walk->cleared = true;
}

/*
 * walk_pte_range_inner(). By itself, so that the registers that its loop wants are free: inlined,
 * it costs half as much again an entry.
 */
static __attribute__((noinline)) int call_ptes(pte_t *pte, unsigned long addr, unsigned long size,
					       pte_t *end, struct mm_walk *walk)
{
	int (*pte_entry)(pte_t *, unsigned long, unsigned long,
			 struct mm_walk *) = walk->ops->pte_entry;
	unsigned long next;
	int err;

	do {
		next = addr + size;
		err = pte_entry(pte, addr, next, walk);
		addr = next;
	} while (!err && ++pte != end);
	return err;
}

inlined int walk_ptes(const struct geometry *geo, const bool narrow, struct walk *walk,
		      uint64_t *pmd, unsigned long addr, unsigned long end)
{
	const struct mm_walk_ops *ops = walk->walk.ops;
	const unsigned long size = geometry_page_size(geo);
	/* a range that does not end at a page's boundary has its last page walked all the same */
	unsigned long left = (end - addr + size - 1) >> geo->page_shift;
	uint64_t *pte;
	int err;

	(void)narrow;
	if (unlikely(!desc_table(*pmd, PGTABLE_LEVEL_PMD))) {
		unmappable(walk, __pmd(*pmd), addr);
		return 0;
	}
	for (pte = offset(geo, PGTABLE_LEVEL_PTE, walk, pmd, addr);;
	     pte = next_piece(geo, PGTABLE_LEVEL_PTE, walk, pmd, addr)) {
		unsigned long nr = 1;

		if (unlikely(!pte))
			return walk_no_entry(walk, PGTABLE_LEVEL_PTE, pmd, addr);
		if (left > 1) {
			nr = room(geo, PGTABLE_LEVEL_PTE, walk, pte, addr);
			nr = left < nr ? left : nr;
		}
		left -= nr;
		if (unlikely(ops->install_pte))
			err = install_ptes(walk, pte, addr, size, nr);
		else if (nr > 1)
			err = call_ptes((pte_t *)pte, addr, size, (pte_t *)(pte + nr), &walk->walk);
		else
			err = ops->pte_entry((pte_t *)pte, addr, addr + size, &walk->walk);
		if (err)
			return err;
		if (likely(!left))
			return 0;
		addr += nr * size;
	}
}

inlined int walk_pmds(const struct geometry *geo, const bool narrow, struct walk *walk,
		      uint64_t *pud, unsigned long addr, unsigned long end)
{
	/* a pud that is no table any more is looked at again (3b89863c3fa4) */
	if (!walk_folded(geo, PGTABLE_LEVEL_PUD) &&
	    unlikely(!desc_table(*pud, PGTABLE_LEVEL_PUD))) {
		if (walk->behaviours & PAGEWALK_PUD_NONE_RECHECK)
			return ended(walk, PAGEWALK_NO_TABLE, addr, PGTABLE_LEVEL_PUD, *pud,
				     -EUCLEAN);
		walk->walk.action = ACTION_AGAIN;
		return 0;
	}
	return walk_level(geo, PGTABLE_LEVEL_PMD, narrow, walk, pud, addr, end, walk_ptes);
}

inlined int walk_puds(const struct geometry *geo, const bool narrow, struct walk *walk,
		      uint64_t *p4d, unsigned long addr, unsigned long end)
{
	return walk_level(geo, PGTABLE_LEVEL_PUD, narrow, walk, p4d, addr, end, walk_pmds);
}

inlined int walk_p4ds(const struct geometry *geo, const bool narrow, struct walk *walk,
		      uint64_t *pgd, unsigned long addr, unsigned long end)
{
	return walk_level(geo, PGTABLE_LEVEL_P4D, narrow, walk, pgd, addr, end, walk_puds);
}

inlined int walk_pgds(const struct geometry *geo, struct walk *walk, unsigned long addr,
		      unsigned long end)
{
	/* a single table of PTEs has all of it, as when few pages change */
	if (in_one_entry(geometry_size(geo, PGTABLE_LEVEL_PMD), addr, end))
		return walk_level(geo, PGTABLE_LEVEL_PGD, true, walk, NULL, addr, end, walk_p4ds);
	return walk_level(geo, PGTABLE_LEVEL_PGD, false, walk, NULL, addr, end, walk_p4ds);
}

uint64_t *walk_offset(struct walk *walk, int level, uint64_t *above, unsigned long addr)
{
	return offset(walk->walk.mm->geo, level, walk, above, addr);
}

/* For no geometry in particular; not quick. */
static int walk_any(struct walk *walk, unsigned long addr, unsigned long end)
{
	return walk_level(walk->walk.mm->geo, PGTABLE_LEVEL_PGD, false, walk, NULL, addr, end,
			  walk_p4ds);
}

#define COPY(page, va, config)                                                          \
	static int walk_##page##_##va##_##config(struct walk *walk, unsigned long addr, \
						 unsigned long end)                     \
	{                                                                               \
		static const struct geometry geo = GEOMETRY(page, va, config);          \
                                                                                        \
		return walk_pgds(&geo, walk, addr, end);                                \
	}
GEOMETRY_SHAPES(COPY)

int walk_range(struct walk *walk, unsigned long addr, unsigned long end)
{
#define NAME(page, va, config) walk_##page##_##va##_##config,
	static int (*const copies[])(struct walk *, unsigned long,
				     unsigned long) = { walk_any, GEOMETRY_SHAPES(NAME) };

	unsigned int shape = walk->walk.mm->geo->shape;

	return copies[shape < sizeof(copies) / sizeof(*copies) ? shape : 0](walk, addr, end);
}
