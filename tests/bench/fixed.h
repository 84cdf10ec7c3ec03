/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWTRACE_BENCH_FIXED_H
#define PWTRACE_BENCH_FIXED_H

#include "pwtrace/pagewalk.h"

/* walk_kernel_page_table_range_lockless(), made for 4K pages and 48 bits alone. */
int fixed_walk(unsigned long start, unsigned long end, const struct mm_walk_ops *ops, pgd_t *pgd,
	       void *private);

#endif
