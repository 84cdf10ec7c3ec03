// SPDX-License-Identifier: GPL-2.0-only
/* User mappings: access flags taken away, dirty pages of a file write-protected and remembered. */
#include "callbacks.h"

static int age_range(pmd_t *pmd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	struct ages *ages = walk->private;
	pte_t *pte, ptent;
	spinlock_t *ptl;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		if (pmd_present(*pmd) && pmdp_test_and_clear_young(vma, addr, pmd))
			ages->young += HPAGE_PMD_NR;
		spin_unlock(ptl);
		return 0;
	}
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (!pte) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (; addr != end; pte++, addr += PAGE_SIZE) {
		ptent = ptep_get(pte);
		if (!pte_present(ptent) || !vm_normal_folio(vma, addr, ptent))
			continue;
		if (ptep_test_and_clear_young(vma, addr, pte))
			ages->young++;
		if (pte_dirty(ptent) || pte_soft_dirty(ptent))
			ages->dirty++;
	}
	pte_unmap_unlock(pte - 1, ptl);
	cond_resched();
	return 0;
}

static int age_test(unsigned long __always_unused start, unsigned long __always_unused end,
		    struct mm_walk *walk)
{
	/* as mappings of devices have no pages */
	return walk->vma->vm_flags & VM_PFNMAP ? 1 : 0;
}

static const struct mm_walk_ops age_ops = {
	.pmd_entry = age_range,
	.test_walk = age_test,
	.walk_lock = PGWALK_WRLOCK,
};

int take_ages(struct mm_struct *mm, unsigned long start, unsigned long end, struct ages *ages)
{
	int err;

	mmap_write_lock(mm);
	err = walk_page_range(mm, start, end, &age_ops, ages);
	mmap_write_unlock(mm);
	return err;
}

static int clean_pte(pte_t *pte, unsigned long addr, unsigned long __always_unused end,
		     struct mm_walk *walk)
{
	struct ages *ages = walk->private;
	pte_t ptent = ptep_get(pte);

	if (pte_present(ptent) && pte_dirty(ptent)) {
		pgoff_t pgoff = linear_page_index(walk->vma, addr);
		pte_t old = ptep_modify_prot_start(walk->vma, addr, pte);

		ptent = pte_wrprotect(pte_mkclean(old));
		ptep_modify_prot_commit(walk->vma, addr, pte, old, ptent);
		ages->protected ++;
		ages->first = min(ages->first, (unsigned long)pgoff);
		ages->last = max(ages->last, (unsigned long)pgoff);
	}
	return 0;
}

/* Huge pages of files are write-protected already, or this would be wrong. */
static int clean_pmd(pmd_t *pmd, unsigned long __always_unused addr,
		     unsigned long __always_unused end, struct mm_walk *walk)
{
	pmd_t pmdval = pmdp_get_lockless(pmd);

	if (pmd_trans_huge(pmdval)) {
		WARN_ON(pmd_write(pmdval) || pmd_dirty(pmdval));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int clean_pre_vma(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	struct ages *ages = walk->private;

	flush_cache_range(walk->vma, start, end);
	ages->areas++;
	return 0;
}

static void clean_post_vma(struct mm_walk *walk)
{
	struct ages *ages = walk->private;

	if (ages->protected)
		flush_tlb_range(walk->vma, walk->vma->vm_start, walk->vma->vm_end);
	ages->flushes++;
}

static int clean_test(unsigned long __always_unused start, unsigned long __always_unused end,
		      struct mm_walk *walk)
{
	unsigned long vm_flags = READ_ONCE(walk->vma->vm_flags);

	if ((vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return 1;
	return 0;
}

static const struct mm_walk_ops clean_ops = {
	.pte_entry = clean_pte,
	.pmd_entry = clean_pmd,
	.test_walk = clean_test,
	.pre_vma = clean_pre_vma,
	.post_vma = clean_post_vma,
};

int clean(struct address_space *mapping, pgoff_t first, pgoff_t nr, struct ages *ages)
{
	int err;

	i_mmap_lock_read(mapping);
	err = walk_page_mapping(mapping, first, nr, &clean_ops, ages);
	i_mmap_unlock_read(mapping);
	return err;
}
