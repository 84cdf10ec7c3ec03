/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Callbacks as kernel code has them, in kernel style, with pagewalk_kernel.h for the kernel's
 * headers: they have to compile, and main.c runs them.
 */
#ifndef PWTRACE_TEST_CALLBACKS_H
#define PWTRACE_TEST_CALLBACKS_H

#include <pwtrace/pagewalk_kernel.h>

struct new_table {
	phys_addr_t pa;
	pte_t *ptes;
};

struct ages {
	unsigned int young, dirty, protected, areas, flushes;
	unsigned long first, last; /* pages of the file that were dirty */
};

struct contents {
	unsigned int pages, huge, swap, migrating, markers, guards, holes;
};

int change_attributes(unsigned long start, unsigned long end, pteval_t set, pteval_t clear,
		      unsigned int *leaves);
int split_blocks(unsigned long start, unsigned long end, struct new_table *table);
int residence(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned char *vec);
int take_ages(struct mm_struct *mm, unsigned long start, unsigned long end, struct ages *ages);
int clean(struct address_space *mapping, pgoff_t first, pgoff_t nr, struct ages *ages);
int look(struct vm_area_struct *vma, struct contents *contents);
int guard(struct vm_area_struct *vma, unsigned long start, unsigned long end);
long folio_offset(struct vm_area_struct *vma, unsigned long addr, unsigned long *pfn);
unsigned long dump(struct mm_struct *mm, unsigned long start, unsigned long end);

#endif
