// SPDX-License-Identifier: GPL-2.0-only
/* Kernel mappings: permissions of blocks and pages changed in place, contiguous runs taken apart.
 */
#include "callbacks.h"

struct masks {
	pgprot_t set_mask, clear_mask;
	unsigned int leaves;
};

static ptval_t masked(ptval_t val, struct mm_walk *walk)
{
	struct masks *masks = walk->private;

	masks->leaves++;
	return (val & ~pgprot_val(masks->clear_mask)) | pgprot_val(masks->set_mask);
}

static int mask_pud(pud_t *pudp, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pud_t pud = pudp_get(pudp);

	if (!pud_leaf(pud))
		return 0;
	if (WARN_ON_ONCE(next - addr != PUD_SIZE))
		return -EINVAL;
	set_pud(pudp, __pud(masked(pud_val(pud), walk)));
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int mask_pmd(pmd_t *pmdp, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t pmd = pmdp_get(pmdp);

	if (!pmd_leaf(pmd))
		return 0;
	if (WARN_ON_ONCE(next - addr != PMD_SIZE))
		return -EINVAL;
	set_pmd(pmdp, __pmd(masked(pmd_val(pmd), walk)));
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int mask_pte(pte_t *ptep, unsigned long __always_unused addr,
		    unsigned long __always_unused next, struct mm_walk *walk)
{
	pte_t pte = __ptep_get(ptep);

	__set_pte(ptep, __pte(masked(pte_val(pte), walk)));
	return 0;
}

static const struct mm_walk_ops mask_ops = {
	.pud_entry = mask_pud,
	.pmd_entry = mask_pmd,
	.pte_entry = mask_pte,
};

int change_attributes(unsigned long start, unsigned long end, pteval_t set, pteval_t clear,
		      unsigned int *leaves)
{
	struct masks masks = { __pgprot(set), __pgprot(clear), 0 };
	int err;

	lazy_mmu_mode_enable();
	err = walk_kernel_page_table_range_lockless(start, end, &mask_ops, NULL, &masks);
	lazy_mmu_mode_disable();
	*leaves = masks.leaves;
	return err;
}

/* A block becomes a table: @private is where one is free, and its physical address. */
static int split_pmd(pmd_t *pmdp, unsigned long __always_unused addr,
		     unsigned long __always_unused next, struct mm_walk *walk)
{
	struct new_table *table = walk->private;
	pmd_t pmd = pmdp_get(pmdp);
	pgprot_t prot = pmd_pgprot(pmd);
	unsigned long pfn = pmd_pfn(pmd);
	pte_t *ptep = table->ptes;

	if (!pmd_leaf(pmd))
		return 0;
	prot = __pgprot((pgprot_val(prot) & ~PTE_TYPE_MASK & ~PTE_CONT) | PTE_TYPE_PAGE);
	if (!pmd_valid(pmd))
		prot = pte_pgprot(pte_mkinvalid(pfn_pte(0, prot)));
	for (unsigned int i = 0; i < PTRS_PER_PTE; i++, ptep++, pfn++)
		__set_pte(ptep, pfn_pte(pfn, prot));
	__pmd_populate(pmdp, table->pa, PMD_TYPE_TABLE | PMD_TABLE_UXN | PMD_TABLE_AF);
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int unfold_pte(pte_t *ptep, unsigned long __always_unused addr,
		      unsigned long __always_unused next, struct mm_walk __always_unused *walk)
{
	if (!pte_valid_cont(__ptep_get(ptep)))
		return 0;
	ptep = PTR_ALIGN_DOWN(ptep, sizeof(*ptep) * CONT_PTES);
	for (unsigned int i = 0; i < CONT_PTES; i++, ptep++)
		__set_pte(ptep, pte_mknoncont(__ptep_get(ptep)));
	return 0;
}

static const struct mm_walk_ops split_ops = {
	.pmd_entry = split_pmd,
	.pte_entry = unfold_pte,
};

int split_blocks(unsigned long start, unsigned long end, struct new_table *table)
{
	return walk_kernel_page_table_range(start, end, &split_ops, NULL, table);
}
