/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole of linux/pagewalk.h once more, to compare the library with: mm/pagewalk.c of Linux v7.3
 * and what it calls, function by function, with the behaviours of other kernels where they differ.
 * It shares no code with the library: tables are in a struct ram, which is the private of each mm.
 */
#ifndef PWTRACE_TEST_NAIVE_VMA_H
#define PWTRACE_TEST_NAIVE_VMA_H

#include "ram.h"

/* What pagewalk_init_mm is to the library. */
extern struct mm_struct *naive_init_mm;

int naive_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		const struct mm_walk_ops *ops, void *private);
int naive_range_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
		       const struct mm_walk_ops *ops, void *private);
int naive_kernel_range(unsigned long start, unsigned long end, const struct mm_walk_ops *ops,
		       pgd_t *pgd, void *private);
int naive_kernel_range_lockless(unsigned long start, unsigned long end,
				const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
int naive_debug_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		      const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
int naive_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private);
int naive_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			   const struct mm_walk_ops *ops, void *private);
int naive_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private);
int naive_mapping(struct address_space *mapping, pgoff_t first, pgoff_t nr,
		  const struct mm_walk_ops *ops, void *private);
struct folio *naive_folio_walk(struct folio_walk *fw, struct vm_area_struct *vma,
			       unsigned long addr, folio_walk_flags_t flags);
pte_t *naive_hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long size);
int naive_split(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr);

#endif
