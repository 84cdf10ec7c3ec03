/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk of kernel page tables to compare the library's with: mm/pagewalk.c of Linux v7.3, function
 * by function, with what arm64's asm/pgtable.h and asm-generic/pgtable-nop*.h make of levels that
 * are folded away. It walks struct tables and shares no code with the library.
 */
#ifndef PWTRACE_TEST_NAIVE_H
#define PWTRACE_TEST_NAIVE_H

#include "pwtrace/pagewalk.h"
#include "tables.h"

struct naive {
	struct tables *tables;
	const struct image *image; /* whose entries are known; NULL: all are */
	struct pagewalk_fault fault;
};

int naive_walk(struct naive *naive, unsigned long start, unsigned long end,
	       const struct mm_walk_ops *ops, void *private);

/* The descriptor as the kernel sees it, by itself. */
bool naive_leaf(uint64_t desc);
bool naive_present(uint64_t desc);

#endif
