// SPDX-License-Identifier: GPL-2.0-only
#include "naive.h"

#include <errno.h>
#include <stddef.h>

struct walk {
	struct mm_walk walk; /* first: what callbacks get */
	struct naive *naive;
	unsigned int page_shift, table_bits;
	int built; /* CONFIG_PGTABLE_LEVELS */
	int used;  /* levels that the hardware walks */
};

enum { PTE, PMD, PUD, P4D, PGD };

bool naive_present(uint64_t desc)
{
	return (desc & 1) || (desc & 0x801) == 0x800;
}

static bool is_table(uint64_t desc)
{
	return (desc & 3) == 3;
}

bool naive_leaf(uint64_t desc)
{
	return naive_present(desc) && !is_table(desc);
}

static unsigned int shift_of(const struct walk *w, int level)
{
	/* PUD_SHIFT is P4D_SHIFT where the pud is folded, and so on up */
	int at = level < w->built ? level : w->built - 1;

	return w->page_shift + at * w->table_bits;
}

static unsigned long addr_end(const struct walk *w, int level, unsigned long addr,
			      unsigned long end)
{
	unsigned long size = 1UL << shift_of(w, level);
	unsigned long boundary = (addr + size) & ~(size - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

/* Folded when built (pgtable-nop*.h) or at run time (pgtable_l4_enabled() and its kind). */
static bool folded(const struct walk *w, int level)
{
	return level >= w->used;
}

static int real_depth(const struct walk *w, int depth)
{
	if (depth == 3 && w->built < 3) /* PTRS_PER_PMD == 1 */
		depth = 2;
	if (depth == 2 && w->built < 4)
		depth = 1;
	if (depth == 1 && w->built < 5)
		depth = 0;
	return depth;
}

static int missing(struct walk *w, unsigned long addr, int level)
{
	w->naive->fault = (struct pagewalk_fault){ PAGEWALK_NOT_IN_IMAGE, addr, level, 0 };
	return -ENODATA;
}

/* p?d_offset(): the entry of @level that maps @addr, below *@above. NULL: it is not known. */
static uint64_t *offset(struct walk *w, const uint64_t *above, int level, unsigned long addr)
{
	const struct tables *tables = w->naive->tables;
	static uint64_t somewhere;
	uint64_t table = tables->root;
	unsigned int index, bits = w->table_bits;

	if (folded(w, level)) {
		/* with a level folded at run time the pointer means nothing */
		if (w->built != w->used) {
			somewhere = 0;
			return &somewhere;
		}
		level = w->used - 1;
	}
	if (level < w->used - 1)
		table = tables_target(tables, *above);
	else
		bits = tables->geo->top_index_bits;
	index = addr >> shift_of(w, level) & ((1UL << bits) - 1);
	if (w->naive->image && !image_find(w->naive->image, table, index))
		return NULL;
	return tables_at(tables, table, index);
}

static int hole(struct walk *w, unsigned long addr, unsigned long next, int depth)
{
	const struct mm_walk_ops *ops = w->walk.ops;

	return ops->pte_hole ? ops->pte_hole(addr, next, real_depth(w, depth), &w->walk) : 0;
}

/* What only is said; the first of a walk that ends well is kept. */
static void remark(struct walk *w, enum pagewalk_fault_kind kind, int level, unsigned long addr,
		   uint64_t desc)
{
	if (w->naive->fault.kind == PAGEWALK_OK)
		w->naive->fault = (struct pagewalk_fault){ kind, addr, level, desc };
}

static int endless(struct walk *w, unsigned long addr, int level, uint64_t entry)
{
	w->naive->fault = (struct pagewalk_fault){ PAGEWALK_ENDLESS_AGAIN, addr, level, entry };
	return -ELOOP;
}

static int walk_pte_range(struct walk *w, uint64_t *pmd, unsigned long addr, unsigned long end)
{
	unsigned long size = 1UL << w->page_shift;
	int err = 0;

	for (;;) {
		uint64_t *pte = offset(w, pmd, PTE, addr);

		if (!pte)
			return missing(w, addr, PTE);
		err = w->walk.ops->pte_entry((pte_t *)pte, addr, addr + size, &w->walk);
		if (err)
			break;
		if (addr >= end - size)
			break;
		addr += size;
	}
	return err;
}

static int walk_pmd_range(struct walk *w, uint64_t *pud, unsigned long addr, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	int err = 0;

	if (!folded(w, PUD) && (!naive_present(*pud) || naive_leaf(*pud))) {
		w->walk.action = ACTION_AGAIN;
		return 0;
	}
	do {
		uint64_t *pmd = offset(w, pud, PMD, addr);
		int times = 0;

		if (!pmd)
			return missing(w, addr, PMD);
again:
		next = addr_end(w, PMD, addr, end);
		if (times++ > PAGEWALK_MAX_AGAIN)
			return endless(w, addr, PMD, *pmd);
		w->walk.action = ACTION_SUBTREE;
		if (!*pmd) {
			err = hole(w, addr, next, 3);
			if (err)
				break;
			continue;
		}
		if (ops->pmd_entry)
			err = ops->pmd_entry((pmd_t *)pmd, addr, next, &w->walk);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN)
			goto again;
		if (w->walk.action == ACTION_CONTINUE)
			continue;
		if (!ops->pte_entry)
			continue;
		if (naive_leaf(*pmd) || !naive_present(*pmd))
			continue;
		err = walk_pte_range(w, pmd, addr, next);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN)
			goto again;
	} while (addr = next, addr != end);
	return err;
}

static int walk_pud_range(struct walk *w, uint64_t *p4d, unsigned long addr, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	int err = 0;

	do {
		uint64_t *pud = offset(w, p4d, PUD, addr);
		int times = 0;

		if (!pud)
			return missing(w, addr, w->used == 2 ? PMD : PUD);
again:
		next = addr_end(w, PUD, addr, end);
		if (times++ > PAGEWALK_MAX_AGAIN)
			return endless(w, addr, PUD, *pud);
		w->walk.action = ACTION_SUBTREE;
		if (!folded(w, PUD) && !*pud) {
			err = hole(w, addr, next, 2);
			if (err)
				break;
			continue;
		}
		if (ops->pud_entry)
			err = ops->pud_entry((pud_t *)pud, addr, next, &w->walk);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN)
			goto again;
		if (w->walk.action == ACTION_CONTINUE)
			continue;
		if (!ops->pmd_entry && !ops->pte_entry)
			continue;
		if (!folded(w, PUD) && (naive_leaf(*pud) || !naive_present(*pud))) {
			if (naive_leaf(*pud) && w->page_shift != 12)
				remark(w, PAGEWALK_ILLEGAL_BLOCK, PUD, addr, *pud);
			continue;
		}
		err = walk_pmd_range(w, pud, addr, next);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN)
			goto again;
	} while (addr = next, addr != end);
	return err;
}

/* p4d_none_or_clear_bad(), pgd_none_or_clear_bad() */
static bool none_or_bad(struct walk *w, int level, unsigned long addr, uint64_t desc)
{
	if (folded(w, level))
		return false;
	if (desc && !is_table(desc))
		remark(w, PAGEWALK_BAD_ENTRY, level, addr, desc);
	return !is_table(desc);
}

static int walk_p4d_range(struct walk *w, uint64_t *pgd, unsigned long addr, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	int err = 0;

	do {
		uint64_t *p4d = offset(w, pgd, P4D, addr);

		if (!p4d)
			return missing(w, addr, folded(w, P4D) ? w->used - 1 : P4D);
		next = addr_end(w, P4D, addr, end);
		if (none_or_bad(w, P4D, addr, *p4d)) {
			err = hole(w, addr, next, 1);
			if (err)
				break;
			continue;
		}
		if (ops->p4d_entry) {
			err = ops->p4d_entry((p4d_t *)p4d, addr, next, &w->walk);
			if (err)
				break;
		}
		if (ops->pud_entry || ops->pmd_entry || ops->pte_entry)
			err = walk_pud_range(w, p4d, addr, next);
		if (err)
			break;
	} while (addr = next, addr != end);
	return err;
}

static int walk_pgd_range(struct walk *w, unsigned long addr, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	int err = 0;

	do {
		uint64_t *pgd = offset(w, NULL, PGD, addr);

		if (!pgd)
			return missing(w, addr, folded(w, PGD) ? w->used - 1 : PGD);
		next = addr_end(w, PGD, addr, end);
		if (none_or_bad(w, PGD, addr, *pgd)) {
			err = hole(w, addr, next, 0);
			if (err)
				break;
			continue;
		}
		if (ops->pgd_entry) {
			err = ops->pgd_entry((pgd_t *)pgd, addr, next, &w->walk);
			if (err)
				break;
		}
		if (ops->p4d_entry || ops->pud_entry || ops->pmd_entry || ops->pte_entry)
			err = walk_p4d_range(w, pgd, addr, next);
		if (err)
			break;
	} while (addr = next, addr != end);
	return err;
}

int naive_walk(struct naive *naive, unsigned long start, unsigned long end,
	       const struct mm_walk_ops *ops, void *private)
{
	const struct geometry *geo = naive->tables->geo;
	struct walk w = {
		.walk = { .ops = ops, .no_vma = true, .private = private },
		.naive = naive,
		.page_shift = geo->page_shift,
		.table_bits = geo->page_shift - 3,
	};

	w.built = (geo->va_bits_config - w.page_shift + w.table_bits - 1) / w.table_bits;
	w.used = (geo->va_bits - w.page_shift + w.table_bits - 1) / w.table_bits;
	naive->fault = (struct pagewalk_fault){ .kind = PAGEWALK_OK };
	if (start >= end)
		return -EINVAL;
	return walk_pgd_range(&w, start, end);
}
