// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>
#include <linux/pgtable.h>

#include <asm/barrier.h>

#include "pwt_test.h"

/*
 * No lock is taken. The kernel never frees a table of the ranges that this module looks at: a
 * split puts a new table in the place of a leaf, and vunmap() keeps tables.
 */
void leaf_lookup(unsigned long addr, struct leaf *leaf)
{
	pgd_t *pgdp = pgd_offset_pgd((pgd_t *)kc.swapper_pg_dir, addr);
	pgd_t pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t *ptep;

	*leaf = (struct leaf){ (u64 *)pgdp, pgd_val(pgd), NULL, PGDIR_SIZE, "pgd" };
	if (pgd_none(pgd))
		return;

	p4dp = p4d_offset(pgdp, addr);
	p4d = READ_ONCE(*p4dp);
	*leaf = (struct leaf){ (u64 *)p4dp, p4d_val(p4d), NULL, P4D_SIZE, "p4d" };
	if (p4d_none(p4d))
		return;

	/*
	 * A leaf is told from a table by bit 1 alone: the kernel's own tests have changed, and one
	 * of them took an invalid block for no leaf (Linux kernel commit 15bfba1ad77f ("...
	 * Handle invalid large leaf mappings correctly") (in v7.1)).
	 */
	pudp = pud_offset(p4dp, addr);
	pud = READ_ONCE(*pudp);
	*leaf = (struct leaf){ (u64 *)pudp, pud_val(pud), NULL, PUD_SIZE, "pud" };
	if (!pud_val(pud) || !(pud_val(pud) & 2))
		return;

	pmdp = pmd_offset(pudp, addr);
	pmd = READ_ONCE(*pmdp);
	*leaf = (struct leaf){ (u64 *)pmdp, pmd_val(pmd), NULL, PMD_SIZE, "pmd" };
	if (!pmd_val(pmd) || !(pmd_val(pmd) & 2))
		return;

	ptep = pte_offset_kernel(pmdp, addr);
	*leaf = (struct leaf){ (u64 *)ptep, pte_val(READ_ONCE(*ptep)), (u64 *)pmdp, PAGE_SIZE,
			       "pte" };
}

void flush_tlb_everything(void)
{
	dsb(ishst);
	asm volatile("tlbi vmalle1is" ::: "memory");
	dsb(ish);
	isb();
}

void leaf_write(u64 *entry, u64 val)
{
	WRITE_ONCE(*entry, val);
	flush_tlb_everything();
}

/* plant.c comes here from a kretprobe. */
NOKPROBE_SYMBOL(leaf_lookup);
NOKPROBE_SYMBOL(flush_tlb_everything);
NOKPROBE_SYMBOL(leaf_write);
