// SPDX-License-Identifier: GPL-2.0-only
/* Where a hugetlb page's entries are: arch/arm64/mm/hugetlbpage.c. */
#include <errno.h>

#include "walk.h"

/* The entry below *@above, or the error of a fault. */
static int down(struct walk *walk, int level, uint64_t *above, unsigned long addr, uint64_t **entry)
{
	*entry = walk_offset(walk, level, above, addr);
	return *entry ? 0 : walk_no_entry(walk, level, above, addr);
}

static int no_table(struct walk *walk, int level, uint64_t entry, unsigned long addr)
{
	return walk_fault(walk->walk.mm, PAGEWALK_NO_TABLE, addr, level, entry, -EUCLEAN);
}

/* huge_pte_offset() */
int walk_huge_entry(struct walk *walk, unsigned long addr, unsigned long size, pte_t **pte)
{
	const struct geometry *geo = walk->walk.mm->geo;
	const unsigned long pud_size = 1UL << geometry_config_shift(geo, PGTABLE_LEVEL_PUD);
	const unsigned long pmd_size = geometry_size(geo, PGTABLE_LEVEL_PMD);
	const unsigned long cont_pmd_size = pmd_size * geo->cont_pmds;
	const unsigned long cont_pte_size = geometry_page_size(geo) * geo->cont_ptes;
	uint64_t *entry, *above = NULL;
	int err;

	*pte = NULL;
	for (int level = PGTABLE_LEVEL_PGD; level > PGTABLE_LEVEL_PUD; level--) {
		err = down(walk, level, above, addr, &entry);
		if (err)
			return err;
		above = entry;
		if (walk_folded(geo, level))
			continue;
		if (!*entry)
			return 0;
		if (!desc_table(*entry, level))
			return no_table(walk, level, *entry, addr);
	}
	err = down(walk, PGTABLE_LEVEL_PUD, above, addr, &entry);
	if (err)
		return err;
	if (!walk_folded(geo, PGTABLE_LEVEL_PUD)) {
		if (size != pud_size && !*entry)
			return 0;
		if (!desc_table(*entry, PGTABLE_LEVEL_PUD)) {
			*pte = (pte_t *)entry;
			return 0;
		}
	}

	if (size == cont_pmd_size)
		addr &= ~(cont_pmd_size - 1);
	above = entry;
	err = down(walk, PGTABLE_LEVEL_PMD, above, addr, &entry);
	if (err)
		return err;
	if (size != pmd_size && size != cont_pmd_size && !*entry)
		return 0;
	if (!desc_table(*entry, PGTABLE_LEVEL_PMD)) {
		*pte = (pte_t *)entry;
		return 0;
	}
	if (size != cont_pte_size)
		return 0;
	above = entry;
	err = down(walk, PGTABLE_LEVEL_PTE, above, addr & ~(cont_pte_size - 1), &entry);
	*pte = err ? NULL : (pte_t *)entry;
	return err;
}

pte_t *hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long sz)
{
	struct walk walk __walk_scope;
	pte_t *pte;

	walk_begin(&walk, vma->vm_mm, NULL, vma, NULL, false, NULL);
	return walk_huge_entry(&walk, addr, sz, &pte) ? NULL : pte;
}
