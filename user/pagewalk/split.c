// SPDX-License-Identifier: GPL-2.0-only
/*
 * A huge page of user space becomes a table, because a walk wants to look at its pages:
 * __split_huge_pmd_locked() of mm/huge_memory.c. (split_huge_pud() does nothing on arm64.)
 */
#include <errno.h>

#include "walk.h"

enum huge { NOTHING_TO_SPLIT, PRESENT, MIGRATION, DEVICE_PRIVATE };

static enum huge kind_of(const struct mm_struct *mm, pmd_t pmd)
{
	if (pmd_present(pmd))
		return pmd_trans_huge(pmd) ? PRESENT : NOTHING_TO_SPLIT;
	if (pmd_none(pmd))
		return NOTHING_TO_SPLIT;
	if (walk_migrating(mm, pmd_pte(pmd)))
		return MIGRATION;
	switch (pagewalk_softleaf_type(mm, softleaf_from_pmd(pmd))) {
	case SOFTLEAF_DEVICE_PRIVATE_READ:
	case SOFTLEAF_DEVICE_PRIVATE_WRITE:
		return mm->behaviours & PAGEWALK_KEEPS_DEVICE_PRIVATE ? NOTHING_TO_SPLIT :
									DEVICE_PRIVATE;
	default:
		return NOTHING_TO_SPLIT;
	}
}

/* The first entry of a present huge page; what it has not from the pmd it has from the area. */
static pte_t first_entry(const struct vm_area_struct *vma, pmd_t pmd)
{
	pte_t pte = pfn_pte(pmd_pfn(pmd), vma->vm_page_prot);

	if (pmd_write(pmd))
		pte = pte_mkwrite_novma(pte);
	if (!pmd_young(pmd))
		pte = pte_mkold(pte);
	if (pmd_dirty(pmd))
		pte = pte_mkdirty(pte);
	if (pmd_uffd(pmd))
		pte = pte_wrprotect(set_pte_bit(pte, __pgprot(PTE_UFFD)));
	return pte;
}

static void fill(const struct mm_struct *mm, const struct vm_area_struct *vma, pmd_t pmd,
		 enum huge kind, pte_t *ptes)
{
	const unsigned int nr = 1U << mm->geo->table_bits;
	bool zero = kind == PRESENT && pagewalk_is_huge_zero_pfn(mm, pmd_pfn(pmd));
	pte_t first = first_entry(vma, pmd);

	if (zero) {
		first = pte_mkspecial(pfn_pte(mm->pages->zero_pfn, vma->vm_page_prot));
		if (pmd_uffd(pmd))
			first = pte_wrprotect(set_pte_bit(first, __pgprot(PTE_UFFD)));
	} else if (kind != PRESENT) {
		/* the page frame stands in the entry's offset; set_pte_at() takes bit 52 off */
		first = __pte(pmd_val(pmd) & ~PTE_SWP_EXCLUSIVE);
	} else if (pte_valid(first) || (mm->behaviours & PAGEWALK_CONT_ON_INVALID)) {
		/* set_ptes() of the whole of it: one contiguous run after the other */
		first = pte_mkcont(first);
		if (mm->behaviours & PAGEWALK_CONT_SETS_TYPE)
			first = set_pte_bit(first, __pgprot(PTE_TYPE_PAGE));
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (zero)
			ptes[i] = first;
		else if (kind == PRESENT)
			ptes[i] = pfn_pte(pte_pfn(first) + i, pte_pgprot(first));
		else
			ptes[i] = pte_mknoncont(__pte(pte_val(first) + ((uint64_t)i << 12)));
	}
}

int walk_split_pmd(struct walk *walk, struct vm_area_struct *vma, uint64_t *entry,
		   unsigned long addr)
{
	struct mm_struct *mm = walk->walk.mm;
	pmd_t pmd = __pmd(*entry);
	enum huge kind = kind_of(mm, pmd);
	uint64_t table;
	pte_t *ptes;
	int err;

	if (kind == NOTHING_TO_SPLIT)
		return 0;
	if (!walk->memory->alloc)
		return walk_fault(mm, PAGEWALK_READ_ONLY, addr, PGTABLE_LEVEL_PMD, *entry, -EROFS);
	/* of a file it is just taken away, and faulted in again */
	if (!vma_is_anonymous(vma)) {
		*entry = 0;
		return 0;
	}
	err = walk_alloc_table(walk, PGTABLE_LEVEL_PMD, addr, &table);
	if (err)
		return err;
	ptes = walk_run_at(walk, table, 1U << mm->geo->table_bits);
	if (!ptes)
		return walk_fault(mm, PAGEWALK_NO_MEMORY, addr, PGTABLE_LEVEL_PMD, *entry, -ENOMEM);
	fill(mm, vma, pmd, kind, ptes);
	*entry = walk_table_entry(walk, table);
	return 0;
}

int split_huge_pmd(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	struct walk walk __walk_scope;

	walk_begin(&walk, vma->vm_mm, NULL, vma, NULL, false, NULL);
	return walk_split_pmd(&walk, vma, &pmd->pmd, addr);
}
