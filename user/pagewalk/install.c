// SPDX-License-Identifier: GPL-2.0-only
/* Writes: new tables and new entries, as install_pte wants them. */
#include <errno.h>

#include "walk.h"

int walk_alloc_table(struct walk *walk, int level, unsigned long addr, uint64_t *pa)
{
	struct mm_struct *mm = walk->walk.mm;
	int err;

	if (!walk->memory->alloc)
		return walk_fault(mm, PAGEWALK_READ_ONLY, addr, level, 0, -EROFS);
	err = walk->memory->alloc(walk->memory, geometry_page_size(mm->geo), pa);
	return err ? walk_fault(mm, PAGEWALK_NO_MEMORY, addr, level, 0, err) : 0;
}

/* What p?d_populate() writes: asm/pgalloc.h, with PTE_AF since efe72541355d. */
uint64_t walk_table_entry(const struct walk *walk, uint64_t pa)
{
	const struct mm_struct *mm = walk->walk.mm;

	return geometry_phys_to_desc(mm->geo, pa) | PMD_TYPE_TABLE |
	       (walk->behaviours & PAGEWALK_TABLES_WITHOUT_AF ? 0 : PMD_TABLE_AF) |
	       (mm == pagewalk_init_mm ? PMD_TABLE_UXN : PMD_TABLE_PXN);
}

/* __p4d_alloc() to __pte_alloc(). */
int walk_new_table(struct walk *walk, int level, uint64_t *entry, unsigned long addr)
{
	uint64_t pa;
	int err = walk_alloc_table(walk, level, addr, &pa);

	/* of a bad pmd, too */
	walk->cleared = false;
	if (!err)
		*entry = walk_table_entry(walk, pa);
	return err;
}

/* The entries of the contiguous run that @addr is in, if all of them are in the image. */
static pte_t *run_of(struct walk *walk, uint64_t table, unsigned long addr)
{
	const struct geometry *geo = walk->walk.mm->geo;
	uint64_t pa = table + (geometry_index(geo, PGTABLE_LEVEL_PTE, addr) & -geo->cont_ptes) *
				      sizeof(uint64_t);

	return walk_run_at(walk, pa, geo->cont_ptes);
}

/* Is the whole run one folio's, as __contpte_try_fold() wants it? */
static bool one_folio(const struct mm_struct *mm, unsigned long first_pfn)
{
	const struct pagewalk_pages *pages = mm->pages;
	const struct page *page = pages ? pages->pfn_to_page(pages, first_pfn) : NULL;
	const struct folio *folio;
	unsigned long nr;

	if (!page)
		return false;
	folio = page_folio(page);
	nr = folio->nr_pages ? folio->nr_pages : 1;
	return first_pfn >= folio->page.pfn &&
	       first_pfn + mm->geo->cont_ptes <= folio->page.pfn + nr;
}

/* contpte_try_fold(): has @pte completed a contiguous run? */
static void try_fold(struct walk *walk, uint64_t table, unsigned long addr, pte_t pte)
{
	const struct mm_struct *mm = walk->walk.mm;
	const unsigned int nr = mm->geo->cont_ptes;
	unsigned long first_pfn = pte_pfn(pte) & -(unsigned long)nr;
	pte_t *run, all = pte;

	if ((addr >> mm->geo->page_shift) % nr != nr - 1 || pte_pfn(pte) % nr != nr - 1)
		return;
	if (!pte_valid(pte) || pte_special(pte) || mm == pagewalk_init_mm ||
	    !one_folio(mm, first_pfn))
		return;
	run = run_of(walk, table, addr);
	if (!run)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		pte_t want = pfn_pte(first_pfn + i, pte_pgprot(pte));

		if (pte_val(pte_mkold(pte_mkclean(run[i]))) !=
		    pte_val(pte_mkold(pte_mkclean(want))))
			return;
		if (pte_dirty(run[i]))
			all = pte_mkdirty(all);
		if (pte_young(run[i]))
			all = pte_mkyoung(all);
	}
	for (unsigned int i = 0; i < nr; i++)
		run[i] = pte_mkcont(pfn_pte(first_pfn + i, pte_pgprot(all)));
}

/*
 * set_pte_at() of one entry that was empty: PTE_CONT is taken off whatever the entry is, swap
 * entries too, and a run that is complete gets it.
 */
void walk_set_pte(struct walk *walk, unsigned long addr, pte_t *ptep, pte_t pte)
{
	pte = pte_mknoncont(pte);
	*ptep = pte;
	try_fold(walk, walk->table[PGTABLE_LEVEL_PTE], addr, pte);
}
