/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of the kernel's translation tables on one system: VMSAv8-64 (Arm ARM D8.2) as Linux
 * sets it up. Everything is known at run time only: a kernel built for 52-bit addresses folds a
 * level away on a CPU without FEAT_LPA2.
 */
#ifndef PWTRACE_GEOMETRY_H
#define PWTRACE_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

/* The kernel's enum pgtable_level (include/linux/pgtable.h): counted from the last level up. */
enum pgtable_level {
	PGTABLE_LEVEL_PTE,
	PGTABLE_LEVEL_PMD,
	PGTABLE_LEVEL_PUD,
	PGTABLE_LEVEL_P4D,
	PGTABLE_LEVEL_PGD,
	PGTABLE_NR_LEVELS,
};

struct geometry {
	unsigned int page_shift;     /* 12, 14 or 16 */
	unsigned int va_bits;	     /* in use: 64 - TCR_EL1.T1SZ */
	unsigned int va_bits_config; /* CONFIG_ARM64_VA_BITS */
	unsigned int levels;	     /* that the hardware walks */
	unsigned int top_index_bits; /* of the index into swapper_pg_dir */
	bool lpa2;		     /* descriptor bits 9:8 hold PA[51:50] (4K and 16K pages) */
	uint64_t oa_mask;	     /* descriptor bits that are output address bits in place */
	unsigned int cont_ptes;	     /* entries in a contiguous run of PTEs */
	unsigned int cont_pmds;
};

/**
 * geometry_init() - the shape that goes with a page size and address sizes
 * @geo: filled in
 * @page_shift: 12, 14 or 16
 * @va_bits: virtual address bits in use (64 - T1SZ)
 * @va_bits_config: the kernel's CONFIG_ARM64_VA_BITS, at least @va_bits
 *
 * Return: 0, or -EINVAL for a combination that arm64 Linux does not have.
 */
int geometry_init(struct geometry *geo, unsigned int page_shift, unsigned int va_bits,
		  unsigned int va_bits_config);

static inline unsigned int geometry_table_bits(const struct geometry *geo)
{
	return geo->page_shift - 3;
}

static inline uint64_t geometry_page_size(const struct geometry *geo)
{
	return 1ULL << geo->page_shift;
}

/* log2 of the bytes that one entry of @level maps */
static inline unsigned int geometry_shift(const struct geometry *geo, enum pgtable_level level)
{
	return geo->page_shift + level * geometry_table_bits(geo);
}

static inline uint64_t geometry_size(const struct geometry *geo, enum pgtable_level level)
{
	return 1ULL << geometry_shift(geo, level);
}

static inline enum pgtable_level geometry_top(const struct geometry *geo)
{
	return geo->levels - 1;
}

static inline unsigned int geometry_entries(const struct geometry *geo, enum pgtable_level level)
{
	return 1U << (level == geometry_top(geo) ? geo->top_index_bits : geometry_table_bits(geo));
}

static inline unsigned int geometry_index(const struct geometry *geo, enum pgtable_level level,
					  uint64_t addr)
{
	return (addr >> geometry_shift(geo, level)) & (geometry_entries(geo, level) - 1);
}

/* Entries in a contiguous run at @level; 1 where the contiguous bit means nothing. */
static inline unsigned int geometry_run(const struct geometry *geo, enum pgtable_level level)
{
	return level == PGTABLE_LEVEL_PTE ? geo->cont_ptes :
	       level == PGTABLE_LEVEL_PMD ? geo->cont_pmds :
					    1;
}

/* May an entry of @level be a block? PUD blocks exist with 4K pages only (pud_sect_supported()). */
static inline bool geometry_block_level(const struct geometry *geo, enum pgtable_level level)
{
	return level == PGTABLE_LEVEL_PMD || (level == PGTABLE_LEVEL_PUD && geo->page_shift == 12);
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
