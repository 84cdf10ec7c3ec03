/* SPDX-License-Identifier: GPL-2.0-only */
/* An address space made up for a test, and a log of what a walk of it called, in words. */
#ifndef PWTRACE_TEST_SPACE_H
#define PWTRACE_TEST_SPACE_H

#include "ram.h"

#define SPACE_VMAS  8
#define SPACE_PAGES 0x2000 /* of the page model, from SPACE_PFN on */
#define SPACE_PFN   0x40000UL

struct space {
	struct geometry geo;
	struct ram ram;
	struct mm_struct mm;
	struct vm_area_struct vma[SPACE_VMAS];
	struct vm_area_struct *list[SPACE_VMAS];
	struct hstate hstate[SPACE_VMAS];
	struct pagewalk_pages model;
	struct page *pages;
	struct folio *folio;  /* of all pages */
	unsigned int reports; /* faults that were reported */
	struct pagewalk_fault first, last;
	/* what callbacks do, and did */
	int (*react)(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk);
	unsigned int calls;
	char story[2048];
	unsigned long base; /* story tells addresses from here on */
};

void space_init(struct space *space, unsigned int page_shift, unsigned int va_bits,
		unsigned int va_bits_config);
void space_release(struct space *space);

/* Forget what was called and reported. */
void space_restart(struct space *space);

/* Tables may be made. */
void space_writable(struct space *space, unsigned int tables);

/* The entry of @level that maps @addr; tables above it are made. */
uint64_t *space_entry(struct space *space, int level, unsigned long addr);

struct vm_area_struct *space_vma(struct space *space, unsigned long start, unsigned long end,
				 vm_flags_t flags);

/* A hugetlb area of pages of @size. */
struct vm_area_struct *space_huge(struct space *space, unsigned long start, unsigned long end,
				  unsigned long size);

/* Callbacks, whose private is the space: "pmd+0-200000" and so on. */
extern const struct mm_walk_ops space_ops;

/* An entry of page @n of the model. */
uint64_t space_desc(const struct space *space, unsigned long n, uint64_t bits);

#endif
