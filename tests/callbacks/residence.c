// SPDX-License-Identifier: GPL-2.0-only
/* User mappings: which pages are there, one byte for each; what the entries are; the folio. */
#include "callbacks.h"

static int resident_hugetlb(pte_t *pte, unsigned long __always_unused hmask, unsigned long addr,
			    unsigned long end, struct mm_walk *walk)
{
	const unsigned long nr = (end - addr) >> PAGE_SHIFT;
	struct hstate *h = hstate_vma(walk->vma);
	spinlock_t *ptl = huge_pte_lock(h, walk->mm, pte);
	pte_t entry = huge_ptep_get(walk->mm, addr, pte);

	memset(walk->private, !huge_pte_none(entry) && !pte_is_marker(entry) ? 'H' : '.', nr);
	walk->private += nr;
	spin_unlock(ptl);
	return 0;
}

static int not_resident(unsigned long addr, unsigned long end, int __always_unused depth,
			struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	unsigned char *vec = walk->private;
	pgoff_t pgoff = 0;

	if (vma && vma->vm_file && vma->vm_file->f_mapping)
		pgoff = linear_page_index(vma, addr);
	for (; addr != end; addr += PAGE_SIZE, pgoff++)
		*vec++ = vma && vma->vm_file ? '0' + pgoff % 10 : '.';
	walk->private = vec;
	return 0;
}

static int resident_pud(pud_t *pudp, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	if (pud_is_huge(pudp_get(pudp))) {
		memset(walk->private, 'U', (end - addr) >> PAGE_SHIFT);
		walk->private += (end - addr) >> PAGE_SHIFT;
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int resident_pmd(pmd_t *pmd, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	struct vm_area_struct *vma = walk->vma;
	unsigned char *vec = walk->private;
	int nr = (end - addr) >> PAGE_SHIFT, step;
	spinlock_t *ptl;
	pte_t *ptep;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		memset(vec, 'M', nr);
		spin_unlock(ptl);
		goto out;
	}
	ptep = pte_offset_map_lock(walk->mm, pmd, addr, &ptl);
	if (!ptep) {
		walk->action = ACTION_AGAIN;
		return 0;
	}
	for (; addr != end; ptep += step, addr += step * PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);

		step = 1;
		if (pte_none_mostly(pte)) {
			*vec = '.';
		} else if (pte_present(pte)) {
			unsigned int batch = pte_batch_hint(ptep, pte);

			step = min_t(unsigned int, batch, (end - addr) >> PAGE_SHIFT);
			memset(vec, pte_cont(pte) ? 'c' : 'p', step);
		} else {
			const softleaf_t entry = softleaf_from_pte(pte);

			*vec = softleaf_is_swap(entry) ? 's' : 'x';
		}
		vec += step;
	}
	pte_unmap_unlock(ptep - 1, ptl);
out:
	walk->private += nr;
	cond_resched();
	return 0;
}

static const struct mm_walk_ops residence_ops = {
	.pud_entry = resident_pud,
	.pmd_entry = resident_pmd,
	.pte_hole = not_resident,
	.hugetlb_entry = resident_hugetlb,
	.walk_lock = PGWALK_RDLOCK,
};

int residence(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned char *vec)
{
	int err;

	mmap_read_lock(mm);
	err = walk_page_range(mm, start, end, &residence_ops, vec);
	mmap_read_unlock(mm);
	return err;
}

static int look_pte(pte_t *ptep, unsigned long addr, unsigned long __always_unused end,
		    struct mm_walk *walk)
{
	struct contents *contents = walk->private;
	pte_t pte = ptep_get(ptep);
	softleaf_t entry;

	if (pte_none(pte)) {
		contents->holes++;
		return 0;
	}
	if (pte_present(pte)) {
		contents->pages += !!vm_normal_folio(walk->vma, addr, pte);
		return 0;
	}
	entry = softleaf_from_pte(pte);
	if (softleaf_is_swap(entry))
		contents->swap++;
	else if (softleaf_is_migration(entry) && softleaf_to_folio(entry))
		contents->migrating++;
	else if (softleaf_is_marker(entry))
		contents->markers++;
	if (softleaf_is_guard_marker(entry))
		contents->guards++;
	return 0;
}

static int look_pmd(pmd_t *pmdp, unsigned long addr, unsigned long end, struct mm_walk *walk)
{
	struct contents *contents = walk->private;
	spinlock_t *ptl = pmd_lock(walk->mm, pmdp);
	pmd_t pmd = pmdp_get(pmdp);

	if (pmd_present(pmd) && pmd_trans_huge(pmd) && !is_huge_zero_pmd(pmd)) {
		contents->huge += !!vm_normal_folio_pmd(walk->vma, addr, pmd);
		walk->action = ACTION_CONTINUE;
	} else if (pmd_is_migration_entry(pmd)) {
		contents->migrating += HPAGE_PMD_NR;
		walk->action = ACTION_CONTINUE;
	}
	spin_unlock(ptl);
	return end > pmd_addr_end(addr, end) ? -EINVAL : 0;
}

static int look_hole(unsigned long addr, unsigned long end, int __always_unused depth,
		     struct mm_walk *walk)
{
	struct contents *contents = walk->private;

	contents->holes += (end - addr) >> PAGE_SHIFT;
	return 0;
}

static const struct mm_walk_ops look_ops = {
	.pmd_entry = look_pmd,
	.pte_entry = look_pte,
	.pte_hole = look_hole,
	.walk_lock = PGWALK_RDLOCK,
};

int look(struct vm_area_struct *vma, struct contents *contents)
{
	int err;

	mmap_read_lock(vma->vm_mm);
	err = walk_page_vma(vma, &look_ops, contents);
	mmap_read_unlock(vma->vm_mm);
	return err;
}

static int guard_pud(pud_t *pud, unsigned long __always_unused addr,
		     unsigned long __always_unused next, struct mm_walk __always_unused *walk)
{
	return pud_leaf(pudp_get(pud)) || pud_trans_huge(pudp_get(pud));
}

static int guard_pmd(pmd_t *pmd, unsigned long __always_unused addr,
		     unsigned long __always_unused next, struct mm_walk __always_unused *walk)
{
	return pmd_leaf(pmdp_get(pmd));
}

static int guard_pte(pte_t *pte, unsigned long __always_unused addr,
		     unsigned long __always_unused next, struct mm_walk __always_unused *walk)
{
	return !softleaf_is_guard_marker(softleaf_from_pte(ptep_get(pte)));
}

static int guard_install(unsigned long __always_unused addr, unsigned long __always_unused next,
			 pte_t *ptep, struct mm_walk __always_unused *walk)
{
	*ptep = make_pte_marker(PTE_MARKER_GUARD);
	return 0;
}

static const struct mm_walk_ops guard_ops = {
	.pud_entry = guard_pud,
	.pmd_entry = guard_pmd,
	.pte_entry = guard_pte,
	.install_pte = guard_install,
	.walk_lock = PGWALK_RDLOCK,
};

int guard(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	int err;

	mmap_read_lock(vma->vm_mm);
	err = walk_page_range_mm_unsafe(vma->vm_mm, start, end, &guard_ops, NULL);
	mmap_read_unlock(vma->vm_mm);
	return err;
}

long folio_offset(struct vm_area_struct *vma, unsigned long addr, unsigned long *pfn)
{
	struct folio_walk fw;
	struct folio *folio;
	long offset = -1;

	mmap_read_lock(vma->vm_mm);
	folio = folio_walk_start(&fw, vma, addr, FW_ZEROPAGE);
	if (folio) {
		offset = fw.page ? (long)folio_page_idx(folio, fw.page) : 0;
		*pfn = folio_pfn(folio);
		folio_walk_end(&fw, vma);
	}
	mmap_read_unlock(vma->vm_mm);
	return offset;
}
