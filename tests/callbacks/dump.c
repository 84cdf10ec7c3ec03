// SPDX-License-Identifier: GPL-2.0-only
/* All levels, as a dump of tables looks at them; the sum of what it saw. */
#include "callbacks.h"

static void add(struct mm_walk *walk, unsigned int level, unsigned long addr, u64 val)
{
	unsigned long *sum = walk->private;

	*sum = (*sum ^ level ^ addr ^ val) * 0x100000001b3;
}

static int dump_pgd(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pgd_t val = pgdp_get(pgd);

	if (WARN_ON_ONCE(next > pgd_addr_end(addr, next) || pgd_index(addr) >= PTRS_PER_PGD))
		return -EINVAL;
	if (pgd_present(val) && pgd_leaf(val))
		walk->action = ACTION_CONTINUE;
	add(walk, 0, addr, 0);
	return 0;
}

static int dump_p4d(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	p4d_t val = p4dp_get(p4d);

	if (WARN_ON_ONCE(next > p4d_addr_end(addr, next)))
		return -EINVAL;
	if (p4d_present(val) && p4d_leaf(val))
		walk->action = ACTION_CONTINUE;
	add(walk, 1, addr, 0);
	return 0;
}

static int dump_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pud_t val = pudp_get(pud);

	if (WARN_ON_ONCE(next > pud_addr_end(addr, next)))
		return -EINVAL;
	if (pud_leaf(val)) {
		add(walk, 2, addr, pud_val(val));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int dump_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t val = pmdp_get(pmd);
	pud_t *pud;

	if (WARN_ON_ONCE(next > pmd_addr_end(addr, next)))
		return -EINVAL;
	if (pmd_leaf(val)) {
		add(walk, 3, addr, pmd_val(val));
		walk->action = ACTION_CONTINUE;
		return 0;
	}
	/* the same entry from the top */
	pud = pud_offset(p4d_offset(pgd_offset(walk->mm, addr), addr), addr);
	return pmd_offset(pud, addr) == pmd && pte_offset_kernel(pmd, addr) ? 0 : -EINVAL;
}

static int dump_pte(pte_t *pte, unsigned long addr, unsigned long __always_unused next,
		    struct mm_walk *walk)
{
	pte_t val = ptep_get(pte);

	add(walk, 4, addr, pte_val(val));
	return 0;
}

static int dump_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	if (WARN_ON(depth < 0 || depth > 4))
		return -EINVAL;
	add(walk, depth, addr, next);
	return 0;
}

static const struct mm_walk_ops dump_ops = {
	.pgd_entry = dump_pgd,
	.p4d_entry = dump_p4d,
	.pud_entry = dump_pud,
	.pmd_entry = dump_pmd,
	.pte_entry = dump_pte,
	.pte_hole = dump_hole,
};

unsigned long dump(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long sum = 0;
	int err;

	mmap_write_lock(mm);
	if (mm != &init_mm)
		mmap_write_lock(&init_mm);
	err = walk_page_range_debug(mm, start, end, &dump_ops, NULL, &sum);
	if (mm != &init_mm)
		mmap_write_unlock(&init_mm);
	mmap_write_unlock(mm);
	return err ? 0 : sum;
}
