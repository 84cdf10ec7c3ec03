// SPDX-License-Identifier: GPL-2.0-only
/* From an address to its folio: folio_walk_start() of mm/pagewalk.c, vm_normal_page() of memory.c.
 */
#include "walk.h"

static bool is_zero_page(const struct mm_struct *mm, unsigned long pfn)
{
	return mm->pages && mm->pages->zero_pfn && pfn == mm->pages->zero_pfn;
}

static struct page *page_of(struct mm_struct *mm, unsigned long pfn)
{
	return mm->pages ? mm->pages->pfn_to_page(mm->pages, pfn) : NULL;
}

/* print_bad_page_map() */
static struct page *bad_page(struct mm_struct *mm, unsigned long addr, int level, uint64_t entry)
{
	walk_fault(mm, PAGEWALK_BAD_PAGE, addr, level, entry, 0);
	return NULL;
}

/* Without PTE_SPECIAL, a private PFN mapping's own pages are told apart by their numbers. */
static bool mapped_by_pfn(const struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
			  const struct page *page)
{
	unsigned long index = ((addr - vma->vm_start) >> vma->vm_mm->geo->page_shift) +
			      vma->vm_pgoff;

	if (vma->vm_flags & VM_MIXEDMAP)
		return !page;
	if (!(vma->vm_flags & VM_PFNMAP))
		return false;
	return pfn == index || (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != VM_MAYWRITE;
}

/* A special entry has a struct page only if its mapping says so. */
static struct page *special_page(struct vm_area_struct *vma, unsigned long addr, int level,
				 uint64_t entry, unsigned long pfn)
{
	struct mm_struct *mm = vma->vm_mm;

	if (vma->vm_ops && vma->vm_ops->find_normal_page)
		return vma->vm_ops->find_normal_page(vma, addr);
	if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
		return NULL;
	if (is_zero_page(mm, pfn) || pagewalk_is_huge_zero_pfn(mm, pfn))
		return NULL;
	if ((mm->behaviours & PAGEWALK_PMD_BY_AREA) && (entry & PTE_DEVMAP))
		return NULL;
	return bad_page(mm, addr, level, entry);
}

static unsigned long pfn_of(const struct mm_struct *mm, int level, uint64_t entry)
{
	return geometry_desc_to_phys(mm->geo, entry) >> mm->geo->page_shift &
	       ~0UL << level * mm->geo->table_bits;
}

static struct page *normal_page(struct vm_area_struct *vma, unsigned long addr, int level,
				uint64_t entry)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, level, entry);
	struct page *page;

	if (entry & PTE_SPECIAL)
		return special_page(vma, addr, level, entry, pfn);
	page = page_of(mm, pfn);
	return page ? page : bad_page(mm, addr, level, entry);
}

struct page *vm_normal_page(struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	return normal_page(vma, addr, PGTABLE_LEVEL_PTE, pte_val(pte));
}

/* What pud entries go by. */
static struct page *page_by_area(struct vm_area_struct *vma, unsigned long addr, int level,
				 uint64_t entry)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, level, entry);
	struct page *page = page_of(mm, pfn);

	if (mapped_by_pfn(vma, addr, pfn, page))
		return NULL;
	if (is_zero_page(mm, pfn) || pagewalk_is_huge_zero_pfn(mm, pfn))
		return NULL;
	return page ? page : bad_page(mm, addr, level, entry);
}

/*
 * What pmd entries went by before af38538801c6. All that has a page is normal in a mixed mapping;
 * nothing was said of page frames that have none.
 */
static struct page *pmd_page_by_area(struct vm_area_struct *vma, unsigned long addr, uint64_t entry)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, PGTABLE_LEVEL_PMD, entry);
	struct page *page = page_of(mm, pfn);

	if ((entry & PTE_SPECIAL) || mapped_by_pfn(vma, addr, pfn, page))
		return NULL;
	if (!(vma->vm_flags & VM_MIXEDMAP) &&
	    ((entry & PTE_DEVMAP) || pagewalk_is_huge_zero_pfn(mm, pfn)))
		return NULL;
	return page;
}

struct page *vm_normal_page_pmd(struct vm_area_struct *vma, unsigned long addr, pmd_t pmd)
{
	if (vma->vm_mm->behaviours & PAGEWALK_PMD_BY_AREA)
		return pmd_page_by_area(vma, addr, pmd_val(pmd));
	return normal_page(vma, addr, PGTABLE_LEVEL_PMD, pmd_val(pmd));
}

/* pud_special() is always false on arm64, which has no huge PFN mappings of this size. */
struct page *vm_normal_page_pud(struct vm_area_struct *vma, unsigned long addr, pud_t pud)
{
	return page_by_area(vma, addr, PGTABLE_LEVEL_PUD, pud_val(pud));
}

/* The page that a leaf of @level maps @addr to. */
struct found {
	struct page *page;
	bool hidden; /* fw->page is not to show it */
};

static struct found present(struct vm_area_struct *vma, unsigned long addr, int level,
			    uint64_t entry, folio_walk_flags_t flags)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, level, entry);
	struct found found = {};

	if (level == PGTABLE_LEVEL_PUD)
		found.page = mm->behaviours & PAGEWALK_FOLIO_PLAIN_PUD ?
				     page_of(mm, pfn) :
				     vm_normal_page_pud(vma, addr, __pud(entry));
	else if (level == PGTABLE_LEVEL_PMD)
		found.page = vm_normal_page_pmd(vma, addr, __pmd(entry));
	else
		found.page = vm_normal_page(vma, addr, __pte(entry));
	if (found.page || !(flags & FW_ZEROPAGE))
		return found;
	if ((level == PGTABLE_LEVEL_PMD && pagewalk_is_huge_zero_pfn(mm, pfn)) ||
	    (level == PGTABLE_LEVEL_PTE && is_zero_page(mm, pfn)))
		found = (struct found){ page_of(mm, pfn), true };
	return found;
}

/* Migration entries, of pmd and pte, until 99573ef4ac30. */
static struct found not_present(struct mm_struct *mm, int level, uint64_t entry,
				folio_walk_flags_t flags)
{
	struct found found = {};

	if ((mm->behaviours & PAGEWALK_FOLIO_MIGRATION) && (flags & FW_MIGRATION) &&
	    level < PGTABLE_LEVEL_PUD && walk_migrating(mm, __pte(entry)))
		found = (struct found){
			page_of(mm, pagewalk_softleaf_pfn(mm, softleaf_from_pte(__pte(entry)))),
			true
		};
	return found;
}

/* ptep_get(): of a contiguous run, each is young or dirty if one is. */
static uint64_t gathered(struct walk *walk, unsigned long addr, uint64_t entry)
{
	const struct geometry *geo = walk->walk.mm->geo;
	pte_t pte = __pte(entry);
	const pte_t *run;

	if (!pte_valid_cont(pte))
		return entry;
	run = walk_run_at(walk,
			  walk->table[PGTABLE_LEVEL_PTE] +
				  (geometry_index(geo, PGTABLE_LEVEL_PTE, addr) & -geo->cont_ptes) *
					  sizeof(uint64_t),
			  geo->cont_ptes);
	for (unsigned int i = 0; run && i < geo->cont_ptes; i++) {
		if (pte_dirty(run[i]))
			pte = pte_mkdirty(pte);
		if (pte_young(run[i]))
			pte = pte_mkyoung(pte);
	}
	return pte_val(pte);
}

static void fill_in(struct folio_walk *fw, int level, uint64_t *entry, uint64_t value)
{
	fw->level = level == PGTABLE_LEVEL_PTE ? FW_LEVEL_PTE :
		    level == PGTABLE_LEVEL_PMD ? FW_LEVEL_PMD :
						 FW_LEVEL_PUD;
	fw->ptep = (pte_t *)entry;
	fw->pte = __pte(value);
}

/* The entry that the way down to @addr ends at; NULL: there is nothing below it to look at. */
static uint64_t *leaf_of(struct walk *walk, unsigned long addr, int *level)
{
	const struct geometry *geo = walk->walk.mm->geo;
	enum pagewalk_fault_kind kind = PAGEWALK_BAD_ENTRY;
	uint64_t *entry = NULL, *above;

	for (*level = PGTABLE_LEVEL_PGD;; --*level) {
		above = entry;
		entry = walk_offset(walk, *level, above, addr);
		if (!entry) {
			walk_no_entry(walk, *level, above, addr);
			return NULL;
		}
		if (*level == PGTABLE_LEVEL_PTE)
			return entry;
		if (walk_folded(geo, *level))
			continue;
		if (!*entry)
			return NULL;
		if (desc_table(*entry, *level))
			continue;
		if (*level <= PGTABLE_LEVEL_PUD)
			return entry;
		/* what is not bad by bit 1 alone is no table either */
		if ((walk->behaviours & PAGEWALK_BAD_BY_TABLE_BIT) && (*entry & PTE_TABLE_BIT))
			kind = PAGEWALK_NO_TABLE;
		walk_fault(walk->walk.mm, kind, addr, *level, *entry, 0);
		return NULL;
	}
}

struct folio *folio_walk_start(struct folio_walk *fw, struct vm_area_struct *vma,
			       unsigned long addr, folio_walk_flags_t flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct walk walk __walk_scope;
	struct found found = {};
	uint64_t *entry, value;
	unsigned long offset;
	int level;

	walk_reset(mm);
	walk_begin(&walk, mm, NULL, vma, NULL, false, NULL);
	if (!mm->mmap_lock.count)
		walk_fault(mm, PAGEWALK_WRONG_LOCK, addr, -1, 0, 0);
	vma_pgtable_walk_begin(vma);
	if (addr < vma->vm_start || addr >= vma->vm_end) {
		walk_fault(mm, PAGEWALK_OUTSIDE_VMA, addr, -1, 0, 0);
		goto not_found;
	}
	entry = leaf_of(&walk, addr, &level);
	if (!entry)
		goto not_found;
	value = level == PGTABLE_LEVEL_PTE ? gathered(&walk, addr, *entry) : *entry;
	fill_in(fw, level, entry, value);
	found = pte_present(__pte(value)) ? present(vma, addr, level, value, flags) :
					    not_present(mm, level, value, flags);
	if (!found.page)
		goto not_found;
	offset = (addr & (geometry_size(mm->geo, level) - 1)) >> mm->geo->page_shift;
	fw->page = found.hidden ? NULL : found.page + offset;
	fw->ptl = &mm->page_table_lock;
	spin_lock(fw->ptl);
	return page_folio(found.page);

not_found:
	vma_pgtable_walk_end(vma);
	return NULL;
}
