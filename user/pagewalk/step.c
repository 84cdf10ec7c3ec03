// SPDX-License-Identifier: GPL-2.0-only
/* p?d_offset() and what else a callback follows descriptors with: single steps of the walk. */
#include <errno.h>

#include "walk.h"

static uint64_t *step(struct mm_struct *mm, int level, uint64_t *above, unsigned long addr)
{
	struct walk walk __walk_scope;

	/* with a level folded at run time the walk's own top level table is looked at again */
	walk_begin(&walk, mm, NULL, NULL, (pgd_t *)mm->walked_pgd, true, NULL);
	for (int up = 0; up < PGTABLE_NR_LEVELS; up++)
		walk.table[up] = ~0ULL;
	return walk_offset(&walk, level, above, addr);
}

pgd_t *pgd_offset(struct mm_struct *mm, unsigned long addr)
{
	return (pgd_t *)step(mm, PGTABLE_LEVEL_PGD, NULL, addr);
}

p4d_t *p4d_offset(pgd_t *pgd, unsigned long addr)
{
	return (p4d_t *)step(pagewalk_mm, PGTABLE_LEVEL_P4D, &pgd->pgd, addr);
}

pud_t *pud_offset(p4d_t *p4d, unsigned long addr)
{
	return (pud_t *)step(pagewalk_mm, PGTABLE_LEVEL_PUD, &p4d->p4d, addr);
}

pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	return (pmd_t *)step(pagewalk_mm, PGTABLE_LEVEL_PMD, &pud->pud, addr);
}

pte_t *pte_offset_kernel(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)step(pagewalk_mm, PGTABLE_LEVEL_PTE, &pmd->pmd, addr);
}

pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr)
{
	return pmd_table(*pmd) ? pte_offset_kernel(pmd, addr) : NULL;
}

pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptl)
{
	pte_t *pte = NULL;

	if (pmd_table(*pmd))
		pte = (pte_t *)step(mm, PGTABLE_LEVEL_PTE, &pmd->pmd, addr);
	if (!pte)
		return NULL;
	*ptl = &mm->page_table_lock;
	spin_lock(*ptl);
	return pte;
}

spinlock_t *pmd_trans_huge_lock(pmd_t *pmd, struct vm_area_struct *vma)
{
	spinlock_t *ptl = &vma->vm_mm->page_table_lock;

	if (pmd_none(*pmd) || (pmd_present(*pmd) && !pmd_trans_huge(*pmd)))
		return NULL;
	spin_lock(ptl);
	return ptl;
}
