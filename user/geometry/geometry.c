// SPDX-License-Identifier: GPL-2.0-only
#include "geometry.h"

#include <errno.h>

/* arch/arm64/Kconfig: ARM64_VA_BITS_* and ARM64_CONT_{PTE,PMD}_SHIFT. */
static bool known(unsigned int page_shift, unsigned int va_bits)
{
	switch (page_shift) {
	case 12:
		return va_bits == 39 || va_bits == 48 || va_bits == 52;
	case 14:
		return va_bits == 36 || va_bits == 47 || va_bits == 48 || va_bits == 52;
	case 16:
		return va_bits == 42 || va_bits == 48 || va_bits == 52;
	default:
		return false;
	}
}

static uint64_t bits(unsigned int high, unsigned int low)
{
	return (~0ULL >> (63 - high)) & ~((1ULL << low) - 1);
}

int geometry_init(struct geometry *geo, unsigned int page_shift, unsigned int va_bits,
		  unsigned int va_bits_config)
{
	unsigned int table_bits = page_shift - 3, top_shift;

	if (!known(page_shift, va_bits) || !known(page_shift, va_bits_config) ||
	    va_bits > va_bits_config)
		return -EINVAL;

	*geo = (struct geometry){
		.page_shift = page_shift,
		.va_bits = va_bits,
		.va_bits_config = va_bits_config,
		.levels = (va_bits - page_shift + table_bits - 1) / table_bits,
		.lpa2 = page_shift < 16 && va_bits == 52,
		.cont_ptes = page_shift == 12 ? 16 :
			     page_shift == 14 ? 128 :
						32,
		.cont_pmds = page_shift == 12 ? 16 : 32,
	};

	/*
	 * The top level's index takes what is left of the configured size, not of the size in use:
	 * a 64K kernel for 52 bits uses the upper end of its 1024 entries on a 48-bit CPU. With a
	 * folded level (p4d_offset() and pud_offset() index the same page again) the table is a
	 * full one.
	 */
	top_shift = page_shift + (geo->levels - 1) * table_bits;
	geo->top_index_bits = va_bits_config - top_shift;
	if (geo->levels < (va_bits_config - page_shift + table_bits - 1) / table_bits)
		geo->top_index_bits = table_bits;

	/*
	 * Arm ARM D8.3.1; with LPA2 PA[51:50] are in bits 9:8, with 64K pages PA[51:48] in 15:12.
	 */
	geo->oa_mask = bits(geo->lpa2 ? 49 : 47, page_shift);
	return 0;
}

const char *geometry_level_name(enum pgtable_level level)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd" };

	return level < PGTABLE_NR_LEVELS ? names[level] : "?";
}
