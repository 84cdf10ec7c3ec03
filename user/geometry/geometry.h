/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of the kernel's translation tables on one system, as the public header has it, and what
 * the rest of the project asks of it besides.
 */
#ifndef PWTRACE_GEOMETRY_H
#define PWTRACE_GEOMETRY_H

#define PAGEWALK_NO_CONSTANTS /* PAGE_SIZE and its kind are not for here */
#include "pwtrace/pagewalk.h"

/* Entries in a contiguous run at @level; 1 where the contiguous bit means nothing. */
static inline unsigned int geometry_run(const struct geometry *geo, enum pgtable_level level)
{
	return level == PGTABLE_LEVEL_PTE ? geo->cont_ptes :
	       level == PGTABLE_LEVEL_PMD ? geo->cont_pmds :
					    1;
}

/* An address without its tag: bits above the address size are copies of bit 55. */
static inline uint64_t geometry_untag(uint64_t addr)
{
	return addr & (1ULL << 55) ? addr | 0xff00000000000000ULL : addr & 0x00ffffffffffffffULL;
}

/* A kernel address from a register that may carry a pointer authentication code. */
static inline uint64_t geometry_strip_pac(const struct geometry *geo, uint64_t addr)
{
	return addr ? addr | ~((1ULL << geo->va_bits) - 1) : 0;
}

/* The name of a level in the kernel's words, "pte" to "pgd". */
const char *geometry_level_name(enum pgtable_level level);

#endif
